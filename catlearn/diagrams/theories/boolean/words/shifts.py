"""Making words longer, and shifting them by a number that is itself a word.

>>> from catlearn import Bits, circuits, diagram
>>> @diagram
... def shift(x: Bits(32), by: Bits(5)):
...     return shifted_left(x, by)
>>> circuits.netlist(shift).depth
10
"""

from __future__ import annotations

from catlearn.diagrams.theories.boolean.bits import concatenate, constant, mux, repeat
from catlearn.diagrams.theories.boolean.words.word import bits_of, folded, word
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, short

__all__ = ["extended", "shifted_left", "shifted_right"]


def extended(x: Wire, width: int, signed: bool = False) -> Wire:
    """The same number as a wider word: zeros go on top; with `signed`, copies of the highest bit.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x: extended(x, 8), Bits(5)).cod
    Bits(8)

    Raises:
        WireError: for what is no word.
        ShapeMismatch: for a width below that of the word.
    """
    n = bits_of(word("extended", x))
    if not isinstance(width, int) or width < n:
        raise ShapeMismatch(f"extended: {x.ob} does not become {short(width)} bits wide; cut it by x[:width]")
    if width == n:
        return x
    more = repeat(x[-1], width - n) if signed and n else constant([0] * (width - n))
    return concatenate([x, more])


def shifted_left(x: Wire, by: Wire) -> Wire:
    """`x << by` in the same width, where `by` is a word of any width; zeros come in.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x, by: shifted_left(x, by), Bits(8) @ Bits(3)).cod
    Bits(8)

    Raises:
        WireError: for what is no word.
    """
    made: Wire = folded("shifted_left", _left, word("shifted_left", x), word("shifted_left", by))
    return made


def shifted_right(x: Wire, by: Wire) -> Wire:
    """`x >> by` in the same width, where `by` is a word of any width; zeros come in. Errors as for `shifted_left`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x, by: shifted_right(x, by), Bits(8) @ Bits(3)).cod
    Bits(8)
    """
    made: Wire = folded("shifted_right", _right, word("shifted_right", x), word("shifted_right", by))
    return made


def _left(x: Wire, by: Wire) -> Wire:
    for k in range(bits_of(by)):
        x = mux(repeat(by[k], bits_of(x)), x << min(1 << k, bits_of(x)), x)
    return x


def _right(x: Wire, by: Wire) -> Wire:
    for k in range(bits_of(by)):
        x = mux(repeat(by[k], bits_of(x)), x >> min(1 << k, bits_of(x)), x)
    return x
