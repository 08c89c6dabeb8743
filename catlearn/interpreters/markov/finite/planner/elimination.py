"""A first contraction tree: variables are summed one after another, each over the product of all factors that have it.

The order is greedy, with some chance in it: next comes the variable whose sum connects the fewest other variables that
were not connected before (min-fill), or whose product is smallest (min-size). Min-fill is the usual choice for Bayesian
networks (Koller and Friedman, "Probabilistic Graphical Models", 2009, section 9.4.3).

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import complete, hypergraph
>>> star = hypergraph([(0, 1), (0, 2), (0, 3), (1,), (2,), (3,)], (5, 2, 2, 2))
>>> order = elimination_order(star, "fill", 0.0, Random(0))
>>> order[0] in (1, 2, 3), complete(eliminated(star, order), 6)
(True, True)
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from random import Random

from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, Pairs, bits
from catlearn.interpreters.markov.finite.planner.terms import Terms

__all__ = ["RULES", "eliminated", "elimination_order"]

Neighbors = dict[int, int]


def _fill(v: int, near: Neighbors, sizes: tuple[int, ...]) -> float:
    """How many pairs of neighbors are not connected yet."""
    around = near[v]
    return sum((around & ~near[u]).bit_count() - 1 for u in bits(around)) / 2


def _weighted_fill(v: int, near: Neighbors, sizes: tuple[int, ...]) -> float:
    """The same, each pair as often as both together have outcomes."""
    around, found = near[v], 0
    for u in bits(around):
        found += sizes[u] * sum(sizes[w] for w in bits((around & ~near[u]) >> u + 1 << u + 1))
    return found


def _size(v: int, near: Neighbors, sizes: tuple[int, ...]) -> float:
    """How many numbers the product has."""
    found = float(sizes[v])
    for u in bits(near[v]):
        found *= sizes[u]
    return found


RULES: dict[str, Callable[[int, Neighbors, tuple[int, ...]], float]] = {
    "fill": _fill,
    "weighted fill": _weighted_fill,
    "size": _size,
}


DENSE = 64
"""With more neighbors than this a product is hopeless anyway, and its exact score not worth the time."""


def elimination_order(graph: Hypergraph, rule: str, temperature: float, rng: Random) -> list[int]:
    """All variables that are not kept, in the order in which they are summed.

    Args:
        graph: the factors.
        rule: what is least for the variable that comes next: a name in `RULES`.
        temperature: how much chance there is in the choice; 0 only breaks ties.
        rng: where chance comes from.
    """
    near, score = _neighbors(graph), RULES[rule]

    def key(v: int) -> float:
        # Adding Gumbel's noise to logarithms draws from Boltzmann's distribution.
        noise = -log(-log(rng.random() or 0.5))
        degree = near[v].bit_count()
        cost = score(v, near, graph.sizes) if degree <= DENSE else 2.0 ** min(degree, 1000)
        return log(1.0 + cost) - max(temperature, 1e-9) * noise

    keys, order = {v: key(v) for v in near if not graph.keep >> v & 1}, list[int]()
    while keys:
        v = min(keys, key=keys.__getitem__)
        del keys[v]
        order.append(v)
        for u in bits(_remove(near, v)):
            if u in keys:
                keys[u] = key(u)
    return order


def _neighbors(graph: Hypergraph) -> Neighbors:
    near: Neighbors = {}
    for scope in graph.scopes:
        for v in bits(scope):
            near[v] = near.get(v, 0) | scope
    return {v: around & ~(1 << v) for v, around in near.items()}


def _remove(near: Neighbors, v: int) -> int:
    """Sum a variable, which connects its neighbors; gives the variables whose scores may have changed."""
    around = changed = near.pop(v)
    for u in bits(around):
        old = near[u] & ~(1 << v)
        near[u] = (old | around) & ~(1 << u)
        if near[u] != old:
            changed |= near[u]
    return changed


WIDE = 6
"""Among how many of the smallest factors of a variable the next pair is looked for."""


def eliminated(graph: Hypergraph, order: list[int]) -> Pairs:
    """The pairs of a plan that sums variables in this order; what is left is multiplied at the end."""
    terms = Terms(graph)
    for v in order:
        while len(holders := terms.holders.get(v, ())) > 1:
            terms.multiply(*terms.closest(sorted(holders, key=terms.volume)[:WIDE]))
    return terms.finish()
