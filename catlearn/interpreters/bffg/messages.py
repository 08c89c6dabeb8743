"""Messages: the logarithms of functions of what is on a wire, for many wires at once.

A message at a wire tells how likely what was seen later is, given the wire's value. A copy adds messages and a discard
is the message zero, so messages are kept as logarithms, in the coordinates in which adding is adding numbers.

>>> two = Canonical(np.zeros(1), np.ones((1, 1)), np.ones((1, 1, 1)))
>>> (two + two).F.tolist(), float(two.at(np.full((1, 1), 2.0))[0])
([[2.0]], 0.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.small import dot

__all__ = ["AnyMessage", "Canonical", "LogVector", "Message", "Seen"]

Array = NDArray[Any]
Floats = NDArray[Any]
Index = slice | NDArray[np.int64]
FEW = 8
"""So many vectors without very small entries can be multiplied before they are scaled again."""
TINY = 1e-30
LARGE = 1e300


@dataclass(frozen=True, eq=False)
class Canonical:
    """Quadratic functions `log g(x) = c + F.x - x'Hx / 2` on wires that carry d numbers.

    Attributes:
        c: (m,) the constants of the functions: they are no normalizing constants.
        F: (d, m).
        H: (d, d, m), symmetric.
    """

    c: Floats
    F: Floats
    H: Floats

    @classmethod
    def zero(cls, d: int, m: int) -> Canonical:
        """The messages of m wires that nobody reads."""
        return cls(np.zeros(m), np.zeros((d, m)), np.zeros((d, d, m)))

    def __add__(self, other: Canonical) -> Canonical:
        return Canonical(self.c + other.c, self.F + other.F, self.H + other.H)

    def __getitem__(self, at: Index) -> Canonical:
        return Canonical(self.c[..., at], self.F[..., at], self.H[..., at])

    def reduced(self, starts: NDArray[np.int64]) -> Canonical:
        """The sums of runs of messages, each from one start to the next."""
        return Canonical(*(np.add.reduceat(a, starts, axis=-1) for a in (self.c, self.F, self.H)))

    def added(self, at: Index, other: Canonical) -> Canonical:
        """The same with others added to the messages at some different wires."""
        made = Canonical(self.c.copy(), self.F.copy(), self.H.copy())
        for mine, theirs in ((made.c, other.c), (made.F, other.F), (made.H, other.H)):
            mine[..., at] += theirs
        return made

    def at(self, x: Floats) -> Floats:
        """The values at x, (d, m) or (d, m, s)."""
        if not len(x):
            return self.c
        c, F, H = (a[..., None] for a in (self.c, self.F, self.H)) if x.ndim > 2 else (self.c, self.F, self.H)
        if len(x) == 1:
            made: Floats = (F[0] - (0.5 * H[0, 0]) * x[0]) * x[0] + c
            return made
        whole: Floats = c + (x * (F - 0.5 * dot(H, x))).sum(axis=0)
        return whole


@dataclass(frozen=True, eq=False)
class LogVector:
    """Functions of named outcomes, `log g(k) = c + log v[k]`.

    Attributes:
        c: (m,).
        v: (K, m), from 0 up; the largest of each is near 1.
    """

    c: Floats
    v: Floats

    @classmethod
    def zero(cls, d: int, m: int) -> LogVector:
        """The messages of m wires with d outcomes that nobody reads."""
        return cls(np.zeros(m), np.ones((d, m)))

    def __add__(self, other: LogVector) -> LogVector:
        return LogVector(self.c + other.c, self.v * other.v).scaled()

    def __getitem__(self, at: Index) -> LogVector:
        return LogVector(self.c[..., at], self.v[..., at])

    def reduced(self, starts: NDArray[np.int64]) -> LogVector:
        """The sums of runs of messages, each from one start to the next."""
        c, most = np.add.reduceat(self.c, starts), np.diff(starts, append=len(self.c)).max()
        if most <= FEW and self.v.min(initial=1.0) > TINY:
            return LogVector(c, np.multiply.reduceat(self.v, starts, axis=-1)).scaled()
        with np.errstate(divide="ignore"):
            logs = np.add.reduceat(np.log(self.v), starts, axis=-1)
        top = np.maximum(logs.max(axis=0), -LARGE)
        return LogVector(c + top, np.exp(logs - top)).scaled()

    def added(self, at: Index, other: LogVector) -> LogVector:
        """The same with others added to the messages at some different wires."""
        both, made = self[at] + other, LogVector(self.c.copy(), self.v.copy())
        made.c[at], made.v[:, at] = both.c, both.v
        return made

    def scaled(self) -> LogVector:
        """The same functions with the largest entry of each 1; impossible ones keep zeros, with c = -inf."""
        top = self.v.max(axis=0)
        with np.errstate(divide="ignore"):
            return LogVector(self.c + np.log(top), self.v / np.where(top > 0, top, 1.0))

    def at(self, x: Array) -> Floats:
        """The values at outcomes x by number, (m,) or (m, s)."""
        with np.errstate(divide="ignore"):
            logs = np.log(self.v)
        wires = np.arange(logs.shape[1]).reshape(-1, *(1,) * (x.ndim - 1))
        made: Floats = logs[x, wires] + (self.c[:, None] if x.ndim > 1 else self.c)
        return made


@dataclass(frozen=True, eq=False)
class Seen:
    """What is known of wires that carry d numbers, some of which are observed.

    Attributes:
        values: (d, m) the numbers that were observed, anything where none was.
        mask: which of the d were; the same for all m wires.
        message: what everybody else who reads the wires says of them.
    """

    values: Floats
    mask: tuple[bool, ...]
    message: Canonical

    def rest(self) -> Canonical:
        """The message at the numbers that were not observed, the others being what they are."""
        on = np.array(self.mask)
        y, F, H = self.values[on], self.message.F, self.message.H
        known = Canonical(self.message.c, F[on], H[on][:, on]).at(y) if on.any() else self.message.c
        return Canonical(known, F[~on] - dot(H[~on][:, on], y), H[~on][:, ~on])


Message = Canonical | LogVector
"""A message as it is pulled back to a wire."""
AnyMessage = Canonical | LogVector | Seen
"""A message as a box finds it at its output."""
