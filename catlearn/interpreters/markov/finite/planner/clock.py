"""How much longer a search may go on: counted in work done, so that it ends the same way on every machine.

>>> clock = Clock(seconds=60.0, budget=1.0)
>>> clock.spend(0.4)
>>> clock.over
False
>>> clock.spend(0.7)
>>> clock.over
True
"""

from __future__ import annotations

from time import perf_counter

__all__ = ["Clock"]


class Clock:
    """Work and time spent by a search.

    Attributes:
        spent: seconds that the work done so far takes on an ordinary machine; the same in every run.
        budget: how many of these may be spent.
    """

    def __init__(self, seconds: float, budget: float = 0.0) -> None:
        self._start, self._seconds = perf_counter(), seconds
        self.spent, self.budget = 0.0, budget

    def spend(self, seconds: float) -> None:
        """Count some work."""
        self.spent += seconds

    @property
    def elapsed(self) -> float:
        """Real seconds since the start."""
        return perf_counter() - self._start

    @property
    def over(self) -> bool:
        """Whether the work is done, or the real time is up, which only a slow machine sees first."""
        return self.spent >= self.budget or self.elapsed >= self._seconds
