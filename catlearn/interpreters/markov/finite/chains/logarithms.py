"""Forward-backward in logarithms, for chains on which sums underflow: slow, and right whatever the numbers.

Only entries of the transition table that are not zero are looked at.

>>> initial, transition = np.array([1.0, 0.0]), np.array([[0.5, 0.5], [0.0, 1.0]])
>>> seen = np.array([[0.0, 0.0], [-2000.0, -1000.0]])
>>> found = forward(initial, transition, seen)
>>> round(float(found.sums.sum()), 3), backward(transition, seen, found)[0].round(3)
(-1000.693, array([-0.   ,  0.693]))
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence

__all__ = ["Forward", "backward", "forward"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Forward:
    """Logarithms of filtered probabilities, (T, K), and of the probability of each observation after those before."""

    logs: Array
    sums: Array


@dataclass(frozen=True, eq=False)
class Edges:
    """The entries of a table, or of one for each step, that are not zero anywhere, sorted by where they lead."""

    transition: Array

    @cached_property
    def ends(self) -> tuple[Array, Array]:
        """From where and to where each leads."""
        there = self.transition if self.transition.ndim == 2 else self.transition.any(axis=0)
        targets, sources = np.nonzero(there.T)
        return sources, targets

    @cached_property
    def logs(self) -> Array:
        """The logarithm of each, (..., edges)."""
        sources, targets = self.ends
        with np.errstate(divide="ignore"):
            found: Array = np.log(self.transition[..., sources, targets])
        return found

    @cached_property
    def starts(self) -> Array:
        """At which edge a new target begins."""
        return np.flatnonzero(np.diff(self.ends[1], prepend=-1))

    def step(self, t: int, logs: Array) -> Array:
        """The logarithms of a vector times the table of step t, from those of the vector."""
        sources, targets = self.ends
        terms = logs[sources] + (self.logs if self.logs.ndim == 1 else self.logs[t])
        found = np.full(len(logs), -np.inf)
        top = np.maximum.reduceat(terms, self.starts)
        found[targets[self.starts]] = top
        shift = np.where(np.isfinite(found), found, 0.0)
        totals = np.add.reduceat(np.exp(terms - shift[targets]), self.starts)
        with np.errstate(divide="ignore"):
            found[targets[self.starts]] = np.log(totals) + shift[targets[self.starts]]
        return found


def forward(initial: Array, transition: Array, seen: Array) -> Forward:
    """Filter: each state given the observations up to it.

    Args:
        initial: (K,).
        transition: (K, K), or (T - 1, K, K).
        seen: log-likelihoods of the states, (T, K).

    Raises:
        ImpossibleEvidence: when what was seen has probability 0; it names the first step where it has.
    """
    edges, logs, sums = Edges(transition), np.empty(seen.shape), np.empty(len(seen))
    with np.errstate(divide="ignore"):
        state = np.log(initial)
    for t, row in enumerate(seen):
        state = (state if t == 0 else edges.step(t - 1, state)) + row
        top = state.max()
        if top == -np.inf:
            raise ImpossibleEvidence(
                f"step {t}: what is seen there has probability 0 after what was seen before it; "
                "correct or leave out an observation up to there"
            )
        sums[t] = top + np.log(np.exp(state - top).sum())
        state = logs[t] = state - sums[t]
    return Forward(logs, sums)


def backward(transition: Array, seen: Array, filtered: Forward) -> Array:
    """The logarithms of what comes after, given each state, over what it is in all: smoothed over filtered, (T, K)."""
    edges, found = Edges(transition.swapaxes(-1, -2)), np.zeros(seen.shape)
    for t in range(len(seen) - 1, 0, -1):
        found[t - 1] = edges.step(t - 1, found[t] + seen[t] - filtered.sums[t])
    return found
