"""The backward pass of a Kalman smoother: what later observations say about each state, without inverting covariances.

A row `adjoint` and a matrix `information` say it: the smoothed state at t has the mean `m + adjoint P` and the
covariance `P - P information P`, with m and P the filtered ones. So singular covariances need no care.

Source: G. J. Bierman, Fixed interval smoothing with discrete measurements (1973), the modified Bryson-Frazier form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.gaussian.algebra import ROUNDING
from catlearn.interpreters.markov.gaussian.filtering import Forward, unchanged
from catlearn.interpreters.markov.gaussian.observing import Observed
from catlearn.interpreters.markov.gaussian.recursion import linear_recursion

if TYPE_CHECKING:
    from catlearn.interpreters.markov.gaussian.kalman import Kalman

__all__ = ["backward"]

Array = NDArray[np.float64]


def backward(model: Kalman, found: Forward) -> tuple[Array, Array]:
    """The smoothed means (T, d) and covariances (T, d, d), given what the forward pass found."""
    means, k = found.means.copy(), found.settled
    covariances = np.empty((*means.shape, means.shape[1]))
    adjoint, information = np.zeros(means.shape[1]), np.zeros(covariances.shape[1:])
    if k < len(means):
        adjoint, information = _settled(model, found, means[k:], covariances[k:])
    adjoints, informations = np.empty((k, *adjoint.shape)), np.empty((k, *information.shape))
    for t in range(k - 1, -1, -1):
        adjoints[t], informations[t] = adjoint, information
        if t:
            adjoint, information = _step(model.transition(t - 1)[0], found.seen[t], adjoint, information)
    P = found.covariances
    means[:k] += (adjoints[:, None] @ P)[:, 0]
    _smooth(P, informations, covariances[:k])
    if model.exact:
        _settle_certain(P, covariances)
    return means, covariances


def _step(F: Array, seen: Observed, adjoint: Array, information: Array) -> tuple[Array, Array]:
    """Back over one observation and the transition before it."""
    VF = seen.V @ F
    closed = F - seen.W.T @ VF
    information = closed.T @ information @ closed
    information += VF.T @ VF
    return adjoint @ closed + seen.z @ VF, (information + information.T) / 2


def _settled(model: Kalman, found: Forward, means: Array, covariances: Array) -> tuple[Array, Array]:
    """Fill in the steps whose filtered covariance is the last one; gives adjoint and information before them."""
    last, P, steps = found.seen[-1], found.covariances[-1], len(means)
    F = model.transition(0)[0]
    VF = last.V @ F
    closed = F - last.W.T @ VF
    rows = linear_recursion(closed, (found.later @ VF)[::-1], np.zeros(len(P)))[::-1]
    means += rows[1:] @ P
    transient, information = _informations(closed, VF.T @ VF, steps)
    cut = steps - len(transient)
    _smooth(P, transient[::-1], covariances[cut:])
    if cut:
        covariances[:cut] = _smooth(P, information[None], np.empty((1, *P.shape)))
    return rows[0], information


def _informations(closed: Array, gained: Array, steps: int) -> tuple[Array, Array]:
    """The informations from the last step back until they settle, and the one after them."""
    found, information = list[Array](), np.zeros_like(closed)
    for _ in range(steps):
        found.append(information)
        after = closed.T @ information @ closed
        after += gained
        after = (after + after.T) / 2
        if unchanged(information, after):
            break
        information = after
    return np.stack(found), after


def _settle_certain(P: Array, covariances: Array) -> None:
    """What is left of a variance by rounding is nothing."""
    certain = np.diagonal(covariances, axis1=1, axis2=2) <= 10 * ROUNDING * np.diagonal(P, axis1=1, axis2=2)
    covariances[certain] = 0.0
    np.swapaxes(covariances, 1, 2)[certain] = 0.0


def _smooth(P: Array, informations: Array, out: Array) -> Array:
    left = P @ informations @ P
    np.subtract(P, left, out=left)
    np.add(left, np.swapaxes(left, -1, -2), out=out)
    out *= 0.5
    return out
