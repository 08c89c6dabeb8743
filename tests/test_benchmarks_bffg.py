"""Benchmarks of both passes ask everybody the same, on trees that are small here. What they time is not timed here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.bffg import cases, dna, hyperiax, memory, samples, sde, trees
from benchmarks.bffg.traits import LENGTH, NOISE, Trait, balanced, yule
from benchmarks.markov.case import Case, Question, Ready
from benchmarks.markov.rows import InferenceRow, measure
from benchmarks.report import report, show


def test_trees_have_their_parents_first() -> None:
    for parents in (balanced(5), yule(40)):
        assert parents[0] == 0
        assert (parents[1:] < np.arange(1, len(parents))).all()
        assert (np.diff(parents) >= 0).all()
        assert set(np.bincount(parents[1:], minlength=len(parents)).tolist()) == {0, 2}


@pytest.mark.parametrize("d", [1, 3])
def test_the_message_at_the_root_is_a_normal_density(d: int) -> None:
    trait = Trait.of(yule(6), d)
    n = len(trait.parents)
    shared = np.zeros((n, n))
    for k in range(1, n):
        shared[k, :k] = shared[:k, k] = shared[trait.parents[k], :k]
        shared[k, k] = shared[trait.parents[k], trait.parents[k]] + LENGTH
    leaves = np.setdiff1d(np.arange(n), trait.parents[1:])
    covariance = shared[np.ix_(leaves, leaves)] + NOISE * np.eye(len(leaves))
    precision = np.linalg.inv(covariance)
    c, F, H = trait.messages(trait.back.filtered)
    assert H[:, :, 0] == pytest.approx(precision.sum() * np.eye(d))
    assert F[:, 0] == pytest.approx(precision.sum(axis=0) @ trait.y)
    _, log_det = np.linalg.slogdet(2 * np.pi * covariance)
    assert c[0] == pytest.approx(-0.5 * (np.einsum("id,ij,jd->", trait.y, precision, trait.y) + d * log_det))


@pytest.mark.parametrize("guide", [None, 1.1])
def test_the_pass_and_what_users_call_agree(guide: float | None) -> None:
    trees.problem.cache_clear()
    trees.up(4, 3).check("up")
    trees.down(4, 3, guide).check("down")
    samples.several(8, 20, guide).check("samples")


def test_weights_are_worked_out_where_there_is_a_guide() -> None:
    plain, weighted = (samples.several(8, 5, guide).questions["ours"] for guide in (None, 1.1))
    assert not plain.read(plain.ask(None))[1].any()
    assert weighted.read(weighted.ask(None))[1].all()


def test_normals_reach_the_nodes_they_are_meant_for() -> None:
    trait = Trait.of(yule(9), 1)
    z = np.zeros((1, 17, 1))
    still = trees.ours(trait, z)["ours"]
    base = still.read(still.ask(None))[0]
    for node in (1, 7, 16):
        z = np.zeros((1, 17, 1))
        z[0, node] = 1.0
        moved = trees.ours(trait, z)["ours"]
        changed = np.flatnonzero(moved.read(moved.ask(None))[0] != base)
        assert changed[0] == node
        assert all(k == node or trait.parents[k] in changed for k in changed)


def test_guided_paths_end_where_they_are_seen() -> None:
    ready = sde.paths(200, 50, 2)
    ready.check("paths")
    ends, log_weights = ready.questions["ours"].read(ready.questions["ours"].ask(None))
    assert ends.shape == (200, 2)
    assert ends.mean(axis=0) == pytest.approx([sde.SEEN] * 2, abs=0.2)
    assert np.isfinite(log_weights).all()


def test_the_likelihood_of_an_alignment() -> None:
    ready = dna.likelihood(5, 40)
    ready.check("likelihood")
    (low,), (high,) = (ready.questions["ours"].read(ready.questions["ours"].ask(kappa)) for kappa in dna.KAPPAS)
    assert low != high


def test_memory_is_linear_in_the_wires() -> None:
    sizes = {"chain": (50, 100, 200), "balanced tree": (127, 1023, 4095)}
    kept, freed = list(memory.rows(1, sizes))[:2], list(memory.rows(1, sizes))[2:]
    assert [row.passed for row in (*kept, *freed)] == [True] * 4
    for name, counts in sizes.items():
        traits = [Trait.of(memory.TREES[name](n), 1) for n in counts]
        all_, some = ([memory.peak(trait, keep) / len(trait.plan.block) for trait in traits] for keep in (True, False))
        assert max(all_[1:]) <= 1.1 * all_[0]
        assert max(some[1:]) <= 1.1 * some[0]
        assert some[-1] < all_[-1]


def test_memory_that_grows_faster_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "peak", lambda trait, keep: len(trait.plan.block) ** 2)
    with pytest.raises(ArithmeticError, match="bytes a wire"):
        list(memory.rows(1, {"chain": (10, 20)}))


@pytest.mark.parametrize("missing", ["hyperiax", "cogent3"])
def test_peers_that_are_missing_are_told(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (hyperiax, sde, dna):
        monkeypatch.setattr(module, "find_spec", lambda name: None)
    trees.problem.cache_clear()
    small: Any = trees.up(2, 1) if missing == "hyperiax" else dna.likelihood(4, 10)
    row = measure(Case("small", "", lambda: small, {missing: 2.0}), rounds=1)
    assert row.passed is None
    assert f"{missing} is not installed" in row.note
    show("Guiding", [row])
    printed = capsys.readouterr().out
    assert f"{missing} ? (2)" in printed
    assert "not measured" in printed
    trees.problem.cache_clear()


def test_every_case_is_named_once() -> None:
    found = [(case.name, case.size) for part in (trees, samples, sde, dna) for case in part.cases()]
    assert len(set(found)) == len(found) == 9


def test_the_command_runs_these_alone(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    question = Question(lambda x: x, lambda x: [x])
    tiny = Case("tiny", "1", lambda: Ready({"ours": question}, [1.0]))
    for part in (trees, samples, sde, dna):
        monkeypatch.setattr(part, "cases", lambda: iter([tiny]))
    monkeypatch.setattr(memory, "rows", lambda rounds: iter([InferenceRow("memory", "", 1.0)]))
    assert [row.case for row in cases.rows(1)] == ["tiny"] * 4 + ["memory"]
    report(None, ["bffg"], rounds=1)  # type: ignore[arg-type]
    printed = capsys.readouterr().out
    assert "forward guiding" in printed
    assert printed.count("tiny") == 4
    with pytest.raises(SystemExit, match="there are syntax, markov, bffg"):
        report(None, ["nowhere"])  # type: ignore[arg-type]
