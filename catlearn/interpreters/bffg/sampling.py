"""Sampling the posterior of a model's wires and parameters: chains over the innovations of the guided pass.

The posterior has a density with respect to the law of the innovations, the guided samples' weight, so chains move the
innovations by preconditioned Crank-Nicolson steps and parameters by random walks.

>>> from catlearn import Gaussian, Real, conjugate, gaussian, gaussian_state, kernel
>>> X = Real()
>>> x = gaussian_state("x", X, 0.0, 1.0)
>>> y = kernel("y", X, X, forward=lambda variance: Gaussian([[1.0]], [0.0], [[variance]]))
>>> found = sample(x >> y, {"y": 2.0}, {"variance": conjugate.Gamma(4.0, 4.0)}, steps=400, keep=["x"], chains=2)
>>> found["x"].shape, bool(0.5 < found.mean("x").value < 1.5)
((2, 400), True)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import ImpossibleEvidence, InputMismatch, NotNormalized, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.entering import read_innovations
from catlearn.interpreters.bffg.mcmc.parameters import parameters
from catlearn.interpreters.bffg.mcmc.posterior import Chains
from catlearn.interpreters.bffg.mcmc.sample import sample as sample_target
from catlearn.interpreters.bffg.smoother import Backward, Smoother, bffg

__all__ = ["Posterior", "sample"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fixed:
    """The model at some parameters, with its messages."""

    back: Backward
    inputs: Mapping[str, Any]
    keep: tuple[str, ...]

    def log_weight(self, innovations: Sequence[Floats]) -> float:
        """The log-weight of the sample that these innovations make; minus infinity where it is impossible."""
        try:
            paths = self.back.smoother.forward(self.back, innovations=innovations, inputs=self.inputs, keep=())
        except ImpossibleEvidence:
            return -np.inf
        return float(paths.log_weights[0])

    def values(self, innovations: Sequence[Floats]) -> dict[str, Any]:
        """What the wires carry."""
        paths = self.back.smoother.forward(self.back, innovations=innovations, inputs=self.inputs, keep=self.keep)
        return {name: paths[name][0] for name in self.keep}


@dataclass(frozen=True, eq=False)
class Nowhere:
    """Parameters at which what was observed is impossible."""

    def log_weight(self, innovations: Sequence[Floats]) -> float:
        """Minus infinity."""
        return -np.inf

    def values(self, innovations: Sequence[Floats]) -> dict[str, Any]:
        """Nothing: no chain ever stands here."""
        return {}


@dataclass(frozen=True, eq=False)
class Posterior:
    """A model with its data, as chains want it.

    Attributes:
        start: its backward pass at some parameters, which tells the shapes of the innovations.
        inputs: the values of the diagram's inputs.
        keep: the variables whose values are kept.
    """

    start: Backward
    inputs: Mapping[str, Any]
    keep: tuple[str, ...]

    def innovations(self, seed: int) -> Sequence[Floats]:
        """Standard normals for one sample."""
        return read_innovations(self.start, 1, seed, None)

    def given(self, params: Mapping[str, Any]) -> Fixed | Nowhere:
        """The model at these parameters, its messages pulled back."""
        try:
            return Fixed(self.start.at(params) if params else self.start, self.inputs, self.keep)
        except ImpossibleEvidence:
            return Nowhere()
        except NotNormalized as error:
            raise _out_of_range(error, params) from None


def sample(
    model: Smoother | Diagram,
    data: Mapping[str, Any],
    params: Mapping[str, Any] | None = None,
    steps: int = 5000,
    *,
    inputs: Mapping[str, Any] | None = None,
    keep: Iterable[str] | None = None,
    **options: Any,
) -> Chains:
    """Draw wires and parameters from their posterior, given data.

    Args:
        model: what `bffg` made, or a diagram of kernels.
        data: as for `Smoother.backward`.
        params: the prior of each parameter of its kernels, as in `{"sigma": cl.conjugate.Gamma(2.0, 1.0)}`.
        steps: of each chain, after its warm-up.
        inputs: as for `Smoother.forward`.
        keep: the variables whose values are kept in every step; none by default.
        options: how many `chains` (4), a `checkpoint` file that chains are saved to and go on from, an `executor` of
            threads or processes, `groups="each"` to move innovations level by level, and `warmup`, `seed`, `every`,
            `thin`, `blocks`, `start`, `show`: see `catlearn.interpreters.bffg.mcmc.sample.sample`.

    Every new value of a parameter costs a backward pass. Guides that are given, as functions of the parameters, save
    the rounds in which others are linearized.

    Raises:
        UnknownVariable: for a parameter without a prior, or a prior or a variable that the model does not have.
        InputMismatch: for arguments that are none.
        NotNormalized: when a prior has values at which there is no kernel, such as a negative variance.
        and as `Smoother.backward`, `Smoother.forward` and the sampler of chains do.
    """
    opt = model if isinstance(model, Smoother) else bffg(model)
    priors = dict(zip(*_named(params), strict=True))
    for name in priors:
        if name not in opt.parameters:
            raise UnknownVariable(f"sample: there is no parameter {name!r}{nearest(name, opt.parameters)}")
    if missing := [name for name in opt.parameters if name not in priors]:
        raise UnknownVariable(f"sample: the parameter {missing[0]!r} has no prior; give one in params")
    for name, value in (("inputs", inputs), ("start", options.get("start"))):
        if not isinstance(value, Mapping | None):
            raise InputMismatch(f"sample: {name} are values by name, as in {{'x': 1.0}}, not {short(value)}")
    wanted = _wanted(opt, keep)
    back = _somewhere(opt, data, priors, options.get("start"))
    return sample_target(Posterior(back, dict(inputs or {}), wanted), priors, steps, keep=wanted, **options)


def _named(params: Any) -> tuple[Sequence[str], Sequence[Any]]:
    read = parameters(params)
    return read.names, read.priors


def _wanted(opt: Smoother, keep: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(keep, str) or not isinstance(keep, Iterable | None):
        raise InputMismatch(f"sample: keep is a list of variables, as in [{keep!r}]")
    for name in (wanted := tuple(keep or ())):
        if name not in opt.number:
            raise UnknownVariable(f"sample: there is no variable {name!r}{nearest(name, opt.variables)}")
    return wanted


def _somewhere(opt: Smoother, data: Mapping[str, Any], priors: Mapping[str, Any], start: Any) -> Backward:
    """The backward pass at some parameters at which the data are possible."""
    random = np.random.default_rng(0)
    for last in [False] * TRIES + [True]:
        drawn = {name: np.asarray(prior.draw(random, 1))[0] for name, prior in priors.items()} | dict(start or {})
        try:
            return opt.backward(data, drawn)
        except ImpossibleEvidence:
            if last or not priors:
                raise
        except NotNormalized as error:
            raise _out_of_range(error, drawn) from None
    raise AssertionError


def _out_of_range(error: NotNormalized, params: Mapping[str, Any]) -> NotNormalized:
    if not params:
        return error
    values = ", ".join(f"{name} = {value:.4g}" if np.ndim(value) == 0 else name for name, value in params.items())
    return NotNormalized(f"{error} (at {values}); give priors of the values that parameters can have")


TRIES = 100
"""How many draws from the priors are tried."""
