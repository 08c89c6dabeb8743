"""Hidden Markov models: a state that moves, and of which something is seen at each step.

>>> from catlearn import Finite, channel, state
>>> weather, mood = Finite("rain", "sun"), Finite("sad", "glad")
>>> model = hidden_markov(
...     state("first", weather, [0.5, 0.5]),
...     channel("next", weather, weather, [[0.7, 0.3], [0.2, 0.8]]),
...     channel("mood", weather, mood, [[0.8, 0.2], [0.1, 0.9]]),
... )
>>> found = model.smooth(["sad", None, "glad"])
>>> found.probabilities.round(3).tolist(), round(found.log_evidence, 4)
([[0.857, 0.143], [0.494, 0.506], [0.195, 0.805]], -1.425)
>>> model.most_probable(["sad", None, "glad"]).states
('rain', 'sun', 'sun')
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.families.family import counted, seeded
from catlearn.errors import InputMismatch, short
from catlearn.interpreters.markov.finite.chains import decoding as decode
from catlearn.interpreters.markov.finite.chains.forward_backward import (
    Chain,
    Smoothing,
    filter_forward,
    pairs,
    smooth,
    transitions,
)
from catlearn.interpreters.markov.finite.chains.reading import check_length, likelihoods, table

if TYPE_CHECKING:
    from catlearn.interpreters.markov.finite.chains.baum_welch import Fitted

__all__ = ["HiddenMarkov", "Path", "StateProbabilities", "hidden_markov"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class StateProbabilities:
    """Each state given what was seen: `probabilities` (T, K), and the `log_evidence` of all that was seen."""

    probabilities: Array
    log_evidence: float


@dataclass(frozen=True)
class Path:
    """The states that are most probable together, by name or number; `log_probability` is of them and what was seen."""

    states: tuple[Any, ...]
    log_probability: float


@dataclass(frozen=True, eq=False)
class HiddenMarkov:
    """A hidden Markov model; made by `hidden_markov`, which says what its tables are.

    Observations are a list with an outcome for each step: its name, its number where outcomes have no names, or None
    where nothing was seen. Or, whatever the emission, an array of log-likelihoods of the states, (T, K): for what is
    seen in another way. All questions raise `InputMismatch` for anything else, `UnknownOutcome` for a name that is not
    there, and `ImpossibleEvidence`, naming the step, where what was seen cannot be.

    Attributes:
        initial: (K,).
        transition: (K, K), or (steps, K, K) where row t is how state t moves to state t + 1.
        emission: (K, outcomes); None where observations are always log-likelihoods.
        states, outcomes: names, where there are any.
    """

    initial: Array
    transition: Array
    emission: Array | None = None
    states: tuple[str, ...] | None = None
    outcomes: tuple[str, ...] | None = None

    def smooth(self, observations: Any) -> StateProbabilities:
        """Each state given all observations, by the forward-backward algorithm."""
        found = self._smooth(self._read(observations))
        return StateProbabilities(found.smoothed, found.log_evidence)

    def filter(self, observations: Any) -> StateProbabilities:
        """Each state given the observations up to it."""
        seen = self._read(observations)
        found = filter_forward(self._chain(len(seen)), seen)
        return StateProbabilities(found.filtered, found.log_evidence)

    def log_evidence(self, observations: Any) -> float:
        """The logarithm of the probability of the observations."""
        return self.filter(observations).log_evidence

    def pairs(self, observations: Any) -> Iterator[Array]:
        """For each step, the probabilities of a state and the next one, (K, K), given all observations."""
        seen = self._read(observations)
        return pairs(self._chain(len(seen)), seen, self._smooth(seen))

    def transitions(self, observations: Any) -> Array:
        """How often each state is expected to have been followed by each, (K, K), given all observations."""
        seen = self._read(observations)
        return transitions(self._chain(len(seen)), seen, self._smooth(seen))

    def most_probable(self, observations: Any) -> Path:
        """The states that are most probable together, by Viterbi's algorithm."""
        seen = self._read(observations)
        path, log_probability = decode.most_probable(self._chain(len(seen)), seen)
        names = self.states or range(len(self.initial))
        return Path(tuple(names[i] for i in path), log_probability)

    def sample(self, observations: Any, count: int = 1, seed: int = 0) -> Array:
        """Exact samples of all states given all observations, (count, T): names, or numbers where there are none."""
        seen = self._read(observations)
        chain = self._chain(len(seen))
        paths = decode.draw(chain, filter_forward(chain, seen), counted("count", count), seeded(seed))
        return paths if self.states is None else np.array(self.states)[paths]

    def fit(self, sequences: Sequence[Any], iterations: int = 100, tolerance: float = 1e-6) -> Fitted:
        """Learn all tables from sequences of observations; see `baum_welch.fit`."""
        from catlearn.interpreters.markov.finite.chains.baum_welch import fit

        return fit(self, sequences, iterations, tolerance)

    def _smooth(self, seen: Array) -> Smoothing:
        return smooth(self._chain(len(seen)), seen)

    def _chain(self, steps: int) -> Chain:
        check_length(self.transition, steps)
        whole = self.transition.ndim == 2 or len(self.transition) == steps - 1
        return self._whole if whole else Chain(self.initial, self.transition[: steps - 1])

    @cached_property
    def _whole(self) -> Chain:
        return Chain(self.initial, self.transition)

    def _read(self, observations: Any) -> Array:
        return likelihoods(observations, len(self.initial), self._log_emission, self.outcomes)

    @cached_property
    def _log_emission(self) -> Array | None:
        if self.emission is None:
            return None
        with np.errstate(divide="ignore"):
            return np.ascontiguousarray(np.log(self.emission.T))


def hidden_markov(initial: Any, transition: Any, emission: Any = None) -> HiddenMarkov:
    """A hidden Markov model with K states.

    Args:
        initial: how the first state is distributed: a box made by `state`, or numbers (K,).
        transition: how each state moves to the next: a box `channel`, or numbers (K, K); or (steps, K, K), or a list
            of boxes, where row t is how state t moves to state t + 1.
        emission: how what is seen depends on the state: a box `channel`, or numbers (K, outcomes). Without it,
            observations are given as log-likelihoods.

    Raises:
        TypeMismatch: when the boxes' wires do not fit.
        ShapeMismatch: when the numbers' shapes do not fit.
        NotNormalized: when numbers are no distributions.

    >>> hidden_markov([0.5, 0.5], [[0.9, 0.1], [0.2, 0.8]]).filter(np.log([[0.5, 0.1]])).probabilities.round(3)
    array([[0.833, 0.167]])
    """
    first, states = table("the initial state", initial, ())
    if states is None and first.ndim != 1:
        raise InputMismatch(f"the initial state has numbers (K,), not {short(initial)}")
    steps = isinstance(transition, list | tuple) and any(hasattr(box, "dom") for box in transition)
    moves, size = "the transition", (len(first),)
    if steps:
        read = [table(f"{moves} of step {t}", box, size, states, size)[0] for t, box in enumerate(transition)]
        moved = np.stack(read)
    else:
        moved = table(moves, transition, size, states, size, timed=True)[0]
    if emission is None:
        return HiddenMarkov(first, moved, None, states)
    seen, outcomes = table("the emission", emission, size, states)
    return HiddenMarkov(first, moved, seen, states, outcomes)
