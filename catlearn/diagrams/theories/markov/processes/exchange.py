"""The process of a substitution model: its rates, and the tables of any durations from one spectral decomposition.

>>> process = Exchange([1.0], [0.25, 0.75])
>>> process.rates.round(3)
array([[-2.   ,  2.   ],
       [ 0.667, -0.667]])
>>> process.transition([0.0, 1e9])[0].round(3)
array([[1.  , 0.25],
       [0.  , 0.75]])
"""

from __future__ import annotations

from functools import cached_property
from math import ceil, isqrt, ldexp, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.table import ROUNDING
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, short

__all__ = ["Exchange"]

Array = NDArray[np.float64]
RARE = 1e-8
"""Letters below this frequency would lose too many digits by the roots that a spectral decomposition divides by."""
TERMS = 20
"""Of the series of an exponential, for numbers up to a half."""


class Exchange:
    """The process of a substitution model, shared by all its durations.

    Attributes:
        exchangeabilities: for each pair of letters, (0, 1), (0, 2), ..., (1, 2), ..., how readily they change into
            one another; K (K - 1) / 2 numbers.
        frequencies: of the letters in the long run, (K,).
    """

    def __init__(self, exchangeabilities: Any, frequencies: Any) -> None:
        self.frequencies = _positive("frequencies", frequencies, zero=False)
        self.exchangeabilities = _positive("exchangeabilities", exchangeabilities, zero=True)
        count, pairs = len(self.frequencies), len(self.exchangeabilities)
        if count < 2 or pairs != count * (count - 1) // 2:
            letters = (1 + isqrt(1 + 8 * pairs)) // 2
            said = f"{pairs} exchangeabilities are for {letters} letters, but there are {count} frequencies"
            raise ShapeMismatch(f"{said}; give one for each pair of letters")
        total = self.frequencies.sum()
        if abs(total - 1) > ROUNDING:
            raise NotNormalized(f"frequencies sum to {total:.9g}, not to 1")
        if abs(total - 1) > 1e-14:
            self.frequencies = self.frequencies / total
        if not self.exchangeabilities.any():
            raise NotNormalized("exchangeabilities are all zero; then nothing ever changes")
        self.key = (tuple(self.exchangeabilities.tolist()), tuple(self.frequencies.tolist()))
        self.hash = hash(self.key)
        for array in (self.exchangeabilities, self.frequencies):
            array.flags.writeable = False

    @cached_property
    def rates(self) -> Array:
        """The rate matrix, (K, K): rows sum to zero, and one substitution is expected in a unit of time."""
        return self._scaled(self.frequencies)

    def _scaled(self, right: Array, left: Any = 1.0) -> Array:
        """How letters change into one another, times a number for each of them; what leaves on the diagonal."""
        count = len(self.frequencies)
        found = np.zeros((count, count))
        found[np.triu_indices(count, 1)] = self.exchangeabilities / self.exchangeabilities.max()
        found += found.T
        leaving = found @ self.frequencies
        found *= right * np.reshape(left, (-1, 1))
        np.fill_diagonal(found, -leaving)
        return np.asarray(found / (leaving @ self.frequencies))

    @cached_property
    def _spectrum(self) -> tuple[Array, Array, Array]:
        # Made symmetric by the roots of the frequencies.
        root = np.sqrt(self.frequencies)
        values, vectors = np.linalg.eigh(self._scaled(root, root))
        values[-1] = 0.0  # the stationary distribution does not fade
        return np.minimum(values, 0.0), vectors / root[:, None], vectors.T * root

    def transition(self, durations: Any) -> Array:
        """Of each of m durations the table of a letter (row) and the letter after it, (K, K, m)."""
        times = floats(durations)
        if times.ndim != 1 or not (np.isfinite(times).all() and (times >= 0).all()):
            raise InputMismatch(f"durations are a list of finite numbers from 0 up, not {short(durations)}")
        if len(times) and self.frequencies.min() < RARE:
            return np.stack([*map(self._squared, times.tolist())], axis=-1)
        values, left, right = self._spectrum
        # What is added to the identity is computed, not the whole: so what is rare keeps all its digits.
        count = len(values)
        pairs = (left[:, None, :] * right.T[None, :, :]).reshape(count * count, count)
        found = (pairs @ np.expm1(values[:, None] * times)).reshape(count, count, len(times))
        found[np.arange(count), np.arange(count)] += 1.0
        return np.maximum(found, 0.0, out=found)

    def _squared(self, time: float) -> Array:
        """The table of one duration, by a series without differences and by squaring: nothing is too rare for it."""
        speed = -self.rates.diagonal().min()
        halvings = max(0, ceil(log2(speed) + log2(time)) + 1) if time else 0
        jumps = speed * ldexp(time, -halvings)
        count = len(self.rates)
        jump = np.eye(count) + self.rates / speed
        term = found = np.eye(count)
        for k in range(1, TERMS):
            term = term @ jump * (jumps / k)
            found = found + term
        for _ in range(halvings):
            found = found / found.sum(axis=1, keepdims=True)
            found = found @ found
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Exchange) and self.key == other.key)

    def __hash__(self) -> int:
        return self.hash


def _positive(what: str, values: Any, *, zero: bool) -> Array:
    try:
        found = floats(values)
    except ValueError:
        raise ShapeMismatch(f"{what} are a list of numbers, not {short(values)}") from None
    if found.ndim != 1:
        raise ShapeMismatch(f"{what} are a list of numbers, not of shape {found.shape}")
    if not np.isfinite(found).all() or (found < 0).any() or not (zero or found.all()):
        raise NotNormalized(f"{what} are finite numbers {'from 0 up' if zero else 'above 0'}, not {short(values)}")
    return found + 0.0
