"""The recursion of a chain, `v[n] = (v[n-1] @ A) * w[n-1]`, scaled so that nothing underflows.

A long chain is cut into segments that run side by side, so that vectors times A become one matrix times A. Where a
segment starts is not known at first: all start from equal weights, and then run again from where the one before ended,
until they meet what is there already. A chain forgets where it came from, so that is soon; and it is no guess, since
multiplying by A and by weights never enlarges the ratios between two vectors (Birkhoff's contraction theorem).

>>> found = scan(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[1.0, 0.5]]))
>>> found.before, found.after, round(float(np.exp(found.log_total)), 6)
(array([[0.55, 0.45]]), array([[0.70967742, 0.29032258]]), 0.775)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lanes", "Scan", "lanes_of", "scan"]

Array = NDArray[Any]

EVERY = 8
"""After how many steps vectors are divided by their sums."""
LEAST = 1e-100
"""The least of these sums for which what is lost by underflow does not matter."""
SAME = 1e-14
"""How far two vectors may be apart, as a part of each entry, to be taken for the same."""
ROUNDS = 4
"""How often segments are run again before it is taken that the chain does not forget."""


@dataclass(frozen=True, eq=False)
class Lanes:
    """Recursions that run side by side.

    Attributes:
        matrix: (K, K), or (steps, K, K) where it changes.
        weights: (steps, lanes, K).
        every: after how many steps vectors are divided by their sums.
    """

    matrix: Array
    weights: Array
    every: int = EVERY

    @cached_property
    def before(self) -> Array:
        """Of each step, (steps, lanes, K)."""
        return np.empty(self.weights.shape)

    @cached_property
    def after(self) -> Array:
        """Of each step, (steps, lanes, K)."""
        return np.empty(self.weights.shape)

    @cached_property
    def sums(self) -> Array:
        """Of each block, by what vectors were divided after it, (blocks, lanes)."""
        return np.empty((-(-len(self.weights) // self.every), self.weights.shape[1]))

    @property
    def safe(self) -> bool:
        """Whether no sum came near to underflow. Also false for what is not a number."""
        return bool((self.sums > LEAST).all())

    def run(self, state: Array) -> Array:
        """All steps of all lanes from these vectors, (lanes, K); gives the last ones."""
        for k in range(len(self.sums)):
            state = self.block(k, state)
        return state

    def block(self, k: int, state: Array, first: int = 0) -> Array:
        """The steps of a block, for the lanes from `first` on."""
        matrix, fixed = self.matrix, self.matrix.ndim == 2
        weights, before, after = (a[:, first:] for a in (self.weights, self.before, self.after))
        for n in range(k * self.every, min((k + 1) * self.every, len(weights))):
            given = np.matmul(state, matrix if fixed else matrix[n], out=before[n])
            state = np.multiply(given, weights[n], out=after[n])
        total = self.sums[k, first:] = state.sum(axis=1)
        state /= total[:, None]
        return state

    def meet(self, ends: Array) -> bool:
        """Run all lanes but the first again from where the one before ended, until nothing changes any more."""
        return any(self._met(ends) for _ in range(ROUNDS))

    def _met(self, ends: Array) -> bool:
        state = ends[:-1].copy()
        for k in range(len(self.sums)):
            found = self.after[min((k + 1) * self.every, len(self.after)) - 1, 1:].copy()
            state = self.block(k, state, 1)
            if (np.abs(state - found) <= SAME * found).all():
                return True
        return False


@dataclass(frozen=True, eq=False)
class Scan:
    """What a recursion gives: segments of it, which are joined when they are asked for."""

    lanes: Lanes
    steps: int

    @cached_property
    def before(self) -> Array:
        """Each vector before it is multiplied by its weights, up to a factor, (steps, K)."""
        return _joined(self.lanes.before, self.steps)

    @cached_property
    def after(self) -> Array:
        """Each vector, summing to one, (steps, K)."""
        found = _joined(self.lanes.after, self.steps)
        found /= found.sum(axis=1, keepdims=True)
        return found

    @cached_property
    def log_total(self) -> float:
        """The logarithm of the sum that the last vector has when nothing is divided."""
        return float(np.log(self.lanes.sums).sum())


def scan(start: Array, matrix: Array, weights: Array) -> Scan | None:
    """The recursion from one vector, (K,), with weights (steps, K); None where it underflows."""
    count = lanes_of(*weights.shape) if matrix.ndim == 2 else 1
    with np.errstate(all="ignore"):
        for lanes, every in ((count, EVERY), (1, EVERY), (1, 1))[count == 1 :]:
            if found := _scan(start, matrix, weights, lanes, every):
                return found
    return None


def lanes_of(steps: int, size: int) -> int:
    """Into how many segments a chain is cut: enough for a quick product of matrices, and each long enough to forget."""
    return max(1, min(steps // 48, max(24, min(256, 4096 // size))))


def _scan(start: Array, matrix: Array, weights: Array, count: int, every: int) -> Scan | None:
    steps, size = weights.shape
    length = steps if count == 1 else -(-steps // (count * every)) * every
    lanes = Lanes(matrix, _cut(weights, count, length), every)
    state = np.full((count, size), 1.0 / size)
    state[0] = start
    ends = lanes.run(state)
    if not lanes.safe or (count > 1 and not (lanes.meet(ends) and lanes.safe)):
        return None
    return Scan(lanes, steps)


def _cut(weights: Array, count: int, length: int) -> Array:
    """Segments side by side, (length, count, K), the last ones filled with ones."""
    if count == 1:
        return weights[:, None]
    found = np.empty((length, count, weights.shape[1]))
    full, rest = divmod(len(weights), length)
    found[:, :full] = weights[: full * length].reshape(full, length, -1).swapaxes(0, 1)
    if full < count:
        found[:, full:] = 1.0
        found[:rest, full] = weights[full * length :]
    return found


def _joined(lanes: Array, steps: int) -> Array:
    found: Array = lanes.swapaxes(0, 1).reshape(-1, lanes.shape[2])[:steps]
    return found
