"""Linear generators: sums, scales and everything that moves elements about. The reverse derivative of a linear map is
its adjoint, whatever the input was, so each row's adjoint is another row.

    add <-> copy      sum <-> broadcast      slice <-> pad      take <-> put      im2col <-> col2im
    reshape, permute, scale and neg have adjoints of their own kind

>>> from catlearn import Real, diagram, reverse
>>> @diagram
... def total(x: Real(2, 3)):
...     return sum_(x, data=(1,))
>>> [box.name for box in reverse(total).wiring.boxes]
['broadcast']
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from math import prod
from typing import Any

from catlearn.diagrams.theories.smooth.generator import Generator, Shape, generator, lifted, numbered, same
from catlearn.diagrams.types import Size
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch

__all__ = [
    "add",
    "broadcast",
    "col2im",
    "concatenate",
    "constant",
    "im2col",
    "neg",
    "pad",
    "permute",
    "put",
    "reshape",
    "scale",
    "slice_",
    "sub",
    "sum_",
    "take",
]

add: Generator = generator("add", same, lambda _, x, y, out, d: (d, d))
sub: Generator = generator("sub", same, lambda _, x, y, out, d: (d, neg(d)))
neg: Generator = generator("neg", same, lambda _, x, out, d: neg(d))

# data = (c,) multiplies by c; data = (c, "n") multiplies by c / n, for means along a named dimension.
scale: Generator = generator("scale", numbered, lambda data, x, out, d: scale(d, data=data))


def _constant_shape(data: Any) -> Shape:
    value, shape = data
    if isinstance(value, tuple) and len(value) != prod(s for s in shape if isinstance(s, int)):
        raise ShapeMismatch(f"{len(value)} numbers do not fill the shape {shape}")
    return tuple(shape)


# data = (number, shape) or (all numbers in row-major order, shape).
constant: Generator = generator(
    "constant", _constant_shape, lambda data, out, d: (), lambda data, n, batched, wires: constant(data=data)
)


def reduced(axes: tuple[int, ...], shape: Shape) -> Shape:
    """The shape without these axes. Raises `ShapeMismatch` for an axis that is not there."""
    if any(not 0 <= axis < len(shape) for axis in axes) or len(set(axes)) < len(axes):
        raise ShapeMismatch(f"there is no such axis among {axes}")
    return tuple(size for i, size in enumerate(shape) if i not in axes)


def kept(axes: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """The axes that a reduction leaves."""
    return tuple(i for i in range(rank) if i not in axes)


def shift(axes: Any, n: Size) -> Any:
    """Axes after a new one has come first."""
    return tuple(axis + 1 for axis in axes)


def back(d: Wire, x: Wire, axes: tuple[int, ...]) -> Wire:
    """Broadcast a reduction's cotangent along the axes that were reduced."""
    return broadcast(d, data=(x.shape, kept(axes, len(x.shape))))


# data = the axes that are summed.
sum_: Generator = generator("sum", reduced, lambda axes, x, out, d: back(d, x, axes), lifted("sum", shift))


def _broadcast_shape(data: Any, shape: Shape) -> Shape:
    target, axes = data
    if len(axes) != len(shape) or tuple(target[i] for i in axes) != shape:
        raise ShapeMismatch(f"its axes cannot be axes {axes} of {target}")
    return tuple(target)


def _broadcast_reverse(data: Any, x: Wire, out: Wire, d: Wire) -> Wire:
    axes, order = data[1], sorted(data[1])
    small = sum_(d, data=kept(axes, len(data[0])))
    return small if order == list(axes) else permute(small, data=tuple(order.index(axis) for axis in axes))


# data = (shape, axes): input axis i becomes axis axes[i] of the output; the array is the same along all others.
broadcast: Generator = generator(
    "broadcast",
    _broadcast_shape,
    _broadcast_reverse,
    lifted("broadcast", lambda data, n: ((n, *data[0]), (0, *shift(data[1], n)))),
)


def _reshape_shape(target: Shape, shape: Shape) -> Shape:
    def content(sizes: Shape) -> tuple[int, list[Size]]:
        return prod(s for s in sizes if isinstance(s, int)), sorted(s for s in sizes if isinstance(s, str))

    if content(target) != content(shape):
        raise ShapeMismatch(f"cannot be reshaped to {target}: the number of elements differs")
    return target


# data = the new shape.
reshape: Generator = generator(
    "reshape", _reshape_shape, lambda _, x, out, d: reshape(d, data=x.shape), lifted("reshape", lambda s, n: (n, *s))
)


def _permute_shape(axes: tuple[int, ...], shape: Shape) -> Shape:
    if sorted(axes) != list(range(len(shape))):
        raise ShapeMismatch(f"{axes} is not an order of its axes")
    return tuple(shape[i] for i in axes)


# data = for each output axis, the input axis it is.
permute: Generator = generator(
    "permute",
    _permute_shape,
    lambda axes, x, out, d: permute(d, data=tuple(sorted(range(len(axes)), key=axes.__getitem__))),
    lifted("permute", lambda axes, n: (0, *shift(axes, n))),
)

ALL = (None, None, None)


def _length(part: Any, size: Size) -> Size:
    if part == ALL:
        return size
    if isinstance(size, str):
        raise ShapeMismatch(f"the named axis {size} can only be kept whole")
    start, stop, step = part
    if not (0 <= start <= stop <= size and step >= 1):
        raise ShapeMismatch(f"an axis of size {size} has no part {start}:{stop}:{step}")
    return len(range(start, stop, step))


def _slice_shape(parts: Any, shape: Shape) -> Shape:
    if len(parts) != len(shape):
        raise ShapeMismatch(f"{len(parts)} slices for {len(shape)} axes")
    return tuple(map(_length, parts, shape))


def _pad_shape(data: Any, shape: Shape) -> Shape:
    parts, target = data
    if _slice_shape(parts, target) != shape:
        raise ShapeMismatch(f"does not fit the part {parts} of {target}")
    return tuple(target)


# data = for each axis (start, stop, step), or three Nones for the whole axis.
slice_: Generator = generator(
    "slice",
    _slice_shape,
    lambda parts, x, out, d: pad(d, data=(parts, x.shape)),
    lifted("slice", lambda parts, n: (ALL, *parts)),
)
# data = (slices, shape): zeros of that shape, with the input in the sliced part.
pad: Generator = generator(
    "pad",
    _pad_shape,
    lambda data, x, out, d: slice_(d, data=data[0]),
    lifted("pad", lambda data, n: ((ALL, *data[0]), (n, *data[1]))),
)


def _take_shape(data: Any, shape: Shape) -> Shape:
    axis, indices = data
    reduced((axis,), shape)
    size = shape[axis]
    if isinstance(size, str) or not all(0 <= i < size for i in indices):
        raise ShapeMismatch(f"axis {axis} of size {size} has no elements {indices}")
    return (*shape[:axis], len(indices), *shape[axis + 1 :])


def _put_shape(data: Any, shape: Shape) -> Shape:
    axis, indices, size = data
    target = (*shape[:axis], size, *shape[axis + 1 :])
    if _take_shape((axis, indices), target) != shape:
        raise ShapeMismatch(f"{len(indices)} places for {shape[axis]} elements")
    return target


# data = (axis, indices): the elements at these places.
take: Generator = generator(
    "take",
    _take_shape,
    lambda data, x, out, d: put(d, data=(*data, x.shape[data[0]])),
    lifted("take", lambda data, n: (data[0] + 1, data[1])),
)
# data = (axis, indices, size): zeros, with every element added at its place.
put: Generator = generator(
    "put",
    _put_shape,
    lambda data, x, out, d: take(d, data=data[:2]),
    lifted("put", lambda data, n: (data[0] + 1, *data[1:])),
)


def _concatenate_shape(axis: int, *shapes: Shape) -> Shape:
    total = 0
    for shape in shapes:
        if reduced((axis,), shape) != reduced((axis,), shapes[0]) or isinstance(shape[axis], str):
            raise ShapeMismatch(f"the shapes may differ along axis {axis} only, which must have a number for a size")
        total += int(shape[axis])
    return (*shapes[0][:axis], total, *shapes[0][axis + 1 :])


def _parts(axis: int, *wires: Wire) -> tuple[Wire, ...]:
    *inputs, _, d = wires
    ends = list(accumulate((int(x.shape[axis]) for x in inputs), initial=0))
    whole = [ALL] * len(d.shape)
    return tuple(slice_(d, data=(*whole[:axis], (a, b, 1), *whole[axis + 1 :])) for a, b in pairwise(ends))


# data = the axis along which the inputs follow one another.
concatenate: Generator = generator(
    "concatenate", _concatenate_shape, _parts, lifted("concatenate", lambda axis, n: axis + 1)
)


def _im2col_shape(data: Any, shape: Shape) -> Shape:
    kh, kw, sh, sw = data
    *rest, h, w, c = shape if len(shape) >= 3 else (0, 0, 0)
    if sh < 1 or sw < 1:
        raise ShapeMismatch(f"the strides {sh} and {sw} must be 1 or more")
    if isinstance(h, str) or isinstance(w, str) or isinstance(c, str) or not (1 <= kh <= h and 1 <= kw <= w):
        raise ShapeMismatch(f"windows of {kh} x {kw} need arrays (..., height, width, channels) at least that large")
    return (*rest, (h - kh) // sh + 1, (w - kw) // sw + 1, kh * kw * c)


def _col2im_shape(data: Any, shape: Shape) -> Shape:
    kh, kw, _, _, h, w = data
    *rest, _, _, k = shape if len(shape) >= 3 else (0, 0, 0)
    target = (*rest, h, w, int(k) // (kh * kw))
    if _im2col_shape(data[:4], target) != shape:
        raise ShapeMismatch(f"are not windows of an image {h} x {w}")
    return target


# data = (height, width, stride down, stride across): the windows of an image, one row each.
im2col: Generator = generator("im2col", _im2col_shape, lambda data, x, out, d: col2im(d, data=(*data, *x.shape[-3:-1])))
# data = im2col's and the height and width of the image: every window added in its place.
col2im: Generator = generator("col2im", _col2im_shape, lambda data, x, out, d: im2col(d, data=data[:4]))
