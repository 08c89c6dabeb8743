"""The distributions that parameters of a likelihood have: each is closed under what is learned from an observation.

>>> Beta(1, 3).mean, Gamma(2, 4).variance
(0.25, 0.125)
>>> Beta(1, 3).box("p").cod
Real()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import Distribution, above, finite, rows
from catlearn.diagrams.types import Real, Ty

__all__ = ["Beta", "Dirichlet", "Gamma", "Normal", "NormalInverseGamma"]

Array = NDArray[Any]
LOG_2_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False, repr=False)
class Beta(Distribution):
    """A probability, as if `a` successes and `b` failures had been seen; both above 0. `Beta(1, 1)` is uniform.

    >>> Beta(2, 2).log_density([0.5, 2.0]).round(6).tolist()
    [0.405465, -inf]
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        self._set(a=above("Beta", "a", self.a), b=above("Beta", "b", self.b))

    @property
    def mean(self) -> float:
        """See `Distribution.mean`."""
        return self.a / (self.a + self.b)

    @property
    def variance(self) -> float:
        """See `Distribution.variance`."""
        total = self.a + self.b
        return (self.a / total) * (self.b / total) / (total + 1.0)

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.beta(self.a, self.b, count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        from scipy.special import betaln, xlog1py, xlogy

        x = np.asarray(output, np.float64)
        inside = (x >= 0) & (x <= 1)
        p = np.where(inside, x, 0.5)
        return np.where(inside, xlogy(self.a - 1, p) + xlog1py(self.b - 1, -p) - betaln(self.a, self.b), -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class Dirichlet(Distribution):
    """Probabilities of several outcomes, as if each had been seen `counts` times; all above 0.

    >>> Dirichlet([1, 1, 2]).mean.tolist()
    [0.25, 0.25, 0.5]
    """

    counts: tuple[float, ...]

    def __post_init__(self) -> None:
        self._set(counts=rows("Dirichlet", "counts", self.counts))

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Ty(), Real(len(self.counts))

    @property
    def mean(self) -> Array:
        """See `Distribution.mean`."""
        counts = np.array(self.counts)
        return np.asarray(counts / counts.sum())

    @property
    def variance(self) -> Array:
        """See `Distribution.variance`."""
        return np.asarray(self.mean * (1.0 - self.mean) / (sum(self.counts) + 1.0))

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.dirichlet(self.counts, count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`. Rows of the output are the probabilities."""
        from scipy.special import gammaln, xlogy

        x, counts = np.asarray(output, np.float64), np.array(self.counts)
        inside = (x >= 0).all(axis=-1) & (np.abs(x.sum(axis=-1) - 1.0) < 1e-9)
        p = np.where(inside[..., None], x, 1.0 / len(counts))
        found = xlogy(counts - 1.0, p).sum(axis=-1) + gammaln(counts.sum()) - gammaln(counts).sum()
        return np.where(inside, found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class Gamma(Distribution):
    """A rate: `shape / rate` on average; as if `shape` events had been seen in the time `rate`. Both above 0."""

    shape: float
    rate: float

    def __post_init__(self) -> None:
        self._set(shape=above("Gamma", "shape", self.shape), rate=above("Gamma", "rate", self.rate))

    @property
    def mean(self) -> float:
        """See `Distribution.mean`."""
        return self.shape / self.rate

    @property
    def variance(self) -> float:
        """See `Distribution.variance`."""
        return self.shape / self.rate / self.rate

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.gamma(self.shape, 1.0, count) / self.rate

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        from scipy.special import gammaln, xlogy

        x = np.asarray(output, np.float64) * self.rate
        y = np.where(x >= 0, x, 1.0)
        found = xlogy(self.shape - 1.0, y) - y - gammaln(self.shape) + np.log(self.rate)
        return np.where(x >= 0, found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Normal(Distribution):
    """The normal distribution with a mean and a variance above 0.

    >>> Normal(mean=0.0, variance=4.0)
    Normal(0.0, 4.0)
    """

    location: float
    square: float

    def __init__(self, mean: float, variance: float) -> None:
        self._set(location=finite("Normal", "mean", mean), square=above("Normal", "variance", variance))

    @property
    def mean(self) -> float:
        """See `Distribution.mean`."""
        return self.location

    @property
    def variance(self) -> float:
        """See `Distribution.variance`."""
        return self.square

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.normal(self.mean, np.sqrt(self.variance), count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        x = np.asarray(output, np.float64)
        return np.asarray(-0.5 * ((x - self.mean) ** 2 / self.variance + np.log(self.variance) + LOG_2_PI))


@dataclass(frozen=True, eq=False, repr=False)
class NormalInverseGamma(Distribution):
    """A mean and a variance, both unknown: two wires.

    The variance is inverse-gamma with this shape and scale; the mean, given the variance, is normal about `location`
    with `variance / count`. All but the location are above 0.

    >>> NormalInverseGamma(1.0, 2.0, 3.0, 4.0).mean.tolist()
    [1.0, 2.0]
    """

    location: float
    count: float
    shape: float
    scale: float

    def __post_init__(self) -> None:
        name = "NormalInverseGamma"
        positive = {key: above(name, key, getattr(self, key)) for key in ("count", "shape", "scale")}
        self._set(location=finite(name, "location", self.location), **positive)

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`: the mean, then the variance."""
        return Ty(), Real() @ Real()

    @property
    def mean(self) -> Array:
        """Of the mean, and of the variance: infinite unless the shape is above 1."""
        return np.array([self.location, self.scale / (self.shape - 1.0) if self.shape > 1 else np.inf])

    @property
    def variance(self) -> Array:
        """Of the mean, infinite unless the shape is above 1; and of the variance, infinite unless it is above 2."""
        expected = self.mean[1]
        return np.array([expected / self.count, expected**2 / (self.shape - 2.0) if self.shape > 2 else np.inf])

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> tuple[Array, Array]:
        """See `Sampled.draw`: means and variances."""
        with np.errstate(divide="ignore", over="ignore"):
            variance = self.scale / random.gamma(self.shape, 1.0, count)
        return random.normal(self.location, np.sqrt(variance / self.count)), variance

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`. The output is a pair, means and variances."""
        from scipy.special import gammaln

        mean, variance = (np.asarray(each, np.float64) for each in output)
        v = np.where(variance > 0, variance, 1.0)
        normal = -0.5 * (self.count * (mean - self.location) ** 2 / v + np.log(v / self.count) + LOG_2_PI)
        inverse = self.shape * np.log(self.scale) - gammaln(self.shape) - (self.shape + 1) * np.log(v) - self.scale / v
        return np.where(variance > 0, normal + inverse, -np.inf)
