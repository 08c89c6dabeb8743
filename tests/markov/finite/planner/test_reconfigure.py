from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.interpreters.markov.finite.planner.clock import Clock
from catlearn.interpreters.markov.finite.planner.elimination import RULES, eliminated, elimination_order
from catlearn.interpreters.markov.finite.planner.hypergraph import Hypergraph, complete, hypergraph
from catlearn.interpreters.markov.finite.planner.reconfigure import reconfigure
from catlearn.interpreters.markov.finite.planner.sweep import polish, sweep
from catlearn.interpreters.markov.finite.planner.terms import Terms
from catlearn.interpreters.markov.finite.planner.tree import Tree
from tests.markov.finite.hypergraphs import factors


def in_order(count: int) -> list[tuple[int, int]]:
    return [(0, 1), *((k, count + k - 2) for k in range(2, count))]


def cheapest(graph: Hypergraph) -> float:
    """The cost of the best of all plans, by trying every one."""

    def below(done: list[tuple[int, int]], alive: list[int]) -> float:
        if len(alive) == 1:
            return Tree(graph, done).total
        new = len(graph.scopes) + len(done)
        return min(below([*done, pair], [*(k for k in alive if k not in pair), new]) for pair in combinations(alive, 2))

    return below([], list(range(len(graph.scopes))))


@given(factors(most=5))
def test_a_part_that_is_the_whole_becomes_the_best_of_all_plans(given):
    graph = hypergraph(*given)
    tree = Tree(graph, in_order(len(given.scopes)))
    reconfigure(tree, tree.root, 8)
    np.testing.assert_allclose(tree.total, cheapest(graph))


@given(factors(most=20, variables=10), st.sampled_from([3, 6, 8]), st.booleans())
def test_a_tree_stays_a_plan_and_gets_no_worse(given, size, at_random):
    tree = Tree(hypergraph(*given), in_order(len(given.scopes)))
    before = tree.total
    for node in range(tree.count, len(tree.scope)):
        reconfigure(tree, node, size, Random(0) if at_random else None)
    assert tree.total <= before * (1 + 1e-9)
    assert_sound(tree)


@given(factors(most=20, variables=10))
def test_sweeping_and_polishing_keep_a_plan(given):
    tree, clock = Tree(hypergraph(*given), in_order(len(given.scopes))), Clock(60.0, 0.05)
    sweep(tree, 6, clock)
    polish(tree, clock, Random(0))
    assert_sound(tree)


def assert_sound(tree: Tree) -> None:
    """What the tree says of itself is what a tree made anew from its pairs says."""
    pairs = tree.pairs()
    assert complete(pairs, tree.count)
    fresh = Tree(tree.graph, pairs)
    np.testing.assert_allclose(sorted(tree.cost), sorted(fresh.cost))
    assert sorted(tree.scope) == sorted(fresh.scope)


@pytest.mark.parametrize("rule", RULES)
@given(given=factors(most=20, variables=10), temperature=st.sampled_from([0.0, 0.3, 5.0]))
def test_any_rule_orders_all_variables_that_are_summed(rule, given, temperature):
    graph = hypergraph(*given)
    order = elimination_order(graph, rule, temperature, Random(0))
    summed = {v for scope in given.scopes for v in scope if sum(v in s for s in given.scopes) > 1} - set(given.keep)
    assert len(order) == len(set(order))
    assert set(order) == summed
    assert complete(eliminated(graph, order), len(given.scopes))


@given(factors(most=20, variables=10))
def test_absorbing_makes_no_product_that_is_larger(given):
    graph = hypergraph(*given)
    terms = Terms(graph)
    terms.absorb()
    left = [scope for scope in terms.scopes.values() if scope]
    assert all(one & ~other for one, other in combinations(left, 2))
    assert all(other & ~one for one, other in combinations(left, 2))
    assert complete(terms.finish(), len(given.scopes))


def test_the_work_of_a_clock_is_counted():
    clock = Clock(60.0, 1e-3)
    chain = hypergraph([(k, k + 1) for k in range(200)], (9,) * 201)
    sweep(Tree(chain, in_order(200)), 8, clock)
    assert clock.over
    assert clock.spent < 3e-3
