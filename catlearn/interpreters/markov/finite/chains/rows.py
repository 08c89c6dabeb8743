"""Forward-backward for many rows at once: the same chain, seen in different ways.

>>> chain = Chain(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]))
>>> log_evidence, smoothed = smooth_rows(chain, np.log([[[0.5, 0.5], [1.0, 1.0]], [[0.1, 0.7], [1.0, 1.0]]]))
>>> log_evidence.round(4), smoothed[:, 0].round(4)
(array([-1.6874,  0.    ]), array([[0.2162, 0.7838],
       [0.1486, 0.8514]]))
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence
from catlearn.interpreters.markov.finite.chains.forward_backward import TINY, Chain, smooth
from catlearn.interpreters.markov.finite.chains.scan import LEAST, Lanes

__all__ = ["smooth_rows"]

Array = NDArray[Any]


def smooth_rows(chain: Chain, seen: Array) -> tuple[Array, Array]:
    """Log-evidence (rows,) and smoothed probabilities (T, rows, K) from log-likelihoods (T, rows, K).

    Log-evidence is minus infinity, and probabilities are not numbers, for rows that cannot be.
    """
    with np.errstate(all="ignore"):
        log_evidence, smoothed, good = _together(chain, seen)
    for row in np.flatnonzero(~good):  # alone, with more care
        try:
            found = smooth(chain, np.ascontiguousarray(seen[:, row]))
            log_evidence[row], smoothed[:, row] = found.log_evidence, found.smoothed
        except ImpossibleEvidence:
            log_evidence[row], smoothed[:, row] = -np.inf, np.nan
    return log_evidence, smoothed


def _together(chain: Chain, seen: Array) -> tuple[Array, Array, Array]:
    """Also which rows are right: those of which nothing came near to underflow."""
    tops = seen.max(axis=2)
    weights = np.exp(seen - tops[:, :, None])
    first = chain.initial * weights[0]
    total = first.sum(axis=1)
    ahead = Lanes(chain.transition, weights[1:])
    ahead.run(first / total[:, None])
    filtered = np.concatenate([(first / total[:, None])[None], ahead.after])
    filtered /= filtered.sum(axis=2, keepdims=True)
    possible = np.where(filtered > 0, weights, 0.0)
    possible /= possible.max(axis=2, keepdims=True)
    back = Lanes(chain.reversed, possible[-2::-1])
    back.run(possible[-1] / possible[-1].sum(axis=1, keepdims=True))
    smoothed = filtered
    good = (total > TINY) & (ahead.sums > LEAST).all(axis=0) & (back.sums > LEAST).all(axis=0)
    if not chain.dense:
        good &= ~((filtered[1:] < TINY) & (ahead.before > 0) & (weights[1:] > 0)).any(axis=(0, 2))
    smoothed[-2::-1] *= back.before
    sums = smoothed.sum(axis=2, keepdims=True)
    smoothed /= sums
    return tops.sum(axis=0) + np.log(total) + np.log(ahead.sums).sum(axis=0), smoothed, good & (sums > TINY).all((0, 2))
