"""Packed words: packing and back, tallies, truth tables, and the evaluator against running box by box."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.errors import InputMismatch, TooLarge
from catlearn.interpreters.circuits.counting import tally
from catlearn.interpreters.circuits.evaluator import Evaluator
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist, Port
from catlearn.interpreters.circuits.packed import Packed, pack, unpack
from catlearn.interpreters.circuits.table import every_input, table_words, truth_table
from tests.circuits.strategies import circuits, every_row, one_by_one, quick


@quick
@given(st.integers(0, 300), st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from("CFs"))
def test_packing_and_back(samples: int, bits: int, seed: int, layout: str) -> None:
    rows = np.random.default_rng(seed).random((samples, 2 * bits)) < 0.5
    rows = rows[:, ::2] if layout == "s" else np.asarray(rows[:, :bits], order="C" if layout == "C" else "F")
    packed = pack(rows)
    assert packed.words.shape == (bits, (samples + 63) // 64)
    assert (unpack(packed) == rows).all()
    for k, s in [(0, 0), (bits - 1, samples - 1)] * bool(samples):
        assert int(packed.words[k, s // 64]) >> s % 64 & 1 == rows[s, k]


@quick
@given(circuits(), st.integers(1, 300), st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 8, None]))
def test_the_evaluator_gives_what_gates_give_one_by_one(circuit: Netlist, samples: int, seed: int, block: int) -> None:
    bits = np.random.default_rng(seed).random((samples, circuit.entering)) < 0.5
    words = Evaluator(circuit, block)(pack(bits).words)
    assert (unpack(Packed(words, samples)) == one_by_one(circuit, bits)).all()


@quick
@given(circuits())
def test_a_truth_table_holds_every_input(circuit: Netlist) -> None:
    assert (truth_table(circuit) == one_by_one(circuit, every_row(circuit.entering))).all()


@quick
@given(st.integers(1, 4), st.integers(1, 600), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_tally_counts_the_bits_of_each_group(groups: int, each: int, words: int, seed: int) -> None:
    drawn = np.random.default_rng(seed).integers(0, 2**64, (groups * each, words), np.uint64)
    bits = unpack(Packed(drawn, 64 * words)).reshape(64 * words, groups, each)
    assert (tally(drawn, groups) == bits.sum(axis=2).T).all()


def test_every_input_can_be_asked_for_in_parts() -> None:
    whole = every_input(9)
    assert (np.concatenate([every_input(9, 0, 3), every_input(9, 3, 8)], axis=1) == whole).all()
    assert every_input(3).shape == (3, 1)


def test_an_array_for_the_outputs_is_filled() -> None:
    gates = Gates([Port("a", 2)])
    circuit = gates.finish([Port("y")], [gates.both(*gates.port(0))])
    out = np.zeros((1, 3), np.uint64)
    words = np.full((2, 3), 7, np.uint64)
    assert Evaluator(circuit)(words, out) is out
    assert (out == 7).all()
    with pytest.raises(InputMismatch, match=r"out has the shape \(2, 3\)"):
        Evaluator(circuit)(words, words.copy())


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ([0, 1], r"two|axes \(samples, bits\)"),
        ([[0, 1], [0]], "different lengths"),
        ([[0, 2]], r"column 1 holds 2, which is no bit; encode it first"),
        ([[0.0, np.nan]], "column 1 holds nan"),
        ([[0.5, 1.0]], r"column 0 holds 0.5.*threshold"),
        ([["a", "b"]], "not <U1"),
    ],
)
def test_what_is_no_bit_is_named(given_: list[object], says: str) -> None:
    with pytest.raises(InputMismatch, match=says):
        pack(given_)


def test_bad_words_and_tables_are_refused() -> None:
    gates = Gates([Port("a", 21)])
    circuit = gates.finish([Port("y")], [gates.both(*gates.port(0)[:2])])
    with pytest.raises(TooLarge, match="21 input bits"):
        table_words(circuit)
    with pytest.raises(InputMismatch, match=r"\(21, words\) of uint64"):
        Evaluator(circuit)(np.zeros((20, 1), np.uint64))
    with pytest.raises(InputMismatch, match=r"of uint64"):
        Packed(np.zeros((2, 2)), 100)  # type: ignore[arg-type]
    with pytest.raises(InputMismatch, match="100 samples take 2 words"):
        Packed(np.zeros((2, 1), np.uint64), 100)
    with pytest.raises(InputMismatch, match="3 bits do not make 2 groups"):
        tally(np.zeros((3, 1), np.uint64), 2)
