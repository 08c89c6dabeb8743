"""The circuit of an ensemble: its tables, the count of their votes, and the class that leads, as one diagram.

The votes for all classes go side by side: each table gives a word with one bit a class, and the words are added bit by
bit, so that one row of full adders counts for all classes. Then classes are compared in pairs, as in a knock-out cup;
the earlier class wins a draw, as it does in `predict`.

>>> import numpy as np
>>> from catlearn.interpreters.circuits.lower import netlist
>>> either = np.array([[[1, 0, 0, 0]], [[0, 1, 1, 1]]], bool)
>>> found = circuit(2, np.array([[0, 1]]), either)
>>> [box.name for box in found.wiring.boxes], found.cod
(['votes', 'winner'], Bits(1))
>>> netlist(found)
<circuit classifier: 2 input bits, 1 gates, 1 output bits, depth 1>
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.boolean.bits import constant, lookup, mux, take
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Bits, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph

__all__ = ["circuit", "counts", "winner"]

Number = list[Wire]
"""The bits of a number, the lowest first; each wire carries that bit for every class, or for one."""


def circuit(bits: int, reads: NDArray[np.integer[Any]], entries: NDArray[np.bool_]) -> Graph:
    """`Bits(n) -> Bits(w)`: from encoded bits to the number of the class that `predict` gives, the lowest bit first.

    Args:
        bits: how many enter.
        reads: the bits that each table reads. (tables, inputs).
        entries: the votes of the tables. (classes, tables, 2**inputs).
    """
    tally = counts(bits, reads, entries)
    leads = winner(len(entries), len(tally.cod))

    def whole(x: Wire) -> Wire:
        votes = place(tally, [x])
        found: Wire = place(leads, votes if isinstance(votes, tuple) else [votes])
        return found

    return trace(whole, Bits(bits), "classifier", ["x"])


def counts(bits: int, reads: NDArray[np.integer[Any]], entries: NDArray[np.bool_]) -> Graph:
    """From encoded bits to the numbers of votes: wire k carries bit k of each class's number, one bit a class."""
    adder = trace(_full_adder, Ty.of(Bits(len(entries)).obs * 3), "full_adder")

    def votes(x: Wire) -> Number:
        tables = zip(reads.tolist(), entries.transpose(1, 2, 0), strict=True)
        return _added([lookup(take(x, some), table) for some, table in tables], adder)

    return trace(votes, Bits(bits), "votes", ["x"])


def _full_adder(a: Wire, b: Wire, c: Wire) -> Number:
    """The sum and the carry of three bits, for all classes at once."""
    half = a ^ b
    return [half ^ c, mux(half, c, a)]


def _added(words: Sequence[Wire], adder: Graph) -> Number:
    """The number of words that have a 1, by carry-save adders: three of one weight give one, and a carry."""
    number, column = [], deque(words)
    while column:
        carries: deque[Wire] = deque()
        while len(column) > 2:
            total, carry = place(adder, [column.popleft(), column.popleft(), column.popleft()])
            column.append(total)
            carries.append(carry)
        if len(column) == 2:
            a, b = column
            column = deque([a ^ b])
            carries.append(a & b)
        number.append(column[0])
        column = carries
    return number


def winner(classes: int, width: int) -> Graph:
    """From numbers of `width` bits, as `counts` gives them, to which is the largest; of several, the first.

    >>> winner(10, 4).cod
    Bits(4)
    """
    bits = max(1, (classes - 1).bit_length())

    def winner(*planes: Wire) -> Wire:
        numbers = [[plane[c] for plane in planes] for c in range(classes)]
        return _best([(number, constant(c, width=bits)) for c, number in enumerate(numbers)])[1]

    return trace(winner, Ty.of(Bits(classes).obs * width), "winner", [f"votes{k}" for k in range(width)])


def _best(entrants: Sequence[tuple[Number, Wire]]) -> tuple[Number, Wire]:
    """The entrant with the largest number, of several the first, in rounds of pairs of neighbors."""
    while len(entrants) > 1:
        pairs = zip(entrants[::2], entrants[1::2], strict=False)
        entrants = [_better(*pair) for pair in pairs] + list(entrants[len(entrants) & ~1 :])
    return entrants[0]


def _better(first: tuple[Number, Wire], second: tuple[Number, Wire]) -> tuple[Number, Wire]:
    """The second where its number is larger, else the first."""
    (a, at_a), (b, at_b) = first, second
    larger = _larger(b, a)
    return [mux(larger, y, x) for x, y in zip(a, b, strict=True)], mux(larger, at_b, at_a)


def _larger(a: Number, b: Number) -> Wire:
    """Whether a > b: the highest bit in which they differ says so."""
    found = constant([0])
    for x, y in zip(a, b, strict=True):
        found = mux(x ^ y, x, found)
    return found
