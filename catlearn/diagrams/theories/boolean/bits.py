"""What users write on wires of bits, and of other semirings: operators, constants, and functions of wires.

A wire of width 1 goes with one of any width, as in numpy. The lowest bit comes first: `x[0]` is the lowest of a word.

>>> from catlearn import Bits, diagram
>>> @diagram
... def choose(s: Bits(1), a: Bits(8), b: Bits(8)) -> Bits(8):
...     return s & a ^ ~s & b
>>> [box.name for box in choose.wiring.boxes]
['take', 'and', 'not', 'take', 'and', 'xor']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from catlearn.diagrams.theories.boolean import rows
from catlearn.diagrams.theories.boolean.generator import Row
from catlearn.diagrams.theories.boolean.semiring import KINDS, semiring, width
from catlearn.diagrams.types import Bits, Ob, Ty
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, TypeMismatch, WireError, short

__all__ = [
    "add",
    "as_wire",
    "both",
    "concatenate",
    "constant",
    "either",
    "equals",
    "evaluate",
    "exclusive",
    "getitem",
    "invert",
    "lookup",
    "multiply",
    "mux",
    "one_hot",
    "repeat",
    "shift_left",
    "shift_right",
    "take",
    "total",
]


def constant(value: Any, width: int | None = None, like: Wire | Ty | None = None) -> Wire:
    """A wire with fixed elements: a list of them, or a whole number as a word of `width` bits, the lowest first.

    Args:
        value: a list or an array of bits; a number, for a word; for another semiring, a list of its elements.
        width: how many bits a number has.
        like: a wire or a type of the semiring; bits by default.

    >>> from catlearn import Modular, Ty, trace
    >>> [trace(lambda: constant(5, width=4), Ty()).wiring.boxes[0].data, trace(lambda: constant([1, 0]), Ty()).cod]
    [(1, 0, 1, 0), Bits(2)]
    >>> trace(lambda: constant([3, 4], like=Modular(5, 1)), Ty()).cod
    Modular(5, 2)

    Raises:
        ShapeMismatch: where the number does not fit, or something is no element.
    """
    ob = _like(like)
    if width is not None:
        if isinstance(value, int | np.integer) and ob.kind == "Bits" and 0 <= int(value) < 1 << width:
            return rows.constant_of(ob, tuple(int(value) >> k & 1 for k in range(width)))
        raise ShapeMismatch(f"constant: {short(value)} is no number from 0 up of {width} bits; give more, or a list")
    array = np.atleast_1d(np.asarray(value))
    if array.ndim != 1 or array.dtype.kind not in "biu":
        raise ShapeMismatch(f"constant: {short(value)} is no list of elements; give one such as [1, 0, 1]")
    if not np.iterable(value) and ob.kind == "Bits" and int(value) > 1:
        raise ShapeMismatch(f"constant: {short(value)} is a word of how many bits? give width=")
    return rows.constant_of(ob, tuple(int(x) for x in array.tolist()))


def _like(like: Wire | Ty | None) -> Ob:
    ob = like.ob if isinstance(like, Wire) else like.obs[0] if isinstance(like, Ty) and len(like) == 1 else None
    if like is None:
        return Bits(1).obs[0]
    if ob is None or ob.kind not in KINDS:
        raise TypeMismatch(f"constant: like= is a wire or a type over a semiring, as Bits(1) is, not {short(like)}")
    return ob


def as_wire(value: Any, like: Ob) -> Wire:
    """A wire, or what stands for one beside a wire like this: a bit for all elements, or a list of elements.

    Raises:
        WireError: for numbers beside a word of bits, which could mean a bit or a word.
    """
    if isinstance(value, Wire):
        return value
    single = isinstance(value, int | np.integer | np.bool_)
    if single and not isinstance(value, bool | np.bool_) and like.kind == "Bits" and width(like) != 1:
        raise WireError(
            f"{short(value)} beside {like}: write True or False for every bit, constant({value}, width=...)"
        )
    over = semiring(like)
    if over is None or not (single or isinstance(value, Sequence | np.ndarray)) or isinstance(value, str):
        raise WireError(f"{short(value)} is neither a wire of {like} nor a list of elements")
    values = tuple(int(x) for x in np.atleast_1d(np.asarray(value)).tolist())
    if not over.saturating and like.kind != "Bits":
        values = tuple(over.reduce(x) for x in values)
    return rows.constant_of(like, values)


def repeat(x: Wire, width: int) -> Wire:
    """A wire of width 1 as often as `width` says. Raises `ShapeMismatch` for other widths.

    >>> from catlearn import trace
    >>> trace(lambda x: repeat(x, 4), Bits(1)).cod
    Bits(4)
    """
    if _width(x) == width:
        return x
    if _width(x) != 1:
        raise ShapeMismatch(f"{x.ob} beside a width of {width}: the widths must be the same, or one of them 1")
    return rows.take(x, data=(0,) * width)


def _width(x: Any) -> int:
    if not isinstance(x, Wire) or x.ob.kind not in KINDS:
        raise WireError(f"circuits: {short(x)} is no wire of bits or of another semiring")
    return width(x.ob)


def _together(*operands: Any) -> list[Wire]:
    """Wires of one width."""
    like = next((x.ob for x in operands if isinstance(x, Wire)), None)
    if like is None or like.kind not in KINDS:
        raise WireError(f"circuits: {short(operands[0])} is no wire of bits or of another semiring")
    wires = [as_wire(x, like) for x in operands]
    widest = max((_width(w) for w in wires if _width(w) != 1), default=1)
    return [repeat(w, widest) for w in wires]


def _elementwise(row: Row, *operands: Any) -> Wire:
    return row(*_together(*operands))


def add(a: Any, b: Any) -> Wire:
    """The sum in the semiring, element by element; on bits that is XOR."""
    return _elementwise(rows.add, a, b)


def multiply(a: Any, b: Any) -> Wire:
    """The product in the semiring, element by element; on bits that is AND."""
    return _elementwise(rows.multiply, a, b)


def exclusive(a: Any, b: Any) -> Wire:
    """XOR of bits, `a ^ b`."""
    return add(*_bits("^", a, b))


def both(a: Any, b: Any) -> Wire:
    """AND of bits, `a & b`."""
    return multiply(*_bits("&", a, b))


def either(a: Any, b: Any) -> Wire:
    """OR of bits, `a | b`."""
    return _elementwise(rows.either, *_bits("|", a, b))


def invert(a: Any) -> Wire:
    """NOT, `~a`."""
    return rows.invert(*_together(*_bits("~", a)))


def _bits(sign: str, *operands: Any) -> tuple[Any, ...]:
    for x in operands:
        if isinstance(x, Wire) and x.ob.kind in KINDS and x.ob.kind != "Bits":
            raise TypeMismatch(f"{sign} acts on Bits, not on {x.ob}, whose elements have + and *")
    return operands


def equals(a: Any, b: Any) -> Wire:
    """1 where the elements are equal, 0 elsewhere; its derivative passes changes straight through.

    Over bits that is the derivative of `1 + a + b`. Over other semirings it is the choice of Wilson and Zanasi,
    arXiv:2203.06430. For whole words see `catlearn.circuits.same`.

    >>> from catlearn import trace
    >>> trace(lambda a, b: equals(a, b), Bits(3) @ Bits(3)).cod
    Bits(3)
    """
    return _elementwise(rows.equals, a, b)


def mux(choice: Any, a: Any, b: Any) -> Wire:
    """`a` where the choice is 1, `b` where it is 0, bit by bit.

    >>> from catlearn import trace
    >>> trace(lambda s, a, b: mux(s, a, b), Bits(1) @ Bits(8) @ Bits(8)).cod
    Bits(8)
    """
    return _elementwise(rows.mux, *_bits("mux", choice, a, b))


def lookup(x: Wire, table: Any) -> Wire:
    """The entry of a fixed table at address x, the lowest bit first.

    Args:
        x: k bits.
        table: 2**k bits, or an array (2**k, m) of entries of m bits.

    >>> from catlearn import trace
    >>> trace(lambda x: lookup(x, [0, 1, 1, 0]), Bits(2)).cod
    Bits(1)

    Raises:
        ShapeMismatch: where the table has another number of entries, or holds something else than bits.
    """
    entries = 1 << _width(x) if _width(x) <= rows.WIDEST_INDEX else -1
    array = np.asarray(table)
    if array.dtype.kind not in "biu" or array.ndim not in (1, 2) or array.shape[0] != entries or (array > 1).any():
        raise ShapeMismatch(f"lookup: {x.ob} needs a table of {entries} bits, or of {entries} rows, not {short(table)}")
    columns = np.packbits(array.reshape(entries, -1).astype(bool), axis=0, bitorder="little")
    return rows.lookup(x, data=tuple(int.from_bytes(column.tobytes(), "little") for column in columns.T))


def evaluate(table: Wire, x: Wire) -> Wire:
    """The entry at address x of a table that is itself a wire: 2**k entries of m bits, one after the other.

    This is `eval` of Wilson and Zanasi, arXiv:2101.10488, a model that can learn any function of x.

    >>> from catlearn import trace
    >>> trace(lambda t, x: evaluate(t, x), Bits(32) @ Bits(4)).cod
    Bits(2)
    """
    return rows.evaluate(*_bits("evaluate", table, x))


def one_hot(x: Wire) -> Wire:
    """2**k bits, of which the one at place x is 1.

    >>> from catlearn import trace
    >>> trace(lambda x: one_hot(x), Bits(3)).cod
    Bits(8)
    """
    return rows.one_hot(*_bits("one_hot", x))


def concatenate(wires: Sequence[Wire]) -> Wire:
    """Wires as one, in order; Raises `ShapeMismatch` where there are none.

    >>> from catlearn import trace
    >>> trace(lambda a, b: concatenate([a, b, a]), Bits(3) @ Bits(2)).cod
    Bits(8)
    """
    parts = list(wires) if not isinstance(wires, Wire) else [wires]
    if not parts:
        raise ShapeMismatch("concatenate: there are no wires; a wire without bits is constant([])")
    return parts[0] if len(parts) == 1 else rows.concatenate(*parts)


def take(x: Wire, indices: Sequence[int]) -> Wire:
    """The elements at these places, in this order, any number of times; `x[i]`, `x[a:b]` and `x[[3, 1]]` do the same.

    >>> from catlearn import trace
    >>> trace(lambda x: x[::-1], Bits(3)).wiring.boxes[0].data
    (2, 1, 0)
    """
    return getitem(x, list(indices))


def total(x: Wire) -> Wire:
    """The sum of all elements, of width 1; on bits, whether an odd number of them is 1.

    >>> from catlearn import trace
    >>> trace(lambda x: total(x), Bits(3)).cod
    Bits(1)
    """
    return rows.put(x, data=((0,) * _width(x), 1))


def getitem(x: Wire, key: Any) -> Wire:
    """`x[key]`: an element, a slice, or a list of places."""
    n = _width(x)
    try:
        found = np.arange(n)[key]
    except (IndexError, TypeError, ValueError):
        raise ShapeMismatch(f"{x.ob} has elements 0 to {n - 1}; there is none at {short(key)}") from None
    if found.ndim > 1:
        raise ShapeMismatch(f"{x.ob}: elements are taken by a number, a slice or a list, not by {short(key)}")
    indices = tuple(int(i) for i in np.atleast_1d(found).tolist())
    return x if indices == tuple(range(n)) else rows.take(x, data=indices)


def shift_left(x: Any, places: Any) -> Wire:
    """`x << places`: the word times 2**places, in the same width."""
    n, by = _width(x), _places(places)
    kept = max(n - by, 0)
    return rows.put(getitem(x, slice(0, kept)), data=(tuple(range(n - kept, n)), n)) if by else x


def shift_right(x: Any, places: Any) -> Wire:
    """`x >> places`: the word divided by 2**places, in the same width."""
    n, by = _width(x), _places(places)
    kept = max(n - by, 0)
    return rows.put(getitem(x, slice(n - kept, n)), data=(tuple(range(kept)), n)) if by else x


def _places(places: Any) -> int:
    if not isinstance(places, int | np.integer) or isinstance(places, bool) or places < 0:
        raise WireError(f"<< and >> shift by a number from 0 up, not {short(places)}; by a wire, use mux")
    return int(places)


def no_numbers(*operands: Any) -> NoReturn:
    """What + - and * do on bits: refuse, as they could mean a sum of bits or of words."""
    raise WireError("+, - and * on Bits: write ^ and & for single bits, circuits.plus, minus and times for whole words")


def power(x: Wire, exponent: Any) -> Wire:
    """`x ** n`, the formal power: n copies multiplied."""
    if not isinstance(exponent, int) or isinstance(exponent, bool) or exponent < 0:
        raise WireError(f"{x!r} ** {short(exponent)}: the exponent is a number from 0 up")
    result = rows.constant_of(x.ob, (1,) * _width(x)) if not exponent else x
    for _ in range(exponent - 1):
        result = multiply(result, x)
    return result


def negate(x: Wire) -> Wire:
    """`-x` over Z_n. Raises `TypeMismatch` over semirings without negatives."""
    over = semiring(x.ob)
    if over is None or not over.has_negatives:
        raise TypeMismatch(f"-: {x.ob} has no negatives; a difference means nothing over it")
    return x if over.size <= 2 else multiply(x, over.size - 1)


def subtract(a: Any, b: Any) -> Wire:
    """`a - b` over Z_n."""
    left, right = _together(a, b)
    return add(left, negate(right))
