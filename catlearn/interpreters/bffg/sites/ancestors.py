"""The posterior of a tree's nodes: what is known above a node and what is known below it, pattern by pattern.

All is in logarithms, so that nothing is too small.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.sites.evidence import Scaled, messages
from catlearn.interpreters.bffg.sites.pruning import LEAST, Inputs
from catlearn.interpreters.bffg.sites.repeats import Kind, Part
from catlearn.interpreters.bffg.sites.tree import Tree
from catlearn.interpreters.bffg.sites.underflow import log_product

__all__ = ["marginals"]

Array = NDArray[Any]


def marginals(
    tree: Tree, scaled: Scaled, inputs: Inputs, prior: Array, wires: Sequence[int]
) -> Iterator[tuple[int, Array]]:
    """Of some wires, as they are reached from the root on, the probabilities of outcomes given all seen, (S, K)."""
    nodes = _Nodes(tree, scaled, inputs)
    needed = set[int]()
    for wire in wires:
        at = wire
        while at >= 0 and at not in needed:
            needed.add(at)
            at = tree.parents[at]
    waiting = Counter(tree.parents[wire] for wire in needed)
    above: dict[int, Array] = {}
    for wire in sorted(needed):
        parent = tree.parents[wire]
        above[wire] = nodes.start(prior) if parent < 0 else nodes.downward(wire, above[parent])
        waiting[parent] -= 1
        if parent >= 0 and not waiting[parent]:
            del above[parent]
        if wire in wires:
            yield wire, _normalized(above[wire] + nodes.below(wire))


def _normalized(logs: Array) -> Array:
    """Probabilities; zeros where nothing is possible."""
    tops = logs.max(axis=1, keepdims=True)
    found = np.exp(logs - np.where(np.isfinite(tops), tops, 0.0))
    sums = found.sum(axis=1, keepdims=True)
    return np.asarray(found / np.where(sums > 0, sums, 1.0))


class _Nodes:
    """What is known at the nodes of a tree from below."""

    def __init__(self, tree: Tree, scaled: Scaled, inputs: Inputs) -> None:
        self.tree, self.inputs, self.codes = tree, inputs, scaled.plan.codes
        self.values, self.classes = messages(scaled, inputs), scaled.classes
        with np.errstate(divide="ignore"):
            self.vectors = [np.log(table) for table in inputs.vectors]
        self.parts: dict[int, list[Part]] = {}
        self.whole: dict[int, int] = {}
        for k, join in enumerate(scaled.plan.joins):
            found = (part for part in (join.left, join.right) if part is not None and part.kind is not Kind.JOIN)
            self.parts.setdefault(join.wire, []).extend(found)
            self.whole[join.wire] = k

    def start(self, prior: Array) -> Array:
        """What is known at the root before anything is seen."""
        with np.errstate(divide="ignore"):
            return np.broadcast_to(np.log(prior), (self.codes.shape[1], len(prior)))

    def below(self, wire: int) -> Array:
        """The value at a node: the logarithm of how likely what lies below it is."""
        if wire in self.whole:
            k = self.whole[wire]
            return np.asarray(self.values[k][self.classes[k]])
        for part in self.parts.get(self.tree.parents[wire], []):
            if part.kind is Kind.LEAF and part.edge == wire:
                return self._row(part)
        return np.zeros((self.codes.shape[1], self.tree.size(wire)))

    def downward(self, wire: int, above: Array) -> Array:
        """What is known at a node from above: all that its parent knows but from this node."""
        total = above
        for part in self.parts.get(self.tree.parents[wire], []):
            if part.edge != wire:
                total = total + self._message(part)
        return _product(total, self.inputs.edges[wire].T)

    def _message(self, part: Part) -> Array:
        if part.kind is not Kind.NODE:
            row = self._row(part)
            return row if part.kind is Kind.SEEN else _product(row, self.inputs.edges[part.edge])
        return np.asarray(_product(self.values[part.at], self.inputs.edges[part.edge])[self.classes[part.at]])

    def _row(self, part: Part) -> Array:
        table = self.vectors[self.inputs.tables[part.at]]
        return table[self.codes[part.at]] if part.at < len(self.codes) else table[np.zeros(self.codes.shape[1], int)]


def _product(logs: Array, edge: Array) -> Array:
    """The logarithm of `exp(logs) @ edge`, in the quick way where this loses nothing."""
    tops = logs.max(axis=1, keepdims=True)
    if np.isfinite(tops).all():
        found = np.exp(logs - tops) @ edge
        if found.min(initial=np.inf) >= LEAST:
            return np.asarray(np.log(found) + tops)
    return log_product(logs, edge)
