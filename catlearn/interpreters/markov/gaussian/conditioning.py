"""The joint normal distribution of a network, given what was seen: means, variances, density, draws.

>>> from catlearn.diagrams.theories.markov.gaussian import Gaussian
>>> from catlearn.interpreters.markov.gaussian.network import Factor
>>> x, y = Gaussian(np.zeros((1, 0)), [1.0], [[3.0]]), Gaussian([[1.0]], [0.0], [[1.0]])
>>> network = GaussianNetwork(("x", "y"), ((), ()), (Factor(x, (), (0,)), Factor(y, (0,), (1,))))
>>> condition_joint(network, np.array([[np.nan, 5.0]]), np.array([1])).mean.round(6).tolist()
[[4.0, 5.0]]
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence
from catlearn.interpreters.markov.gaussian.network import GaussianNetwork
from catlearn.interpreters.markov.gaussian.support import Support, support_of_spread

__all__ = ["Conditioned", "condition_joint"]

CERTAIN = 1e-13
"""The part of its deviation that is only rounding, when what was seen leaves no more."""

Array = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Conditioned:
    """The coordinates of a network given rows of values of some of them.

    Attributes:
        mean: of all coordinates, (rows, n); what was seen is as it was given.
        log_evidence: the log-density of each row, (rows,).
        dimension: of the support of what was seen.
    """

    mean: Array
    log_evidence: Array
    dimension: int
    _spread: Array

    def covariance(self, coordinates: Indices) -> Array:
        """The covariance of these coordinates, the same for all rows."""
        left = self._spread[coordinates]
        return left @ left.T

    @property
    def variance(self) -> Array:
        """The variance of every coordinate, the same for all rows."""
        return np.asarray(np.einsum("ij,ij->i", self._spread, self._spread))


def condition_joint(network: GaussianNetwork, values: Array, seen: Indices) -> Conditioned:
    """Condition on the coordinates `seen`, given rows of values of all coordinates, (rows, n).

    Raises:
        ImpossibleEvidence: when a row is off the support, or so far from what is expected that its density is no
            float; it says which, by how far, and of what variables.
    """
    mean, spread = network.mean, network.spread
    support, directions = support_of_spread(mean[seen], spread[seen])
    given = values[:, seen]
    if not np.all(possible := support.contains(given)):
        raise ImpossibleEvidence(_explain(network, support, given, int(np.argmin(possible)), seen))
    density = support.log_density(given)
    if not np.isfinite(density).all():
        where = f"row {int(np.argmin(density))}: " if len(given) > 1 else ""
        raise ImpossibleEvidence(f"{where}what was seen is too far from what is expected: its density is 0 in floats")
    gain = spread @ directions
    left = spread - gain @ directions.T
    left[np.linalg.norm(left, axis=1) <= CERTAIN * np.linalg.norm(spread, axis=1)] = 0.0
    left[seen] = 0.0
    found = mean + support.whiten(given) @ gain.T
    found[:, seen] = given
    return Conditioned(found, density, support.dimension, left)


def _explain(network: GaussianNetwork, support: Support, given: Array, row: int, seen: Indices) -> str:
    """What cannot be: the first variables that are off together, added one by one in the network's order."""
    wrong = len(seen)
    for count in range(1, len(seen)):
        some = seen[:count]
        part = support_of_spread(network.mean[some], network.spread[some])[0]
        if not part.contains(given[row, :count]):
            wrong = count
            break
    variable = network.variables[int(np.searchsorted(network.starts, seen[wrong - 1], side="right")) - 1]
    where = f"row {row}: " if len(given) > 1 else ""
    far = float(support.distance(given[row]))
    return f"{where}{variable} cannot be {given[row, wrong - 1]:.6g} with what was seen before it; off by {far:.6g}"
