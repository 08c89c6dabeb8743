"""What is needed to run guided paths of diffusions: the messages on the grid, and what does not depend on samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.messages import AnyMessage, Canonical
from catlearn.interpreters.bffg.noise import noise_of
from catlearn.interpreters.bffg.rules.calling import Calls, read, time_of
from catlearn.interpreters.bffg.rules.sde_guides import covariance_of

__all__ = ["Bridge", "Gains"]

Array = NDArray[Any]
NEAR = 1e-14
"""Messages that differ by less, relative to the largest, are the same."""


@dataclass(frozen=True, eq=False)
class Gains:
    """Guided steps with noise that does not depend on place, from the mean `v = x + b dt`, for k steps of m boxes.

    Attributes:
        A, b, K: the step is `A v + b + K z`; (d, d, k, m), (d, k, m), (d, d, k, m).
        F, H: of the message at the mean.
        F_more, H_more: by how much they are above those of the message at x; None where they are no different.
        c: (m,) the sum over the steps of what the constants of these two differ by.
        a: (d, d, m) the covariance of the noise in a unit of time.
    """

    A: Array
    b: Array
    K: Array
    F: Array
    H: Array
    F_more: Array | None
    H_more: Array | None
    c: Array
    a: Array


@dataclass(frozen=True, eq=False)
class Bridge:
    """Guided diffusions of m boxes.

    Attributes:
        calls: what moves them.
        mask: which numbers of the ends are observed.
        times, steps: (K, m).
        a: (d, d, m) the noise; None where it depends on time or place.
        g: the messages on the grid but for the end, (d, K, m).
        out: the message at the end.
    """

    calls: Calls
    mask: tuple[bool, ...]
    times: Array
    steps: Array
    a: Array | None
    g: Canonical
    out: AnyMessage

    @property
    def free(self) -> int:
        """How many steps have an end of which nothing is observed."""
        return len(self.steps) - any(self.mask)

    def ahead(self, k: int) -> AnyMessage:
        """The message at the end of a step."""
        return self.out if k + 1 == len(self.steps) else self.message(k + 1)

    def message(self, k: int) -> Canonical:
        """The message at the start of a step."""
        return Canonical(self.g.c[k], self.g.F[:, k], self.g.H[:, :, k])

    def drift(self, k: int, x: Array, arguments: list[Array]) -> Array:
        """The drift (d, m, s) at x, not to be written to; `arguments` are what a function reads of x."""
        d, m, s = x.shape
        if len(self.calls.kernels) > 1:
            return self.calls("drift", (d,), x, self.times[k])
        found = self.calls.kernels[0].drift(time_of(self.times[k], s), *arguments)
        if not (type(found) is np.ndarray and found.shape == arguments[0].shape and found.dtype == np.float64):
            found = read(f"{self.calls.names[0]}: drift", found, (d,), m * s, self.calls.scalar)
            found = np.broadcast_to(found, (d, m * s))
        drift: Array = found.reshape(d, m, s)
        return drift

    def noise(self, k: int, x: Array) -> Array:
        """The covariance of the noise of a step, (d, d, m, s)."""
        spread = self.calls("dispersion", (len(x), None), x, self.times[k])
        made: Array = covariance_of(spread) * self.steps[k][:, None]
        return made

    @cached_property
    def gains(self) -> Gains | None:
        """The free steps, where the noise is the same everywhere."""
        if self.a is None:
            return None
        k, (d, m), g = self.free, self.a.shape[1:], self.g
        c, F, H = self._ahead()
        flat = Canonical(c.reshape(k * m), F.reshape(d, k * m), H.reshape(d, d, k * m))
        blurred = noise_of((self.a[:, :, None] * self.steps[:k]).reshape(d, d, k * m)).blur(flat)
        A, b, K = (part.reshape(*part.shape[:-1], k, m) for part in blurred.gains())
        at = blurred.message
        F, H = at.F.reshape(d, k, m), at.H.reshape(d, d, k, m)
        dF, dH = F - g.F[:, :k], H - g.H[:, :, :k]
        same = _small(dF, F) and _small(dH, H)
        total = (at.c.reshape(k, m) - g.c[:k]).sum(axis=0)
        return Gains(A, b, K, F, H, None if same else dF, None if same else dH, total, self.a)

    def _ahead(self) -> tuple[Array, Array, Array]:
        """c (k, m), F (d, k, m) and H (d, d, k, m) of the messages at the ends of the free steps."""
        k = self.free
        parts = [part[..., 1 : k + 1, :] for part in (self.g.c, self.g.F, self.g.H)]
        if k == len(self.steps):
            assert isinstance(self.out, Canonical)
            last = self.out.c[None], self.out.F[:, None], self.out.H[:, :, None]
            parts = [np.concatenate([part, end], axis=-2) for part, end in zip(parts, last, strict=True)]
        return parts[0], parts[1], parts[2]


def _small(part: Array, whole: Array) -> bool:
    return bool(np.abs(part).max(initial=0.0) <= NEAR * np.abs(whole).max(initial=0.0))
