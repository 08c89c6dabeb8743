"""The move of innovations: preconditioned Crank-Nicolson, which leaves standard normals as they are at any step length.

The proposal is `rho z + sqrt(1 - rho**2) w` with fresh standard normals w; `sqrt(1 - rho**2)` is the step. It is
accepted with the chance `min(1, weight' / weight)`: see Cotter, Roberts, Stuart and White, "MCMC methods for functions"
(2013). With rho = 0 it is an independent draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.mcmc.point import Point, chance
from catlearn.interpreters.bffg.mcmc.target import Layout, weigh
from catlearn.interpreters.bffg.mcmc.tuning import SEVERAL, Tuning

__all__ = ["CrankNicolson", "toward"]

Array = NDArray[np.float64]


def toward(now: Array, fresh: Array, step: float, out: Array) -> None:
    """Write `sqrt(1 - step**2) * now + step * fresh` into `out`; `fresh` is used up.

    >>> out = np.empty(2)
    >>> toward(np.array([1.0, 2.0]), np.array([5.0, 0.0]), 0.6, out)
    >>> out.tolist()
    [3.8, 1.6]
    """
    np.multiply(now, sqrt(1.0 - step * step), out=out)
    fresh *= step
    out += fresh


class CrankNicolson:
    """The move of some of the arrays of innovations; the others stay.

    Args:
        layout: of its innovations.
        group: the numbers of the arrays that move together.
        name: what the move is called in reports.
    """

    def __init__(self, layout: Layout, group: Sequence[int], name: str) -> None:
        self.name = name
        self._group, self._spans = frozenset(group), layout.span(group)
        self._spare, self._fresh = np.empty(layout.size), np.empty(layout.size)
        self._views = layout.views(self._spare)

    def start(self, point: Point, random: np.random.Generator) -> Tuning:
        """See `Move.start`: a fifth of the way to independent innovations."""
        return Tuning(float(np.log(0.2)), SEVERAL, ceiling=0.0)

    def place(self, point: Point) -> None:
        """See `Move.place`: nowhere; only the length of the step is learned."""

    def step(self, point: Point, tuning: Tuning, random: np.random.Generator) -> tuple[float, bool]:
        """See `Move.step`."""
        length = min(tuning.step, 1.0)
        for span in self._spans:
            fresh = self._fresh[span]
            random.standard_normal(out=fresh)
            toward(point.flat[span], fresh, length, self._spare[span])
        views = [self._views[i] if i in self._group else now for i, now in enumerate(point.views)]
        log_weight = weigh(point.given, views)
        found = chance(log_weight - point.log_weight)
        taken = random.random() < found
        if taken:
            for span in self._spans:
                point.flat[span] = self._spare[span]
            point.log_weight = log_weight
        return found, taken
