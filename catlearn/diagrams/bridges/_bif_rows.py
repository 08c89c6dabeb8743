"""The numbers of one table of a BIF text, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.bridges._bif_tokens import SIGNS, Words, names
from catlearn.errors import TooLarge, nearest, short

__all__ = ["Rows"]

MOST_NUMBERS, MOST_PARENTS = 2**27, 63
"""A table has at most so many numbers, and numpy's arrays at most 64 axes."""


class Rows:
    """The numbers of one table, row by row."""

    def __init__(self, words: Words, name: str, parents: Sequence[tuple[str, ...]], states: tuple[str, ...]) -> None:
        self.words, self.what, self.parents, self.states = words, f"probability ( {name} )", parents, states
        self.places = [{state: k for k, state in enumerate(outcomes)} for outcomes in parents]
        self.count = math.prod(map(len, parents))
        self.rows: dict[int, list[float]] = {}
        self.default: list[float] | None = None

    @property
    def values(self) -> NDArray[np.float64]:
        return np.array([self.rows.get(k, self.default) for k in range(self.count)], np.float64)

    def read(self, start: int) -> None:
        """Read one statement."""
        words = self.words
        word = words.next(self.what)
        if word == "(":
            row = self._place(words.until(")", self.what), start)
            self._put(row, self._numbers(start, len(self.states)), start)
        elif word == "table":
            self._fill(self._numbers(start, self.count * len(self.states)), start)
        elif word == "default":
            self.default = self._numbers(start, len(self.states))
        elif word == "property":
            words.until(";", self.what)
        else:
            said = "expected (states), table, default or property"
            raise words.fault(start, f"{self.what}: {said}, not {short(word)}; is a ; missing before it?")

    def _place(self, inside: list[str], start: int) -> int:
        """The number of a row, by the states of the parents."""
        found = names(inside, len(self.places))
        if len(found) != len(self.places):
            said = f"a row names {len(found)} states for {len(self.places)} parents"
            raise self.words.fault(start, f"{self.what}: {said}: ({', '.join(found)})")
        row = 0
        for state, place in zip(found, self.places, strict=True):
            if state not in place:
                said = f"{self.what}: there is no state {state!r}{nearest(state, place)}"
                raise self.words.fault(start, said)
            row = row * len(place) + place[state]
        return row

    def _put(self, row: int, numbers: list[float], start: int) -> None:
        if row in self.rows:
            raise self.words.fault(start, f"{self.what}: the row ({self._label(row)}) is given twice; leave one out")
        self.rows[row] = numbers

    def _fill(self, numbers: list[float], start: int) -> None:
        # In a whole table the variable's own state changes slowest, then the first parent, and so on.
        for row in range(self.count):
            self._put(row, numbers[row :: self.count], start)

    def _numbers(self, start: int, count: int) -> list[float]:
        begin = self.words.at
        found = self.words.until(";", self.what)
        numbers = found[::2]
        # The usual spelling has a comma between numbers; any other is looked at word by word.
        if set(found[1::2]) - {","} or len(found) % 2 == 0 or "_" in "".join(numbers):
            numbers = [word for word in found if word != ","]
        try:
            if any("_" in word for word in numbers):
                raise ValueError
            made = list(map(float, numbers))
        except ValueError:
            raise self._no_number(numbers, begin) from None
        if len(made) != count:
            raise self.words.fault(start, f"{self.what}: {len(made)} numbers where {count} are needed")
        return made

    def _no_number(self, numbers: list[str], begin: int) -> Exception:
        bad = next(word for word in numbers if not _is_number(word))
        place = self.words.words.index(bad, begin)
        hint = "; is a ; missing before it?" if bad in SIGNS else ""
        return self.words.fault(place, f"{self.what}: {short(bad)} is not a number{hint}")

    def check_whole(self, at: int) -> None:
        """Refuse a table with rows that nothing gives, or with more of them than an array holds."""
        if self.count * len(self.states) > MOST_NUMBERS or len(self.parents) > MOST_PARENTS:
            said = f"{len(self.parents)} parents make {self.count:,} rows, too many for a table; give it fewer parents"
            raise TooLarge(f"{self.words.where}, line {self.words.line(at)}: {self.what}: {said}")
        if self.default is not None or len(self.rows) == self.count:
            return
        row = next(k for k in range(self.count) if k not in self.rows)
        missing = f"{self.count - len(self.rows)} of {self.count} rows are missing"
        which = f", such as ({self._label(row)})" if self.parents else ""
        raise self.words.fault(at, f"{self.what}: {missing}{which}; give them, or a default row")

    def _label(self, row: int) -> str:
        found = []
        for outcomes in reversed(self.parents):
            row, k = divmod(row, len(outcomes))
            found.append(outcomes[k])
        return ", ".join(reversed(found))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return "_" not in word
