"""Random factors for the tests of plans: of any form that inference may meet."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from catlearn.interpreters.markov.finite.plan import Plan


class Factors(NamedTuple):
    scopes: list[tuple[int, ...]]
    sizes: tuple[int, ...]
    keep: tuple[int, ...]


@st.composite
def factors(draw, most: int = 9, variables: int = 6) -> Factors:
    """At least two factors: empty, equal, within one another, apart from one another; some variables kept."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=variables, max_size=variables))
    scope = st.lists(st.integers(0, variables - 1), max_size=3, unique=True).map(tuple)
    scopes = draw(st.lists(scope, min_size=2, max_size=most))
    held = sorted({v for s in scopes for v in s})
    keep = draw(st.lists(st.sampled_from(held), unique=True, max_size=3)) if held else []
    return Factors(scopes, tuple(sizes), tuple(keep))


def dense(given: Factors, tables: list[np.ndarray]) -> np.ndarray:
    """The product of all tables at once, summed over what is not kept."""
    operands = [part for table, scope in zip(tables, given.scopes, strict=True) for part in (table, list(scope))]
    return np.einsum(*operands, list(given.keep))


def run(plan: Plan, tables: list[np.ndarray]) -> np.ndarray:
    """What a plan gives, step by step."""
    terms = list(tables)
    for step in plan.steps:
        left, right = plan.scopes[step.left], plan.scopes[step.right]
        terms.append(np.einsum(terms[step.left], list(left), terms[step.right], list(right), list(step.out)))
    return terms[-1]


def tables_for(given: Factors) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.uniform(0.5, 1.5, [given.sizes[v] for v in scope]) for scope in given.scopes]
