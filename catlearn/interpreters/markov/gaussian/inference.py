"""Exact inference in linear-Gaussian models.

>>> from catlearn import Real, copy, identity
>>> from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
>>> height = gaussian_state("height", Real(), 170.0, 49.0)
>>> weight = gaussian("weight", Real(), Real(), 0.9, -85.0, 25.0)
>>> q = infer_gaussian(height >> copy() >> (identity() @ weight))
>>> answer = q.posterior({"weight": 80.0})
>>> print(f"{answer['height'].mean:.4f} {answer['height'].variance:.4f} {answer.log_evidence:.4f}")
178.1806 18.9365 -4.1167
>>> q.posterior({"weight": [80.0, 60.0, None]})["height"].mean.round(2)
array([178.18, 164.55, 170.  ])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.markov.families.family import counted, seeded
from catlearn.errors import ImpossibleEvidence, InputMismatch, short
from catlearn.interpreters.markov.gaussian.chains import Chain, chain_of
from catlearn.interpreters.markov.gaussian.conditioning import Conditioned, condition_joint
from catlearn.interpreters.markov.gaussian.evidence import Observations, read_evidence
from catlearn.interpreters.markov.gaussian.network import MOST, GaussianNetwork, network_of
from catlearn.interpreters.markov.gaussian.normal import GaussianPosterior, Normal
from catlearn.interpreters.markov.gaussian.simulation import draw
from catlearn.interpreters.markov.gaussian.smoothed_chain import Found, sample_chain, smooth_chain

__all__ = ["GaussianInference", "infer_gaussian"]

FEW = 1024
"""Up to so many numbers, a chain of which something is seen exactly is answered by its joint distribution."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GaussianInference:
    """Answers about one linear-Gaussian model; made by `infer_gaussian`. It holds nothing of what was asked.

    Evidence is `{variable: value}`, or many rows of it: a dictionary of columns, a list of dictionaries, a data frame.
    A value is a number or, for a variable of type `Real(n)`, a list of n numbers; None and NaN are missing.

    Attributes:
        network: the variables and kernels.
        chain: the state space that the model is; None where it is none.
    """

    network: GaussianNetwork
    chain: Chain | None

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables."""
        return self.network.variables

    def posterior(self, evidence: Any = None) -> GaussianPosterior:
        """The distribution of every variable given the evidence, and the evidence's log-density.

        Raises:
            UnknownVariable: for a variable that the model does not have.
            InputMismatch: when a value has a wrong shape or is no number.
            ImpossibleEvidence: when what was seen is off the support; where the density is not zero, it is given
                against the Lebesgue measure of the support.
            TooLarge: for a model that is no chain and has more than 8,192 numbers.
        """
        given = read_evidence(self.network, evidence)
        return self._chain_posterior(self.chain, given) if self.chain else self._joint_posterior(given)

    def log_evidence(self, evidence: Any = None) -> Any:
        """The log-density of the evidence: a float, or (rows,). Errors: see `posterior`."""
        return self.posterior(evidence).log_evidence

    def joint(self, variables: Sequence[str], evidence: Any = None) -> Normal:
        """The distribution of a few variables together, stacked in this order. Errors: see `posterior`.

        Rows of evidence must have the same variables missing, for then they share one covariance.

        >>> from catlearn import Real
        >>> from catlearn.diagrams.theories.markov.gaussian import gaussian_state
        >>> q = infer_gaussian(gaussian_state("x", Real(2), 0.0, [[2.0, 1.0], [1.0, 2.0]]))
        >>> q.joint(["x"], {"x": [None, 1.0]}).mean.round(6)
        array([0.5, 1. ])
        """
        names = [variables] if isinstance(variables, str) else variables
        if not isinstance(names, Iterable):
            raise InputMismatch(f"joint: give a list of variables, not {short(variables)}")
        wanted = self.network.coordinates(tuple(self.network.number(name) for name in names))
        given = read_evidence(self.network, evidence)
        found = self._condition(given)
        mean = found.mean[:, wanted]
        return Normal(mean[0] if given.single else mean, found.covariance(wanted))

    def sample(self, n: int = 1, evidence: Any = None, seed: int | None = None) -> dict[str, Array]:
        """Draw all variables n times given one row of evidence: for each an array with n in front of its shape.

        Errors: see `posterior`.
        """
        n, random = counted("n", n), seeded(seed)
        given = read_evidence(self.network, evidence)
        if len(given.values) != 1:
            raise InputMismatch(
                f"samples are drawn given one row of evidence, not {len(given.values)}; take one by one"
            )
        if self.chain:
            made = sample_chain(self.network, self.chain, given.values[0], n, random)
        else:
            made = self._draw(given, n, random)
        shapes = zip(self.variables, made, self.network.shapes, strict=True)
        return {name: values.reshape(n, *shape) for name, values, shape in shapes}

    def _condition(self, given: Observations) -> Conditioned:
        patterns = list(given.patterns())
        if not patterns:
            raise InputMismatch("there are no rows of evidence; give at least one")
        if len(patterns) > 1:
            raise InputMismatch("rows with different entries missing have different covariances; ask row by row")
        return condition_joint(self.network, given.values, patterns[0][1])

    def _draw(self, given: Observations, n: int, random: np.random.Generator) -> list[Array]:
        found = self._condition(given)
        values = draw(found.mean[0], found.covariance(np.arange(self.network.starts[-1])), n, random)
        return np.split(values, self.network.starts[1:-1], axis=1)

    def _joint_posterior(self, given: Observations) -> GaussianPosterior:
        rows, network = len(given.values), self.network
        means, log_evidence = np.empty(given.values.shape), np.empty(rows)
        blocks = [np.empty((rows, *shape, *shape)) for shape in network.shapes]
        for where, seen in given.patterns():
            found = condition_joint(network, given.values[where], seen)
            means[where], log_evidence[where] = found.mean, found.log_evidence
            variance = found.variance
            for i, shape in enumerate(network.shapes):
                start = network.starts[i]
                blocks[i][where] = found.covariance(network.coordinates((i,))) if shape else variance[start]
        return self._answer(np.split(means, network.starts[1:-1], axis=1), blocks, log_evidence, given.single)

    def _chain_posterior(self, chain: Chain, given: Observations) -> GaussianPosterior:
        try:
            found = [smooth_chain(self.network, chain, row) for row in given.values]
        except ImpossibleEvidence:
            if self.network.starts[-1] <= MOST:
                return self._joint_posterior(given)  # which names the variable
            raise
        if not found or any(self._better_jointly(one) for one in found):
            return self._joint_posterior(given)
        means = [np.stack(each) for each in zip(*(one.means for one in found), strict=True)]
        covariances = [np.stack(each) for each in zip(*(one.covariances for one in found), strict=True)]
        log_evidence = np.array([one.log_evidence for one in found])
        return self._answer(means, covariances, log_evidence, given.single)

    def _better_jointly(self, found: Found) -> bool:
        """Whether the joint answers better: ranks are told once, and densities are against the whole support."""
        return self.network.starts[-1] <= (MOST if found.singular else FEW if found.exact else 0)

    def _answer(self, means: list[Array], blocks: list[Array], density: Array, single: bool) -> GaussianPosterior:
        marginals = {}
        for name, shape, mean, block in zip(self.variables, self.network.shapes, means, blocks, strict=True):
            values, covariance = mean.reshape(len(mean), *shape), block.reshape(len(block), *shape, *shape)
            if single:
                values, covariance = values[0], covariance[0]
            plain = single and not shape
            marginals[name] = Normal(float(values), float(covariance)) if plain else Normal(values, covariance)
        return GaussianPosterior(float(density[0]) if single else density, marginals)


def infer_gaussian(model: Diagram) -> GaussianInference:
    """Answers about a diagram `Ty() -> B` whose boxes are all Gaussian; copies and discards are free.

    A chain of states, each seen at most once, is answered by a Kalman smoother; any other model by its joint
    distribution. Where what was seen of a chain of more than 8,192 numbers is singular, its log-evidence sums the
    densities of each observation given those before it, each on its own support.

    Raises:
        TypeMismatch: when the diagram has inputs.
        NotSupported: when a box is not Gaussian; it names the box.
    """
    network = network_of(model)
    return GaussianInference(network, chain_of(network))
