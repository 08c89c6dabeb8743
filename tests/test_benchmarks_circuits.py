"""Benchmarks of circuits ask everybody the same, on what is small here. What they time is not timed here."""

from __future__ import annotations

from shutil import which
from typing import Any

import numpy as np
import pytest

import catlearn as cl
from benchmarks.circuits import (
    adders,
    cases,
    evaluator,
    forest,
    functions,
    images,
    layered,
    logic,
    mnist,
    paper,
    proofs,
    straight,
)
from benchmarks.circuits.clauses import blif, miter
from benchmarks.circuits.row import CircuitRow
from benchmarks.markov.case import Absent, Case, Ready
from benchmarks.markov.rows import measure, rows
from benchmarks.report import report, show


def values(circuit: cl.circuits.Netlist, bits: list[int]) -> list[int]:
    """The output bits, gate by gate."""
    found = [0, *bits]
    for _, exclusive, a, b in circuit.gates():
        x, y = found[a >> 1] ^ a & 1, found[b >> 1] ^ b & 1
        found.append(x ^ y if exclusive else x & y)
    return [found[root >> 1] ^ root & 1 for root in circuit.roots.tolist()]


@pytest.mark.parametrize("table", range(16))
def test_a_gate_has_the_table_of_its_number(table: int) -> None:
    circuit = layered.layered(2, [([0], [1], [table])])
    found = [values(circuit, [a, b])[0] for a in (0, 1) for b in (0, 1)]
    assert found == [int(bit) for bit in f"{table:04b}"]


def test_random_layers_are_a_circuit_of_that_shape() -> None:
    circuit = layered.layered(6, layered.random_layers(6, 10, 3))
    assert (circuit.entering, circuit.leaving) == (6, 10)
    assert circuit.depth <= 3


@pytest.mark.skipif(which("gcc") is None, reason="there is no gcc")
@pytest.mark.parametrize("turned", [False, True])
def test_straight_line_c_is_the_circuit(turned: bool) -> None:
    circuit = layered.layered(6, [*layered.random_layers(6, 10, 2), ([0, 1], [1, 1], [15, 10])])
    words = np.random.default_rng(0).integers(0, 2**64, (6, 3), dtype=np.uint64)
    found = straight.compiled(circuit, words, turned)()
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    wanted = np.array([values(circuit, sample.tolist()) for sample in bits.T]).T
    assert (np.unpackbits(np.ascontiguousarray(found).view(np.uint8), axis=1, bitorder="little") == wanted).all()


def test_adders_add_but_for_the_one_with_a_mistake() -> None:
    right = []
    for make in (adders.ripple, adders.majority, adders.mistaken):
        circuit = cl.circuits.netlist(make(4))
        numbers = [(a, b) for a in range(16) for b in range(16)]
        sums = [values(circuit, [n >> k & 1 for n in pair for k in range(4)]) for pair in numbers]
        right.append([a + b for a, b in numbers] == [sum(bit << k for k, bit in enumerate(bits)) for bits in sums])
    assert right == [True, True, False]


def test_clauses_and_diagrams_of_others_say_the_same() -> None:
    one, other, wrong = (cl.circuits.netlist(make(4)) for make in (adders.ripple, adders.majority, adders.mistaken))
    for _, prove in proofs.PROVERS.values():
        assert prove(one, other)
        assert not prove(one, wrong)
    assert miter(one, other)[0] == [-1]
    assert blif(one).count(".names") == 1 + len(one) + one.leaving


def test_a_prover_of_ours_that_errs_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "said", lambda one, other: True)
    with pytest.raises(ArithmeticError, match="says that ripple and mistaken are equal"):
        list(proofs.rows(1, 4))


def test_too_few_right_answers_are_a_miss(capsys: pytest.CaptureFixture[str]) -> None:
    row = CircuitRow("learned", "", 1.0, {"forest": 3.0}, "", {"forest": 1.0}, right=0.94, least=0.95)
    assert row.passed is False
    assert row.plain()["passed"] is False
    assert CircuitRow("learned", "", 1.0, {"forest": 3.0}, "", {"forest": 1.0}, right=0.95, least=0.95).passed
    assert CircuitRow("learned", "", 0.0, {}, "", {"forest": 1.0}).passed is None
    show("Circuits", [row])
    assert "missed" in capsys.readouterr().out


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for part in (logic, mnist, forest):
        monkeypatch.setattr(part, "find_spec", lambda name: None)
    monkeypatch.delenv("CATLEARN_MNIST", raising=False)
    monkeypatch.setattr(straight, "which", lambda name: None)
    (row,) = rows(evaluator.cases(4, 4, 1, 1), 1)
    assert (row.passed, row.note) == (None, "skipped: there is no gcc")
    (row,) = rows(logic.cases(), 1)
    assert (row.passed, row.note) == (None, "skipped: difflogic or torch is not installed")
    (row,) = forest.rows()
    assert "scikit-learn is not installed" in row.note
    (row,) = images.rows()
    assert "name its file in CATLEARN_MNIST" in row.note
    with pytest.raises(Absent):
        mnist.place()


def test_forests_are_compared_on_the_same_splits() -> None:
    (row,) = forest.rows(("iris",), splits=1, trees=5)
    assert row.right > 0.8
    assert row.least > 0.8
    assert row.ours > 0


def test_every_case_is_named_once() -> None:
    found = [(case.name, case.size) for part in (evaluator, logic, functions) for case in part.cases()]
    assert len(set(found)) == len(found)


def test_small_functions_are_measured() -> None:
    for case in functions.cases(6, 3):
        assert measure(case, 1).ours > 0


def test_the_command_runs_these_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    tiny: Any = Case("tiny", "1", lambda: Ready({"ours": evaluator.question(lambda: 1, lambda x: [x])}, [None]))
    for part in (evaluator, logic, functions):
        monkeypatch.setattr(part, "cases", lambda: iter([tiny]))
    for part in (proofs, paper):
        monkeypatch.setattr(part, "rows", lambda rounds: iter([CircuitRow("small", "", 1.0)]))
    for part in (forest, images):
        monkeypatch.setattr(part, "rows", lambda: iter([CircuitRow("learned", "", 1.0)]))
    assert [row.case for row in cases.rows(1)] == ["tiny"] * 3 + ["small"] * 2 + ["learned"] * 2
    report(None, ["circuits"], rounds=1)  # type: ignore[arg-type]
    assert capsys.readouterr().out.count("tiny") == 3
