"""The pass against the wires: messages, level by level, from what was observed to the inputs.

A copy adds messages, and nobody's message is zero: the same combining that gradients do with cotangents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from catlearn.diagrams.types import Ty
from catlearn.errors import NotSupported
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, LogVector, Message, Remaining, Seen
from catlearn.interpreters.bffg.plan import Group, Plan, Segment
from catlearn.interpreters.bffg.rules.rule import Pulled, Rule

__all__ = ["Filtered", "filtered", "size_of", "zero"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Filtered:
    """What the backward pass leaves.

    Attributes:
        messages: for each block of wires, what everybody says who reads them; None where nobody does.
        pulled: for each group of boxes, what the forward pass needs.
        constant: the sum of what the messages at boxes without inputs come to.
    """

    messages: tuple[AnyMessage | None, ...]
    pulled: tuple[Pulled, ...]
    constant: float


def filtered(plan: Plan, rules: Sequence[Rule], observed: Mapping[int, AnyMessage], keep: bool = True) -> Filtered:
    """Pull messages back through all groups of boxes.

    Args:
        observed: for some blocks, what was observed of their wires.
        keep: whether residuals and messages are kept for the forward pass; without, memory is freed on the way.
    """
    messages: list[AnyMessage | None] = [None] * len(plan.sizes)
    pulled: list[Pulled] = []
    constant = 0.0
    for group in reversed(plan.groups):
        out = tuple(_known(plan, b, messages[b], observed.get(b)) for b in group.gives)
        rule = rules[group.kind].part(group.part)
        if any(isinstance(message, Remaining) for message in out):
            _check_taken(plan, group, rule, out)
        done = rule.pull(out)
        constant += 0.0 if done.constant is None else float(done.constant.sum())
        for message, segments in zip(done.messages, group.reads, strict=True):
            if message is None:
                continue
            for segment in segments:
                _add(plan, messages, segment, message, observed.get(segment.block))
        for b, at in zip(group.gives, out, strict=True):
            messages[b] = at if keep else None
        if keep:
            pulled.append(done)
    for b in plan.inputs:
        messages[b] = _known(plan, b, messages[b], observed.get(b))
    return Filtered(tuple(messages), tuple(reversed(pulled)), constant)


def size_of(ty: Ty) -> int:
    """How many outcomes a finite wire has, or how many numbers another one carries."""
    ob = ty.obs[0]
    return len(ob.sizes) if ob.kind == "Finite" else math.prod(map(int, ob.sizes))


def zero(ty: Ty, m: int) -> Message:
    """The messages of m wires that nobody reads."""
    return (LogVector if ty.obs[0].kind == "Finite" else Canonical).zero(size_of(ty), m)


def _known(plan: Plan, b: int, message: AnyMessage | None, observed: AnyMessage | None) -> AnyMessage:
    said = zero(plan.types[b], plan.sizes[b]) if message is None else message
    if observed is None:
        return said if not isinstance(said, Remaining) else _alone(plan, b, said)
    if isinstance(observed, Seen):
        assert isinstance(said, Canonical)
        return Seen(observed.values, observed.mask, said)
    assert isinstance(said, LogVector)
    assert isinstance(observed, LogVector)
    return said + observed


def _add(
    plan: Plan, messages: list[AnyMessage | None], segment: Segment, message: Message, observed: AnyMessage | None
) -> None:
    """Add what some boxes say to the messages of the wires they read."""
    there = messages[segment.block]
    whole = (
        isinstance(segment.wires, slice)
        and len(range(plan.sizes[segment.block])[segment.wires]) == plan.sizes[segment.block]
    )
    part = message if segment.boxes is None else message[segment.boxes]
    if isinstance(part, Remaining) and isinstance(observed, Seen):
        part = _constant(part.at(observed.values[:, segment.sources]))  # a function of a number that is known
    summed = part if segment.starts is None else part.reduced(segment.starts)
    if there is None and whole:
        messages[segment.block] = summed
        return
    if there is None:
        there = type(summed).zero(size_of(plan.types[segment.block]), plan.sizes[segment.block])
    if isinstance(summed, Remaining) and isinstance(there, Canonical):
        there = Remaining.of(there)
    elif isinstance(there, Remaining) and isinstance(summed, Canonical):
        summed = Remaining.of(summed)
    assert not isinstance(there, Seen)
    messages[segment.block] = there.added(segment.wires, summed)  # type: ignore[arg-type]


def _constant(c: Array) -> Canonical:
    none = Canonical.zero(1, len(c))
    return Canonical(c, none.F, none.H)


def _alone(plan: Plan, b: int, said: Remaining) -> Remaining:
    """The messages, when nothing else is said of the wires."""
    if said.clash.any():
        name = _wire(plan, b, int(said.clash.argmax()))
        said_of = "what is left of it until an observation, and something else; that has no closed form"
        raise NotSupported(f"{name}: messages say {said_of}; observe it, or take one of them away")
    return said


def _wire(plan: Plan, b: int, at: int) -> str:
    boxes = [group.boxes for group in plan.groups if b in group.gives]
    return plan.names[int(boxes[0][at])] if boxes else f"input {b}"


def _check_taken(plan: Plan, group: Group, rule: Rule, out: tuple[AnyMessage, ...]) -> None:
    taken = rule.takes(out)
    if not taken.all():
        name = plan.names[int(group.boxes[int(taken.argmin())])]
        said = "a Gamma process begins with what it gives; let it be a number without noise, or an input"
        raise NotSupported(f"{name}: {said}")
