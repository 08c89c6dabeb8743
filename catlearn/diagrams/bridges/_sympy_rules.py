"""What every smooth generator does to arrays of sympy expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.smooth.generator import GENERATORS, check_made
from catlearn.diagrams.types import Ob, Size
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, TypeMismatch, UnknownBox

__all__ = ["Sizes", "Symbols", "run", "shape_of"]

Symbols = NDArray[np.object_]
Sizes = Mapping[str, int]
LARGEST = 1000
"""A number with a denominator up to this is written as a fraction; others stay decimal."""


def run(d: Diagram, inputs: Sequence[Symbols], sizes: Sizes) -> list[Symbols]:
    """Run a diagram, box by box, on arrays of expressions. Raises `UnknownBox`, `InputMismatch`, `TypeMismatch`."""
    wiring, rules, at = unfolded(d), _rules(), list(inputs)
    for ob in dict.fromkeys(wiring.obs):
        shape_of(ob, sizes)
    for box, reads, _ in wiring.steps():
        if box.name not in rules:
            raise UnknownBox(f"to_sympy: there is no formula for the box {box.name!r}")
        row = GENERATORS.get(box.name)
        if row is not None and row.optic is None:
            check_made(box, row)
        made = rules[box.name](box.data, sizes, *(at[i] for i in reads))
        at.extend(made if isinstance(made, list) else [made])
    return [at[i] for i in wiring.outputs.tolist()]


def shape_of(ob: Ob, sizes: Sizes) -> tuple[int, ...]:
    """The shape of an object at these sizes. Raises `TypeMismatch`, and `InputMismatch` where a size is missing."""
    if ob.kind != "Real":
        raise TypeMismatch(f"to_sympy: {ob} carries no real array")
    return tuple(_size(size, sizes) for size in ob.sizes)


def _size(size: Size, sizes: Sizes) -> int:
    if not isinstance(sizes, Mapping):
        raise InputMismatch(f"to_sympy: sizes are a dictionary, as in sizes={{'n': 3}}, not {sizes!r}")
    if isinstance(size, str) and size not in sizes:
        raise InputMismatch(f"to_sympy: give the size of dimension {size!r}, as in sizes={{{size!r}: 3}}")
    found = sizes[size] if isinstance(size, str) else size
    if not isinstance(found, int | np.integer) or found < 0:
        raise InputMismatch(f"to_sympy: the size of dimension {size!r} is a number from 0 up, not {found!r}")
    return int(found)


def _scan(data: Any, sizes: Sizes, *inputs: Symbols) -> list[Symbols]:
    body, length, carries, sequences, backward = data
    split = carries + sequences
    carry, elements, shared = list(inputs[:carries]), inputs[carries:split], inputs[split:]
    steps = range(_size(length, sizes))
    rows = []
    for i in reversed(steps) if backward else steps:
        made = run(body, [*carry, *(np.asarray(x[i], object) for x in elements), *shared], sizes)
        carry = made[:carries]
        rows.append(made[carries:])
    rows = rows[::-1] if backward else rows
    shapes = [shape_of(ob, sizes) for ob in body.cod.obs[carries:]]
    columns = [[row[k] for row in rows] for k in range(len(shapes))]
    return carry + [_stacked(column, shape) for column, shape in zip(columns, shapes, strict=True)]


def _stacked(rows: Sequence[Symbols], shape: tuple[int, ...]) -> Symbols:
    found = np.empty((len(rows), *shape), object)
    for i, row in enumerate(rows):
        found[i] = row
    return found


def _number(value: float) -> Any:
    import sympy as s

    if not np.isfinite(value):
        return s.nan if np.isnan(value) else s.oo if value > 0 else -s.oo
    exact = s.Rational(value)
    return exact if exact.q <= LARGEST else s.Float(value)


@lru_cache(maxsize=1)
def _rules() -> dict[str, Callable[..., Any]]:
    """For each generator, what it does to arrays of expressions, given its data and the sizes."""
    import sympy as s

    def each(function: Callable[..., Any]) -> Callable[..., Symbols]:
        return lambda data, sizes, *xs: _each(function, *xs)

    def where(condition: Any) -> Any:
        return s.Piecewise((1, condition), (0, True))

    elementwise: dict[str, Callable[..., Any]] = {
        **{name: getattr(s, name) for name in ["exp", "log", "sqrt", "sin", "cos", "tanh", "sign"]},
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
        "neg": lambda x: -x,
        "abs": s.Abs,
        "stop": lambda x: x,
        "log1p": lambda x: s.log(1 + x),
        "expm1": lambda x: s.exp(x) - 1,
        "sigmoid": lambda x: 1 / (1 + s.exp(-x)),
        "softplus": lambda x: s.log(1 + s.exp(x)),
        "relu": lambda x: s.Max(x, 0),
        "step": lambda x: where(x > 0),
        "maximum": s.Max,
        "at_least": lambda x, y: where(x >= y),
        "equals": lambda x, y: where(s.Eq(x, y)),
        "select": lambda m, x, y: s.Piecewise((x, s.Ne(m, 0)), (y, True)),
    }

    def power(data: Any, sizes: Sizes, x: Symbols) -> Symbols:
        return _each(lambda e: e ** _number(data[0]), x)

    def scale(data: Any, sizes: Sizes, x: Symbols) -> Symbols:
        return _each(lambda e: e * _number(data[0]) / prod(sizes[name] for name in data[1:]), x)

    def shift(data: Any, sizes: Sizes, x: Symbols) -> Symbols:
        return _each(lambda e: e + _number(data[0]), x)

    def constant(data: Any, sizes: Sizes) -> Symbols:
        shape = tuple(_size(size, sizes) for size in data[1])
        return np.asarray(_each(_number, np.broadcast_to(np.asarray(data[0], object), (prod(shape),))).reshape(shape))

    return {
        **{name: each(function) for name, function in elementwise.items()},
        **_array_rules(),
        "power": power,
        "scale": scale,
        "shift": shift,
        "constant": constant,
        "max": lambda data, sizes, x: _along(s.Max, x, data),
        "logsumexp": lambda data, sizes, x: _each(s.log, _along(s.Add, _each(s.exp, x), data)),
        "sum": lambda data, sizes, x: _along(s.Add, x, data),
        "inverse": lambda data, sizes, x: _matrices(lambda m: np.array(m.inv().tolist(), object), x, x.shape),
        "log_determinant": lambda data, sizes, x: _matrices(lambda m: s.log(s.Abs(m.det())), x, x.shape[:-2]),
        "max_pool": lambda data, sizes, x: _along(s.Max, _cells(data, x), (-4, -2)),
        "unpool": lambda data, sizes, x, y, d: _unpool(data, x, _found(where, data, x, y) * _spread(d)),
        "pooled": lambda data, sizes, x, y, v: _along(s.Add, _found(where, data, x, y) * _cells(data, v), (-4, -2)),
        "scan": _scan,
    }


def _each(function: Callable[..., Any], *xs: Symbols) -> Symbols:
    found = np.empty(xs[0].shape, object)
    for place in np.ndindex(found.shape):
        found[place] = function(*(x[place] for x in xs))
    return found


def _matrices(function: Callable[..., Any], x: Symbols, shape: tuple[int, ...]) -> Symbols:
    """A function of each matrix of a stack."""
    import sympy as s

    found = np.empty(shape, object)
    for place in np.ndindex(x.shape[:-2]):
        found[place] = function(s.Matrix(x[place]))
    return found


def _along(function: Callable[..., Any], x: Symbols, axes: Sequence[int]) -> Symbols:
    """A function of many, along axes."""
    chosen = [axis % x.ndim for axis in axes]
    rest = [i for i in range(x.ndim) if i not in chosen]
    turned = x.transpose(rest + chosen)
    found = np.empty(turned.shape[: len(rest)], object)
    for place in np.ndindex(found.shape):
        found[place] = function(*np.ravel(turned[place]).tolist())
    return found


def _array_rules() -> dict[str, Callable[..., Symbols]]:
    """What moves elements about is the same for numbers and for expressions."""

    def zeros(shape: Sequence[Size], sizes: Sizes) -> Symbols:
        return _each(_number, np.zeros([_size(size, sizes) for size in shape], object))

    def broadcast(data: Any, sizes: Sizes, x: Symbols) -> Symbols:
        shape, axes = tuple(_size(size, sizes) for size in data[0]), data[1]
        turned = x.transpose(np.argsort(axes).astype(int)) if axes else x
        return np.broadcast_to(turned.reshape([n if i in axes else 1 for i, n in enumerate(shape)]), shape)

    def pad(data: Any, sizes: Sizes, x: Symbols) -> Symbols:
        found = zeros(data[1], sizes)
        found[tuple(slice(*part) for part in data[0])] = x
        return found

    def put(data: Any, sizes: Sizes, x: Symbols) -> Symbols:
        axis, indices, size = data
        found = zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]), sizes)
        for k, i in enumerate(indices):
            found[(slice(None),) * axis + (i,)] += x[(slice(None),) * axis + (k,)]
        return found

    def col2im(data: Any, sizes: Sizes, x: Symbols) -> Symbols:
        kh, kw, down, across, h, w = data
        rows, columns = x.shape[-3:-1]
        found = zeros((*x.shape[:-3], h, w, x.shape[-1] // (kh * kw)), sizes)
        windows = x.reshape(*x.shape[:-1], kh, kw, -1)
        for i, j, p, q in np.ndindex(kh, kw, rows, columns):
            found[..., i + down * p, j + across * q, :] += windows[..., p, q, i, j, :]
        return found

    return {
        "broadcast": broadcast,
        "pad": pad,
        "put": put,
        "col2im": col2im,
        "im2col": lambda data, sizes, x: _windows(data, x),
        "reshape": lambda data, sizes, x: x.reshape([_size(size, sizes) for size in data]),
        "permute": lambda data, sizes, x: x.transpose(data),
        "slice": lambda data, sizes, x: np.asarray(x[tuple(slice(*part) for part in data)], object),
        "take": lambda data, sizes, x: x[(slice(None),) * data[0] + (list(data[1]),)],
        "concatenate": lambda data, sizes, *xs: np.concatenate(xs, axis=data),
        "einsum": lambda data, sizes, x, y: np.asarray(np.einsum(data, x, y), object),
    }


def _windows(data: Any, x: Symbols) -> Symbols:
    kh, kw, down, across = data
    rows, columns = (x.shape[-3] - kh) // down + 1, (x.shape[-2] - kw) // across + 1
    parts = [
        x[..., i : i + down * (rows - 1) + 1 : down, j : j + across * (columns - 1) + 1 : across, :]
        for i, j in np.ndindex(kh, kw)
    ]
    return np.concatenate(parts, axis=-1)


def _cells(data: Any, x: Symbols) -> Symbols:
    """An image cut in windows: axes (..., rows, height, columns, width, channels); the remainder is left out."""
    (kh, kw), (*rest, h, w, c) = data, x.shape
    return x[..., : h // kh * kh, : w // kw * kw, :].reshape(*rest, h // kh, kh, w // kw, kw, c)


def _spread(y: Symbols) -> Symbols:
    return y[..., :, None, :, None, :]


def _found(where: Callable[[Any], Any], data: Any, x: Symbols, y: Symbols) -> Symbols:
    """1 at the places of x where its windows' largest elements y are."""
    import sympy as s

    cells = _cells(data, x)
    return _each(lambda p, q: where(s.Eq(p, q)), cells, np.broadcast_to(_spread(y), cells.shape))


def _unpool(data: Any, x: Symbols, cells: Symbols) -> Symbols:
    (kh, kw), (*rest, h, w, c) = data, x.shape
    found = _each(_number, np.zeros(x.shape, object))
    found[..., : h // kh * kh, : w // kw * kw, :] = cells.reshape(*rest, h // kh * kh, w // kw * kw, c)
    return found
