"""Gamma processes: a number that grows by jumps, with independent increments that are Gamma distributed.

>>> wear = GammaProcess(shape=2.0, rate=4.0)
>>> wear.lasting(3.0).duration, wear.rate_at(0.0)
(3.0, 4.0)
>>> seasonal = GammaProcess(2.0, lambda t: 4.0 + t, duration=2.0)
>>> seasonal.constant(), seasonal.process.steps
(GammaProcess(2.0, 5.0, 2.0, 1, 0.0), 20)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.processes.duration import read_duration
from catlearn.diagrams.types import Real, Ty
from catlearn.errors import InputMismatch, NotNormalized, TypeMismatch, short

__all__ = ["GammaProcess"]

Array = NDArray[Any]
STEPS = 20
"""Into so many steps a box is cut where the rate depends on time."""


class Growth:
    """What a Gamma process is whatever its duration."""

    def __init__(self, shape: Any, rate: Any, steps: int, start: float) -> None:
        self.shape, self.start, self.steps = _positive("shape", shape), start, steps
        self.rate: float | Callable[[float], Any] = rate if callable(rate) else _positive("rate", rate)

    def at(self, t: float) -> float:
        """The rate at a time."""
        return _positive(f"rate at time {t:g}", self.rate(t)) if callable(self.rate) else self.rate

    def rates(self, durations: Array) -> Array:
        """The rate in each part of each duration, at its middle, (steps, m)."""
        n = self.steps
        if not callable(self.rate):
            return np.full((n, len(durations)), self.rate)
        different, which = np.unique(durations, return_inverse=True)
        found = [[self.at(self.start + (k + 0.5) * length / n) for length in different.tolist()] for k in range(n)]
        return np.array(found).reshape(n, -1)[:, which]


class GammaProcess(Kernel):
    """A Gamma process: over a time dt it grows by a Gamma distributed amount, of shape `shape * dt` and rate `rate`.

    Where the rate depends on time, the duration is cut into equal steps, in each of which it is what it is in the
    middle: the distribution is off by an error of second order in their length.

    It is guided by one of the same shape and of constant rate. Where its end was observed, guided increments are Beta
    distributed shares of what is left, and weights are ratios of Gamma densities of all increments, the last included.

    Args:
        shape: how much of it there is in a unit of time; above 0.
        rate: of the increments, above 0; the mean growth in a unit of time is `shape / rate`. Or a function of time.
        duration: a finite number from 0 up.
        steps: into how many steps a box is cut; 1 where the rate is constant, otherwise 20.
        start: the time at which a box begins, where the rate depends on time.

    Raises:
        NotNormalized: for a shape or rate that is no finite number above 0.
        InputMismatch: for a duration, steps or start that are none.
    """

    process: Growth
    duration: float

    def __init__(
        self, shape: float, rate: Any, duration: float = 1.0, steps: int | None = None, start: float = 0.0
    ) -> None:
        count: Any = (STEPS if callable(rate) else 1) if steps is None else steps
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
            raise InputMismatch(f"a Gamma process has steps from 1 up, not {short(steps)}")
        self.process = Growth(shape, rate, int(count), read_duration(start, "a start"))
        self.duration = read_duration(duration)

    @property
    def shape(self) -> float:
        """How much of it there is in a unit of time."""
        return self.process.shape

    def rate_at(self, t: float) -> float:
        """The rate at time t. Raises `NotNormalized` when its function gives no number above 0."""
        return self.process.at(t)

    def constant(self) -> GammaProcess:
        """This process where its rate is constant; otherwise one with the mean of its rates: the default guide."""
        if not callable(self.process.rate):
            return self
        rates = self.process.rates(np.array([self.duration]))
        return GammaProcess(self.shape, float(rates.mean()), self.duration)

    def data(self) -> tuple[Any, ...]:
        """The arguments. A rate that is a function has no place in a JSON file."""
        return self.shape, self.process.rate, self.duration, self.process.steps, self.process.start

    def lasting(self, duration: float) -> Self:
        """The same process for another duration. Raises `InputMismatch` where that is none."""
        found = object.__new__(type(self))
        found.process, found.duration = self.process, read_duration(duration)
        return found

    def box(self, name: str) -> Box:
        """The box of it, on wires `Real()`."""
        return place_kernel(name, Real(), Real(), self)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one number to one number."""
        ends = (dom, cod)
        if any(len(ty) != 1 or ty.obs[0].kind != "Real" or ty.obs[0].sizes for ty in ends):
            raise TypeMismatch(f"{name}: a Gamma process is Real() -> Real(), not {dom or '()'} -> {cod or '()'}")


def _positive(what: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = -1.0
    if not 0.0 < found < float("inf"):
        raise NotNormalized(f"the {what} of a Gamma process is a finite number above 0, not {short(value)}")
    return found
