"""Bayesian linear regression: a channel that is linear in its parameter, a normal prior and normal noise.

What was learned is kept as a triangular matrix R with `R' R = [A r]' [A r]`, for the rows A and residuals r of all
samples in units of the noise: so it does not matter in which order and in which parts they come. Nothing is squared, so
a prior that is very wide costs no digits.

Source: G. H. Golub, Numerical methods for solving linear least squares problems (1965).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.gaussian import Gaussian, gaussian_state, real_width
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch, NotNormalized, NotSupported, TypeMismatch
from catlearn.interpreters.gradients.bayesian.rule import Prediction, only_outputs
from catlearn.interpreters.gradients.data import as_real, as_samples
from catlearn.interpreters.markov.gaussian.support import support_of
from catlearn.interpreters.program.compile import compile

__all__ = ["LinearRule", "linear_rule"]

Array = NDArray[np.float64]
Design = Callable[[Sequence[Array], int], tuple[Array, Array]]
"""From samples of the inputs, and how many, to matrices (samples, outputs, parameters) and offsets (samples, outputs):
the output is matrix times parameter plus offset plus noise."""
LOG_2_PI = float(np.log(2 * np.pi))
LARGE = 1e150
"""Beyond it squares are no floats."""
LINEAR = 1e-9
"""How far from linear a model may be, as a part of its size, and still be taken for linear."""


@dataclass(frozen=True, eq=False)
class _State:
    """R, of which the last column is that of the residuals at the prior's mean; and how many samples there were."""

    triangle: Array
    count: int


@dataclass(frozen=True, eq=False)
class LinearRule:
    """See `Rule`. The posterior is a `gaussian_state` box with the prior's wires.

    Attributes:
        name, parameter: of the prior's box, and the type of the parameter.
        mean, spread: the prior is `mean + spread @ standard normals`.
        inputs: the type of one sample of each input, by name.
        output: the shape of one output.
        design: what the channel is.
        whitener: brings the noise to standard normals.
    """

    name: str
    parameter: Ty
    mean: Array
    spread: Array
    inputs: dict[str, Ty]
    output: tuple[int, ...]
    design: Design
    whitener: Array

    def start(self) -> _State:
        """See `Rule`."""
        return _State(np.zeros((0, len(self.mean) + 1)), 0)

    def read(self, x: Any, y: Any) -> list[Array]:
        """See `Rule`."""
        samples = as_samples(self.inputs, x) if self.inputs else []
        target = as_real("target", y if self.inputs else only_outputs(x, y))
        if target.ndim != 1 + len(self.output) or target.shape[1:] != self.output:
            said = ", ".join(map(str, ("samples", *self.output)))
            raise InputMismatch(f"target: must have the shape ({said}), not {target.shape}")
        if any(len(each) != len(target) for each in samples):
            raise InputMismatch(f"there are {len(samples[0])} samples and {len(target)} targets; give as many of each")
        return [*samples, target]

    def update(self, state: _State, rows: Sequence[Array]) -> _State:
        """See `Rule`."""
        *samples, target = rows
        n = len(target)
        matrices, offsets = self.design(samples, n)
        residuals = target.reshape(n, -1) - offsets - matrices @ self.mean
        A, r = (self.whitener @ matrices).reshape(-1, len(self.mean)), (residuals @ self.whitener.T).ravel()
        triangle = _triangle(state.triangle, np.column_stack([A, r]))
        if not (np.abs(triangle) <= LARGE).all():
            raise InputMismatch(
                f"fit: there are samples beyond {LARGE:g} in units of the noise; measure in other units"
            )
        return _State(triangle, state.count + n)

    def count(self, state: _State) -> int:
        """See `Rule`."""
        return state.count

    def log_evidence(self, state: _State) -> float:
        """See `Rule`."""
        whole = self._whole(state)
        k = self.spread.shape[1]
        quadratic = float(np.sum(whole[k:, k] ** 2))
        width = len(self.whitener)
        noise = state.count * (width * LOG_2_PI - 2.0 * float(np.log(np.abs(self.whitener.diagonal())).sum()))
        return -0.5 * (quadratic + noise + 2.0 * float(np.log(np.abs(whole[:k].diagonal())).sum()))

    def posterior(self, state: _State) -> Box:
        """See `Rule`."""
        mean, spread = self._moments(state)
        return gaussian_state(self.name, self.parameter, mean, spread @ spread.T)

    def predict(self, state: _State, x: Any) -> Prediction:
        """See `Rule`."""
        if not self.inputs and x is not None:
            raise InputMismatch("predict: the channel has no inputs; call predict()")
        samples = as_samples(self.inputs, x) if self.inputs else []
        n = len(samples[0]) if samples else 1
        matrices, offsets = self.design(samples, n)
        mean, spread = self._moments(state)
        noise = np.linalg.inv(self.whitener)
        variance = ((matrices @ spread) ** 2).sum(axis=-1) + (noise**2).sum(axis=-1)
        shape = (n, *self.output)
        return Prediction((matrices @ mean + offsets).reshape(shape), variance.reshape(shape))

    def _whole(self, state: _State) -> Array:
        """R with the prior as further samples, in units in which the prior is standard normal."""
        k = self.spread.shape[1]
        seen = np.column_stack([state.triangle[:, :-1] @ self.spread, state.triangle[:, -1]])
        return _triangle(seen, np.eye(k, k + 1))

    def _moments(self, state: _State) -> tuple[Array, Array]:
        """The posterior's mean, and a matrix whose square is its covariance."""
        from scipy.linalg import solve_triangular

        whole, k = self._whole(state), self.spread.shape[1]
        spread = solve_triangular(whole[:k, :k], self.spread.T, trans="T").T
        return self.mean + spread @ whole[:k, k], spread


def linear_rule(channel: Diagram, parameter: Ty, prior: tuple[str, Array, Array], noise: Any) -> LinearRule:
    """The rule of a channel whose first wires are the parameter.

    Args:
        channel: a Gaussian box, or a diagram of smooth functions with one output, linear in its parameter.
        parameter: the type of the parameter.
        prior: name, mean and covariance of the prior.
        noise: the variance of the noise on the output, or its covariance; None for a Gaussian box, which has its own.

    Raises:
        TypeMismatch: when the channel has not one output of numbers.
        NotSupported: when it is not linear in its parameter.
        NotNormalized: when the noise is not positive definite.
    """
    name, mean, covariance = prior
    kernel = kernel_of(channel) if isinstance(channel, Box) else None
    if len(channel.cod) != 1 or channel.cod.obs[0].kind != "Real":
        raise TypeMismatch(f"bayes: a regression has one output of numbers, not {channel.cod!r}")
    sizes = channel.cod.obs[0].sizes
    if not all(isinstance(size, int) for size in sizes):
        raise TypeMismatch(f"bayes: the output {channel.cod!r} needs numbers for sizes")
    output = tuple(int(size) for size in sizes)
    width = int(np.prod(output, dtype=np.int64))
    inputs = {each: channel.dom[len(parameter) + i] for i, each in enumerate(names(channel)[len(parameter) :])}
    if isinstance(kernel, Gaussian):
        if noise is not None:
            raise InputMismatch(f"bayes: {channel.dom!r} -> {channel.cod!r} has its own noise; leave out noise")
        design, noise = _of_kernel(kernel, len(mean)), kernel.S
    else:
        design = _of_function(channel, parameter, list(inputs))
    whitener = _whitener(noise, width)
    return LinearRule(name, parameter, mean, support_of(mean, covariance).spread, inputs, output, design, whitener)


def _triangle(first: Array, more: Array) -> Array:
    """The triangular matrix with the same square as both together."""
    return np.asarray(np.linalg.qr(np.vstack([first, more]), mode="r"))


def _whitener(noise: Any, width: int) -> Array:
    if noise is None:
        raise InputMismatch("bayes: give the variance of the noise on the output, as in noise=0.25")
    given = as_real("noise", noise)
    covariance = given * np.eye(width) if given.ndim == 0 else given
    if covariance.shape != (width, width):
        raise InputMismatch(f"noise: a number, or a covariance of shape {(width, width)}, not {given.shape}")
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))
    except np.linalg.LinAlgError:
        raise NotNormalized("noise: its covariance must be positive definite; without noise use cl.invert") from None


def _of_kernel(kernel: Gaussian, parameters: int) -> Design:
    def design(samples: Sequence[Array], n: int) -> tuple[Array, Array]:
        x = np.concatenate([each.reshape(n, -1) for each in samples] or [np.zeros((n, 0))], axis=1)
        matrices = np.broadcast_to(kernel.A[:, :parameters], (n, len(kernel.b), parameters))
        return matrices, x @ kernel.A[:, parameters:].T + kernel.b

    return design


def _of_function(channel: Diagram, parameter: Ty, inputs: list[str]) -> Design:
    run = compile(batch(channel, "samples", over=inputs) if inputs else channel)
    widths = [real_width("bayes", ob) for ob in parameter.obs]
    ends = np.cumsum([0, *widths])

    def at(w: Array, samples: Sequence[Array], n: int) -> Array:
        parts = [w[ends[i] : ends[i + 1]].reshape([int(s) for s in ob.sizes]) for i, ob in enumerate(parameter.obs)]
        found = np.asarray(run(*parts, *samples))
        size = int(np.prod([int(s) for s in channel.cod.obs[0].sizes], dtype=np.int64))
        return np.broadcast_to(found.reshape(-1, size), (n, size))

    def design(samples: Sequence[Array], n: int) -> tuple[Array, Array]:
        offsets = at(np.zeros(ends[-1]), samples, n)
        units = np.eye(ends[-1])
        matrices = np.stack([at(unit, samples, n) - offsets for unit in units], axis=-1)
        # A point off the axes, where a product of two parameters or a power would show.
        probe = 1.0 + np.sqrt(2.0) * np.arange(1, ends[-1] + 1)
        found, size = at(probe, samples, n), np.abs(matrices) @ probe + np.abs(offsets)
        if np.any(np.abs(matrices @ probe + offsets - found) > LINEAR * (size + 1e-300)):
            raise NotSupported(
                "bayes: the channel is not linear in its parameter, so there is no exact answer; "
                "likelihood weighting (catlearn.likelihood_weighting) estimates one"
            )
        return matrices, offsets

    return design
