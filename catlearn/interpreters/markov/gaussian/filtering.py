"""The forward pass of a Kalman filter, which stops computing covariances once they no longer change.

Where nothing is missing and the model does not change in time, the Riccati recursion settles after some steps; from
there on only means move, and their recursion is linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence, NotNormalized, OffSupport
from catlearn.interpreters.markov.gaussian.observing import Observed, observe
from catlearn.interpreters.markov.gaussian.recursion import linear_recursion

if TYPE_CHECKING:
    from catlearn.interpreters.markov.gaussian.kalman import Kalman

__all__ = ["Forward", "check_finite", "forward", "unchanged"]

SETTLED = 1e-14
"""A covariance has settled when no entry changes by more than this part of the deviations it belongs to."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Forward:
    """Everything that the forward pass finds.

    Attributes:
        means: of the state given what was seen up to it, (T, d).
        covariances: of the same, for the first steps; those after them are equal to the last one.
        seen: the whitened observations of these first steps.
        later: the numbers z of the steps after them, (T - settled, p).
        log_likelihood: of all that was seen.
    """

    means: Array
    covariances: Array
    seen: list[Observed]
    later: Array
    log_likelihood: float

    @property
    def dimension(self) -> int:
        """How many directions of what was seen were uncertain."""
        return sum(len(each.z) for each in self.seen) + self.later.size

    @property
    def settled(self) -> int:
        """How many steps had covariances of their own."""
        return len(self.seen)


def forward(model: Kalman, y: Array, freeze: bool = True) -> Forward:
    """Filter observations y of shape (T, p); NaN is missing. With `freeze=False` every covariance is computed.

    Raises:
        ImpossibleEvidence: when an observation cannot be, as noise is singular; it says which.
        NotNormalized: when means, variances or densities are beyond floats.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found = _forward(model, y, freeze)
    check_finite(found.means, found.covariances, found.log_likelihood)
    return found


def check_finite(*found: Any) -> None:
    """Raise `NotNormalized` where a number is not finite."""
    if not all(np.isfinite(each).all() for each in found):
        raise NotNormalized("means, variances or the density are beyond floats; measure in other units")


def _forward(model: Kalman, y: Array, freeze: bool) -> Forward:
    mean, P = model.mean, model.covariance
    complete = _last_gap(y) if freeze and model.invariant else len(y)
    means, seen = np.empty((len(y), len(mean))), list[Observed]()
    for t in range(len(y)):
        now = _observe(model, mean, P, y, t)
        means[t] = now.mean
        seen.append(now)
        if t + 1 == len(y):
            break
        mean, after = model.predict(now.mean, now.covariance, t)
        if t >= complete and now.lower is not None and unchanged(P, after):
            later = _settled(model, now, mean, y[t + 1 :], means[t + 1 :])
            return Forward(means, _stack(seen), seen, later, _total(seen) + _density(later, now))
        P = after
    return Forward(means, _stack(seen), seen, np.empty((0, y.shape[1])), _total(seen))


def unchanged(before: Array, after: Array) -> bool:
    """Whether a covariance has settled.

    >>> unchanged(np.eye(2), np.eye(2)), unchanged(np.eye(2), 1.001 * np.eye(2))
    (True, False)
    """
    variances = after.diagonal()
    if (np.abs(variances - before.diagonal()) > SETTLED * variances).any():
        return False
    deviations = np.sqrt(variances)
    return bool((np.abs(after - before) <= SETTLED * np.multiply.outer(deviations, deviations)).all())


def _last_gap(y: Array) -> int:
    """The first time from which nothing is missing."""
    gaps = np.flatnonzero(np.isnan(y).any(axis=1))
    return int(gaps[-1]) + 1 if len(gaps) else 0


def _observe(model: Kalman, mean: Array, P: Array, y: Array, t: int) -> Observed:
    H, c, R = model.observation(t)
    there = ~np.isnan(y[t])
    try:
        if there.all():
            return observe(mean, P, H, R, y[t] - c, model.exact)
        return observe(mean, P, H[there], R[np.ix_(there, there)], (y[t] - c)[there], model.exact)
    except OffSupport as error:
        raise ImpossibleEvidence(f"y[{t}]: {error}") from None
    except NotNormalized as error:
        raise NotNormalized(f"y[{t}]: {error}") from None


def _settled(model: Kalman, last: Observed, mean: Array, y: Array, means: Array) -> Array:
    """Fill the filtered means of the steps after the covariances have settled; gives their whitened numbers."""
    from scipy.linalg.lapack import dtrtri

    (F, b, _), (H, c, _) = model.transition(0), model.observation(0)
    whitener, _ = dtrtri(last.lower, lower=1)
    whitener = np.tril(whitener)
    gain = last.W.T @ whitener
    seen = y - c
    predicted = linear_recursion((F - F @ gain @ H).T, seen[:-1] @ (F @ gain).T + b, mean)
    z: Array = (seen - predicted @ H.T) @ whitener.T
    np.add(predicted, z @ last.W, out=means)
    return z


def _density(later: Array, last: Observed) -> float:
    each = last.log_density + 0.5 * float(last.z @ last.z)
    return len(later) * each - 0.5 * float(np.vdot(later, later))


def _stack(seen: list[Observed]) -> Array:
    return np.stack([each.covariance for each in seen])


def _total(seen: list[Observed]) -> float:
    return float(sum(each.log_density for each in seen))
