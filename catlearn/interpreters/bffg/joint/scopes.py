"""Which wires a message is about: the elimination of wires, from the last box to the first.

Pulled back through a box with several inputs, a message is about all of them together. At the box that makes one of
these wires, everything that is about it is put together, and what is pulled back is about the rest as well. Where that
grows too large, such a message is replaced by one for each wire apart.

>>> from catlearn import Real, gaussian, gaussian_state, unfolded
>>> X = Real()
>>> both = (gaussian_state("a", X, 0, 1) @ gaussian_state("b", X, 0, 1)) >> gaussian("y", X @ X, X, [1, 1], 0, 1)
>>> found = scopes(unfolded(both), ["Real"] * 3, {"Real": 64})
>>> found.groups, found.together
(((), ((0,),), ((0, 1),)), ((), (1, 0), ()))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import Wiring

__all__ = ["Scopes", "scopes", "size"]

Group = tuple[int, ...]


@dataclass(frozen=True)
class Scopes:
    """What goes together.

    Attributes:
        groups: for each box, the groups of wires that its message is a product over. More than one means that the
            message was replaced by a product.
        together: for each box, its outputs and the wires that messages about them are about too; empty where the
            messages about its outputs are about nothing else.
        inputs: the groups of the diagram's inputs.
    """

    groups: tuple[tuple[Group, ...], ...]
    together: tuple[Group, ...]
    inputs: tuple[Group, ...]

    @property
    def plain(self) -> bool:
        """Whether all messages are about one wire each."""
        return not any(self.together) and all(len(g) == 1 for groups in (*self.groups, self.inputs) for g in groups)


def size(ob: Ob) -> int:
    """How many outcomes a finite wire has, or how many numbers another one carries."""
    return len(ob.sizes) if ob.kind == "Finite" else prod(map(int, ob.sizes))


def scopes(wiring: Wiring, kinds: Sequence[str], most: Mapping[str, int]) -> Scopes:
    """What goes together in a diagram.

    Args:
        kinds: for each box `"Finite"` or `"Real"` where wires of that kind can be kept together at it; else `""`, and
            its own rule says what its message is.
        most: for each kind the size up to which messages are kept together: the product of numbers of outcomes on
            finite wires, the count of numbers on others. A kind that is not named is never kept together.
    """
    search = _Search(wiring, kinds, most)
    for k in reversed(range(len(search.steps))):
        search.visit(k)
    inputs = search.enter()
    return Scopes(tuple(map(tuple, search.groups)), tuple(search.together), inputs)


class _Search:
    def __init__(self, wiring: Wiring, kinds: Sequence[str], most: Mapping[str, int]) -> None:
        self.steps, self.obs, self.kinds, self.most = list(wiring.steps()), wiring.obs, kinds, most
        self.groups: list[list[Group]] = [[] for _ in self.steps]
        self.together: list[Group] = [() for _ in self.steps]
        self.about: dict[int, set[int]] = {}  # for a wire, the boxes with a message about it and others
        self.entries = range(len(wiring.dom))

    def visit(self, k: int) -> None:
        _, reads, made = self.steps[k]
        said = self._said(made)
        while said and not self._fits(self.kinds[k], {*reads, *made, *self._rest(said, made)}):
            self._apart(said.pop())
        rest = self._rest(said, made)
        for j in said:
            self._forget(j)
        self.together[k] = (*made, *rest) if said else ()
        if not self.kinds[k]:
            self.groups[k] = [(wire,) for wire in reads]
            return
        scope = tuple(sorted({*reads, *rest}))
        self.groups[k] = [scope] if scope else []
        if len(scope) < 2:
            return
        for wire in scope:
            self.about.setdefault(wire, set()).add(k)
        if not self._fits(self.kinds[k], {*scope, *made}):
            self._apart(k)

    def enter(self) -> tuple[Group, ...]:
        found: dict[int, Group] = {}
        for wire in self.entries:
            group = {wire} if wire in found else self._connected(wire)
            if len(group) > 1 and not self._fits(self.obs[wire].kind, group):
                for j in self._said(group):
                    self._apart(j)
                group = {wire}
            found |= {w: tuple(sorted(group)) for w in group if w not in found}
        return tuple(dict.fromkeys(found.values()))

    def _connected(self, wire: int) -> set[int]:
        """The wires that messages about this one are about too, and messages about those, and so on."""
        group = {wire}
        while more := {w for j in self._said(group) for w in self.groups[j][0]} - group:
            group |= more
        return group

    def _said(self, wires: Iterable[int]) -> list[int]:
        """The messages about some of these wires and others, the largest last."""
        return sorted({j for wire in wires for j in self.about.get(wire, ())}, key=lambda j: (self._extent(j), j))

    def _rest(self, said: Sequence[int], made: range) -> list[int]:
        return sorted({wire for j in said for wire in self.groups[j][0]}.difference(made))

    def _extent(self, j: int) -> int:
        return prod(1 + size(self.obs[wire]) for wire in self.groups[j][0])

    def _fits(self, kind: str, wires: set[int]) -> bool:
        if kind not in self.most or any(self.obs[wire].kind != kind for wire in wires):
            return False
        sizes = [size(self.obs[wire]) for wire in wires]
        return (prod(sizes) if kind == "Finite" else sum(sizes)) <= self.most[kind]

    def _apart(self, j: int) -> None:
        self._forget(j)
        self.groups[j] = [(wire,) for wire in self.groups[j][0]]

    def _forget(self, j: int) -> None:
        for wire in self.groups[j][0]:
            self.about.get(wire, set()).discard(j)
