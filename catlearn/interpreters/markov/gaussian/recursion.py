"""A linear recursion `x[t+1] = x[t] M + u[t]` of many steps, as a few products of matrices.

>>> linear_recursion(np.array([[2.0]]), np.array([[1.0], [1.0], [1.0]]), np.array([0.0])).ravel()
array([0., 1., 3., 7.])

The steps are cut into blocks of about the square root of their number. All blocks run side by side from zero, then
what each hands to the next, then both are added: parallel prefix sums of G. Blelloch (1990) in two levels.
"""

from __future__ import annotations

from math import isqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["linear_recursion"]

Array = NDArray[np.float64]


def linear_recursion(M: Array, u: Array, first: Array) -> Array:
    """All values of the recursion, of shape (steps + 1, d), for M (d, d), u (steps, d), first (d,).

    >>> linear_recursion(np.eye(2), np.zeros((0, 2)), np.array([1.0, 2.0])).tolist()
    [[1.0, 2.0]]
    """
    steps, d = u.shape
    length = max(1, isqrt(steps))
    count = -(-steps // length)
    padded = np.zeros((count, length, d))
    padded.reshape(count * length, d)[:steps] = u
    alone, powers = _from_zero(M, padded)
    starts = _starts(powers[-1], alone[-1], first)
    carried = starts @ powers.transpose(1, 0, 2).reshape(d, length * d)
    found = carried.reshape(count, length, d)
    found += alone.transpose(1, 0, 2)
    return np.concatenate([first[None], found.reshape(count * length, d)[:steps]])


def _from_zero(M: Array, u: Array) -> tuple[Array, Array]:
    """For each step of a block: what all blocks have there when they start at zero, and the power of M."""
    count, length, d = u.shape
    alone, powers = np.empty((length, count, d)), np.empty((length, d, d))
    value, power = np.zeros((count, d)), np.eye(d)
    for j in range(length):
        value = value @ M
        value += u[:, j]
        power = power @ M
        alone[j], powers[j] = value, power
    return alone, powers


def _starts(power: Array, ends: Array, first: Array) -> Array:
    """Where each block starts, given where each would end if it started at zero."""
    starts = np.empty_like(ends)
    for k, end in enumerate(ends):
        starts[k] = first
        first = first @ power + end
    return starts
