"""The table of inference: Bayesian networks, then discrete chains, then linear-Gaussian chains."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.markov import chains, kalman, marginals
from benchmarks.markov import rows as measured
from benchmarks.markov.rows import InferenceRow

__all__ = ["rows"]

KALMAN = {16: 3.5, 32: 8.0}
"""How many times our time statsmodels must take, for states of so many numbers."""


def rows(rounds: int = 9) -> Iterator[InferenceRow]:
    """All rows in order. Raises `ArithmeticError` when somebody's answers differ from ours."""
    yield from measured.rows(marginals.cases(), rounds)
    yield from measured.rows(chains.cases(), rounds)
    for size, row in zip(kalman.SIZES, kalman.rows(rounds=rounds), strict=True):
        bounds = {"statsmodels": KALMAN[size]} if size in KALMAN else {}
        yield InferenceRow(row.case, row.size, row.ours, row.peers, row.note, bounds)
