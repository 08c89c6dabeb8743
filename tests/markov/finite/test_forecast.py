from __future__ import annotations

import pytest

import catlearn as cl
from catlearn.diagrams.bridges.bif import read_bif
from catlearn.diagrams.theories.smooth.reverse import value_and_gradient
from catlearn.errors import TooLarge
from catlearn.interpreters.markov.finite.contraction import log_evidence, weighed
from catlearn.interpreters.markov.finite.forecast import Forecast, check_memory, forecast
from catlearn.interpreters.markov.finite.network import network as network_of
from catlearn.interpreters.markov.finite.plan import plan
from catlearn.interpreters.markov.finite.planning import search
from tests.networks import network


def test_what_one_term_alone_has_is_summed_before_the_product():
    found = forecast(plan([(0, 1), (1, 2)], (2, 3, 5), [(0, 1)]))
    assert found.multiplications == 3
    assert found.largest == 1


def test_rows_need_so_many_times_as_much():
    made = plan([(0,), (0, 1)], (2, 3), [(0, 1)], keep=(1,))
    one, many = forecast(made), forecast(made, rows=10)
    assert many.memory == 10 * one.memory
    assert many.multiplications == 10 * one.multiplications


@pytest.mark.parametrize("name", ["alarm", "andes", "water"])
def test_the_forecast_is_what_the_program_needs(name, monkeypatch, tmp_path):
    monkeypatch.setenv("CATLEARN_CACHE", str(tmp_path))
    net = network_of(read_bif(network(name)))
    made = search([factor.scope for factor in net.factors], net.sizes, seconds=0)
    posteriors = weighed(value_and_gradient(log_evidence(made)), net)
    cost, found = cl.compile(posteriors).cost(), forecast(made)
    assert found.memory / 3 <= cost.peak <= found.memory
    assert 4 * found.multiplications <= cost.operations <= 20 * found.multiplications


@pytest.mark.parametrize(
    ("memory", "text"),
    [(999, "999 bytes"), (4.1e6, "4.1 MB"), (2e12, "2.0 TB"), (5e20, "5e+08 TB"), (float("inf"), "inf TB")],
)
def test_a_forecast_is_one_line_with_units(memory, text):
    assert str(Forecast(1.234e8, 10, memory)) == f"1.23e+08 multiplications, {text} at the peak"


def test_too_much_memory_is_said_with_both_figures_and_what_to_do():
    check_memory(Forecast(1, 1, 1000), 1000)
    with pytest.raises(TooLarge, match=r"takes 8\.0 GB, and the limit is 4\.3 GB: raise memory_limit=.*--plan-seconds"):
        check_memory(Forecast(1, 1, 8e9), 2**32)
