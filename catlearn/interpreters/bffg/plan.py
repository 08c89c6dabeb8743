"""Which boxes can be read together: the boxes of one level that have one rule and one size.

Levels are counted from the end: a box is as late as those allow who read from it, so that all observations are one
level. Boxes of a level do not depend on one another, so those that have the same rule are one array operation. The
wires a group gives are one block of arrays for each output port, in the order of what the boxes read, so that messages
of siblings lie side by side and are added by one reduction.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Wiring
from catlearn.interpreters.bffg.resolve import Resolved
from catlearn.interpreters.bffg.rules.rule import Rule, Stack

__all__ = ["Group", "Kind", "Plan", "Segment", "plan"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Segment:
    """Some boxes of a group, and the wires of one block that they read at one port.

    Attributes:
        block: the number of the block.
        boxes: where in the group; a slice where they lie side by side, None for all of them in order.
        sources: for each of them the wire it reads, in increasing order, by its place in the block.
        wires: the different wires; a slice where they lie side by side.
        starts: where in `boxes` the readers of each wire begin; how many each has, where all have as many; None where
            each has one.
    """

    block: int
    boxes: Ints | slice | None
    sources: Ints
    wires: Ints | slice
    starts: Ints | int | None


@dataclass(frozen=True, eq=False)
class Group:
    """Boxes that are read together.

    Attributes:
        kind: the number of their stack.
        part: where in the stack they are.
        boxes: their numbers in the wiring.
        reads: for each input port, its segments.
        gives: for each output port, the number of its block.
    """

    kind: int
    part: slice
    boxes: Ints
    reads: tuple[tuple[Segment, ...], ...]
    gives: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Kind:
    """Boxes of one kind, in the order in which they are stacked.

    Attributes:
        rule: the class of their rule.
        pairs, which: the different pairs of kernels by number, and for each box which of them it has.
        names, durations: of the boxes.
        dom, cod, seen: see `Stack`.
    """

    rule: type[Rule]
    pairs: Ints
    which: Ints
    names: tuple[str, ...]
    durations: NDArray[np.float64]
    dom: Ty
    cod: Ty
    seen: tuple[tuple[bool, ...], ...]

    def stack(self, kernels: Sequence[tuple[Kernel, Kernel]]) -> Rule:
        """The rule of all of them, with these pairs of kernels."""
        forward, guide = (tuple(kernels[k][i] for k in self.pairs.tolist()) for i in (0, 1))
        stack = Stack(self.names, forward, guide, self.which, self.durations, self.dom, self.cod, self.seen)
        return self.rule.of(stack)


@dataclass(frozen=True, eq=False)
class Plan:
    """The order of work.

    Attributes:
        groups: in an order in which they can run.
        kinds: of boxes.
        block, place: for each wire, its block and where in it.
        sizes: how many wires each block has.
        types: the type of each block's wires.
        inputs: the blocks of the diagram's inputs.
        names: of the boxes.
    """

    groups: tuple[Group, ...]
    kinds: tuple[Kind, ...]
    block: Ints
    place: Ints
    sizes: tuple[int, ...]
    types: tuple[Ty, ...]
    inputs: tuple[int, ...]
    names: tuple[str, ...]

    def stack(self, resolved: Resolved) -> tuple[Rule, ...]:
        """The rules of all boxes, stacked, with kernels as they are for some parameters."""
        return tuple(kind.stack(resolved.kernels) for kind in self.kinds)


def plan(wiring: Wiring, resolved: Resolved, seen: Mapping[int, tuple[bool, ...]]) -> Plan:
    """The plan of a diagram of which some wires are observed, each in some of its numbers."""
    levels, steps = _levels(wiring)
    pair = resolved.skeleton.pair.tolist()
    found: dict[Hashable, list[int]] = {}
    for k, (box, _, made) in enumerate(steps):
        masks = tuple(seen.get(wire, ()) for wire in made)
        found.setdefault((levels[k], resolved.keys[pair[k]], box.dom, box.cod, masks), []).append(k)
    wires = len(wiring.obs)
    block, place = np.full(wires, -1), np.zeros(wires, np.int64)
    inputs = tuple(range(len(wiring.dom)))
    block[: len(inputs)] = inputs
    sizes, types = [1] * len(inputs), list(wiring.dom)
    kinds: dict[Hashable, list[Any]] = {}
    groups: list[Group] = []
    for key, members in sorted(found.items(), key=lambda item: item[0][0]):  # type: ignore[index]
        boxes = np.array(members)
        reads = np.array([steps[k][1] for k in members], np.int64).reshape(len(members), -1)
        if reads.shape[1]:
            order = np.lexsort((place[reads[:, 0]], block[reads[:, 0]]))
            boxes, reads = boxes[order], reads[order]
        first = np.array([steps[k][2].start for k in boxes.tolist()])
        box = steps[members[0]][0]
        gives = tuple(range(len(sizes), len(sizes) + len(box.cod)))
        for port, ty in enumerate(box.cod):
            block[first + port], place[first + port] = gives[port], np.arange(len(boxes))
            sizes.append(len(boxes))
            types.append(ty)
        kind = kinds.setdefault(key[1:], [len(kinds), 0, [], box, key[4]])  # type: ignore[index]
        segments = tuple(_segments(reads[:, port], block, place) for port in range(reads.shape[1]))
        groups.append(Group(kind[0], slice(kind[1], kind[1] + len(boxes)), boxes, segments, gives))
        kind[1] += len(boxes)
        kind[2].append(boxes)
    made = tuple(_kind(resolved, np.concatenate(parts), box, masks) for _, _, parts, box, masks in kinds.values())
    names = tuple(box.name for box in wiring.boxes)
    return Plan(tuple(groups), made, block, place, tuple(sizes), tuple(types), inputs, names)


def _levels(wiring: Wiring) -> tuple[list[int], list[Any]]:
    steps = list(wiring.steps())
    latest, levels = [0] * len(wiring.obs), [0] * len(steps)
    for k in reversed(range(len(steps))):
        _, reads, made = steps[k]
        levels[k] = level = min((latest[wire] for wire in made), default=0)
        for wire in reads:
            latest[wire] = min(latest[wire], level - 1)
    return levels, steps


def _segments(reads: Ints, block: Ints, place: Ints) -> tuple[Segment, ...]:
    blocks, places = block[reads], place[reads]
    found = []
    for b in np.unique(blocks).tolist():
        boxes = np.flatnonzero(blocks == b)
        order = np.argsort(places[boxes], kind="stable")
        boxes = boxes[order]
        sources = places[boxes]
        starts = np.flatnonzero(np.r_[True, sources[1:] != sources[:-1]])
        wires = sources[starts]
        side = _side_by_side(wires)
        run = _side_by_side(boxes)
        every = isinstance(run, slice) and len(boxes) == len(reads)
        found.append(Segment(b, None if every else run, sources, side, _runs(starts, len(boxes))))
    return tuple(found)


def _side_by_side(places: Ints) -> Ints | slice:
    """Different places as a slice, where they are one."""
    first = int(places[0])
    same = bool((places == np.arange(first, first + len(places))).all())
    return slice(first, first + len(places)) if same else places


def _runs(starts: Ints, count: int) -> Ints | int | None:
    """See `Segment.starts`."""
    if len(starts) == count:
        return None
    lengths = np.diff(starts, append=count)
    return int(lengths[0]) if (lengths == lengths[0]).all() else starts


def _kind(resolved: Resolved, boxes: Ints, box: Box, seen: tuple[tuple[bool, ...], ...]) -> Kind:
    bones = resolved.skeleton
    pairs, which = np.unique(bones.pair[boxes], return_inverse=True)
    names = tuple(bones.names[k] for k in boxes.tolist())
    rule = resolved.rules[int(pairs[0])]
    return Kind(rule, pairs, which, names, bones.durations[boxes], box.dom, box.cod, seen)
