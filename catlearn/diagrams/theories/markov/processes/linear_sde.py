"""Linear stochastic differential equations: `dX = (B(t) X + beta(t)) dt + noise`, with noise of covariance `a(t) dt`.

They are linear-Gaussian over any duration, so messages through them are exact, and they guide other diffusions.

>>> walk = BrownianMotion(0.5)
>>> walk.lasting(3.0)
LinearSDE(0.0, 0.0, 0.5, 3.0)
>>> OrnsteinUhlenbeck(rate=2.0, mean=1.0, a=0.5)
LinearSDE(-2.0, 2.0, 0.5, 1.0)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import check_covariance, real_width
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.processes.duration import check_process, read_duration
from catlearn.diagrams.types import Ty
from catlearn.errors import CatlearnError, NotNormalized, ShapeMismatch, short

__all__ = ["BrownianMotion", "LinearProcess", "LinearSDE", "OrnsteinUhlenbeck"]

Array = NDArray[np.float64]
Part = Callable[[float], Any] | Any


class LinearProcess:
    """What moves a `LinearSDE`, shared by all its durations.

    Attributes:
        B, beta, a: numbers, nested tuples, or functions of time that give numbers or arrays.
        d: how many numbers move.
        constant: whether none of them is a function of time.
    """

    def __init__(self, B: Part, beta: Part, a: Part) -> None:
        self.parts = tuple(part if callable(part) else _numbers(part) for part in (B, beta, a))
        self.constant = not any(callable(part) for part in self.parts)
        first = [np.asarray(part(0.0) if callable(part) else part) for part in self.parts]
        sizes = {len(part) for part in first if part.ndim}
        if len(sizes) > 1:
            said = " and ".join(map(str, sorted(sizes)))
            raise ShapeMismatch(f"B, beta and a are for {said} numbers; give all three for as many")
        self.d: int = max(sizes, default=1)
        self.at(0.0)

    def at(self, t: float) -> tuple[Array, Array, Array]:
        """B (d, d), beta (d,) and a (d, d) at a time.

        Raises:
            ShapeMismatch: when a part has another shape.
            NotNormalized: when a number is not finite, or a is no covariance.
        """
        d, made = self.d, []
        for name, part, shape in zip(("B", "beta", "a"), self.parts, ((d, d), (d,), (d, d)), strict=True):
            value = _numbers(part(t)) if callable(part) else part
            at = f" at t = {t:g}" if callable(part) else ""
            made.append(_filled(f"{name}{at}", value, shape))
        return made[0], made[1], made[2]

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """The parts as plain data: equal for equal processes."""
        return tuple(part if callable(part) else _plain(part.tolist()) for part in self.parts)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, LinearProcess) and self.key == other.key)

    def __hash__(self) -> int:
        return hash(self.key)


class LinearSDE(Kernel):
    """The kernel of `dX = (B X + beta) dt + sigma dW` run for a duration, with `a = sigma sigma'`; d numbers move.

    Args:
        B: (d, d), or a number that stands for itself times the identity.
        beta: (d,), or a number that stands for all of them.
        a: (d, d) positive semi-definite, or a number that stands for itself times the identity. Where all three are
            numbers, d is 1.
        duration: a finite number from 0 up.

    B, beta and a may also be functions of the time since the start, a number from 0 to the duration, that give these.

    Raises:
        ShapeMismatch: when the shapes do not fit one another.
        NotNormalized: when a number is not finite, or `a` is no covariance.
        InputMismatch: when the duration is none.

    >>> LinearSDE([[0.0, 1.0], [0.0, 0.0]], 0.0, [[0.0, 0.0], [0.0, 1.0]]).process.d
    2
    >>> LinearSDE(-1.0, 0.0, -1.0)
    Traceback (most recent call last):
    ...
    catlearn.errors.NotNormalized: a is no covariance: its least eigenvalue is -1
    """

    process: LinearProcess
    duration: float

    def __init__(self, B: Part, beta: Part, a: Part, duration: float = 1.0) -> None:
        self.process, self.duration = LinearProcess(B, beta, a), read_duration(duration)

    def lasting(self, duration: float) -> Self:
        """The same process for another duration. Raises `InputMismatch` where that is none.

        >>> LinearSDE(0.0, 1.0, 1.0).lasting(2).duration
        2.0
        """
        found = object.__new__(type(self))
        found.process, found.duration = self.process, read_duration(duration)
        return found

    def data(self) -> tuple[Any, ...]:
        """See `Kernel.data`."""
        return (*self.process.key, self.duration)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one wire `Real()` or `Real(d)`, the same on both sides; functions of time are tried."""
        d = real_width(name, check_process(name, dom, cod))
        if self.process.d != d:
            said = f"moves {self.process.d} numbers, but {cod} carries {d}; give one of B, beta and a for {d}"
            raise ShapeMismatch(f"{name}: its LinearSDE {said}")
        for t in (0.0,) if self.process.constant else (0.0, self.duration / 2, self.duration):
            try:
                self.process.at(t)
            except CatlearnError as error:
                raise type(error)(f"{name}: {error}") from None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LinearSDE):
            return False
        return self is other or (self.duration == other.duration and self.process == other.process)

    def __hash__(self) -> int:
        return hash((self.process, self.duration))


def BrownianMotion(a: Part = 1.0, duration: float = 1.0) -> LinearSDE:
    """Noise alone: after time t its covariance is `a t`.

    >>> BrownianMotion([[1.0, 0.5], [0.5, 1.0]]).process.d
    2
    """
    return LinearSDE(0.0, 0.0, a, duration)


def OrnsteinUhlenbeck(rate: Any, mean: Any, a: Part = 1.0, duration: float = 1.0) -> LinearSDE:
    """`dX = rate (mean - X) dt + noise` with noise of covariance `a dt` (Uhlenbeck and Ornstein 1930).

    Args:
        rate: a number, or a matrix (d, d).
        mean: what it is drawn to, a number or (d,).
        a, duration: see `LinearSDE`.

    >>> OrnsteinUhlenbeck([[1.0, 0.0], [0.5, 1.0]], [2.0, 0.0]).data()[1]
    (2.0, 1.0)
    """
    pull, to = _numbers(rate), _numbers(mean)
    if pull.ndim == 2 and to.shape not in ((), pull.shape[:1]):
        raise ShapeMismatch(f"rate has shape {pull.shape} and mean {to.shape}; they need (d, d) and (d,)")
    if pull.ndim not in (0, 2) or (pull.ndim and pull.shape[0] != pull.shape[1]):
        raise ShapeMismatch(f"rate is a number or a square matrix, not of shape {pull.shape}")
    beta = pull @ np.broadcast_to(to, len(pull)) if pull.ndim else pull * to
    return LinearSDE(-pull, beta, a, duration)


def _numbers(values: Any) -> Array:
    try:
        found = np.asarray(floats(values) + 0.0)
    except ValueError:
        raise ShapeMismatch(f"give numbers in rows of one length, or a function of time, not {short(values)}") from None
    if not np.isfinite(found).all():
        raise NotNormalized(f"a process has finite numbers, not {found[~np.isfinite(found)].flat[0]}")
    found.flags.writeable = False
    return found


def _filled(name: str, value: Array, shape: tuple[int, ...]) -> Array:
    if value.ndim and value.shape != shape:
        raise ShapeMismatch(f"{name} has shape {value.shape}; it needs {shape}")
    filled = np.full(shape, value) if len(shape) == 1 else value * np.eye(shape[0]) if not value.ndim else value
    return check_covariance(name, filled) if name.startswith("a") else np.asarray(filled)


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list) else value
