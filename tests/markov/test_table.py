"""Tables as users write them: what is read, and what is refused by the name of the box."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from catlearn import Finite, Ty, channel, effect, infer, state
from catlearn.errors import NotNormalized, ShapeMismatch, TooLarge

COIN = Finite("heads", "tails")
BIG = 10**400


@pytest.mark.parametrize(
    "given",
    [
        [0.25, 0.75],
        (0.25, 0.75),
        np.array([0.75, 0.25], np.float32)[::-1],
        np.array([0.25, 0.75], object),
        [Decimal("0.25"), Decimal("0.75")],
        {"tails": 0.75, "heads": np.float64(0.25)},
    ],
)
def test_numbers_of_all_kinds_are_read(given) -> None:
    assert state("coin", COIN, given) == state("coin", COIN, [0.25, 0.75])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([Fraction(1, 4), 0.75], Fraction(3, 4)),
        ([Fraction(1), np.int64(0)], 0),
        ([Fraction(1, 2), np.float32(0.5)], Fraction(1, 2)),
        ([Fraction(1), False], 0),
    ],
)
def test_beside_a_fraction_all_numbers_are_fractions(given, expected) -> None:
    (table,) = state("coin", COIN, given).data
    assert table.exact
    assert table.values[1] == expected
    assert type(table.values[1].numerator) is int


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ("ab", ShapeMismatch, "coin: a table holds numbers"),
        ([0.5, 0.5j], ShapeMismatch, "coin: a table holds numbers"),
        (np.array([0.5, 0.5], complex), ShapeMismatch, "coin: a table holds numbers"),
        (np.array(["2020", "2021"], "M8[Y]"), ShapeMismatch, "coin: a table holds numbers"),
        (np.zeros(2, [("p", float)]), ShapeMismatch, "coin: a table holds numbers"),
        ([[0.5], [0.2, 0.3]], ShapeMismatch, "coin: a table holds numbers"),
        ([Fraction(1, 2), float("nan")], ShapeMismatch, "coin: a table holds numbers"),
        ([BIG, 0], ShapeMismatch, "coin: a table holds numbers"),
        (np.ma.array([0.5, 0.5], mask=[False, True]), NotNormalized, "coin: nan is no probability"),
        ([None, 1.0], NotNormalized, "coin: nan is no probability"),
        ([1e308, 1e308], NotNormalized, "coin: its numbers sum to over 1e300, not to 1"),
        ([Fraction(BIG), Fraction(0)], NotNormalized, "coin: its numbers sum to over 1e300, not to 1"),
    ],
)
def test_what_is_no_table_is_refused_by_the_name_of_the_box(given, error, said: str) -> None:
    with pytest.raises(error) as caught:
        state("coin", COIN, given)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_many_inputs_are_read_or_refused() -> None:
    one = Ty.of([*Finite("only").obs] * 40)
    assert channel("c", one, COIN, np.full([1] * 40 + [2], Fraction(1, 2), object)).data[0].exact
    with pytest.raises(TooLarge, match="c: its table has 2,199,023,255,552 numbers"):
        channel("c", Ty.of([*COIN.obs] * 40), COIN, {"heads": {}})


def test_a_fraction_beyond_floats_is_for_exact_answers() -> None:
    seen = state("coin", COIN, [Fraction(1, 4), Fraction(3, 4)]) >> effect("seen", COIN, [Fraction(BIG), Fraction(0)])
    assert infer(seen, exact=True).evidence() == Fraction(BIG, 4)
    with pytest.raises(NotNormalized, match="seen: a fraction is beyond all floats; ask with exact=True"):
        infer(seen)
