"""Normal noise of many boxes: what it makes of a message, and how it is drawn when the message guides it.

With `y = mean + noise`, `noise ~ N(0, Q)` and a message `g` at y, the message at the mean is again quadratic, and y
given the mean is normal, `y = A mean + b + K z` with standard normal z. Neither `g`'s H nor Q need be invertible: what
is inverted is `I + HQ`. Three kinds of noise differ in how that is done without loss.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.messages import Canonical, Floats, Index
from catlearn.interpreters.bffg.small import (
    SMALL,
    cholesky,
    dot,
    identity,
    log_diagonal,
    lower_solve,
    product,
    solve_positive,
    transposed,
    upper_solve,
)

ROUNDING = 1e-14
"""Variances below this, of numbers measured by their deviations, come from rounding."""
__all__ = ["Blurred", "Dense", "Isotropic", "Noise", "Regular", "noise_of"]


@dataclass(frozen=True, eq=False)
class Blurred:
    """A message seen through noise.

    Attributes:
        message: the message at the mean.
        noise, given: the noise, and the message at the outcome.
        factor: (d, d, m), what both passes need of `I + HQ`: of `Isotropic` noise it is that, of others a factor.
    """

    message: Canonical
    noise: Noise
    given: Canonical
    factor: Floats

    def gains(self) -> tuple[Floats, Floats, Floats]:
        """A (d, d, m), b (d, m) and K (d, d, m) of the guided outcome `A mean + b + K z`."""
        return self.noise.gains(self)


class Noise(ABC):
    """The covariances Q of many boxes."""

    @abstractmethod
    def blur(self, g: Canonical) -> Blurred:
        """The message at the mean, of a message at the outcome."""

    @abstractmethod
    def gains(self, blurred: Blurred) -> tuple[Floats, Floats, Floats]:
        """See `Blurred.gains`."""

    @abstractmethod
    def __getitem__(self, at: Index) -> Noise:
        """The noise of some of the boxes."""


@dataclass(frozen=True, eq=False)
class Isotropic(Noise):
    """`Q = root**2 I`; `root` (m,) may be 0. Then I + HQ is symmetric."""

    root: Floats

    def __getitem__(self, at: Index) -> Isotropic:
        return Isotropic(self.root[at])

    def blur(self, g: Canonical) -> Blurred:
        """See `Noise.blur`."""
        q = self.root**2
        s = q * g.H
        if len(g.F) == 1:
            s += 1.0
            f, G = g.F / s[0], g.H / s
            c = q * g.F[0]
            c *= f[0]
            c -= np.log(s[0, 0])
        else:
            for k in range(len(s)):
                s[k, k] += 1.0
            both, c = solve_positive(s, np.concatenate([g.H, g.F[:, None]], axis=1))
            f, G = both[:, -1], _symmetric(both[:, :-1])
            c = q * (g.F * f).sum(axis=0) - c
        c *= 0.5
        c += g.c
        return Blurred(Canonical(c, f, G), self, g, s)

    def gains(self, blurred: Blurred) -> tuple[Floats, Floats, Floats]:
        """See `Noise.gains`."""
        f, s, d = blurred.message.F, blurred.factor, len(blurred.message.F)
        if d == 1:
            return 1.0 / s, self.root**2 * f, self.root / np.sqrt(s)
        back = upper_solve(cholesky(s), np.broadcast_to(identity(d, s), s.shape))
        return product(back, transposed(back)), self.root**2 * f, self.root * back


@dataclass(frozen=True, eq=False)
class Regular(Noise):
    """`Q = LL'` with invertible L, both (d, d, m): in the coordinates of L, I + HQ is symmetric."""

    L: Floats
    inverse: Floats

    def __getitem__(self, at: Index) -> Regular:
        return Regular(self.L[..., at], self.inverse[..., at])

    def blur(self, g: Canonical) -> Blurred:
        """See `Noise.blur`."""
        root = transposed(self.L)
        h, t = product(root, product(g.H, self.L)), dot(root, g.F)
        factor = cholesky(identity(len(h), h) + h)
        both = upper_solve(factor, lower_solve(factor, np.concatenate([h, t[:, None]], axis=1)))
        out = transposed(self.inverse)
        c = g.c - log_diagonal(factor) + 0.5 * (t * both[:, -1]).sum(axis=0)
        G = product(out, product(both[:, :-1], self.inverse))
        return Blurred(Canonical(c, dot(out, both[:, -1]), _symmetric(G)), self, g, factor)

    def gains(self, blurred: Blurred) -> tuple[Floats, Floats, Floats]:
        """See `Noise.gains`."""
        s = blurred.factor
        K = product(self.L, upper_solve(s, np.broadcast_to(identity(len(s), s), s.shape)))
        A = product(product(K, transposed(K)), product(transposed(self.inverse), self.inverse))
        return A, dot(product(K, transposed(K)), blurred.given.F), K


@dataclass(frozen=True, eq=False)
class Dense(Noise):
    """Any covariance Q with a root L, `Q = LL'`, both (d, d, m), singular ones too."""

    Q: Floats
    L: Floats

    def __getitem__(self, at: Index) -> Dense:
        return Dense(self.Q[..., at], self.L[..., at])

    def blur(self, g: Canonical) -> Blurred:
        """See `Noise.blur`."""
        u = self._units(g.H)
        H, both = g.H * u[:, None] * u, np.concatenate([g.H * u, g.F[:, None]], axis=1) * u[:, None]
        S = identity(len(g.F), g.H) + product(H, self.Q / u[:, None] / u)
        solved = _solved(S, both) / u[:, None]
        solved[:, :-1] /= u
        root = transposed(self.L)
        factor = cholesky(identity(self.L.shape[1], g.H) + product(root, product(g.H, self.L)))
        t = lower_solve(factor, dot(root, g.F))
        c = g.c - log_diagonal(factor) + 0.5 * (t**2).sum(axis=0)
        return Blurred(Canonical(c, solved[:, -1], _symmetric(solved[:, :-1])), self, g, factor)

    def gains(self, blurred: Blurred) -> tuple[Floats, Floats, Floats]:
        """See `Noise.gains`."""
        s, g = blurred.factor, blurred.given
        K = product(self.L, upper_solve(s, np.broadcast_to(identity(len(s), s), s.shape)))
        u = self._units(g.H)
        S = identity(len(g.F), g.H) + product(self.Q / u[:, None] / u, g.H * u[:, None] * u)
        A = _solved(S, np.broadcast_to(identity(len(S), S), S.shape)) * u[:, None] / u
        return A, dot(self.Q, blurred.message.F), K

    def _units(self, H: Floats) -> Floats:
        """In what each number is measured (d, m), so that all of very different sizes count."""
        d = range(len(H))
        told = np.where(H[d, d] > 0, 1.0 / np.sqrt(np.maximum(H[d, d], 1e-300)), 1.0)
        return np.where(self.Q[d, d] > 0, np.sqrt(np.maximum(self.Q[d, d], 0.0)), told)


def _solved(S: Floats, b: Floats) -> Floats:
    """Solutions of `S x = b`; not a number where S is singular to rounding."""
    a, right = np.moveaxis(S, -1, 0), np.moveaxis(b, -1, 0)
    try:
        return np.moveaxis(np.linalg.solve(a, right), 0, -1)
    except np.linalg.LinAlgError:
        return np.full(b.shape, np.nan)


def _symmetric(a: Floats) -> Floats:
    made: Floats = 0.5 * (a + transposed(a))
    return made


def noise_of(Q: Floats) -> Noise:
    """The noise with these covariances, (d, d, m), positive semi-definite.

    >>> type(noise_of(np.full((1, 1, 3), 2.0))).__name__
    'Isotropic'
    """
    d = len(Q)
    if d == 1 or not (Q - Q[:1, :1] * np.eye(d)[:, :, None]).any():
        return Isotropic(np.sqrt(Q[0, 0]) if d else np.zeros(Q.shape[2]))
    if d <= SMALL:
        L = cholesky(Q)
        pivots: NDArray[np.float64] = L[range(d), range(d)] / np.sqrt(np.maximum(Q[range(d), range(d)], 1e-300))
        if (pivots > 1e-6).all():  # false where it is not a number, too
            return Regular(L, lower_solve(L, np.broadcast_to(identity(d, L), L.shape)))
    diagonal = Q[range(d), range(d)]
    units = np.where(diagonal > 0, np.sqrt(np.maximum(diagonal, 0.0)), 1.0)
    values, vectors = np.linalg.eigh(np.moveaxis(Q / units[:, None] / units, -1, 0))
    root = vectors * np.sqrt(np.where(values > ROUNDING, values, 0.0))[:, None, :]
    return Dense(Q, np.moveaxis(root, 0, -1) * units[:, None])
