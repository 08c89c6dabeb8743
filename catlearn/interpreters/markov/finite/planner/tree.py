"""A contraction plan while it is being improved: a binary tree whose leaves are the factors.

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
>>> tree = Tree(hypergraph([(0,), (0, 1), (1, 2)], (2, 3, 5)), [(0, 1), (2, 3)])
>>> tree.pairs()
[(0, 1), (2, 3)]
>>> tree.cost[3:] == [step_cost(6, 2, 6, 3), step_cost(3, 3, 3, 1)]
True
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, Pairs, bits, mask

__all__ = ["SECONDS", "Tree", "step_cost"]

Number = TypeVar("Number")

# Fitted on the time of all marginals of 17 networks under many plans, good and bad: a run takes about 0.1 ns for each
# multiplication and 3 ns for each number that a step reads or writes; and 5 microseconds for each step, but every plan
# has equally many of these.
MOVE = 30.0
SECONDS = 1e-10


def step_cost(product: Number, left: Number, right: Number, out: Number) -> Number:
    """What a step costs, in multiplications, forward and in reverse; from the sizes of its arrays.

    Args:
        product: of all variables of both terms.
        left: of one term.
        right: of the other.
        out: of the result.
    """
    return product + MOVE * (left + right + out)  # type: ignore[operator, no-any-return]


class Tree:
    """A contraction tree that can be changed. Nodes are numbered as the terms of a plan.

    Attributes:
        children: the two nodes below each, or None for a factor.
        parent: the node above each.
        scope: the variables of each node's term.
        cost: of each node's step.
    """

    def __init__(self, graph: Hypergraph, pairs: Sequence[tuple[int, int]]) -> None:
        self.graph = graph
        self.count = len(graph.scopes)
        self.children: list[tuple[int, int] | None] = [None] * self.count
        self.parent: list[int | None] = [None] * (2 * self.count - 1)
        self.scope = list(graph.scopes)
        self._grow(pairs)
        self.cost = [0.0] * self.count + [self.step(k) for k in range(self.count, len(self.scope))]
        self.root = len(self.scope) - 1

    def _grow(self, pairs: Sequence[tuple[int, int]]) -> None:
        held = Counter(v for scope in (*self.scope, self.graph.keep) for v in bits(scope))
        for left, right in pairs:
            both, common = self.scope[left] | self.scope[right], self.scope[left] & self.scope[right]
            held.subtract(bits(common))
            self.parent[left] = self.parent[right] = len(self.scope)
            self.children.append((left, right))
            self.scope.append(both & ~mask(v for v in bits(common) if held[v] == 1))

    @property
    def total(self) -> float:
        """What the whole tree costs, in multiplications."""
        return sum(self.cost)

    def step(self, node: int) -> float:
        """What the step that makes this node costs."""
        below, volume = self.children[node], self.graph.volume
        if below is None:
            return 0.0
        left, right = self.scope[below[0]], self.scope[below[1]]
        return step_cost(volume(left | right), volume(left), volume(right), volume(self.scope[node]))

    def pairs(self) -> Pairs:
        """The pairs of terms that make a plan; each subtree is finished before the next is begun."""
        order, todo = list[tuple[int, tuple[int, int]]](), [self.root]
        while todo:
            node = todo.pop()
            if below := self.children[node]:
                order.append((node, below))
                todo += below
        number, found = {k: k for k in range(self.count)}, Pairs()
        for node, (left, right) in reversed(order):
            number[node] = self.count + len(found)
            found.append((number[left], number[right]))
        return found
