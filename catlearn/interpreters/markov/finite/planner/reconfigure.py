"""The best way to contract a few terms: exact, by dynamic programming over all their subsets at once.

A part of a contraction tree with at most eight terms below it is taken out and put back in its best form. Done at every
node, this turns a fair tree into a good one (subtree reconfiguration: Gray and Kourtis, "Hyper-optimized tensor network
contraction", Quantum 5, 2021). Here all splits of all subsets are costed as arrays, so that a part takes a fraction of
a millisecond.

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
>>> chain = hypergraph([(0, 1), (1, 2), (2, 3), (3,)], (9, 9, 9, 9), keep=(0,))
>>> tree = Tree(chain, [(0, 1), (4, 2), (5, 3)])
>>> reconfigure(tree, 6, 8), tree.pairs()
([6, 5, 4], [(3, 2), (4, 1), (5, 0)])
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.finite.planner.hypergraph import bits, mask
from catlearn.interpreters.markov.finite.planner.tree import Tree, step_cost

__all__ = ["reconfigure"]

Array = NDArray[Any]


def reconfigure(tree: Tree, node: int, size: int, rng: Random | None = None) -> list[int]:
    """Give the part of the tree below a node its best form; gives the nodes that have changed, if it was not yet so.

    Args:
        tree: is changed.
        node: the top of the part; it stays where it is.
        size: how many terms the part has at its bottom, at most.
        rng: opens the part at random; without one, the most expensive steps are taken.
    """
    inner, terms = _part(tree, node, size, rng)
    if len(terms) < 3:
        return []
    table = _subsets(tree, node, terms)
    with np.errstate(over="ignore"):  # a volume may be beyond all floats; then it is infinite, and avoided
        costs, splits = _best(table)
    if costs[-1] >= sum(tree.cost[k] for k in inner) * (1 - 1e-9):
        return []
    _put_back(tree, inner, terms, table, splits)
    return inner


def _part(tree: Tree, node: int, size: int, rng: Random | None) -> tuple[list[int], list[int]]:
    """The nodes of a part: those inside, from the top down, and the terms at its bottom."""
    inner, terms = [node], list(tree.children[node] or ())
    while len(terms) < size:
        open_ = [k for k in terms if tree.children[k]]
        if not open_:
            break
        chosen = rng.choice(open_) if rng else max(open_, key=tree.cost.__getitem__)
        terms.remove(chosen)
        terms += tree.children[chosen] or ()
        inner.append(chosen)
    return inner, terms


@dataclass(frozen=True, eq=False)
class _Subsets:
    """For each subset of the terms, numbered by its bits: the variables of its product, once the others are summed."""

    variables: list[int]
    scope: Array
    sizes: Array


def _subsets(tree: Tree, node: int, terms: list[int]) -> _Subsets:
    variables = list(bits(reduce(or_, (tree.scope[k] for k in terms))))
    within = np.zeros((1, len(variables)), dtype=bool)
    for k in terms:
        within = np.concatenate([within, within | _row(tree.scope[k], variables)])
    scope = within & (within[::-1] | _row(tree.scope[node], variables))
    return _Subsets(variables, scope, np.array([tree.graph.sizes[v] for v in variables], dtype=float))


def _row(scope: int, variables: list[int]) -> Array:
    return np.array([scope >> v & 1 for v in variables], dtype=bool)


def _best(table: _Subsets) -> tuple[Array, Array]:
    """For each subset the least cost of its product, and one half of the split that gives it."""
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


def _put_back(tree: Tree, inner: list[int], terms: list[int], table: _Subsets, splits: Array) -> None:
    free, todo = inner[1:], [(len(splits) - 1, inner[0])]
    while todo:
        whole, node = todo.pop()
        below = []
        for part in (int(splits[whole]), whole ^ int(splits[whole])):
            if part & (part - 1) == 0:
                below.append(terms[part.bit_length() - 1])
            else:
                below.append(free.pop())
                todo.append((part, below[-1]))
                tree.scope[below[-1]] = mask(table.variables[i] for i in np.flatnonzero(table.scope[part]))
            tree.parent[below[-1]] = node
        tree.children[node] = (below[0], below[1])
    for k in inner:
        tree.cost[k] = tree.step(k)
