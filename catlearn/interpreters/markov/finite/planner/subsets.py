"""The best way to multiply a few terms: exact, by dynamic programming over all their subsets.

All splits of all subsets with the same number of terms are costed as arrays, so that eight terms take a third of a
millisecond.

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
>>> chain = hypergraph([(0, 1), (1, 2), (2,)], (9, 9, 9), keep=(0,))
>>> costs, splits = best_splits(subsets(chain.scopes, 0b001, chain))
>>> f"{splits[0b111]:03b}"  # the matrix of variables 0 and 1 comes last
'001'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, bits, mask
from catlearn.interpreters.markov.finite.planner.tree import step_cost

__all__ = ["Subsets", "best_splits", "subsets"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Subsets:
    """For each subset of the terms, numbered by its bits: the variables of its product, once the others are summed.

    Attributes:
        variables: of all terms.
        scope: (subsets, variables), which of them the product of each subset has.
        sizes: how many outcomes each variable has.
    """

    variables: list[int]
    scope: Array
    sizes: Array

    def variables_of(self, subset: int) -> int:
        """The variables of the product of a subset, as bits."""
        return mask(self.variables[i] for i in np.flatnonzero(self.scope[subset]))


def subsets(scopes: Sequence[int], out: int, graph: Hypergraph) -> Subsets:
    """The subsets of terms with these variables; those in `out` are needed outside."""
    variables = list(bits(reduce(or_, scopes)))
    within = np.zeros((1, len(variables)), dtype=bool)
    for each in scopes:
        within = np.concatenate([within, within | _row(each, variables)])
    scope = within & (within[::-1] | _row(out, variables))
    return Subsets(variables, scope, np.array([graph.sizes[v] for v in variables], dtype=float))


def _row(scope: int, variables: list[int]) -> Array:
    return np.array([scope >> v & 1 for v in variables], dtype=bool)


def best_splits(table: Subsets) -> tuple[Array, Array]:
    """For each subset the least cost of its product, and one half of the split that gives it."""
    with np.errstate(over="ignore"):  # a volume may be beyond all floats; then it is infinite, and avoided
        return _best(table)


def _best(table: Subsets) -> tuple[Array, Array]:
    packed, factors = np.packbits(table.scope, axis=1), _by_byte(table.sizes)
    volume = _volumes(packed, factors)
    costs, splits = np.zeros(len(volume)), np.zeros(len(volume), dtype=int)
    for whole, left, right in _all_splits(len(volume).bit_length() - 1):
        product = _volumes(packed[left] | packed[right], factors)
        each = step_cost(product, volume[left], volume[right], volume[whole][:, None]) + costs[left] + costs[right]
        rows, chosen = np.arange(len(whole)), each.argmin(axis=1)
        costs[whole], splits[whole] = each[rows, chosen], left[rows, chosen]
    return costs, splits


# No matrix product is used here: a BLAS library with several threads takes far longer to start them than this takes.
BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(bool)


def _by_byte(sizes: Array) -> list[Array]:
    """For every eight variables, how many outcomes each of their 256 subsets has together."""
    padded = np.concatenate([sizes, np.ones(-len(sizes) % 8)]).reshape(-1, 8)
    return [np.where(BITS, each, 1.0).prod(axis=1) for each in padded]


def _volumes(packed: Array, factors: list[Array]) -> Array:
    """How many numbers the arrays over sets of variables have; sets as packed bits on the last axis."""
    found = np.ones(packed.shape[:-1])
    for k, each in enumerate(factors):
        found *= each[packed[..., k]]
    return found


@cache
def _all_splits(count: int) -> list[tuple[Array, Array, Array]]:
    """For each number of terms: the subsets (s,) with so many, and the halves (s, splits) of each, both ways round."""
    found = []
    for members in range(2, count + 1):
        whole = np.array([s for s in range(1 << count) if s.bit_count() == members])
        left = np.array([_halves(int(s)) for s in whole])
        found.append((whole, left, whole[:, None] ^ left))
    return found


def _halves(whole: int) -> list[int]:
    """The proper subsets with the lowest member: each split once."""
    low = whole & -whole
    rest = part = whole ^ low
    found = []
    while part:
        part = (part - 1) & rest
        found.append(low | part)
    return found
