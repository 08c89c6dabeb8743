"""All cases of inference, in the order of the table."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.markov import chains, marginals
from benchmarks.markov.case import Case

__all__ = ["cases"]


def cases() -> Iterator[Case]:
    """Bayesian networks, then chains."""
    yield from marginals.cases()
    yield from chains.cases()
