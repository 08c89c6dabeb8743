"""Improve a whole contraction tree, part by part, where it is most expensive first.

>>> from catlearn.interpreters.markov.finite.planner.hypergraph import hypergraph
>>> chain = hypergraph([(k, k + 1) for k in range(20)], (9,) * 21)
>>> odd_last = [*range(0, 20, 2), *range(1, 20, 2)]
>>> tree = Tree(chain, [(0, 2), *((odd_last[k], 18 + k) for k in range(2, 20))])
>>> before = tree.total
>>> sweep(tree, 6, Clock(60.0, 60.0))
>>> tree.total < before / 1e6
True
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from random import Random

from catlearn.interpreters.markov.finite.planner.clock import Clock
from catlearn.interpreters.markov.finite.planner.reconfigure import reconfigure
from catlearn.interpreters.markov.finite.planner.tree import Tree

__all__ = ["polish", "sweep"]

QUICK, THOROUGH = 6, 8
"""How many terms a part has at first, and how many where it pays."""
WORK = {QUICK: 1.2e-4, THOROUGH: 2.5e-4}
"""Seconds that a part of so many terms takes."""
FLOOR = 1e-4
"""A step that costs less than this share of the whole is not looked at."""
LEVELS = 3
"""How far above a part that has changed others are looked at again."""


def sweep(tree: Tree, size: int, clock: Clock, rng: Random | None = None) -> None:
    """Reconfigure at every node, until nothing gets better or the time is over.

    Args:
        tree: is changed.
        size: how many terms a part has: 6 or 8.
        clock: counts the work.
        rng: takes parts of random form, which finds what the plain form misses.
    """
    waiting = set(range(tree.count, len(tree.children)))
    queue = [(-tree.cost[k], k) for k in waiting]
    heapify(queue)
    least = FLOOR * tree.total
    while queue and not clock.over:
        cost, node = heappop(queue)
        if node not in waiting or -cost != tree.cost[node]:
            continue
        if -cost <= least:
            return
        waiting.discard(node)
        clock.spend(WORK[size])
        changed = reconfigure(tree, node, size, rng)
        if changed:
            least = FLOOR * tree.total
        for k in _near(tree, changed):
            waiting.add(k)
            heappush(queue, (-tree.cost[k], k))


def _near(tree: Tree, changed: list[int]) -> list[int]:
    """The nodes whose part may have another best form, after some have changed; the first is above the others."""
    found = set(changed).union(*(tree.children[k] or () for k in changed))
    above = tree.parent[changed[0]] if changed else None
    for _ in range(LEVELS):
        if above is None:
            break
        found.add(above)
        above = tree.parent[above]
    return sorted(k for k in found if tree.children[k])


def polish(tree: Tree, clock: Clock, rng: Random) -> None:
    """Sweep with larger parts and with random ones, as long as that pays."""
    before = float("inf")
    while tree.total < 0.98 * before and not clock.over:
        before = tree.total
        sweep(tree, THOROUGH, clock)
        sweep(tree, THOROUGH, clock, rng)
