"""The log-likelihood of each site pattern, by the quickest way that loses nothing.

Plain products with few checkpoints come first. What they may have lost shows at the checkpoints: then every join is
one, and then logarithms are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.sites.pruning import LEAST, Inputs, Values, prune
from catlearn.interpreters.bffg.sites.repeats import Kind, Plan
from catlearn.interpreters.bffg.sites.underflow import log_values, supports

__all__ = ["Scaled", "log_evidence", "messages"]

Array = NDArray[Any]

APART = 128
"""How many leaves may lie between two checkpoints; most alignments lose less than a factor of a hundred at each."""


@dataclass(frozen=True, eq=False)
class Scaled:
    """A plan, and where its values are scaled."""

    plan: Plan

    @cached_property
    def sparse(self) -> frozenset[int]:
        """The joins at which values are divided, `APART` leaves apart."""
        found, since = set[int](), list[int]()
        for k, join in enumerate(self.plan.joins):
            parts = [part for part in (join.left, join.right) if part is not None]
            count = sum(since[part.at] if part.kind in (Kind.NODE, Kind.JOIN) else 1 for part in parts)
            if count > APART:
                found.add(k)
                count = 1
            since.append(count)
        return frozenset(found)

    @cached_property
    def dense(self) -> frozenset[int]:
        """All joins."""
        return frozenset(range(len(self.plan.joins)))

    @cached_property
    def places(self) -> Mapping[int, Array]:
        """For each join of `sparse` and each pattern, its class."""
        return {k: classes for k, classes in enumerate(self.classes) if k in self.sparse}

    @property
    def classes(self) -> Sequence[Array]:
        """See `Plan.classes`; much memory, so it is not kept."""
        return self.plan.classes()


def log_evidence(scaled: Scaled, inputs: Inputs, prior: Array) -> Array:
    """The log-evidence of each pattern, (S,), with this distribution at the root; minus infinity for zero."""
    plan = scaled.plan
    found = prune(plan, inputs, scaled.sparse)
    if _whole(plan, inputs, found):
        total = found.root @ prior
        if total.min(initial=np.inf) >= LEAST:
            return _with_sums(np.log(total)[plan.root], found, scaled.places)
    logs = messages(scaled, inputs)[-1][plan.root]
    with np.errstate(divide="ignore"):
        terms = logs + np.log(prior)
        tops = terms.max(axis=1)
        safe = np.where(np.isfinite(tops), tops, 0.0)
        return np.asarray(np.log(np.exp(terms - safe[:, None]).sum(axis=1)) + safe)


def messages(scaled: Scaled, inputs: Inputs) -> list[Array]:
    """For each join the logarithms of its values, (classes, K), minus infinity for zero."""
    plan = scaled.plan
    found = prune(plan, inputs, scaled.dense, keep=True)
    if not _whole(plan, inputs, found):
        return log_values(plan, inputs)
    return _unscaled(plan, found)


def _whole(plan: Plan, inputs: Inputs, found: Values) -> bool:
    """Whether all numbers at checkpoints that are too small are zeros by right."""
    if not found.low:
        return True
    there = supports(plan, inputs)
    return all((low != there[k]).all() for k, low in found.low.items())


def _with_sums(total: Array, found: Values, places: Mapping[int, Array]) -> Array:
    for k, sums in found.sums.items():
        total += np.log(sums)[places[k]]
    return total


def _unscaled(plan: Plan, found: Values) -> list[Array]:
    """The logarithms of values of which each was divided by its sums."""
    above: list[Array] = []
    result: list[Array] = []
    with np.errstate(divide="ignore"):
        for k, join in enumerate(plan.joins):
            scale = np.log(found.sums[k]) if k in found.sums else np.zeros(join.count)
            for part, take in ((join.left, join.left_take), (join.right, join.right_take)):
                if part is not None and part.kind in (Kind.NODE, Kind.JOIN):
                    scale = scale + (above[part.at] if take is None else above[part.at][take])
            above.append(scale)
            result.append(np.log(found.kept[k]) + scale[:, None])
    return result
