"""Reading what users give as rows: arrays, lists, data frames. What cannot be learned from is said.

The wording follows scikit-learn's where its `check_estimator` looks for words.

>>> check_rows([[1, 2], [3, float("nan")]], "Classifier")
Traceback (most recent call last):
...
catlearn.errors.InputMismatch: Classifier: Input X contains NaN, first in column 1 of row 1; fill or drop such rows
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import CatlearnError, InputMismatch, TypeMismatch

__all__ = [
    "Rows",
    "check_features",
    "check_fitted",
    "check_rows",
    "check_seen",
    "remember",
]

SHOWN = 5


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that were checked.

    Attributes:
        values: (rows, columns), of bools, whole numbers or floats.
        names: those of the columns, where they have any; all are text.
    """

    values: NDArray[Any]
    names: tuple[str, ...] = ()

    def name(self, column: int) -> str:
        """What an error calls a column."""
        return f"column {self.names[column]!r}" if self.names else f"column {column}"


def shape_of(X: Any) -> tuple[int, int]:
    """How many rows and columns something says that it has; no more than one of each where it does not say."""
    sizes: Any = getattr(X, "shape", ())
    return (sizes[0], sizes[1]) if len(sizes) == 2 else (1, 1)


def check_rows(X: Any, who: str) -> Rows:
    """Rows of finite numbers.

    Raises:
        InputMismatch: where X is sparse, complex, empty, not of two axes, or has NaN or infinity.
        TypeMismatch: where a column holds something that is no number; it says which.
    """
    if hasattr(X, "toarray"):
        raise InputMismatch(f"{who}: X is a sparse matrix, which is not supported; give X.toarray()")
    names = _names(X)
    values = _array(X, who)
    if values.ndim != 2:
        raise InputMismatch(
            f"{who}: X has shape {values.shape}, not (rows, columns). Reshape your data: "
            "X.reshape(-1, 1) where it is one column, X.reshape(1, -1) where it is one row, "
            "X.reshape(len(X), -1) where each row is a picture"
        )
    rows = Rows(values, names if len(names) == values.shape[1] else ())
    if not values.shape[0]:
        raise InputMismatch(f"{who}: X has 0 sample(s) (shape={values.shape}) while a minimum of 1 is required.")
    if not values.shape[1]:
        raise InputMismatch(f"{who}: X has 0 feature(s) (shape={values.shape}) while a minimum of 1 is required.")
    return _finite(_numeric(rows, who), who)


def _names(X: Any) -> tuple[str, ...]:
    found = tuple(getattr(X, "columns", ()))
    return found if all(isinstance(name, str) for name in found) else ()


def _array(X: Any, who: str) -> NDArray[Any]:
    try:
        return np.asarray(X)
    except (TypeError, ValueError) as error:
        raise InputMismatch(f"{who}: X is no table of numbers ({error}); give rows of one length") from None


def _numeric(rows: Rows, who: str) -> Rows:
    kind = rows.values.dtype.kind
    if kind in "biuf":
        return rows
    if kind == "c":
        raise InputMismatch(f"{who}: Complex data not supported; give X.real and X.imag side by side")
    if kind != "O":
        raise TypeMismatch(
            f"{who}: X is of {rows.values.dtype}, not of numbers; encode it first, for example by "
            "sklearn.preprocessing.OneHotEncoder"
        )
    found = np.empty(rows.values.shape)
    for k in range(len(found.T)):
        try:
            found[:, k] = rows.values[:, k].astype(np.float64)
        except (TypeError, ValueError) as error:
            raise TypeMismatch(
                f"{who}: {rows.name(k)} is not of numbers ({error}; the argument must be a string or a number); "
                "encode it first, for example by sklearn.preprocessing.OneHotEncoder"
            ) from None
    return Rows(found, rows.names)


def _finite(rows: Rows, who: str) -> Rows:
    if rows.values.dtype.kind != "f" or np.isfinite(rows.values).all():
        return rows
    row, column = np.argwhere(~np.isfinite(rows.values))[0].tolist()
    what = "NaN" if np.isnan(rows.values[row, column]) else "infinity"
    where = f"first in {rows.name(column)} of row {row}"
    raise InputMismatch(f"{who}: Input X contains {what}, {where}; fill or drop such rows")


def remember(estimator: Any, rows: Rows) -> None:
    """Note the number of columns that were learned from, and their names where they have any, as scikit-learn does."""
    estimator.n_features_in_ = rows.values.shape[1]
    estimator.__dict__.pop("feature_names_in_", None)
    if rows.names:
        estimator.feature_names_in_ = np.array(rows.names, object)


def check_seen(estimator: Any, X: Any) -> Rows:
    """Rows for an estimator that was fitted, of the columns that it learned from. Raises as the other checks."""
    rows, who = check_rows(X, type(estimator).__name__), type(estimator).__name__
    check_features(rows, estimator.n_features_in_, tuple(getattr(estimator, "feature_names_in_", ())), who)
    return rows


def check_features(rows: Rows, features: int, names: tuple[str, ...], who: str) -> None:
    """That rows have the columns that were learned from. Raises `InputMismatch`."""
    found = rows.values.shape[1]
    if names and rows.names and rows.names != names:
        odd = sorted(set(rows.names) ^ set(names))
        said = ", ".join(map(repr, odd[:SHOWN])) if odd else "the order is another"
        raise InputMismatch(f"{who}: The feature names should match those that were passed during fit: {said}")
    if found != features:
        raise InputMismatch(f"X has {found} features, but {who} is expecting {features} features as input")


def check_fitted(estimator: Any, attribute: str) -> None:
    """That an estimator was fitted. What is raised is also scikit-learn's `NotFittedError`, where that is installed."""
    if not hasattr(estimator, attribute):
        raise _not_fitted()(f"this {type(estimator).__name__} is not fitted yet; call fit first")


@cache
def _not_fitted() -> type[CatlearnError]:
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return InputMismatch
    return type("NotFitted", (InputMismatch, NotFittedError), {"__module__": __name__})
