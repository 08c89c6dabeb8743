"""Kernels in JSON files: tables come back to the last bit, fractions as fractions, and a bad kernel is named."""

from __future__ import annotations

import json
import pickle
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Finite, Ty, channel, effect, state
from catlearn.diagrams.bridges.bif import read_bif
from catlearn.errors import FileProblem
from tests.diagrams.test_bif import GREENHOUSE, MODEL, X, networks
from tests.networks import network

EXACT = state("third", X, [Fraction(1, 3), Fraction(2, 3)])


@given(networks())
def test_a_network_comes_back(d) -> None:
    back = cl.loads(cl.dumps(d))
    assert back == d
    assert [box.data[0] for box in back.wiring.boxes] == [box.data[0] for box in d.wiring.boxes]
    assert cl.dumps(back) == cl.dumps(d)


@given(st.lists(st.floats(0, 1e300), min_size=2, max_size=2))
def test_numbers_come_back_to_the_last_bit(likelihood: list[float]) -> None:
    back = cl.loads(cl.dumps(effect("seen", X, likelihood)))
    assert back.data[0].values.tolist() == likelihood
    assert back.data[0].values.dtype == np.float64


@given(st.integers(1, 10**30), st.integers(1, 10**30))
def test_fractions_come_back_as_fractions(a: int, b: int) -> None:
    box = state("x", X, [Fraction(a, a + b), Fraction(b, a + b)])
    back = cl.loads(cl.dumps(box))
    assert back == box
    assert back.data[0].exact
    assert back.data[0].values.tolist() == [Fraction(a, a + b), Fraction(b, a + b)]


def test_states_effects_and_several_outputs_come_back(tmp_path: Path) -> None:
    pair = state("pair", X @ Finite("a"), [[0.25], [0.75]])
    for box in (pair, EXACT, effect("seen", X @ X, [[1, 0], [0.5, 2]]), channel("f", X, Ty(), [1, 1])):
        cl.save(box, tmp_path / "box.json")
        assert cl.load(tmp_path / "box.json") == box
        assert pickle.loads(pickle.dumps(box)) == box


def test_networks_come_back_from_files(tmp_path: Path) -> None:
    for path in (GREENHOUSE, network("alarm")):
        d = read_bif(path)
        cl.save(d, tmp_path / "net.json")
        assert cl.load(tmp_path / "net.json") == d


def document(box) -> dict:
    return json.loads(cl.dumps(box))


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (["Table", [0.5, -0.5]], "-0.5 is no probability"),
        (["Table", [0.5, {"float": "nan"}]], "nan is no probability"),
        (["Table", [0.5, {"fraction": "-1/2"}]], "is no probability"),
        (["Table", [0.5, 0.25, 0.25]], "has shape (2,), not (3,)"),
        (["Table", [[0.5], [0.5, 0.5]]], "a table holds numbers in rows of one length"),
        (["Table", ["a", "b"]], "a table holds numbers in rows of one length"),
        (["Table", [0.5, {"fraction": "1/0"}]], "'1/0' is no fraction"),
        (["Table"], "missing 1 required positional argument"),
        (["Tabel", [0.5, 0.5]], "there is no kind of kernel 'Tabel'; there are"),
        (["Kernel", []], "there is no kind of kernel 'Kernel'"),
        ([], "there is no kind of kernel None"),
        (3, "3"),
    ],
)
def test_a_bad_kernel_is_named_in_one_line(kernel: object, said: str) -> None:
    text = document(state("rain", X, [0.8, 0.2]))
    text["boxes"][0]["data"] = [{"kernel": kernel}]
    with pytest.raises(FileProblem) as caught:
        cl.loads(json.dumps(text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_on_wires_without_outcomes_is_refused() -> None:
    text = document(state("rain", X, [0.8, 0.2]))
    text["objects"] = [["Real", 2]]
    with pytest.raises(FileProblem, match="a table is for wires with named outcomes"):
        cl.loads(json.dumps(text))


def test_kernels_beside_other_data_stay_what_they_are() -> None:
    assert cl.loads(cl.dumps(MODEL)) == MODEL
    odd = cl.Box("odd", Ty(), X, (EXACT.data[0], "more"))
    assert cl.loads(cl.dumps(odd)) == odd
