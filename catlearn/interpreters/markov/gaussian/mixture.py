"""Finite mixtures of normal distributions.

>>> two = Mixture(np.array([0.5, 0.5]), (Normal(-1.0, 1.0), Normal(1.0, 1.0)))
>>> two.mean, two.variance, f"{two.density(0.0):.6f}"
(0.0, 2.0, '0.241971')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.gaussian.normal import Normal
from catlearn.interpreters.markov.gaussian.support import support_of

__all__ = ["Mixture"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Normal distributions of a number, or of a vector, with weights that sum to one.

    Attributes:
        weights: (k,).
        components: k normal distributions.
    """

    weights: Array
    components: tuple[Normal, ...]

    @property
    def mean(self) -> Any:
        """A float for a number, (n,) for a vector."""
        first = self._means[0]  # from here, so that what is certain stays as it is
        return _plain(first + np.tensordot(self.weights, self._means - first, 1))

    @property
    def covariance(self) -> Any:
        """A float for a number (its variance), (n, n) for a vector."""
        within = np.tensordot(self.weights, np.array([each.covariance for each in self.components]), 1)
        apart = self._means - self.mean
        if apart.ndim == 1:
            return float(within + self.weights @ apart**2)
        return within + apart.T @ (self.weights[:, None] * apart)

    @property
    def variance(self) -> Any:
        """The variance of every number, of the shape of `mean`."""
        found = self.covariance
        return found if np.ndim(found) == 0 else np.diagonal(found)

    @property
    def deviation(self) -> Any:
        """The standard deviation of every number, of the shape of `mean`."""
        return _plain(np.sqrt(self.variance))

    def log_density(self, x: Any) -> Any:
        """The log-density at x, of shape (...) for a number and (..., n) for a vector.

        Components without noise in some direction have a density against a smaller measure; where they allow x at
        all they outweigh the others, and are taken alone.
        """
        size = np.ndim(self.components[0].mean)
        values = np.asarray(x, np.float64)[..., None] if size == 0 else np.asarray(x, np.float64)
        parts = [support_of(np.atleast_1d(c.mean), np.atleast_2d(c.covariance)) for c in self.components]
        with np.errstate(divide="ignore"):
            found = np.stack([part.log_density(values) for part in parts]) + _column(np.log(self.weights), values)
        least = np.stack([np.where(part.contains(values), part.dimension, np.inf) for part in parts])
        return _plain(log_sum(np.where(least == least.min(axis=0), found, -np.inf)))

    def density(self, x: Any) -> Any:
        """The density at x; see `log_density`."""
        return _plain(np.exp(self.log_density(x)))

    @property
    def _means(self) -> Array:
        return np.array([each.mean for each in self.components])


def log_sum(logs: Array) -> Array:
    """The logarithm of the sum of exponentials along the first axis; minus infinity where all are.

    >>> float(np.exp(log_sum(np.log(np.array([1.0, 2.0])))).round(12))
    3.0
    """
    top = logs.max(axis=0, initial=-np.inf)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(logs - safe).sum(axis=0)) + safe)


def _column(weights: Array, values: Array) -> Array:
    return weights.reshape(-1, *(1,) * (values.ndim - 1))


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else value
