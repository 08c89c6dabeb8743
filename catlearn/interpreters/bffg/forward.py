"""The pass along the wires: samples, guided by messages, and their weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.backward import Filtered
from catlearn.interpreters.bffg.plan import Group, Plan
from catlearn.interpreters.bffg.rules.rule import Rule

__all__ = ["gather", "guided", "normals_shapes"]

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
        keep: the blocks that somebody asked for; None for all. Boxes on which neither these nor a weight depends are
            left out.

    Returns:
        The samples of each block, None where nobody asked, and the sum of the log-weights of each sample.
    """
    samples: list[Array | None] = [None] * len(plan.sizes)
    for b, value in inputs.items():
        samples[b] = value
    needed = _needed(plan, rules, keep)
    readers = _last_readers(plan, needed)
    total: Floats | float = 0.0
    for k in needed:
        group = plan.groups[k]
        rule = rules[group.kind].part(group.part)
        x = tuple(gather(samples, group, port) for port in range(len(group.reads)))
        made, weights = rule.push(left.pulled[k], x, normals[k])
        if weights is not None:
            total = total + weights.sum(axis=0)
        for b, value in zip(group.gives, made, strict=True):
            samples[b] = value
        for b in readers.get(k, ()):
            if keep is not None and b not in keep:
                samples[b] = None
    return samples, total


def gather(samples: Sequence[Array | None], group: Group, port: int) -> Array:
    """The samples that the boxes of a group read at one port."""
    made: Array | None = None
    for segment in group.reads[port]:
        there = samples[segment.block]
        assert there is not None
        if segment.boxes is None:
            return np.take(there, segment.sources, axis=-2)
        if made is None:
            made = np.empty((*there.shape[:-2], len(group.boxes), there.shape[-1]), there.dtype)
        if isinstance(segment.boxes, slice):  # written in place; all sources are there, and only "raise" needs a copy
            np.take(there, segment.sources, axis=-2, out=made[..., segment.boxes, :], mode="clip")
        else:
            made[..., segment.boxes, :] = np.take(there, segment.sources, axis=-2)
    assert made is not None
    return made


def _needed(plan: Plan, rules: Sequence[Rule], keep: Collection[int] | None) -> list[int]:
    """The groups that are run, in order."""
    if keep is None:
        return list(range(len(plan.groups)))
    wanted, found = set(keep), []
    for k, group in reversed(list(enumerate(plan.groups))):
        if not rules[group.kind].exact or not wanted.isdisjoint(group.gives):
            found.append(k)
            wanted.update(segment.block for port in group.reads for segment in port)
    return found[::-1]


def _last_readers(plan: Plan, needed: Sequence[int]) -> dict[int, list[int]]:
    """For each group that is run, the blocks that nobody reads after it."""
    groups = [(k, plan.groups[k]) for k in needed]
    last = {b: k for k, group in groups for b in group.gives}
    last |= {s.block: k for k, group in groups for port in group.reads for s in port}
    found: dict[int, list[int]] = {}
    for b, k in last.items():
        found.setdefault(k, []).append(b)
    return found
