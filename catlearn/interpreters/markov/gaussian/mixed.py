"""Exact inference in mixed models: the finite variables case by case, the real ones as mixtures of normals.

>>> from catlearn import Finite, Real, copy, identity, state
>>> from catlearn.diagrams.theories.markov.conditional_gaussian import conditional_gaussian
>>> sex = state("sex", Finite("female", "male"), [0.5, 0.5])
>>> height = conditional_gaussian("height", sex.cod, Real(), {"female": (165.0, 42.0), "male": (178.0, 50.0)})
>>> q = infer_mixed(sex >> copy() >> (identity() @ height))
>>> answer = q.posterior({"height": 175.0})
>>> print(f"{answer['sex']['male']:.4f} {answer.log_evidence:.4f}")
0.7337 -3.3484
>>> q.posterior()["height"].mean
171.5
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    UnknownOutcome,
    UnknownVariable,
    nearest,
    short,
)
from catlearn.interpreters.markov.gaussian.conditioning import Conditioned, condition_joint
from catlearn.interpreters.markov.gaussian.evidence import read_evidence
from catlearn.interpreters.markov.gaussian.mixed_network import MixedNetwork, mixed_network_of
from catlearn.interpreters.markov.gaussian.mixture import Mixture, log_sum
from catlearn.interpreters.markov.gaussian.network import GaussianNetwork
from catlearn.interpreters.markov.gaussian.normal import Normal
from catlearn.interpreters.markov.posterior import Answer, Marginal

__all__ = ["MixedInference", "MixedPosterior", "infer_mixed"]

Array = NDArray[np.float64]
Cases = dict[tuple[int, ...], Conditioned]


class MixedPosterior(Answer[Marginal | Mixture]):
    """The answer of a mixed model: for each finite variable a `Marginal`, for each real one a `Mixture`.

    Attributes:
        log_evidence: the logarithm of the evidence's probability, times its density where it has real values.
    """

    def _line(self, marginal: Marginal | Mixture) -> str:
        if isinstance(marginal, Mixture):
            return f"mixture of {len(marginal.components)}, mean {marginal.mean}, variance {marginal.variance}"
        return super()._line(marginal)


@dataclass(frozen=True, eq=False)
class MixedInference:
    """Answers about one model with finite and Gaussian boxes; made by `infer_mixed`."""

    network: MixedNetwork

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables, finite ones first."""
        return self.network.finite + self.network.real

    def posterior(self, evidence: Any = None) -> Any:
        """The distribution of every variable given the evidence: a `MixedPosterior`; for a list of rows a tuple.

        Args:
            evidence: `{variable: value}`, or a list of such rows. The value of a finite variable is an outcome, a
                set of outcomes (one of them), or `{outcome: likelihood}`; that of a real one a number or a list of
                numbers; None is missing.

        Raises:
            UnknownVariable, UnknownOutcome: for a name that the model does not have.
            InputMismatch, NotNormalized: for a value that is no observation.
            ImpossibleEvidence: when what was seen has probability zero.
        """
        if isinstance(evidence, Sequence) and not isinstance(evidence, str):
            return tuple(self.posterior(row) for row in evidence)
        if not isinstance(evidence, Mapping | None):
            raise InputMismatch(f"evidence is a dictionary such as {{'x': 1.5}}, not {short(evidence)}")
        table, numbers = self._read(evidence or {})
        return _answer(self.network, table, self._cases(table, numbers))

    def log_evidence(self, evidence: Any = None) -> Any:
        """The log-density of the evidence. Arguments and errors: see `posterior`."""
        found = self.posterior(evidence)
        return found.log_evidence if isinstance(found, MixedPosterior) else tuple(each.log_evidence for each in found)

    def _read(self, evidence: Mapping[Any, Any]) -> tuple[Array, dict[str, Any]]:
        """The joint table times the likelihood of what was seen of finite variables, and what was of the others."""
        network, table, numbers = self.network, self.network.table, {}
        for name, value in evidence.items():
            if name in network.real:
                numbers[name] = value
            elif name in network.finite:
                i = network.finite.index(name)
                table = table * _along(_likelihood(name, network.outcomes[i], value), i, table.ndim)
            else:
                raise UnknownVariable(f"there is no variable {short(name)}{nearest(name, self.variables)}")
        return table, numbers

    def _cases(self, table: Array, numbers: dict[str, Any]) -> Cases:
        """For each combination of switches that may be, the real variables given what was seen of them."""
        switches = self.network.switches
        axes = tuple(i for i in range(table.ndim) if i not in switches)
        possible = table.sum(axis=axes, keepdims=True) > 0
        cases: Cases = {}
        for case in zip(*(axis.tolist() for axis in np.nonzero(possible)), strict=True) if table.ndim else [()]:
            network = self.network.given(case)
            values = _single(network, numbers)
            try:
                cases[case] = condition_joint(network, values, np.flatnonzero(~np.isnan(values[0])))
            except ImpossibleEvidence as error:
                problem = error
        if not possible.any():
            raise ImpossibleEvidence("what was seen of the finite variables has probability zero")
        if not cases:
            raise problem
        return cases


def infer_mixed(model: Diagram) -> MixedInference:
    """Answers about a diagram `Ty() -> B` of finite and Gaussian boxes, by going through all finite outcomes.

    Raises:
        TypeMismatch: when the diagram has inputs.
        NotSupported: when a box is neither finite nor Gaussian; it names the box.
        TooLarge: when the finite variables have more than 65,536 outcomes together; it says how many.
    """
    return MixedInference(mixed_network_of(model))


def _answer(network: MixedNetwork, table: Array, cases: Cases) -> MixedPosterior:
    # Where densities are against measures of different dimensions, those of the smallest outweigh all others.
    least = min(case.dimension for case in cases.values())
    cases = {key: case for key, case in cases.items() if case.dimension == least}
    logs = np.full([n if i in network.switches else 1 for i, n in enumerate(table.shape)], -np.inf)
    for key, case in cases.items():
        logs[key] = case.log_evidence[0]
    with np.errstate(divide="ignore"):
        total = np.log(table) + logs
    log_evidence = float(log_sum(total.ravel()))
    weights = np.exp(total - log_evidence)
    found: dict[str, Marginal | Mixture] = {}
    for i, name in enumerate(network.finite):
        others = tuple(k for k in range(weights.ndim) if k != i)
        found[name] = Marginal(network.outcomes[i], weights.sum(axis=others))
    rest = tuple(i for i in range(weights.ndim) if i not in network.switches)
    parts = weights.sum(axis=rest, keepdims=True)
    shares, kept = np.array([parts[key] for key in cases]), list(cases.values())
    for i, name in enumerate(network.real):
        found[name] = Mixture(shares / shares.sum(), tuple(_normal(network, case, i) for case in kept))
    return MixedPosterior(log_evidence, found)


def _normal(network: MixedNetwork, case: Conditioned, variable: int) -> Normal:
    shapes = network.shapes
    start = sum(shape[0] if shape else 1 for shape in shapes[:variable])
    where = np.arange(start, start + (shapes[variable][0] if shapes[variable] else 1))
    mean, covariance = case.mean[0, where], case.covariance(where)
    return Normal(mean, covariance) if shapes[variable] else Normal(float(mean[0]), float(covariance[0, 0]))


def _single(network: GaussianNetwork, numbers: dict[str, Any]) -> Array:
    given = read_evidence(network, numbers)
    if not given.single:
        raise InputMismatch("a mixed model takes one value for each variable, or a list of rows; not columns")
    return given.values


def _likelihood(name: str, outcomes: tuple[str, ...], value: Any) -> Array:
    """How likely what was seen is, for each outcome."""
    if value is None:
        return np.ones(len(outcomes))
    some = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else value
    given = value if isinstance(value, Mapping) else dict.fromkeys(some, 1.0)
    for outcome in given:
        if outcome not in outcomes:
            raise UnknownOutcome(f"{name}: there is no outcome {outcome!r}{nearest(outcome, outcomes)}")
    found = np.array([float(given.get(outcome, 0.0)) for outcome in outcomes])
    if not np.isfinite(found).all() or (found < 0).any():
        raise NotNormalized(f"{name}: a likelihood is a finite number from 0 up, not {short(value)}")
    return found


def _along(values: Array, axis: int, ndim: int) -> Array:
    return values.reshape([-1 if i == axis else 1 for i in range(ndim)])
