"""What users give for a chain: tables as boxes or as numbers, observations as names, numbers or log-likelihoods.

>>> table("the transition", [[0.9, 0.1], [0.2, 0.8]], (2,), None, (2,))[0]
array([[0.9, 0.1],
       [0.2, 0.8]])
>>> likelihoods(["b", None], 2, np.array([[-1.0, -2.0], [-3.0, -4.0]]), ("a", "b"))
array([[-3., -4.],
       [ 0.,  0.]])
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.table import ROUNDING, Table
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, TypeMismatch, UnknownOutcome, nearest, short

__all__ = ["check_length", "likelihoods", "outcome_numbers", "table"]

Array = NDArray[Any]
Names = tuple[str, ...] | None
LARGEST = 1e300
"""Log-likelihoods are smaller, so that sums of them are floats."""


def table(
    what: str,
    given: Any,
    rows: tuple[int, ...],
    inputs: Names = None,
    columns: tuple[int, ...] = (),
    timed: bool = False,
) -> tuple[Array, Names]:
    """The numbers of a box or an array, and the names of its outcomes if it is a box.

    Args:
        what: what an error calls it.
        rows: how many inputs it has: nothing for a state.
        inputs: the outcomes of its input wire, where they have names.
        columns: how many outcomes it has, where that is known.
        timed: whether there may be one more axis in front.
    """
    outcomes: Names = None
    if isinstance(given, Diagram):
        given, outcomes = _of_box(what, given, len(rows), inputs, inputs if columns else None)
    try:
        found = floats(given)
    except ValueError:
        raise ShapeMismatch(f"{what} is a table of numbers in rows of one length, not {short(given)}") from None
    tail = found.shape[1:] if timed and found.ndim == 3 else found.shape
    wanted = (*rows, *(columns or tail[-1:]))
    if tail != wanted or not all(wanted):
        said = f"({', '.join([*map(str, rows), str(columns[0]) if columns else 'any'])})"
        raise ShapeMismatch(f"{what} has shape {found.shape}; it needs {said}")
    if not (np.isfinite(found).all() and (found >= 0).all()):
        raise NotNormalized(f"{what} holds a number that is no probability; numbers are from 0 up and finite")
    sums = found.sum(axis=-1, keepdims=True)
    if sums.size and np.abs(sums - 1).max() > ROUNDING:
        raise NotNormalized(f"{what} has a row that sums to {sums.flat[np.abs(sums - 1).argmax()]:.9g}, not to 1")
    found /= sums
    return found, outcomes


def _of_box(what: str, given: Diagram, count: int, inputs: Names, outputs: Names) -> tuple[Array, Names]:
    kernel = kernel_of(given) if isinstance(given, Box) else None
    if not isinstance(kernel, Table) or len(given.dom) != count or len(given.cod) != 1:
        kind = "cl.channel with one input" if count else "cl.state"
        raise TypeMismatch(f"{what} is a box made by {kind} and one output, not {short(given)}")
    for names, ob in ((inputs, given.dom.obs), (outputs, given.cod.obs)):
        if names and ob and names != ob[0].sizes:
            raise TypeMismatch(f"{what} is {given.dom} -> {given.cod}, but the states are {', '.join(names[:5])}")
    return kernel.values.astype(np.float64), tuple(map(str, given.cod.obs[0].sizes))


def check_length(transition: Array, steps: int) -> None:
    """Raise `InputMismatch` where there are more observations than transitions."""
    if transition.ndim == 3 and len(transition) < steps - 1:
        raise InputMismatch(f"there are {steps} observations, but transitions for {len(transition)} steps only")


def likelihoods(observations: Any, size: int, log_emission: Array | None, outcomes: Names) -> Array:
    """Log-likelihoods of the states, (T, K), from observations; `log_emission` is (outcomes, K)."""
    if isinstance(observations, np.ndarray) and observations.ndim == 2:
        return _log_likelihoods(observations, size)
    if log_emission is None:
        raise InputMismatch(f"without an emission, observations are log-likelihoods (T, {size})")
    numbers = outcome_numbers(observations, len(log_emission), outcomes)
    if not len(numbers):
        raise InputMismatch("there are no observations; give one for each step, None where nothing was seen")
    found: Array = np.vstack([log_emission, np.zeros(size)])[numbers]
    return found


def _log_likelihoods(given: Array, size: int) -> Array:
    if given.shape[1] != size or not len(given) or given.dtype.kind not in "fiub":
        raise InputMismatch(f"log-likelihoods have shape (T, {size}) with T from 1 up, not {given.shape}")
    found = floats(given)
    if not ((np.abs(found) < LARGEST) | (found == -np.inf)).all():
        raise InputMismatch(
            f"a log-likelihood is a number within {LARGEST:g} or minus infinity; write zeros where nothing was seen"
        )
    return found


def outcome_numbers(observations: Any, count: int, outcomes: Names) -> Array:
    """The number of each outcome, `count` where nothing was seen."""
    if isinstance(observations, str) or not isinstance(observations, Sequence | np.ndarray):
        raise InputMismatch(f"observations are a list with an outcome for each step, not {short(observations)}")
    values = observations.tolist() if isinstance(observations, np.ndarray) else observations
    known = dict(zip(outcomes or range(count), range(count), strict=True))
    found = np.empty(len(values), np.int64)
    for t, value in enumerate(values):
        if value is None or (isinstance(value, float) and isnan(value)):
            found[t] = count
        elif not isinstance(value, str | int | np.integer) or isinstance(value, bool) or value not in known:
            said = nearest(value, known) if outcomes else f"; they are numbered 0 to {count - 1}"
            raise UnknownOutcome(f"step {t}: there is no outcome {short(value)}{said}")
        else:
            found[t] = known[value]
    return found
