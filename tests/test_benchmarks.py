"""The benchmarks compute what they should: everybody's results are the hand-written ones. Nothing is timed here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import catlearn as cl
from benchmarks.cases import CASES, MIXTURE
from benchmarks.gradients import checked, rows
from benchmarks.measure import Ratio, Timing, interleaved

SMALL = """3 2 5
0.1
-0.4
0.2 0.1 0.3
-0.5 0.6 0.2
0.1 -0.2 0.3 0.4 0.5 -0.6
-0.3 0.2 0.1 0.7 -0.8 0.9
1.0 0.5 0.2
0.3 -0.8 0.1
0.2 0.1 -0.9
1.3 -0.4 0.6
0.0 0.7 -0.2
1.5 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / MIXTURE).write_text(SMALL)
    return tmp_path


@pytest.mark.filterwarnings("default::DeprecationWarning")
@pytest.mark.parametrize("letter", CASES)
def test_everybody_agrees(letter: str, folder: Path) -> None:
    case = CASES[letter](folder)
    assert {"ours", "hand"} <= set(checked(case))


@pytest.mark.parametrize("letter", [letter for letter in CASES if letter != "step"])
def test_gradients_are_cheap(letter: str, folder: Path) -> None:
    """The reverse derivative takes at most four times the operations of the value (Griewank and Walther, 4.6)."""
    case = CASES[letter](folder)
    both = case.diagram()
    value = cl.prune(both >> cl.permutation(both.cod, [0]))
    shapes = zip(both.dom.obs, map(np.shape, case.arrays), strict=True)
    sizes = {name: n for ob, shape in shapes for name, n in zip(ob.sizes, shape, strict=True) if isinstance(name, str)}
    forward, back = (cl.compile(d).cost(**sizes).operations for d in (value, cl.reverse(value)))
    assert 0 < forward < back <= 4 * forward + 50


def test_somebody_who_is_wrong_is_named(folder: Path) -> None:
    case = CASES["a"](folder)
    wrong = replace(case, hand=lambda *args: (0.0, 0.0, 0.0, 0.0))
    with pytest.raises(ArithmeticError, match="the results of ours are not"):
        checked(wrong)


def test_a_case_without_its_data_says_so(tmp_path: Path) -> None:
    (row,) = rows(tmp_path, only=["h"])
    assert "skipped" in row.note
    assert MIXTURE in row.note


def test_a_row_has_its_ratio_and_its_first_call(folder: Path) -> None:
    (row,) = rows(folder, only=["a"], rounds=1)
    assert row.hand is not None
    assert row.first > 0.0
    assert set(row.peers) >= {"hand"}


def test_rounds_take_turns() -> None:
    order: list[str] = []
    found = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3)
    assert [len(t.rounds) for t in found.values()] == [3, 3]
    assert Timing((1.0, 4.0, 6.0)).over(Timing((2.0, 2.0, 2.0))) == Ratio(0.5, 2.0)
