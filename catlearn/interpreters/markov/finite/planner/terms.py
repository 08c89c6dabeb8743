"""Factors that are multiplied pair by pair until one is left; what nobody else has is summed on the way.

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
>>> terms = Terms(hypergraph([(0, 1), (1, 2), (2,)], (2, 3, 5)))
>>> terms.multiply(1, 2)
3
>>> terms.scopes  # factor 0 and the new one share variable 1
{0: 2, 3: 2}
>>> terms.finish()
[(1, 2), (3, 0)]
"""

from __future__ import annotations

from itertools import combinations

from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, Pairs, bits

__all__ = ["Terms"]


class Terms:
    """The terms that are left while a plan is made.

    Attributes:
        pairs: that were multiplied so far.
        scopes: the variables of each term that is left, as bits.
        holders: which terms have a variable.
    """

    def __init__(self, graph: Hypergraph) -> None:
        self.graph, self.pairs = graph, Pairs()
        self.scopes = dict(enumerate(graph.scopes))
        self.holders: dict[int, list[int]] = {}
        for k, scope in enumerate(graph.scopes):
            for v in bits(scope):
                self.holders.setdefault(v, []).append(k)

    def volume(self, term: int) -> float:
        """How many numbers a term has."""
        return self.graph.volume(self.scopes[term])

    def closest(self, terms: list[int]) -> tuple[int, int]:
        """The pair whose product is larger than both by the least."""
        volume = self.graph.volume

        def growth(pair: tuple[int, int]) -> float:
            left, right = self.scopes[pair[0]], self.scopes[pair[1]]
            return volume(left | right) - volume(left) - volume(right)

        return min(combinations(terms, 2), key=growth)

    def multiply(self, left: int, right: int) -> int:
        """Multiply two terms, and sum what nobody else has; gives the number of the new one."""
        new, scope = len(self.graph.scopes) + len(self.pairs), self.scopes.pop(left) | self.scopes.pop(right)
        self.pairs.append((left, right))
        alone = 0
        for v in bits(scope):
            self.holders[v] = [*(k for k in self.holders[v] if k not in (left, right)), new]
            if len(self.holders[v]) == 1 and not self.graph.keep >> v & 1:
                alone |= 1 << v
        self.scopes[new] = scope & ~alone
        for v in bits(alone):
            del self.holders[v]
        return new

    def absorb(self) -> None:
        """Multiply each term whose variables another one has, too, into the smallest such; no product is larger."""
        todo = sorted(self.scopes, key=self.volume, reverse=True)
        while todo:
            term = todo.pop()
            scope = self.scopes.get(term, 0)
            if scope:
                rarest = min((self.holders[v] for v in bits(scope)), key=len)
                over = [k for k in rarest if k != term and scope & ~self.scopes[k] == 0]
                if over:
                    todo.append(self.multiply(term, min(over, key=self.volume)))

    def finish(self) -> Pairs:
        """Multiply what is left, the smallest first; gives all pairs."""
        rest = sorted(self.scopes, key=lambda k: (self.volume(k), k), reverse=True)
        while len(rest) > 1:
            rest.append(self.multiply(rest.pop(-2), rest.pop()))
        return self.pairs
