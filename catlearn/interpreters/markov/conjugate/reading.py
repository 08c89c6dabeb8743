"""Observations as users write them, checked once and as arrays.

>>> observations(Bernoulli(), [True, 0, 1]).tolist(), observations(Categorical("a", "b"), ["b", "a"]).tolist()
([1.0, 0.0, 1.0], [1, 0])
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import Likelihood
from catlearn.diagrams.theories.markov.families.likelihoods import (
    Bernoulli,
    Binomial,
    Categorical,
    Exponential,
    Multinomial,
    Poisson,
)
from catlearn.errors import InputMismatch, UnknownOutcome, nearest, short

__all__ = ["observations"]

Array = NDArray[Any]


def observations(likelihood: Likelihood, data: Any) -> Array:
    """Many observations of a likelihood's output, or one.

    Gives:
        an array (observations,); for `Multinomial` counts (observations, categories), for `Categorical` the numbers of
        the outcomes, which are given by name.

    Raises:
        InputMismatch: for what is missing or no number, or what the likelihood never gives; it says where.
        UnknownOutcome: for an outcome that there is not.
    """
    if isinstance(likelihood, Categorical):
        return _codes(likelihood.outcomes, data)
    kind = type(likelihood).__name__
    x = _numbers(kind, data)
    wide = 2 if isinstance(likelihood, Multinomial) else 1
    x = x[None] if x.ndim == wide - 1 else x
    if isinstance(likelihood, Multinomial) and not x.size:
        x = x.reshape(0, likelihood.categories)
    if x.ndim != wide or (isinstance(likelihood, Multinomial) and x.shape[1] != likelihood.categories):
        said = f"(observations, {likelihood.categories})" if isinstance(likelihood, Multinomial) else "(observations,)"
        raise InputMismatch(f"{kind}: observations have the shape {said}, not {x.shape}")
    wrong = ~_possible(likelihood, x)
    if wrong.any():
        i = int(np.argmax(wrong))
        raise InputMismatch(f"{kind}: observation {i} is {short(x[i].tolist())}; it must be {_said(likelihood)}")
    return x


def _numbers(kind: str, data: Any) -> Array:
    try:
        given = np.asarray(data)
    except (ValueError, TypeError) as error:
        raise InputMismatch(f"{kind}: the observations are no array: {error}") from None
    if given.dtype.kind not in "fiub":
        raise InputMismatch(f"{kind}: observations are numbers, not {short(data)}; leave out what is missing")
    if np.ma.is_masked(data):
        raise InputMismatch(f"{kind}: some observations are masked; leave them out")
    x = given.astype(np.float64)
    if not np.isfinite(x).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
        raise InputMismatch(f"{kind}: observation {where[0] if where else 0} is {x[where]}; leave out what is missing")
    return x


def _codes(outcomes: tuple[str, ...], data: Any) -> Array:
    if not isinstance(data, Iterable) or isinstance(data, str):
        data = [data]
    index = {name: i for i, name in enumerate(outcomes)}
    found = []
    for i, value in enumerate(data):
        code = index.get(str(value))
        if code is None:
            raise UnknownOutcome(f"observation {i}: there is no outcome {short(value)}{nearest(value, outcomes)}")
        found.append(code)
    return np.array(found, np.int64)


def _possible(likelihood: Likelihood, x: Array) -> NDArray[np.bool_]:
    whole = (x >= 0) & (x == np.floor(x))
    if isinstance(likelihood, Bernoulli):
        return np.asarray((x == 0) | (x == 1))
    if isinstance(likelihood, Binomial):
        return np.asarray(whole & (x <= likelihood.trials))
    if isinstance(likelihood, Multinomial):
        return np.asarray(whole.all(axis=1) & (x.sum(axis=1) == likelihood.trials))
    if isinstance(likelihood, Poisson):
        return np.asarray(whole)
    return np.asarray(x >= 0) if isinstance(likelihood, Exponential) else np.ones(len(x), bool)


def _said(likelihood: Likelihood) -> str:
    if isinstance(likelihood, Binomial):
        return f"a whole number from 0 to {likelihood.trials}"
    if isinstance(likelihood, Multinomial):
        return f"{likelihood.categories} whole numbers from 0 up that sum to {likelihood.trials}"
    names = {Bernoulli: "0 or 1", Poisson: "a whole number from 0 up", Exponential: "a number from 0 up"}
    return names[type(likelihood)]
