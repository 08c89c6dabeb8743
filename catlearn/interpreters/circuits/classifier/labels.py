"""Reading what users give as labels: numbers, bools or text, one a row, of two classes at least.

>>> check_labels(["no", "yes", "no"], 3, "Classifier")
(array(['no', 'yes'], dtype='<U3'), array([0, 1, 0]))
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, TypeMismatch, short

__all__ = ["check_known", "check_labels"]


def check_labels(y: Any, rows: int, who: str) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The classes, sorted, and for each row the number of its class.

    Raises:
        InputMismatch: where y is missing, not of one axis, of another length, has NaN, is not of classes, or of one.
    """
    if y is None:
        raise InputMismatch(f"{who} requires y to be passed, but the target y is None")
    found = np.asarray(y)
    if found.ndim == 2 and found.shape[1] == 1:
        _warn_column()
        found = found[:, 0]
    if found.ndim != 1:
        raise InputMismatch(f"{who}: y should be a 1d array, got an array of shape {found.shape} instead")
    if len(found) != rows:
        raise InputMismatch(f"{who}: X has {rows} rows and y has {len(found)} labels; give one label a row")
    _check_kind(found, who)
    try:
        classes, numbers = np.unique(found, return_inverse=True)
    except TypeError:
        raise TypeMismatch(
            f"{who}: y mixes labels that have no order, such as text and numbers; make all text"
        ) from None
    if len(classes) < 2:
        raise InputMismatch(
            f"{who}: y has one class only, {short(classes[0].item())}; give rows of two classes at least"
        )
    return classes, numbers.astype(np.intp)


def check_known(y: Any, classes: NDArray[Any], rows: int, who: str) -> NDArray[np.intp]:
    """For each row the number of its class among classes that are known. Raises `InputMismatch` for another."""
    found = np.asarray(y)
    if found.shape != (rows,):
        raise InputMismatch(f"{who}: X has {rows} rows and y has shape {found.shape}; give one label a row")
    number = {label: k for k, label in enumerate(classes.tolist())}
    try:
        return np.array([number[label] for label in found.tolist()], np.intp)
    except (KeyError, TypeError) as error:
        raise InputMismatch(f"{who}: y has a label that was not learned: {error}; leave such rows out") from None


def _check_kind(y: NDArray[Any], who: str) -> None:
    if y.dtype.kind == "f":
        if not np.isfinite(y).all():
            what = "NaN" if np.isnan(y).any() else "infinity"
            raise InputMismatch(f"{who}: Input y contains {what}; drop rows without a label")
        if (y != np.floor(y)).any():
            raise InputMismatch(f"{who}: Unknown label type: continuous; y must name classes, not quantities")
    if y.dtype.kind == "c":
        raise InputMismatch(f"{who}: Unknown label type: complex; y must name classes")
    if y.dtype.kind == "O" and any(map(_missing, y)):
        raise InputMismatch(f"{who}: Input y contains NaN or None; drop rows without a label")


def _missing(label: Any) -> bool:
    return label is None or (isinstance(label, float) and np.isnan(label))


def _warn_column() -> None:
    import warnings

    said = "A column-vector y was passed when a 1d array was expected; give y.ravel()"
    try:
        from sklearn.exceptions import DataConversionWarning
    except ImportError:
        warnings.warn(said, UserWarning, stacklevel=4)
    else:
        warnings.warn(said, DataConversionWarning, stacklevel=4)
