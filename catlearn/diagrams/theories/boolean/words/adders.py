"""Sums and differences of words, by a carry that ripples or by carries that are looked ahead for.

Sums and differences have the width of the words, modulo 2**width; `add_with_carry` and `subtract_with_borrow` give what
is carried out as well. The same circuits serve signed words.

>>> from catlearn import Bits, circuits, diagram
>>> @diagram
... def slow(a: Bits(32), b: Bits(32)):
...     return add_with_carry(a, b)
>>> @diagram
... def quick(a: Bits(32), b: Bits(32)):
...     return carry_lookahead(a, b)
>>> circuits.netlist(slow)
<circuit slow: 64 input bits, 157 gates, 33 output bits, depth 63>
>>> circuits.netlist(quick)
<circuit quick: 64 input bits, 451 gates, 33 output bits, depth 11>
"""

from __future__ import annotations

from typing import Any

from catlearn.diagrams.theories.boolean.bits import concatenate, constant, repeat
from catlearn.diagrams.theories.boolean.words.word import bits_of, folded, one_bit, word, word_pair
from catlearn.diagrams.wire import Wire

__all__ = [
    "absolute_difference",
    "add_with_carry",
    "carry_lookahead",
    "minus",
    "negative",
    "plus",
    "subtract_with_borrow",
]


def plus(a: Any, b: Any, carry: Any = None) -> Wire:
    """The sum of two words and perhaps a bit, modulo 2**width, by a ripple carry: 5 gates a bit.

    Args:
        a, b: words of one width; one may be a number.
        carry: a bit to add.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: plus(a, b), Bits(8) @ Bits(8)).cod
    Bits(8)

    Raises:
        WireError, ShapeMismatch: for what are no words of one width.
    """
    return add_with_carry(a, b, carry)[0]


def add_with_carry(a: Any, b: Any, carry: Any = None) -> tuple[Wire, Wire]:
    """The sum as `plus` gives it, and the carry out of the highest bit; together they are the whole sum.

    Errors are those of `plus`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: add_with_carry(a, b), Bits(8) @ Bits(8)).cod
    Bits(8) @ Bits(1)
    """
    return _added("plus", _ripple, a, b, carry)


def carry_lookahead(a: Any, b: Any, carry: Any = None) -> tuple[Wire, Wire]:
    """What `add_with_carry` gives, with a depth that grows like the logarithm of the width.

    The carries are a parallel prefix: P. M. Kogge and H. S. Stone, "A parallel algorithm for the efficient solution of
    a general class of recurrence equations", IEEE Transactions on Computers C-22 (1973). Errors are those of `plus`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: carry_lookahead(a, b), Bits(8) @ Bits(8)).cod
    Bits(8) @ Bits(1)
    """
    return _added("carry_lookahead", _prefix, a, b, carry)


def _added(name: str, draw: Any, a: Any, b: Any, carry: Any) -> tuple[Wire, Wire]:
    pair = word_pair(name, a, b)
    found: tuple[Wire, Wire] = folded(name, draw, *pair, *([] if carry is None else [one_bit(name, carry)]))
    return found


def _ripple(a: Wire, b: Wire, carry: Wire | None = None) -> tuple[Wire, Wire]:
    half, both = a ^ b, a & b
    carries = [constant([0]) if carry is None else carry]
    for i in range(bits_of(a)):
        first = not i and carry is None
        carries.append(both[i] if first else both[i] ^ half[i] & carries[i])
    return _summed(half, carries[:-1]), carries[-1]


def _summed(half: Wire, carries: list[Wire]) -> Wire:
    return half ^ concatenate(carries) if carries else half


def _prefix(a: Wire, b: Wire, carry: Wire | None = None) -> tuple[Wire, Wire]:
    n, half, makes = bits_of(a), a ^ b, a & b
    entering = constant([0]) if carry is None else carry
    if not n:
        return half, entering
    if carry is not None:
        makes = concatenate([makes[0] ^ half[0] & carry, makes[1:]])
    # After each step, bit i knows of twice as many bits from i down: whether they make a carry, or pass one on.
    passes, step = half, 1
    while step < n:
        makes, passes = makes ^ passes & (makes << step), passes & (passes << step)
        step *= 2
    return _summed(half, [entering, makes[:-1]]), makes[-1]


def minus(a: Any, b: Any) -> Wire:
    """The difference of two words, modulo 2**width. Arguments and errors are those of `plus`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: minus(a, b), Bits(8) @ Bits(8)).cod
    Bits(8)
    """
    return subtract_with_borrow(a, b)[0]


def subtract_with_borrow(a: Any, b: Any, borrow: Any = None) -> tuple[Wire, Wire]:
    """a - b - borrow modulo 2**width, and a bit that is 1 where that was below 0. Errors are those of `plus`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: subtract_with_borrow(a, b), Bits(8) @ Bits(8)).cod
    Bits(8) @ Bits(1)
    """
    pair = word_pair("minus", a, b)
    found: tuple[Wire, Wire] = folded("minus", _subtract, *pair, one_bit("minus", 0 if borrow is None else borrow))
    return found


def _subtract(a: Wire, b: Wire, borrow: Wire) -> tuple[Wire, Wire]:
    difference, carry = _ripple(a, ~b, ~borrow)
    return difference, ~carry


def negative(x: Wire) -> Wire:
    """-x modulo 2**width, the two's complement: 2 gates a bit. Raises `WireError` for what is no word.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x: negative(x), Bits(8)).cod
    Bits(8)
    """
    made: Wire = folded("negative", _negative, word("negative", x))
    return made


def _negative(x: Wire) -> Wire:
    return _counted_up(~x, constant([1]))


def _counted_up(x: Wire, by: Wire) -> Wire:
    """x plus one bit."""
    carries = [by]
    for i in range(bits_of(x) - 1):
        carries.append(x[i] & carries[i])
    return _summed(x, carries[: bits_of(x)])


def absolute_difference(a: Any, b: Any) -> Wire:
    """The larger of two words minus the smaller. Arguments and errors are those of `plus`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: absolute_difference(a, b), Bits(8) @ Bits(8)).cod
    Bits(8)
    """
    made: Wire = folded("absolute_difference", _absolute, *word_pair("absolute_difference", a, b))
    return made


def _absolute(a: Wire, b: Wire) -> Wire:
    difference, below = _subtract(a, b, constant([0]))
    return _counted_up(difference ^ repeat(below, bits_of(a)), below)
