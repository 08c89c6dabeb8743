"""The rows of inference: each case checked, measured, and told whether it is as quick as it must be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from benchmarks.markov.case import Absent, Case, Ready
from benchmarks.measure import interleaved, once
from benchmarks.rows import Row

__all__ = ["InferenceRow", "measure", "rows"]


@dataclass(frozen=True)
class InferenceRow(Row):
    """A case of inference.

    Attributes:
        bounds: for a peer, how many times our time it must take at least.
        limits: for our "plan" and "run", how many seconds they may take at most.
        plan: seconds that were needed once before, where that is limited.
    """

    bounds: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    plan: float = 0.0

    @property
    def passed(self) -> bool | None:
        """Whether all bounds are kept; None where we or a peer that is bounded were not measured."""
        if not self.ours or not self.bounds.keys() <= self.peers.keys():
            return None
        slow = [name for name, bound in self.bounds.items() if self.ratios[name] < bound]
        late = [name for name, took in (("run", self.ours), ("plan", self.plan)) if took > self.limits.get(name, inf)]
        return not slow and not late

    @property
    def known(self) -> list[str]:
        """The peers that were measured, and those that are bounded."""
        return list(dict.fromkeys([*self.bounds, *self.peers]))

    def plain(self) -> dict[str, Any]:
        """As a dictionary, for a file."""
        return {**super().plain(), "passed": self.passed}


def rows(cases: Iterable[Case], rounds: int = 9) -> Iterator[InferenceRow]:
    """A row for each case; one that lacks its data or its peer says so."""
    for case in cases:
        try:
            yield measure(case, rounds)
        except Absent as error:
            note = f"skipped: {error}"
            yield InferenceRow(case.name, case.size, 0.0, {}, note, case.bounds, case.limits)


def measure(case: Case, rounds: int = 9) -> InferenceRow:
    """The row of a case. Raises `ArithmeticError` when answers differ, and `Absent`."""
    found: list[Ready] = []
    plan = once(lambda: found.append(case.ready()))
    ready = found[0]
    ready.check(case.name)
    times = interleaved(ready.runs(), rounds)
    seconds = {name: timing.least / len(ready.given) / ready.shares.get(name, 1.0) for name, timing in times.items()}
    ours = seconds.pop("ours")
    if "plan" not in case.limits:
        return InferenceRow(case.name, case.size, ours, seconds, ready.note, case.bounds, case.limits)
    note = "; ".join(filter(None, (f"planned in {plan:.1f} s", ready.note)))
    return InferenceRow(case.name, case.size, ours, seconds, note, case.bounds, case.limits, plan)
