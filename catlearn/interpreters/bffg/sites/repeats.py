"""In which order a tree is pruned, and which columns are the same below a node, so that they are computed once.

Below a node with few leaves, few different columns occur (site repeats, Kobert, Stamatakis and Flouri 2017). Each
node has a value for each of its *classes* of columns; a join of two parts tells for each of its classes the class
of either part.

>>> codes = np.array([[0, 1, 0, 1], [0, 0, 0, 1]])
>>> left, right = (Part(Kind.LEAF, k, k + 1, codes[k], 2, 1) for k in range(2))
>>> join, classes = join_parts(left, right)
>>> join.left_take, join.right_take, classes
(array([0, 1, 1]), array([0, 0, 1]), array([0, 1, 0, 2]))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.sites.alignment import Alignment
from catlearn.interpreters.bffg.sites.tree import Tree

__all__ = ["Join", "Kind", "Part", "Plan", "join_parts", "make_plan"]

Array = NDArray[Any]


class Kind(Enum):
    """What a part of a product is."""

    LEAF = 0
    """A row of likelihoods, through the edge above it."""
    SEEN = 1
    """A row of likelihoods as it is."""
    NODE = 2
    """The value of a join, through the edge above it."""
    JOIN = 3
    """The value of a join as it is: a part of a larger product."""


@dataclass(frozen=True, eq=False)
class Part:
    """One factor of the value at a node, and its classes.

    Attributes:
        kind: see `Kind`.
        at: the number of the row of observations, or of the join.
        edge: the wire whose table it goes through.
        classes: for each pattern its class, (S,).
        count: the number of classes.
        leaves: how many rows of observations lie below.
    """

    kind: Kind
    at: int
    edge: int
    classes: Array
    count: int
    leaves: int


@dataclass(frozen=True, eq=False)
class Join:
    """A product of two parts, or one part alone.

    Attributes:
        left, right: the parts; their classes are forgotten.
        left_take, right_take: for each class of the product that of the part; None where these are the same.
        count: the number of classes.
        leaves: how many rows of observations lie below.
        wire: the wire at which the parts meet.
        width: the number of outcomes of that wire.
        slot: where the value is kept until it is used, the last time.
    """

    left: Part
    left_take: Array | None
    right: Part | None
    right_take: Array | None
    count: int
    leaves: int
    wire: int = -1
    width: int = 0
    slot: int = 0


@dataclass(frozen=True, eq=False)
class Plan:
    """Joins in the order in which they are made, the last one at the root.

    Attributes:
        joins: the joins.
        root: for each pattern the class of the last join.
        slots: how many values are kept at a time.
        codes: for each row of observations and pattern the row of its table of likelihoods.
    """

    joins: tuple[Join, ...]
    root: Array
    slots: int
    codes: Array

    def classes(self) -> list[Array]:
        """For each join and pattern the class of the join."""
        found: list[Array] = [self.root] * len(self.joins)
        for k in range(len(self.joins) - 1, -1, -1):
            join = self.joins[k]
            for part, take in ((join.left, join.left_take), (join.right, join.right_take)):
                if part is not None and part.kind in (Kind.NODE, Kind.JOIN):
                    found[part.at] = found[k] if take is None else take[found[k]]
        return found


NOTHING = np.empty(0, np.intp)


def join_parts(left: Part, right: Part | None) -> tuple[Join, Array]:
    """The product of parts, and for each pattern its class.

    Classes are in the order of those of the part with more of them, so that its values are read in order, and as they
    are where no class of it is split.
    """
    if right is None:
        return Join(_bare(left), None, None, None, left.count, left.leaves), left.classes
    if left.count < right.count:
        left, right = right, left
    pairs = left.classes * right.count + right.classes
    found, classes = _numbered(pairs, left.count * right.count)
    left_take, right_take = (
        _unless_same(found // right.count, left.count),
        _unless_same(found % right.count, right.count),
    )
    join = Join(_bare(left), left_take, _bare(right), right_take, len(found), left.leaves + right.leaves)
    return join, classes


def _unless_same(take: Array, count: int) -> Array | None:
    return None if len(take) == count and (take == np.arange(count)).all() else take


def _bare(part: Part) -> Part:
    return replace(part, classes=NOTHING)


def _numbered(keys: Array, bound: int) -> tuple[Array, Array]:
    """The different keys in order, and for each key its place among them."""
    if bound > 16 * len(keys):
        found, places = np.unique(keys, return_inverse=True)
        return found, places.reshape(-1)
    there = np.zeros(bound, bool)
    there[keys] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[keys]


def make_plan(tree: Tree, alignment: Alignment, codes: Array) -> Plan:
    """The plan of a tree for these patterns, (observed wires, S). What nothing was seen below is left out."""
    seen = _seen(tree, alignment, codes)
    below = _leaves_below(tree, seen)
    maker = _Maker(tree)
    for wire in _postorder(tree, below):
        for part in seen.get(wire, []):
            maker.add(wire, part)
        if tree.parents[wire] < 0:
            return maker.plan(wire, codes)
        if below[wire]:
            maker.add(tree.parents[wire], maker.upward(wire))
    raise AssertionError("a tree has a root")


class _Maker:
    """The joins so far, and of each wire the product of the parts that have come."""

    def __init__(self, tree: Tree) -> None:
        self.tree, self.joins, self.parts = tree, list[Join](), dict[int, Part]()
        self.free, self.slots = list[int](), 0

    def add(self, wire: int, part: Part) -> None:
        """One more part at a wire."""
        other = self.parts.get(wire)
        self.parts[wire] = part if other is None else self._join(wire, other, part)

    def upward(self, wire: int) -> Part:
        """What a wire, to which nothing more will be added, is to its parent."""
        part = self.parts.pop(wire)
        if part.kind is Kind.SEEN:
            return replace(part, kind=Kind.LEAF, edge=wire)
        whole = part if part.kind is Kind.JOIN else self._join(wire, part, None)
        return replace(whole, kind=Kind.NODE, edge=wire)

    def plan(self, root: int, codes: Array) -> Plan:
        """The plan that ends in the value of the root."""
        part = self.parts.pop(root)
        whole = part if part.kind is Kind.JOIN else self._join(root, part, None)
        return Plan(tuple(self.joins), whole.classes, self.slots, codes)

    def _join(self, wire: int, left: Part, right: Part | None) -> Part:
        join, classes = join_parts(left, right)
        if not self.free:
            self.free.append(self.slots)
            self.slots += 1
        slot = self.free.pop()
        self.joins.append(replace(join, wire=wire, width=self.tree.size(wire), slot=slot))
        # A slot is free again only now: a product is not written over its own parts.
        self.free += [self.joins[p.at].slot for p in (left, right) if p and p.kind in (Kind.NODE, Kind.JOIN)]
        return Part(Kind.JOIN, len(self.joins) - 1, -1, classes, join.count, join.leaves)


def _seen(tree: Tree, alignment: Alignment, codes: Array) -> dict[int, list[Part]]:
    """What was seen at each wire; effects are rows after those of the alignment, the same at all sites."""
    found: dict[int, list[Part]] = {}
    for row, (wire, table) in enumerate(zip(alignment.wires, alignment.tables, strict=True)):
        part = Part(Kind.SEEN, row, -1, codes[row], len(alignment.vectors[table]), 1)
        found.setdefault(wire, []).append(part)
    same = np.zeros(codes.shape[1], np.intp)
    for k, (_, wire) in enumerate(tree.effects):
        found.setdefault(wire, []).append(Part(Kind.SEEN, len(codes) + k, -1, same, 1, 1))
    return found


def _leaves_below(tree: Tree, parts: dict[int, list[Part]]) -> list[int]:
    found = [len(parts.get(wire, [])) for wire in range(len(tree.names))]
    for wire in range(len(found) - 1, -1, -1):
        if tree.parents[wire] >= 0:
            found[tree.parents[wire]] += found[wire]
    return found


def _postorder(tree: Tree, below: Sequence[int]) -> list[int]:
    """Children before their parents, the largest first: then few values wait at a time."""
    children: list[list[int]] = [[] for _ in tree.names]
    root = 0
    for wire, parent in enumerate(tree.parents):
        if parent < 0:
            root = wire
        else:
            children[parent].append(wire)
    order, todo = list[int](), [root]
    while todo:
        wire = todo.pop()
        order.append(wire)
        todo += sorted(children[wire], key=lambda child: -below[child])
    order.reverse()
    return order
