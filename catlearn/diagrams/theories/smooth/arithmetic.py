"""Arithmetic on wires of real arrays: numpy's names, numpy's broadcasting, numbers where you like.

>>> from catlearn import Real, diagram
>>> @diagram
... def layer(w: Real(10, 64), b: Real(10), x: Real(64)) -> Real(10):
...     return tanh(w @ x + b)
>>> [box.name for box in layer.wiring.boxes]
['einsum', 'add', 'tanh']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth import elementwise as e
from catlearn.diagrams.theories.smooth import linear
from catlearn.diagrams.theories.smooth.generator import Generator, Shape
from catlearn.diagrams.trace import Wire
from catlearn.diagrams.types import Size
from catlearn.errors import ShapeMismatch, WireError

__all__ = [
    "absolute",
    "add",
    "as_wire",
    "broadcast_to",
    "common",
    "constant",
    "cos",
    "divide",
    "exp",
    "expm1",
    "full",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "multiply",
    "power",
    "relu",
    "select",
    "show",
    "sigmoid",
    "sign",
    "sin",
    "softplus",
    "sqrt",
    "step",
    "stop_gradient",
    "subtract",
    "tanh",
]

cos, exp, expm1, log, log1p, relu, sigmoid = e.cos, e.exp, e.expm1, e.log, e.log1p, e.relu, e.sigmoid
sign, sin, softplus, sqrt, step, tanh = e.sign, e.sin, e.softplus, e.sqrt, e.step, e.tanh
stop_gradient = e.stop


def constant(value: Any) -> Wire:
    """A wire with a fixed value: a number, nested lists of numbers, or an array. Raises `WireError`."""
    array = _read(value)
    numbers = tuple(float(x) for x in array.ravel().tolist())
    return linear.constant(data=(numbers if array.shape else numbers[0], array.shape))


def full(shape: Sequence[int | str], value: float) -> Wire:
    """A wire that carries one number everywhere."""
    return linear.constant(data=(float(value), tuple(shape)))


def _read(value: Any) -> NDArray[Any]:
    """A value as an array of real numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise WireError(f"constant: the nested lists {value!r} have different lengths") from None
    if array.dtype.kind not in "fiub":
        raise WireError(f"{value!r} is neither a wire nor real numbers")
    return array


def broadcast_to(x: Wire, shape: Sequence[int | str]) -> Wire:
    """Repeat an array along new first axes and axes of size 1, as numpy does."""
    target, have = tuple(shape), x.shape
    if have == target:
        return x
    new = len(target) - len(have)
    axes = [i for i, size in enumerate(have) if size != 1 or target[new + i] == 1] if new >= 0 else []
    if new < 0 or any(target[new + i] != have[i] for i in axes):
        raise ShapeMismatch(f"an array {show(have)} cannot be broadcast to {show(target)}")
    core = linear.reshape(x, data=tuple(have[i] for i in axes)) if len(axes) < len(have) else x
    return linear.broadcast(core, data=(target, tuple(new + i for i in axes))) if core.shape != target else core


def common(*shapes: Shape) -> Shape:
    """The shape that arrays broadcast to. Raises `ShapeMismatch`."""
    rank = max(map(len, shapes))
    found: list[Size] = []
    for column in zip(*((1,) * (rank - len(s)) + s for s in shapes), strict=True):
        sizes = {size for size in column if size != 1}
        if len(sizes) > 1:
            raise ShapeMismatch(f"arrays {' and '.join(map(show, shapes))} do not broadcast together")
        found.append(sizes.pop() if sizes else 1)
    return tuple(found)


def _binary(row: Generator, a: Any, b: Any) -> Wire:
    a, b = as_wire(a), as_wire(b)
    shape = common(a.shape, b.shape)
    return row(broadcast_to(a, shape), broadcast_to(b, shape))


def as_wire(value: Any) -> Wire:
    """A wire of real arrays as it is; a number or array as a constant. Raises `WireError`."""
    if isinstance(value, Wire):
        if value.ob.kind != "Real":
            raise WireError(f"{value!r} carries no real array")
        return value
    return constant(value)


def _number(value: Any) -> float | None:
    """The value as a number, if it is one; then a box with data says it more simply than a constant."""
    if isinstance(value, Wire):
        return None
    array = _read(value)
    return None if array.shape else float(array)


def add(a: Any, b: Any) -> Wire:
    """a + b; a number becomes a shift."""
    for x, c in ((a, _number(b)), (b, _number(a))):
        if c is not None:
            return e.shift_by(x, data=(c,))
    return _binary(linear.add, a, b)


def subtract(a: Any, b: Any) -> Wire:
    """a - b."""
    if (c := _number(b)) is not None:
        return e.shift_by(a, data=(-c,))
    if (c := _number(a)) is not None:
        return e.shift_by(linear.neg(b), data=(c,))
    return _binary(linear.sub, a, b)


def multiply(a: Any, b: Any) -> Wire:
    """a * b, element by element; a number becomes a scale."""
    for x, c in ((a, _number(b)), (b, _number(a))):
        if c is not None:
            return linear.scale(x, data=(c,))
    return _binary(e.mul, a, b)


def divide(a: Any, b: Any) -> Wire:
    """a / b, element by element."""
    if (c := _number(b)) is not None:
        if c == 0.0:
            raise ShapeMismatch(f"{a!r} is divided by the number 0")
        return linear.scale(a, data=(1.0 / c,))
    return _binary(e.div, a, b)


def maximum(a: Any, b: Any) -> Wire:
    """The larger of a and b, element by element."""
    for x, c in ((a, _number(b)), (b, _number(a))):
        if c == 0.0:
            return relu(x)
    return _binary(e.maximum, a, b)


def minimum(a: Any, b: Any) -> Wire:
    """The smaller of a and b, element by element."""
    return linear.neg(maximum(linear.neg(as_wire(a)), linear.neg(as_wire(b))))


def select(condition: Any, a: Any, b: Any) -> Wire:
    """`a` where `condition` is not 0, `b` elsewhere; as `numpy.where`. There is no derivative in `condition`."""
    wires = [as_wire(w) for w in (condition, a, b)]
    shape = common(*(w.shape for w in wires))
    return e.select(*(broadcast_to(w, shape) for w in wires))


def power(x: Wire, exponent: float) -> Wire:
    """x to the power of a fixed number. Raises `WireError` for a wire as the exponent."""
    c = _number(exponent)
    if c is None:
        raise WireError("power: the exponent is a number; for a wire y write exp(y * log(x))")
    return e.mul(x, x) if c == 2.0 else e.power(x, data=(c,))


def absolute(x: Wire) -> Wire:
    """The absolute value, element by element."""
    return e.absolute(x)


def show(shape: Shape) -> str:
    """A shape as errors print it."""
    return f"({', '.join(map(str, shape))})"
