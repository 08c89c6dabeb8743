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

from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Wiring
from catlearn.interpreters.bffg.resolve import Resolved
from catlearn.interpreters.bffg.rules.rule import Rule, Stack

__all__ = ["Group", "Plan", "Segment", "plan"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Segment:
    """Some boxes of a group, and the wires of one block that they read at one port.

    Attributes:
        block: the number of the block.
        boxes: where in the group; None for all of them in order.
        sources: for each of them the wire it reads, in increasing order, by its place in the block.
        wires: the different wires; a slice where they lie side by side.
        starts: where in `boxes` the readers of each wire begin; None where each has one.
    """

    block: int
    boxes: Ints | None
    sources: Ints
    wires: Ints | slice
    starts: Ints | None


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
class Plan:
    """The order of work.

    Attributes:
        groups: in an order in which they can run.
        stacks: for each kind, the class of its rule, the boxes in order, and what its stack is made of.
        block, place: for each wire, its block and where in it.
        sizes: how many wires each block has.
        types: the type of each block's wires.
        inputs: the blocks of the diagram's inputs.
    """

    groups: tuple[Group, ...]
    stacks: tuple[tuple[type[Rule], Ints, Ty, Ty, tuple[tuple[bool, ...], ...]], ...]
    block: Ints
    place: Ints
    sizes: tuple[int, ...]
    types: tuple[Ty, ...]
    inputs: tuple[int, ...]

    def stack(self, resolved: Resolved) -> tuple[Rule, ...]:
        """The rules of all boxes, stacked, with kernels as they are for some parameters."""
        return tuple(rule.of(_stack(resolved, boxes, dom, cod, seen)) for rule, boxes, dom, cod, seen in self.stacks)


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
    stacks = tuple(
        (resolved.rules[pair[int(parts[0][0])]], np.concatenate(parts), box.dom, box.cod, masks)
        for _, _, parts, box, masks in kinds.values()
    )
    return Plan(tuple(groups), stacks, block, place, tuple(sizes), tuple(types), inputs)


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
        side = slice(int(wires[0]), int(wires[-1]) + 1) if wires[-1] - wires[0] + 1 == len(wires) else wires
        every = len(boxes) == len(reads) and bool((boxes == np.arange(len(boxes))).all())
        found.append(Segment(b, None if every else boxes, sources, side, None if len(starts) == len(boxes) else starts))
    return tuple(found)


def _stack(resolved: Resolved, boxes: Ints, dom: Ty, cod: Ty, seen: tuple[tuple[bool, ...], ...]) -> Stack:
    bones = resolved.skeleton
    pairs = bones.pair[boxes]
    different, which = np.unique(pairs, return_inverse=True)
    kernels: Sequence[tuple[Kernel, Kernel]] = [resolved.kernels[k] for k in different.tolist()]
    forward, guide = (tuple(pair[i] for pair in kernels) for i in (0, 1))
    names = tuple(bones.names[k] for k in boxes.tolist())
    return Stack(names, forward, guide, which, bones.durations[boxes], dom, cod, seen)
