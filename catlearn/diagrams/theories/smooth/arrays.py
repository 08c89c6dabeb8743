"""Functions on whole arrays: sums, shapes, products of matrices, parts of arrays. Names and meaning are numpy's.

>>> from catlearn import Real, trace
>>> trace(lambda x: x[:, ::2].T, Real("n", 5)).cod
Real(3, "n")
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterable, Sequence
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from catlearn.diagrams.theories.smooth import elementwise, linear, reductions
from catlearn.diagrams.theories.smooth.arithmetic import as_wire, broadcast_to, common, show
from catlearn.diagrams.theories.smooth.generator import Generator
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, short

__all__ = [
    "concatenate",
    "einsum",
    "flip",
    "getitem",
    "logsumexp",
    "matmul",
    "max",
    "mean",
    "pad",
    "reshape",
    "stack",
    "sum",
    "take",
    "transpose",
]

Axes = int | Sequence[int] | None


def _axes(x: Wire, axis: Axes) -> tuple[int, ...]:
    rank = len(x.shape)
    chosen = tuple(range(rank)) if axis is None else _whole_numbers("an axis", axis)
    if not all(-rank <= i < rank for i in chosen) or len({i % rank for i in chosen}) < len(chosen):
        raise ShapeMismatch(f"{x!r} does not have the axes {axis}, each of them once")
    return tuple(i % rank for i in chosen)


def _whole_numbers(what: str, value: Any) -> tuple[int, ...]:
    """One whole number or several, also numpy's."""
    return tuple(_whole(what, one) for one in (value if np.iterable(value) else (value,)))


def _whole(what: str, value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ShapeMismatch(f"{what} is a whole number, not {short(value)}") from None


def _axis(x: Wire, axis: int) -> int:
    """One axis, from 0 up."""
    found = _axes(x, axis)
    if axis is None or len(found) != 1:
        raise ShapeMismatch(f"{x!r}: an axis is one whole number here, not {axis!r}")
    return found[0]


def _several(name: str, wires: Sequence[Wire]) -> list[Wire]:
    """Arrays to be put together, of which there is one or more."""
    if not isinstance(wires, Iterable):
        raise ShapeMismatch(f"{name}: expected a list of arrays, not {short(wires)}")
    if not (found := [as_wire(w) for w in wires]):
        raise ShapeMismatch(f"{name}: there are no arrays")
    return found


def _reduce(row: Generator, x: Wire, axis: Axes, keepdims: bool) -> Wire:
    x = as_wire(x)
    axes = tuple(sorted(_axes(x, axis)))
    small = row(x, data=axes) if axes else x
    return reshape(small, tuple(1 if i in axes else s for i, s in enumerate(x.shape))) if keepdims else small


def sum(x: Wire, axis: Axes = None, keepdims: bool = False) -> Wire:
    """The sum along axes; all of them by default.

    Raises `ShapeMismatch` for an axis that is not there, or is given twice.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: sum(x, 0), Real(2, 3)).cod
    Real(3)
    """
    return _reduce(linear.sum_, x, axis, keepdims)


def max(x: Wire, axis: Axes = None, keepdims: bool = False) -> Wire:
    """The largest element along axes.

    Raises `ShapeMismatch` as `sum` does, and where there are no elements.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: max(x, -1, keepdims=True), Real(2, 3)).cod
    Real(2, 1)
    """
    return _reduce(reductions.max_, x, axis, keepdims)


def logsumexp(x: Wire, axis: Axes = None, keepdims: bool = False) -> Wire:
    """log(sum(exp(x))) along axes, without overflow.

    Errors are those of `max`.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: logsumexp(x), Real(2, 3)).cod
    Real()
    """
    return _reduce(reductions.logsumexp_, x, axis, keepdims)


def mean(x: Wire, axis: Axes = None, keepdims: bool = False) -> Wire:
    """The mean along axes; a named axis is divided by when its size is known.

    Errors are those of `max`.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: mean(x, (0, 1)), Real("n", 3)).cod
    Real()
    """
    x = as_wire(x)
    total = sum(x, axis, keepdims)
    sizes = [x.shape[i] for i in _axes(x, axis)]
    count = prod(s for s in sizes if isinstance(s, int))
    for name in (s for s in sizes if isinstance(s, str)):
        total = linear.scale(total, data=(1.0, name))
    if count == 0:
        raise ShapeMismatch(f"mean of {show(x.shape)}: there are no elements")
    return total if count == 1 else linear.scale(total, data=(1.0 / count,))


def reshape(x: Wire, *shape: Any) -> Wire:
    """The same elements in another shape; one size may be -1 when all others are numbers.

    Raises `ShapeMismatch` where the number of elements differs.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: reshape(x, 4, -1), Real(2, 6)).cod
    Real(4, 3)
    """
    x = as_wire(x)
    sizes = shape[0] if len(shape) == 1 and np.iterable(shape[0]) and not isinstance(shape[0], str) else shape
    target = tuple(s if isinstance(s, str) else _whole("a size", s) for s in sizes)
    if -1 in target:
        rest = prod(s for s in target if isinstance(s, int) and s != -1)
        named, there = (sorted(s for s in sizes if isinstance(s, str)) for sizes in (target, x.shape))
        have = prod(s for s in x.shape if isinstance(s, int))
        if target.count(-1) > 1 or rest == 0 or have % rest or named != there:
            raise ShapeMismatch(f"reshape: cannot tell the size -1 of {target} from {show(x.shape)}")
        target = tuple(have // rest if s == -1 else s for s in target)
    return x if target == x.shape else linear.reshape(x, data=target)


def transpose(x: Wire, axes: Sequence[int] | None = None) -> Wire:
    """Axes in another order; reversed by default.

    Raises `ShapeMismatch` where the axes are no order of those of the array.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: transpose(x, (1, 2, 0)), Real(2, 3, "n")).cod
    Real(3, "n", 2)
    """
    x = as_wire(x)
    whole = tuple(range(len(x.shape)))
    order = whole[::-1] if axes is None else _axes(x, axes)
    return x if order == whole else linear.permute(x, data=order)


def einsum(spec: str, *arrays: Wire) -> Wire:
    """Einstein's summation of one or two arrays, as `numpy.einsum`; no letter twice in one term.

    >>> from catlearn import Real, trace
    >>> trace(lambda a, b: einsum("ij,kj->ik", a, b), Real(2, 3) @ Real(4, 3)).cod
    Real(2, 4)

    Raises:
        ShapeMismatch: when the letters do not fit the arrays, or there are not one or two arrays.
    """
    reads, arrow, out = "".join(str(spec).split()).partition("->")
    terms, wires = reads.split(","), _several("einsum", arrays)
    if len(wires) > 2:
        raise ShapeMismatch(f"einsum: {spec!r}: give one or two arrays, and multiply {len(wires)} two by two")
    letters = all(c.isascii() and c.isalpha() for c in reads.replace(",", ""))
    fits = arrow and letters and list(map(len, terms)) == [len(w.shape) for w in wires]
    if not fits or any(len(set(t)) < len(t) for t in (*terms, out)) or not set(out) <= set(reads):
        raise ShapeMismatch(f"einsum: {spec!r} does not fit arrays {' and '.join(show(w.shape) for w in wires)}")
    for i, term in enumerate(terms):
        # Letters of one term alone are summed first, so that the product itself is of the simple kind.
        alone = [k for k, c in enumerate(term) if c not in out and not any(c in t for t in terms[:i] + terms[i + 1 :])]
        wires[i] = sum(wires[i], alone) if alone else wires[i]
        terms[i] = "".join(c for k, c in enumerate(term) if k not in alone)
    if len(wires) == 2:
        return elementwise.einsum(*wires, data=f"{terms[0]},{terms[1]}->{out}")
    return transpose(wires[0], [terms[0].index(c) for c in out])


def matmul(a: Any, b: Any) -> Wire:
    """The matrix product, as numpy's `@`: vectors, matrices, and stacks of matrices, whose first axes broadcast.

    Raises `ShapeMismatch` where the inner sizes differ.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: matmul(x, y), Real("n", 2, 3) @ Real(3, 4)).cod
    Real("n", 2, 4)
    """
    a, b = as_wire(a), as_wire(b)
    m, n = len(a.shape), len(b.shape)
    if not m or not n:
        raise ShapeMismatch(f"matmul: {show(a.shape)} @ {show(b.shape)} needs arrays with axes; use * for numbers")
    if m > 2 and n > 2:
        first = common(a.shape[:-2], b.shape[:-2])
        a, b = (broadcast_to(w, (*first, *w.shape[-2:])) for w in (a, b))
        m = n = len(first) + 2
    stack = "abcdefghlmnopqrs"[: builtins.max(m, n, 2) - 2]
    left = (stack if m > 2 else "") + ("ik" if m > 1 else "k")
    right = (stack if n > 2 else "") + ("kj" if n > 1 else "k")
    out = stack + ("i" if m > 1 else "") + ("j" if n > 1 else "")
    try:
        return elementwise.einsum(a, b, data=f"{left},{right}->{out}")
    except ShapeMismatch:
        raise ShapeMismatch(f"matmul: {show(a.shape)} @ {show(b.shape)}: the inner sizes must be the same") from None


def getitem(x: Wire, key: Any) -> Wire:
    """Basic indexing: numbers, slices with positive steps, `...` and None.

    Raises `ShapeMismatch` for an index that is out of range or of another kind.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: x[0, ..., None, ::2], Real(2, 3, 4)).cod
    Real(3, 1, 2)
    """
    keys = list(key) if isinstance(key, tuple) else [key]
    if at := [i for i, k in enumerate(keys) if k is Ellipsis]:
        keys[at[0] : at[0] + 1] = [slice(None)] * (len(x.shape) - builtins.sum(k is not None for k in keys) + 1)
    keys += [slice(None)] * (len(x.shape) - builtins.sum(k is not None for k in keys))
    axes = [k for k in keys if k is not None]
    if len(axes) != len(x.shape) or not all(isinstance(k, slice | int | np.integer) for k in axes) or _asks(axes):
        raise ShapeMismatch(f"{x!r} cannot be indexed with {short(key)}; use numbers, slices, ... or None, or take()")
    parts = tuple(_part(x, k, size) for k, size in zip(axes, x.shape, strict=True))
    small = linear.slice_(x, data=parts) if any(part != linear.ALL for part in parts) else x
    kept = iter([size for size, k in zip(small.shape, axes, strict=True) if isinstance(k, slice)])
    return reshape(small, tuple(1 if k is None else next(kept) for k in keys if k is None or isinstance(k, slice)))


def _asks(axes: Sequence[Any]) -> bool:
    """Whether there is a truth value among the indices: it is no number, for it would mean a new axis."""
    return any(isinstance(k, bool) for k in axes)


def _part(x: Wire, key: int | slice, size: int | str) -> Any:
    if isinstance(key, slice) and key == slice(None):
        return linear.ALL
    if isinstance(size, str):
        raise ShapeMismatch(f"{x!r}: the named axis {size} can only be kept whole")
    if not isinstance(key, slice):
        at = _place(x, key, size)
        return (at, at + 1, 1)
    try:
        start, stop, step = key.indices(size)
    except (TypeError, ValueError) as error:
        raise ShapeMismatch(f"{x!r} has no part {key}: {error}") from None
    if step < 1:
        raise ShapeMismatch(f"{x!r}: slices go forward; use flip for the other way")
    return (start, builtins.max(start, stop), step)


def _place(x: Wire, index: int, size: int) -> int:
    if not -size <= index < size:
        raise ShapeMismatch(f"{x!r}: index {index} is out of range for an axis of size {size}")
    return int(index) % size


def flip(x: Wire, axis: int) -> Wire:
    """The elements in reverse order along an axis. Raises `ShapeMismatch` for a named one.

    >>> from catlearn import Real, compile, trace
    >>> compile(trace(lambda x: flip(x, 0), Real(3)))([1.0, 2.0, 3.0])
    array([3., 2., 1.])
    """
    x = as_wire(x)
    size = x.shape[_axis(x, axis)]
    if isinstance(size, str):
        raise ShapeMismatch(f"flip: the named axis {size} can only be kept as it is")
    return take(x, range(size)[::-1], axis)


def take(x: Wire, indices: Sequence[int], axis: int = 0) -> Wire:
    """The elements at fixed places along an axis.

    Raises `ShapeMismatch` for a place that is not there, and for a named axis.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: take(x, [0, 0, -1], axis=1), Real(2, 5)).cod
    Real(2, 3)
    """
    x = as_wire(x)
    at = _axis(x, axis)
    size = x.shape[at]
    if isinstance(size, str):
        raise ShapeMismatch(f"take: the named axis {size} can only be kept as it is")
    return linear.take(x, data=(at, tuple(_place(x, i, size) for i in _whole_numbers("an index", indices))))


def pad(x: Wire, widths: Sequence[tuple[int, int]]) -> Wire:
    """Zeros before and after, for each axis a pair, as `numpy.pad`.

    Raises `ShapeMismatch` for other than pairs of numbers from 0 up.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: pad(x, [(1, 1), (0, 2)]), Real(2, 3)).cod
    Real(4, 5)
    """
    x = as_wire(x)
    pairs = [_whole_numbers("pad: a width", pair) for pair in (widths if np.iterable(widths) else (widths,))]
    if len(pairs) != len(x.shape):
        raise ShapeMismatch(f"pad: {len(pairs)} pairs for {len(x.shape)} axes")
    if any(len(pair) != 2 for pair in pairs) or builtins.min(chain((0,), *pairs)) < 0:
        raise ShapeMismatch(f"pad: widths are pairs of numbers from 0 up, not {short(widths)}")
    parts, shape = [], []
    for (before, after), size in zip(pairs, x.shape, strict=True):
        whole = before == after == 0
        if isinstance(size, str) and not whole:
            raise ShapeMismatch(f"pad: the named axis {size} can only be kept whole")
        parts.append(linear.ALL if whole else (before, before + int(size), 1))
        shape.append(size if whole else before + int(size) + after)
    return x if tuple(shape) == x.shape else linear.pad(x, data=(tuple(parts), tuple(shape)))


def concatenate(wires: Sequence[Wire], axis: int = 0) -> Wire:
    """Arrays one after another along an axis.

    Raises `ShapeMismatch` where other sizes than that one differ.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: concatenate([x, y]), Real(2, 3) @ Real(4, 3)).cod
    Real(6, 3)
    """
    wires = _several("concatenate", wires)
    return linear.concatenate(*wires, data=_axis(wires[0], axis))


def stack(wires: Sequence[Wire], axis: int = 0) -> Wire:
    """Arrays of one shape along a new axis.

    Raises `ShapeMismatch` where the shapes differ.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: stack([x, y], axis=-1), Real(3) @ Real(3)).cod
    Real(3, 2)
    """
    wires = _several("stack", wires)
    if any(w.shape != wires[0].shape for w in wires):
        raise ShapeMismatch(f"stack: the shapes {', '.join(show(w.shape) for w in wires)} must be the same")
    at = _axis(wires[0][None], axis)
    return concatenate([reshape(w, (*w.shape[:at], 1, *w.shape[at:])) for w in wires], at)
