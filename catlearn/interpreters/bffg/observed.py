"""What a user observed, as the backward pass takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ob
from catlearn.errors import InputMismatch, NotNormalized, UnknownOutcome, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, LogVector, Seen
from catlearn.interpreters.bffg.plan import Plan

__all__ = ["Observation", "at_blocks", "read_observations"]

Array = NDArray[Any]
Observation = tuple[tuple[bool, ...], NDArray[np.float64]]
"""Of a wire of numbers which are observed, and they; of a finite wire no mask, and the likelihoods of its outcomes."""


def read_observations(names: Sequence[str], obs: Sequence[Ob], data: Mapping[str, Any]) -> dict[int, Observation]:
    """What was observed of each wire.

    Args:
        data: for names of wires: an outcome, or `{outcome: likelihood}`, on a finite wire; a number, or a list of them
            on a wire Real(n), with None or NaN for what is missing. None stands for nothing at all.

    Raises:
        UnknownVariable, UnknownOutcome: for names that there are not.
        InputMismatch: for numbers that do not fit the wire, or infinite ones.
    """
    if not isinstance(data, Mapping):
        raise InputMismatch(f"data: give a dictionary from variables to what was observed, not {short(data)}")
    number = {name: wire for wire, name in enumerate(names)}
    found = {}
    for name, value in data.items():
        if name not in number:
            raise UnknownVariable(f"data: there is no variable {name!r}{nearest(name, number)}")
        if value is None:
            continue
        ob = obs[number[name]]
        read = _finite(name, ob, value) if ob.kind == "Finite" else _numbers(name, ob, value)
        if read is not None:
            found[number[name]] = read
    return found


def _finite(name: str, ob: Ob, value: Any) -> Observation:
    likelihood = np.zeros(len(ob.sizes))
    weights = value if isinstance(value, Mapping) else dict.fromkeys(value, 1.0) if isinstance(value, set) else {value: 1.0}
    for outcome, weight in weights.items():
        if outcome not in ob.sizes:
            raise UnknownOutcome(f"data: {name} has no outcome {outcome!r}{nearest(outcome, ob.sizes)}")
        try:
            likelihood[ob.sizes.index(outcome)] = weight
        except (TypeError, ValueError):
            raise InputMismatch(f"data: {name}: {short(weight)} for {outcome!r} is no likelihood") from None
    if not np.isfinite(likelihood).all() or (likelihood < 0).any():
        raise NotNormalized(f"data: {name}: likelihoods are numbers from 0 up, not {short(value)}")
    return (), likelihood


def _numbers(name: str, ob: Ob, value: Any) -> Observation | None:
    size = int(np.prod(ob.sizes, dtype=int))
    try:
        read = np.array(value, np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise InputMismatch(f"data: {name}: give {size} numbers, not {short(value)}") from None
    if np.ma.is_masked(value) or len(read) != size or np.isinf(read).any():
        raise InputMismatch(f"data: {name}: give {size} finite numbers, with None for missing ones, not {short(value)}")
    there = ~np.isnan(read)
    return (tuple(there.tolist()), read) if there.any() else None


def at_blocks(plan: Plan, found: Mapping[int, Observation]) -> dict[int, AnyMessage]:
    """What was observed, laid out as the plan has the wires."""
    blocks: dict[int, list[int]] = {}
    for wire in found:
        blocks.setdefault(int(plan.block[wire]), []).append(wire)
    made: dict[int, AnyMessage] = {}
    for b, wires in blocks.items():
        at, values = plan.place[wires], np.stack([found[wire][1] for wire in wires], axis=-1)
        whole = np.ones((len(values), plan.sizes[b]))
        whole[:, at] = values
        if plan.types[b].obs[0].kind == "Finite":
            made[b] = LogVector(np.zeros(plan.sizes[b]), whole).scaled()
        else:
            # The wires of a block are observed in the same numbers: the plan has seen to that.
            made[b] = Seen(whole, found[wires[0]][0], Canonical.zero(*whole.shape))
    return made
