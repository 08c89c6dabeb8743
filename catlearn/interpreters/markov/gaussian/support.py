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

__all__ = ["OFF", "RANK", "Support", "support_of"]

RANK = 1e-13
"""Directions count as certain when they have no more than this part of the largest eigenvalue of the correlations."""
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
    covariance, mean = np.asarray(covariance, np.float64), np.asarray(mean, np.float64)
    deviations = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    live = deviations > 0
    scale = deviations[live]
    correlations = covariance[np.ix_(live, live)] / np.multiply.outer(scale, scale)
    made = _regular(correlations, scale)
    some, whitening, log_determinant = _truncated(correlations, scale) if made is None else made
    spread, whitener = np.zeros((len(mean), some.shape[1])), np.zeros((some.shape[1], len(mean)))
    spread[live], whitener[:, live] = some, whitening
    return Support(mean, spread, whitener, log_determinant)


def _regular(correlations: Array, scale: Array) -> tuple[Array, Array, float] | None:
    from scipy.linalg.lapack import dpotrf, dtrtri

    if not len(scale):
        return None
    lower, failed = dpotrf(correlations, lower=1)
    pivots = lower.diagonal()
    if failed or pivots.min() ** 2 < RANK:
        return None
    return scale[:, None] * lower, dtrtri(lower, lower=1)[0] / scale, float(2 * np.log(pivots * scale).sum())


def _truncated(correlations: Array, scale: Array) -> tuple[Array, Array, float]:
    values, vectors = np.linalg.eigh(correlations)
    keep = values > RANK * values.max(initial=0.0)
    roots, vectors = np.sqrt(values[keep]), vectors[:, keep]
    spread = scale[:, None] * vectors * roots
    log_determinant = 2 * np.log(np.abs(np.linalg.qr(spread)[1].diagonal())).sum()
    return spread, (vectors / roots).T / scale, float(log_determinant)
