"""One linear-Gaussian box on the way back: messages about its outputs become one about its inputs, as a diagram.

A message is `log g(x) = c + F.x - x'Hx / 2`. What was seen of the outputs gives a message of its own; the noise of the
others is integrated out with `T = (I + H S)^-1`, which asks for no inverse of H or S, so both may be singular.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.wire import Wire
from catlearn.interpreters.bffg.evidence.matrices import Matrix, compact

__all__ = ["GaussianPattern"]

Indices = tuple[int, ...]
Shape = tuple[int, ...]
Part = Wire | NDArray[np.float64]


@dataclass(frozen=True)
class GaussianPattern:
    """Which coordinates of a box were seen, which are hidden, and where messages about them come from.

    The message that is made is about the hidden coordinates of the inputs, and after them about those of other wires
    that incoming messages speak of.

    Attributes:
        columns: for every coordinate of the inputs, which one of the new message it is; -1 where it was seen.
        seen, hidden: the coordinates of the outputs that were seen, and those that messages speak of.
        messages: for every message, its coordinates: of `hidden`, and then of `others`.
        others: for every coordinate of other wires, which one of the new message it is.
        own: how many of the new message's coordinates are inputs.
        result: how many coordinates the new message has.
    """

    columns: Indices
    seen: Indices
    hidden: Indices
    messages: tuple[Indices, ...]
    others: Indices
    own: int
    result: int
    outputs: int

    @property
    def part_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the wires of A, b and S."""
        return tuple(compact(*sizes) for sizes in self._part_sizes)

    @property
    def _part_sizes(self) -> tuple[tuple[int, int], ...]:
        n, m = len(self.columns), self.outputs
        return (m, n), (m, 1), (m, m)

    @property
    def message_shapes(self) -> tuple[tuple[Shape, ...], ...]:
        """The shapes of F and H of every message that comes in."""
        return tuple(_shapes(len(places)) for places in self.messages)

    @property
    def result_shapes(self) -> tuple[Shape, ...]:
        """The shapes of F and H of the new message."""
        return _shapes(self.result) if self.result else ()

    @property
    def seen_shapes(self) -> tuple[Shape, ...]:
        """The shapes of what was seen of the outputs and of the inputs."""
        return tuple(compact(n, 1) for n in (len(self.seen), self.columns.count(-1)) if n)

    def has_density(self, S: NDArray[np.float64]) -> bool:
        """Whether what was seen has a density given the inputs, for noise of this covariance."""
        if not self.seen:
            return True
        found = np.linalg.eigvalsh(S[np.ix_(self.seen, self.seen)])
        return bool(found[0] > len(found) * np.finfo(float).eps * found[-1])

    def step(
        self, parts: Sequence[Part], messages: Sequence[Sequence[Wire]], seen: Sequence[Wire]
    ) -> tuple[tuple[Wire, ...], Wire]:
        """The new message, F and H, and the constant that it adds to the log-evidence."""
        A, b, S = (_matrix(part, sizes) for part, sizes in zip(parts, self._part_sizes, strict=True))
        values, given = list(seen), [i for i, c in enumerate(self.columns) if c < 0]
        every, value = range(self.outputs), Matrix(len(self.seen), 1, values.pop(0)) if self.seen else None
        if given:
            b = b + A.part(every, given) @ Matrix(len(given), 1, values.pop(0))
        free = [i for i, c in enumerate(self.columns) if c >= 0]
        shape = self.outputs, self.own
        A = A.part(every, free).placed(every, [self.columns[i] for i in free], shape) if free else Matrix.zero(*shape)
        made = _Message.zero(self.own)
        affine = A.part(self.hidden, range(self.own)), b.part(self.hidden, (0,)), S.part(self.hidden, self.hidden)
        if value is not None:
            made, affine = self._observed(A, b, S, value, affine)
        if self.messages:
            incoming = [_Message(_matrix(F, (len(p), 1)), _matrix(H, (len(p),) * 2), Matrix.zero(1, 1))
                        for p, (F, H) in zip(self.messages, messages, strict=True)]  # fmt: skip
            made = made.wider(range(self.own), self.result) + self._pulled(incoming, *affine)
        return (made.F.wire, made.H.symmetric().wire) if self.result else (), made.c.wire

    def _observed(
        self, A: Matrix, b: Matrix, S: Matrix, value: Matrix, affine: tuple[Matrix, Matrix, Matrix]
    ) -> tuple[_Message, tuple[Matrix, Matrix, Matrix]]:
        """What was seen as a message about the inputs, and the kernel of the hidden outputs when that is known."""
        o, h, x = self.seen, self.hidden, range(self.own)
        noise, A_o = S.part(o, o), A.part(o, x)
        R, rest = noise.inverse(), value - b.part(o, (0,))
        c = noise.log_determinant() + rest.T @ R @ rest + Matrix.known(np.full((1, 1), len(o) * math.log(2 * math.pi)))
        back = A_o.T @ R
        message = _Message(back @ rest, back @ A_o, c * -0.5)
        if not h:
            return message, affine
        gain = S.part(h, o) @ R
        A_h, b_h, S_h = affine
        return message, (A_h - gain @ A_o, b_h + gain @ rest, S_h - gain @ S.part(o, h))

    def _pulled(self, incoming: Sequence[_Message], A: Matrix, b: Matrix, S: Matrix) -> _Message:
        """The messages through the kernel `hidden = A inputs + b + N(0, S)`."""
        n, k = len(self.hidden), len(self.hidden) + len(self.others)
        total = _Message.zero(k)
        for message, places in zip(incoming, self.messages, strict=True):
            total = total + message.wider(places, k)
        smooth = _without_noise(total, S, n)
        if not self.others:
            return smooth.through(A, b)
        whole = (k, self.result)
        turned = A.placed(range(n), range(self.own), whole)
        kept = Matrix.known(np.eye(len(self.others))).placed(range(n, k), self.others, whole)
        return smooth.through(turned + kept, b.placed(range(n), (0,), (k, 1)))


@dataclass(frozen=True, eq=False)
class _Message:
    """F, H and c."""

    F: Matrix
    H: Matrix
    c: Matrix

    @classmethod
    def zero(cls, n: int) -> _Message:
        return cls(Matrix.zero(n, 1), Matrix.zero(n, n), Matrix.zero(1, 1))

    def __add__(self, other: _Message) -> _Message:
        return _Message(self.F + other.F, self.H + other.H, self.c + other.c)

    def wider(self, places: Sequence[int], n: int) -> _Message:
        """The same about coordinates among n."""
        return _Message(self.F.placed(places, (0,), (n, 1)), self.H.placed(places, places, (n, n)), self.c)

    def through(self, A: Matrix, b: Matrix) -> _Message:
        """Of `A x + b`, as a function of x."""
        Hb = self.H @ b
        c = self.c + (self.F - Hb * 0.5).T @ b
        return _Message(A.T @ (self.F - Hb), A.T @ self.H @ A, c)


def _without_noise(message: _Message, S: Matrix, n: int) -> _Message:
    """Integrate noise N(0, S) of the first n coordinates out."""
    F, H, c = message.F, message.H, message.c
    first, rest = range(n), range(n, H.rows)
    F_n, H_n = F.part(first, (0,)), H.part(first, first)
    inner = Matrix.known(np.eye(n)) + H_n @ S
    T = inner.inverse()
    K, F_t = S @ T, T @ F_n
    c = c - inner.log_determinant() * 0.5 + (F_n.T @ S @ F_t) * 0.5
    if not rest:
        return _Message(F_t, T @ H_n, c)
    across = H.part(rest, first)
    turned = across @ T.T
    F_r = F.part(rest, (0,)) - across @ K @ F_n
    H_r = H.part(rest, rest) - across @ K @ across.T
    shape = (H.rows, H.rows)
    upper = (T @ H_n).placed(first, first, shape) + turned.placed(rest, first, shape)
    lower = turned.T.placed(first, rest, shape) + H_r.placed(rest, rest, shape)
    return _Message(F_t.placed(first, (0,), (H.rows, 1)) + F_r.placed(rest, (0,), (H.rows, 1)), upper + lower, c)


def _matrix(part: Part, sizes: tuple[int, int]) -> Matrix:
    return Matrix(*sizes, part if isinstance(part, Wire) else part.reshape(sizes))


def _shapes(n: int) -> tuple[Shape, ...]:
    return compact(n, 1), compact(n, n)
