"""Types: a free monoid on objects, sizes that are checked when they are written, text that reads back."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.diagrams.types import Bits, Finite, Ob, Real, Ty, as_ty
from catlearn.errors import ShapeMismatch, TypeMismatch
from tests.strategies import X, Y, objects, types

NAMES = {"Bits": Bits, "Finite": Finite, "Ob": Ob, "Real": Real, "Ty": Ty}


def any_type() -> st.SearchStrategy[Ty]:
    kinds = st.sampled_from(["X", "Real", "Bits", "Finite", 'a"b', "a\\b", "two\nlines", "", "é"])
    sizes = st.lists(st.integers(0, 3) | st.sampled_from(["n", "no", 'q"']), max_size=2).map(tuple)
    obs = st.one_of(
        objects().map(lambda ty: ty.obs[0]),
        st.builds(Ob, kinds.filter(lambda kind: kind not in ("Real", "Bits", "Finite")), sizes),
        kinds.map(Ob),
        st.lists(st.sampled_from(["no", 'q"', "b\\s", ""]), min_size=1, unique=True).map(lambda o: Finite(*o).obs[0]),
    )
    return st.lists(obs, max_size=4).map(Ty.of)


@given(any_type(), any_type(), any_type())
def test_types_are_a_monoid(a, b, c):
    assert (a @ b) @ c == a @ (b @ c)
    assert a @ Ty() == a == Ty() @ a
    assert len(a @ b) == len(a) + len(b)
    assert a**2 == a @ a
    assert (a @ b)[: len(a)] == a
    assert (a @ b)[len(a) :] == b
    assert Ty.of(ob for wire in a for ob in wire.obs) == a


@given(any_type())
def test_text_reads_back(ty):
    assert eval(repr(ty), dict(NAMES)) == ty
    assert all(eval(repr(ob), dict(NAMES)) == ob for ob in ty.obs)


@given(any_type())
def test_types_are_values(ty):
    assert pickle.loads(pickle.dumps(ty)) == ty == copy.deepcopy(ty)
    assert hash(Ty.of(ty.obs)) == hash(ty)


@pytest.mark.parametrize(
    ("ty", "text"),
    [
        (Ty(), "Ty()"),
        (X @ Y, 'Ty("X", "Y")'),
        (Real(), "Real()"),
        (Real("n", 784) @ X, 'Real("n", 784) @ Ty("X")'),
        (Finite("no", "yes") @ Bits(8), 'Finite("no", "yes") @ Bits(8)'),
        (Ty("Bits"), 'Ty("Bits")'),
        (Ty(Ob("X", (2, "n"))), "Ty(Ob('X', (2, 'n')))"),
    ],
)
def test_text(ty, text):
    assert repr(ty) == text


def test_the_same_type_is_one_object():
    assert Real(2, "n") is Real(2, "n")
    assert Finite("a", "b") is Finite("a", "b")


def test_no_wires_of_a_type_are_outside_it():
    assert (X @ Y)[0] == X
    assert (X @ Y)[-1] == Y
    with pytest.raises(IndexError):
        (X @ Y)[2]


@pytest.mark.parametrize("size", [-1, 1.0, True, False, None, "two words", "", (3, 4), [3, 4], b"n"])
def test_sizes_that_are_none(size):
    # A size that was accepted once must not let one that only looks equal pass.
    assert Real(1) == Real(1)
    for make in (Real, Bits, lambda n: Real(3, n)):
        with pytest.raises(ShapeMismatch, match="a size is a number from 0 up"):
            make(size)


@pytest.mark.parametrize("outcomes", [(), ("a", "a"), (1, 2), ("a", 2), (["a"],)])
def test_outcomes_that_are_none(outcomes):
    with pytest.raises(ShapeMismatch, match="one or more different names"):
        Finite(*outcomes)


@pytest.mark.parametrize("wrong", [3, None, X, ("X",), ["X"]])
def test_objects_that_are_none(wrong):
    with pytest.raises(TypeMismatch, match="joined by @"):
        Ty("X", wrong)


@given(types(), types())
def test_reading_types_as_users_write_them(a, b):
    assert as_ty(a) is a
    assert as_ty((a, (b, None))) == a @ b
    assert as_ty(None) == as_ty(()) == Ty()


@pytest.mark.parametrize("wrong", [int, "X", 3, [X], (X, "Y")])
def test_what_is_no_type(wrong):
    with pytest.raises(TypeMismatch, match="expected a type such as Real"):
        as_ty(wrong)


def test_a_type_joins_only_types():
    with pytest.raises(TypeError):
        X @ "Y"


def test_numpys_whole_numbers_are_sizes():
    assert Real(np.int64(3), "n") == Real(3, "n")
    assert repr(Bits(np.uint8(8))) == "Bits(8)"
    for wrong in (np.float64(3.0), np.array([1, 2]), np.bool_(True)):
        with pytest.raises(ShapeMismatch, match=r"^[^\n]*a size is a number from 0 up"):
            Real(wrong)
