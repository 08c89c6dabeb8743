"""Generators that take the largest of many: along axes, or over windows of an image."""

from __future__ import annotations

from typing import Any

from catlearn.diagrams.theories.smooth.elementwise import exp, mul
from catlearn.diagrams.theories.smooth.generator import Generator, Shape, generator, lifted, same
from catlearn.diagrams.theories.smooth.linear import back, reduced, shift, sub, sum_
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch

__all__ = ["equals", "logsumexp_", "max_", "max_pool_", "pooled", "unpool"]

# 1 where a = b, else 0: where a maximum was taken.
equals: Generator = generator("equals", same, lambda _, a, b, y, d: (None, None))


def _max_reverse(axes: tuple[int, ...], x: Wire, y: Wire, d: Wire) -> Wire:
    # Where several elements are the largest they share the cotangent, so that the derivative keeps its size.
    chosen = equals(x, back(y, x, axes))
    return mul(chosen, back(d / sum_(chosen, data=axes), x, axes))


def _max_shape(axes: tuple[int, ...], shape: Shape) -> Shape:
    small = reduced(axes, shape)
    if any(shape[axis] == 0 for axis in axes):
        raise ShapeMismatch("there is no largest element among none")
    return small


# data = the axes along which the largest element is taken.
max_: Generator = generator("max", _max_shape, _max_reverse, lifted("max", shift))


def _logsumexp_reverse(axes: tuple[int, ...], x: Wire, y: Wire, d: Wire) -> Wire:
    return mul(back(d, x, axes), exp(sub(x, back(y, x, axes))))


# data = the axes; log(sum(exp(x))) without overflow.
logsumexp_: Generator = generator("logsumexp", _max_shape, _logsumexp_reverse, lifted("logsumexp", shift))


def _pool_shape(data: Any, shape: Shape) -> Shape:
    kh, kw = data
    *rest, h, w, c = shape if len(shape) >= 3 else (0, 0, 0)
    if isinstance(h, str) or isinstance(w, str) or not (1 <= kh <= h and 1 <= kw <= w):
        raise ShapeMismatch(f"windows of {kh} x {kw} need arrays (..., height, width, channels) at least that large")
    return (*rest, h // kh, w // kw, c)


# data = (height, width): the largest element of each window; windows do not overlap, a remainder is left out. Where
# several elements of a window are the largest, each of them gets the whole cotangent.
max_pool_: Generator = generator("max_pool", _pool_shape, lambda data, x, y, d: unpool(x, y, d, data=data))


def _unpool_shape(data: Any, x: Shape, y: Shape, d: Shape) -> Shape:
    if _pool_shape(data, x) != y or y != d:
        raise ShapeMismatch("the second and third must be what pooling the first gives")
    return x


def _pooled_shape(data: Any, x: Shape, y: Shape, v: Shape) -> Shape:
    if _pool_shape(data, x) != y or x != v:
        raise ShapeMismatch("the second must be what pooling the first gives, and the third like the first")
    return y


# unpool(x, y, d): d at the places where y was found in x; pooled(x, y, v): the sum of v over those places.
unpool: Generator = generator(
    "unpool", _unpool_shape, lambda data, x, y, d, out, e: (None, None, pooled(x, y, e, data=data))
)
pooled: Generator = generator(
    "pooled", _pooled_shape, lambda data, x, y, v, out, e: (None, None, unpool(x, y, e, data=data))
)
