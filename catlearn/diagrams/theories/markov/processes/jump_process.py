"""Markov jump processes: a finite state that changes at random times, in continuous time.

>>> decay = MarkovJump([[-2.0, 2.0], [0.0, 0.0]])
>>> decay.lasting(0.5).transition()[:, :, 0].round(4)
array([[0.3679, 0.6321],
       [0.    , 1.    ]])
>>> season = JumpProcess(lambda t: [[-t, t], [1.0, -1.0]], duration=2.0, steps=50)
>>> season.rates_at(1.0)
array([[-1.,  1.],
       [ 1., -1.]])
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.processes.duration import read_duration
from catlearn.diagrams.types import Ty
from catlearn.errors import InputMismatch, NotNormalized, NotSupported, ShapeMismatch, TypeMismatch, short

__all__ = ["JumpProcess", "MarkovJump", "check_rates", "exponentials"]

Array = NDArray[np.float64]
ROUNDING = 1e-6
"""How far from zero a row of rates may sum, relative to its rates."""


class Jumps:
    """What a jump process is whatever its duration: rates, constant or by time, and how finely those are followed."""

    def __init__(self, rates: Any, steps: int = 1, start: float = 0.0) -> None:
        self.constant: Array | None = None if callable(rates) else check_rates(rates)
        self.function: Callable[[float], Any] | None = rates if callable(rates) else None
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
            raise InputMismatch(f"a jump process has steps from 1 up, not {short(steps)}")
        self.steps, self.start = int(steps), start
        self.size = len(self.at(start))

    def at(self, t: float) -> Array:
        """The rates at a time, (K, K)."""
        if self.function is None:
            assert self.constant is not None
            return self.constant
        found = check_rates(self.function(t), f" at time {t:g}")
        if len(found) != getattr(self, "size", len(found)):
            raise ShapeMismatch(f"rates at time {t:g} are for {len(found)} states, but at first for {self.size}")
        return found

    def tables(self, durations: Array) -> Array:
        """The tables of each part of each duration, (steps, K, K, m)."""
        different, which = np.unique(durations, return_inverse=True)
        n = self.steps
        if self.function is None:
            made = exponentials(self.at(0.0)[None], different / n)[..., which]
            return np.broadcast_to(made, (n, *made.shape))
        parts = [[self.start + (k + 0.5) * length / n for k in range(n)] for length in different.tolist()]
        rates = np.array([[self.at(t) for t in times] for times in parts])
        scaled = rates * (different / n)[:, None, None, None]
        return np.moveaxis(_exponentials(scaled), 0, -1)[..., which]


class MarkovJump(Kernel):
    """A Markov jump process with constant rates, run for a time: a finite kernel, so messages through it are exact.

    Args:
        rates: `rates[a, b]` is the rate of jumps from outcome a to outcome b; the diagonal makes rows sum to zero.
        duration: a finite number from 0 up.

    Raises:
        ShapeMismatch: when the rates are no square matrix.
        NotNormalized: for a negative rate, or a row that does not sum to zero.
        InputMismatch: when the duration is none.

    >>> MarkovJump([[-1.0, 1.0], [2.0, -2.0]], 0.5)
    MarkovJump(((-1.0, 1.0), (2.0, -2.0)), 0.5)
    """

    process: Jumps
    duration: float

    def __init__(self, rates: Any, duration: float = 1.0) -> None:
        if callable(rates):
            raise TypeMismatch("MarkovJump has constant rates; rates that depend on time are for JumpProcess")
        self.process, self.duration = Jumps(rates), read_duration(duration)

    @property
    def rates(self) -> Array:
        """The rates, (K, K)."""
        return self.process.at(0.0)

    def data(self) -> tuple[Any, ...]:
        """The rates as nested tuples, and the duration."""
        return tuple(map(tuple, self.rates.tolist())), self.duration

    def lasting(self, duration: float) -> Self:
        """The same process for another duration. Raises `InputMismatch` where that is none.

        >>> MarkovJump([[-1.0, 1.0], [2.0, -2.0]]).lasting(2).duration
        2.0
        """
        found = object.__new__(type(self))
        found.process, found.duration = self.process, read_duration(duration)
        return found

    def transition(self, durations: Any = None) -> Array:
        """The tables over m durations (its own where none are given), (K, K, m)."""
        found = self.process.tables(floats([self.duration] if durations is None else durations))
        return np.array(found[0])

    def box(self, name: str, ty: Ty) -> Box:
        """The box of it on a wire of this type."""
        return place_kernel(name, ty, ty, self)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one finite wire, the same on both sides, with an outcome for each row."""
        _check(name, dom, cod, self.process.size)


class JumpProcess(Kernel):
    """A Markov jump process whose rates may change in time; guided step by step within its duration.

    The duration is cut into equal steps. Within a step the rates are those of its middle, and the step is exact, by the
    matrix exponential; with constant rates nothing is approximated. With rates that change, the distribution is off by
    an error of second order in the length of a step. Guided by a `MarkovJump`, each step is drawn from the true step
    times the guide's message at its end; for short steps these are jumps at the rates `q(a, b) g(t, b) / g(t, a)`, with
    the log-weight `integral of (L - L~) g / g` along the path (Palmowski and Rolski 2002).

    Args:
        rates: as for `MarkovJump`; or a function of time that gives them.
        duration: a finite number from 0 up.
        steps: into how many steps a box is cut.
        start: the time at which a box begins, where rates depend on time.

    Raises:
        ShapeMismatch, NotNormalized: as `MarkovJump` does, at the times that are looked at.
        InputMismatch: for a duration, steps or start that are none.
    """

    process: Jumps
    duration: float

    def __init__(self, rates: Any, duration: float = 1.0, steps: int = 20, start: float = 0.0) -> None:
        self.process, self.duration = Jumps(rates, steps, read_duration(start, "a start")), read_duration(duration)

    def rates_at(self, t: float) -> Array:
        """The rates at time t, (K, K)."""
        return self.process.at(t)

    def average(self) -> MarkovJump:
        """The process whose constant rates are the mean over its duration: the guide of one that was given none.

        >>> JumpProcess(lambda t: [[-t, t], [0, 0]], duration=2.0).average().rates[0].round(9)
        array([-1.,  1.])
        """
        n, process = self.process.steps, self.process
        times = [process.start + (k + 0.5) * self.duration / n for k in range(n)]
        return MarkovJump(np.mean([process.at(t) for t in times], axis=0), self.duration)

    def data(self) -> tuple[Any, ...]:
        """The rates as nested tuples, or their function, which has no place in a JSON file; and the other arguments."""
        process = self.process
        rates = process.function or tuple(map(tuple, process.at(0.0).tolist()))
        return rates, self.duration, process.steps, process.start

    def lasting(self, duration: float) -> Self:
        """The same process for another duration. Raises `InputMismatch` where that is none."""
        found = object.__new__(type(self))
        found.process, found.duration = self.process, read_duration(duration)
        return found

    def box(self, name: str, ty: Ty) -> Box:
        """The box of it on a wire of this type."""
        return place_kernel(name, ty, ty, self)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one finite wire, the same on both sides, with an outcome for each row."""
        _check(name, dom, cod, self.process.size)


def check_rates(values: Any, when: str = "") -> Array:
    """A matrix of rates, read-only, its diagonal made such that rows sum to zero exactly.

    Raises:
        ShapeMismatch: when it is no square matrix.
        NotNormalized: for a negative rate, or rows that do not sum to zero.

    >>> check_rates([[-1.0, 2.0], [0.0, 0.0]])
    Traceback (most recent call last):
    ...
    catlearn.errors.NotNormalized: rates: row 0 sums to 1, not to 0
    """
    try:
        made = floats(values)
    except ValueError:
        raise ShapeMismatch(f"rates{when} are a square matrix of numbers, not {short(values)}") from None
    if made.ndim != 2 or made.shape[0] != made.shape[1] or not made.size:
        raise ShapeMismatch(f"rates{when} are a square matrix, not of shape {made.shape}")
    off = np.where(np.eye(len(made)) > 0, 0.0, made)
    if not np.isfinite(made).all() or (off < 0).any():
        raise NotNormalized(f"rates{when}: off the diagonal they are finite numbers from 0 up")
    total = made.sum(axis=1)
    bad = abs(total) > ROUNDING * np.maximum(off.sum(axis=1), 1e-300)
    if bad.any():
        row = int(bad.argmax())
        raise NotNormalized(f"rates{when}: row {row} sums to {total[row]:.6g}, not to 0")
    made = off - np.diag(off.sum(axis=1))
    made.flags.writeable = False
    return made


def exponentials(rates: Array, durations: Array) -> Array:
    """The tables of constant rates (1, K, K) over m durations, (K, K, m)."""
    return np.moveaxis(_exponentials(rates * durations[:, None, None]), 0, -1)


def _exponentials(a: Array) -> Array:
    """Matrix exponentials of (..., K, K), without the small negative numbers that rounding leaves."""
    from scipy.linalg import expm

    if a.size and not abs(a).max() < 1e6:
        raise NotSupported("rates times durations are above a million; shorten the steps, or take away fast states")
    made = np.maximum(np.asarray(expm(a)), 0.0)
    return np.asarray(made / made.sum(axis=-1, keepdims=True))


def _check(name: str, dom: Ty, cod: Ty, count: int) -> None:
    if len(cod) != 1 or cod.obs[0].kind != "Finite" or dom != cod:
        raise TypeMismatch(f"{name}: a jump process keeps one wire with named outcomes, not {dom or '()'} -> {cod}")
    if len(cod.obs[0].sizes) != count:
        raise ShapeMismatch(f"{name}: the rates are for {count} states, but {cod} has {len(cod.obs[0].sizes)}")
