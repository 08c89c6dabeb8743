"""Conjugate families: priors, likelihoods, and exact answers by a map of parameters. This package is `cl.conjugate`.

>>> Conjugate(Poisson(), prior=Gamma(2, 1)).posterior([3, 5, 4])
Gamma(14.0, 4.0)
"""

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
from catlearn.interpreters.markov.conjugate.conjugate import Conjugate
from catlearn.interpreters.markov.conjugate.discrete import Discrete
from catlearn.interpreters.markov.conjugate.inference import ConjugateInference, infer_conjugate

__all__ = [
    "Bernoulli",
    "Beta",
    "BetaBinomial",
    "Binomial",
    "Categorical",
    "Conjugate",
    "ConjugateInference",
    "Dirichlet",
    "DirichletMultinomial",
    "Discrete",
    "Distribution",
    "Exponential",
    "Gamma",
    "Likelihood",
    "Lomax",
    "Multinomial",
    "NegativeBinomial",
    "Normal",
    "NormalInverseGamma",
    "NormalKnownVariance",
    "NormalUnknownVariance",
    "Poisson",
    "StudentT",
    "infer_conjugate",
]
