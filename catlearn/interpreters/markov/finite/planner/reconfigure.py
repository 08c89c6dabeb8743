"""Improve one part of a contraction tree: what it does with a few terms is replaced by what is best.

A part of a contraction tree with at most eight terms below it is taken out and put back in its best form. Done at every
node, this turns a fair tree into a good one (subtree reconfiguration: Gray and Kourtis, "Hyper-optimized tensor network
contraction", Quantum 5, 2021).

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
>>> chain = hypergraph([(0, 1), (1, 2), (2, 3), (3,)], (9, 9, 9, 9), keep=(0,))
>>> tree = Tree(chain, [(0, 1), (4, 2), (5, 3)])
>>> reconfigure(tree, 6, 8), tree.pairs()
([6, 5, 4], [(3, 2), (4, 1), (5, 0)])
"""

from __future__ import annotations

from random import Random
from typing import Any

from numpy.typing import NDArray

from catlearn.interpreters.markov.finite.planner.subsets import Subsets, best_splits, subsets
from catlearn.interpreters.markov.finite.planner.tree import Tree

__all__ = ["reconfigure"]


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
    table = subsets([tree.scope[k] for k in terms], tree.scope[node], tree.graph)
    costs, splits = best_splits(table)
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


def _put_back(tree: Tree, inner: list[int], terms: list[int], table: Subsets, splits: NDArray[Any]) -> None:
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
                tree.scope[below[-1]] = table.variables_of(part)
            tree.parent[below[-1]] = node
        tree.children[node] = (below[0], below[1])
    for k in inner:
        tree.cost[k] = tree.step(k)
