"""What one round of learning does with the expected counts: the two methods of `tables`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import permutation
from catlearn.diagrams.types import Real, Ty
from catlearn.errors import InputMismatch
from catlearn.interpreters.gradients.counting.shared import Shared
from catlearn.interpreters.gradients.optimizers import Optimizer
from catlearn.interpreters.program.compile import compile

__all__ = ["Ascent", "Maximization"]

Array = NDArray[np.float64]


class Maximization:
    """A round of EM: the expected counts, divided by their sums."""

    def __init__(self, shared: Sequence[Shared], start: Sequence[Array]) -> None:
        self._shared, self._tables = shared, start

    def done(self, gathered: Sequence[Array], objective: Sequence[float], least: float) -> bool:
        """Whether the last round was worth no more than this."""
        return len(objective) > 1 and objective[-1] - objective[-2] <= least

    def __call__(self, gathered: Sequence[Array], loss: float, rows: int) -> Sequence[Array]:
        """The next tables."""
        parts = zip(self._shared, gathered, self._tables, strict=True)
        self._tables = [each.divided(counts, before) for each, counts, before in parts]
        return self._tables


class Ascent:
    """A step of an optimizer on the logarithms of tables, whose rows are their softmax."""

    def __init__(self, shared: Sequence[Shared], start: Sequence[Array], optimizer: Optimizer) -> None:
        self._shared, self._tables, self._allowed = shared, start, [table > 0 for table in start]
        for each, allowed in zip(shared, self._allowed, strict=True):
            if np.any(~allowed & (each.pseudocounts > 0)):
                raise InputMismatch(f"{each.box.name}: gradients keep zeros, so no pseudo-count may be there; use em")
        parameters = Ty.of(ob for table in start for ob in Real(*table.shape).obs)
        lens = optimizer.lens(parameters)
        size = len(optimizer.state(parameters))
        self._state = [np.zeros([int(s) for s in ob.sizes]) for ob in lens.dom[0].obs[:size]]
        self._logits = [np.log(np.where(table > 0, table, 1.0)) for table in start]
        self._put, self._rate = compile(lens.close()), compile(optimizer.rate_of(Real()).close())
        self._get = compile(lens.first >> permutation(lens.first.cod, range(len(parameters))))

    def _slopes(self, gathered: Sequence[Array]) -> list[Array]:
        """The derivative of the objective by each logit."""
        parts = zip(self._shared, gathered, self._tables, strict=True)
        return [counts - table * counts.sum(axis=each.outputs, keepdims=True) for each, counts, table in parts]

    def done(self, gathered: Sequence[Array], objective: Sequence[float], least: float) -> bool:
        """Whether no derivative is larger than this."""
        return max(float(np.abs(slope).max(initial=0.0)) for slope in self._slopes(gathered)) <= least

    def __call__(self, gathered: Sequence[Array], loss: float, rows: int) -> Sequence[Array]:
        """The next tables."""
        rate = float(self._rate(loss))
        asked = [slope * (-rate / rows) for slope in self._slopes(gathered)]
        with np.errstate(all="ignore"):
            whole = _several(self._put(*self._state, *self._logits, *asked))
            n = len(self._state)
            self._state, self._logits = whole[:n], whole[n:]
            seen = _several(self._get(*self._state, *self._logits))
        parts = zip(self._shared, seen, self._allowed, strict=True)
        self._tables = [_softmax(each, logits, allowed) for each, logits, allowed in parts]
        return self._tables


def _softmax(each: Shared, logits: Array, allowed: Any) -> Array:
    top = np.where(allowed, logits, -np.inf).max(axis=each.outputs, keepdims=True)
    weights = np.where(allowed, np.exp(np.minimum(logits - top, 0.0)), 0.0)
    return np.asarray(weights / weights.sum(axis=each.outputs, keepdims=True))


def _several(found: Any) -> list[Array]:
    return list(found) if isinstance(found, tuple) else [found]
