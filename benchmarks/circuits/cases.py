"""The table of circuits: evaluation, whole classifiers, tables and polynomials, proofs, the paper, learning."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.circuits import evaluator, forest, functions, images, logic, paper, proofs
from benchmarks.markov import rows as measured
from benchmarks.markov.rows import InferenceRow

__all__ = ["rows"]


def rows(rounds: int = 9) -> Iterator[InferenceRow]:
    """All rows in order. Raises `ArithmeticError` when somebody's answers differ from ours."""
    for part in (evaluator, logic, functions):
        yield from measured.rows(part.cases(), rounds)
    yield from proofs.rows(rounds)
    yield from paper.rows(rounds)
    yield from forest.rows()
    yield from images.rows()
