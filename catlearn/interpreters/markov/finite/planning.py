"""Where a contraction plan comes from: many first plans, each improved part by part, of which the best is kept.

First plans come from eliminating variables one by one, greedily but with some chance, and from cotengrust's greedy
search. What makes the difference is that each is then improved: every small part of it is replaced by the best one. How
long that goes on depends on what the plan costs: about as long as a hundred runs of it take, and never longer than is
asked for. Work is counted, not timed, so that the same factors get the same plan everywhere.

>>> found = search([(0,), (0, 1), (1, 2)], (2, 3, 5))
>>> [(step.left, step.right) for step in found.steps]
[(2, 1), (3, 0)]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count
from random import Random

from catlearn.interpreters.markov.finite.plan import Plan, Scope, plan
from catlearn.interpreters.markov.finite.planner import cache
from catlearn.interpreters.markov.finite.planner.clock import Clock
from catlearn.interpreters.markov.finite.planner.elimination import eliminated, elimination_order
from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, Pairs, hypergraph
from catlearn.interpreters.markov.finite.planner.random_greedy import random_greedy
from catlearn.interpreters.markov.finite.planner.sweep import QUICK, polish, sweep
from catlearn.interpreters.markov.finite.planner.tree import SECONDS, Tree
from catlearn.progress import Tell, progress

__all__ = ["search"]

RULES = (("fill", 0.05), ("size", 0.1), ("weighted fill", 0.1), ("fill", 0.3), ("weighted fill", 0.3))
"""By which rule, and with how much chance, the first plans are made, in turn; every other one is cotengrust's."""
RUNS = 100
"""A search may take as long as the arithmetic of so many runs of what it finds."""
START = 1e-4
"""Seconds that a first plan takes for each factor."""
NEAR = 2.0
"""A plan that costs so many times as much as the best at the same stage is not improved further."""
SLOW = 0.5
"""Seconds; a plan that took longer to find is kept on disk."""


def search(scopes: Sequence[Scope], sizes: Sequence[int], keep: Scope = (), seconds: float = 15.0) -> Plan:
    """The best plan that is found for these factors.

    It does not depend on chance or on the machine, except where `seconds` cut it short. An interruption by the keyboard
    leaves nothing behind.

    Args:
        scopes: the variables of each factor.
        sizes: how many outcomes each variable has.
        keep: variables that are not summed, in the order in which the result has them.
        seconds: how long to look at most; only costly plans take so long. With 0 the first one is improved and taken.
    """
    if len(scopes) < 2:
        return plan(scopes, sizes, [], keep)
    graph = hypergraph(scopes, sizes, keep)
    known, clock = cache.load(graph), Clock(seconds)
    if known and known.seconds >= seconds:
        return plan(scopes, sizes, known.pairs, keep)
    with progress("planning", seconds) as tell:
        found = _best(graph, clock, tell, known and known.pairs)
    if clock.elapsed > SLOW:
        cache.store(graph, cache.Found(found, seconds))
    return plan(scopes, sizes, found, keep)


def _best(graph: Hypergraph, clock: Clock, tell: Tell, known: Pairs | None) -> Pairs:
    rng = Random(0)
    best = Tree(graph, known or eliminated(graph, elimination_order(graph, *RULES[0], rng)))
    sweep(best, QUICK, Clock(math.inf, math.inf))
    least = best.total
    clock.budget = RUNS * SECONDS * least
    polish(best, clock, rng)
    for number in count(1):
        if clock.over:
            break
        clock.budget = RUNS * SECONDS * best.total
        tell(clock.elapsed, f"{best.total * SECONDS:.2g} s a run")
        tree = Tree(graph, _first(graph, number, rng))
        clock.spend(START * len(graph.scopes))
        sweep(tree, QUICK, clock)
        if tree.total < NEAR * least:
            least = min(least, tree.total)
            polish(tree, clock, rng)
        best = min(best, tree, key=lambda t: t.total)
    return best.pairs()


def _first(graph: Hypergraph, number: int, rng: Random) -> Pairs:
    """A plan that is not yet improved."""
    made = random_greedy(graph, number) if number % 2 else None
    rule, temperature = RULES[number // 2 % len(RULES)]
    return made or eliminated(graph, elimination_order(graph, rule, temperature, rng))
