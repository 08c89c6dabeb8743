"""What a learner is fed: arrays checked once, before training, and cut into batches.

>>> import numpy as np
>>> from catlearn import Real
>>> as_targets(np.array([2, 0]), Real(3))
array([[0., 0., 1.],
       [1., 0., 0.]])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ty
from catlearn.errors import InputMismatch

__all__ = ["as_samples", "as_targets", "batches"]

Array = NDArray[np.float64]


def as_samples(name: str, value: Any, ty: Ty) -> Array:
    """An array of samples of this type: its shape is (samples, *shape of one).

    Raises:
        InputMismatch: for another shape, no real numbers, or a value that is not finite, saying where it is.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise InputMismatch(f"{name}: {error}") from None
    if array.dtype.kind not in "fiub":
        raise InputMismatch(f"{name}: must hold real numbers, not {array.dtype}; convert it first")
    shape = tuple(ty.obs[0].sizes)
    if array.ndim != len(shape) + 1 or array.shape[1:] != shape:
        raise InputMismatch(f"{name}: must have the shape (samples, {', '.join(map(str, shape))}), not {array.shape}")
    made = np.ascontiguousarray(array, dtype=np.float64)
    if not np.isfinite(made).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(made))[0])
        raise InputMismatch(f"{name}: the value at {where} is {made[where]}; remove or replace what is not finite")
    return made


def as_targets(value: Any, ty: Ty) -> Array:
    """Targets of this type; whole numbers for a type `Real(k)` are classes from 0 to k - 1, made one-hot.

    Raises:
        InputMismatch: as `as_samples`, or for a class that is not there.
    """
    array, sizes = np.asarray(value), ty.obs[0].sizes
    if array.ndim != 1 or array.dtype.kind not in "iu" or len(sizes) != 1 or not isinstance(sizes[0], int):
        return as_samples("target", value, ty)
    if array.size and not (array.min() >= 0 and array.max() < sizes[0]):
        bad = int(array.min() if array.min() < 0 else array.max())
        raise InputMismatch(f"target: class {bad} is not from 0 to {sizes[0] - 1}")
    return np.eye(sizes[0])[array]


def batches(arrays: Sequence[Array], size: int, order: NDArray[np.int64]) -> Iterator[list[Array]]:
    """The arrays in batches of `size` samples, in this order; the last one may be smaller."""
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield [array[chosen] for array in arrays]
