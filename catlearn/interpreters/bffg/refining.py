"""Guides that are linearized: where, is found by turns with the messages.

At first the truth is followed without noise and without observations; after that, the guided path without noise. Each
round linearizes there and pulls the messages back anew: Gauss and Newton's method for the most probable path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.wiring import Wiring
from catlearn.interpreters.bffg.backward import Filtered, filtered, zero
from catlearn.interpreters.bffg.forward import guided, normals_shapes
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Seen
from catlearn.interpreters.bffg.plan import Plan
from catlearn.interpreters.bffg.rules.rule import Rule

__all__ = ["refined"]

Array = NDArray[Any]
Bare = Callable[[], tuple[Plan, tuple[Rule, ...]]]
NEAR = 1e-8
"""Anchors that move less than this, relative to their size, have arrived."""


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
    first, unanchored = bare()
    path = _path(first, unanchored, filtered(first, unanchored, {}))
    at = [path[int(b)][..., int(p), 0] for b, p in zip(first.block, first.place, strict=True)]
    for _ in range(rounds):
        rules = _anchored(wiring, plan, rules, at)
        path = _path(plan, rules, filtered(plan, rules, observed))
        new = [path[int(b)][..., int(p), 0] for b, p in zip(plan.block, plan.place, strict=True)]
        moved = max(float(np.max(np.abs(a - b) / (1.0 + np.abs(b)), initial=0.0)) for a, b in zip(at, new, strict=True))
        at = new
        if moved < NEAR or not np.isfinite(moved):
            break
    return rules if not np.isfinite(moved) else _anchored(wiring, plan, rules, at)


def _path(plan: Plan, rules: tuple[Rule, ...], left: Filtered) -> list[Array]:
    """The guided path without noise."""
    still = [np.zeros(shape) for shape in normals_shapes(plan, rules, 1)]
    inputs = {b: _top(plan, b, left) for b in plan.inputs}
    samples, _ = guided(plan, rules, left, inputs, still)
    return [np.zeros(0) if s is None else s for s in samples]


def _top(plan: Plan, b: int, left: Filtered) -> Array:
    """Where the message at an input is largest; zeros in directions of which it says nothing."""
    message = left.messages[b] or zero(plan.types[b], 1)
    said = message.message if isinstance(message, Seen) else message
    if isinstance(said, Canonical):
        return (np.linalg.pinv(said.H[..., 0]) @ said.F[..., 0])[:, None, None]
    return np.array([[int(said.v[:, 0].argmax())]])


def _anchored(wiring: Wiring, plan: Plan, rules: tuple[Rule, ...], at: list[Array]) -> tuple[Rule, ...]:
    steps = list(wiring.steps())
    made = []
    for rule, (_, boxes, dom, _, _) in zip(rules, plan.stacks, strict=True):
        if not rule.linearized:
            made.append(rule)
            continue
        reads = [steps[k][1] for k in boxes.tolist()]
        inputs = tuple(np.stack([at[wires[port]] for wires in reads], axis=-1) for port in range(len(dom)))
        made.append(rule.anchored(inputs))
    return tuple(made)
