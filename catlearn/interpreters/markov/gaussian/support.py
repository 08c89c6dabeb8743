"""On which values does a normal distribution live, when its covariance may be singular; and how dense is it there?

>>> line = support_of([0.0, 0.0], [[1.0, 2.0], [2.0, 4.0]])
>>> line.dimension, bool(line.contains([0.5, 1.0])), bool(line.contains([0.5, 0.0]))
(1, True, False)
>>> print(f"{line.distance([0.5, 0.0]):.6f}")
0.447214
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, OffSupport

__all__ = ["OFF", "RANK", "Support", "support_of", "support_of_spread"]

RANK = 1e-13
"""Directions count as certain when they have no more than this part of the largest eigenvalue of the correlations."""
FLAT = 1e-12
"""The same for a spread, whose directions are not squared."""
OFF = 1e-8
"""How far from the support a value may be, as a part of its size, and still be taken for rounded."""
LOG_2_PI = float(np.log(2 * np.pi))

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Support:
    """The values that a normal distribution can take: `mean` plus what the columns of `spread` span.

    Attributes:
        mean: of shape (n,).
        spread: brings independent standard normals to values less the mean; of shape (n, dimension).
        whitener: brings values less the mean to standard normals, `whitener @ spread` being one; (dimension, n).
        log_determinant: the logarithm of the product of the covariance's eigenvalues that are not zero.
    """

    mean: Array
    spread: Array
    whitener: Array
    log_determinant: float

    @property
    def dimension(self) -> int:
        """How many directions are uncertain."""
        return len(self.whitener)

    def whiten(self, values: Any) -> Array:
        """Values of shape (..., n), less the mean, as independent standard normals of shape (..., dimension)."""
        return np.asarray((self._read(values) - self.mean) @ self.whitener.T)

    def distance(self, values: Any) -> Array:
        """How far values of shape (..., n) are from the support; of shape (...)."""
        basis = np.linalg.qr(self.spread)[0]
        rest = self._read(values) - self.mean
        return np.asarray(np.linalg.norm(rest - (rest @ basis) @ basis.T, axis=-1))

    def contains(self, values: Any) -> NDArray[np.bool_]:
        """Whether values of shape (..., n) are on the support, up to rounding: 1e-8 of their size, or 1e-12."""
        values = self._read(values)
        if self.dimension == len(self.mean):
            return np.ones(values.shape[:-1], bool)
        left = values - self.mean - self.whiten(values) @ self.spread.T
        size = np.abs(values) + np.abs(self.mean) + np.linalg.norm(self.spread, axis=1)
        return np.asarray(np.all(np.abs(left) <= np.maximum(OFF * size, 1e-12), axis=-1))

    def check(self, values: Any, name: str = "the value") -> None:
        """Raise `OffSupport`, saying how far, for values that are off the support."""
        if not np.all(self.contains(values)):
            far, n = float(self.distance(values).max()), len(self.mean)
            raise OffSupport(
                f"{name} is off the support by {far:.6g}: only {self.dimension} of {n} directions are free"
            )

    def log_density(self, values: Any) -> Array:
        """The log-density against the support's own Lebesgue measure; minus infinity off it. Of shape (...)."""
        z = self.whiten(values)
        with np.errstate(over="ignore"):
            found = -0.5 * (np.sum(z * z, axis=-1) + self.log_determinant + self.dimension * LOG_2_PI)
        return np.where(self.contains(values), found, -np.inf)

    def _read(self, values: Any) -> Array:
        found = np.asarray(values, np.float64)
        if found.shape[-1:] != self.mean.shape:
            raise InputMismatch(f"a value has shape {self.mean.shape}, not {found.shape}")
        return found


def support_of(mean: Any, covariance: Any) -> Support:
    """The support of N(mean, covariance), of shapes (n,) and (n, n).

    Coordinates are measured by their own deviations first, so that units do not matter; then directions whose
    eigenvalue is no more than 1e-13 of the largest are taken for certain.

    >>> print(f"{support_of([0.0], [[4.0]]).log_determinant:.6f}")
    1.386294
    """
    from scipy.linalg.lapack import dpotrf

    covariance, mean = np.asarray(covariance, np.float64), np.asarray(mean, np.float64)
    deviations = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    live = deviations > 0
    scale = deviations[live]
    correlations = covariance[np.ix_(live, live)] / np.multiply.outer(scale, scale)
    if len(scale):
        lower, failed = dpotrf(correlations, lower=1)
        if not failed and lower.diagonal().min() ** 2 >= RANK:
            return _triangular(mean, live, scale, lower)
    values, vectors = np.linalg.eigh(correlations)
    keep = values > RANK * values.max(initial=0.0)
    return _truncated(mean, live, scale, vectors[:, keep], np.sqrt(values[keep]))


def support_of_spread(mean: Any, spread: Any) -> tuple[Support, Array]:
    """The support of `mean + spread @ standard normals`, of shapes (n,) and (n, k).

    Also an orthonormal matrix Q, (k, dimension), which says what the support's own normals are: `Q.T @ normals`.
    Nothing is squared on the way, so a deviation of 1 beside one of 1e6 keeps its digits.

    >>> support_of_spread([0.0, 0.0], [[1e9, 0.0], [1e9, 1.0]])[0].dimension
    2
    """
    spread, mean = np.asarray(spread, np.float64), np.asarray(mean, np.float64)
    deviations = np.linalg.norm(spread, axis=1)
    live = deviations > 0
    scale = deviations[live]
    units = spread[live] / scale[:, None]
    Q, upper = np.linalg.qr(units.T)
    if 0 < len(scale) == len(upper) and np.abs(upper.diagonal()).min() > FLAT:
        return _triangular(mean, live, scale, upper.T), Q
    vectors, roots, Q = np.linalg.svd(units, full_matrices=False)
    keep = roots > FLAT * roots.max(initial=0.0)
    return _truncated(mean, live, scale, vectors[:, keep], roots[keep]), Q[keep].T


def _triangular(mean: Array, live: NDArray[np.bool_], scale: Array, lower: Array) -> Support:
    """The support whose spread is `scale * lower` in the live coordinates."""
    from scipy.linalg.lapack import dtrtri

    log_determinant = 2 * float(np.log(np.abs(lower.diagonal()) * scale).sum())
    return _placed(mean, live, scale[:, None] * lower, dtrtri(lower, lower=1)[0] / scale, log_determinant)


def _truncated(mean: Array, live: NDArray[np.bool_], scale: Array, vectors: Array, roots: Array) -> Support:
    """The support whose spread is `scale * vectors * roots` in the live coordinates, with orthonormal vectors."""
    spread = scale[:, None] * vectors * roots
    log_determinant = 2 * float(np.log(np.abs(np.linalg.qr(spread)[1].diagonal())).sum())
    return _placed(mean, live, spread, (vectors / roots).T / scale, log_determinant)


def _placed(mean: Array, live: NDArray[np.bool_], some: Array, whitening: Array, log_determinant: float) -> Support:
    spread, whitener = np.zeros((len(mean), some.shape[1])), np.zeros((some.shape[1], len(mean)))
    spread[live], whitener[:, live] = some, whitening
    return Support(mean, spread, whitener, log_determinant)
