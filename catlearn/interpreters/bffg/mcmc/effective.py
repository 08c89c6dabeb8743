"""How much draws that depend on one another tell: a cheap estimate, from the means of batches of draws.

Batches are long, so that their means scatter about the mean of all chains as independent ones would. ArviZ has the
better estimate; this one is quick enough to be looked at while chains run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["effective", "standard_error"]

Array = NDArray[Any]
MOST = 20
"""Batches of a long chain."""


def standard_error(draws: Array) -> Array:
    """The standard error of the mean over draws, (chains, steps, ...); NaN below four steps.

    >>> standard_error(np.random.default_rng(0).standard_normal((2, 5000))).round(3)
    np.float64(0.01)
    """
    chains, steps = draws.shape[:2]
    size = max(int(np.sqrt(steps)), steps // MOST)
    if size < 2:
        return np.full(draws.shape[2:], np.nan)
    batches = steps // size
    used = np.asarray(draws[:, steps - size * batches :], np.float64)
    means = used.reshape(chains * batches, size, *draws.shape[2:], order="C").mean(axis=1)
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(len(means)))


def effective(draws: Array) -> Array:
    """How many independent draws would tell as much, at most as many as there are; NaN where nothing moved.

    >>> x = np.random.default_rng(0).standard_normal((2, 5000))
    >>> print(effective(x).round(-3), effective(np.repeat(x[:, :500], 10, axis=1)).round(-2), effective(0 * x))
    9000.0 1500.0 nan
    """
    total = draws.shape[0] * draws.shape[1]
    variance = np.var(np.asarray(draws, np.float64), axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = variance / standard_error(draws) ** 2
    return np.asarray(np.where(variance > 0, np.minimum(found, total), np.nan))
