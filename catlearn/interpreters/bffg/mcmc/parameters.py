"""The parameters of a model, with their priors, as one vector on which steps can be taken in any direction.

>>> from catlearn.diagrams.theories.markov.families.priors import Gamma, Normal
>>> both = parameters({"sigma": Gamma(2.0, 1.0), "mu": Normal(0.0, 1.0)})
>>> values, log_prior = both.at(np.array([0.0, 0.5]))
>>> values, round(log_prior, 6)
({'sigma': 1.0, 'mu': 0.5}, -2.043939)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from math import isfinite, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.priors import Dirichlet
from catlearn.diagrams.theories.markov.sampled import Sampled
from catlearn.errors import Diverged, InputMismatch, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.mcmc.scales import Scale, scale_of

__all__ = ["Parameters", "parameters"]

Array = NDArray[np.float64]
LOOKS = 200
"""Draws from which the width of a prior is read."""


@dataclass(frozen=True)
class Parameters:
    """Named parameters, each with a prior; a vector has the numbers of each in order, on its own scale."""

    names: tuple[str, ...]
    priors: tuple[Sampled, ...]

    @cached_property
    def scales(self) -> tuple[Scale, ...]:
        """The scale of each."""
        return tuple(map(scale_of, self.names, self.priors))

    @cached_property
    def places(self) -> tuple[slice, ...]:
        """Where the numbers of each are in the vector."""
        sizes = [len(prior.counts) - 1 if isinstance(prior, Dirichlet) else 1 for prior in self.priors]
        ends = list(accumulate(sizes, initial=0))
        return tuple(slice(*pair) for pair in pairwise(ends))

    def at(self, vector: Array) -> tuple[dict[str, Any], float]:
        """The values at a vector, and the logarithm of the prior's density there, of the vector. Raises `Diverged`."""
        values, total = {}, 0.0
        for name, prior, scale, place in zip(self.names, self.priors, self.scales, self.places, strict=True):
            values[name] = scale.bound(vector[place])
            jacobian = scale.log_jacobian(vector[place])
            # On the very end of its range a density may be anything.
            found = float(np.asarray(prior.log_density(values[name])).item()) if isfinite(jacobian) else jacobian
            if isnan(found) or found == np.inf:
                raise Diverged(f"the log-density of the prior of {name} is {found} at {short(values[name])}; mend it")
            total += found + jacobian
        return values, total

    def draw(self, random: np.random.Generator) -> Array:
        """A vector drawn from the prior. Raises `TypeMismatch` where one draw is not one number."""
        drawn = [_one(name, prior, prior.draw(random, 1)) for name, prior in zip(self.names, self.priors, strict=True)]
        return self._vector(drawn)

    def spread(self, random: np.random.Generator) -> Array:
        """How wide the prior is along each number of the vector: about a standard deviation, whatever its tails."""
        drawn = np.array([self.draw(random) for _ in range(LOOKS)])
        low, high = np.quantile(drawn, [0.16, 0.84], axis=0)
        return np.where((high > low) & np.isfinite(high - low), (high - low) / 2.0, 1.0)

    def starting(self, given: Mapping[str, Any], vector: Array) -> Array:
        """The vector with some values given. Raises `UnknownVariable`, `InputMismatch`."""
        found = vector.copy()
        for name, value in given.items():
            if name not in self.names:
                raise UnknownVariable(f"start: there is no parameter {short(name)}{nearest(name, self.names)}")
            place, scale = self.places[self.names.index(name)], self.scales[self.names.index(name)]
            try:
                numbers = scale.free(value)
            except (TypeError, ValueError, IndexError):
                numbers = np.array([np.nan])
            if numbers.shape != found[place].shape or not np.isfinite(numbers).all():
                raise InputMismatch(f"start: {name} cannot be {short(value)}; give a value inside of its prior's range")
            found[place] = numbers
        return found

    def _vector(self, values: list[Any]) -> Array:
        parts = [scale.free(value) for scale, value in zip(self.scales, values, strict=True)]
        return np.concatenate([np.empty(0), *parts])


def _one(name: str, prior: Sampled, drawn: Any) -> Any:
    found = np.asarray(drawn)
    if found.shape != ((1, len(prior.counts)) if isinstance(prior, Dirichlet) else (1,)):
        raise TypeMismatch(f"params: the prior of {name} draws {short(drawn)}; give a prior of one number")
    return found[0]


def parameters(priors: Mapping[str, Any] | None) -> Parameters:
    """The parameters of these names and priors. Raises `TypeMismatch`, `NotSupported`: see `scale_of`."""
    if priors is None:
        return Parameters((), ())
    if not isinstance(priors, Mapping) or not all(isinstance(name, str) for name in priors):
        raise TypeMismatch(f"params: give priors by name, as in {{'sigma': Gamma(2.0, 1.0)}}, not {short(priors)}")
    found = Parameters(tuple(priors), tuple(priors.values()))
    if found.scales:  # which refuses what is no prior, before anything is drawn
        found.at(found.draw(np.random.default_rng(0)))
    return found
