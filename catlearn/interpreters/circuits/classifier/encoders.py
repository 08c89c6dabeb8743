"""How numbers become bits: thermometers of quantiles, and plain thresholds. They work as scikit-learn's do.

>>> import numpy as np
>>> Thermometer(levels=3).fit_transform(np.array([[1.0], [2.0], [4.0], [8.0]])).astype(int)
array([[0, 0, 0],
       [1, 0, 0],
       [1, 1, 0],
       [1, 1, 1]])
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, ShapeMismatch, short
from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
from catlearn.interpreters.circuits.classifier.parameters import Parameters
from catlearn.interpreters.circuits.classifier.rows import check_fitted, check_rows, check_seen, remember
from catlearn.interpreters.circuits.classifier.tags import transformer_tags

__all__ = ["Encoder", "Thermometer", "Threshold"]

Floats = NDArray[np.float64]

SAMPLED = 20_000
"""Of so many rows, evenly spaced, the quantiles are taken where there are more."""


class Encoder(Parameters):
    """What the encoders share. After `fit` they have `comparisons_`, which says what each bit is."""

    def fit(self, X: Any, y: Any = None) -> Self:
        """Choose the thresholds from rows. Raises `InputMismatch` for rows that are no table of numbers."""
        rows = check_rows(X, type(self).__name__)
        self.comparisons_ = self.choose(rows.values)
        remember(self, rows)
        return self

    def transform(self, X: Any) -> NDArray[np.bool_]:
        """The bits of rows, (rows, bits) of bool, for each column its bits from the lowest threshold up."""
        check_fitted(self, "comparisons_")
        return self.comparisons_.bits(check_seen(self, X).values)

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[np.bool_]:
        """Choose the thresholds from rows, and give the bits of these rows."""
        return self.fit(X).transform(X)

    def choose(self, rows: NDArray[Any]) -> Comparisons:
        """The thresholds for numeric rows, (rows, columns)."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        return transformer_tags()


class Thermometer(Encoder):
    """For each column up to `levels` bits: whether it has reached its 1st, 2nd, ... quantile.

    A threshold lies halfway between two values that were met. A column with fewer values gets one bit between any two
    neighbors, so that a column of zeros and ones stays one bit, and a constant one has none.

    >>> import numpy as np
    >>> found = Thermometer(2).fit(np.array([[0, 5, 10.0], [1, 5, 20.0], [0, 5, 30.0]]))
    >>> found.comparisons_.names(["smokes", "planet", "age"])
    ('smokes >= 0.5', 'age >= 15', 'age >= 25')

    Raises:
        ShapeMismatch: from `fit`, where `levels` is no positive whole number.
    """

    def __init__(self, levels: int = 15) -> None:
        self.levels = levels

    def choose(self, rows: NDArray[Any]) -> Comparisons:
        """The thresholds for numeric rows, (rows, columns)."""
        if not isinstance(self.levels, Integral) or isinstance(self.levels, bool) or self.levels < 1:
            raise ShapeMismatch(f"Thermometer: levels is {short(self.levels)}; give a whole number from 1 up")
        some = rows[np.linspace(0, len(rows) - 1, SAMPLED).astype(np.intp)] if len(rows) > SAMPLED else rows
        found = [_between(np.sort(column), int(self.levels)) for column in np.ascontiguousarray(some.T)]
        return _comparisons(rows.shape[1], found)


def _between(values: NDArray[Any], levels: int) -> Floats:
    """At most `levels` numbers between sorted values, so that they cut them into about equal parts."""
    steps = np.flatnonzero(values[1:] > values[:-1]) + 1
    if len(steps) > levels:
        # The first occurrence of the value at each quantile: all equal values fall on one side.
        ranks = np.arange(1, levels + 1) * len(values) // (levels + 1)
        steps = np.unique(np.searchsorted(values, values[ranks]))
        steps = steps[steps > 0]
    below, above = values[steps - 1].astype(np.float64), values[steps].astype(np.float64)
    middle = below / 2 + above / 2
    return np.where((middle > below) & (middle <= above), middle, above)


class Threshold(Encoder):
    """For each column one bit: whether it has reached a number; or one bit for each of several numbers.

    Args:
        at: the number or numbers; None takes a quarter of the way from the smallest to the largest number met, which
            is 0.25 for zeros and ones, and 64 for pictures of bytes.

    >>> import numpy as np
    >>> Threshold(at=[1, 3]).fit_transform(np.array([[0, 2], [3, 4]])).astype(int)
    array([[0, 0, 1, 0],
           [1, 1, 1, 1]])

    Raises:
        InputMismatch: from `fit`, where `at` is something else.
    """

    def __init__(self, at: float | Sequence[float] | None = None) -> None:
        self.at = at

    def choose(self, rows: NDArray[Any]) -> Comparisons:
        """The thresholds for numeric rows, (rows, columns)."""
        if self.at is None:
            low, high = float(rows.min()), float(rows.max())
            found = np.array([0.75 * low + 0.25 * high])
        else:
            found = _numbers(self.at)
        return _comparisons(rows.shape[1], [found] * rows.shape[1])


def _numbers(at: Any) -> Floats:
    listed = [at] if isinstance(at, Real) else at
    try:
        found = np.asarray(listed, np.float64)
    except (TypeError, ValueError):
        found = np.array([np.nan])
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise InputMismatch(f"Threshold: at is {short(at)}; give a number, or a list of numbers")
    return np.unique(found)


def _comparisons(features: int, thresholds: Sequence[Floats]) -> Comparisons:
    columns = np.repeat(np.arange(features), [len(some) for some in thresholds])
    return Comparisons(features, columns, np.concatenate([np.zeros(0), *thresholds]))
