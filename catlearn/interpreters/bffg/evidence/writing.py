"""Runs of jobs as boxes of a smooth diagram: one job by itself, equal jobs as a batch, equal groups as a loop."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from catlearn.diagrams.theories.smooth.arithmetic import add, constant
from catlearn.diagrams.theories.smooth.arrays import concatenate, reshape, sum, take
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.generator import spread
from catlearn.diagrams.theories.smooth.scan import scan
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph, names
from catlearn.interpreters.bffg.evidence.groups import Run, runs_of
from catlearn.interpreters.bffg.evidence.jobs import Job, Pattern
from catlearn.interpreters.bffg.evidence.tables import Part, Tables, key_of

__all__ = ["evidence_of"]

Shape = tuple[int, ...]


def evidence_of(jobs: Sequence[Job], parameters: Mapping[str, Wire]) -> Wire:
    """The log-evidence that jobs find, on wires of the parameters."""
    writer = _Writer(jobs, Tables(jobs, parameters))
    total = constant(0.0)
    for run in runs_of(jobs):
        total = add(total, writer.loop(run) if len(run.groups) > 1 else writer.group(run))
    return total


class _Input:
    """An input of many equal jobs: a wire, and how many first axes it has along them."""

    def __init__(self, wire: Wire, shape: Shape) -> None:
        self.wire, self.shape = wire, shape
        self.varies = wire.shape != shape


class _Writer:
    """Which wires carry the messages that are made already."""

    def __init__(self, jobs: Sequence[Job], tables: Tables) -> None:
        self.jobs, self.tables = jobs, tables
        # For every job, the wires of its message, and its place along their first axis, where they have one.
        self.made: dict[int, tuple[tuple[Wire, ...], int]] = {}

    def group(self, run: Run) -> Wire:
        """Write one group; gives what it adds to the log-evidence."""
        (group,) = run.groups
        pattern, parts = self.jobs[group[0]].pattern, self._parts(run)
        lead: Shape = (len(group),) if len(group) > 1 else ()
        messages = [self._messages([self.jobs[j].messages[k] for j in group], pattern.message_shapes[k], lead)
                    for k in range(len(pattern.messages))]  # fmt: skip
        inputs = [*(each for message in messages for each in message), *self._rest(run, parts, lead)]
        step = _batched(_step(pattern, parts), lead, [each.varies for each in inputs])
        *message, c = _wires(place(step, [each.wire for each in inputs], unfold=True))
        self._keep(group, message)
        return sum(c)

    def loop(self, run: Run) -> Wire:
        """Write a loop over groups; gives what all of them add to the log-evidence."""
        first = run.groups[0]
        pattern, parts = self.jobs[first[0]].pattern, self._parts(run)
        r, n = len(run.groups), len(first)
        lead: Shape = (n,) if n > 1 else ()
        carry = self._messages([self.jobs[j].messages[run.slot] for j in first], pattern.message_shapes[run.slot], lead)
        others = [
            self._messages([self.jobs[j].messages[k] for j in run.jobs], shapes, (r, *lead))
            for k, shapes in enumerate(pattern.message_shapes)
            if k != run.slot
        ]
        inputs = [*(each for message in others for each in message), *self._rest(run, parts, (r, *lead))]
        count = builtins.sum(len(shapes) for shapes in pattern.message_shapes[: run.slot])
        order = [*inputs[:count], *carry, *inputs[count:]]
        step = _batched(_step(pattern, parts), lead, [each in carry or each.varies for each in order])
        moving, still = [each for each in inputs if each.varies], [each for each in inputs if not each.varies]
        entering = [*carry, *moving, *still]

        def body(*wires: Wire) -> Any:
            at = dict(zip(map(id, entering), wires, strict=True))
            return place(step, [at[id(each)] for each in order], unfold=True)

        dom = Ty.of(Ob("Real", (*lead, *each.shape)) for each in carry)
        dom = dom @ Ty.of(Ob("Real", each.wire.shape[1:]) for each in moving) @ Ty.of(each.wire.ob for each in still)
        start = [each.wire if each.wire.shape == (*lead, *each.shape) else spread(each.wire, n) for each in carry]
        last, results = scan(trace(body, dom), start, [e.wire for e in moving], [e.wire for e in still], length=r)
        self._keep(run.groups[-1], last)
        return sum(results[0])

    def _parts(self, run: Run) -> list[Part]:
        found, indices = self.tables.parts[key_of(self.jobs[run.jobs[0]])], [self.tables.index[j] for j in run.jobs]
        return [part.at(indices) for part in found]

    def _rest(self, run: Run, parts: Sequence[Part], lead: Shape) -> list[_Input]:
        """Arguments of kernels that are wires, and what was seen."""
        pattern, found = self.jobs[run.jobs[0]].pattern, list[_Input]()
        for part, shape in zip(parts, pattern.part_shapes, strict=True):
            if part.array is None:
                wire = part.wire(shape)
                found.append(_Input(reshape(wire, (*lead, *shape)) if part.stacked else wire, shape))
        for k, shape in enumerate(pattern.seen_shapes):
            rows = np.array([self.jobs[j].seen[k] for j in run.jobs]).reshape((*lead, *shape))
            found.append(_Input(constant(rows), shape))
        return found

    def _messages(self, sources: Sequence[int], shapes: Sequence[Shape], lead: Shape) -> list[_Input]:
        """Messages of jobs, put together along first axes."""
        found = []
        for k, shape in enumerate(shapes):
            wires = [self.made[j][0][k] for j in sources]
            found.append(_Input(_gathered(wires, [self.made[j][1] for j in sources], shape, lead), shape))
        return found

    def _keep(self, group: Sequence[int], message: Sequence[Wire]) -> None:
        for place_, j in enumerate(group):
            self.made[j] = tuple(message), place_


def _gathered(wires: Sequence[Wire], places: Sequence[int], shape: Shape, lead: Shape) -> Wire:
    """Messages from wires that carry one each, or many along a first axis, as one wire with these first axes."""
    if not lead:
        return wires[0] if wires[0].shape == shape else wires[0][places[0]]
    different, starts, end = dict[int, Wire](), dict[int, int](), 0
    for wire in wires:
        if wire.index not in different:
            different[wire.index] = wire if wire.shape != shape else reshape(wire, (1, *shape))
            starts[wire.index], end = end, end + int(different[wire.index].shape[0])
    whole = concatenate([*different.values()]) if len(different) > 1 else next(iter(different.values()))
    indices = [starts[wire.index] + i for wire, i in zip(wires, places, strict=True)]
    return reshape(whole if indices == list(range(end)) else take(whole, indices), (*lead, *shape))


def _step(pattern: Pattern, parts: Sequence[Part]) -> Graph:
    """One job as a diagram: messages, unknown arguments of the kernel, what was seen -> message, constant."""
    messages = [shape for shapes in pattern.message_shapes for shape in shapes]
    unknown = [shape for part, shape in zip(parts, pattern.part_shapes, strict=True) if part.array is None]

    def write(*wires: Wire) -> Any:
        given = iter(wires)
        come = [[next(given) for _ in shapes] for shapes in pattern.message_shapes]
        arguments = [next(given) if part.array is None else part.array for part in parts]
        message, c = pattern.step(arguments, come, [*given])
        return *message, c

    return trace(write, Ty.of(Ob("Real", shape) for shape in (*messages, *unknown, *pattern.seen_shapes)))


def _batched(step: Graph, lead: Shape, varies: Sequence[bool]) -> Graph:
    """The step for all jobs of a group; all its outputs have the axis along them."""
    if not lead:
        return step
    (n,) = lead
    wide = batch(step, n, [name for name, moves in zip(names(step), varies, strict=True) if moves])

    def along(*wires: Wire) -> Any:
        made = _wires(place(wide, wires, unfold=True))
        return tuple(w if w.ob != ob else spread(w, n) for w, ob in zip(made, step.cod.obs, strict=True))

    return trace(along, wide.dom)


def _wires(made: Any) -> tuple[Wire, ...]:
    return made if isinstance(made, tuple) else (made,)
