"""The channels that data come from, given a parameter.

>>> Bernoulli().box("flip").cod, Poisson().box("calls").dom
(Finite("no", "yes"), Real())
>>> Categorical("red", "green", "blue").box("ball").dom
Real(3)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import Likelihood, above, counted, within
from catlearn.diagrams.theories.markov.families.special import log_choose, log_factorial
from catlearn.diagrams.types import Finite, Real, Ty
from catlearn.errors import InputMismatch, TypeMismatch

__all__ = [
    "Bernoulli",
    "Binomial",
    "Categorical",
    "Exponential",
    "Multinomial",
    "NormalKnownVariance",
    "NormalUnknownVariance",
    "Poisson",
]

Array = NDArray[Any]
LOG_2_PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False, repr=False)
class Bernoulli(Likelihood):
    """One trial with a given probability of success: 1 or 0.

    Its box has the outcomes no and yes, in this order; `box(name, cod)` takes any two, or `Real()` for 0.0 and 1.0.
    """

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real(), Finite("no", "yes")

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: from `Real()` to two outcomes, of which the second is success, or to `Real()`."""
        two = len(cod) == 1 and cod.obs[0].kind == "Finite" and len(cod.obs[0].sizes) == 2
        if dom != Real() or not (two or cod == Real()):
            raise TypeMismatch(f"{name}: Bernoulli is Real() -> Finite of two outcomes, not {dom or '()'} -> {cod!r}")

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        p = within("Bernoulli", "a probability", inputs[0], 0.0, 1.0)
        return (random.random(count) < p).astype(np.int64)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        return Binomial(1).log_density(output, *inputs)


@dataclass(frozen=True, eq=False, repr=False)
class Binomial(Likelihood):
    """The number of successes in so many trials, given the probability of one."""

    trials: int

    def __post_init__(self) -> None:
        self._set(trials=counted("Binomial: trials", self.trials))

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real(), Real()

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.binomial(self.trials, within("Binomial", "a probability", inputs[0], 0.0, 1.0), count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        from scipy.special import xlog1py, xlogy

        p = within("Binomial", "a probability", inputs[0], 0.0, 1.0)
        x, fits = _counts(output, self.trials)
        found = log_choose(self.trials, x) + xlogy(x, p) + xlog1py(self.trials - x, -p)
        return np.where(fits, found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Categorical(Likelihood):
    """One of several named outcomes, given their probabilities. Draws and densities are by the outcome's number."""

    outcomes: tuple[str, ...]

    def __init__(self, *outcomes: str) -> None:
        Finite(*outcomes)  # which refuses what cannot be outcomes
        if len(outcomes) < 2:
            raise TypeMismatch("Categorical: give two or more outcomes, as in Categorical('red', 'green')")
        self._set(outcomes=outcomes)

    def data(self) -> tuple[Any, ...]:
        """The names of the outcomes."""
        return self.outcomes

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real(len(self.outcomes)), Finite(*self.outcomes)

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        p = _probabilities("Categorical", inputs[0])
        u = random.random((count, 1))
        return np.asarray(np.minimum((p.cumsum(axis=-1) <= u).sum(axis=-1), len(self.outcomes) - 1))

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        p = _probabilities("Categorical", inputs[0])
        x = np.asarray(output)
        fits = (x >= 0) & (x < len(self.outcomes)) & (x == np.floor(x))
        codes = np.where(fits, x, 0).astype(np.int64)
        shape = np.broadcast_shapes(codes.shape, p.shape[:-1])
        chosen = np.take_along_axis(
            np.broadcast_to(p, (*shape, p.shape[-1])), np.broadcast_to(codes, shape)[..., None], -1
        )[..., 0]
        with np.errstate(divide="ignore"):
            return np.where(fits, np.log(chosen), -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class Multinomial(Likelihood):
    """How often each of several outcomes comes in so many trials, given their probabilities."""

    trials: int
    categories: int

    def __post_init__(self) -> None:
        self._set(trials=counted("Multinomial: trials", self.trials))
        self._set(categories=counted("Multinomial: categories", self.categories, 2))

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real(self.categories), Real(self.categories)

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        p = _probabilities("Multinomial", inputs[0])
        return random.multinomial(self.trials, np.broadcast_to(p, (count, self.categories)))

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`. Rows of the output are counts."""
        from scipy.special import xlogy

        p = _probabilities("Multinomial", inputs[0])
        x, each = _counts(output, self.trials)
        fits = each.all(axis=-1) & (x.sum(axis=-1) == self.trials)
        found = log_factorial(self.trials) + (xlogy(x, p) - log_factorial(x)).sum(axis=-1)
        return np.where(fits, found, -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class Poisson(Likelihood):
    """The number of events in a unit of time, given their rate."""

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real(), Real()

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.poisson(within("Poisson", "a rate", inputs[0], 0.0), count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        from scipy.special import xlogy

        rate = within("Poisson", "a rate", inputs[0], 0.0)
        x, fits = _counts(output)
        return np.where(fits, xlogy(x, rate) - rate - log_factorial(x), -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class Exponential(Likelihood):
    """The time to the next event, given their rate."""

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real(), Real()

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        with np.errstate(divide="ignore"):
            return random.exponential(1.0, count) / within("Exponential", "a rate", inputs[0], 0.0)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        rate, x = within("Exponential", "a rate", inputs[0], 0.0), np.asarray(output, np.float64)
        y = np.where(x >= 0, x, 0.0)
        with np.errstate(divide="ignore"):
            return np.where(x >= 0, np.log(rate) - rate * y, -np.inf)


@dataclass(frozen=True, eq=False, repr=False)
class NormalKnownVariance(Likelihood):
    """A normal number, given its mean; the variance is known."""

    variance: float

    def __post_init__(self) -> None:
        self._set(variance=above("NormalKnownVariance", "variance", self.variance))

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real(), Real()

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        return random.normal(inputs[0], np.sqrt(self.variance), count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`."""
        return NormalUnknownVariance().log_density(output, inputs[0], self.variance)


@dataclass(frozen=True, eq=False, repr=False)
class NormalUnknownVariance(Likelihood):
    """A normal number, given its mean and its variance: two wires."""

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Real() @ Real(), Real()

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Array:
        """See `Sampled.draw`."""
        variance = within("NormalUnknownVariance", "a variance", inputs[1], 0.0)
        return random.normal(inputs[0], np.sqrt(variance), count)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`. Where the variance is 0 there is no density: `InputMismatch`."""
        variance = within("NormalUnknownVariance", "a variance", inputs[1], np.finfo(np.float64).tiny)
        x, mean = np.asarray(output, np.float64), np.asarray(inputs[0], np.float64)
        return np.asarray(-0.5 * ((x - mean) ** 2 / variance + np.log(variance) + LOG_2_PI))


def _counts(output: Any, most: float = np.inf) -> tuple[Array, Array]:
    """Counts, with 0 in the place of what is none, and which are."""
    x = np.asarray(output, np.float64)
    fits = (x >= 0) & (x <= most) & np.isfinite(x) & (x == np.floor(x))
    return np.where(fits, x, 0.0), fits


def _probabilities(family: str, values: Any) -> Array:
    p = within(family, "a probability", values, 0.0, 1.0)
    sums = p.sum(axis=-1)
    if np.any(np.abs(sums - 1.0) > 1e-6):
        raise InputMismatch(f"{family}: the probabilities of its input sum to {sums.flat[0]:g}, not to 1")
    return p
