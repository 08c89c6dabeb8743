"""Messages as they are shown to users: one wire's at a time.

>>> seen = Quadratic(-1.0, np.array([4.0]), np.array([[2.0]]), ())
>>> seen.mean, round(seen.deviation, 4), seen.at(2.0), seen
(2.0, 0.7071, 3.0, mean 2 ± 0.707107)
>>> round(Likelihoods(("no", "yes"), np.log([0.1, 0.4]))["yes"], 2)
0.8
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ob
from catlearn.errors import InputMismatch, UnknownOutcome, nearest, short
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, LogVector, Remaining, Seen

__all__ = ["Likelihoods", "Quadratic", "Remainder", "reading"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Quadratic:
    """A message `log g(x) = c + F.x - x'Hx / 2` at a wire of numbers.

    Attributes:
        c: the constant of the function.
        F: (d,).
        H: (d, d); it may be singular, as what was seen may not tell everything.
        sizes: the shape of the wire.
    """

    c: float
    F: Floats
    H: Floats
    sizes: tuple[int, ...]

    def at(self, x: Any) -> float:
        """The value of `log g` at x."""
        at = _read(x, len(self.F))
        return float(self.c + self.F @ at - 0.5 * at @ self.H @ at)

    @property
    def mean(self) -> Any:
        """Where the function is largest, of the wire's shape; NaN where it has no top."""
        if not self._proper:
            return self._shaped(np.full(len(self.F), np.nan))
        return self._shaped(np.linalg.solve(self.H, self.F))

    @property
    def covariance(self) -> Floats:
        """The inverse of H, (d, d); infinite where H is not positive definite."""
        return np.linalg.inv(self.H) if self._proper else np.full_like(self.H, np.inf)

    @property
    def variance(self) -> Any:
        """The diagonal of `covariance`, of the wire's shape."""
        return self._shaped(np.diagonal(self.covariance).copy())

    @property
    def deviation(self) -> Any:
        """The square root of `variance`."""
        return self._shaped(np.sqrt(np.diagonal(self.covariance)))

    @property
    def log_integral(self) -> float:
        """The logarithm of the integral of g over all x; infinite where it has none."""
        if not self._proper:
            return float("inf")
        _, log_det = np.linalg.slogdet(self.H)
        top = 0.5 * self.F @ np.linalg.solve(self.H, self.F)
        return float(self.c + top + 0.5 * (len(self.F) * np.log(2 * np.pi) - log_det))

    @property
    def _proper(self) -> bool:
        diagonal = np.diagonal(self.H)
        if not (diagonal > 0).all():
            return False
        unit = 1.0 / np.sqrt(diagonal)  # numbers on one wire may be of very different sizes
        values = np.linalg.eigvalsh(self.H * unit[:, None] * unit)
        return bool(values[0] > 1e-14 * max(values[-1], 0.0))

    def _shaped(self, values: Floats) -> Any:
        return values.reshape(self.sizes) if self.sizes else float(values[0])

    def __repr__(self) -> str:
        if not self._proper:
            return "nothing is known of it" if not self.H.any() and not self.F.any() else "known in part"
        return f"mean {_text(self.mean)} ± {_text(self.deviation)}"


@dataclass(frozen=True, eq=False, repr=False)
class Remainder(Quadratic):
    """A message `log g(x) = c + log Ga(end - x; shape, rate)`: what a Gamma process has left until it is observed.

    Attributes:
        end, shape, rate: see above. F and H are zero.
    """

    end: float
    shape: float
    rate: float

    def at(self, x: Any) -> float:
        """The value of `log g` at x; -inf from `end` on."""
        end, shape, rate = (np.array([v]) for v in (self.end, self.shape, self.rate))
        said = Canonical(np.array([self.c]), np.zeros((1, 1)), np.zeros((1, 1, 1)))
        value = _read(x, 1)[:, None]
        return float(Remaining(said, end, shape, rate, np.ones(1, np.int64)).at(value)[0])

    def __repr__(self) -> str:
        return f"{self.end:.6g} minus a Gamma variable of shape {self.shape:.6g} and rate {self.rate:.6g}"


class Likelihoods(Mapping[str, float]):
    """A message at a finite wire: for each outcome how likely what was seen is, divided by the sum.

    Attributes:
        log: (outcomes,) the logarithms as they are, not divided.
    """

    def __init__(self, outcomes: tuple[str, ...], log: Floats) -> None:
        self.outcomes, self.log = outcomes, log

    def __getitem__(self, outcome: str) -> float:
        if outcome not in self.outcomes:
            raise UnknownOutcome(f"there is no outcome {outcome!r}{nearest(outcome, self.outcomes)}")
        v = np.exp(self.log - self.log.max())
        return float(v[self.outcomes.index(outcome)] / v.sum())

    def __iter__(self) -> Iterator[str]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)

    def __repr__(self) -> str:
        return f"Likelihoods({', '.join(f'{name}={self[name]:.6g}' for name in self.outcomes)})"


def _read(x: Any, size: int) -> Floats:
    try:
        found = np.asarray(x, np.float64).reshape(-1)
    except (TypeError, ValueError):
        found = np.empty(0)
    if len(found) != size or not np.isfinite(found).all():
        what = "a finite number" if size == 1 else f"{size} finite numbers"
        raise InputMismatch(f"at: the message is about {what}, not {short(x)}")
    return found


def _text(value: Any) -> str:
    return f"{value:.6g}" if np.ndim(value) == 0 else np.array2string(np.asarray(value), precision=6)


def reading(message: AnyMessage, at: int, ob: Ob) -> Quadratic | Likelihoods:
    """The message of one of the wires of a block."""
    if isinstance(message, LogVector):
        with np.errstate(divide="ignore"):
            return Likelihoods(ob.sizes, message.c[at] + np.log(message.v[:, at]))  # type: ignore[arg-type]
    said = message.message if isinstance(message, Seen) else message
    if isinstance(said, Remaining):
        if said.count[at]:
            ends = (float(a[at]) for a in (said.end, said.shape, said.rate))
            return Remainder(float(said.c[at]), np.zeros(1), np.zeros((1, 1)), ob.sizes, *ends)  # type: ignore[arg-type]
        said = said.said
    return Quadratic(float(said.c[at]), said.F[:, at].copy(), said.H[:, :, at].copy(), ob.sizes)  # type: ignore[arg-type]
