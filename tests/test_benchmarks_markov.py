"""Inference benchmarks ask everybody the same, and say what is missing. What they time is not timed here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.markov import chains, marginals, networks
from benchmarks.markov.case import Absent, Case, Question, Ready
from benchmarks.markov.rows import InferenceRow, measure, rows
from benchmarks.report import show
from tests.networks import network


def question(function: Any) -> Question:
    return Question(function, lambda answer: [answer])


def test_answers_are_compared_before_anything_is_timed() -> None:
    given = [np.ones(3), np.zeros(3)]
    Ready({"ours": question(lambda x: x * 2.0), "peer": question(lambda x: x + x)}, given).check("doubling")
    wrong = Ready({"ours": question(lambda x: x * 2.0), "peer": question(lambda x: x + 1.5)}, given)
    with pytest.raises(ArithmeticError, match="doubling: our answer and that of peer are 0.5 apart"):
        measure(Case("doubling", "3", lambda: wrong))
    first = Ready(
        {"ours": question(lambda x: x * 2.0), "peer": question(lambda x: x[:1] + x[:1])}, given, shares={"peer": 1 / 3}
    )
    first.check("doubling")


def test_times_of_a_share_are_scaled_and_bounds_are_told() -> None:
    same = question(lambda x: np.array([float(sum(range(20_000)))]))
    ready = Ready({"ours": same, "peer": same}, [0], shares={"peer": 0.01})
    row = measure(Case("sum", "", lambda: ready, {"peer": 10.0}), rounds=3)
    assert row.ratios["peer"] == pytest.approx(100.0, rel=0.5)
    assert row.passed
    assert row.plain()["passed"] is True
    assert not measure(Case("sum", "", lambda: ready, {"peer": 1000.0}), rounds=1).passed
    late = measure(Case("sum", "", lambda: Ready({"ours": same}, [0]), limits={"plan": 9.0, "run": 1e-9}), rounds=1)
    assert late.passed is False
    assert late.note.startswith("planned in")


def test_what_is_missing_is_said_in_the_row(capsys: pytest.CaptureFixture[str]) -> None:
    def ready() -> Ready:
        raise Absent("the network alarm is not there; run: make networks")

    (row,) = rows([Case("alarm", "5 leaves seen", ready, {"pyagrum": 4.0})])
    assert row.passed is None
    show("Inference", [row, InferenceRow("b", "", 1.0, {"pyagrum": 2.0}, bounds={"pyagrum": 4.0})])
    printed = capsys.readouterr().out
    assert "skipped: the network alarm is not there" in printed
    assert "pyagrum 2 (4): missed" in printed
    assert "pyagrum ? (4): not measured" in printed


def test_a_network_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATLEARN_NETWORKS", str(tmp_path))
    networks.inference.cache_clear()
    with pytest.raises(Absent, match="make networks"):
        networks.inference("alarm")


def test_every_case_is_named_once() -> None:
    found = [(case.name, case.size, *case.bounds) for case in (*marginals.cases(), *chains.cases())]
    assert len(set(found)) == len(found) == 20


def test_questions_about_a_network() -> None:
    network("alarm")
    assert len(networks.leaves("alarm")) == 5
    (row,) = networks.samples("alarm", 1)
    evidence = {v: row[v] for v in networks.leaves("alarm")}
    question = networks.ours("alarm")
    found = question.read(question.ask(evidence))
    assert [each.sum() for each in found] == pytest.approx([1.0] * 37)


@pytest.mark.parametrize("make", [marginals.same, marginals.new, marginals.many])
def test_pyagrum_agrees(make: Any) -> None:
    pytest.importorskip("pyagrum")
    network("alarm")
    make("alarm").check("alarm")


def test_pgmpy_agrees() -> None:
    pytest.importorskip("pgmpy")
    network("alarm")
    marginals.one_by_one("alarm").check("alarm")


def test_hmmlearn_agrees() -> None:
    pytest.importorskip("hmmlearn")
    chains.hidden(5, 60, ("hmmlearn log", "hmmlearn scaling")).check("chain")


def test_what_is_measured_is_what_the_library_answers() -> None:
    ready = chains.hidden(3, 20, ())
    (seen,) = ready.given
    question = ready.questions["ours"]
    log_evidence, smoothed = question.read(question.ask(seen))
    assert smoothed.shape == (20, 3)
    assert np.isfinite(log_evidence)
