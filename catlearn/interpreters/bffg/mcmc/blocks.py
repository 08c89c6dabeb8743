"""The move of parameters: a random walk of one block of them, while the innovations stay.

The path changes with the parameters, because it is made of the innovations by them. A proposal is accepted with the
chance `min(1, prior' weight' / (prior weight))`, on the scales on which the parameters have no ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.mcmc.parameters import Parameters
from catlearn.interpreters.bffg.mcmc.point import Point, chance
from catlearn.interpreters.bffg.mcmc.target import Costly, Target, given, weigh
from catlearn.interpreters.bffg.mcmc.tuning import ONE, SEVERAL, Tuning

__all__ = ["RandomWalk"]

Array = NDArray[np.float64]


class RandomWalk:
    """The move of some parameters together; the others and the innovations stay.

    Args:
        target: what is sampled.
        params: all parameters.
        block: the names of those that move.

    >>> from catlearn.interpreters.bffg.mcmc.parameters import parameters
    >>> from catlearn.diagrams.theories.markov.families.priors import Gamma, Normal
    >>> both = parameters({"sigma": Gamma(2.0, 1.0), "mu": Normal(0.0, 1.0)})
    >>> RandomWalk(None, both, ["mu", "sigma"]).name
    'mu, sigma'
    """

    def __init__(self, target: Target | Costly, params: Parameters, block: Sequence[str]) -> None:
        self.name = ", ".join(block)
        self._target, self._params = target, params
        places = [params.places[params.names.index(name)] for name in block]
        self._which = np.concatenate([np.arange(each.start, each.stop) for each in places])

    def start(self, point: Point, random: np.random.Generator) -> Tuning:
        """See `Move.start`: steps as wide as the prior."""
        d, spread = len(self._which), self._params.spread(random)[self._which]
        goal = ONE if d == 1 else SEVERAL
        return Tuning(log(2.38 / sqrt(d)), goal, mean=point.vector[self._which], spread=np.diag(spread**2))

    def place(self, point: Point) -> Array:
        """See `Move.place`: the parameters of the block."""
        return np.asarray(point.vector[self._which])

    def step(self, point: Point, tuning: Tuning, random: np.random.Generator) -> tuple[float, bool]:
        """See `Move.step`."""
        vector = point.vector.copy()
        vector[self._which] += tuning.direction(random)
        # Drawn in any case, so that the numbers after it do not depend on what the prior allows.
        uniform = random.random()
        values, log_prior = self._params.at(vector)
        if log_prior == -np.inf:
            return 0.0, False
        fixed = given(self._target, values)
        log_weight = weigh(fixed, point.views)
        found = chance(log_prior + log_weight - point.log_prior - point.log_weight)
        taken = uniform < found
        if taken:
            point.vector, point.given, point.log_prior, point.log_weight = vector, fixed, log_prior, log_weight
        return found, taken
