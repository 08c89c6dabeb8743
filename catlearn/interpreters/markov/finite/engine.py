"""Compiled contractions: which program answers a question, and what to do when numbers underflow.

No entry of a table is above 1, so no entry of any term or of any derivative of Z is, and what a term loses by underflow
changes Z by less than 1e-308 for each of its entries. So the quick program, which divides by nothing, is right wherever
Z is well above that; where it is not, a second program runs that divides every term by its largest entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.reverse import value_and_gradient
from catlearn.diagrams.trace import trace
from catlearn.interpreters.markov.finite.contraction import log_evidence, observing, posteriors
from catlearn.interpreters.markov.finite.evidence import Rows
from catlearn.interpreters.markov.finite.network import Network
from catlearn.interpreters.markov.finite.plan import Plan
from catlearn.interpreters.program.compile import Compiled, compile

__all__ = ["Engine"]

Array = NDArray[Any]

SAFE = -500.0
"""Above this log-evidence nothing that matters has underflowed."""
CHUNK = 2**22
"""How many numbers the terms of a chunk of rows may have together: few calls, and not too much for the caches."""


class Engine:
    """The programs of one network and one plan; each is compiled when it is first needed."""

    def __init__(self, network: Network, plan: Plan) -> None:
        self.network, self.plan = network, plan
        self.tables = [factor.table for factor in network.factors]
        self.tables += [np.array(1.0)] * (len(plan.scopes) - len(plan.steps) - len(self.tables))
        self._axes = [self._axis(v) for v in range(len(network.variables))]
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

    def observed_apart(self, likelihoods: Mapping[int, Array], known: Iterable[int]) -> list[Array]:
        """The tables after an observation, with what is known exactly put into every table that has the variable.

        A known variable may separate a table from the one that makes it; then either can be used without the other.
        """
        tables = self.observed(likelihoods)
        for v in known:
            for k, factor in enumerate(self.network.factors):
                if v in factor.scope:
                    shape = [self.network.sizes[v] if u == v else 1 for u in factor.scope]
                    tables[k] = tables[k] * likelihoods[v].reshape(shape)
        return tables

    def marginals(self, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        """Log-evidence, then the posterior of each variable."""
        return self._one(self._marginals, self._marginals_scaled, likelihoods)

    def families(self, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        """Log-evidence, then the posterior of the variables of each table, in its shape."""
        return self._one(self._families, self._families_scaled, likelihoods)

    def slopes(self, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        """Log-evidence, then its derivative by each table, in its shape."""
        found = self._one(self._gradient, self._gradient_scaled, likelihoods)
        # What was observed stands between a table and the evidence: the chain rule multiplies by it again.
        weights = self._apply([np.ones_like(table) for table in self.tables], likelihoods)
        with np.errstate(all="ignore"):
            return [found[0], *(slope * weight for slope, weight in zip(found[1:], weights, strict=True))]

    def log_evidence(self, likelihoods: Mapping[int, Array]) -> float:
        """The logarithm of the probability of what was observed; minus infinity where it cannot be."""
        tables = self.observed(likelihoods)
        with np.errstate(all="ignore"):
            found = float(self._evidence(*tables))
            return found if found > SAFE else float(self._evidence_scaled(*tables))

    def _one(self, quick: Compiled, scaled: Compiled, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        tables = self.observed(likelihoods)
        with np.errstate(all="ignore"):
            found = _several(quick(*tables))
            return found if found[0] > SAFE else _several(scaled(*tables))

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
        return made

    def _in_chunks(self, program: Compiled, given: Sequence[Array], count: int) -> list[Array]:
        sizes = [(), *((n,) for n in self.network.sizes)]
        made = [np.empty((count, *size)) for size in sizes]
        width = self.chunk
        for start in range(0, count, width):
            stop = min(start + width, count)
            filled = min(width, 1 << (stop - start - 1).bit_length())
            part = [_filled(each[start:stop], filled) for each in given]
            with np.errstate(all="ignore"):
                found = _several(program(*self.tables, *part))
            for target, answer, size in zip(made, found, sizes, strict=True):
                target[start:stop] = answer[: stop - start] if np.ndim(answer) > len(size) else answer
        return made

    @cached_property
    def chunk(self) -> int:
        """How many rows are answered at once; a power of two."""
        each = 2 * self.plan.total + sum(table.size for table in self.tables)
        return int(min(1024, max(1, 1 << (CHUNK // each).bit_length() >> 1)))

    def _compile_rows(self, observed: tuple[int, ...], scaled: bool) -> Compiled:
        read = posteriors(self.plan, self.network, scaled)
        entry = observing(self.plan, self.network, observed)
        names = [f"table{k}" for k in range(len(self.tables))] + [f"seen{v}" for v in observed]
        d = trace(lambda *w: read(*_several(entry(*w, unfold=True)), unfold=True), entry.dom, "posteriors", names)
        return compile(batch(d, "rows", names[len(self.tables) :]) if observed else d)

    @cached_property
    def _marginals(self) -> Compiled:
        return compile(posteriors(self.plan, self.network))

    @cached_property
    def _marginals_scaled(self) -> Compiled:
        return compile(posteriors(self.plan, self.network, scaled=True))

    @cached_property
    def _families(self) -> Compiled:
        return compile(posteriors(self.plan, self.network, families=True))

    @cached_property
    def _families_scaled(self) -> Compiled:
        return compile(posteriors(self.plan, self.network, scaled=True, families=True))

    @cached_property
    def _gradient(self) -> Compiled:
        return compile(value_and_gradient(log_evidence(self.plan)))

    @cached_property
    def _gradient_scaled(self) -> Compiled:
        return compile(value_and_gradient(log_evidence(self.plan, scaled=True)))

    @cached_property
    def _evidence(self) -> Compiled:
        return compile(log_evidence(self.plan))

    @cached_property
    def _evidence_scaled(self) -> Compiled:
        return compile(log_evidence(self.plan, scaled=True))


def _several(wires: Any) -> Sequence[Any]:
    """One output stands alone, several are a tuple; here they are always several."""
    return wires if isinstance(wires, tuple) else (wires,)


def _filled(part: Array, count: int) -> Array:
    """The rows, with the last one repeated up to this count."""
    return part if len(part) == count else np.concatenate([part, np.repeat(part[-1:], count - len(part), axis=0)])
