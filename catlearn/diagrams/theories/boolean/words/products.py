"""The product of words, by carry-save adders in a tree and one adder at the end.

C. S. Wallace, "A suggestion for a fast multiplier", IEEE Transactions on Electronic Computers EC-13 (1964).

>>> from catlearn import Bits, circuits, diagram
>>> @diagram
... def product(a: Bits(8), b: Bits(8)):
...     return times(a, b)
>>> product.cod, circuits.netlist(product).depth < 50
(Bits(16), True)
"""

from __future__ import annotations

from typing import Any

from catlearn.diagrams.theories.boolean.bits import constant, repeat
from catlearn.diagrams.theories.boolean.rows import put
from catlearn.diagrams.theories.boolean.words.adders import plus
from catlearn.diagrams.theories.boolean.words.counts import full_adder
from catlearn.diagrams.theories.boolean.words.word import bits_of, folded, word
from catlearn.diagrams.wire import Wire

__all__ = ["times"]


def times(a: Any, b: Any) -> Wire:
    """The whole product of two words from 0 up: it has as many bits as both have together.

    The words may have different widths. The lowest bits, as many as each has, are the product of signed words too.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: times(a, b), Bits(8) @ Bits(5)).cod
    Bits(13)

    Raises:
        WireError: for what is no word.
    """
    made: Wire = folded("times", _times, word("times", a), word("times", b))
    return made


def _times(a: Wire, b: Wire) -> Wire:
    m, n = bits_of(a), bits_of(b)
    if not m or not n:
        return constant([0] * (m + n))
    rows = [put(a & repeat(b[j], m), data=(tuple(range(j, j + m)), m + n)) for j in range(n)]
    while len(rows) > 2:
        triples = len(rows) // 3 * 3
        made = [full_adder(*rows[i : i + 3]) for i in range(0, triples, 3)]
        rows = rows[triples:] + [row for total, carry in made for row in (total, carry << 1)]
    return plus(*rows) if len(rows) == 2 else rows[0]
