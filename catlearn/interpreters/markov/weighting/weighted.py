"""Weighted samples, and what they say: estimates with standard errors, never exact.

>>> found = Weighted({"x": np.array([1.0, 2.0, 3.0])}, np.log([1.0, 1.0, 2.0]), {})
>>> found.mean("x").value, round(found.ess, 6), found.exact
(2.25, 2.666667, False)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.errors import TypeMismatch, UnknownOutcome, UnknownVariable, nearest, short
from catlearn.interpreters.markov.posterior import Marginal

__all__ = ["Estimate", "Weighted"]

Array = NDArray[Any]
FEW = 100
"""With fewer effective samples than this, standard errors are not to be trusted either."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A number that was estimated, or an array of them, and its standard error.

    >>> Estimate(0.25, 0.01), float(Estimate(0.25, 0.01))
    (0.25 ± 0.01, 0.25)
    """

    value: Any
    standard_error: Any

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"{_text(self.value)} ± {_text(self.standard_error)}"


def _text(value: Any) -> str:
    return f"{value:.6g}" if np.ndim(value) == 0 else np.array2string(np.asarray(value), precision=6)


@dataclass(frozen=True, eq=False, repr=False)
class Weighted:
    """Samples of all variables, each with a weight: how likely the evidence is where it is.

    Attributes:
        samples: for each variable an array with a row for each sample; the numbers of outcomes on `Finite` wires.
        log_weights: (samples,).
        outcomes: for each variable with named outcomes, their names.
    """

    samples: Mapping[str, Array]
    log_weights: Array
    outcomes: Mapping[str, tuple[str, ...]]

    exact = False
    """These are estimates."""

    def __len__(self) -> int:
        return len(self.log_weights)

    @cached_property
    def weights(self) -> Array:
        """The weights, divided by their sum."""
        found = np.exp(self.log_weights - self.log_weights.max())
        return np.asarray(found / found.sum())

    @property
    def ess(self) -> float:
        """The effective sample size, `sum(w)**2 / sum(w**2)`: so many equal weights would tell as much."""
        return float(1.0 / (self.weights**2).sum())

    @property
    def log_evidence(self) -> Estimate:
        """The logarithm of the probability (density) of the evidence; its standard error is the relative error."""
        n, top = len(self), self.log_weights.max()
        mean = np.exp(self.log_weights - top).mean()
        relative = np.sqrt(((n * self.weights - 1.0) ** 2).sum() / (n - 1) / n) if n > 1 else np.inf
        return Estimate(float(top + np.log(mean)), float(relative))

    def mean(self, variable: str) -> Estimate:
        """The posterior mean of a variable of numbers. Raises `UnknownVariable`, `TypeMismatch`."""
        return self._average(self._numbers(variable))

    def variance(self, variable: str) -> Estimate:
        """The posterior variance of a variable of numbers, component by component. Errors: see `mean`."""
        x = self._numbers(variable)
        return self._average((x - self._average(x).value) ** 2)

    def probability(self, variable: str, outcome: str) -> Estimate:
        """The posterior probability of an outcome. Raises `UnknownVariable`, `UnknownOutcome`, `TypeMismatch`."""
        names = self._named(variable)
        if outcome not in names:
            raise UnknownOutcome(f"{variable} has no outcome {outcome!r}{nearest(outcome, names)}")
        return self._average((self.samples[variable] == names.index(outcome)).astype(np.float64))

    def marginal(self, variable: str) -> Marginal:
        """The estimated posterior of a variable with named outcomes. Raises `UnknownVariable`, `TypeMismatch`."""
        names = self._named(variable)
        found = np.bincount(self.samples[variable], self.weights, len(names))
        return Marginal(names, found / found.sum())

    def expectation(self, values: Any) -> Estimate:
        """The posterior mean of values of your own, one row for each sample. Raises `TypeMismatch`.

        >>> Weighted({"x": np.array([1.0, 2.0])}, np.zeros(2), {}).expectation([10.0, 20.0]).value
        15.0
        """
        try:
            found = floats(values)
        except ValueError:
            raise TypeMismatch(f"expectation: give numbers, not {short(values)}") from None
        if not found.ndim or len(found) != len(self):
            raise TypeMismatch(f"expectation: give a value for each of the {len(self)} samples")
        return self._average(found)

    def _average(self, values: Array) -> Estimate:
        # Weights add up to 1 but for the last bit, so that what is the same in all samples is left out of the sum.
        mean = values[0] + np.tensordot(self.weights, values - values[0], 1)
        # The error of a ratio of two sums, to first order.
        error = np.sqrt(np.tensordot(self.weights**2, (values - mean) ** 2, 1))
        return Estimate(mean, error) if np.ndim(mean) else Estimate(float(mean), float(error))

    def _find(self, variable: str) -> Array:
        try:
            return self.samples[variable]
        except (KeyError, TypeError):
            raise UnknownVariable(f"there is no variable {short(variable)}{nearest(variable, self.samples)}") from None

    def _numbers(self, variable: str) -> Array:
        found = self._find(variable)
        if variable in self.outcomes:
            raise TypeMismatch(f"{variable} has named outcomes and no mean; ask for probability(variable, outcome)")
        return found

    def _named(self, variable: str) -> tuple[str, ...]:
        self._find(variable)
        if variable not in self.outcomes:
            raise TypeMismatch(f"{variable} has numbers and no named outcomes; ask for mean or expectation")
        return self.outcomes[variable]

    def __repr__(self) -> str:
        few = "; too few to trust: draw more samples" if self.ess < FEW else ""
        said = f"{len(self)} weighted samples, effective {self.ess:.1f}{few}"
        lines = [f"estimate, not exact: {said}", f"log-evidence {self.log_evidence!r}"]
        width = max(map(len, self.samples), default=0)
        return "\n".join(lines + [f"{name:<{width}}  {self._line(name)}" for name in self.samples])

    def _line(self, name: str) -> str:
        if name not in self.outcomes:
            return repr(self.mean(name))
        return ", ".join(f"{each} {self.probability(name, each)!r}" for each in self.outcomes[name][:6])
