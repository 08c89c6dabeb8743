"""Where samples are between two wires: the path that a diffusion takes in its box, made again from its innovations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import NotSupported, UnknownVariable, nearest
from catlearn.interpreters.bffg.forward import gather

if TYPE_CHECKING:
    from catlearn.interpreters.bffg.smoother import Backward

__all__ = ["path_between"]

Array = NDArray[Any]


def path_between(back: Backward, blocks: Sequence[Any], z: Sequence[Array], variable: str) -> tuple[Array, Array]:
    """The times of the grid, and what every sample was at them: see `Paths.path`."""
    smoother, plan = back.smoother, back.plan
    if variable not in smoother.number:
        raise UnknownVariable(f"path: there is no variable {variable!r}{nearest(variable, smoother.variables)}")
    wire = int(back.joined.wire[smoother.number[variable]])
    block, place = int(plan.block[wire]), int(plan.place[wire])
    for k, group in enumerate(plan.groups):
        rule: Any = back.rules[group.kind].part(group.part)
        if block not in group.gives or not hasattr(rule, "path"):
            continue
        if any(blocks[segment.block] is None for port in group.reads for segment in port):
            raise NotSupported(f"path: where {variable} begins was not kept; leave keep= out of forward")
        inputs = tuple(gather(blocks, group, port) for port in range(len(group.reads)))
        times, path = rule.path(back.filtered.pulled[k], inputs, z[len(plan.inputs) + k])
        found = np.moveaxis(path[:, :, place], -1, 0)
        return times[:, place], found if smoother.wiring.obs[smoother.number[variable]].sizes else found[..., 0]
    raise NotSupported(
        f"path: {variable} is not what an SDE leads to, so there is nothing between it and what it reads"
    )
