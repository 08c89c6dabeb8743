"""A distribution over named outcomes: what a categorical likelihood predicts.

>>> ball = Discrete(("red", "green"), [0.25, 0.75])
>>> ball["green"], ball.most_probable, round(float(ball.log_density("red")), 6)
(0.75, 'green', -1.386294)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import counted
from catlearn.interpreters.markov.posterior import Marginal

__all__ = ["Discrete"]


class Discrete(Marginal):
    """A marginal that can be sampled and asked for log-probabilities, as other predictive distributions can."""

    def __init__(self, outcomes: tuple[str, ...], probabilities: Any) -> None:
        super().__init__(outcomes, np.asarray(probabilities, np.float64))

    def log_density(self, outcomes: Any) -> NDArray[np.float64]:
        """The log-probability of an outcome, or of each of a list. Raises `UnknownOutcome`."""
        one = isinstance(outcomes, str) or not isinstance(outcomes, Iterable)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self[str(outcomes)] if one else [self[str(each)] for each in outcomes]))

    def sample(self, count: int, seed: int = 0) -> list[str]:
        """Independent draws; the same seed gives the same ones. Raises `InputMismatch` for a count that is none."""
        random, n = np.random.default_rng(counted("seed", seed)), counted("sample: count", count)
        drawn: list[str] = random.choice(self.outcomes, n, p=self.probabilities).tolist()
        return drawn

    def __repr__(self) -> str:
        return f"Discrete({', '.join(f'{name}={p:.6g}' for name, p in self.items())})"
