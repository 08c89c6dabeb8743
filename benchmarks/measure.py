"""How long things take beside one another: rounds in which each runs in turn, and the ratios within a round.

The machine's pace changes from second to second, so only what ran in the same round is compared. Time is that of the
processor, all threads together, so that waiting for others on a shared machine does not count.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import Any

__all__ = ["Ratio", "Timing", "interleaved", "once"]

SLICE = 0.02  # seconds that each runs for in a round, at least


@dataclass(frozen=True)
class Ratio:
    """One time over another: from the best rounds of both, and the median over rounds."""

    least: float
    middle: float

    def __str__(self) -> str:
        return f"{self.least:.2f} / {self.middle:.2f}"


@dataclass(frozen=True)
class Timing:
    """Seconds for one run, in every round."""

    rounds: tuple[float, ...]

    @property
    def least(self) -> float:
        """The best round."""
        return min(self.rounds)

    def over(self, other: Timing) -> Ratio:
        """The ratio to another that ran in the same rounds."""
        return Ratio(self.least / other.least, median(a / b for a, b in zip(self.rounds, other.rounds, strict=True)))


def interleaved(runs: Mapping[str, Callable[[], Any]], rounds: int = 9) -> dict[str, Timing]:
    """The timing of each, in interleaved rounds; garbage is collected between rounds only."""
    counts = {name: _count(run) for name, run in runs.items()}
    found: dict[str, list[float]] = {name: [] for name in runs}
    on = gc.isenabled()
    gc.disable()
    try:
        for k in range(rounds):
            gc.collect()
            order = list(runs) if k % 2 else list(runs)[::-1]
            for name in order:
                found[name].append(_time(runs[name], counts[name]))
    finally:
        if on:
            gc.enable()
    return {name: Timing(tuple(times)) for name, times in found.items()}


def once(run: Callable[[], Any]) -> float:
    """Seconds for one run."""
    start = process_time()
    run()
    return process_time() - start


def _time(run: Callable[[], Any], count: int) -> float:
    run()  # a first one brings its arrays back into the cache
    repeats = range(count)
    start = process_time()
    for _ in repeats:
        run()
    return (process_time() - start) / count


def _count(run: Callable[[], Any]) -> int:
    run()
    return max(1, round(SLICE / max(min(once(run) for _ in range(3)), 1e-6)))
