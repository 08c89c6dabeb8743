"""Hidden Markov models: the forward-backward algorithm on log-likelihoods, beside hmmlearn's two implementations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.markov.case import Absent, Case, Question, Ready
from catlearn.interpreters.markov.finite.chains.hidden_markov import hidden_markov

__all__ = ["cases"]

LOG, SCALING = "hmmlearn log", "hmmlearn scaling"


def cases() -> Iterator[Case]:
    """Many states, and few states for long."""
    for size, steps, peers, bounds in (
        (512, 1000, [SCALING], {SCALING: 10.0}),
        (32, 10_000, [LOG, SCALING], {LOG: 4.0}),
    ):
        yield Case("hidden Markov", f"{size} states, {steps:,} steps", partial(hidden, size, steps, peers), bounds)


def hidden(size: int, steps: int, peers: Sequence[str]) -> Ready:
    """A model with dense tables, and random log-likelihoods."""
    random = np.random.default_rng(0)
    initial, moves = random.dirichlet(np.ones(size)), random.dirichlet(np.ones(size), size)
    seen = random.normal(size=(steps, size)) * 2.0
    model = hidden_markov(initial, moves)
    questions = {"ours": Question(model.smooth, lambda found: [found.log_evidence, found.probabilities])}
    for peer in peers:
        theirs = _hmmlearn(peer.split()[1], initial, moves)
        questions[peer] = Question(theirs.score_samples, list)
    return Ready(questions, [seen], note="log is hmmlearn's default" if LOG in peers else "")


def _hmmlearn(implementation: str, initial: Any, moves: Any) -> Any:
    if not find_spec("hmmlearn"):
        raise Absent("hmmlearn is not installed")
    from hmmlearn.base import BaseHMM

    class Given(BaseHMM):
        """A model whose observations are log-likelihoods."""

        def _compute_log_likelihood(self, X: Any) -> Any:
            return X

        def _compute_likelihood(self, X: Any) -> Any:
            return np.exp(X)

        def _check(self) -> None:
            self.n_features = len(initial)

    model = Given(len(initial), implementation=implementation)
    model.startprob_, model.transmat_ = initial, moves
    return model
