"""Rows of numbers as rows of bits: each bit says whether one column has reached one threshold.

>>> import numpy as np
>>> height = Comparisons(2, np.array([0, 0, 1]), np.array([1.5, 1.8, 0.5]))
>>> height.bits(np.array([[1.6, 0.0], [1.9, 1.0]])).astype(int)
array([[1, 0, 0],
       [1, 1, 1]])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Comparisons"]

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Comparisons:
    """What an encoder has learned.

    Attributes:
        features: how many columns the rows have.
        columns: for each bit, the column that it reads. (bits,) of int.
        thresholds: for each bit, the least number of that column for which it is true. (bits,) of float64.
    """

    features: int
    columns: NDArray[np.intp]
    thresholds: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.columns)

    def bits(self, rows: NDArray[Any]) -> Bools:
        """The encoded rows, (rows, bits) of bool."""
        return np.ascontiguousarray(self.across(rows).T)

    def across(self, rows: NDArray[Any]) -> Bools:
        """The same with a row a bit, (bits, rows): what tables read is then contiguous."""
        turned = np.ascontiguousarray(rows.T)
        found: Bools = np.greater_equal(turned.take(self.columns, axis=0), self._least(rows.dtype)[:, None])
        return found

    def _least(self, kind: np.dtype[Any]) -> NDArray[Any]:
        """The thresholds for values of a type: for small whole numbers of that type, which is quicker to compare."""
        if kind.kind not in "iu" or kind.itemsize > 4:
            return self.thresholds
        whole, ends = np.ceil(self.thresholds), np.iinfo(kind)
        fits = ((whole >= ends.min) & (whole <= ends.max)).all()
        return whole.astype(kind) if fits else self.thresholds

    def names(self, features: Sequence[str]) -> tuple[str, ...]:
        """What each bit says, in words."""
        pairs = zip(self.columns.tolist(), self.thresholds.tolist(), strict=True)
        return tuple(f"{features[column]} >= {threshold:.6g}" for column, threshold in pairs)
