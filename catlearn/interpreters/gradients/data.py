"""What a learner is fed: arrays checked once, before training, and cut into batches.

>>> import numpy as np
>>> from catlearn import Real
>>> as_targets(np.array([2, 0]), Real(3))
array([[0., 0., 1.],
       [1., 0., 0.]])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ty
from catlearn.errors import InputMismatch

__all__ = ["as_pairs", "as_real", "as_samples", "as_targets", "batches", "classes_of", "count"]

Array = NDArray[np.float64]


def as_real(name: str, value: Any) -> Array:
    """An array of float64, copied only where it is not one already.

    Raises:
        InputMismatch: for what holds no real numbers, hides some, or holds one that is not finite, saying where it is.

    >>> as_real("x", [1, 2])
    array([1., 2.])
    """
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InputMismatch(f"{name}: is no array: {error}") from None
    if array.dtype.kind not in "fiub":
        raise InputMismatch(f"{name}: must hold real numbers, not {array.dtype}; convert it first")
    if np.ma.is_masked(value):
        raise InputMismatch(f"{name}: some of its values are masked; fill or remove them first")
    made = np.ascontiguousarray(array, np.float64).reshape(array.shape)
    if not np.isfinite(made).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(made))[0])
        raise InputMismatch(f"{name}: the value at {where} is {made[where]}; remove or replace what is not finite")
    return made


def as_samples(types: Mapping[str, Ty], x: Any) -> list[Array]:
    """The samples of each input, of shape (samples, *shape of one).

    Args:
        types: of one sample of each input, by name; a named dimension fits any size.
        x: an array for a single input, or a mapping of arrays by name.

    Raises:
        InputMismatch: for a name too few or too many, another shape, or what `as_real` refuses.
    """
    given = x if isinstance(x, Mapping) else dict.fromkeys(types, x) if len(types) == 1 else {}
    if set(given) != set(types):
        got = f"not for {', '.join(map(str, given))}" if isinstance(x, Mapping) else "as a dictionary"
        raise InputMismatch(f"samples: the model needs them for {', '.join(types)} by name, {got}")
    arrays = [_shaped(name, as_real(name, given[name]), ty) for name, ty in types.items()]
    if len({len(array) for array in arrays}) > 1:
        counts = ", ".join(f"{len(array)} of {name}" for name, array in zip(types, arrays, strict=True))
        raise InputMismatch(f"samples: there must be as many of each input, not {counts}")
    return arrays


def _shaped(name: str, array: Array, ty: Ty) -> Array:
    sizes = ty.obs[0].sizes
    fits = [isinstance(size, str) or size == n for size, n in zip(sizes, array.shape[1:], strict=False)]
    if array.ndim != len(sizes) + 1 or not all(fits):
        wanted = ", ".join(map(str, ("samples", *sizes)))
        raise InputMismatch(f"{name}: must have the shape ({wanted}{'' if sizes else ','}), not {array.shape}")
    return array


def as_targets(value: Any, ty: Ty) -> Array:
    """Targets of this type, that of the prediction. Whole numbers with its last axis missing are classes, made one-hot.

    Raises:
        InputMismatch: as `as_samples`, for a class that is not there, and for classes that are not whole numbers.
    """
    array, sizes = as_real("target", value), ty.obs[0].sizes
    classes = classes_of(ty)
    if not classes or array.ndim != len(sizes):
        return _shaped("target", array, ty)
    if (kind := np.asarray(value).dtype.kind) not in "iu" and array.size:
        found = "True and False" if kind == "b" else "floats"
        raise InputMismatch(f"target: classes must be whole numbers, not {found}; give y.astype(int), or one-hot rows")
    if array.size and not (array.min() >= 0 and array.max() < classes):
        bad = int(array.min() if array.min() < 0 else array.max())
        raise InputMismatch(f"target: class {bad} is not from 0 to {classes - 1}")
    made = np.zeros((*array.shape, classes))
    np.put_along_axis(made, array.astype(np.intp)[..., None], 1.0, -1)
    return _shaped("target", made, ty)


def classes_of(ty: Ty) -> int:
    """How many classes a prediction of this type tells apart: the size of its last axis, or 0 if it tells none."""
    last = ty.obs[0].sizes[-1:]
    return last[0] if last and isinstance(last[0], int) and last[0] > 1 else 0


def as_pairs(types: Mapping[str, Ty], target: Ty, x: Any, y: Any) -> list[Array]:
    """Samples and their targets, as many of each, and at least one. Raises `InputMismatch`."""
    samples, targets = as_samples(types, x), as_targets(y, target)
    if len(targets) != len(samples[0]):
        raise InputMismatch(f"there are {len(samples[0])} samples and {len(targets)} targets; give as many of each")
    if not len(targets):
        raise InputMismatch("there are no samples; give at least one")
    return [*samples, targets]


def batches(arrays: Sequence[Array], size: int, order: NDArray[np.int64] | None = None) -> Iterator[list[Array]]:
    """The arrays in batches of `size` samples, in this order; the last one may be smaller.

    >>> import numpy as np
    >>> [x.tolist() for x, in batches([np.arange(5.0)], 2)]
    [[0.0, 1.0], [2.0, 3.0], [4.0]]
    """
    for start in range(0, len(arrays[0]), size):
        part = slice(start, start + size)
        yield [array[part] if order is None else array.take(order[part], axis=0) for array in arrays]


def count(name: str, value: Any, least: int) -> int:
    """A setting that must be a whole number from `least` up. Raises `InputMismatch`.

    >>> count("batch", 32, 1)
    32
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputMismatch(f"{name} must be a whole number from {least} up, not {value!r}")
    return int(value)
