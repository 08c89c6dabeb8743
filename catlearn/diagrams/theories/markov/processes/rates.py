"""How fast the sites of a sequence evolve: rates in categories of a gamma distribution, and sites that never change.

>>> SiteRates(shape=0.5, categories=4).rates.round(4)
array([0.0334, 0.2519, 0.8203, 2.8944])
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, short

__all__ = ["SiteRates"]


@dataclass(frozen=True)
class SiteRates:
    """Rates of mean one by which durations are multiplied, each with its probability (Yang 1994).

    Args:
        shape: of the gamma distribution; the smaller, the more sites differ. None for one rate.
        categories: the number of rates above zero, of equal probability.
        median: whether a category has the median of its rates, scaled to mean one, and not their mean.
        invariant: the probability that a site never changes.

    Raises:
        InputMismatch: when one of them is out of range.

    >>> SiteRates(invariant=0.2).rates, SiteRates(invariant=0.2).weights
    (array([0.  , 1.25]), array([0.2, 0.8]))
    """

    shape: float | None = None
    categories: int = 4
    median: bool = False
    invariant: float = 0.0

    def __post_init__(self) -> None:
        if self.shape is not None and not (_number(self.shape) and 0.01 <= self.shape <= 1e6):
            raise InputMismatch(f"shape is a number from 0.01 to 1e6, or None for one rate, not {short(self.shape)}")
        if not isinstance(self.categories, int | np.integer) or not 1 <= self.categories <= 1000:
            raise InputMismatch(f"categories are 1 to 1000, not {short(self.categories)}")
        if not (_number(self.invariant) and 0 <= self.invariant < 1):
            raise InputMismatch(f"invariant is a probability below 1, not {short(self.invariant)}")

    @cached_property
    def rates(self) -> NDArray[np.float64]:
        """The rates, with 0 first where some sites never change."""
        found = self._gamma() / (1.0 - self.invariant)
        return np.concatenate([[0.0], found]) if self.invariant else found

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """The probability of each rate."""
        count = len(self.rates) - (self.invariant > 0)
        equal = np.full(count, (1.0 - self.invariant) / count)
        return np.concatenate([[self.invariant], equal]) if self.invariant else equal

    def _gamma(self) -> NDArray[np.float64]:
        if self.shape is None or self.categories == 1:
            return np.ones(1)
        from scipy.special import gammainc, gammaincinv

        count = self.categories
        if self.median:
            middles = gammaincinv(self.shape, (np.arange(count) + 0.5) / count)
            return np.asarray(middles / middles.mean())
        cuts = gammaincinv(self.shape, np.arange(1, count) / count)
        return np.asarray(np.diff(gammainc(self.shape + 1.0, cuts), prepend=0.0, append=1.0) * count)


def _number(value: Any) -> bool:
    """Whether this is one number, of Python's or numpy's."""
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf"
