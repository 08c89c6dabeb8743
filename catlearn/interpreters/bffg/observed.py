"""What a user observed, as the backward pass takes it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real as Number
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ob
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    UnknownOutcome,
    UnknownVariable,
    nearest,
    short,
)
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, LogVector, Seen
from catlearn.interpreters.bffg.plan import Plan

__all__ = ["Observations", "at_blocks", "read_observations"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Observations:
    """Wires that are observed in the same way, k of them.

    Attributes:
        mask: on wires of numbers, which of the d are observed; empty on finite wires.
        wires: (k,).
        values: (d, k) the numbers, or the likelihoods of d outcomes.
    """

    mask: tuple[bool, ...]
    wires: NDArray[np.int64]
    values: NDArray[np.float64]

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """What decides the plan: which wires are observed, in which of their numbers."""
        return self.mask, self.wires.tobytes()


def read_observations(
    number: Mapping[str, int], obs: Sequence[Ob], data: Mapping[str, Any]
) -> tuple[Observations, ...]:
    """What was observed of the wires.

    Args:
        number: the wire of each variable.
        data: for names of wires: an outcome, or `{outcome: likelihood}`, on a finite wire; a number, or a list of them
            on a wire Real(n), with None or NaN for what is missing. None stands for nothing at all.

    Raises:
        UnknownVariable, UnknownOutcome: for names that there are not.
        InputMismatch: for numbers that do not fit the wire, or infinite ones.
        NotNormalized: for likelihoods that are negative or not finite.
        ImpossibleEvidence: for likelihoods that are all zero.
    """
    if not isinstance(data, Mapping):
        raise InputMismatch(f"data: give a dictionary from variables to what was observed, not {short(data)}")
    alike: dict[Ob, list[tuple[str, Any]]] = {}
    for name, value in data.items():
        if name not in number:
            raise UnknownVariable(f"data: there is no variable {name!r}{nearest(name, number)}")
        if value is not None:
            alike.setdefault(obs[number[name]], []).append((name, value))
    found: list[Observations] = []
    for ob, given in alike.items():
        wires = np.array([number[name] for name, _ in given])
        read = np.stack([_finite(n, ob, v) for n, v in given], axis=-1) if ob.kind == "Finite" else _several(ob, given)
        found += [Observations((), wires, read)] if ob.kind == "Finite" else _by_mask(wires, read)
    return tuple(found)


def _by_mask(wires: NDArray[np.int64], read: NDArray[np.float64]) -> list[Observations]:
    there = ~np.isnan(read)
    masks, which = np.unique(there, axis=1, return_inverse=True)
    ways = [(tuple(masks[:, k].tolist()), which.reshape(-1) == k) for k in range(masks.shape[1])]
    return [Observations(mask, wires[at], read[:, at]) for mask, at in ways if any(mask)]


def _finite(name: str, ob: Ob, value: Any) -> NDArray[np.float64]:
    likelihood = np.zeros(len(ob.sizes))
    if not isinstance(value, str | Mapping | set | frozenset):
        raise InputMismatch(
            f"data: {name}: give an outcome, a set of them or {{outcome: likelihood}}, not {short(value)}"
        )
    named = value if isinstance(value, set | frozenset) else [value]
    several = value if isinstance(value, Mapping) else dict.fromkeys(named, 1.0)
    for outcome, weight in several.items():
        if outcome not in ob.sizes:
            many = "; for a sequence over many sites use cl.sites" if isinstance(value, str) and len(value) > 1 else ""
            raise UnknownOutcome(f"data: {name} has no outcome {short(outcome)}{nearest(outcome, ob.sizes)}{many}")
        try:
            likelihood[ob.sizes.index(outcome)] = _floats(weight)
        except (TypeError, ValueError, OverflowError):
            raise InputMismatch(f"data: {name}: {short(weight)} for {outcome!r} is no likelihood") from None
    if not np.isfinite(likelihood).all() or (likelihood < 0).any():
        raise NotNormalized(f"data: {name}: likelihoods are numbers from 0 up, not {short(value)}")
    if not likelihood.any():
        raise ImpossibleEvidence(f"data: {name}: {short(value)} gives no outcome a likelihood above 0; name one")
    return likelihood


def _several(ob: Ob, given: Sequence[tuple[str, Any]]) -> NDArray[np.float64]:
    """The values of many wires at once, or, where there is something to complain of, one after the other."""
    try:
        read = _floats([value for _, value in given]).reshape(len(given), -1).T
    except (TypeError, ValueError, OverflowError):
        read = np.empty((0, 0))
    masked = any(isinstance(value, np.ma.MaskedArray) for _, value in given)
    if read.shape == (_size(ob), len(given)) and not np.isinf(read).any() and not masked:
        return read
    return np.stack([_numbers(name, ob, value) for name, value in given], axis=-1)


def _floats(value: Any) -> NDArray[np.float64]:
    """Numbers as floats, None as NaN. Raises `TypeError` or `ValueError` for what is no number, such as True or "2"."""
    if _masked(value):
        raise TypeError
    read = np.asarray(value)
    if read.dtype == object:
        flat = read.ravel().tolist()
        if not all(x is None or (isinstance(x, Number) and not isinstance(x, bool)) for x in flat):
            raise TypeError
        read = np.array([np.nan if x is None else float(x) for x in flat]).reshape(read.shape)
    if read.dtype.kind not in "fiu":
        raise TypeError
    return read.astype(np.float64)


def _masked(value: Any) -> bool:
    """Whether numpy would warn of masked numbers in it, and read them as NaN."""
    if isinstance(value, list | tuple):
        return any(each is np.ma.masked or (isinstance(each, list | tuple) and _masked(each)) for each in value)
    return value is np.ma.masked


def _size(ob: Ob) -> int:
    return math.prod(map(int, ob.sizes))


def _numbers(name: str, ob: Ob, value: Any) -> NDArray[np.float64]:
    try:
        read = _floats(value).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        read = np.empty(0)
    if np.ma.is_masked(value) or len(read) != _size(ob) or np.isinf(read).any():
        what = "a finite number" if _size(ob) == 1 else f"{_size(ob)} finite numbers, with None for missing ones"
        raise InputMismatch(f"data: {name}: give {what}, not {short(value)}")
    return read


def at_blocks(plan: Plan, found: Sequence[Observations]) -> dict[int, AnyMessage]:
    """What was observed, laid out as the plan has the wires."""
    values: dict[int, NDArray[np.float64]] = {}
    masks: dict[int, tuple[bool, ...]] = {}
    for each in found:
        blocks = plan.block[each.wires]
        there = np.flatnonzero(np.bincount(blocks)).tolist()
        for b in there:
            at = slice(None) if len(there) == 1 else blocks == b
            whole = values.setdefault(b, np.ones((len(each.values), plan.sizes[b])))
            whole[:, plan.place[each.wires[at]]] = each.values[:, at]
            masks[b] = each.mask
    made: dict[int, AnyMessage] = {}
    for b, whole in values.items():
        if plan.types[b].obs[0].kind == "Finite":
            made[b] = LogVector(np.zeros(plan.sizes[b]), whole).scaled()
        else:
            # The wires of a block are observed in the same numbers: the plan has seen to that.
            made[b] = Seen(whole, masks[b], Canonical.zero(*whole.shape))
    return made
