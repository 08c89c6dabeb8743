"""Guides that are linearized: where, is found by turns with the messages.

At first the truth is followed without noise and without observations; after that, the guided path without noise. Each
round linearizes there and pulls the messages back anew: Gauss and Newton's method for the most probable path. Guides
that are averages are made of some samples beside that path, whose innovations are the same in all rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.wiring import Wiring
from catlearn.errors import Diverged
from catlearn.interpreters.bffg.backward import Filtered, filtered, zero
from catlearn.interpreters.bffg.forward import gather, guided, normals_shapes
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Remaining, Seen
from catlearn.interpreters.bffg.plan import Plan
from catlearn.interpreters.bffg.rules.rule import Rule

__all__ = ["refined"]

Array = NDArray[Any]
Bare = Callable[[], tuple[Plan, tuple[Rule, ...]]]
NEAR = 1e-8
"""Anchors that move less than this, relative to their size, have arrived."""
SEED = 0
"""Of the innovations of samples that guides are made of."""


def refined(
    wiring: Wiring, plan: Plan, rules: tuple[Rule, ...], observed: Mapping[int, AnyMessage], bare: Bare, rounds: int
) -> tuple[Rule, ...]:
    """The rules, those that are linearized anchored at where they lead.

    Args:
        bare: the plan and the rules when nothing is observed, for the first anchors.
        rounds: how often at most.
    """
    if not any(rule.linearized for rule in rules):
        return rules
    count = max(rule.samples for rule in rules if rule.linearized)
    first, unanchored = bare()
    at = _laid(first, plan, _paths(first, unanchored, filtered(first, unanchored, {}), count))
    for _ in range(rounds):
        rules = _anchored(plan, rules, at)
        try:
            new = _paths(plan, rules, filtered(plan, rules, observed), count)
        except Diverged:  # a linearization may lead far from where it holds; the last ones that did not are kept
            return rules
        moved = max(
            float(np.max(abs(a - b) / (1.0 + abs(b)), initial=0.0)) for a, b in zip(at, new, strict=True) if b.size
        )
        at = new
        if moved < NEAR or not np.isfinite(moved):
            break
    return rules if not np.isfinite(moved) else _anchored(plan, rules, at)


def _paths(plan: Plan, rules: tuple[Rule, ...], left: Filtered, count: int) -> list[Array]:
    """For each block of wires that somebody asks for the guided path without noise, and then count - 1 samples."""
    random = np.random.Generator(np.random.SFC64(SEED))
    normals = [random.standard_normal(shape) for shape in normals_shapes(plan, rules, count)]
    for z in normals:
        z[..., 0] = 0.0
    inputs = {b: np.repeat(_top(plan, b, left), count, axis=-1) for b in plan.inputs}
    read = {segment.block for group in plan.groups for port in group.reads for segment in port}
    read |= {b for group in plan.groups if rules[group.kind].between for b in group.gives}
    samples, _ = guided(plan, rules, left, inputs, normals, read)
    return [np.zeros(0) if s is None else s for s in samples]


def _laid(first: Plan, plan: Plan, path: Sequence[Array]) -> list[Array]:
    """A path by the blocks of one plan, laid out as another plan has the same wires."""
    made: list[Array] = [np.zeros(0)] * len(plan.sizes)
    order = np.lexsort((first.block, plan.block))
    both = np.stack([plan.block[order], first.block[order]])
    starts = np.flatnonzero(np.r_[True, (both[:, 1:] != both[:, :-1]).any(axis=0)])
    for wires in np.split(order, starts[1:]):
        to, source = int(plan.block[wires[0]]), path[int(first.block[wires[0]])]
        if not source.size:
            continue
        if not made[to].size:
            made[to] = np.zeros((*source.shape[:-2], plan.sizes[to], source.shape[-1]), source.dtype)
        made[to][..., plan.place[wires], :] = source[..., first.place[wires], :]
    return made


def _top(plan: Plan, b: int, left: Filtered) -> Array:
    """Where the message at an input is largest; zeros in directions of which it says nothing."""
    message = left.messages[b] or zero(plan.types[b], 1)
    if isinstance(message, Seen) and any(message.mask):
        on, rest = np.array(message.mask), message.rest()
        free = np.linalg.pinv(rest.H[..., 0]) @ rest.F[..., 0]
        whole = message.values[:, :1].copy()
        whole[~on, 0] = free
        return whole[..., None]
    said = message.message if isinstance(message, Seen) else message
    if isinstance(said, Remaining):
        return np.where(said.count > 0, said.end - said.shape / np.maximum(said.rate, 1e-300), 0.0)[:, None, None]
    if isinstance(said, Canonical):
        return (np.linalg.pinv(said.H[..., 0]) @ said.F[..., 0])[:, None, None]
    return np.array([[int(said.v[:, 0].argmax())]])


def _anchored(plan: Plan, rules: tuple[Rule, ...], at: Sequence[Array]) -> tuple[Rule, ...]:
    made = []
    for kind, rule in enumerate(rules):
        if not rule.linearized:
            made.append(rule)
            continue
        groups = [group for group in plan.groups if group.kind == kind]
        ports = range(len(groups[0].reads))
        inputs = tuple(np.concatenate([gather(at, group, port) for group in groups], axis=-2) for port in ports)
        inputs = inputs if rule.samples > 1 else tuple(x[..., 0] for x in inputs)
        if not rule.between:
            made.append(rule.anchored(inputs))
            continue
        gives = zip(*(group.gives for group in groups), strict=True)
        outputs = (np.concatenate([at[b][..., 0] for b in blocks], axis=-1) for blocks in gives)
        made.append(rule.anchored_between(inputs, tuple(outputs)))
    return tuple(made)
