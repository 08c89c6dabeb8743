"""What a way of Bayesian learning has to know; there is one for each kind of channel with an exact answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch

__all__ = ["Prediction", "Rule", "only_outputs"]

Array = NDArray[Any]


class Rule(Protocol):
    """How one kind of channel learns. What was learned is a state: a value that is replaced and never changed."""

    def start(self) -> Any:
        """The state before any data."""

    def read(self, x: Any, y: Any) -> list[Array]:
        """Checked data: arrays with a row for each sample. Raises `InputMismatch` and `UnknownOutcome`."""

    def update(self, state: Any, rows: Sequence[Array]) -> Any:
        """The state after some more samples. Raises `ImpossibleEvidence`."""

    def count(self, state: Any) -> int:
        """How many samples the state has seen."""

    def log_evidence(self, state: Any) -> float:
        """The log-probability (density) of all samples so far, given the inputs, under the prior."""

    def posterior(self, state: Any) -> Any:
        """The posterior, of the same kind as the prior."""

    def predict(self, state: Any, x: Any) -> Any:
        """The posterior predictive distribution of the output, for each sample of the input."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Normal predictive distributions, one for each sample.

    Attributes:
        mean: (samples, *shape of one output).
        variance: of each component, in the same shape; the noise of the observation is in it.
    """

    mean: Array
    variance: Array

    @property
    def deviation(self) -> Array:
        """The square root of the variance."""
        return np.asarray(np.sqrt(self.variance))


def only_outputs(x: Any, y: Any) -> Any:
    """The data of a channel without inputs, which `fit` is given alone. Raises `InputMismatch`."""
    if x is not None and y is not None:
        raise InputMismatch("fit: the channel has no inputs; give the observations alone, as in fit(data)")
    if (found := x if y is None else y) is None:
        raise InputMismatch("fit: there are no samples; give at least one")
    return found
