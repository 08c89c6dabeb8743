"""Linear-Gaussian kernels of many boxes: messages pulled back through them, and samples guided along them.

`y = Phi x + beta + noise`, `noise ~ N(0, Q)`. Outcomes may be observed in part: then the others, given those, are
linear-Gaussian again. The formulae need no inverse of a message's H nor of Q, except of the part of Q that is observed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import NotSupported
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Floats, Index, Seen
from catlearn.interpreters.bffg.noise import Blurred, Noise, noise_of
from catlearn.interpreters.bffg.small import cholesky, dot, log_diagonal, lower_solve, product, transposed, upper_solve

__all__ = ["Affine", "Linear", "Watched", "density", "joined"]

LOG_TAU = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Affine:
    """The maps `x -> Phi x + beta`: Phi (e, d, m), None for the identity; beta (e, m)."""

    Phi: Floats | None
    beta: Floats

    def __getitem__(self, at: Index) -> Affine:
        return Affine(None if self.Phi is None else self.Phi[..., at], self.beta[..., at])

    def pull(self, g: Canonical) -> Canonical:
        """The message at x of a message at `Phi x + beta`."""
        if self.beta.any():
            g = Canonical(g.at(self.beta), g.F - dot(g.H, self.beta), g.H)
        if self.Phi is None:
            return g
        back = transposed(self.Phi)
        return Canonical(g.c, dot(back, g.F), product(back, product(g.H, self.Phi)))

    def at(self, x: Floats) -> Floats:
        """The images of x (d, m, s)."""
        made = x if self.Phi is None else dot(self.Phi[..., None], x)
        return made + self.beta[..., None]


def affine_of(Phi: Floats, beta: Floats) -> Affine:
    """The maps with these matrices; identities are found."""
    same = Phi.shape[0] == Phi.shape[1] and not (Phi - np.eye(len(Phi))[:, :, None]).any()
    return Affine(None if same else Phi, beta)


def density(y: Floats, factor: Floats) -> Canonical:
    """The message at the mean of having seen y (e, m), where the factor of the covariance is (e, e, m)."""
    e = len(y)
    both = lower_solve(
        factor, np.concatenate([np.broadcast_to(np.eye(e)[:, :, None], factor.shape), y[:, None]], axis=1)
    )
    t = both[:, -1]
    full = upper_solve(factor, both)
    c = -0.5 * (e * LOG_TAU + (t**2).sum(axis=0)) - log_diagonal(factor)
    return Canonical(c, full[:, -1], full[:, :-1])


@dataclass(frozen=True, eq=False)
class Watched:
    """What the backward pass leaves: the message at the mean of the unseen part, and what was seen."""

    blurred: Blurred | None
    seen: Floats
    message: Canonical


@dataclass(frozen=True, eq=False)
class Linear:
    """Linear-Gaussian kernels, split by what is observed of their outcomes.

    Attributes:
        mask: which of the e outcomes are observed.
        rest: the map to the mean of the unseen ones, before what was seen is taken into account.
        noise: their noise, given the seen ones.
        watch, factor, gain: for the seen ones the map to their mean, the factor of their covariance, and what an
            unseen mean gains when they are larger by one; None where nothing is seen.
    """

    mask: NDArray[np.bool_]
    rest: Affine
    noise: Noise
    watch: Affine | None = None
    factor: Floats | None = None
    gain: Floats | None = None

    @classmethod
    def of(cls, Phi: Floats, beta: Floats, Q: Floats, mask: tuple[bool, ...], names: tuple[str, ...]) -> Linear:
        """The kernels with Phi (e, d, m), beta (e, m) and Q (e, e, m).

        Raises:
            NotSupported: when a number is observed that has no noise; it names the box.
        """
        on = np.array(mask, bool)
        if not on.any():
            return cls(on, affine_of(Phi, beta), noise_of(Q))
        factor = cholesky(Q[on][:, on])
        scale = np.sqrt(np.maximum(Q[on, on], 0.0))
        bad = ~(factor[range(len(scale)), range(len(scale))] > 1e-9 * scale).all(axis=0)
        if bad.any():
            said = "what it gives is observed, and has no noise of its own; add some, or observe what makes it"
            raise NotSupported(f"{names[int(bad.argmax())]}: {said}")
        gain = transposed(upper_solve(factor, lower_solve(factor, Q[on][:, ~on])))
        rest = Affine(Phi[~on] - product(gain, Phi[on]), beta[~on] - dot(gain, beta[on]))
        noise = noise_of(Q[~on][:, ~on] - product(gain, Q[on][:, ~on]))
        return cls(on, rest, noise, affine_of(Phi[on], beta[on]), factor, gain)

    def part(self, at: slice) -> Linear:
        """The kernels of some of the boxes."""
        if self.watch is None or self.factor is None or self.gain is None:
            return Linear(self.mask, self.rest[at], self.noise[at])
        return Linear(
            self.mask, self.rest[at], self.noise[at], self.watch[at], self.factor[..., at], self.gain[..., at]
        )

    def pull(self, out: AnyMessage) -> Watched:
        """The message at the inputs of a message at the outcomes."""
        if not isinstance(out, Seen):
            assert isinstance(out, Canonical)
            blurred = self.noise.blur(out)
            return Watched(blurred, np.empty((0, len(out.c))), self.rest.pull(blurred.message))
        y = out.values[self.mask]
        assert self.watch is not None
        assert self.factor is not None
        watched = self.watch.pull(density(y, self.factor))
        left = out.rest()
        if not len(left.F):
            return Watched(None, y, Canonical(watched.c + left.c, watched.F, watched.H))
        blurred = self.noise.blur(left)
        return Watched(blurred, y, self._shifted(y).pull(blurred.message) + watched)

    def _shifted(self, y: Floats) -> Affine:
        assert self.gain is not None
        return Affine(self.rest.Phi, self.rest.beta + dot(self.gain, y))

    def push(self, left: Watched, x: Floats, z: Floats) -> Floats:
        """Outcomes (e, m, s) guided by what was left, from x (d, m, s) and normals (at least e, m, s)."""
        if left.blurred is None:
            return np.broadcast_to(left.seen[..., None], (*left.seen.shape, x.shape[-1] if len(x) else z.shape[-1]))
        A, b, K = left.blurred.gains()
        to = self._shifted(left.seen) if len(left.seen) else self.rest
        mean = to.at(x) if len(x) else to.beta[..., None]
        free = z[: len(b)]
        if len(b) == 1:
            made: Floats = A[0, 0][:, None] * mean + b[..., None] + K[0, 0][:, None] * free
        else:
            made = dot(A[..., None], mean) + b[..., None] + dot(K[..., None], free)
        if not len(left.seen):
            return made
        whole = np.empty((len(self.mask), *made.shape[1:]))
        whole[self.mask], whole[~self.mask] = left.seen[..., None], made
        return whole


def joined(out: tuple[AnyMessage, ...]) -> AnyMessage:
    """One message at all outputs together."""
    if len(out) == 1:
        return out[0]
    parts = [part.message if isinstance(part, Seen) else part for part in out]
    d = [len(part.F) for part in parts if isinstance(part, Canonical)]
    ends = np.cumsum([0, *d])
    m = len(parts[0].c)
    whole = Canonical.zero(int(ends[-1]), m)
    for part, start, end in zip(parts, ends, ends[1:], strict=False):
        assert isinstance(part, Canonical)
        whole.c[:] += part.c
        whole.F[start:end], whole.H[start:end, start:end] = part.F, part.H
    if not any(isinstance(part, Seen) for part in out):
        return whole
    mask = tuple(on for part, e in zip(out, d, strict=True) for on in _mask(part, e))
    values = [part.values if isinstance(part, Seen) else np.zeros((e, m)) for part, e in zip(out, d, strict=True)]
    return Seen(np.concatenate(values), mask, whole)


def _mask(part: AnyMessage, e: int) -> tuple[bool, ...]:
    return part.mask if isinstance(part, Seen) else (False,) * e
