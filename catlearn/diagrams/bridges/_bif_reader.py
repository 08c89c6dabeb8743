"""From the words of a BIF text to its variables and tables; `catlearn.diagrams.bridges.bif` says what they mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.bridges._bif_tokens import SIGNS, Words, plain
from catlearn.errors import TooLarge, nearest, short

MOST_NUMBERS, MOST_PARENTS = 2**27, 63
"""A table has at most so many numbers, and numpy's arrays at most 64 axes."""

__all__ = ["Declared", "Given", "Network", "parse"]


@dataclass(frozen=True)
class Declared:
    """A variable: its states, and the place of its name in the words."""

    states: tuple[str, ...]
    at: int


@dataclass(frozen=True)
class Given:
    """The table of a variable, an axis for each parent and then one for its own states."""

    parents: tuple[str, ...]
    values: NDArray[np.float64]
    at: int


@dataclass(frozen=True)
class Network:
    """A whole file: its name, its variables, and the table of each."""

    name: str
    variables: Mapping[str, Declared]
    tables: Mapping[str, Given]


def parse(words: Words) -> Network:
    """The network of a text. Raises `FileProblem`, which names the line."""
    reader = _Reader(words)
    while words.at < len(words.words):
        reader.block()
    if not reader.variables:
        raise words.fault(0, "there are no variables; is this a BIF file?")
    tables = reader.tables()
    for name, declared in reader.variables.items():
        if name not in tables:
            raise words.fault(declared.at, f"variable {name} has no probability block; the file may be cut short")
    return Network(reader.name, reader.variables, tables)


class _Reader:
    """What has been read so far. Tables wait until the end, as they may come before the variables they speak of."""

    def __init__(self, words: Words) -> None:
        self.words, self.name = words, ""
        self.variables: dict[str, Declared] = {}
        self.given: dict[str, tuple[int, int]] = {}

    def block(self) -> None:
        words, at = self.words, self.words.at
        kind = words.next("a block")
        if kind == "network":
            self.name = plain(words.next("the network")) if words.words[words.at : words.at + 1] != ["{"] else ""
            for _ in words.statements("the network"):
                words.until(";", "the network")
        elif kind == "variable":
            self._variable()
        elif kind == "probability":
            self._note_probability()
        else:
            raise words.fault(at, f"expected network, variable or probability, not {short(kind)}; is this a BIF file?")

    def _variable(self) -> None:
        words, at = self.words, self.words.at
        name = " ".join(map(plain, self._header("a variable")))
        if not name:
            raise words.fault(at, "a variable has no name; give it one")
        if name in self.variables:
            raise words.fault(at, f"variable {name} is defined twice; leave one out")
        states: tuple[str, ...] = ()
        for start in words.statements(f"variable {name}"):
            if words.words[start] == "type":
                states = self._states(name, start)
            else:
                self._skip_property(start, f"variable {name}")
        if not states:
            raise words.fault(at, f"variable {name} has no states; write type discrete [ 2 ] {{ no, yes }};")
        self.variables[name] = Declared(states, at)

    def _header(self, what: str) -> list[str]:
        """The words before a block is opened; its brace is read next."""
        start = self.words.at
        found = self.words.until("{", what)
        self.words.at = start + len(found)
        return found

    def _states(self, name: str, start: int) -> tuple[str, ...]:
        words, what = self.words, f"variable {name}"
        words.expect("type", what)
        if (kind := words.next(what)) != "discrete":
            raise words.fault(start, f"{what} is {short(kind)}; only discrete variables can be read")
        words.expect("[", what)
        size = words.next(what)
        words.expect("]", what)
        words.expect("{", what)
        inside = words.until("}", what)
        words.expect(";", what)
        count = int(size) if size.isdecimal() and len(size) < 10 else -1
        states = _names(inside, count)
        if len(states) != count or SIGNS & set(inside) - {","}:
            raise words.fault(
                start, f"{what} says [ {size} ] but lists {len(states)} states: {short(', '.join(states))}"
            )
        if len(set(states)) < len(states):
            twice = next(state for k, state in enumerate(states) if state in states[:k])
            raise words.fault(start, f"{what} has the state {short(twice)} twice; give each a name of its own")
        return states

    def _skip_property(self, start: int, what: str) -> None:
        if (found := self.words.words[start]) != "property":
            raise self.words.fault(start, f"{what}: expected type or property, not {short(found)}")
        self.words.until(";", what)

    def _note_probability(self) -> None:
        """Remember where a table is, and go on after it."""
        words, at = self.words, self.words.at
        words.expect("(", "a probability block")
        head = words.until(")", "a probability block")
        if not head:
            raise words.fault(at, "a probability block names no variable; write probability ( x | y, z )")
        inner = words.at
        words.expect("{", "a probability block")
        label = " ".join(head)
        words.until("}", f"probability ( {label} )")
        self._claim(head, at, inner)

    def _claim(self, head: list[str], at: int, inner: int) -> None:
        bar = head.index("|") if "|" in head else 1
        name = " ".join(map(plain, head[:bar]))
        if name in self.given:
            raise self.words.fault(at, f"variable {name} has two probability blocks; leave one out")
        self.given[name] = at, inner

    def tables(self) -> dict[str, Given]:
        return {name: self._table(name, at, inner) for name, (at, inner) in self.given.items()}

    def _table(self, name: str, at: int, inner: int) -> Given:
        self._check_known(name, at)
        parents = self._parents(name, self.words.words[at + 1 : inner - 1], at)
        sizes = [len(self.variables[parent].states) for parent in parents]
        rows = _Rows(
            self.words, name, [self.variables[parent].states for parent in parents], self.variables[name].states
        )
        self.words.at = inner
        for start in self.words.statements(rows.what):
            rows.read(start)
        rows.check_whole(at)
        return Given(parents, rows.values.reshape(*sizes, -1), at)

    def _parents(self, name: str, head: list[str], at: int) -> tuple[str, ...]:
        rest = head[head.index("|") + 1 :] if "|" in head else head[1:]
        grouped = _grouped(rest)
        parents = grouped if all(group in self.variables for group in grouped) else _flat(rest)
        for k, parent in enumerate(parents):
            self._check_known(parent, at)
            if parent in parents[:k] or parent == name:
                said = (
                    f"variable {name} has the parent {parent} twice"
                    if parent != name
                    else f"{name} -> {name} is a cycle"
                )
                raise self.words.fault(at, f"{said}; leave it out")
        return parents

    def _check_known(self, name: str, at: int) -> None:
        if name not in self.variables:
            raise self.words.fault(at, f"there is no variable {name!r}{nearest(name, self.variables)}")


class _Rows:
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
        found = _names(inside, len(self.places))
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
            raise self._no_number(numbers, start) from None
        if len(made) != count:
            raise self.words.fault(start, f"{self.what}: {len(made)} numbers where {count} are needed")
        return made

    def _no_number(self, numbers: list[str], start: int) -> Exception:
        bad = next(word for word in numbers if not _is_number(word))
        place = self.words.words.index(bad, start)
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


def _names(words: list[str], count: int) -> tuple[str, ...]:
    """Names in a list: between commas, where there are so many of them; else each word is one, as BIF has it."""
    grouped = _grouped(words)
    return grouped if len(grouped) == count else _flat(words)


def _grouped(words: list[str]) -> tuple[str, ...]:
    if words[1::2].count(",") * 2 + 1 == len(words):
        return tuple([plain(word) for word in words[::2]])
    groups: list[list[str]] = [[]]
    for word in words:
        if word == ",":
            groups.append([])
        else:
            groups[-1].append(plain(word))
    return tuple(" ".join(group) for group in groups if group)


def _flat(words: list[str]) -> tuple[str, ...]:
    return tuple(plain(word) for word in words if word != ",")
