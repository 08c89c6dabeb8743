"""Words: each library diagram against Python's whole numbers, on every input of narrow words and some of wide ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import catlearn as cl
from catlearn import Bits, circuits, trace
from catlearn.errors import CatlearnError
from catlearn.interpreters.circuits.walking import walk

Ask = Callable[..., Any]


def numbers(bits: np.ndarray) -> np.ndarray:
    return bits.astype(np.int64) @ (1 << np.arange(bits.shape[1], dtype=np.int64))


def bits(values: np.ndarray, width: int) -> np.ndarray:
    return values[:, None] >> np.arange(width) & 1


def pairs(width: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of narrow words, some of wide ones."""
    if width <= 4:
        a, b = np.meshgrid(np.arange(1 << width), np.arange(1 << width))
        return a.ravel(), b.ravel()
    a, b = np.random.default_rng(width).integers(0, 1 << width, (2, 200))
    return np.append(a, [0, (1 << width) - 1]), np.append(b, [0, (1 << width) - 1])


def run(function: Ask, *values: tuple[np.ndarray, int]) -> list[np.ndarray]:
    """What a function of words gives, as whole numbers, by running it box by box and by its gates."""
    d = trace(function, cl.Ty.of(Bits(width).obs[0] for _, width in values))
    inputs = [bits(value, width) for value, width in values]
    found = walk(d, inputs)
    made = cl.compile(d)(*inputs)
    for one, other in zip(found, made if isinstance(made, tuple) else (made,), strict=True):
        assert (one == other).all()
    return [numbers(y) for y in found]


widths = pytest.mark.parametrize("width", [1, 2, 3, 4, 16])


@widths
def test_sums_and_differences(width: int) -> None:
    a, b = pairs(width)
    given = (a, width), (b, width)
    size = 1 << width
    for adder in (circuits.add_with_carry, circuits.carry_lookahead):
        total, carry = run(adder, *given)
        assert (total + (carry << width) == a + b).all()
        total, carry = run(lambda x, y, adder=adder: adder(x, y, 1), *given)
        assert (total + (carry << width) == a + b + 1).all()
    (total,) = run(circuits.plus, *given)
    assert (total % size == (a + b) % size).all()
    (rest,) = run(circuits.minus, *given)
    assert (rest == (a - b) % size).all()
    rest, borrow = run(circuits.subtract_with_borrow, *given)
    assert (rest - (borrow << width) == a - b).all()
    assert (run(circuits.negative, given[0])[0] == -a % size).all()
    assert (run(circuits.absolute_difference, *given)[0] == abs(a - b)).all()


@widths
def test_products(width: int) -> None:
    a, b = pairs(width)
    (product,) = run(circuits.times, (a, width), (b, width))
    assert (product == a * b).all() or (product == a * b % (1 << width)).all()


@widths
def test_comparisons(width: int) -> None:
    a, b = pairs(width)
    given = (a, width), (b, width)
    for function, expected in (
        (circuits.less, a < b),
        (circuits.at_most, a <= b),
        (circuits.same, a == b),
    ):
        assert (run(function, *given)[0] == expected).all()
    assert (run(circuits.maximum, *given)[0] == np.maximum(a, b)).all()
    assert (run(circuits.minimum, *given)[0] == np.minimum(a, b)).all()
    assert (run(circuits.is_zero, given[0])[0] == (a == 0)).all()
    assert (run(circuits.any_of, given[0])[0] == (a != 0)).all()
    assert (run(circuits.all_of, given[0])[0] == (a == (1 << width) - 1)).all()


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 31])
def test_counts(width: int) -> None:
    a, _ = pairs(min(width, 30))
    (count,) = run(circuits.popcount, (a, width))
    assert (count == np.bitwise_count(a)).all()


def test_a_full_adder_and_a_majority() -> None:
    a, b, c = (np.arange(8) >> k & 1 for k in range(3))
    total, carry = run(circuits.full_adder, (a, 1), (b, 1), (c, 1))
    assert (total + 2 * carry == a + b + c).all()


@pytest.mark.parametrize("players", [1, 2, 3, 5, 10])
def test_the_place_of_the_largest(players: int) -> None:
    votes = np.random.default_rng(players).integers(0, 8, (300, players))
    given = [(votes[:, k], 3) for k in range(players)]
    assert (run(lambda *x: circuits.argmax(x), *given)[0] == votes.argmax(axis=1)).all()
    assert (run(lambda *x: circuits.one_hot_argmax(x), *given)[0] == 1 << votes.argmax(axis=1)).all()


@pytest.mark.parametrize("by", range(4))
def test_shifts(by: int) -> None:
    a, b = pairs(4)
    assert (run(circuits.shifted_left, (a, 4), (b & 3, 2))[0] == (a << (b & 3)) % 16).all()
    assert (run(circuits.shifted_right, (a, 4), (b & 3, 2))[0] == a >> (b & 3)).all()
    assert (run(lambda x: circuits.extended(x, 4 + by), (a, 4))[0] == a).all()


def test_a_carry_that_looks_ahead_is_not_deep() -> None:
    def deep(adder: Ask, width: int) -> int:
        return cl.circuits.netlist(trace(adder, Bits(width) @ Bits(width))).depth

    assert deep(circuits.carry_lookahead, 64) < 20
    assert deep(circuits.add_with_carry, 64) > 60


@pytest.mark.parametrize("function", [circuits.plus, circuits.minus, circuits.less, circuits.same, circuits.maximum])
def test_words_of_different_widths_are_refused(function: Ask) -> None:
    with pytest.raises(CatlearnError, match=r"3|4") as caught:
        trace(function, Bits(3) @ Bits(4))
    assert "\n" not in str(caught.value)
