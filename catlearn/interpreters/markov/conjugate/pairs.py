"""What a prior becomes when its likelihood is observed: one row for each conjugate pair.

A row has the parameter map `h(parameters, observations) -> parameters`, with the log-evidence of the observations, and
the predictive distribution. That the prior's family with `h` is a Bayesian inverse of the likelihood is Theorem 6.3 of
B. Jacobs, A channel-based perspective on conjugate priors (arXiv 1707.00269).

Sums are rounded once (`math.fsum`), so the order of observations does not matter at all.
"""

from __future__ import annotations

from collections.abc import Callable
from math import fsum, log, log1p, pi
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import Distribution, Likelihood
from catlearn.diagrams.theories.markov.families.likelihoods import (
    Bernoulli,
    Binomial,
    Categorical,
    Exponential,
    Multinomial,
    NormalKnownVariance,
    NormalUnknownVariance,
    Poisson,
)
from catlearn.diagrams.theories.markov.families.predictives import (
    BetaBinomial,
    DirichletMultinomial,
    Lomax,
    NegativeBinomial,
    StudentT,
)
from catlearn.diagrams.theories.markov.families.priors import Beta, Dirichlet, Gamma, Normal, NormalInverseGamma
from catlearn.diagrams.theories.markov.families.special import log_choose, log_factorial, log_multichoose, log_rise
from catlearn.errors import InputMismatch
from catlearn.interpreters.markov.conjugate.discrete import Discrete

__all__ = ["PAIRS", "Pair"]

Array = NDArray[Any]
Learned = tuple[Any, float]
LARGE = 1e140


class Pair(NamedTuple):
    """A row of the table of conjugate pairs.

    Attributes:
        prior: the family of the prior.
        learn: from likelihood, prior and checked observations to the posterior and the log-evidence.
        predict: from likelihood and prior to the distribution of the next observation.
    """

    prior: type[Distribution]
    learn: Callable[[Any, Any, Array], Learned]
    predict: Callable[[Any, Any], Any]


def _bernoulli(likelihood: Bernoulli, prior: Beta, x: Array) -> Learned:
    return _binomial(Binomial(1), prior, x)


def _binomial(likelihood: Binomial, prior: Beta, x: Array) -> Learned:
    hits, trials = fsum(x), float(likelihood.trials * len(x))
    misses = trials - hits
    seen = log_multichoose(prior.a, hits) + log_multichoose(prior.b, misses)
    # The order of the successes: one of so many that have the same sums.
    order = fsum(log_choose(likelihood.trials, x)) - log_choose(trials, hits)
    return Beta(prior.a + hits, prior.b + misses), float(seen - log_multichoose(prior.a + prior.b, trials) + order)


def _categorical(likelihood: Categorical, prior: Dirichlet, x: Array) -> Learned:
    return _dirichlet(prior, np.bincount(x, minlength=len(prior.counts)).astype(np.float64), 0.0)


def _multinomial(likelihood: Multinomial, prior: Dirichlet, x: Array) -> Learned:
    ways = len(x) * float(log_factorial(likelihood.trials)) - fsum(log_factorial(x).ravel())
    return _dirichlet(prior, np.array([fsum(column) for column in x.T]), ways)


def _dirichlet(prior: Dirichlet, seen: Array, ways: float) -> Learned:
    counts = np.array(prior.counts)
    evidence = log_multichoose(counts, seen).sum() - log_multichoose(counts.sum(), seen.sum())
    order = ways + log_factorial(seen).sum() - log_factorial(seen.sum())
    return Dirichlet(tuple((counts + seen).tolist())), float(evidence + order)


def _poisson(likelihood: Poisson, prior: Gamma, x: Array) -> Learned:
    events, time = fsum(x), float(len(x))
    posterior = Gamma(prior.shape + events, prior.rate + time)
    evidence = float(log_multichoose(prior.shape, events)) - prior.shape * log1p(time / prior.rate)
    order = float(log_factorial(events)) - fsum(log_factorial(x))
    return posterior, evidence - events * log(posterior.rate) + order


def _exponential(likelihood: Exponential, prior: Gamma, x: Array) -> Learned:
    events, time = float(len(x)), fsum(x)
    posterior = Gamma(prior.shape + events, prior.rate + time)
    evidence = float(log_rise(prior.shape, events)) - prior.shape * log1p(time / prior.rate)
    return posterior, evidence - events * log(posterior.rate)


def _normal(likelihood: NormalKnownVariance, prior: Normal, x: Array) -> Learned:
    n, v, s = len(x), likelihood.variance, prior.variance
    mean, square = _moments(x)
    away, worth = mean - prior.mean, n * (s / v)
    posterior = Normal(prior.mean + away * (worth / (1.0 + worth)), s / (1.0 + worth))
    evidence = n * log(2 * pi * v) + square / v + log1p(worth) + away * away * (n / v) / (1.0 + worth)
    return posterior, -0.5 * evidence


def _normal_inverse_gamma(likelihood: NormalUnknownVariance, prior: NormalInverseGamma, x: Array) -> Learned:
    n = len(x)
    mean, square = _moments(x)
    count, away = prior.count + n, mean - prior.location
    more = 0.5 * (square + away * away * (prior.count / count) * n)
    location, shape, scale = prior.location + away * (n / count), prior.shape + n / 2, prior.scale + more
    evidence = float(log_rise(prior.shape, n / 2)) - prior.shape * log1p(more / prior.scale)
    evidence -= n / 2 * log(2 * pi * scale) + 0.5 * log1p(n / prior.count)
    return NormalInverseGamma(location, count, shape, scale), evidence


def _moments(x: Array) -> tuple[float, float]:
    """The mean, and the sum of squares about it."""
    mean = fsum(x) / len(x) if len(x) else 0.0
    if float(np.abs(x).max(initial=0.0)) > LARGE:
        raise InputMismatch(f"observations beyond {LARGE:g} have no squares in floats; measure in larger units")
    return mean, fsum((x - mean) ** 2)


def _student(likelihood: NormalUnknownVariance, prior: NormalInverseGamma) -> StudentT:
    square = prior.scale / prior.shape * (1.0 + 1.0 / prior.count)
    return StudentT(2.0 * prior.shape, prior.location, float(np.sqrt(square)))


PAIRS: dict[type[Likelihood], Pair] = {
    Bernoulli: Pair(Beta, _bernoulli, lambda _, prior: BetaBinomial(1, prior.a, prior.b)),
    Binomial: Pair(Beta, _binomial, lambda channel, prior: BetaBinomial(channel.trials, prior.a, prior.b)),
    Categorical: Pair(Dirichlet, _categorical, lambda channel, prior: Discrete(channel.outcomes, prior.mean)),
    Multinomial: Pair(
        Dirichlet, _multinomial, lambda channel, prior: DirichletMultinomial(channel.trials, prior.counts)
    ),
    Poisson: Pair(Gamma, _poisson, lambda _, prior: NegativeBinomial(prior.shape, prior.rate)),
    Exponential: Pair(Gamma, _exponential, lambda _, prior: Lomax(prior.shape, prior.rate)),
    NormalKnownVariance: Pair(
        Normal, _normal, lambda channel, prior: Normal(prior.mean, prior.variance + channel.variance)
    ),
    NormalUnknownVariance: Pair(NormalInverseGamma, _normal_inverse_gamma, _student),
}
"""For each likelihood its conjugate prior, and what the two make of each other."""
