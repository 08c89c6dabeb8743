from __future__ import annotations

import cotengrust
import pytest
from hypothesis import given, settings

from catlearn.interpreters.markov.finite.planner import random_greedy as module
from catlearn.interpreters.markov.finite.planner.hypergraph import complete, hypergraph
from catlearn.interpreters.markov.finite.planner.random_greedy import random_greedy
from catlearn.interpreters.markov.finite.planning import search
from tests.markov.finite.hypergraphs import factors

RING = hypergraph([(k, (k + 1) % 6) for k in range(6)], (3,) * 6)


@settings(max_examples=500)
@given(factors(most=20, variables=12))
def test_cotengrust_plans_any_factors_without_a_panic(given):
    # capfd is of no use here: hypothesis runs many examples. That a plan comes back means that nothing was raised.
    assert complete(random_greedy(hypergraph(*given), 0), len(given.scopes))


def test_a_seed_gives_the_same_plan():
    assert random_greedy(RING, 3) == random_greedy(RING, 3)


class Panic(BaseException):
    pass


@pytest.mark.parametrize("problem", [Panic, ValueError, MemoryError])
def test_a_panic_is_caught_and_another_search_takes_over(monkeypatch, tmp_path, problem):
    def broken(*given, **options):
        raise problem("no entry found for key")

    monkeypatch.setenv("CATLEARN_CACHE", str(tmp_path))
    monkeypatch.setattr(cotengrust, "optimize_random_greedy_track_flops", broken)
    assert random_greedy(RING, 0) is None
    assert len(search([(k, (k + 1) % 6) for k in range(6)], (30,) * 6).steps) == 5


def test_an_interruption_is_no_panic(monkeypatch):
    def interrupted(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cotengrust, "optimize_random_greedy_track_flops", interrupted)
    with pytest.raises(KeyboardInterrupt):
        random_greedy(RING, 0)


@pytest.mark.parametrize("answer", [[], [[0, 1]], [[0, 0]] * 5, [[0, 1, 2]] * 5])
def test_an_answer_that_is_no_plan_is_not_taken(monkeypatch, answer):
    monkeypatch.setattr(cotengrust, "optimize_random_greedy_track_flops", lambda *given, **options: (answer, 1.0))
    assert random_greedy(RING, 0) is None


def test_nothing_is_printed(capfd):
    for seed in range(20):
        random_greedy(RING, seed)
    assert capfd.readouterr() == ("", "")
    assert module.TRIALS > 1
