"""The pass along the wires: samples, guided by messages, and their weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.backward import Filtered
from catlearn.interpreters.bffg.plan import Group, Plan
from catlearn.interpreters.bffg.rules.rule import Rule

__all__ = ["guided", "normals_shapes"]

Array = NDArray[Any]
Floats = NDArray[np.float64]


def normals_shapes(plan: Plan, rules: Sequence[Rule], count: int) -> list[tuple[int, int, int]]:
    """For each group, the shape of the standard normals that `count` samples need."""
    return [(rules[g.kind].normals, len(g.boxes), count) for g in plan.groups]


def guided(
    plan: Plan,
    rules: Sequence[Rule],
    left: Filtered,
    inputs: Mapping[int, Array],
    normals: Sequence[Floats],
    keep: Collection[int] | None = None,
) -> tuple[list[Array | None], Floats | float]:
    """Push samples through all groups of boxes.

    Args:
        inputs: the samples at each input's block, (d, 1, s) or (1, s).
        normals: for each group (normals, m, s).
        keep: the blocks that somebody asked for; None for all.

    Returns:
        The samples of each block, None where nobody asked, and the sum of the log-weights of each sample.
    """
    samples: list[Array | None] = [None] * len(plan.sizes)
    for b, value in inputs.items():
        samples[b] = value
    readers = _last_readers(plan)
    total: Floats | float = 0.0
    for k, group in enumerate(plan.groups):
        rule = rules[group.kind].part(group.part)
        x = tuple(_gather(samples, group, port) for port in range(len(group.reads)))
        made, weights = rule.push(left.pulled[k], x, normals[k])
        if weights is not None:
            total = total + weights.sum(axis=0)
        for b, value in zip(group.gives, made, strict=True):
            samples[b] = value
        for b in readers.get(k, ()):
            if keep is not None and b not in keep:
                samples[b] = None
    return samples, total


def _gather(samples: Sequence[Array | None], group: Group, port: int) -> Array:
    segments = group.reads[port]
    parts = []
    for segment in segments:
        there = samples[segment.block]
        assert there is not None
        parts.append(np.take(there, segment.sources, axis=-2))
    if len(parts) == 1 and segments[0].boxes is None:
        return parts[0]
    made = np.empty((*parts[0].shape[:-2], len(group.boxes), parts[0].shape[-1]), parts[0].dtype)
    for segment, part in zip(segments, parts, strict=True):
        made[..., slice(None) if segment.boxes is None else segment.boxes, :] = part
    return made


def _last_readers(plan: Plan) -> dict[int, list[int]]:
    """For each group, the blocks that nobody reads after it."""
    last = {b: k for k, group in enumerate(plan.groups) for b in group.gives}
    last |= {s.block: k for k, group in enumerate(plan.groups) for port in group.reads for s in port}
    found: dict[int, list[int]] = {}
    for b, k in last.items():
        found.setdefault(k, []).append(b)
    return found
