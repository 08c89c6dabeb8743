"""Bayesian linear regression: a channel that is linear in its parameter, a normal prior and normal noise.

What was learned is kept as sums over the samples (of `A' A`, of `A' residual` and of the residual's square, in units of
the noise), so it does not matter in which order and in which parts they come.
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
LINEAR = 1e-9
"""How far from linear a model may be, as a part of its size, and still be taken for linear."""


@dataclass(frozen=True, eq=False)
class _State:
    """Sums over samples, in units of the noise; residuals are those at the prior's mean."""

    square: Array
    cross: Array
    residual: float
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
        return _State(np.zeros((len(self.mean),) * 2), np.zeros(len(self.mean)), 0.0, 0)

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
        return _State(state.square + A.T @ A, state.cross + A.T @ r, state.residual + float(r @ r), state.count + n)

    def count(self, state: _State) -> int:
        """See `Rule`."""
        return state.count

    def log_evidence(self, state: _State) -> float:
        """See `Rule`."""
        _, factor, solved = self._solve(state)
        quadratic = state.residual - float(solved @ solved)
        width = len(self.whitener)
        noise = state.count * (width * LOG_2_PI - 2.0 * float(np.log(np.abs(self.whitener.diagonal())).sum()))
        return -0.5 * (quadratic + noise + 2.0 * float(np.log(factor.diagonal()).sum()))

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

    def _solve(self, state: _State) -> tuple[Array, Array, Array]:
        """The Cholesky factor of the posterior's precision in units in which the prior is standard normal.

        Before it its inverse on the prior's spread, after it its inverse on what the samples sum to.
        """
        from scipy.linalg import solve_triangular

        precision = np.eye(self.spread.shape[1]) + self.spread.T @ state.square @ self.spread
        factor: Any = np.linalg.cholesky((precision + precision.T) / 2)
        whole = np.column_stack([self.spread.T, self.spread.T @ state.cross])
        solved = solve_triangular(factor, whole, lower=True)
        return solved[:, :-1], factor, solved[:, -1]

    def _moments(self, state: _State) -> tuple[Array, Array]:
        """The posterior's mean, and a matrix whose square is its covariance."""
        spread, _, solved = self._solve(state)
        return self.mean + spread.T @ solved, spread.T


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
