"""Where a chain is, and how it decides whether to go on: what the moves of a chain share.

>>> chance(0.5), chance(-float("inf"))
(1.0, 0.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.mcmc.target import Given
from catlearn.interpreters.bffg.mcmc.tuning import Tuning

__all__ = ["Move", "Point", "chance"]

Array = NDArray[np.float64]


@dataclass
class Point:
    """Where a chain is. A chain has one, and its moves change it in place.

    Attributes:
        flat: the innovations, in one long array.
        views: the same as the target's arrays, read-only.
        vector: the parameters, on scales without ends.
        given: the target with these parameters.
        log_prior: of the vector.
        log_weight: of the innovations and the parameters.
    """

    flat: Array
    views: list[Array]
    vector: Array
    given: Given
    log_prior: float
    log_weight: float


class Move(Protocol):
    """One kind of step, which leaves the posterior as it is."""

    name: str

    def start(self, point: Point, random: np.random.Generator) -> Tuning:
        """The tuning with which a chain begins."""

    def step(self, point: Point, tuning: Tuning, random: np.random.Generator) -> tuple[float, bool]:
        """Take a step or stay; gives the chance that there was of taking it, and whether it was taken."""

    def place(self, point: Point) -> Array | None:
        """Where the chain is, as far as the tuning learns from it."""


def chance(log_ratio: float) -> float:
    """The chance with which a proposal is accepted whose density is so much higher than that of where the chain is."""
    return exp(min(log_ratio, 0.0))
