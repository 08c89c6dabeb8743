"""What was seen of each wire, read from what users write: numbers for real wires, likelihoods for finite ones.

>>> from catlearn import Finite, Real
>>> read("x", Real(2).obs[0], [1.0, None]), read("rain", Finite("no", "yes").obs[0], "yes")
(array([ 1., nan]), array([0., 1.]))
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, UnknownOutcome, UnknownVariable, nearest, short

__all__ = ["observed", "read"]

Array = NDArray[np.float64]


def observed(model: Diagram, data: Mapping[str, Any]) -> dict[int, Array]:
    """By wire, what was seen of it: numbers with NaN where nothing was, or a likelihood for every outcome.

    Raises:
        UnknownVariable, UnknownOutcome: for names that the model does not have.
        InputMismatch: for a value that is none of the wire's.
    """
    if not isinstance(data, Mapping):
        raise InputMismatch(f"data are a dictionary such as {{'y': 1.5}}, not {short(data)}")
    known, obs = {name: wire for wire, name in enumerate(variables(model))}, unfolded(model).obs
    found = {}
    for name, value in data.items():
        if name not in known:
            raise UnknownVariable(f"there is no variable {short(name)}{nearest(name, tuple(known))}")
        array = read(name, obs[known[name]], value)
        if value is not None and not np.isnan(array).all():
            found[known[name]] = array
    return found


def read(name: str, ob: Ob, value: Any) -> Array:
    """What was seen of one wire. For errors see `observed`."""
    return _likelihood(name, ob, value) if ob.kind == "Finite" else _numbers(name, ob, value)


def _numbers(name: str, ob: Ob, value: Any) -> Array:
    shape = tuple(map(int, ob.sizes))
    try:
        found = np.full(shape, np.nan) if value is None else floats(value)
    except (ValueError, TypeError):
        raise InputMismatch(f"{name}: {short(value)} is no number, nor a list of them") from None
    if found.shape != shape or np.isinf(found).any():
        wanted = f"a list of {shape[0]} numbers" if shape else "a number"
        raise InputMismatch(f"{name}: what is seen of {ob} is {wanted}, finite ones, not {short(value)}")
    return found.reshape(-1)


def _likelihood(name: str, ob: Ob, value: Any) -> Array:
    outcomes = ob.sizes
    if value is None:
        return np.full(len(outcomes), np.nan)
    if isinstance(value, list | tuple | np.ndarray):
        return _checked(name, value, len(outcomes))
    several = value if isinstance(value, AbstractSet | Mapping) else [value]
    wanted = value if isinstance(value, Mapping) else dict.fromkeys(several, 1.0)
    for each in wanted:
        if each not in outcomes:
            raise UnknownOutcome(f"{name}: there is no outcome {short(each)}{nearest(each, tuple(map(str, outcomes)))}")
    return _checked(name, [wanted.get(outcome, 0.0) for outcome in outcomes], len(outcomes))


def _checked(name: str, values: Any, count: int) -> Array:
    try:
        found = floats(values)
    except (ValueError, TypeError):
        found = np.full(0, np.nan)
    if found.shape != (count,) or not (np.isfinite(found).all() and (found >= 0).all()):
        said = f"{count} numbers from 0 up, one for each outcome"
        raise InputMismatch(f"{name}: likelihoods are {said}, not {short(values)}")
    return found
