"""The axioms of reverse derivative categories for polynomials over Z2, Z3, Z5 and saturating numbers.

RD.1-7 as in Cockett et al., arXiv:1910.07065. Both sides are composed as diagrams and run on every input.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn import Bits, Diagram, Modular, Saturating, Ty, copy, discard, forward, identity, reorder, reverse, trace
from catlearn.diagrams.theories.boolean import rows
from tests.circuits.polynomials import (
    BINARY,
    both,
    first,
    left,
    plus,
    plus_of,
    polynomials,
    right,
    same,
    second,
    zero,
)

R = reverse
few = settings(derandomize=True, deadline=None, max_examples=12)
OBS = [Bits(1), Modular(3, 1), Modular(5, 1), Saturating(4, 1)]
over = pytest.mark.parametrize("ob", OBS, ids=str)
arities = pytest.mark.parametrize("n", range(4))


def small(ob: Ty) -> int:
    """So many wires that twice as many still have few elements."""
    return 3 if ob == Bits(1) else 2


@over
@few
@given(data=st.data())
def test_rd1_sums(ob: Ty, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, 3)), data.draw(st.integers(0, 2))
    f, g = (data.draw(polynomials(ob, a, b)) for _ in range(2))
    same(R(plus_of(f, g)), plus_of(R(f), R(g)))


@over
@arities
def test_rd1_zero(ob: Ty, n: int) -> None:
    for m in range(3):
        same(R(zero(ob**n, ob**m)), zero(ob**n @ ob**m, ob**n))


@over
@few
@given(data=st.data())
def test_rd2_additive_in_the_cotangent(ob: Ty, data: st.DataObject) -> None:
    f = data.draw(polynomials(ob, data.draw(st.integers(0, small(ob))), data.draw(st.integers(0, small(ob) - 1))))
    a, b = f.dom, f.cod
    sum_then = (identity(a) @ plus(b)) >> R(f)
    same(sum_then, reorder([a, b, b], [0, 1, 0, 2]) >> (R(f) @ R(f)) >> plus(a))
    same(left(a, b) >> R(f), zero(a, a))


@over
@arities
def test_rd3_identities_and_projections(ob: Ty, n: int) -> None:
    a = ob**n
    same(R(identity(a)), second(a, a))
    for m in range(3 - n):
        b = ob**m
        same(R(first(a, b)), second(a @ b, a) >> left(a, b))
        same(R(second(a, b)), second(a @ b, b) >> right(a, b))


@over
@few
@given(data=st.data())
def test_rd4_pairs(ob: Ty, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 3))
    f, g = (data.draw(polynomials(ob, n, data.draw(st.integers(0, 1)))) for _ in range(2))
    a, b, c = f.dom, f.cod, g.cod
    same(R(both(f, g)), plus_of((identity(a) @ first(b, c)) >> R(f), (identity(a) @ second(b, c)) >> R(g)))


@over
@arities
def test_rd4_copies_become_sums_and_discards_zeros(ob: Ty, n: int) -> None:
    a = ob ** min(n, 2)
    same(R(copy(a)), second(a, a @ a) >> plus(a))
    same(R(discard(a)), zero(a, a))


@over
@few
@given(data=st.data())
def test_rd5_chains(ob: Ty, data: st.DataObject) -> None:
    f = data.draw(polynomials(ob, data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3))))
    g = data.draw(polynomials(ob, len(f.cod), data.draw(st.integers(0, 2))))
    a, c = f.dom, g.cod
    start = reorder([a, c], [0, 0, 1]) >> (identity(a) @ f @ identity(c))
    same(R(f >> g), start >> (identity(a) @ R(g)) >> R(f))


@over
@few
@given(data=st.data())
def test_rd6_and_rd7_of_random_circuits(ob: Ty, data: st.DataObject) -> None:
    f = data.draw(polynomials(ob, data.draw(st.integers(0, 2)), data.draw(st.integers(0, 1)), boxes=4))
    assert_rd6(f)
    assert_rd7(f)


@over
@pytest.mark.parametrize("name", BINARY)
def test_rd6_and_rd7_of_generators(ob: Ty, name: str) -> None:
    f = trace(BINARY[name], ob @ ob)
    assert_rd6(f)
    assert_rd7(f)


BITS = {
    "or": (rows.either, (1, 1)),
    "not": (rows.invert, (1,)),
    "mux": (rows.mux, (1, 1, 1)),
    "lookup": (lambda x: rows.lookup(x, data=(0b0110_1011,)), (3,)),
    "eval": (rows.evaluate, (4, 2)),
    "one_hot": (rows.one_hot, (2,)),
}


@pytest.mark.parametrize("name", BITS)
def test_rd2_to_rd7_of_gates(name: str) -> None:
    gate, widths = BITS[name]
    f = trace(gate, Ty.of(Bits(w).obs[0] for w in widths))
    a, b = f.dom, f.cod
    same(
        (identity(a) @ plus(b)) >> R(f),
        reorder([a, b, b], [0, 1, 0, 2]) >> (R(f) @ R(f)) >> plus(a),
    )
    assert_rd6(f)
    if sum(widths) < 5:
        assert_rd7(f)


def assert_rd6(f: Diagram) -> None:
    """<1 x pi0, 0 x pi1> (iota0 x 1) R[R[R[f]]] pi1 = (1 x pi1) R[f]."""
    a, b = f.dom, f.cod
    points = both(identity(a) @ first(b, b), zero(a, a) @ second(b, b)) >> (left(a @ b, a) @ identity(a @ b))
    same(points >> R(R(R(f))) >> second(a @ b, a), (identity(a) @ second(b, b)) >> R(f))


def assert_rd7(f: Diagram) -> None:
    """(iota0 x 1) R[R[(iota0 x 1) R[R[f]] pi1]] pi1 = ex ; (the same)."""
    a = f.dom
    twice = derivative(derivative(f))
    same(twice, reorder([a, a, a, a], [0, 2, 1, 3]) >> twice)


def derivative(f: Diagram) -> Diagram:
    """D[f] = (iota0 x 1) R[R[f]] pi1."""
    a, b = f.dom, f.cod
    return (left(a, b) @ identity(a)) >> R(R(f)) >> second(a, b)


@over
@few
@given(data=st.data())
def test_forward_is_the_derivative_from_two_reverses(ob: Ty, data: st.DataObject) -> None:
    f = data.draw(polynomials(ob, data.draw(st.integers(0, 2)), data.draw(st.integers(0, 2))))
    same(forward(f), derivative(f))
