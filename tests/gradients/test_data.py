"""What a learner is fed: every array that does not fit is refused in one line that says what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn import Real, Ty
from catlearn.errors import InputMismatch
from catlearn.interpreters.gradients.data import as_pairs, as_real, as_samples, as_targets, batches, count

POINTS = {"x": Real(2)}
HOLE = np.array([[0.0, 1.0], [2.0, 3.0]])


def holed(value: float) -> np.ndarray:
    return np.where(HOLE == 2.0, value, HOLE)


@pytest.mark.parametrize(
    "value",
    [
        [[0, 1], [2, 3]],
        np.array([[0, 1], [2, 3]], np.float32),
        np.array([[0, 1], [2, 3]], np.uint8),
        np.array([[0.0, 2.0], [1.0, 3.0]]).T,
        np.arange(8.0).reshape(2, 4)[:, :2] - [[0, 0], [2, 2]],
        np.asfortranarray([[0.0, 1.0], [2.0, 3.0]]),
        np.ma.array([[0.0, 1.0], [2.0, 3.0]], mask=False),
        np.array([[0.0, 1.0], [2.0, 3.0]], ">f8"),
    ],
)
def test_what_holds_real_numbers_is_taken(value: Any) -> None:
    (found,) = as_samples(POINTS, value)
    np.testing.assert_array_equal(found, [[0.0, 1.0], [2.0, 3.0]])
    assert found.dtype == np.float64
    assert found.flags.c_contiguous


def test_an_array_that_fits_is_not_copied() -> None:
    x = np.ones((5, 2))
    assert np.shares_memory(as_samples(POINTS, x)[0], x)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.array([["a", "b"]]), "x: must hold real numbers, not <U1"),
        (np.array([[1.0, None]]), "x: must hold real numbers, not object"),
        (np.ones((3, 2), complex), "x: must hold real numbers, not complex128"),
        (np.ones((3, 2), "M8[s]"), "x: must hold real numbers, not datetime64"),
        (None, "x: must hold real numbers, not object"),
        ([[1.0, 2.0], [3.0]], "x: is no array: setting an array element with a sequence"),
        (np.ma.array(HOLE, mask=HOLE == 2.0), "x: some of its values are masked"),
        (holed(np.inf), "x: the value at (1, 0) is inf; remove or replace what is not finite"),
        (holed(-np.inf), "x: the value at (1, 0) is -inf"),
        (holed(np.nan), "x: the value at (1, 0) is nan"),
        (np.ones(4), "x: must have the shape (samples, 2), not (4,)"),
        (np.ones((4, 3)), "x: must have the shape (samples, 2), not (4, 3)"),
        (np.ones((4, 2, 1)), "x: must have the shape (samples, 2), not (4, 2, 1)"),
        (1.0, "x: must have the shape (samples, 2), not ()"),
        ({"y": HOLE}, "the model needs them for x by name, not for y"),
        ({}, "the model needs them for x by name, not for "),
    ],
)
def test_samples_that_do_not_fit(value: Any, said: str) -> None:
    with pytest.raises(InputMismatch) as caught:
        as_samples(POINTS, value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_several_inputs_are_given_by_name_in_any_order() -> None:
    types = {"a": Real(2), "b": Real()}
    a, b = as_samples(types, {"b": [1, 2, 3], "a": np.ones((3, 2))})
    assert (a.shape, b.shape) == ((3, 2), (3,))
    with pytest.raises(InputMismatch, match="needs them for a, b by name, as a dictionary"):
        as_samples(types, np.ones((3, 2)))
    with pytest.raises(InputMismatch, match="as many of each input, not 3 of a, 2 of b"):
        as_samples(types, {"b": [1, 2], "a": np.ones((3, 2))})


def test_a_named_dimension_fits_any_size() -> None:
    assert as_samples({"x": Real("t", 2)}, np.ones((3, 7, 2)))[0].shape == (3, 7, 2)
    with pytest.raises(InputMismatch, match=r"must have the shape \(samples, t, 2\), not \(3, 2\)"):
        as_samples({"x": Real("t", 2)}, np.ones((3, 2)))


@given(labels=st.lists(st.integers(0, 3), min_size=1, max_size=9), kind=st.sampled_from(["i8", "u1", "u8", "i4"]))
def test_whole_numbers_are_classes(labels: list[int], kind: str) -> None:
    np.testing.assert_array_equal(as_targets(np.array(labels, kind), Real(4)), np.eye(4)[labels])


def test_every_part_of_a_prediction_may_have_a_class() -> None:
    found = as_targets([[0, 2], [1, 1], [2, 0]], Real(2, 3))
    np.testing.assert_array_equal(found, np.eye(3)[[[0, 2], [1, 1], [2, 0]]])


@pytest.mark.parametrize("value", [np.eye(3), np.eye(3, dtype=int), np.eye(3, dtype=bool), [[0.2, 0.3, 0.5]]])
def test_rows_for_all_classes_are_taken_as_they_are(value: Any) -> None:
    np.testing.assert_array_equal(as_targets(value, Real(3)), value)


@pytest.mark.parametrize(
    ("value", "ty", "said"),
    [
        ([0, 3, 1], Real(3), "target: class 3 is not from 0 to 2"),
        ([0, -1, 1], Real(3), "target: class -1 is not from 0 to 2"),
        ([0.0, 1.0], Real(3), "classes must be whole numbers, not floats; give y.astype(int), or one-hot rows"),
        ([0.5, 1.0], Real(3), "classes must be whole numbers, not floats"),
        ([True, False], Real(2), "classes must be whole numbers, not True and False; give y.astype(int)"),
        (["no", "yes"], Real(2), "target: must hold real numbers, not <U3"),
        ([[0], [1]], Real(3), "target: must have the shape (samples, 3), not (2, 1)"),
        ([0, 1], Real(1), "target: must have the shape (samples, 1), not (2,)"),
        ([[0], [1]], Real(), "target: must have the shape (samples,), not (2, 1)"),
        (np.zeros((3, 4), int), Real(2, 3), "target: must have the shape (samples, 2, 3), not (3, 4, 3)"),
        ([1.0, np.nan], Real(), "target: the value at (1,) is nan"),
    ],
)
def test_targets_that_do_not_fit(value: Any, ty: Ty, said: str) -> None:
    with pytest.raises(InputMismatch) as caught:
        as_targets(value, ty)
    assert said in str(caught.value)


def test_samples_and_targets_come_in_pairs() -> None:
    x, y = as_pairs(POINTS, Real(), HOLE, [1, 2])
    assert (x.shape, y.shape) == ((2, 2), (2,))
    with pytest.raises(InputMismatch, match="there are 2 samples and 3 targets; give as many of each"):
        as_pairs(POINTS, Real(), HOLE, [1, 2, 3])
    with pytest.raises(InputMismatch, match="there are no samples; give at least one"):
        as_pairs(POINTS, Real(), HOLE[:0], [])


@given(n=st.integers(1, 30), size=st.integers(1, 40), seed=st.integers(0, 99))
def test_batches_hold_every_sample_once(n: int, size: int, seed: int) -> None:
    x, order = np.arange(2.0 * n).reshape(n, 2), np.random.default_rng(seed).permutation(n)
    for chosen in (None, order):
        made = list(batches([x, x[:, 0]], size, chosen))
        assert [len(a) for a, _ in made[:-1]] == [size] * (len(made) - 1)
        wanted = x if chosen is None else x[chosen]
        np.testing.assert_array_equal(np.concatenate([a for a, _ in made]), wanted)
        np.testing.assert_array_equal(np.concatenate([b for _, b in made]), wanted[:, 0])


@pytest.mark.parametrize("value", [0, -1, 1.0, "1", None, True])
def test_a_count_is_a_whole_number(value: Any) -> None:
    with pytest.raises(InputMismatch, match="batch must be a whole number from 1 up, not"):
        count("batch", value, 1)


def test_a_number_is_an_array_too() -> None:
    assert as_real("b", 2).shape == ()
    assert as_real("b", []).shape == (0,)
    assert count("batch", np.int32(3), 1) == 3
