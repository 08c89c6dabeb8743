"""The gradient of the log-evidence from weighted samples, for models whose messages are not exact: Fisher's identity.

The gradient of the log-evidence is the posterior mean of the gradient of the complete log-density. Guided samples stand
for the posterior; only boxes that parameters move take part, each by the log-density of what it gives.

>>> from catlearn import Real, diagram, log
>>> @diagram
... def density(sigma: Real(), y: Real()):
...     return y * y / (sigma * sigma) * -0.5 - log(sigma)
>>> samples = {"y": np.array([1.0, 2.0, 3.0])}
>>> found = fisher_gradient([(density, {"y": "y"})], samples, np.zeros(3), {"sigma": 2.0})
>>> round(found.gradient["sigma"], 4), round(found.standard_error["sigma"], 4)
(0.0833, 0.2381)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.reverse import gradient
from catlearn.diagrams.types import Ob, Real
from catlearn.diagrams.wiring import names
from catlearn.errors import ImpossibleEvidence, InputMismatch, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.program.compile import compile

__all__ = ["FisherGradient", "fisher_gradient"]

Array = NDArray[np.float64]
Term = tuple[Diagram, Mapping[str, str]]


@dataclass(frozen=True, eq=False)
class FisherGradient:
    """An estimate of the gradient of the log-evidence.

    Attributes:
        gradient: by parameter.
        standard_error: by parameter, of each element of the gradient.
        ess: the effective number of samples, `1 / sum(w^2)` for normalized weights w.
    """

    gradient: Mapping[str, Any]
    standard_error: Mapping[str, Any]
    ess: float


def fisher_gradient(
    terms: Sequence[Term], samples: Mapping[str, Any], log_weights: Any, params: Mapping[str, Any]
) -> FisherGradient:
    """The gradient of the log-evidence by the parameters, with its standard error.

    Args:
        terms: for every box that parameters move, its log-density as a diagram to `Real()`, and which of the diagram's
            inputs are which wires; the other inputs are parameters. Terms of one diagram are worked out together.
        samples: for every wire, its values, samples along the last axis: (s,) or (d, s). Whole numbers for an input
            `Real(k)` are outcomes out of k, which it reads as a vector with a one.
        log_weights: (s,), as guided samples have them.
        params: where the gradient is wanted.

    The estimate is the ratio of two means, so its bias falls as 1/s; the standard error is that of the delta method.

    Raises:
        TypeMismatch: for a term that is no log-density.
        InputMismatch: for samples, weights or parameters of other shapes, or a parameter without a value.
        UnknownVariable: for a wire without samples.
        ImpossibleEvidence: when no sample has a weight.
    """
    weights = _weights(log_weights)
    values = {name: np.asarray(value, float) for name, value in params.items()}
    score = {name: np.zeros((len(weights), *value.shape)) for name, value in values.items()}
    groups: dict[object, list[Term]] = {}
    for density, wires in map(_checked, terms):
        groups.setdefault((id(density), tuple(wires)), []).append((density, wires))
    for group in groups.values():
        for name, part in _scores(group, samples, len(weights), values).items():
            score[name] += part
    found, errors = {}, {}
    for name, each in score.items():
        mean = np.tensordot(weights, each, 1)
        found[name] = _plain(mean)
        errors[name] = _plain(np.sqrt(np.tensordot(weights**2, (each - mean) ** 2, 1)))
    return FisherGradient(found, errors, float(1.0 / np.sum(weights**2)))


def _weights(log_weights: Any) -> Array:
    logs = np.asarray(log_weights, float)
    if logs.ndim != 1 or not logs.size or np.isnan(logs).any() or (logs == np.inf).any():
        raise InputMismatch(f"fisher_gradient: log_weights are one number for each sample, not {short(log_weights)}")
    if not np.isfinite(logs).any():
        raise ImpossibleEvidence("fisher_gradient: no sample has a weight; take more samples, or a better guide")
    weights = np.exp(logs - logs.max())
    found: Array = weights / weights.sum()
    return found


def _checked(term: Any) -> Term:
    pair = isinstance(term, tuple) and len(term) == 2 and isinstance(term[1], Mapping)
    if not pair or not isinstance(term[0], Diagram) or term[0].cod != Real():
        raise TypeMismatch(
            f"fisher_gradient: a term is a diagram to Real() and its wires, as in (d, {{'x': 'x'}}), not {short(term)}"
        )
    inputs = names(term[0])
    inputs = names(term[0])
    if unknown := [name for name in term[1] if name not in inputs]:
        said = nearest(unknown[0], inputs)
        raise TypeMismatch(f"fisher_gradient: the log-density has no input {short(unknown[0])}{said}")
    return term[0], term[1]


def _scores(group: Sequence[Term], samples: Mapping[str, Any], n: int, values: Mapping[str, Array]) -> dict[str, Array]:
    """The sums of the gradients of some terms of one diagram, for each sample."""
    density = as_diagram(group[0][0])
    wires = list(group[0][1])
    wrt = [name for name in names(density) if name not in wires]
    for name in wrt:
        if name not in values:
            raise InputMismatch(f"fisher_gradient: {name!r} is neither a wire nor a parameter with a value")
    if not wrt:
        return {}
    obs = dict(zip(names(density), density.dom.obs, strict=True))
    rows = {name: np.concatenate([_rows(term[1][name], samples, n, obs[name]) for term in group]) for name in wires}
    run = compile(batch(gradient(density, wrt), "samples", over=wires))
    made = run(*(rows[name] if name in rows else values[name] for name in names(density)))
    parts = made if isinstance(made, tuple) else (made,)
    shapes = [values[name].shape for name in wrt]
    whole = [
        np.broadcast_to(part, (len(group) * n, *shape)).reshape(len(group), n, *shape).sum(axis=0)
        for part, shape in zip(parts, shapes, strict=True)
    ]
    return dict(zip(wrt, whole, strict=True))


def _rows(wire: str, samples: Mapping[str, Any], n: int, ob: Ob) -> Array:
    """The values of a wire with the samples first, in the shape of an input."""
    if wire not in samples:
        raise UnknownVariable(f"there are no samples of {wire!r}{nearest(wire, tuple(samples))}")
    array = np.asarray(samples[wire])
    shape = tuple(map(int, ob.sizes))
    if len(shape) == 1 and array.ndim == 1 and array.dtype.kind in "iu" and array.shape == (n,):
        if array.size and not 0 <= array.min() <= array.max() < shape[0]:
            raise InputMismatch(f"fisher_gradient: {wire}: outcomes are numbered from 0 to {shape[0] - 1}")
        found: Array = np.eye(shape[0])[array]
        return found
    if array.shape not in ((*shape, n), (*(shape or (1,)), n)) or array.dtype.kind not in "fiub":
        raise InputMismatch(f"fisher_gradient: {wire}: samples have the shape {(*shape, n)}, not {array.shape}")
    return np.moveaxis(array.astype(float), -1, 0).reshape(n, *shape)


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value
