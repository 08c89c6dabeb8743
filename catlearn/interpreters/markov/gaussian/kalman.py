"""Kalman filtering and smoothing of linear-Gaussian chains, with missing entries and matrices that change in time.

A state x moves and is seen: `x[t+1] = F x[t] + b + N(0, Q)` and `y[t] = H x[t] + c + N(0, R)`.

>>> walk = kalman(F=[[1.0]], Q=[[0.1]], H=[[1.0]], R=[[1.0]], mean=[0.0], covariance=[[10.0]])
>>> found = walk.smooth([[1.0], [np.nan], [2.0]])
>>> found.means.ravel().round(3)
array([1.379, 1.431, 1.483])
>>> print(f"{found.log_likelihood:.4f}")
-3.7375
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import counted, seeded
from catlearn.diagrams.theories.markov.gaussian import check_covariance
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, short
from catlearn.interpreters.markov.gaussian.filtering import check_finite, forward
from catlearn.interpreters.markov.gaussian.simulation import simulate
from catlearn.interpreters.markov.gaussian.smoothing import backward
from catlearn.interpreters.markov.gaussian.support import support_of
from catlearn.interpreters.markov.gaussian.wide import WIDE, filter_wide, sample_wide, smooth_wide, width

__all__ = ["Filtered", "Forecast", "Kalman", "Smoothed", "kalman"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Filtered:
    """Each state given what was seen up to it.

    Attributes:
        means: (T, d).
        covariances: (T, d, d).
        log_likelihood: the log-density of each observation given those before it, summed; where noise is singular,
            each against the Lebesgue measure of its support.
        dimension: how many directions of what was seen were uncertain: as many as numbers, unless noise is singular.
    """

    means: Array
    covariances: Array
    log_likelihood: float
    dimension: int


@dataclass(frozen=True, eq=False)
class Smoothed(Filtered):
    """Each state given all that was seen; the attributes are those of `Filtered`."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """What comes after the last observation.

    Attributes:
        means, covariances: of the observations to come, (steps, p) and (steps, p, p).
        states, state_covariances: of the states to come, (steps, d) and (steps, d, d).
    """

    means: Array
    covariances: Array
    states: Array
    state_covariances: Array


@dataclass(frozen=True, eq=False)
class Kalman:
    """A linear-Gaussian state space; make it by `kalman`, which says what the arrays are."""

    F: Array
    b: Array
    Q: Array
    H: Array
    c: Array
    R: Array
    mean: Array
    covariance: Array

    def filter(self, y: Any) -> Filtered:
        """Each state given the observations up to it.

        Args:
            y: of shape (T, p), or (T,) where p is 1; NaN where nothing was seen.

        Raises:
            InputMismatch: when the shape is another one, a number is infinite, or there are more steps than matrices;
                or when the first state is too wide, 1e18 times the noise or more, where it was not seen.
            ImpossibleEvidence: when noise is singular and rules out what was seen.
            NotNormalized: when means, variances or the density are beyond floats.

        >>> walk = kalman([[1.0]], [[1.0]], [[1.0]], [[1.0]], [0.0], [[1.0]])
        >>> walk.filter([2.0]).means.round(6)
        array([[1.]])
        """
        y = self._read(y)
        if self.width > WIDE:
            return Filtered(*filter_wide(self, y))
        found = forward(self, y)
        rest = np.broadcast_to(found.covariances[-1:], (len(found.later), *self.covariance.shape))
        covariances = np.concatenate([found.covariances, rest])
        return Filtered(found.means, covariances, found.log_likelihood, found.dimension)

    def smooth(self, y: Any) -> Smoothed:
        """Each state given all observations. Arguments and errors: see `filter`."""
        y = self._read(y)
        if self.width > WIDE:
            return Smoothed(*smooth_wide(self, y))
        found = forward(self, y)
        return Smoothed(*backward(self, found), found.log_likelihood, found.dimension)

    def forecast(self, y: Any, steps: int) -> Forecast:
        """The `steps` states and observations after the last of y, given y. Arguments and errors: see `filter`.

        >>> walk = kalman([[1.0]], [[1.0]], [[1.0]], [[1.0]], [0.0], [[1.0]])
        >>> walk.forecast([2.0], 2).covariances.ravel().round(6)
        array([2.5, 3.5])
        """
        y = self._read(y, steps)
        found = self.filter(y)
        mean, P = found.means[-1], found.covariances[-1]
        rows = []
        with np.errstate(over="ignore", invalid="ignore"):
            for t in range(len(y), len(y) + steps):
                mean, P = self.predict(mean, P, t - 1)
                H, c, R = self.observation(t)
                rows.append((H @ mean + c, H @ P @ H.T + R, mean, P))
        check_finite(*(rows[-1] if rows else ()))
        p, d = self.R.shape[-1], len(mean)
        shapes = (p,), (p, p), (d,), (d, d)
        return Forecast(*(np.array([row[k] for row in rows]).reshape(steps, *shape) for k, shape in enumerate(shapes)))

    def sample(self, y: Any, n: int = 1, seed: int | None = None) -> Array:
        """Draw n paths of states given all observations, of shape (n, T, d). Arguments and errors: see `filter`.

        >>> walk = kalman([[1.0]], [[1.0]], [[1.0]], [[1.0]], [0.0], [[1.0]])
        >>> walk.sample([2.0, 3.0], n=5, seed=0).shape
        (5, 2, 1)
        """
        y, n, random = self._read(y), counted("n", n), seeded(seed)
        return sample_wide(self, y, n, random) if self.width > WIDE else simulate(self, forward(self, y), n, random)

    @property
    def invariant(self) -> bool:
        """Whether no matrix changes in time."""
        return (self.F.ndim, self.b.ndim, self.Q.ndim, self.H.ndim, self.c.ndim, self.R.ndim) == (2, 1, 2, 2, 1, 2)

    @cached_property
    def exact(self) -> bool:
        """Whether some noise of observations is singular, so that something may be seen exactly."""
        p = self.R.shape[-1]
        return any(support_of(np.zeros(p), R).dimension < p for R in (self.R if self.R.ndim == 3 else self.R[None]))

    @cached_property
    def width(self) -> float:
        """How wide the first state is beside the noise: see `catlearn.interpreters.markov.gaussian.wide.width`."""
        return width(self)

    def transition(self, t: int) -> tuple[Array, Array, Array]:
        """F, b and Q of the step from t to t + 1."""
        return _at(self.F, t, 2), _at(self.b, t, 1), _at(self.Q, t, 2)

    def observation(self, t: int) -> tuple[Array, Array, Array]:
        """H, c and R at t."""
        return _at(self.H, t, 2), _at(self.c, t, 1), _at(self.R, t, 2)

    def predict(self, mean: Array, P: Array, t: int) -> tuple[Array, Array]:
        """The state at t + 1, given that at t."""
        F, b, Q = self.transition(t)
        after: Array = F @ P @ F.T
        after += Q
        after = after + after.T
        after *= 0.5
        return F @ mean + b, after

    def _read(self, y: Any, steps: int = 0) -> Array:
        p = self.H.shape[-2]
        try:
            found = floats(y)
        except ValueError:
            raise InputMismatch(f"y holds numbers in rows of one length, not {short(y)}") from None
        found = found[:, None] if found.ndim == 1 and p == 1 else found
        if found.ndim != 2 or found.shape[1] != p or not len(found):
            raise InputMismatch(f"y has shape {found.shape}; it needs (T, {p}) with T from 1 up")
        if np.isinf(found).any():
            raise InputMismatch("y holds an infinite number; write NaN where nothing was seen")
        self._check_length(len(found) + counted("steps", steps))
        return found

    def _check_length(self, T: int) -> None:
        for name, ndim, needed in (
            ("F", 2, T - 1),
            ("b", 1, T - 1),
            ("Q", 2, T - 1),
            ("H", 2, T),
            ("c", 1, T),
            ("R", 2, T),
        ):
            array = getattr(self, name)
            if array.ndim > ndim and len(array) < needed:
                raise InputMismatch(f"{name} is given for {len(array)} steps, but {needed} are needed")


def kalman(F: Any, Q: Any, H: Any, R: Any, mean: Any, covariance: Any, b: Any = None, c: Any = None) -> Kalman:
    """A linear-Gaussian state space with states of d numbers and observations of p numbers.

    Args:
        F, b, Q: matrix (d, d), constant (d,) and noise (d, d) of the step from each state to the next.
        H, c, R: matrix (p, d), constant (p,) and noise (p, p) of each observation.
        mean, covariance: of the first state, (d,) and (d, d).

    Each but the last two may have one more axis in front, for time: row t of F, b, Q says how state t becomes state
    t + 1, row t of H, c, R how it is seen. Covariances may be singular. b and c are zero where they are not given. The
    first state may be as wide as you like: where its variance is more than 1e4 times that of the noise, it is estimated
    by least squares, which costs a few times more and loses no digits.

    Raises:
        ShapeMismatch: when shapes do not fit; it says which.
        NotNormalized: when a number is not finite, or a covariance not symmetric or not positive semi-definite.

    >>> kalman([[1.0]], [[-1.0]], [[1.0]], [[1.0]], [0.0], [[1.0]])
    Traceback (most recent call last):
    ...
    catlearn.errors.NotNormalized: Q is no covariance: its least eigenvalue is -1
    """
    start = _array("mean", mean, (-1,), False)
    d = len(start)
    H = _array("H", H, (-1, d), True)
    p = H.shape[-2]
    return Kalman(
        _array("F", F, (d, d), True),
        _array("b", np.zeros(d) if b is None else b, (d,), True),
        check_covariance("Q", _array("Q", Q, (d, d), True)),
        H,
        _array("c", np.zeros(p) if c is None else c, (p,), True),
        check_covariance("R", _array("R", R, (p, p), True)),
        start,
        check_covariance("covariance", _array("covariance", covariance, (d, d), False)),
    )


def _array(name: str, value: Any, shape: tuple[int, ...], timed: bool) -> Array:
    try:
        found = floats(value)
    except ValueError:
        raise ShapeMismatch(f"{name} holds numbers in rows of one length, not {short(value)}") from None
    tail = found.shape[1:] if timed and found.ndim == len(shape) + 1 else found.shape
    if len(tail) != len(shape) or any(n not in (m, -1) for m, n in zip(tail, shape, strict=True)):
        wanted = str(shape).replace("-1", "any")
        raise ShapeMismatch(f"{name} has shape {found.shape}, not {wanted}{' with or without time' if timed else ''}")
    if not np.isfinite(found).all():
        raise NotNormalized(f"{name} holds {found[~np.isfinite(found)].flat[0]}; its numbers must be finite")
    return found


def _at(array: Array, t: int, ndim: int) -> Array:
    found: Array = array if array.ndim == ndim else array[t]
    return found
