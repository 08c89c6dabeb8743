"""Expected counts: for each table, how often its outcomes are expected to have come together in some rows of data.

They are `table * d log-evidence / d table`, summed over the rows. The rows share the tables, so one reverse pass over a
chunk of rows gives the sum: that is what a copied wire means backward.

>>> from catlearn import Finite, channel, copy, identity, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> expect = ExpectedCounts(rain >> copy() >> (identity() @ wet), {"wet": ["wet", "wet", "dry"]})
>>> found = expect(expect.tables)
>>> round(found.log_likelihood, 6), found.counts[0].round(6).tolist()
(-3.12867, [1.614035, 1.385965])
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, identity, permutation
from catlearn.diagrams.optic import optic
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.reverse import SMOOTH
from catlearn.diagrams.trace import trace
from catlearn.diagrams.wiring import Graph, flatten, prune
from catlearn.errors import InputMismatch, short
from catlearn.interpreters.markov.finite.contraction import log_evidence, observing
from catlearn.interpreters.markov.finite.evidence import are_rows, many_rows
from catlearn.interpreters.markov.finite.inference import FiniteInference
from catlearn.interpreters.program.compile import Compiled, compile

__all__ = ["Expected", "ExpectedCounts"]

Array = NDArray[Any]
SAFE = -500.0
"""Above this log-evidence nothing that matters has underflowed; below, terms are scaled."""
CHUNK = 2**21
"""About how many numbers the terms of a chunk of rows have together."""


class Expected(NamedTuple):
    """The log-likelihood of all rows, and the expected counts for each factor, in the shape of its table."""

    log_likelihood: float
    counts: list[Array]


class ExpectedCounts:
    """A function from tables to expected counts in fixed rows of data. Equal rows are asked about once.

    Args:
        model: a diagram `Ty() -> B` of finite tables.
        rows: as `posterior` takes them: columns, a list of dictionaries or a data frame; None where nothing was seen.

    Raises:
        InputMismatch: when there are no rows, and for what `posterior` refuses.
        UnknownVariable, UnknownOutcome: for names that the model does not have.
    """

    def __init__(self, model: Diagram, rows: Any) -> None:
        self._inference = FiniteInference(model)
        self._plan, self.network = self._inference.plan, self._inference.network
        if not are_rows(rows):
            raise InputMismatch(f"tables: rows are columns, a list of dictionaries or a data frame, not {short(rows)}")
        found = many_rows(self.network, rows)
        if not found.count:
            raise InputMismatch("tables: there are no rows; give at least one")
        self.count = found.count
        # Where nothing at all was seen, say so of one variable: there is then something to run along the rows.
        seen = dict(found.likelihoods) or {0: np.ones((found.count, self.network.sizes[0]))}
        self._observed = tuple(sorted(seen))
        whole = np.concatenate([seen[v] for v in self._observed], axis=1)
        kinds, first, counts = np.unique(whole, axis=0, return_index=True, return_counts=True)
        ends = np.cumsum([0, *(self.network.sizes[v] for v in self._observed)])
        parts = [kinds[:, a:b] for a, b in pairwise(ends.tolist())]
        tops = [np.where((top := part.max(axis=1)) > 0, top, 1.0) for part in parts]
        self._likelihoods = [part / top[:, None] for part, top in zip(parts, tops, strict=True)]
        self._first, self._weights = first, counts.astype(np.float64)
        scales = np.sum([np.log(top) for top in tops], axis=0)
        self._constant = float(self._weights @ scales) + self.count * self.network.log_scale
        self.tables = [factor.table for factor in self.network.factors]
        self._padding = [np.array(1.0)] * (len(self._plan.scopes) - len(self._plan.steps) - len(self.tables))

    def __call__(self, tables: Sequence[Array]) -> Expected:
        """Log-likelihood and expected counts at these tables, one for each factor.

        Raises:
            ImpossibleEvidence: for a row that has probability 0 in the model as it was given; it names the row.
        """
        total, slopes = self._constant, [np.zeros_like(table) for table in tables]
        for start in range(0, len(self._weights), self._width):
            values, more = self._chunk(tables, start)
            total += float(self._weights[start : start + len(values)] @ values)
            slopes = [slope + each for slope, each in zip(slopes, more, strict=True)]
        return Expected(total, [table * slope for table, slope in zip(tables, slopes, strict=True)])

    def _chunk(self, tables: Sequence[Array], start: int) -> tuple[Array, Sequence[Array]]:
        stop = min(start + self._width, len(self._weights))
        width = min(self._width, 1 << (stop - start - 1).bit_length())  # powers of two: few sizes are compiled
        fill = [0] * (width - (stop - start))
        rows = [*range(start, stop), *(start + k for k in fill)]
        weights = np.concatenate([self._weights[start:stop], np.zeros(len(fill))])
        given = [*tables, *self._padding, *(each[rows] for each in self._likelihoods), weights]
        with np.errstate(all="ignore"):
            values, *slopes = self._quick(*given)
            if not np.all(values > SAFE):
                values, *slopes = self._scaled(*given)
        if not np.isfinite(values).all():
            self._refuse(start + int(np.argmin(np.isfinite(values))))
        return values[: stop - start], slopes

    def _refuse(self, kind: int) -> None:
        seen = {v: each[kind] for v, each in zip(self._observed, self._likelihoods, strict=True)}
        self._inference._refuse({v: each for v, each in seen.items() if not (each == 1).all()}, self._where(kind))

    def _where(self, kind: int) -> str:
        return f"row {int(self._first[kind])}: "

    @cached_property
    def _width(self) -> int:
        each = 2 * self._plan.total + sum(table.size for table in self.tables)
        return int(min(1024, max(1, 1 << (CHUNK // each).bit_length() >> 1)))

    @cached_property
    def _quick(self) -> Compiled:
        return compile(self._program(scaled=False))

    @cached_property
    def _scaled(self) -> Compiled:
        return compile(self._program(scaled=True))

    def _program(self, scaled: bool) -> Graph:
        """`tables @ likelihoods @ weights -> log-evidence of each row @ the weighted sum of its derivatives`."""
        entry, value = observing(self._plan, self.network, self._observed), log_evidence(self._plan, scaled)
        count = len(value.dom)
        names = [f"table{k}" for k in range(count)] + [f"seen{v}" for v in self._observed]
        one = trace(lambda *wires: value(*_several(entry(*wires, unfold=True)), unfold=True), entry.dom, "rows", names)
        many = batch(one, "rows", names[count:])
        both = optic(many, SMOOTH).both()
        made = prune(both >> permutation(both.cod, range(1 + len(self.tables))))
        return Graph(flatten(identity(made.dom) >> made), "expected", [*names, "weights"])


def _several(wires: Any) -> Sequence[Any]:
    return wires if isinstance(wires, tuple) else (wires,)
