"""Choose an outcome of every variable, from the last step of a contraction back to the first.

At each step the variables that it summed are chosen, given those that later steps have chosen already. With a largest
term everywhere this is the most probable explanation; drawn in proportion, it is an exact sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.finite.plan import Plan, Step

__all__ = ["decode", "drawn", "most"]

Array = NDArray[Any]
Choose = Callable[[Array], Array]


def decode(plan: Plan, terms: Sequence[Array], count: int, choose: Choose, join: Any = np.multiply) -> Array:
    """The outcomes that are chosen, (count, variables).

    Args:
        plan: the contraction; a plan that keeps nothing.
        terms: all its terms, tables first.
        count: how many choices to make at once.
        choose: from weights (count, combinations), the number of a combination for each.
        join: how two terms make one: a product, or a sum where terms are logarithms.
    """
    found = np.zeros((count, len(plan.sizes)), np.int64)
    for step in reversed(plan.steps):
        if step.summed:
            weights = _given(plan, step, terms, found, join)
            chosen = np.unravel_index(choose(weights), [plan.sizes[v] for v in step.summed])
            for v, outcome in zip(step.summed, chosen, strict=True):
                found[:, v] = outcome
    return found


def _given(plan: Plan, step: Step, terms: Sequence[Array], found: Array, join: Any) -> Array:
    """The weights of all combinations of the summed variables, given the others: (count, combinations)."""
    parts = [_slice(plan, number, step.summed, terms[number], found) for number in (step.left, step.right)]
    joined = join(*parts)
    full = (len(found), *(plan.sizes[v] for v in step.summed))
    weights: Array = np.broadcast_to(joined, full).reshape(len(found), prod(full[1:]))
    return weights


def _slice(plan: Plan, number: int, summed: tuple[int, ...], term: Array, found: Array) -> Array:
    """A term at the outcomes chosen so far, with an axis for each summed variable, of size 1 where it has none."""
    scope = plan.scopes[number]
    known = [v for v in scope if v not in summed]
    free = [v for v in summed if v in scope]
    turned = term.transpose([scope.index(v) for v in (*known, *free)])
    picked = turned[tuple(found[:, v] for v in known)] if known else turned[None]
    shape = [plan.sizes[v] if v in scope else 1 for v in summed]
    part: Array = picked.reshape(len(picked), *shape)
    return part


def most(weights: Array) -> Array:
    """The combination with the largest weight; the first of several."""
    best: Array = weights.argmax(axis=1)
    return best


def drawn(random: np.random.Generator) -> Choose:
    """A combination drawn in proportion to its weight."""

    def choose(weights: Array) -> Array:
        # Weights may be decimals too small for floats, but never all 0.
        shares = (weights / weights.max(axis=1, keepdims=True)).astype(np.float64)
        sums = shares.cumsum(axis=1)
        # A number below the total, so that a combination of weight 0 is never drawn.
        u = random.random((len(weights), 1)) * sums[:, -1:]
        found: Array = np.minimum((sums <= u).sum(axis=1), weights.shape[1] - 1)
        return found

    return choose
