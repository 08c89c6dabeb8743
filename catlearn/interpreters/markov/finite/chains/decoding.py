"""Paths through a chain: the most probable one (Viterbi's algorithm), and exact samples given what was seen.

>>> chain = Chain(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]))
>>> path, score = most_probable(chain, np.log([[0.5, 0.4], [0.1, 0.7]]))
>>> path.tolist(), round(float(np.exp(score)), 6)
([1, 1], 0.112)
>>> draw(chain, filter_forward(chain, np.log([[0.5, 0.4], [0.1, 0.7]])), 3, np.random.default_rng(0)).shape
(3, 2)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence
from catlearn.interpreters.markov.finite.chains.forward_backward import Chain, Filtering, filter_forward

__all__ = ["draw", "filter_forward", "most_probable"]

Array = NDArray[Any]


def most_probable(chain: Chain, seen: Array) -> tuple[Array, float]:
    """The states (T,) that are most probable together, and the logarithm of their probability with what was seen.

    Of several that are equally probable, those with the smallest numbers, from the last state back. Raises
    `ImpossibleEvidence`, naming the first step at which nothing is possible any more.
    """
    with np.errstate(divide="ignore"):
        logs, best = np.log(chain.transition), np.empty(seen.shape)
        state = np.log(chain.initial) + seen[0]
    turned = np.ascontiguousarray(logs.swapaxes(-1, -2))  # a row for each state that is reached
    terms = np.empty(turned.shape[-2:])
    for t, row in enumerate(seen):
        if t:
            np.add(turned if turned.ndim == 2 else turned[t - 1], state, out=terms)
            state = terms.max(axis=1) + row
        best[t] = state
        if not state.max() > -np.inf:
            raise ImpossibleEvidence(f"step {t}: no path of states can give what is seen up to there")
    path = np.empty(len(seen), np.int64)
    path[-1] = best[-1].argmax()
    for t in range(len(seen) - 2, -1, -1):
        into = (turned if turned.ndim == 2 else turned[t])[path[t + 1]]
        path[t] = (best[t] + into).argmax()
    return path, float(best[-1].max())


def draw(chain: Chain, found: Filtering, count: int, random: np.random.Generator) -> Array:
    """Paths (count, T), drawn from the posterior: the last state first, then each given the one after it."""
    logs = found.log_filtered
    with np.errstate(divide="ignore"):
        turned = np.log(chain.transition).swapaxes(-1, -2)
    paths = np.empty((count, len(logs)), np.int64)
    paths[:, -1] = _chosen(np.broadcast_to(logs[-1], (count, logs.shape[1])), random)
    for t in range(len(logs) - 2, -1, -1):
        into = turned if turned.ndim == 2 else turned[t]
        paths[:, t] = _chosen(logs[t] + into[paths[:, t + 1]], random)
    return paths


def _chosen(logs: Array, random: np.random.Generator) -> Array:
    """For each row a place, drawn in proportion to the exponentials; never one of weight 0."""
    sums = np.exp(logs - logs.max(axis=1, keepdims=True)).cumsum(axis=1)
    below = random.random((len(logs), 1)) * sums[:, -1:]
    found: Array = np.minimum((sums <= below).sum(axis=1), logs.shape[1] - 1)
    return found
