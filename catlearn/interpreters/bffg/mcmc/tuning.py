"""How long the steps of a chain are: learned while it warms up, then left alone.

The length follows the chance of acceptance by a Robbins-Monro recursion, and the directions follow the covariance of
where the chain has been: algorithm 4 of Andrieu and Thoms, "A tutorial on adaptive MCMC" (2008).

>>> tuning = Tuning(log_step=0.0, goal=0.234, ceiling=0.0)
>>> tuning.step, tuning.learned(chance=0.0).step < 1.0, tuning.learned(chance=1.0).step
(1.0, True, 1.0)
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import exp, inf

import numpy as np
from numpy.typing import NDArray

__all__ = ["ONE", "SEVERAL", "Tuning"]

Array = NDArray[np.float64]
ONE, SEVERAL = 0.44, 0.234
"""The chances of acceptance at which a random walk mixes best: along one number, and along many."""
LEAST = -20.0
"""Steps are not learned to be shorter than the exponential of this."""


@dataclass(frozen=True, eq=False)
class Tuning:
    """The steps of one move.

    Attributes:
        log_step: the logarithm of their length.
        goal: the chance of acceptance to reach.
        ceiling: the largest log-step.
        mean, spread: of the places where the chain has been, (d,) and (d, d); empty where directions do not matter.
        updates: how often it has learned.
    """

    log_step: float
    goal: float
    ceiling: float = inf
    mean: Array = field(default_factory=lambda: np.empty(0))
    spread: Array = field(default_factory=lambda: np.empty((0, 0)))
    updates: int = 0

    @property
    def step(self) -> float:
        """The length of a step."""
        return exp(self.log_step)

    def learned(self, chance: float, place: Array | None = None) -> Tuning:
        """The tuning after a proposal that had this chance of acceptance and left the chain at this place."""
        log_step = self.log_step + (self.updates + 1) ** -0.6 * (chance - self.goal)
        found = replace(self, log_step=min(max(log_step, LEAST), self.ceiling), updates=self.updates + 1)
        if place is None:
            return found
        weight, away = (self.updates + 10) ** -0.7, place - self.mean
        spread = self.spread + weight * (np.outer(away, away) - self.spread)
        return replace(found, mean=self.mean + weight * away, spread=spread)

    def direction(self, random: np.random.Generator) -> Array:
        """A step: normal, with the covariance `step**2 * spread`."""
        d = len(self.mean)
        floor = 1e-9 * np.trace(self.spread) / d
        factor = np.linalg.cholesky(self.spread + floor * np.eye(d))
        return np.asarray(self.step * (factor @ random.standard_normal(d)))
