"""The log-evidence of linear-Gaussian models whose messages hold numbers too large to be told apart.

The constant of a message is its value at 0. Where what was observed is far from 0, measured by its noise, constants are
large, they nearly cancel, and what remains is rounding. So the pass is done again with every wire measured from the
guided path without noise, where nothing is large; the log-evidence is the same.

>>> from catlearn import Real, bffg, gaussian, gaussian_state
>>> X = Real()
>>> model = gaussian_state("x", X, 0.0, 1.0) >> gaussian("y", X, X, 1.0, 0.0, 1e-20)
>>> round(bffg(model).backward({"y": 1.0}).log_evidence, 9)
-1.418938533
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.backward import Filtered, filtered
from catlearn.interpreters.bffg.forward import gather, guided, normals_shapes
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Seen
from catlearn.interpreters.bffg.plan import Plan
from catlearn.interpreters.bffg.rules.gaussian import GaussianRule
from catlearn.interpreters.bffg.rules.linear import Affine, Linear
from catlearn.interpreters.bffg.rules.rule import Rule
from catlearn.interpreters.bffg.small import dot

__all__ = ["centered"]

Array = NDArray[Any]
EPSILON = float(np.finfo(float).eps)
CLOSE = 1e-9
"""The rounding that is no matter, relative to the log-evidence where that is above 1."""
ROUNDS = 4
"""So often the path is mended."""
FAR = 1e-4
"""A log-evidence that is off by more is warned of."""


def centered(plan: Plan, rules: tuple[Rule, ...], observed: Mapping[int, AnyMessage], left: Filtered) -> Filtered:
    """The same messages, their constant exact to rounding where it was not.

    Warns:
        RuntimeWarning: where it was not, and cannot be had otherwise.
    """
    lost = rounding(left)
    if _close(lost, left.constant) or not np.isfinite(left.constant):
        return left
    if not plan.inputs and all(isinstance(rule, GaussianRule) and rule.exact for rule in rules):
        constant, lost = _again(plan, rules, observed, left)
        left = replace(left, constant=constant)
    if lost > FAR + 1e-6 * abs(left.constant):
        said = "what was observed is very far off, measured by its noise; measure it from a number near it"
        warnings.warn(
            f"backward: rounding may put the log-evidence off by about {lost:.1g}: {said}, or widen the noise",
            RuntimeWarning,
            stacklevel=5,
        )
    return left


def rounding(left: Filtered) -> float:
    """By how much rounding may put the constant off: the last digit of the largest number that was added to it."""
    known = [m.c for pulled in left.pulled for m in pulled.messages if isinstance(m, Canonical)]
    # They are far below 0 where they are far: a message is at most the largest density.
    return EPSILON * max((-float(c.min(initial=0.0)) for c in known), default=0.0)


def _close(lost: float, constant: float) -> bool:
    return lost < CLOSE * max(1.0, abs(constant))


def _again(
    plan: Plan, rules: tuple[Rule, ...], observed: Mapping[int, AnyMessage], left: Filtered
) -> tuple[float, float]:
    """The constant, with wires measured from a path, and by how much it may be off."""
    still = [np.zeros(shape) for shape in normals_shapes(plan, rules, 1)]
    seen = {b: Seen(np.zeros_like(m.values), m.mask, m.message) for b, m in observed.items() if isinstance(m, Seen)}
    known, path = (left.constant, rounding(left)), guided(plan, rules, left, {}, still)[0]
    for _ in range(ROUNDS):
        moved = tuple(_moved(plan, k, rule, path) for k, rule in enumerate(rules))
        again = filtered(plan, moved, seen)
        if not np.isfinite(again.constant) or rounding(again) >= known[1]:
            break
        known = again.constant, rounding(again)
        if _close(known[1], known[0]):
            break
        # The path is rounded too: a little way off where it should be is far, when noise is less than that.
        step = guided(plan, moved, again, {}, still)[0]
        path = [None if a is None or b is None else a + b for a, b in zip(path, step, strict=True)]
    return known


def _moved(plan: Plan, kind: int, rule: Rule, path: Sequence[Array | None]) -> Rule:
    """The rule of boxes that read and give the distance from a path."""
    assert isinstance(rule, GaussianRule)
    groups = [group for group in plan.groups if group.kind == kind]
    width, at = sum(len(group.boxes) for group in groups), list(path)
    x = [np.concatenate([gather(at, g, port)[..., 0] for g in groups], axis=-1) for port in range(len(rule.ins))]
    y = [
        np.concatenate([np.asarray(path[b])[..., 0] for b in gives], axis=-1)
        for gives in zip(*(g.gives for g in groups), strict=True)
    ]
    inputs = np.concatenate(x) if x else np.zeros((0, width))
    moved = _line(rule.guide, inputs, np.concatenate(y) if y else np.zeros((0, width)))
    return replace(rule, truth=moved, guide=moved)


def _line(line: Linear, x: Array, y: Array) -> Linear:
    on = line.mask
    off = _at(line.rest, x) - y[~on]
    if line.watch is None or line.gain is None:
        return replace(line, rest=replace(line.rest, beta=off))
    watch = replace(line.watch, beta=_at(line.watch, x) - y[on])
    return replace(line, rest=replace(line.rest, beta=off + dot(line.gain, y[on])), watch=watch)


def _at(line: Affine, x: Array) -> Array:
    return line.at(x[..., None])[..., 0] if len(x) else np.broadcast_to(line.beta, (len(line.beta), x.shape[-1]))
