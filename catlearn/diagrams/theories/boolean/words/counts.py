"""Counting the bits of a word that are 1, with carry-save adders.

A full adder takes three bits of one weight to one of that weight and one of twice the weight. A third of a column goes
through one box at a time, so that counting thousands of bits is a diagram of some dozens of boxes.

>>> from catlearn import Bits, circuits, diagram
>>> @diagram
... def ones(x: Bits(1000)):
...     return popcount(x)
>>> circuits.netlist(ones)
<circuit ones: 1000 input bits, 4958 gates, 10 output bits, depth 58>
"""

from __future__ import annotations

from catlearn.diagrams.theories.boolean.bits import concatenate, constant
from catlearn.diagrams.theories.boolean.words.order import less
from catlearn.diagrams.theories.boolean.words.word import bits_of, folded, word
from catlearn.diagrams.wire import Wire

__all__ = ["full_adder", "majority", "popcount"]


def popcount(x: Wire) -> Wire:
    """How many bits of a word are 1, as a word: about 5 gates a bit of x.

    For n bits it has as many bits as n needs, and at least one. Raises `WireError` for what is no word.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x: popcount(x), Bits(8)).cod
    Bits(4)
    """
    made: Wire = folded("popcount", _popcount, word("popcount", x))
    return made


def majority(x: Wire) -> Wire:
    """Whether more than half of the bits are 1. Raises `WireError` for what is no word.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x: majority(x), Bits(9)).cod
    Bits(1)
    """
    made: Wire = folded("majority", _majority, word("majority", x))
    return made


def full_adder(a: Wire, b: Wire, c: Wire) -> tuple[Wire, Wire]:
    """The sum and the carry of three bits, for each place of three words alike: 5 gates a place.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b, c: full_adder(a, b, c), Bits(4) ** 3).cod
    Bits(4) @ Bits(4)
    """
    half = a ^ b
    return half ^ c, a & b ^ half & c


def _popcount(x: Wire) -> Wire:
    found, column = [], x
    while bits_of(column):
        one, carries = _reduced(column)
        found.append(one)
        column = concatenate(carries) if carries else column[:0]
    return concatenate(found) if found else constant([0])


def _reduced(column: Wire) -> tuple[Wire, list[Wire]]:
    """A column of bits of one weight as a single one, and those of twice the weight."""
    carries = []
    while (n := bits_of(column)) > 2:
        k = n // 3
        made, carry = full_adder(column[:k], column[k : 2 * k], column[2 * k : 3 * k])
        carries.append(carry)
        column = concatenate([column[3 * k :], made]) if n % 3 else made
    if n == 2:
        carries.append(column[0] & column[1])
        column = column[0] ^ column[1]
    return column, carries


def _majority(x: Wire) -> Wire:
    return less(bits_of(x) // 2, _popcount(x))
