"""The table of backward filtering and forward guiding: trees, many samples, letters, diffusions, and memory."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bffg import dna, memory, samples, sde, trees
from benchmarks.markov import rows as measured
from benchmarks.markov.rows import InferenceRow

__all__ = ["rows"]


def rows(rounds: int = 9) -> Iterator[InferenceRow]:
    """All rows in order. Raises `ArithmeticError` when somebody's answers differ from ours."""
    for part in (trees, samples, sde, dna):
        yield from measured.rows(part.cases(), rounds)
    yield from memory.rows(rounds)
