"""From the words of a BIF text to its variables and tables; `catlearn.diagrams.bridges.bif` says what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.bridges._bif_rows import Rows
from catlearn.diagrams.bridges._bif_tokens import SIGNS, Words, flat, grouped, names, plain
from catlearn.errors import nearest, short

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
        self.given: list[tuple[int, int]] = []

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
        states = names(inside, count)
        if len(states) != count or SIGNS & set(inside) - {","}:
            listed = f"{len(states)} states: {short(', '.join(states))}"
            raise words.fault(start, f"{what} says [ {size} ] but lists {listed}")
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
        self.given.append((at, inner))

    def tables(self) -> dict[str, Given]:
        found: dict[str, Given] = {}
        for at, inner in self.given:
            name, parents = self._named(self.words.words[at + 1 : inner - 1], at)
            if name in found:
                raise self.words.fault(at, f"variable {name} has two probability blocks; leave one out")
            found[name] = self._table(name, parents, at, inner)
        return found

    def _named(self, head: list[str], at: int) -> tuple[str, tuple[str, ...]]:
        """A variable and its parents. Without a bar, the first word is the variable."""
        whole = " ".join(map(plain, head))
        bar = head.index("|") if "|" in head else len(head) if whole in self.variables else 1
        name, rest = " ".join(map(plain, head[:bar])), head[bar + (head[bar : bar + 1] == ["|"]) :]
        self._check_known(name, at)
        parents = grouped(rest)
        if not all(parent in self.variables for parent in parents):
            parents = flat(rest)
        for k, parent in enumerate(parents):
            self._check_known(parent, at)
            if parent in parents[:k] or parent == name:
                wrong = f"{name} -> {name} is a cycle" if parent == name else f"{name} has the parent {parent} twice"
                raise self.words.fault(at, f"{wrong}; leave it out")
        return name, parents

    def _table(self, name: str, parents: tuple[str, ...], at: int, inner: int) -> Given:
        outcomes = [self.variables[each].states for each in (*parents, name)]
        rows = Rows(self.words, name, outcomes[:-1], outcomes[-1])
        self.words.at = inner
        for start in self.words.statements(rows.what):
            rows.read(start)
        rows.check_whole(at)
        return Given(parents, rows.values.reshape([len(states) for states in outcomes]), at)

    def _check_known(self, name: str, at: int) -> None:
        if name not in self.variables:
            raise self.words.fault(at, f"there is no variable {name!r}{nearest(name, self.variables)}")
