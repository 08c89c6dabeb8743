"""Comparing words: which is less, whether they are the same, which is the largest.

Comparisons are trees, so their depth grows like the logarithm of the width. Words are numbers from 0 up unless a
function is told that they are signed.

>>> from catlearn import Bits, circuits, diagram
>>> @diagram
... def winner(a: Bits(8), b: Bits(8), c: Bits(8)):
...     return argmax([a, b, c])
>>> winner.cod, circuits.netlist(winner).depth < 20
(Bits(2), True)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catlearn.diagrams.theories.boolean.bits import concatenate, constant, mux, one_hot
from catlearn.diagrams.theories.boolean.words.word import bits_of, folded, word, word_pair
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch

__all__ = [
    "all_of",
    "any_of",
    "argmax",
    "at_most",
    "is_zero",
    "less",
    "maximum",
    "minimum",
    "one_hot_argmax",
    "same",
]


def all_of(x: Wire) -> Wire:
    """Whether all bits are 1. Raises `WireError` for what is no word.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x: all_of(x), Bits(8)).cod
    Bits(1)
    """
    made: Wire = folded("all_of", _all, word("all_of", x))
    return made


def any_of(x: Wire) -> Wire:
    """Whether some bit is 1. Raises `WireError` for what is no word.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x: any_of(x), Bits(8)).cod
    Bits(1)
    """
    made: Wire = folded("any_of", _any, word("any_of", x))
    return made


def _all(x: Wire) -> Wire:
    return _halved(x, lambda a, b: a & b) if bits_of(x) else constant([1])


def _any(x: Wire) -> Wire:
    return _halved(x, lambda a, b: a | b) if bits_of(x) else constant([0])


def _halved(x: Wire, join: Callable[[Wire, Wire], Wire]) -> Wire:
    """All bits joined, as a tree."""
    while (n := bits_of(x)) > 1:
        half = n // 2
        joined = join(x[:half], x[half : 2 * half])
        x = concatenate([joined, x[2 * half :]]) if n % 2 else joined
    return x


def is_zero(x: Wire) -> Wire:
    """Whether a word is 0. Raises `WireError` for what is no word.

    >>> from catlearn import Bits, trace
    >>> trace(lambda x: is_zero(x), Bits(8)).cod
    Bits(1)
    """
    return ~any_of(x)


def same(a: Any, b: Any) -> Wire:
    """Whether two words are the same: one bit, where `equals` gives one for each bit.

    Args:
        a, b: words of one width; one may be a number.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: same(a, b), Bits(8) @ Bits(8)).cod
    Bits(1)

    Raises:
        WireError, ShapeMismatch: for what are no words of one width.
    """
    made: Wire = folded("same", _same, *word_pair("same", a, b))
    return made


def _same(a: Wire, b: Wire) -> Wire:
    return _all(~(a ^ b))


def less(a: Any, b: Any, signed: bool = False) -> Wire:
    """Whether a < b; with `signed`, as numbers in two's complement. Arguments and errors are those of `same`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: less(a, b), Bits(8) @ Bits(8)).cod
    Bits(1)
    """
    made: Wire = folded(
        "less_signed" if signed else "less", _less_signed if signed else _less, *word_pair("less", a, b)
    )
    return made


def at_most(a: Any, b: Any, signed: bool = False) -> Wire:
    """Whether a <= b; otherwise as `less`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a: at_most(a, 3), Bits(8)).cod
    Bits(1)
    """
    return ~less(b, a, signed)


def _less(a: Wire, b: Wire) -> Wire:
    if not bits_of(a):
        return constant([0])
    below, equal = ~a & b, ~(a ^ b)
    while (n := bits_of(below)) > 1:
        # Of two neighbors the higher decides, unless it is equal.
        high, low, rest = slice(1, None, 2), slice(0, n - 1, 2), slice(n // 2 * 2, None)
        joined = below[high] ^ equal[high] & below[low], equal[high] & equal[low]
        below, equal = (concatenate([x, y[rest]]) if n % 2 else x for x, y in zip(joined, (below, equal), strict=True))
    return below


def _less_signed(a: Wire, b: Wire) -> Wire:
    # The highest bits count negatively, so they are compared the other way round.
    top = bits_of(a) - 1
    return _less(concatenate([a[:top], b[top:]]), concatenate([b[:top], a[top:]])) if bits_of(a) else _less(a, b)


def maximum(a: Any, b: Any, signed: bool = False) -> Wire:
    """The larger of two words. Arguments and errors are those of `less`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: maximum(a, b), Bits(8) @ Bits(8)).cod
    Bits(8)
    """
    left, right = word_pair("maximum", a, b)
    return mux(less(left, right, signed), right, left)


def minimum(a: Any, b: Any, signed: bool = False) -> Wire:
    """The smaller of two words. Arguments and errors are those of `less`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda a, b: minimum(a, b), Bits(8) @ Bits(8)).cod
    Bits(8)
    """
    left, right = word_pair("minimum", a, b)
    return mux(less(left, right, signed), left, right)


def argmax(words: Sequence[Wire]) -> Wire:
    """The place of the largest of some words, as a word; of several that are largest, the first.

    Args:
        words: n words of one width, n >= 1.

    It has as many bits as n - 1 needs, and at least one.

    >>> from catlearn import Bits, trace
    >>> trace(lambda *words: argmax(words), Bits(4) ** 10).cod
    Bits(4)

    Raises:
        WireError, ShapeMismatch: for what are no words of one width, or for none.
    """
    made: Wire = folded("argmax", _argmax, *_checked("argmax", words))
    return made


def one_hot_argmax(words: Sequence[Wire]) -> Wire:
    """n bits, of which the one at `argmax(words)` is 1. Arguments and errors are those of `argmax`.

    >>> from catlearn import Bits, trace
    >>> trace(lambda *words: one_hot_argmax(words), Bits(4) ** 10).cod
    Bits(10)
    """
    made: Wire = folded("one_hot_argmax", _one_hot_argmax, *_checked("one_hot_argmax", words))
    return made


def _checked(name: str, words: Sequence[Wire]) -> list[Wire]:
    found = [word(name, x) for x in ([words] if isinstance(words, Wire) else words)]
    if not found:
        raise ShapeMismatch(f"{name}: there are no words; give one or more")
    for x in found:
        word_pair(name, found[0], x)
    return found


def _argmax(*words: Wire) -> Wire:
    # Neighbors play; the index gets a bit a round, which says who won.
    players: list[tuple[Wire, Wire | None]] = [(x, None) for x in words]
    while len(players) > 1:
        pairs = zip(players[::2], players[1::2], strict=False)
        alone = [(x, _longer(index, constant([0]))) for x, index in players[len(players) & ~1 :]]
        players = [*(_played(*pair) for pair in pairs), *alone]
    return constant([0]) if players[0][1] is None else players[0][1]


def _played(a: tuple[Wire, Wire | None], b: tuple[Wire, Wire | None]) -> tuple[Wire, Wire]:
    second = _less(a[0], b[0])
    index = None if a[1] is None or b[1] is None else mux(second, b[1], a[1])
    return mux(second, b[0], a[0]), _longer(index, second)


def _longer(index: Wire | None, bit: Wire) -> Wire:
    return bit if index is None else concatenate([index, bit])


def _one_hot_argmax(*words: Wire) -> Wire:
    return one_hot(_argmax(*words))[: len(words)]
