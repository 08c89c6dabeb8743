"""What answers will cost, said before anything runs.

>>> from catlearn.interpreters.markov.finite.plan import plan
>>> found = forecast(plan([(0,), (0, 1), (1, 2)], (2, 300, 5), [(1, 2), (0, 3)]))
>>> print(found)
602 multiplications, 33.7 kB at the peak
>>> check_memory(found, limit=1000)
Traceback (most recent call last):
...
catlearn.errors.TooLarge: this takes 33.7 kB, and the limit is 1.0 kB: raise memory_limit=, look longer for a better
plan (plan_seconds=, --plan-seconds), ask for fewer variables, or observe more
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from catlearn.errors import TooLarge
from catlearn.interpreters.markov.finite.plan import Plan

__all__ = ["Forecast", "check_memory", "forecast"]


@dataclass(frozen=True)
class Forecast:
    """What one run of a plan takes.

    Attributes:
        multiplications: of the sums forward; the reverse pass takes twice as many again.
        largest: how many numbers the largest intermediate term has.
        memory: bytes that all terms and their derivatives take, at most.
    """

    multiplications: float
    largest: float
    memory: float

    def __str__(self) -> str:
        return f"{self.multiplications:.3g} multiplications, {_bytes(self.memory)} at the peak"


def forecast(plan: Plan, rows: int = 1, itemsize: int = 8) -> Forecast:
    """What a plan will take.

    Args:
        plan: of the contraction.
        rows: how many rows of evidence are answered at once.
        itemsize: bytes of a number.
    """
    count = len(plan.scopes) - len(plan.steps)
    tables = sum(_volume(plan, scope) for scope in plan.scopes[:count])
    terms = [_volume(plan, step.out) for step in plan.steps]
    largest = max(terms, default=1.0)
    # Each table and each term has a derivative, and an array may have to be copied to turn its axes.
    memory = 2 * (tables + sum(terms) + largest) * rows * itemsize
    return Forecast(_multiplications(plan) * rows, largest, memory)


def check_memory(found: Forecast, limit: float) -> None:
    """Raise `TooLarge` when a forecast is above so many bytes."""
    if found.memory > limit:
        raise TooLarge(
            f"this takes {_bytes(found.memory)}, and the limit is {_bytes(limit)}: raise memory_limit=, look longer "
            "for a better plan (plan_seconds=, --plan-seconds), ask for fewer variables, or observe more"
        )


def _multiplications(plan: Plan) -> float:
    """Of one run forward. What only one of two terms has is summed before they are multiplied."""
    total = 0.0
    for step in plan.steps:
        held = Counter((*plan.scopes[step.left], *plan.scopes[step.right]))
        total += _volume(plan, [v for v, times in held.items() if times > 1 or v in step.out])
    return total


def _volume(plan: Plan, scope: Sequence[int]) -> float:
    """As a float, which may be infinite; a whole number may be too long to write."""
    found = 1.0
    for v in scope:
        found *= plan.sizes[v]
    return found


def _bytes(number: float) -> str:
    """Bytes as text: at most four digits, and a unit."""
    if number < 1000:
        return f"{number:.0f} bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        number /= 1000
        if number < 1000:
            return f"{number:.1f} {unit}"
    return f"{number:.2g} TB"
