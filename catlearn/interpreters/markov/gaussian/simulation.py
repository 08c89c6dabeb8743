"""Paths of a hidden state drawn given what was seen: forward filtering, backward sampling.

The state after each state is taken for one more observation of it, so that singular noise needs no care.

Source: C. K. Carter and R. Kohn, On Gibbs sampling for state space models (1994).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.gaussian.algebra import ROUNDING, tidy
from catlearn.interpreters.markov.gaussian.filtering import Forward
from catlearn.interpreters.markov.gaussian.support import support_of

if TYPE_CHECKING:
    from catlearn.interpreters.markov.gaussian.kalman import Kalman

__all__ = ["draw", "simulate"]

Array = NDArray[np.float64]


def simulate(model: Kalman, found: Forward, n: int, random: np.random.Generator) -> Array:
    """Draw n paths of shape (T, d), given what the forward pass found; an array of shape (n, T, d)."""
    T, d = found.means.shape
    paths = np.empty((n, T, d))
    paths[:, -1] = draw(found.means[-1], found.covariances[-1], n, random)
    for t in range(T - 2, -1, -1):
        P, (F, b, Q) = found.covariances[min(t, found.settled - 1)], model.transition(t)
        after = support_of(F @ found.means[t] + b, F @ P @ F.T + Q)
        gain = after.whitener @ F @ P
        left = tidy(P - gain.T @ gain, np.sqrt(np.maximum(P.diagonal(), 0.0)), ROUNDING)
        paths[:, t] = draw(found.means[t], left, n, random) + after.whiten(paths[:, t + 1]) @ gain
    return paths


def draw(mean: Array, covariance: Array, n: int, random: np.random.Generator) -> Array:
    """Draw n values of N(mean, covariance), of shape (n, d); the covariance may be singular.

    >>> draw(np.ones(2), np.zeros((2, 2)), 3, np.random.default_rng(0)).tolist()
    [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    """
    spread = support_of(mean, covariance).spread
    return np.asarray(mean + random.standard_normal((n, spread.shape[1])) @ spread.T)
