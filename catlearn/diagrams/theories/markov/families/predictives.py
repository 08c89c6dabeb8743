"""How the next observation is distributed when a parameter is not known: a prior pushed through a likelihood.

>>> round(float(np.exp(BetaBinomial(2, 1, 1).log_density(1))), 6)
0.333333
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import Distribution, above, counted, finite, rows
from catlearn.diagrams.theories.markov.families.special import log_multichoose, log_rise
from catlearn.diagrams.types import Real, Ty

__all__ = ["BetaBinomial", "DirichletMultinomial", "Lomax", "NegativeBinomial", "StudentT"]

Array = NDArray[Any]


def _whole(x: Array, most: float = np.inf) -> NDArray[np.bool_]:
    return np.asarray((x >= 0) & (x <= most) & np.isfinite(x) & (x == np.floor(x)))


@dataclass(frozen=True, eq=False, repr=False)
class BetaBinomial(Distribution):
    """The number of successes in `trials` trials whose probability is `Beta(a, b)`; a single trial is 0 or 1."""

    trials: int
    a: float
    b: float

    def __post_init__(self) -> None:
        name = "BetaBinomial"
        self._set(trials=counted(f"{name}: trials", self.trials))
        self._set(a=above(name, "a", self.a), b=above(name, "b", self.b))

    @property
    def mean(self) -> float:
        """See `Distribution.mean`."""
        return self.trials * (self.a / (self.a + self.b))

    @property
    def variance(self) -> float:
        """See `Distribution.variance`."""
        total = self.a + self.b
        return self.trials * (self.a / total) * (self.b / total) * ((total + self.trials) / (total + 1.0))

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.binomial(self.trials, random.beta(self.a, self.b, count))

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        x, n = np.asarray(output, np.float64), float(self.trials)
        k = np.where(_whole(x, n), x, 0.0)
        found = log_multichoose(self.a, k) + log_multichoose(self.b, n - k) - log_multichoose(self.a + self.b, n)
        return np.where(_whole(x, n), found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class DirichletMultinomial(Distribution):
    """How often each outcome comes in `trials` trials whose probabilities are `Dirichlet(counts)`.

    >>> DirichletMultinomial(4, (1, 3)).mean.tolist()
    [1.0, 3.0]
    """

    trials: int
    counts: tuple[float, ...]

    def __post_init__(self) -> None:
        name = "DirichletMultinomial"
        self._set(trials=counted(f"{name}: trials", self.trials), counts=rows(name, "counts", self.counts))

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Ty(), Real(len(self.counts))

    @property
    def mean(self) -> Array:
        """See `Distribution.mean`."""
        counts = np.array(self.counts)
        return np.asarray(self.trials * (counts / counts.sum()))

    @property
    def variance(self) -> Array:
        """See `Distribution.variance`."""
        counts = np.array(self.counts)
        p, total = counts / counts.sum(), counts.sum()
        return np.asarray(self.trials * p * (1.0 - p) * ((total + self.trials) / (total + 1.0)))

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.multinomial(self.trials, random.dirichlet(self.counts, count))

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`. Rows of the output are counts."""
        x, counts = np.asarray(output, np.float64), np.array(self.counts)
        fits = _whole(x).all(axis=-1) & (x.sum(axis=-1) == self.trials)
        k = np.where(fits[..., None], x, 0.0)
        found = log_multichoose(counts, k).sum(axis=-1) - log_multichoose(counts.sum(), float(self.trials))
        return np.where(fits, found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class NegativeBinomial(Distribution):
    """The number of events in a unit of time when their intensity is `Gamma(shape, rate)`.

    In other words the number of failures before `shape` successes of probability `rate / (1 + rate)`.

    >>> NegativeBinomial(3, 1.5).mean, round(float(np.exp(NegativeBinomial(1, 1).log_density(0))), 6)
    (2.0, 0.5)
    """

    shape: float
    rate: float

    def __post_init__(self) -> None:
        name = "NegativeBinomial"
        self._set(shape=above(name, "shape", self.shape), rate=above(name, "rate", self.rate))

    @property
    def mean(self) -> float:
        """See `Distribution.mean`."""
        return self.shape / self.rate

    @property
    def variance(self) -> float:
        """See `Distribution.variance`."""
        return self.mean * (1.0 + 1.0 / self.rate)

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.poisson(random.gamma(self.shape, 1.0, count) / self.rate)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        x = np.asarray(output, np.float64)
        k = np.where(_whole(x), x, 0.0)
        found = log_multichoose(self.shape, k) - self.shape * np.log1p(1.0 / self.rate) - k * np.log1p(self.rate)
        return np.where(_whole(x), found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class Lomax(Distribution):
    """The time to the next event when their rate is `Gamma(shape, scale)`: Pareto's second distribution, from 0."""

    shape: float
    scale: float

    def __post_init__(self) -> None:
        self._set(shape=above("Lomax", "shape", self.shape), scale=above("Lomax", "scale", self.scale))

    @property
    def mean(self) -> float:
        """Infinite unless the shape is above 1."""
        return self.scale / (self.shape - 1.0) if self.shape > 1 else np.inf

    @property
    def variance(self) -> float:
        """Infinite unless the shape is above 2."""
        return self.mean**2 * self.shape / (self.shape - 2.0) if self.shape > 2 else np.inf

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return self.scale * random.pareto(self.shape, count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        x = np.asarray(output, np.float64)
        y = np.where(x >= 0, x, 0.0)
        found = np.log(self.shape / self.scale) - (self.shape + 1.0) * np.log1p(y / self.scale)
        return np.where(x >= 0, found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class StudentT(Distribution):
    """Student's t with so many degrees of freedom, moved to `location` and stretched by `scale`."""

    freedom: float
    location: float
    scale: float

    def __post_init__(self) -> None:
        positive = {key: above("StudentT", key, getattr(self, key)) for key in ("freedom", "scale")}
        self._set(location=finite("StudentT", "location", self.location), **positive)

    @property
    def mean(self) -> float:
        """Not a number unless there is more than 1 degree of freedom."""
        return self.location if self.freedom > 1 else np.nan

    @property
    def variance(self) -> float:
        """Infinite unless there are more than 2 degrees of freedom; not a number unless there is more than 1."""
        if self.freedom <= 2:
            return np.inf if self.freedom > 1 else np.nan
        return self.scale**2 * self.freedom / (self.freedom - 2.0)

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return self.location + self.scale * random.standard_t(self.freedom, count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        v, z = self.freedom, (np.asarray(output, np.float64) - self.location) / self.scale
        constant = log_rise(v / 2.0, 0.5) - 0.5 * np.log(np.pi * v) - np.log(self.scale)
        return np.asarray(constant - (v + 1.0) / 2.0 * np.log1p(z * z / v))
