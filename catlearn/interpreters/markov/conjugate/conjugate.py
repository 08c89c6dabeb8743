"""A likelihood with a conjugate prior: its Bayesian inverse is a map of parameters.

>>> from catlearn.interpreters.markov.conjugate import Bernoulli, Beta
>>> model = Conjugate(Bernoulli(), prior=Beta(1, 1))
>>> model.posterior([1, 1, 0])
Beta(3.0, 2.0)
>>> model.update([1, 1, 0]).predictive.mean, round(model.log_evidence([1, 1, 0]), 6)
(0.6, -2.484907)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.families.family import Distribution, Likelihood
from catlearn.diagrams.theories.markov.families.priors import Dirichlet
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.errors import NotSupported, ShapeMismatch, short
from catlearn.interpreters.markov.conjugate.pairs import PAIRS, Pair
from catlearn.interpreters.markov.conjugate.reading import observations

__all__ = ["Conjugate", "conjugate_prior", "kernel_in"]


@dataclass(frozen=True)
class Conjugate:
    """A likelihood and its prior, of the family that is conjugate to it.

    Args:
        likelihood: such as `Poisson()`, or a box of it.
        prior: such as `Gamma(2, 1)`, or a box of it.

    Observations are a list or an array, or a single one. They are names of outcomes for `Categorical`, rows of counts
    for `Multinomial`, numbers for all others. None at all are allowed, and teach nothing. Given the parameter they are
    independent of one another.

    Raises:
        NotSupported: when the two are no conjugate pair; it says which prior is.
        ShapeMismatch: when they have different numbers of outcomes.
    """

    likelihood: Likelihood
    prior: Distribution

    def __post_init__(self) -> None:
        likelihood, prior = kernel_in(self.likelihood), kernel_in(self.prior)
        family = conjugate_prior(likelihood)
        if family is None or not isinstance(prior, family):
            said = f"takes {family.__name__}" if family else f"is none of {', '.join(k.__name__ for k in PAIRS)}"
            raise NotSupported(
                f"{short(likelihood)} and {short(prior)} are no conjugate pair: the likelihood {said}; "
                "likelihood weighting answers for any pair"
            )
        if isinstance(prior, Dirichlet) and (n := _categories(likelihood)) != len(prior.counts):
            raise ShapeMismatch(f"{short(likelihood)} has {n} outcomes, but {short(prior)} has {len(prior.counts)}")
        object.__setattr__(self, "likelihood", likelihood)
        object.__setattr__(self, "prior", prior)

    def posterior(self, data: Any) -> Any:
        """The parameter map `h`: the prior after these observations, of the same family.

        Raises:
            InputMismatch: for what the likelihood never gives, or what is missing.
            UnknownOutcome: for an outcome that there is not.
        """
        return self.learn(data)[0]

    def log_evidence(self, data: Any) -> float:
        """The logarithm of the probability (density) of these observations in this order. Errors: see `posterior`."""
        return self.learn(data)[1]

    def learn(self, data: Any) -> tuple[Any, float]:
        """Posterior and log-evidence at once. Errors: see `posterior`."""
        return self._pair.learn(self.likelihood, self.prior, observations(self.likelihood, data))

    def update(self, data: Any) -> Conjugate:
        """The same likelihood with the posterior as its prior. Errors: see `posterior`."""
        return replace(self, prior=self.posterior(data))

    @property
    def predictive(self) -> Any:
        """The distribution of the next observation: the prior pushed through the likelihood."""
        return self._pair.predict(self.likelihood, self.prior)

    @property
    def _pair(self) -> Pair:
        return PAIRS[type(self.likelihood)]


def conjugate_prior(likelihood: Any) -> type[Distribution] | None:
    """The family of priors that is conjugate to a likelihood; None where catlearn knows none.

    >>> from catlearn.interpreters.markov.conjugate import Bernoulli
    >>> conjugate_prior(Bernoulli()).__name__
    'Beta'
    """
    pair = PAIRS.get(type(likelihood))
    return pair.prior if pair else None


def kernel_in(value: Any) -> Any:
    """The kernel of a box; anything else is given back.

    >>> from catlearn.interpreters.markov.conjugate import Beta
    >>> kernel_in(Beta(1, 1).box("p"))
    Beta(1.0, 1.0)
    """
    return kernel_of(value) if isinstance(value, Box) else value


def _categories(likelihood: Any) -> int:
    return int(likelihood.types[0].obs[0].sizes[0])
