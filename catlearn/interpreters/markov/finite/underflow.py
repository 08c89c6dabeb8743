"""What to do where floats are not enough: see that something was lost, and calculate with decimals of any size.

A term of a contraction is divided by its largest entry, so only the ratios within a term can underflow: 300 children
that are each a thousand times less likely under one outcome leave 1e-900 of it, which is all there is once a later
table rules the others out. Decimals have no such limit. They are slow, and hardly ever needed.

>>> from catlearn.interpreters.markov.finite.plan import plan
>>> tables = [np.array([1.0, 1e-200]), np.array([1.0, 1e-200]), np.array([0.0, 1.0])]
>>> proportional(plan([(0,), (0,), (0,)], (2,), [(0, 1), (2, 3)], (0,)), tables)
array([0., 1.])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.wiring import Graph
from catlearn.interpreters.markov.finite.contraction import contraction, evidence
from catlearn.interpreters.markov.finite.plan import Plan
from catlearn.interpreters.markov.finite.rational import evaluate
from catlearn.interpreters.program.compile import Compiled, compile

__all__ = [
    "DECIMAL",
    "SAFE",
    "TINY",
    "decimal_terms",
    "decimals",
    "in_decimals",
    "lost",
    "proportional",
    "scaled_terms",
]

Array = NDArray[Any]

SAFE = -500.0
"""Above this log-evidence nothing that matters has underflowed."""
TINY = 1e-140
"""Products of two numbers from here up are far above where floats lose digits."""
DECIMAL = 128
"""Bytes of a decimal in an array."""
CONTEXT = Context(prec=34, Emin=MIN_EMIN, Emax=MAX_EMAX)


def lost(terms: Iterable[Array]) -> bool:
    """Whether a contraction may have underflowed.

    Args:
        terms: the tables, and what its steps gave, each divided by its largest entry: then an entry that comes near to
            being lost is still there.
    """
    return any(bool(((each > 0) & (each < TINY)).any()) for each in map(np.asarray, terms))


def in_decimals(d: Graph, tables: Sequence[Array]) -> tuple[float, list[Array]]:
    """The logarithm of the first output, a number, and the other outputs over it; minus infinity where it is 0.

    Args:
        d: a diagram of sums and products.
        tables: of floats or of decimals.
    """
    with localcontext(CONTEXT):
        total, *others = evaluate(d, list(map(decimals, tables)))
        whole = Decimal(total.item())
        shares = [(each / whole).astype(np.float64) for each in others] if whole else []
        return (float(whole.ln()) if whole else -np.inf), shares


def decimals(table: Array) -> Array:
    """The same numbers, exactly, as decimals."""
    made = np.empty(table.shape, object)
    made[...] = np.reshape([Decimal(value) for value in table.ravel().tolist()], table.shape)
    return made


@lru_cache(maxsize=32)
def _compiled(plan: Plan) -> tuple[Compiled, Compiled]:
    return compile(contraction(plan)), compile(evidence(plan))


def scaled_terms(plan: Plan, tables: Sequence[Array]) -> list[Array]:
    """The tables and all terms of a plan, each term divided by its largest entry."""
    with np.errstate(all="ignore"):
        found = _compiled(plan)[0](*tables)
    return [*tables, *(found if isinstance(found, tuple) else (found,))]


def decimal_terms(plan: Plan, tables: Sequence[Array]) -> list[Array]:
    """The tables and all terms of a plan, divided by nothing, as decimals."""
    with localcontext(CONTEXT):
        given = list(map(decimals, tables))
        return [*given, *evaluate(contraction(plan, scaled=False), given)]


def proportional(plan: Plan, tables: Sequence[Array], again: Callable[[], Sequence[Array]] | None = None) -> Array:
    """The last term of a plan, up to one factor for all of its numbers, so that it cannot underflow as a whole.

    Args:
        plan: the contraction.
        tables: of floats.
        again: where making them has lost something already, what makes them as decimals.
    """
    terms = scaled_terms(plan, tables)
    if (again is None and not lost(terms)) or _enough(plan, tables):
        return np.asarray(terms[-1])
    last = decimal_terms(plan, again() if again else tables)[-1]
    top = last.max()
    with localcontext(CONTEXT):
        return np.asarray(last / top if top else last, np.float64)


def _enough(plan: Plan, tables: Sequence[Array]) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.sum(_compiled(plan)[1](*tables)) > np.exp(SAFE))
