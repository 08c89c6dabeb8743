"""The table of generators of circuits: what each does to widths, and its reverse derivative.

Elements of a wire are x_0, x_1, ...; an index into a table has its lowest bit first. `d` is the change asked of the
output. Sources: see `generator.py`.

>>> from catlearn import Bits, reverse, trace
>>> [box.name for box in reverse(trace(lambda s, a, b: mux(s, a, b), Bits(1) ** 3)).wiring.boxes]
['xor', 'and', 'and', 'not', 'and']
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.boolean.generator import ROWS, Row, is_constant, row, same_width
from catlearn.diagrams.theories.boolean.semiring import semiring, widened, width
from catlearn.diagrams.trace import place
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, short

__all__ = [
    "ROWS",
    "add",
    "concatenate",
    "constant_of",
    "either",
    "equals",
    "evaluate",
    "invert",
    "lookup",
    "multiply",
    "mux",
    "one_hot",
    "put",
    "take",
]  # fmt: skip

WIDEST_INDEX = 26
"""The most bits that address a table."""


def constant_of(ob: Ob, values: tuple[int, ...]) -> Wire:
    """A wire that always carries these elements."""
    box = Box("constant", Ty(), Ty.of((widened(ob, len(values)),)), values)
    if not is_constant(box):
        raise ShapeMismatch(f"constant: {short(values)} are not all elements of {semiring(ob)}")
    box.__dict__["_row"] = ROWS["constant"]
    placed: Wire = place(box, ())
    return placed


def _no_constant(data: Any, *widths: int) -> int:
    raise ShapeMismatch("a constant reads no wires")


row("constant", _no_constant, lambda data, d: ())

# add is XOR on bits, and multiply AND: arXiv:2203.06430.
add: Row = row("add", same_width, lambda _, a, b, d: (d, d), "xor")
multiply: Row = row("mul", same_width, lambda _, a, b, d: (multiply(b, d), multiply(a, d)), "and")

# 1 where a = b, else 0. Its derivative passes the change straight through: over bits, where it is 1 + a + b, that is
# the formal one; over other semirings it is a choice (2203.06430), as no polynomial needs to be there.
equals: Row = row("equals", same_width, lambda _, a, b, d: (d, d))

invert: Row = row("not", same_width, lambda _, a, d: (d,), bits=True)
either: Row = row("or", same_width, lambda _, a, b, d: (multiply(invert(b), d), multiply(invert(a), d)), bits=True)
# mux(s, a, b) is a where s is 1, else b: s a + (1 + s) b.
mux: Row = row(
    "mux",
    same_width,
    lambda _, s, a, b, d: (multiply(add(a, b), d), multiply(s, d), multiply(invert(s), d)),
    bits=True,
)


def _take_width(indices: Any, n: int) -> int:
    if not isinstance(indices, tuple) or not all(isinstance(i, int) and 0 <= i < n for i in indices):
        raise ShapeMismatch(f"has no elements {short(indices)}; they are numbered from 0 to {n - 1}")
    return len(indices)


def _put_width(data: Any, n: int) -> int:
    indices, size = data
    if _take_width(indices, size) != n:
        raise ShapeMismatch(f"{len(indices)} places for {n} elements")
    return int(size)


# data = indices: the elements at these places, any number of times.
take: Row = row("take", _take_width, lambda indices, x, d: (put(d, data=(indices, width(x.ob))),))
# data = (indices, size): zeros, with every element added at its place.
put: Row = row("put", _put_width, lambda data, x, d: (take(d, data=data[0]),))


def _parts(data: Any, *wires: Wire) -> tuple[Wire, ...]:
    *inputs, d = wires
    ends = list(accumulate((width(x.ob) for x in inputs), initial=0))
    return tuple(take(d, data=tuple(range(a, b))) for a, b in pairwise(ends))


concatenate: Row = row("concatenate", lambda data, *widths: sum(widths), _parts)


def _lookup_width(tables: Any, k: int) -> int:
    _check_index(k)
    if not isinstance(tables, tuple) or not all(isinstance(t, int) and 0 <= t < 1 << (1 << k) for t in tables):
        raise ShapeMismatch(f"its tables {short(tables)} must be numbers of 2**{k} bits")
    return len(tables)


def _check_index(k: int) -> None:
    if k > WIDEST_INDEX:
        raise ShapeMismatch(f"{k} bits address a table of 2**{k} entries; {WIDEST_INDEX} bits at most")


def _lookup_reverse(tables: tuple[int, ...], x: Wire, d: Wire) -> tuple[Wire, ...]:
    # A table is a multilinear polynomial: what a bit does to it is the XOR of the two halves that the bit chooses from.
    k, m = width(x.ob), len(tables)
    changes = tuple(t ^ _exchanged(t, i, k) for i in range(k) for t in tables)
    asked = multiply(lookup(x, data=changes), take(d, data=tuple(range(m)) * k))
    return (put(asked, data=(tuple(i for i in range(k) for _ in range(m)), k)),)


def _exchanged(table: int, i: int, k: int) -> int:
    """The table with its entries at addresses that differ in bit i exchanged."""
    step = 1 << i
    low = ((1 << (1 << k)) - 1) // ((1 << 2 * step) - 1) * ((1 << step) - 1)
    return (table & low) << step | (table >> step) & low


# data = a number for each output bit, whose bits are a table; the index is the input.
lookup: Row = row("lookup", _lookup_width, _lookup_reverse, bits=True)


def _eval_width(data: Any, t: int, k: int) -> int:
    _check_index(k)
    if t % (1 << k) or not t:
        raise ShapeMismatch(f"a table for {k} bits has a multiple of 2**{k} = {1 << k} entries, not {t}")
    return t >> k


def _eval_reverse(_: Any, t: Wire, x: Wire, d: Wire) -> tuple[Wire, Wire]:
    n, k = 1 << width(x.ob), width(x.ob)
    m = width(t.ob) // n
    here = take(one_hot(x), data=tuple(i for i in range(n) for _ in range(m)))
    entries = multiply(here, take(d, data=tuple(range(m)) * n))
    y = evaluate(t, x)
    asked = [multiply(add(y, evaluate(t, _flipped(x, i))), d) for i in range(k)]
    return entries, concatenate(*(put(a, data=((0,) * m, 1)) for a in asked)) if k else x


def _flipped(x: Wire, i: int) -> Wire:
    return add(x, constant_of(x.ob, tuple(int(j == i) for j in range(width(x.ob)))))


# evaluate(t, x): the entry of table t, itself a wire of 2**k entries of m bits each, at the k bits of x.
evaluate: Row = row("eval", _eval_width, _eval_reverse, bits=True)


def _one_hot_width(data: Any, k: int) -> int:
    _check_index(k)
    return 1 << k


def _one_hot_reverse(_: Any, x: Wire, d: Wire) -> tuple[Wire, ...]:
    here = evaluate(d, x)
    asked = [add(here, evaluate(d, _flipped(x, i))) for i in range(width(x.ob))]
    return (concatenate(*asked) if asked else x,)


# one_hot(x) has a 1 at place x, and 0 elsewhere.
one_hot: Row = row("one_hot", _one_hot_width, _one_hot_reverse, bits=True)
