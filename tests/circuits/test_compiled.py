"""Calling a compiled circuit: axes, names, packed samples, whole numbers of other semirings, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Bits, Modular, Saturating
from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.packed import Packed, pack, unpack


@cl.diagram
def full_adder(a: Bits(1), b: Bits(1), c: Bits(1)):
    s = a ^ b
    return s ^ c, (a & b) ^ (s & c)


@cl.diagram
def words(x: Bits(3), choice: Bits(1)):
    return cl.circuits.mux(cl.circuits.repeat(choice, 3), x, ~x), x[0] & choice


def test_inputs_of_one_bit_come_with_or_without_their_axis() -> None:
    bits = np.random.default_rng(0).random((3, 5, 7)) < 0.5
    total, carry = cl.compile(full_adder)(*bits)
    assert total.shape == carry.shape == (5, 7)
    assert (total == (bits.sum(axis=0) % 2 == 1)).all()
    assert (carry == (bits.sum(axis=0) > 1)).all()
    with_axis = cl.compile(full_adder)(*bits[..., None])
    assert with_axis[0].shape == (5, 7, 1)
    assert (with_axis[0][..., 0] == total).all()
    assert [y.shape for y in cl.compile(full_adder)(1, 0, 1)] == [(), ()]


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.integers(0, 5000), st.integers(0, 2**32 - 1))
def test_any_number_of_samples_packed_or_not(samples: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, choice = rng.random((samples, 3)) < 0.5, rng.random((samples, 1)) < 0.5
    run = cl.compile(words)
    y, low = run(x, choice)
    assert (y == (x == choice)).all()
    assert (low == (x[:, :1] & choice)).all()
    for plain, packed in zip((y, low), run(pack(x), pack(choice)), strict=True):
        assert isinstance(packed, Packed)
        assert (unpack(packed) == plain).all()


def test_samples_broadcast_and_names_may_be_given() -> None:
    y, low = cl.compile(words)(choice=[1], x=[[1, 0, 0], [0, 1, 1]])
    assert y.tolist() == [[True, False, False], [False, True, True]]
    assert low.tolist() == [[True], [False]]


def test_a_circuit_without_inputs_is_one_sample() -> None:
    @cl.diagram
    def two():
        return cl.circuits.constant([0, 1])

    assert cl.compile(two)().tolist() == [False, True]


def test_other_semirings_take_whole_numbers() -> None:
    @cl.diagram
    def modular(x: Modular(7, 2), y: Modular(7, 2)):
        return x * y + x

    @cl.diagram
    def saturating(x: Saturating(4, 1), y: Saturating(4, 1)):
        return x * y + y

    assert cl.compile(modular)([[3, 6], [0, 5]], y=[4, 2]).tolist() == [[1, 4], [0, 1]]
    assert cl.compile(saturating)([0, 1, 2, 3], 2).tolist() == [2, 3, 3, 3]
    with pytest.raises(
        InputMismatch, match=r"modular: input x, column 1 holds 7, which is not a whole number from 0 to 6"
    ):
        cl.compile(modular)([0, 7], [0, 0])
    with pytest.raises(InputMismatch, match="holds nan"):
        cl.compile(modular)([0, np.nan], [0, 0])


@pytest.mark.parametrize(
    ("args", "kwargs", "says"),
    [
        (([0, 1, 1],), {}, "input choice is missing; its inputs are x, choice"),
        (([0, 1, 1], [0], [1]), {}, "3 inputs given, but its inputs are x, choice"),
        (([0, 1, 1], [0]), {"x": [0, 0, 0]}, "input x is given twice"),
        (([0, 1, 1],), {"q": [0]}, "there is no input q; its inputs are x, choice"),
        (([0, 1], [0]), {}, r"input x is an array \(..., 3\), lowest bit first, not one of \(2,\)"),
        (([0, 1, 3], [0]), {}, "input x, column 2 holds 3, which is no bit; encode it first"),
        (([[0, 1, 1]] * 2, [[0]] * 3), {}, r"different numbers of samples: x \(2, 3\), choice \(3, 1\)"),
        (([[0, 1, 1], [0]], [0]), {}, "input x has rows of different lengths"),
        (("abc", [0]), {}, "input x, column: bits are booleans|booleans, or 0 and 1, not <U3"),
        ((pack(np.zeros((2, 3), bool)), [0]), {}, "input choice is not packed but others are"),
        ((pack(np.zeros((2, 2), bool)), pack(np.zeros((2, 1), bool))), {}, "input x has 3 bits, not 2"),
        ((pack(np.zeros((2, 3), bool)), pack(np.zeros((1, 1), bool))), {}, "they must be as many"),
    ],
)
def test_bad_calls_are_named(args: tuple[object, ...], kwargs: dict[str, object], says: str) -> None:
    with pytest.raises(InputMismatch, match=says) as caught:
        cl.compile(words)(*args, **kwargs)
    assert "\n" not in str(caught.value)


def test_a_circuit_has_no_dtype() -> None:
    with pytest.raises(InputMismatch, match="no dtype"):
        cl.compile(words, dtype=np.float32)
