"""The axioms of symmetric monoidal categories with copy and discard, on random diagrams; and refusals."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given

from catlearn.diagrams.diagram import Beside, Box, Diagram, Wires, copy, discard, identity, permutation, reorder, swap
from catlearn.diagrams.equality import equal
from catlearn.diagrams.functor import Functor
from catlearn.diagrams.optic import Optic, lens, optic
from catlearn.diagrams.para import Para
from catlearn.diagrams.types import Ob, Real, Ty
from catlearn.diagrams.wiring import flatten, unfolded
from catlearn.errors import TypeMismatch
from tests.strategies import X, Y, composable, diagrams, perturbed, types

UNIT = identity(Ty())
f, g = Box("f", X, Y), Box("g", Y, X)


@given(diagrams())
def test_units(d):
    assert equal(identity(d.dom) >> d, d)
    assert equal(d >> identity(d.cod), d)
    assert equal(UNIT @ d, d)
    assert equal(d @ UNIT, d)


@given(composable(3), diagrams(max_boxes=3))
def test_associativity(ds, e):
    a, b, c = ds
    assert equal((a >> b) >> c, a >> (b >> c))
    assert equal((a @ b) @ e, a @ (b @ e))


@given(composable(), composable())
def test_interchange(left, right):
    (a, b), (c, d) = left, right
    assert equal((a >> b) @ (c >> d), (a @ c) >> (b @ d))
    assert equal(a @ c, (a @ identity(c.dom)) >> (identity(a.cod) @ c))
    assert equal(identity(a.dom) @ identity(c.dom), identity(a.dom @ c.dom))


@given(diagrams(), diagrams())
def test_swap_is_natural(d, e):
    assert equal((d @ e) >> swap(d.cod, e.cod), swap(d.dom, e.dom) >> (e @ d))


@given(types(), types(), types())
def test_swap_is_a_symmetry(a, b, c):
    assert equal(swap(a, b) >> swap(b, a), identity(a @ b))
    assert equal(swap(a, b @ c), (swap(a, b) @ identity(c)) >> (identity(b) @ swap(a, c)))
    assert equal(swap(a @ b, c), (identity(a) @ swap(b, c)) >> (swap(a, c) @ identity(b)))
    assert equal(swap(a, Ty()), identity(a))


@given(types(), types(), types())
def test_reordering_bundles(a, b, c):
    assert reorder([a, b], [1, 0]) == swap(a, b)
    assert reorder([a, b, c], [0, 2]) == identity(a) @ discard(b) @ identity(c)
    assert reorder([a, b, c], [1, 1]) == discard(a) @ copy(b) @ discard(c)
    assert reorder([], []) == UNIT


@given(types(), types())
def test_copy_and_discard_are_a_commutative_comonoid(a, b):
    one = identity(a)
    assert equal(copy(a) >> (copy(a) @ one), copy(a) >> (one @ copy(a)))
    assert equal(copy(a) >> (copy(a) @ one), copy(a, 3))
    assert equal(copy(a) >> (discard(a) @ one), one)
    assert equal(copy(a) >> (one @ discard(a)), one)
    assert equal(copy(a) >> swap(a, a), copy(a))
    assert equal(copy(a @ b), (copy(a) @ copy(b)) >> (identity(a) @ swap(a, b) @ identity(b)))
    assert equal(discard(a @ b), discard(a) @ discard(b))
    assert equal(copy(a, 0), discard(a))
    assert equal(copy(a, 1), one)
    assert equal(copy(Ty()), UNIT)


@given(diagrams(max_boxes=0), diagrams(max_boxes=4))
def test_copy_and_discard_are_natural_for_wires_alone(wires, d):
    for each in (wires, d):
        pure = not unfolded(each).boxes
        copied = equal(each >> copy(each.cod), copy(each.dom) >> (each @ each))
        dropped = equal(each >> discard(each.cod), discard(each.dom))
        assert copied == pure
        assert dropped == pure


@given(diagrams().flatmap(lambda d: perturbed(d).map(lambda e: (d, e))))
def test_one_change_makes_a_difference(pair):
    d, e = pair
    assert d != e
    assert not equal(d, e)


def test_merging_copies_is_not_the_identity():
    merge = Box("merge", X @ X, X)
    assert copy(X) >> merge != identity(X)


def test_a_term_is_a_node():
    assert (f @ g).parts() == [f, g]
    assert isinstance(f @ g, Beside)
    assert (f @ (g @ f)).dom == X @ Y @ X
    assert ((f @ g) @ f).cod == Y @ X @ Y
    with pytest.raises(AttributeError, match="no attribute 'name'"):
        (f @ g).name  # noqa: B018


def test_diagrams_do_not_change():
    for d in (f, f >> g, f @ g, identity(X)):
        with pytest.raises(FrozenInstanceError):
            d.dom = Y


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: f >> f, 'f >> f: wire 0 of f\'s output is Ty("Y") but f reads Ty("X")'),
        (lambda: f >> (g @ f), 'f gives 1 wires (Ty("Y")) but (g @ ...) reads 2'),
        (lambda: (g @ f) >> (g @ g), 'wire 0 of g\'s output is Ty("X") but g reads Ty("Y")'),
        (lambda: (f @ f) >> (g @ f), "f >> f: wire 0 of f's output"),
        (lambda: (identity(X) @ (g >> f)) >> Box("h", X @ X, X), "f >> h: wire 0 of f's output is"),
        (lambda: (f @ f) >> discard(X @ X), "f >> wires"),
        (lambda: Box("a >> b", X, Y) >> Box(">>", X, X), "a >> b >> >>: wire 0"),
        (lambda: Box("f", X, Real(3)) >> Box("g", Real(4), X), "is Real(3) but g reads Real(4)"),
        (lambda: discard(X) >> f, "gives 0 wires (Ty()) but f reads 1"),
    ],
)
def test_a_mismatch_names_both_boxes_and_the_wire(make, message):
    with pytest.raises(TypeMismatch) as caught:
        make()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Box("f", "X", "Y"), "needs a name and two types"),
        (lambda: Box("f", X, None), "needs a name and two types"),
        (lambda: Box(3, X, Y), "needs a name and two types"),
        (lambda: Box("f", X, Y, [1]), "f: a box's data must be hashable"),
        (lambda: Box("f", X, Y, (1, {"a": 2})), "f: a box's data must be hashable"),
        (lambda: Box("f", X, Y, (), g), 'f: Ty("X") -> Ty("Y") cannot stand for'),
        (lambda: permutation(X, [1]), "names wires"),
        (lambda: permutation(X, [-1]), "names wires"),
        (lambda: permutation(X, ["0"]), "names wires"),
        (lambda: identity("X"), "expected a type"),
        (lambda: swap("X", Y), "expected a type"),
        (lambda: discard("X"), "expected a type"),
        (lambda: copy("X"), "expected a type"),
        (lambda: copy(X, -1), "cannot be made"),
        (lambda: copy(X, 1.5), "cannot be made"),
        (lambda: swap(None, Y), "expected a type"),
        (lambda: permutation(X, None), "names wires"),
        (lambda: reorder([X, 3], [0]), "expected a type"),
        (lambda: reorder([X], [1]), "there is no part 1"),
        (lambda: Box("f", X, X, (), 3), "what it stands for is a diagram, not 3"),
        (lambda: X**-1, "repeated 0 times or more"),
        (lambda: X**1.5, "repeated 0 times or more"),
        (lambda: Ob(3), "needs a name"),
        (lambda: Ob("X", [1]), "a tuple of sizes"),
        (lambda: Para(X, 3), "needs a type and a diagram"),
        (lambda: Para(3, identity(X)), "needs a type and a diagram"),
        (lambda: lens(3, 4), "expected a diagram"),
        (lambda: optic(identity(X), None), "expected a theory"),
        (lambda: Optic((X, X), (X, X), Ty(), identity(X), identity(X), "sideways"), "'along' or 'against'"),
        (lambda: Optic(X, X, Ty(), identity(X), identity(X)), "a pair of types"),
        (lambda: Optic((X, X), (X, X), Ty(), 3, identity(X)), "its passes are diagrams, not 3"),
        (lambda: Functor(None, {})(identity(X)), "given by dictionaries or functions"),
        (lambda: Wires(X, Y, (0,)), "does not give"),
        (lambda: Wires(X, X, (1,)), "names wires"),
        (lambda: Wires(X @ Y, Y, (-1,)), "names wires"),
    ],
)
def test_bad_parts_are_refused(make, message):
    with pytest.raises(TypeMismatch, match="^[^\n]*$") as caught:
        make()
    assert message in str(caught.value)


def test_a_diagram_joins_only_diagrams():
    for join in (lambda: f >> X, lambda: f @ 3):
        with pytest.raises(TypeError):
            join()


def _fold(join, part, n) -> Diagram:
    d = part
    for _ in range(n - 1):
        d = join(d, part)
    return d


@pytest.mark.parametrize(
    ("join", "part", "n"),
    [
        (lambda d, e: d >> e, Box("f", X, X), 100_000),
        (lambda d, e: e >> d, Box("f", X, X), 20_000),
        (lambda d, e: d @ e, Box("f", X, X), 100_000),
        (lambda d, e: e @ d, Box("f", X, Y), 20_000),
        (lambda d, e: (d @ UNIT) >> e, Box("f", X, X), 20_000),
    ],
    ids=["then", "then, from the right", "beside", "beside, from the right", "both"],
)
def test_long_terms_do_not_overflow(join, part, n):
    d = _fold(join, part, n)
    assert len(flatten(d).boxes) == n
    assert d == _fold(join, part, n)
    assert hash(d) == hash(d @ UNIT)
    assert repr(d).count("Box") == n
    with pytest.raises(TypeMismatch):
        d >> Box("end", Ty("Z"), X)
    del d
