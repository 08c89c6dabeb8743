"""One measured case: what was run, how large it was, our time and the times of others.

>>> row = Row("chain", "1,000", 0.001, {"DisCoPy": 1.1})
>>> row.ratios
{'DisCoPy': 1100.0}
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from time import perf_counter
from typing import Any

__all__ = ["Row", "interleaved"]


@dataclass(frozen=True)
class Row:
    """One line of a table of measurements.

    Attributes:
        case: what was run.
        size: how large it was, as text.
        ours: our time in seconds, the least of several rounds.
        peers: the time of each peer that could be run, in seconds, measured in the same rounds.
        note: what a reader must know, such as why a peer is missing.
    """

    case: str
    size: str
    ours: float
    peers: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def ratios(self) -> dict[str, float]:
        """How many times our time each peer takes."""
        return {name: seconds / self.ours for name, seconds in self.peers.items()}

    def plain(self) -> dict[str, Any]:
        """As a dictionary, for a file."""
        return asdict(self)


def interleaved(runs: Sequence[Callable[[], object]], rounds: int, patience: float = 4.0) -> list[float]:
    """The least time of each run, in seconds, over rounds that take turns: a busy machine slows all alike.

    A run that has taken more than `patience` seconds in all sits out the rounds that are left.
    """
    best, spent = [float("inf")] * len(runs), [0.0] * len(runs)
    for _ in range(rounds):
        for k, run in enumerate(runs):
            if spent[k] > patience:
                continue
            gc.collect()
            start = perf_counter()
            run()
            seconds = perf_counter() - start
            best[k], spent[k] = min(best[k], seconds), spent[k] + seconds
    return best
