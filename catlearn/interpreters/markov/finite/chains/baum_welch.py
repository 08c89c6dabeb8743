"""Learn a hidden Markov model from what was seen, by the algorithm of Baum and Welch: EM, with exact expected counts.

>>> from catlearn.interpreters.markov.finite.chains.hidden_markov import hidden_markov
>>> guess = hidden_markov([0.6, 0.4], [[0.6, 0.4], [0.3, 0.7]], [[0.7, 0.3], [0.4, 0.6]])
>>> found = fit(guess, [[0, 0, 0, 1, 1, 1], [0, 0, 1, 1]], iterations=200)
>>> [round(float(found.log_evidence[k]), 3) for k in (0, -1)]
[-6.637, -3.365]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import counted
from catlearn.errors import CatlearnError, InputMismatch, short
from catlearn.interpreters.markov.finite.chains.forward_backward import transitions
from catlearn.interpreters.markov.finite.chains.reading import outcome_numbers

if TYPE_CHECKING:
    from catlearn.interpreters.markov.finite.chains.hidden_markov import HiddenMarkov

__all__ = ["Fitted", "fit"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model that was learned, and the log-evidence of all sequences before each iteration and after the last."""

    model: HiddenMarkov
    log_evidence: Array


@dataclass(frozen=True, eq=False)
class Counts:
    """How often states are expected to come first, to follow one another, and to be seen as each outcome."""

    initial: Array
    transition: Array
    emission: Array | None
    log_evidence: float


def fit(model: HiddenMarkov, sequences: Sequence[Any], iterations: int = 100, tolerance: float = 1e-6) -> Fitted:
    """The model after some iterations; log-evidence never falls, but for rounding.

    Args:
        model: where to start. Zeros in its tables stay. Its emission is learned from steps seen by an outcome; steps
            given as log-likelihoods tell about states only.
        sequences: lists of observations, which share all tables.
        iterations: at most so many.
        tolerance: stop when log-evidence rises by less than this for each observation.

    A row of a table that no state is expected to need stays as it is.

    Raises:
        InputMismatch: when there are no sequences, transitions change in time, or a setting makes no sense.
        ImpossibleEvidence: when a sequence cannot be; it names the sequence and the step.
    """
    if not isinstance(sequences, Sequence) or isinstance(sequences, str) or not len(sequences):
        raise InputMismatch(f"fit: give a list of sequences of observations, not {short(sequences)}")
    if model.transition.ndim == 3:
        raise InputMismatch("fit: transitions that change in time are not learned; give one table (K, K)")
    if not (isinstance(tolerance, int | float | np.floating) and tolerance >= 0):
        raise InputMismatch(f"fit: tolerance is a number from 0 up, not {short(tolerance)}")
    rounds, found = counted("fit: iterations", iterations), _counts(model, sequences)
    length, history = sum(map(len, sequences)), [found.log_evidence]
    for _ in range(rounds):
        model = _improved(model, found)
        found = _counts(model, sequences)
        history.append(found.log_evidence)
        if history[-1] - history[-2] < tolerance * length:
            break
    return Fitted(model, np.array(history))


def _counts(model: HiddenMarkov, sequences: Sequence[Any]) -> Counts:
    initial, moves = np.zeros(model.initial.shape), np.zeros(model.transition.shape)
    emission = None if model.emission is None else np.zeros_like(model.emission)
    total = 0.0
    for number, observations in enumerate(sequences):
        try:
            seen = model._read(observations)
            found = model._smooth(seen)
        except CatlearnError as error:
            raise type(error)(f"sequence {number}: {error}") from None
        total += found.log_evidence
        initial += found.smoothed[0]
        moves += transitions(model._chain(len(seen)), seen, found)
        if emission is not None and not _soft(observations):
            numbers = outcome_numbers(observations, emission.shape[1], model.outcomes)
            known = numbers < emission.shape[1]
            np.add.at(emission.T, numbers[known], found.smoothed[known])
    return Counts(initial, moves, emission, total)


def _soft(observations: Any) -> bool:
    return isinstance(observations, np.ndarray) and observations.ndim == 2


def _improved(model: HiddenMarkov, counts: Counts) -> HiddenMarkov:
    emission = None if counts.emission is None else _rows(counts.emission, model.emission)
    moves = _rows(counts.transition, model.transition)
    return replace(model, initial=_rows(counts.initial, model.initial), transition=moves, emission=emission)


def _rows(counts: Array, before: Any) -> Array:
    """Counts as distributions; the one before where there are none."""
    sums = counts.sum(axis=-1, keepdims=True)
    return np.where(sums > 0, counts / np.where(sums > 0, sums, 1.0), before)
