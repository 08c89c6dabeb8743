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
from catlearn.interpreters.markov.gaussian.algebra import ROUNDING, tidy
from catlearn.interpreters.markov.gaussian.network import GaussianNetwork
from catlearn.interpreters.markov.gaussian.support import Support, support_of

__all__ = ["Conditioned", "condition_joint"]

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
    _prior: Array
    _gain: Array
    _seen: Indices

    def covariance(self, coordinates: Indices) -> Array:
        """The covariance of these coordinates, the same for all rows."""
        prior = self._prior[np.ix_(coordinates, coordinates)]
        gain = self._gain[:, coordinates]
        left = tidy(prior - gain.T @ gain, np.sqrt(prior.diagonal()), ROUNDING)
        known = np.isin(coordinates, self._seen)
        left[known], left[:, known] = 0.0, 0.0
        return left

    @property
    def variance(self) -> Array:
        """The variance of every coordinate, the same for all rows."""
        prior = self._prior.diagonal()
        left: Array = prior - np.einsum("ij,ij->j", self._gain, self._gain)
        left[(left <= ROUNDING * prior) | np.isin(np.arange(len(left)), self._seen)] = 0.0
        return left


def condition_joint(network: GaussianNetwork, values: Array, seen: Indices) -> Conditioned:
    """Condition on the coordinates `seen`, given rows of values of all coordinates, (rows, n).

    Raises:
        ImpossibleEvidence: when a row is off the support; it says which, by how far, and of what variables.
    """
    mean, covariance = network.mean, network.covariance
    support = support_of(mean[seen], covariance[np.ix_(seen, seen)])
    given = values[:, seen]
    if not np.all(possible := support.contains(given)):
        raise ImpossibleEvidence(_explain(network, support, given, int(np.argmin(possible)), seen))
    gain = support.whitener @ covariance[seen]
    found = mean + support.whiten(given) @ gain
    found[:, seen] = given
    return Conditioned(found, support.log_density(given), support.dimension, covariance, gain, seen)


def _explain(network: GaussianNetwork, support: Support, given: Array, row: int, seen: Indices) -> str:
    """What cannot be: the first variables that are off together, added one by one in the network's order."""
    wrong = len(seen)
    for count in range(1, len(seen)):
        some = seen[:count]
        part = support_of(network.mean[some], network.covariance[np.ix_(some, some)])
        if not part.contains(given[row, :count]):
            wrong = count
            break
    variable = network.variables[int(np.searchsorted(network.starts, seen[wrong - 1], side="right")) - 1]
    where = f"row {row}: " if len(given) > 1 else ""
    far = float(support.distance(given[row]))
    return f"{where}{variable} cannot be {given[row, wrong - 1]:.6g} with what was seen before it; off by {far:.6g}"
