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
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth import elementwise as e
from catlearn.diagrams.theories.smooth import linear
from catlearn.diagrams.theories.smooth.generator import Generator, Shape
from catlearn.diagrams.types import Real, Size
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, WireError, short

__all__ = [
    "absolute",
    "add",
    "as_shape",
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
    """A wire with a fixed value: a number, nested lists of numbers, or an array. Raises `WireError`.

    >>> from catlearn import Ty, trace
    >>> trace(lambda: constant([[1, 2], [3, 4]]), Ty()).cod
    Real(2, 2)
    """
    array = _read(value)
    numbers = tuple(float(x) for x in array.ravel().tolist())
    return linear.constant(data=(numbers if array.shape else numbers[0], array.shape))


def full(shape: Sequence[int | str], value: float) -> Wire:
    """A wire that carries one number everywhere; `ShapeMismatch` and `WireError` for what is no shape or no number.

    >>> from catlearn import Ty, trace
    >>> trace(lambda: full(("n", 2), 0.5), Ty()).cod
    Real("n", 2)
    """
    number = _number(value)
    if number is None:
        raise WireError(f"full: {short(value)} is not one number")
    return linear.constant(data=(number, as_shape("full", shape)))


def as_shape(what: str, shape: Any) -> Shape:
    """A shape as users write it: sizes, also numpy's, or one size alone. Raises `ShapeMismatch`."""
    sizes = shape if np.iterable(shape) and not isinstance(shape, str) else (shape,)
    try:
        return Real(*sizes).obs[0].sizes
    except ShapeMismatch as error:
        raise ShapeMismatch(f"{what}: {error}") from None


def _read(value: Any) -> NDArray[Any]:
    """A value as an array of real numbers."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise WireError(f"constant: the nested lists {short(value)} have different lengths") from None
    if array.dtype.kind not in "fiub":
        raise WireError(f"{short(value)} is neither a wire nor real numbers")
    return array


def broadcast_to(x: Wire, shape: Sequence[int | str]) -> Wire:
    """Repeat an array along new first axes and axes of size 1, as numpy does. Raises `ShapeMismatch`.

    >>> from catlearn import trace
    >>> trace(lambda x: broadcast_to(x, ("n", 2, 3)), Real(2, 1)).cod
    Real("n", 2, 3)
    """
    x = as_wire(x)
    target, have = as_shape("broadcast_to", shape), x.shape
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
    """a + b; a number becomes a shift.

    Raises `ShapeMismatch` where shapes do not broadcast, and `WireError` for what is neither a wire nor numbers.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: add(x, y), Real(2, 1) @ Real(3)).cod
    Real(2, 3)
    """
    for x, c in ((a, _number(b)), (b, _number(a))):
        if c is not None:
            return e.shift_by(as_wire(x), data=(c,))
    return _binary(linear.add, a, b)


def subtract(a: Any, b: Any) -> Wire:
    """a - b.

    Shapes and errors as for `add`.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: subtract(x, y), Real(2, 1) @ Real(3)).cod
    Real(2, 3)
    """
    if (c := _number(b)) is not None:
        return e.shift_by(as_wire(a), data=(-c,))
    if (c := _number(a)) is not None:
        return e.shift_by(linear.neg(as_wire(b)), data=(c,))
    return _binary(linear.sub, a, b)


def multiply(a: Any, b: Any) -> Wire:
    """a * b, element by element; a number becomes a scale.

    Shapes and errors as for `add`.

    >>> from catlearn import Real, trace
    >>> [box.name for box in trace(lambda x: multiply(x, 0.5), Real(3)).wiring.boxes]
    ['scale']
    """
    for x, c in ((a, _number(b)), (b, _number(a))):
        if c is not None:
            return linear.scale(as_wire(x), data=(c,))
    return _binary(e.mul, a, b)


def divide(a: Any, b: Any) -> Wire:
    """a / b, element by element.

    Shapes and errors as for `add`; the number 0 as divisor is a `ShapeMismatch`.

    >>> from catlearn import Real, trace
    >>> [box.name for box in trace(lambda x: divide(x, 2), Real(3)).wiring.boxes]
    ['scale']
    """
    if (c := _number(b)) is not None:
        if c == 0.0:
            raise ShapeMismatch(f"{short(a)} is divided by the number 0")
        if isfinite(1.0 / c):
            return linear.scale(as_wire(a), data=(1.0 / c,))
    return _binary(e.div, a, b)


def maximum(a: Any, b: Any) -> Wire:
    """The larger of a and b, element by element.

    Shapes and errors as for `add`.

    >>> from catlearn import Real, trace
    >>> [box.name for box in trace(lambda x: maximum(x, 0), Real(3)).wiring.boxes]
    ['relu']
    """
    for x, c in ((a, _number(b)), (b, _number(a))):
        if c == 0.0:
            return relu(as_wire(x))
    return _binary(e.maximum, a, b)


def minimum(a: Any, b: Any) -> Wire:
    """The smaller of a and b, element by element.

    Shapes and errors as for `add`.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: minimum(x, y), Real(2, 1) @ Real(3)).cod
    Real(2, 3)
    """
    return linear.neg(maximum(linear.neg(as_wire(a)), linear.neg(as_wire(b))))


def select(condition: Any, a: Any, b: Any) -> Wire:
    """`a` where `condition` is not 0, `b` elsewhere; as `numpy.where`. There is no derivative in `condition`.

    Shapes and errors as for `add`.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: select(step(x), x, 0.1 * x), Real(3)).cod
    Real(3)
    """
    wires = [as_wire(w) for w in (condition, a, b)]
    shape = common(*(w.shape for w in wires))
    return e.select(*(broadcast_to(w, shape) for w in wires))


def power(x: Wire, exponent: float) -> Wire:
    """x to the power of a fixed number. Raises `WireError` for a wire as the exponent.

    >>> from catlearn import Real, trace
    >>> [box.name for box in trace(lambda x: power(x, 3), Real(3)).wiring.boxes]
    ['power']
    """
    x, c = as_wire(x), _number(exponent)
    if c is None:
        raise WireError("power: the exponent is a number; for a wire y write exp(y * log(x))")
    return e.mul(x, x) if c == 2.0 else e.power(x, data=(c,))


def absolute(x: Wire) -> Wire:
    """The absolute value, element by element.

    >>> from catlearn import Real, trace
    >>> [box.name for box in trace(lambda x: absolute(x), Real(3)).wiring.boxes]
    ['abs']
    """
    return e.absolute(as_wire(x))


def show(shape: Shape) -> str:
    """A shape as errors print it."""
    return f"({', '.join(map(str, shape))})"
