"""Value and gradient: compiled diagrams beside hand-written numpy and other libraries.

Results are checked equal before anything is timed. The figure to look at is the ratio of ours to numpy written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.case import Case
from benchmarks.cases import CASES
from benchmarks.measure import Ratio, interleaved, once
from benchmarks.peers import Run, agree, peers
from benchmarks.rows import Row

__all__ = ["GradientRow", "checked", "measure", "rows"]


@dataclass(frozen=True)
class GradientRow(Row):
    """A case of value and gradient.

    Attributes:
        first: seconds from the model as Python to its first result.
        hand: ours over hand-written numpy.
        bound: what that ratio must not exceed.
    """

    first: float = 0.0
    hand: Ratio | None = None
    bound: float = 1.05


def rows(folder: Path, only: Collection[str] = (), rounds: int = 9) -> Iterator[GradientRow]:
    """A row for each case; `only` names cases by their letters. A case whose data is missing says so in its row."""
    for letter, make in CASES.items():
        if not only or letter in only:
            try:
                case = make(folder)
            except FileNotFoundError as error:
                yield GradientRow(letter, "", 0.0, note=f"skipped: there is no {error.filename}; give --data")
            else:
                yield measure(case, rounds)


def measure(case: Case, rounds: int = 9) -> GradientRow:
    """The row of a case. Raises `ArithmeticError` when somebody's results are not the hand-written ones."""
    first = min(first_call(case) for _ in range(3))
    runs = checked(case)
    times = interleaved(runs, rounds)
    theirs = {name: timing.least for name, timing in times.items() if name != "ours"}
    ratio = times["ours"].over(times["hand"])
    return GradientRow(case.name, case.size, times["ours"].least, theirs, "", first, ratio, case.bound)


def checked(case: Case) -> dict[str, Run]:
    """Everybody who can run a case. Raises `ArithmeticError` when their results are not the hand-written ones."""
    runs = {name: make(case) for name, make in peers(case).items()}
    found = {name: run() for name, run in runs.items()}
    for name, results in found.items():
        if not agree(results, found["hand"]):
            raise ArithmeticError(f"{case.name}: the results of {name} are not the hand-written ones")
    return runs


def first_call(case: Case) -> float:
    """Seconds from the model as Python to its first result, nothing remembered from before."""
    forget()
    inputs = case.inputs()
    return once(lambda: case.ours()(*inputs))


def forget() -> None:
    """Clear what the library remembers of the diagrams it has seen."""
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "catlearn":
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
