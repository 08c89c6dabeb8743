"""On which scale a parameter walks: one without ends, whatever the ends of its prior are.

>>> POSITIVE.bound(POSITIVE.free(2.5)), SIMPLEX.bound(np.zeros(2)).round(3).tolist()
(2.5, [0.333, 0.333, 0.333])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, log1p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.predictives import (
    BetaBinomial,
    DirichletMultinomial,
    Lomax,
    NegativeBinomial,
)
from catlearn.diagrams.theories.markov.families.priors import Beta, Dirichlet, Gamma, NormalInverseGamma
from catlearn.diagrams.theories.markov.sampled import Sampled
from catlearn.errors import NotSupported, TypeMismatch, short

__all__ = ["LINE", "POSITIVE", "SIMPLEX", "UNIT", "Scale", "scale_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """A change of coordinates.

    Attributes:
        free: a value inside of the ends, as numbers that have none.
        bound: the value that has these numbers.
        log_jacobian: the logarithm of how much `bound` stretches there, by the numbers; minus infinity where rounding
            has put the value on an end.
    """

    free: Callable[[Any], Array]
    bound: Callable[[Array], Any]
    log_jacobian: Callable[[Array], float]


def _line(value: Any) -> Array:
    return np.array([value], np.float64)


def _number(free: Array) -> float:
    return float(free[0])


def _flat(free: Array) -> float:
    return 0.0


def _log(value: Any) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(_line(value))


def _exp(free: Array) -> float:
    return exp(free[0]) if abs(free[0]) < 700 else (inf if free[0] > 0 else 0.0)


def _log_exp(free: Array) -> float:
    return float(free[0]) if abs(free[0]) < 700 else -inf


def _logit(value: Any) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(_line(value)) - np.log1p(-_line(value))


def _logistic(free: Array) -> float:
    y = float(free[0])
    return 1.0 / (1.0 + exp(-y)) if y > 0 else exp(y) / (1.0 + exp(y))


def _log_logistic(free: Array) -> float:
    y = abs(float(free[0]))
    return -y - 2.0 * log1p(exp(-y)) if 0.0 < _logistic(free) < 1.0 else -inf


def _ratios(value: Any) -> Array:
    x = np.asarray(value, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(x[:-1]) - np.log(x[-1]))


def _shares(free: Array) -> Array:
    y = np.append(free, 0.0)
    e = np.exp(y - y.max())
    return np.asarray(e / e.sum())


def _log_shares(free: Array) -> float:
    shares = _shares(free)
    return float(np.log(shares).sum()) if shares.min() > 0 else -inf


LINE = Scale(_line, _number, _flat)
"""Any number: as it is."""
POSITIVE = Scale(_log, _exp, _log_exp)
"""A number above 0: its logarithm."""
UNIT = Scale(_logit, _logistic, _log_logistic)
"""A number between 0 and 1: its logit."""
SIMPLEX = Scale(_ratios, _shares, _log_shares)
"""Probabilities of several outcomes: the logarithms of their ratios to the last."""


def scale_of(name: str, prior: Any) -> Scale:
    """The scale on which a parameter with this prior walks.

    A prior of your own functions, `Sampler(draw, log_density)`, walks on the line; where its log-density is minus
    infinity no step ends.

    Raises:
        TypeMismatch: for what is no distribution.
        NotSupported: for distributions of counts, of several wires, or without a density.

    >>> scale_of("p", Beta(1, 1)) is UNIT
    True
    """
    if not isinstance(prior, Sampled):
        raise TypeMismatch(f"params: {name} has a prior such as cl.conjugate.Gamma(2.0, 1.0), not {short(prior)}")
    if isinstance(prior, BetaBinomial | DirichletMultinomial | NegativeBinomial | NormalInverseGamma):
        raise NotSupported(f"params: {name} is no {type(prior).__name__}; give each parameter a density of one number")
    if not prior.has_density:
        raise NotSupported(f"params: the prior of {name} has no density; make it Sampler(draw, log_density)")
    if isinstance(prior, Beta):
        return UNIT
    if isinstance(prior, Dirichlet):
        return SIMPLEX
    return POSITIVE if isinstance(prior, Gamma | Lomax) else LINE
