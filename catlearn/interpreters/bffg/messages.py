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

__all__ = ["AnyMessage", "Canonical", "LogVector", "Message", "Remaining", "Seen"]

Array = NDArray[Any]
Floats = NDArray[Any]
Index = slice | NDArray[np.int64]
Runs = NDArray[np.int64] | int
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

    def __sub__(self, other: Canonical) -> Canonical:
        return Canonical(self.c - other.c, self.F - other.F, self.H - other.H)

    def __getitem__(self, at: Index) -> Canonical:
        return Canonical(self.c[..., at], self.F[..., at], self.H[..., at])

    def reduced(self, starts: Runs) -> Canonical:
        """The sums of runs of messages, each from one start to the next; or of so many at a time."""
        if isinstance(starts, int):
            return Canonical(_sums(self.c, starts), _sums(self.F, starts), _sums(self.H, starts))
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
            made: Floats = (-0.5 * H[0, 0]) * x[0]
            made += F[0]
            made *= x[0]
            made += c
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

    def reduced(self, starts: Runs) -> LogVector:
        """The sums of runs of messages, each from one start to the next; or of so many at a time."""
        if isinstance(starts, int):
            starts = np.arange(0, len(self.c), starts)
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


def _sums(a: Floats, count: int) -> Floats:
    """The sums of so many numbers at a time of the last axis; slices of few are much quicker than `reduceat`."""
    if count > FEW:
        whole: Floats = a.reshape(*a.shape[:-1], -1, count).sum(axis=-1)
        return whole
    made: Floats = a[..., ::count] + a[..., 1::count]
    for k in range(2, count):
        made += a[..., k::count]
    return made


@dataclass(frozen=True, eq=False)
class Remaining:
    """Messages of wires that carry one number: quadratic, and for some how much is left until what was observed.

    Where `count` is 1, `log g(x) = said(x) + log Ga(end - x; shape, rate)`, Ga the density of a Gamma distribution.

    Attributes:
        said: the quadratic part.
        end, shape, rate: (m,), zeros where there is no such factor.
        count: (m,) how many factors there are. With more than one, or one beside a quadratic part that is not constant,
            the message is of no form that can be pulled back.
    """

    said: Canonical
    end: Floats
    shape: Floats
    rate: Floats
    count: NDArray[np.int64]

    @classmethod
    def zero(cls, d: int, m: int) -> Remaining:
        """The messages of m wires that nobody reads."""
        return cls.of(Canonical.zero(d, m))

    @classmethod
    def of(cls, said: Canonical) -> Remaining:
        """Quadratic messages, in this form."""
        none = np.zeros(len(said.c))
        return cls(said, none, none, none, np.zeros(len(said.c), np.int64))

    @property
    def c(self) -> Floats:
        """(m,) the constants."""
        return self.said.c

    @property
    def clash(self) -> NDArray[np.bool_]:
        """(m,) where the message cannot be pulled back; see the class."""
        bent = (self.said.F != 0).any(axis=0) | self.said.H.any(axis=(0, 1))
        return np.asarray((self.count > 1) | ((self.count > 0) & bent))

    def _parts(self) -> tuple[Floats, ...]:
        return self.end, self.shape, self.rate, self.count

    def __add__(self, other: Remaining) -> Remaining:
        return Remaining(self.said + other.said, *(a + b for a, b in zip(self._parts(), other._parts(), strict=True)))

    def __getitem__(self, at: Index) -> Remaining:
        return Remaining(self.said[at], *(a[at] for a in self._parts()))

    def reduced(self, starts: Runs) -> Remaining:
        """The sums of runs of messages, each from one start to the next; or of so many at a time."""
        if isinstance(starts, int):
            return Remaining(self.said.reduced(starts), *(_sums(a, starts) for a in self._parts()))
        return Remaining(self.said.reduced(starts), *(np.add.reduceat(a, starts) for a in self._parts()))

    def added(self, at: Index, other: Remaining) -> Remaining:
        """The same with others added to the messages at some different wires."""
        made = Remaining(self.said.added(at, other.said), *(a.copy() for a in self._parts()))
        for mine, theirs in zip(made._parts(), other._parts(), strict=True):
            mine[at] += theirs
        return made

    def at(self, x: Floats) -> Floats:
        """The values at x, (1, m) or (1, m, s)."""
        from scipy.special import gammaln

        end, a, b, count = (p.reshape(-1, *(1,) * (x.ndim - 2)) for p in self._parts())
        left, on = end - x[0], count > 0
        safe, shape, rate = np.where(left > 0, left, 1.0), np.where(on, a, 1.0), np.where(on, b, 1.0)
        known = shape * np.log(rate) - gammaln(shape) + (shape - 1.0) * np.log(safe) - rate * safe
        made: Floats = self.said.at(x) + np.where(on, np.where(left > 0, known, -np.inf), 0.0)
        return made


Message = Canonical | LogVector | Remaining
"""A message as it is pulled back to a wire."""
AnyMessage = Canonical | LogVector | Remaining | Seen
"""A message as a box finds it at its output."""
