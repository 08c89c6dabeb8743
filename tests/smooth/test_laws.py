"""The axioms of reverse derivative categories, on random smooth diagrams.

RD.1-7 as in Cockett et al., arXiv:1910.07065, and Cruttwell et al., arXiv:2103.01931, Definition A.5: both sides are
composed as diagrams and compared, by `==` where they are the same graph and by running them where they are not.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn import Diagram, Ty, copy, discard, forward, identity, optic, permutation, prune, reorder, reverse, swap
from catlearn.diagrams.theories.smooth.reverse import SMOOTH, zeros
from tests.smooth.strategies import (
    EXAMPLES,
    KINKED,
    LINEAR_MAKERS,
    Example,
    alike,
    arrays,
    both,
    box,
    close,
    dot,
    plus,
    plus_of,
    run,
    slope,
    smooth,
    types,
    zero,
)

SEEDS = st.integers(0, 9)
few = settings(max_examples=25)
each = pytest.mark.parametrize("example", EXAMPLES, ids=str)


def R(f: Diagram) -> Diagram:
    return reverse(f)


def first(a: Ty, b: Ty) -> Diagram:
    """The projection pi0 : a @ b -> a."""
    return identity(a) @ discard(b)


def second(a: Ty, b: Ty) -> Diagram:
    """The projection pi1 : a @ b -> b."""
    return discard(a) @ identity(b)


def left(a: Ty, b: Ty) -> Diagram:
    """The injection iota0 : a -> a @ b, which is <1, 0>."""
    return identity(a) @ zeros(b)


def right(a: Ty, b: Ty) -> Diagram:
    """The injection iota1 : b -> a @ b, which is <0, 1>."""
    return zeros(a) @ identity(b)


@st.composite
def parallel(draw: st.DrawFn) -> tuple[Diagram, Diagram]:
    """Two diagrams of one type."""
    f = draw(smooth(makers=KINKED))
    return f, draw(smooth(f.dom, f.cod, makers=KINKED))


@st.composite
def composable(draw: st.DrawFn) -> tuple[Diagram, Diagram]:
    f = draw(smooth(makers=KINKED))
    return f, draw(smooth(f.cod, makers=KINKED))


@few
@given(parallel())
def test_rd1_sums(fg: tuple[Diagram, Diagram]) -> None:
    f, g = fg
    alike(R(plus_of(f, g)), plus_of(R(f), R(g)))


@given(types(), types())
def test_rd1_zero(a: Ty, b: Ty) -> None:
    b = Ty.of(ob for ob in b.obs if set(ob.sizes) <= {1, 2, 3} | {s for o in a.obs for s in o.sizes})
    assert prune(R(zero(a, b))) == prune(zero(a @ b, a))


@few
@given(smooth(makers=KINKED))
def test_rd2_additive_in_the_cotangent(f: Diagram) -> None:
    a, b = f.dom, f.cod
    sum_then = (identity(a) @ plus(b)) >> R(f)
    then_sum = reorder([a, b, b], [0, 1, 0, 2]) >> (R(f) @ R(f)) >> plus(a)
    alike(sum_then, then_sum)
    alike(left(a, b) >> R(f), zero(a, a))


@given(types(), types())
def test_rd3_identities_and_projections(a: Ty, b: Ty) -> None:
    assert R(identity(a)) == second(a, a)
    assert R(first(a, b)) == second(a @ b, a) >> left(a, b)
    assert R(second(a, b)) == second(a @ b, b) >> right(a, b)


@few
@given(st.data())
def test_rd4_pairs(data: st.DataObject) -> None:
    f = data.draw(smooth(makers=KINKED))
    g = data.draw(smooth(f.dom, makers=KINKED))
    a, b, c = f.dom, f.cod, g.cod
    upper = (identity(a) @ first(b, c)) >> R(f)
    lower = (identity(a) @ second(b, c)) >> R(g)
    alike(R(both(f, g)), plus_of(upper, lower))


@given(types())
def test_rd4_copies_become_sums_and_discards_zeros(a: Ty) -> None:
    assert R(copy(a)) == second(a, a @ a) >> plus(a)
    assert R(discard(a)) == zero(a, a)


@few
@given(composable())
def test_rd5_chains(fg: tuple[Diagram, Diagram]) -> None:
    f, g = fg
    a, b, c = f.dom, f.cod, g.cod
    start = reorder([a, c], [0, 0, 1]) >> (identity(a) @ f @ identity(c))
    alike(R(f >> g), start >> (identity(a) @ R(g)) >> R(f))
    assert R(f >> g).cod == a
    assert (R(f).dom, R(g).dom) == (a @ b, b @ c)


@few
@given(smooth(max_boxes=4, makers=KINKED))
def test_rd6_reverse_is_linear_in_the_cotangent(f: Diagram) -> None:
    assert_rd6(f)


@few
@given(smooth(max_boxes=3))
def test_rd7_mixed_partials_commute(f: Diagram) -> None:
    assert_rd7(f)


@each
def test_rd6_of_generators(example: Example) -> None:
    assert_rd6(example.diagram, example)


@each
def test_rd7_of_generators(example: Example) -> None:
    assert_rd7(example.diagram, example)


def assert_rd6(f: Diagram, example: Example | None = None) -> None:
    """<1 x pi0, 0 x pi1> (iota0 x 1) R[R[R[f]]] pi1 = (1 x pi1) R[f]."""
    a, b = f.dom, f.cod
    points = both(identity(a) @ first(b, b), zero(a, a) @ second(b, b)) >> (left(a @ b, a) @ identity(a @ b))
    same_point(points >> R(R(R(f))) >> second(a @ b, a), (identity(a) @ second(b, b)) >> R(f), example)


def assert_rd7(f: Diagram, example: Example | None = None) -> None:
    """(iota0 x 1) R[R[(iota0 x 1) R[R[f]] pi1]] pi1 = ex ; (the same)."""
    a = f.dom
    twice = derivative(derivative(f))
    same_point(twice, reorder([a, a, a, a], [0, 2, 1, 3]) >> twice, example)


def derivative(f: Diagram) -> Diagram:
    """D[f] = (iota0 x 1) R[R[f]] pi1, spelled out."""
    a, b = f.dom, f.cod
    return (left(a, b) @ identity(a)) >> R(R(f)) >> second(a, b)


def same_point(f: Diagram, g: Diagram, example: Example | None) -> None:
    """Both do the same where the example lives, or anywhere."""
    inputs = arrays(f.dom, 3)
    if example is not None:
        inputs[: len(example.shapes)] = example.inputs()
    close(run(f, *inputs), run(g, *inputs))


@few
@given(smooth(max_boxes=4, makers=KINKED))
def test_forward_is_the_derivative_from_two_reverses(f: Diagram) -> None:
    assert forward(f) == prune(derivative(f))


@given(smooth(), SEEDS)
def test_forward_is_the_slope(f: Diagram, seed: int) -> None:
    inputs, v = arrays(f.dom, seed), arrays(f.dom, seed + 1)
    close(run(forward(f), *inputs, *v), slope(f, inputs, v), 1e-6)


@given(smooth(makers=KINKED), SEEDS)
def test_forward_and_reverse_are_adjoint(f: Diagram, seed: int) -> None:
    inputs, v, w = arrays(f.dom, seed), arrays(f.dom, seed + 1), arrays(f.cod, seed + 2)
    there, back = run(forward(f), *inputs, *v), run(reverse(f), *inputs, *w)
    assert dot(there, w) == pytest.approx(dot(v, back), rel=1e-9, abs=1e-9)


def dagger(f: Diagram) -> Diagram:
    """The adjoint of a linear map: R[f] at 0."""
    return prune(zeros(f.dom) @ identity(f.cod) >> R(f))


LINEAR_SHAPES = ((), (2,), (3,), (2, 3), (1, 2))


def linear(dom: Ty | None = None) -> st.SearchStrategy[Diagram]:
    return smooth(dom, makers=LINEAR_MAKERS, shapes=LINEAR_SHAPES)


@few
@given(linear())
def test_dagger_is_an_involution(f: Diagram) -> None:
    alike(dagger(dagger(f)), f)


@few
@given(st.data())
def test_dagger_turns_composites_round(data: st.DataObject) -> None:
    f = data.draw(linear())
    g, h = data.draw(linear(f.cod)), data.draw(linear())
    alike(dagger(f >> g), dagger(g) >> dagger(f))
    assert dagger(f @ h) == prune(dagger(f) @ dagger(h))


@given(types(2, LINEAR_SHAPES), types(2, LINEAR_SHAPES))
def test_dagger_of_wires(a: Ty, b: Ty) -> None:
    assert dagger(identity(a)) == identity(a)
    assert dagger(swap(a, b)) == swap(b, a)
    assert dagger(copy(a)) == plus(a)
    assert dagger(plus(a)) == copy(a)
    assert dagger(discard(a)) == zeros(a)


@few
@given(linear(), SEEDS)
def test_a_linear_map_is_its_own_derivative(f: Diagram, seed: int) -> None:
    x, v = arrays(f.dom, seed), arrays(f.dom, seed + 1)
    close(run(forward(f), *x, *v), run(f, *v))
    w = arrays(f.cod, seed + 2)
    close(run(R(f), *x, *w), run(dagger(f), *w))


@few
@given(composable())
def test_reverse_is_a_functor_to_optics(fg: tuple[Diagram, Diagram]) -> None:
    f, g = fg
    F, G = optic(f, SMOOTH), optic(g, SMOOTH)
    alike(optic(f >> g, SMOOTH).close(), (F >> G).close())
    alike(optic(f >> g, SMOOTH).both(), (F >> G).both())
    assert prune(optic(f @ g, SMOOTH).close()) == prune((F @ G).close())


@each
def test_reverse_is_a_functor_on_the_nose_where_no_sum_is_nested(example: Example) -> None:
    f = example.diagram
    for name in ("tanh", "exp", "neg"):
        g = box(name, (), f.cod.obs[0].sizes)
        chained = optic(f, SMOOTH) >> optic(g, SMOOTH)
        assert prune(chained.close()) == prune(optic(f >> g, SMOOTH).close())
        assert prune(chained.both()) == prune(optic(f >> g, SMOOTH).both())


@given(types(), types())
def test_reverse_of_wires(a: Ty, b: Ty) -> None:
    assert optic(identity(a), SMOOTH).close() == second(a, a)
    assert R(swap(a, b)) == second(a @ b, b @ a) >> swap(b, a)
    turned = permutation(a, range(len(a))[::-1])
    assert R(turned) == second(a, turned.cod) >> permutation(turned.cod, range(len(a))[::-1])
