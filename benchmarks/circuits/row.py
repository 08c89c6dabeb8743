"""The rows of circuits: as those of inference, with a share of right answers that must not be too low."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.markov.case import Question
from benchmarks.markov.rows import InferenceRow

__all__ = ["CircuitRow", "question", "samples"]


@dataclass(frozen=True)
class CircuitRow(InferenceRow):
    """A case of circuits.

    Attributes:
        right: the share of right answers, where something is learned.
        least: what it must be at least.
    """

    right: float = 1.0
    least: float = 0.0

    @property
    def passed(self) -> bool | None:
        """Whether all bounds are kept and enough answers right; None where we or a peer were not measured."""
        within = super().passed
        return within if within is None else within and self.right >= self.least

    def plain(self) -> Mapping[str, Any]:
        """As a dictionary, for a file."""
        return {**super().plain(), "passed": self.passed}


def question(ask: Callable[[], Any], read: Callable[[Any], Sequence[Any]]) -> Question:
    """A question whose answer does not depend on what is given."""
    return Question(lambda _: ask(), read)


def samples(words: NDArray[np.uint64]) -> list[NDArray[np.uint8]]:
    """Packed words as bits, one a byte, so that they can be subtracted."""
    return [np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, bitorder="little")]
