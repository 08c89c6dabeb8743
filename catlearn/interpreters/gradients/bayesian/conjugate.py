"""Bayesian learning of a conjugate likelihood's parameter: by the map of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.errors import InputMismatch
from catlearn.interpreters.gradients.bayesian.rule import only_outputs
from catlearn.interpreters.markov.conjugate.conjugate import Conjugate
from catlearn.interpreters.markov.conjugate.pairs import PAIRS
from catlearn.interpreters.markov.conjugate.reading import observations

__all__ = ["ConjugateRule"]

Array = NDArray[Any]


@dataclass(frozen=True)
class _State:
    pair: Conjugate
    log_evidence: float = 0.0
    count: int = 0


@dataclass(frozen=True)
class ConjugateRule:
    """See `Rule`. The posterior is a box where the prior is one, otherwise a value such as `Beta(3, 2)`."""

    pair: Conjugate
    prior: Any

    def start(self) -> _State:
        """See `Rule`."""
        return _State(self.pair)

    def read(self, x: Any, y: Any) -> list[Array]:
        """See `Rule`."""
        return [observations(self.pair.likelihood, only_outputs(x, y))]

    def update(self, state: _State, rows: Sequence[Array]) -> _State:
        """See `Rule`."""
        pair = state.pair
        prior, more = PAIRS[type(pair.likelihood)].learn(pair.likelihood, pair.prior, rows[0])
        return _State(replace(pair, prior=prior), state.log_evidence + more, state.count + len(rows[0]))

    def count(self, state: _State) -> int:
        """See `Rule`."""
        return state.count

    def log_evidence(self, state: _State) -> float:
        """See `Rule`."""
        return state.log_evidence

    def posterior(self, state: _State) -> Any:
        """See `Rule`."""
        found = state.pair.prior
        return found.box(self.prior.name) if isinstance(self.prior, Box) else found

    def predict(self, state: _State, x: Any) -> Any:
        """See `Rule`. One distribution, since there is no input."""
        if x is not None:
            raise InputMismatch("predict: the channel has no inputs; call predict()")
        return state.pair.predictive
