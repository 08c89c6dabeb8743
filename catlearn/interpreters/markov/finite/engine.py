"""Compiled contractions: which program answers a question, and what to do when numbers underflow.

No entry of a table is above 1, so no entry of any term or of any derivative of Z is, and what a term loses by underflow
changes Z by less than 1e-308 for each of its entries. So the quick program, which divides by nothing, is right wherever
Z is well above that; where it is not, a second program runs that divides every term by its largest entry. Where even so
an entry comes near to being lost, the same diagram is calculated in decimals, slowly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.reverse import value_and_gradient
from catlearn.diagrams.trace import trace
from catlearn.diagrams.wiring import Graph
from catlearn.interpreters.markov.finite.contraction import evidence, log_evidence, observing, weighed
from catlearn.interpreters.markov.finite.evidence import Rows
from catlearn.interpreters.markov.finite.forecast import check_memory, forecast
from catlearn.interpreters.markov.finite.network import Network
from catlearn.interpreters.markov.finite.plan import Plan
from catlearn.interpreters.markov.finite.underflow import (
    DECIMAL,
    SAFE,
    TINY,
    decimal_terms,
    decimals,
    in_decimals,
    lost,
    proportional,
    scaled_terms,
)
from catlearn.interpreters.program.compile import Compiled, compile
from catlearn.progress import progress

__all__ = ["Engine"]

Array = NDArray[Any]

CHUNK = 2**22
"""How many numbers the terms of a chunk of rows may have together: few calls, and not too much for the caches."""


class Engine:
    """The programs of one network and one plan; each is compiled when it is first needed."""

    def __init__(self, network: Network, plan: Plan, memory_limit: float = np.inf) -> None:
        self.network, self.plan, self.memory_limit = network, plan, memory_limit
        self.tables = [factor.table for factor in network.factors]
        self.tables += [np.array(1.0)] * (len(plan.scopes) - len(plan.steps) - len(self.tables))
        self._axes = [self._axis(v) for v in range(len(network.variables))]
        self._program = lru_cache(maxsize=None)(self._compile)
        self._rows = lru_cache(maxsize=16)(self._compile_rows)

    def _axis(self, v: int) -> tuple[int, ...]:
        """The shape in which a likelihood of a variable is multiplied into the table that makes it."""
        scope = self.network.factors[self.network.maker[v]].scope
        return tuple(self.network.sizes[v] if u == v else 1 for u in scope)

    def observed(self, likelihoods: Mapping[int, Array]) -> list[Array]:
        """The tables after an observation."""
        return self._apply(self.tables, likelihoods)

    def _apply(self, tables: Sequence[Array], likelihoods: Mapping[int, Array]) -> list[Array]:
        found, maker = list(tables), self.network.maker
        for v, likelihood in likelihoods.items():
            found[maker[v]] = found[maker[v]] * likelihood.reshape(self._axes[v])
        return found

    def _decimal_tables(self, likelihoods: Mapping[int, Array]) -> list[Array]:
        """The tables after an observation, as decimals. Raises `TooLarge` where a contraction of them would be."""
        check_memory(forecast(self.plan, itemsize=DECIMAL), self.memory_limit)
        return self._apply(list(map(decimals, self.tables)), {v: decimals(each) for v, each in likelihoods.items()})

    def _flushed(self, likelihoods: Mapping[int, Array]) -> bool:
        """Whether an observation alone makes an entry of a table so small that it may be lost."""
        soft = {v: each for v, each in likelihoods.items() if ((each > 0) & (each < 1)).any()}
        if not soft:
            return False
        there = self._apply([table > 0 for table in self.tables], {v: each > 0 for v, each in soft.items()})
        return any(bool((t[where] < TINY).any()) for t, where in zip(self.observed(soft), there, strict=True))

    def _lost(self, likelihoods: Mapping[int, Array]) -> bool:
        return self._flushed(likelihoods) or lost(self.terms(likelihoods))

    def proportional(
        self, plan: Plan, factors: Sequence[int], likelihoods: Mapping[int, Array], known: Collection[int]
    ) -> Array:
        """The last term of another plan, of some of the tables after an observation, up to one factor.

        What is known exactly is put into every table that has the variable: a known variable may separate a table from
        the one that makes it, and then either can be used without the other.
        """

        def chosen(tables: Sequence[Array]) -> list[Array]:
            found = [self._at_known(k, tables[k], likelihoods, known) for k in factors]
            return found + [np.array(1.0)] * (2 - len(found))

        again = (lambda: chosen(self._decimal_tables(likelihoods))) if self._flushed(likelihoods) else None
        return proportional(plan, chosen(self.observed(likelihoods)), again)

    def _at_known(self, k: int, table: Array, likelihoods: Mapping[int, Array], known: Collection[int]) -> Array:
        scope = self.network.factors[k].scope
        for axis, v in enumerate(scope):
            if v in known:
                # One entry is 1 and all others are 0, whatever numbers the table has.
                here = (likelihoods[v] > 0).astype(int)
                table = table * here.reshape([-1 if i == axis else 1 for i in range(len(scope))])
        return table

    def marginals(self, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        """Log-evidence, then the posterior of each variable."""
        return self._one("marginals", likelihoods)

    def families(self, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        """Log-evidence, then the posterior of the variables of each table, in its shape."""
        return self._one("families", likelihoods)

    def slopes(self, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        """Log-evidence, then its derivative by each table, in its shape."""
        found = self._one("slopes", likelihoods)
        # What was observed stands between a table and the evidence: the chain rule multiplies by it again.
        weights = self._apply([np.ones_like(table) for table in self.tables], likelihoods)
        with np.errstate(all="ignore"):
            pairs = zip(found[1:], weights, strict=True)
            return [found[0], *(np.where(weight > 0, slope * weight, 0.0) for slope, weight in pairs)]

    def log_evidence(self, likelihoods: Mapping[int, Array]) -> float:
        """The logarithm of the probability of what was observed; minus infinity where it cannot be."""
        return float(self._one("evidence", likelihoods)[0])

    def terms(self, likelihoods: Mapping[int, Array]) -> list[Array]:
        """The tables after an observation, and what every step gives, each divided by its largest entry."""
        return scaled_terms(self.plan, self.observed(likelihoods))

    def terms_to_sample(self, likelihoods: Mapping[int, Array]) -> list[Array]:
        """The same; where something that matters may have underflowed, divided by nothing, as decimals."""
        if self.log_evidence(likelihoods) > SAFE or not self._lost(likelihoods):
            return self.terms(likelihoods)
        return decimal_terms(self.plan, self._decimal_tables(likelihoods))

    def _one(self, question: str, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        tables = self.observed(likelihoods)
        with np.errstate(all="ignore"):
            found = _several(self._program(question, False)(*tables))
            if found[0] > SAFE:
                return found
            found = _several(self._program(question, True)(*tables))
        sure = found[0] == -np.inf or all(np.isfinite(each).all() for each in found)
        if sure and not self._lost(likelihoods):
            return found
        total, shares = in_decimals(self._diagram(question, evidence(self.plan)), self._decimal_tables(likelihoods))
        return [np.array(total), *shares]

    def many(self, rows: Rows) -> list[Array]:
        """Log-evidence (rows,), then the posterior (rows, outcomes) of each variable.

        Rows are answered in chunks; the last one is filled up to a power of two, so that few sizes are compiled.
        """
        observed = tuple(sorted(rows.likelihoods))
        given = [rows.likelihoods[v] for v in observed]
        made = self._in_chunks(self._rows(observed, False), given, rows.count)
        low = np.flatnonzero(~(made[0] > SAFE))
        if len(low):
            again = self._in_chunks(self._rows(observed, True), [each[low] for each in given], len(low))
            for one, other in zip(made, again, strict=True):
                one[low] = other
        for row in low:  # those that may have underflowed even so, alone
            likelihoods = {v: each[row] for v, each in rows.likelihoods.items()}
            if self._lost(likelihoods):
                for target, answer in zip(made, self.marginals(likelihoods), strict=False):
                    target[row] = answer
        return made

    def _in_chunks(self, program: Compiled, given: Sequence[Array], count: int) -> list[Array]:
        sizes = [(), *((n,) for n in self.network.sizes)]
        made = [np.empty((count, *size)) for size in sizes]
        width = self.chunk
        with progress("answering", count) as tell:
            for start in range(0, count, width):
                stop = min(start + width, count)
                filled = min(width, 1 << (stop - start - 1).bit_length())
                part = [_filled(each[start:stop], filled) for each in given]
                with np.errstate(all="ignore"):
                    found = _several(program(*self.tables, *part))
                for target, answer, size in zip(made, found, sizes, strict=True):
                    target[start:stop] = answer[: stop - start] if np.ndim(answer) > len(size) else answer
                tell(stop, f"{stop:,} of {count:,} rows")
        return made

    @cached_property
    def chunk(self) -> int:
        """How many rows are answered at once; a power of two."""
        each = 2 * self.plan.total + sum(table.size for table in self.tables)
        return int(min(1024, max(1, 1 << (CHUNK // each).bit_length() >> 1)))

    def _compile_rows(self, observed: tuple[int, ...], scaled: bool) -> Compiled:
        read = self._diagram("marginals", log_evidence(self.plan, scaled))
        entry = observing(self.plan, self.network, observed)
        names = [f"table{k}" for k in range(len(self.tables))] + [f"seen{v}" for v in observed]
        d = trace(lambda *w: read(*_several(entry(*w, unfold=True)), unfold=True), entry.dom, "posteriors", names)
        return compile(batch(d, "rows", names[len(self.tables) :]) if observed else d)

    def _diagram(self, question: str, value: Graph) -> Graph:
        """From a diagram of the evidence, or of its logarithm, the one that answers a question."""
        if question == "evidence":
            return value
        both = value_and_gradient(value)
        return both if question == "slopes" else weighed(both, self.network, question == "families")

    def _compile(self, question: str, scaled: bool) -> Compiled:
        return compile(self._diagram(question, log_evidence(self.plan, scaled)))


def _several(wires: Any) -> Sequence[Any]:
    """One output stands alone, several are a tuple; here they are always several."""
    return wires if isinstance(wires, tuple) else (wires,)


def _filled(part: Array, count: int) -> Array:
    """The rows, with the last one repeated up to this count."""
    return part if len(part) == count else np.concatenate([part, np.repeat(part[-1:], count - len(part), axis=0)])
