"""What a benchmark of inference is: questions that we and a peer answer, and how often quicker we must be.

>>> double = Question(lambda x: x * 2.0, lambda answer: [answer])
>>> ready = Ready({"ours": double, "peer": Question(lambda x: x + x, lambda answer: [answer])}, [1.0, 2.0])
>>> ready.check("doubling")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["Absent", "Case", "Question", "Ready", "Run"]

Run = Callable[[], Any]


class Absent(Exception):
    """A peer that is not installed, or data that is not there; the message says which, and what to do."""


@dataclass(frozen=True)
class Question:
    """How somebody answers: `ask` is timed, `read` makes a list of arrays of an answer and is not."""

    ask: Callable[[Any], Any]
    read: Callable[[Any], Sequence[Any]]


@dataclass(frozen=True)
class Ready:
    """A case with everything made that is made once.

    Attributes:
        questions: of "ours" and of each peer.
        given: what is asked about in turn; one run asks about all of it.
        tolerance: how far answers may be apart.
        shares: for a peer that is asked about the first part of `given` only, which share that is; its time is scaled.
        note: what a reader must know.
    """

    questions: Mapping[str, Question]
    given: Sequence[Any]
    tolerance: float = 1e-9
    shares: Mapping[str, float] = field(default_factory=dict)
    note: str = ""

    def runs(self) -> dict[str, Run]:
        """A function without arguments for each."""
        return {name: _all(question.ask, self.given) for name, question in self.questions.items()}

    def check(self, name: str) -> None:
        """Raise `ArithmeticError` unless everybody's answers are the same."""
        for one in self.given:
            answers = {who: list(map(np.asarray, q.read(q.ask(one)))) for who, q in self.questions.items()}
            ours = answers.pop("ours")
            for who, theirs in answers.items():
                for a, b in zip(ours, theirs, strict=True):
                    off = np.abs((a[: len(b)] if who in self.shares else a) - b).max(initial=0)
                    if not off <= self.tolerance * max(1.0, np.abs(b).max(initial=0)):
                        raise ArithmeticError(f"{name}: our answer and that of {who} are {off:.2g} apart")


def _all(ask: Callable[[Any], Any], given: Sequence[Any]) -> Run:
    def run() -> None:
        for one in given:
            ask(one)

    return run


@dataclass(frozen=True)
class Case:
    """A benchmark of inference.

    Attributes:
        name: what the table calls it.
        size: its size in words.
        ready: makes everything that is made once. Raises `Absent`.
        bounds: for a peer, how many times our time it must take at least.
        limits: for "plan" and "run", how many seconds they may take at most.
    """

    name: str
    size: str
    ready: Callable[[], Ready]
    bounds: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
