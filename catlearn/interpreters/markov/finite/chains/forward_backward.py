"""Discrete chains: forward-backward, pairs of neighbors, the most probable path and exact samples.

States x[0], x[1], ... move by a transition table, and of each something is seen, given as log-likelihoods (T, K): a row
of zeros where nothing was seen. Sums are scaled; where scaling is not enough, or could lose what matters later,
logarithms take over.

>>> chain = Chain(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]))
>>> found = smooth(chain, np.log([[0.5, 0.5], [0.1, 0.7]]))
>>> found.smoothed.round(4), round(found.log_evidence, 4)
(array([[0.2162, 0.7838],
       [0.1486, 0.8514]]), -1.6874)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence
from catlearn.interpreters.markov.finite.chains import logarithms as log_chain
from catlearn.interpreters.markov.finite.chains.scan import Scan, scan

__all__ = ["Chain", "Filtering", "Smoothing", "filter_forward", "pairs", "smooth", "transitions"]

Array = NDArray[Any]

DENSE = 1e-50
"""With no transition below this, each state gets back at every step more than it can have lost by underflow."""
TINY = 1e-150
"""With others, below this a probability is close to being lost."""


@dataclass(frozen=True, eq=False)
class Chain:
    """Where states start, (K,), and how they move, (K, K), or (T - 1, K, K) where that changes."""

    initial: Array
    transition: Array

    @cached_property
    def dense(self) -> bool:
        """Whether every state can follow every state."""
        return bool(self.transition.size == 0 or self.transition.min() > DENSE)

    @cached_property
    def reversed(self) -> Array:
        """The transitions for the way back."""
        turned = self.transition.swapaxes(-1, -2)
        return np.ascontiguousarray(turned if turned.ndim == 2 else turned[::-1])

    def at(self, t: int) -> Array:
        """The table of the step from t to t + 1."""
        found: Array = self.transition if self.transition.ndim == 2 else self.transition[t]
        return found


@dataclass(frozen=True, eq=False)
class Filtering:
    """Each state given what was seen up to it.

    Attributes:
        filtered: (T, K).
        log_evidence: of all that was seen.
        logs: where logarithms had to be taken, what they gave.
    """

    filtered: Array
    log_evidence: float
    logs: log_chain.Forward | None = None

    @property
    def log_filtered(self) -> Array:
        """The logarithms of `filtered`."""
        with np.errstate(divide="ignore"):
            return np.log(self.filtered) if self.logs is None else self.logs.logs


@dataclass(frozen=True, eq=False)
class Smoothing:
    """Each state given all that was seen.

    Attributes:
        smoothed: (T, K).
        filtering: what the forward pass gave.
        log_ratio: where logarithms had to be taken, those of smoothed over filtered.
    """

    smoothed: Array
    filtering: Filtering
    log_ratio: Array | None = None

    @property
    def log_evidence(self) -> float:
        """Of all that was seen."""
        return self.filtering.log_evidence


def filter_forward(chain: Chain, seen: Array) -> Filtering:
    """The forward pass over log-likelihoods (T, K). Raises `ImpossibleEvidence`, naming the first step."""
    return _forward(chain, seen)[0]


def _forward(chain: Chain, seen: Array) -> tuple[Filtering, Array]:
    """With the likelihoods of each step over the largest of them."""
    tops = seen.max(axis=1)
    if not np.isfinite(tops).all():
        raise ImpossibleEvidence(f"step {int(np.argmin(tops))}: what is seen there has probability 0 in every state")
    weights = seen - tops[:, None]
    np.exp(weights, out=weights)
    first = chain.initial * weights[0]
    total = first.sum()
    found = scan(first / total, chain.transition, weights[1:]) if total > TINY else None
    if found is None or not (chain.dense or _nothing_lost(found, weights[1:])):
        logs = log_chain.forward(chain.initial, chain.transition, seen)
        return Filtering(np.exp(logs.logs), float(logs.sums.sum()), logs), weights
    filtered = np.concatenate([first[None] / total, found.after])
    return Filtering(filtered, float(tops.sum() + np.log(total) + found.log_total)), weights


def _nothing_lost(found: Scan, weights: Array) -> bool:
    """Whether no state that is possible has come near to underflow: its probability might have grown again later."""
    return not ((found.after < TINY) & (found.before > 0) & (weights > 0)).any()


def smooth(chain: Chain, seen: Array) -> Smoothing:
    """Both passes over log-likelihoods (T, K). Raises `ImpossibleEvidence`, naming the first step."""
    found, weights = _forward(chain, seen)
    ratio = _backward(chain, found.filtered, weights) if found.logs is None else None
    if ratio is not None:
        smoothed = np.multiply(found.filtered, ratio, out=ratio)
        sums = smoothed.sum(axis=1, keepdims=True)
        if (sums > TINY).all():
            smoothed /= sums
            return Smoothing(smoothed, found)
    logs = found.logs or log_chain.forward(chain.initial, chain.transition, seen)
    log_ratio = log_chain.backward(chain.transition, seen, logs)
    smoothed = np.exp(logs.logs + log_ratio)
    smoothed /= smoothed.sum(axis=1, keepdims=True)
    return Smoothing(smoothed, Filtering(found.filtered, found.log_evidence, logs), log_ratio)


def _backward(chain: Chain, filtered: Array, weights: Array) -> Array | None:
    """Smoothed over filtered, up to a factor for each row."""
    if not filtered.all():  # states that cannot be must not drown the others
        weights = np.where(filtered > 0, weights, 0.0)
        weights /= weights.max(axis=1, keepdims=True)
    found = scan(weights[-1] / weights[-1].sum(), chain.reversed, weights[-2::-1])
    if found is None:
        return None
    ratio = np.empty(filtered.shape)
    ratio[-1] = 1.0
    ratio[-2::-1] = found.before
    return ratio


def pairs(chain: Chain, seen: Array, found: Smoothing) -> Iterator[Array]:
    """For each step the probabilities of a state and the next, (K, K), given all that was seen."""
    logs = found.filtering.logs
    if logs is None or found.log_ratio is None:
        for t, ahead in enumerate(_ahead(chain, found)):
            yield found.filtering.filtered[t][:, None] * chain.at(t) * ahead
        return
    for t in range(len(seen) - 1):
        ahead = found.log_ratio[t + 1] + seen[t + 1] - logs.sums[t + 1]
        with np.errstate(divide="ignore"):
            yield np.exp(logs.logs[t][:, None] + np.log(chain.at(t)) + ahead)


def transitions(chain: Chain, seen: Array, found: Smoothing) -> Array:
    """How often each state is expected to be followed by each: the sum of all pairs, (K, K)."""
    if found.filtering.logs is None and chain.transition.ndim == 2:
        counts: Array = chain.transition * (found.filtering.filtered[:-1].T @ _ahead(chain, found))
        return counts
    size = len(chain.initial)
    return sum(pairs(chain, seen, found), np.zeros((size, size)))


def _ahead(chain: Chain, found: Smoothing) -> Array:
    """Smoothed over predicted, of each state after the first."""
    before, table = found.filtering.filtered[:-1], chain.transition
    predicted = before @ table if table.ndim == 2 else np.einsum("ti,tij->tj", before, table)
    ahead: Array = np.divide(found.smoothed[1:], predicted, out=np.zeros(predicted.shape), where=predicted > 0)
    return ahead
