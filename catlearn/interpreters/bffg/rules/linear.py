"""Linear-Gaussian kernels of many boxes: messages pulled back through them, and samples guided along them.

`y = Phi x + beta + noise`, `noise ~ N(0, Q)`. Outcomes may be observed in part: then the others, given those, are
linear-Gaussian again. The formulae need no inverse of a message's H nor of Q, except of the part of Q that is observed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import NotSupported
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Floats, Index, Seen
from catlearn.interpreters.bffg.noise import Blurred, Noise, noise_of
from catlearn.interpreters.bffg.small import cholesky, dot, log_diagonal, lower_solve, product, transposed, upper_solve

__all__ = ["Affine", "Density", "Linear", "Watched", "joined"]

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
        return made + self.beta[..., None] if self.beta.any() else made


def affine_of(Phi: Floats, beta: Floats) -> Affine:
    """The maps with these matrices; identities are found."""
    same = Phi.shape[0] == Phi.shape[1] and not (_once(Phi) - np.eye(len(Phi))[:, :, None]).any()
    return Affine(None if same else Phi, beta)


def _once(a: Floats) -> Floats:
    """One for all, where all boxes share what is in memory."""
    return a[..., :1] if a.strides[-1] == 0 else a


def _repeated(part: Any, m: int) -> Any:
    """What is there of one box, for m boxes; they share it in memory."""
    if isinstance(part, np.ndarray):
        return np.broadcast_to(part, (*part.shape[:-1], m))
    if part is None:
        return None
    return replace(part, **{field.name: _repeated(getattr(part, field.name), m) for field in fields(part)})


@dataclass(frozen=True, eq=False)
class Density:
    """Normal densities of what is seen, as functions of their means.

    Attributes:
        factor: (e, e, m) of the covariances.
        precision: (e, e, m), their inverses.
        constant: (m,) the logarithms where what is seen is the mean.
    """

    factor: Floats
    precision: Floats
    constant: Floats

    @classmethod
    def of(cls, factor: Floats) -> Density:
        """The densities whose covariances have these factors."""
        e = len(factor)
        inverse = lower_solve(factor, np.broadcast_to(np.eye(e)[:, :, None], factor.shape))
        return cls(factor, upper_solve(factor, inverse), -0.5 * e * LOG_TAU - log_diagonal(factor))

    def __getitem__(self, at: slice) -> Density:
        return Density(self.factor[..., at], self.precision[..., at], self.constant[at])

    def of_mean(self, y: Floats) -> Canonical:
        """The messages at the means of having seen y (e, m)."""
        t = lower_solve(self.factor, y)
        return Canonical(self.constant - 0.5 * (t**2).sum(axis=0), upper_solve(self.factor, t), self.precision)


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
        watch, density, gain: for the seen ones the map to their mean, their density, and what an unseen mean gains
            when they are larger by one; None where nothing is seen.
    """

    mask: NDArray[np.bool_]
    rest: Affine
    noise: Noise
    watch: Affine | None = None
    density: Density | None = None
    gain: Floats | None = None

    @classmethod
    def of(cls, Phi: Floats, beta: Floats, Q: Floats, mask: tuple[bool, ...], names: tuple[str, ...]) -> Linear:
        """The kernels with Phi (e, d, m), beta (e, m) and Q (e, e, m).

        Raises:
            NotSupported: when a number is observed that has no noise; it names the box.
        """
        on, m = np.array(mask, bool), Q.shape[-1]
        if m > 1 and not any(a.strides[-1] for a in (Phi, beta, Q)):
            return cls.of(_once(Phi), _once(beta), _once(Q), mask, names)._for_all(m)
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
        return cls(on, rest, noise, affine_of(Phi[on], beta[on]), Density.of(factor), gain)

    def part(self, at: slice) -> Linear:
        """The kernels of some of the boxes."""
        if self.watch is None or self.density is None or self.gain is None:
            return Linear(self.mask, self.rest[at], self.noise[at])
        return Linear(self.mask, self.rest[at], self.noise[at], self.watch[at], self.density[at], self.gain[..., at])

    def _for_all(self, m: int) -> Linear:
        """The kernel of m boxes that share the one kernel here."""
        parts = (self.rest, self.noise, self.watch, self.density, self.gain)
        return Linear(self.mask, *(_repeated(part, m) for part in parts))

    def pull(self, out: AnyMessage) -> Watched:
        """The message at the inputs of a message at the outcomes."""
        if not isinstance(out, Seen):
            assert isinstance(out, Canonical)
            blurred = self.noise.blur(out)
            return Watched(blurred, np.empty((0, len(out.c))), self.rest.pull(blurred.message))
        y = out.values[self.mask]
        assert self.watch is not None
        assert self.density is not None
        watched = self.watch.pull(self.density.of_mean(y))
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
            made: Floats = K[0, 0][:, None] * free
            made += b[..., None]
            made += A[0, 0][:, None] * mean
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
