"""Which boxes are drawn, when some folded boxes are opened.

>>> from catlearn import Box, Ty, diagram
>>> X = Ty("X")
>>> f = Box("f", X, X)
>>> @diagram
... def twice(x: X) -> X:
...     return f(f(x))
>>> @diagram
... def four(x: X) -> X:
...     return twice(twice(x))
>>> [place.box.name for place in opened(four, 0).places], [place.box.name for place in opened(four, 1).places]
(['twice', 'twice'], ['f', 'f', 'f', 'f'])
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import Wiring, flatten
from catlearn.errors import DrawingError

__all__ = ["Group", "Opened", "Place", "Unfold", "count", "opened"]

Unfold = bool | int | Collection[str]
"""How many levels of folded boxes to open, True for all of them, or the names of those to open."""


_TOO_DEEP = "unfold: the folded boxes nest too deep to open them all; give a number of levels, or draw a part"


@dataclass(frozen=True)
class Place:
    """One box that is drawn: the wires it reads and gives, its group, and its place in the folded wiring."""

    box: Box
    reads: tuple[int, ...]
    gives: range
    group: int
    index: int


@dataclass(frozen=True)
class Group:
    """One box that was opened; `parent` is the group it stands in, -1 for none."""

    name: str
    parent: int


@dataclass(frozen=True)
class Opened:
    """A wiring with groups: wires are numbered as there, first those of the domain."""

    dom: Ty
    obs: tuple[Ob, ...]
    places: tuple[Place, ...]
    groups: tuple[Group, ...]
    outputs: tuple[int, ...]


def opened(d: Diagram, unfold: Unfold) -> Opened:
    """The boxes of a diagram, folded ones opened as asked.

    Raises:
        DrawingError: when `unfold` is not what it can be, or names a box that is not there.
    """
    rule = _rule(unfold)
    opener = _Opener(d.dom)
    try:
        outputs = opener.inline(flatten(d), range(len(d.dom)), -1, rule)
    except RecursionError as error:
        raise DrawingError(_TOO_DEEP) from error
    if isinstance(rule, frozenset) and (missing := sorted(rule - {group.name for group in opener.groups})):
        seen = sorted({place.box.name for place in opener.places if place.box.inside is not None})
        folded = f"the folded boxes are {', '.join(seen)}" if seen else "it has no more folded boxes"
        raise DrawingError(f"unfold: there is no folded box {missing[0]!r} to open; {folded}")
    return Opened(d.dom, tuple(opener.obs), tuple(opener.places), tuple(opener.groups), tuple(outputs))


def count(d: Diagram, unfold: Unfold) -> int:
    """How many boxes `opened` would give, found without making them.

    >>> from catlearn import Box, Ty
    >>> box = Box("f", Ty(), Ty())
    >>> for level in range(64):
    ...     box = Box(f"f{level}", Ty(), Ty(), (), box >> box)
    >>> count(box, True) == 2**64
    True
    """
    try:
        return _count(flatten(d), _rule(unfold), {})
    except RecursionError as error:
        raise DrawingError(_TOO_DEEP) from error


def _count(wiring: Wiring, rule: int | frozenset[str], known: dict[tuple[int, object], int]) -> int:
    key = (id(wiring), rule)
    if key not in known:
        known[key] = sum(
            1 if box.inside is None or not _opens(box, rule) else _count(flatten(box.inside), _below(rule), known)
            for box in wiring.boxes
        )
    return known[key]


def _rule(unfold: Unfold) -> int | frozenset[str]:
    """A number of levels, or names; all levels are -1."""
    if unfold is True:
        return -1
    if isinstance(unfold, int) and unfold >= 0:
        return int(unfold)
    if isinstance(unfold, str):
        return frozenset((unfold,))
    if isinstance(unfold, Collection) and all(isinstance(name, str) for name in unfold):
        return frozenset(unfold)
    raise DrawingError(f"unfold: give a number of levels from 0 up, True, or names of boxes, not {unfold!r}")


def _opens(box: Box, rule: int | frozenset[str]) -> bool:
    return box.name in rule if isinstance(rule, frozenset) else rule != 0


def _below(rule: int | frozenset[str]) -> int | frozenset[str]:
    return rule if isinstance(rule, frozenset) else max(rule - 1, -1)


class _Opener:
    """Collects places, groups and wires."""

    def __init__(self, dom: Ty) -> None:
        self.obs: list[Ob] = list(dom.obs)
        self.places: list[Place] = []
        self.groups: list[Group] = []

    def inline(
        self, wiring: Wiring, wires: Sequence[int], group: int, rule: int | frozenset[str], index: int = -1
    ) -> list[int]:
        """Place the boxes of a wiring on these wires; gives the wires that leave it."""
        at = list(wires)
        for k, (box, reads, _) in enumerate(wiring.steps()):
            at.extend(self._put(box, [at[i] for i in reads], group, rule, k if index < 0 else index))
        return [at[i] for i in wiring.outputs.tolist()]

    def _put(self, box: Box, reads: list[int], group: int, rule: int | frozenset[str], index: int) -> Sequence[int]:
        if box.inside is not None and _opens(box, rule):
            self.groups.append(Group(box.name, group))
            return self.inline(flatten(box.inside), reads, len(self.groups) - 1, _below(rule), index)
        gives = range(len(self.obs), len(self.obs) + len(box.cod))
        self.obs.extend(box.cod.obs)
        self.places.append(Place(box, tuple(reads), gives, group, index))
        return gives
