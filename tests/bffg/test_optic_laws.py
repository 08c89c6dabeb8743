"""The laws of the optic, on random diagrams: induced transformers are compared, never residuals.

A transformer takes messages at the codomain to messages at the domain, and measures the other way. On finite diagrams
both are computed exactly, box by box, so that the laws hold up to rounding.
"""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import (
    Finite,
    Gaussian,
    Real,
    Table,
    Ty,
    channel,
    copy,
    discard,
    gaussian,
    identity,
    permutation,
    state,
    swap,
)
from catlearn.diagrams.optic import optic
from catlearn.diagrams.theories.markov.guided import Guided
from catlearn.errors import InputMismatch, NotSupported, TypeMismatch, UnknownBox
from catlearn.interpreters.bffg.messages import Canonical, LogVector
from catlearn.interpreters.bffg.theory import BFFG
from catlearn.interpreters.bffg.walk import walk
from tests.bffg.models import messages, near, quadratics, with_random_tables
from tests.markov.strategies import RANDOMS, floats, kernel, morphism, some_type

LAWS = settings(max_examples=40)
X = Finite("a", "b", "c")


def values(message):
    """The values of a message at all outcomes of its wire."""
    return np.exp(message.at(np.arange(len(message.v))[None])[0])


def transformer(found, after):
    """What an optic makes of messages at its codomain: the values of those at its domain, and its measure."""
    done = walk(found, after)
    return [values(g) for g in done.before], done.measure()


def agree(one, other):
    (before, measure), (after, second) = one, other
    assert len(before) == len(after)
    for mine, theirs in zip(before, after, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(measure, second, rtol=1e-10, atol=1e-14)


def same(one, other, after):
    agree(transformer(one, after), transformer(other, after))


def piece(rng, dom, cod=None, guided=True):
    d = morphism(rng, dom, cod, boxes=2)
    return with_random_tables(rng, d) if guided else floats(d)


def opt(d):
    return optic(d, BFFG)


@given(RANDOMS)
@LAWS
def test_functoriality(rng: Random):
    f = piece(rng, some_type(rng), some_type(rng, 1))
    g = piece(rng, f.cod)
    same(opt(f) >> opt(g), opt(f >> g), messages(rng, g.cod))


@given(RANDOMS)
@LAWS
def test_identity(rng: Random):
    f = piece(rng, some_type(rng))
    after = messages(rng, f.cod)
    same(opt(identity(f.dom)) >> opt(f), opt(f), after)
    same(opt(f) >> opt(identity(f.cod)), opt(f), after)


@given(RANDOMS)
@LAWS
def test_associativity(rng: Random):
    types = [some_type(rng), some_type(rng, 1), some_type(rng, 1), some_type(rng)]
    f, g, h = (opt(piece(rng, a, b)) for a, b in pairwise(types))
    same((f >> g) >> h, f >> (g >> h), messages(rng, types[-1]))


@given(RANDOMS)
@LAWS
def test_side_by_side_on_product_messages(rng: Random):
    f, g = piece(rng, some_type(rng)), piece(rng, some_type(rng))
    above, below = messages(rng, f.cod), messages(rng, g.cod)
    (fb, fm), (gb, gm) = transformer(opt(f), above), transformer(opt(g), below)
    product = np.multiply.outer(fm, gm)
    order = [*range(len(f.dom)), *range(fm.ndim, fm.ndim + len(g.dom))]
    product = np.transpose(product, [*order, *(k for k in range(product.ndim) if k not in order)])
    agree(transformer(opt(f) @ opt(g), above + below), (fb + gb, product))
    same(opt(f) @ opt(g), opt(f @ g), above + below)


@given(RANDOMS)
@LAWS
def test_interchange(rng: Random):
    types = [some_type(rng, 1, 1) for _ in range(6)]
    f, g, h, k = (opt(piece(rng, types[a], types[b])) for a, b in ((0, 1), (2, 3), (1, 4), (3, 5)))
    same((f @ g) >> (h @ k), (f >> h) @ (g >> k), messages(rng, types[4] @ types[5]))


@given(RANDOMS)
@LAWS
def test_symmetry(rng: Random):
    f, g = (
        piece(rng, some_type(rng, 1, 1), some_type(rng, 1, 1)),
        piece(rng, some_type(rng, 1, 1), some_type(rng, 1, 1)),
    )
    after = messages(rng, g.cod @ f.cod)
    crossed = opt(swap(f.dom, g.dom)) >> (opt(g) @ opt(f))
    same((opt(f) @ opt(g)) >> opt(swap(f.cod, g.cod)), crossed, after)
    same(opt(swap(f.cod, g.cod)) >> opt(swap(g.cod, f.cod)), opt(identity(f.cod @ g.cod)), messages(rng, f.cod @ g.cod))


@given(RANDOMS)
@LAWS
def test_copy_is_a_commutative_comonoid(rng: Random):
    ty = some_type(rng, 1, 2)
    double, one, none = opt(copy(ty)), opt(identity(ty)), opt(discard(ty))
    three = messages(rng, ty @ ty @ ty)
    same(double >> (double @ one), double >> (one @ double), three)
    same(double >> opt(swap(ty, ty)), double, messages(rng, ty @ ty))
    same(double >> (none @ one), one, messages(rng, ty))
    same(double >> (one @ none), one, messages(rng, ty))


@given(RANDOMS)
@LAWS
def test_what_is_discarded_has_weight_one(rng: Random):
    f = floats(morphism(rng, some_type(rng, 1), boxes=3))
    before, measure = transformer(opt(f) >> opt(discard(f.cod)), [])
    for message in before:
        np.testing.assert_allclose(message, 1.0, rtol=1e-10)
    np.testing.assert_allclose(measure, 1.0, rtol=1e-10)


@given(RANDOMS)
@LAWS
def test_a_guide_that_is_the_truth_leaves_all_weights_zero(rng: Random):
    types = [some_type(rng, 1, 1) for _ in range(4)]
    chain = floats(kernel(rng, "k0", Ty(), types[0], zeros=0.2))
    for k, (a, b) in enumerate(pairwise(types)):
        chain = chain >> copy(a) >> (identity(a) @ floats(kernel(rng, f"k{k + 1}", a, b, zeros=0.0)))
        chain = chain >> (discard(a) @ identity(b) if rng.random() < 0.5 else permutation(a @ b, [1]))
    back = cl.bffg(chain).backward({"k2": {types[2].obs[0].sizes[0]: 0.3, types[2].obs[0].sizes[-1]: 0.9}})
    paths = back.smoother.forward(back, n=20, seed=1)
    assert back.exact
    assert not (paths.log_weights - back.log_evidence).any()


@given(RANDOMS, st.floats(-50.0, 50.0))
@LAWS
def test_rescaling_a_message_changes_nothing_but_its_constant(rng: Random, by: float):
    f = piece(rng, some_type(rng, 1, 1), some_type(rng, 1))
    after = messages(rng, f.cod)
    k = rng.randrange(len(after))
    scaled = [LogVector(g.c + by * (i == k), g.v) for i, g in enumerate(after)]
    one, other = walk(opt(f), after), walk(opt(f), scaled)
    touched = 0.0
    for mine, theirs in zip(one.before, other.before, strict=True):
        np.testing.assert_allclose(theirs.v, mine.v, rtol=1e-10)
        touched += float((theirs.c - mine.c)[0])
    # What is no function of the inputs is in the measure, and so is its constant.
    np.testing.assert_allclose(other.measure() * np.exp(touched - by), one.measure(), rtol=1e-8, atol=1e-14)


@given(RANDOMS)
@LAWS
def test_evidence_is_the_same_under_all_guides(rng: Random):
    model = morphism(rng, Ty(), boxes=4, effects=True, least=2)
    after = messages(rng, model.cod)
    plain = walk(floats(model), after).measure()
    for _ in range(2):
        np.testing.assert_allclose(walk(with_random_tables(rng, model), after).measure(), plain, rtol=1e-9, atol=1e-14)


@given(RANDOMS)
@LAWS
def test_box_by_box_and_level_by_level_agree(rng: Random):
    model = with_random_tables(rng, morphism(rng, some_type(rng, 1, 1), some_type(rng, 1, 1), boxes=3))
    if any(len(set(reads)) < len(reads) for _, reads, _ in cl.unfolded(model).steps()):
        return
    after = messages(rng, model.cod)
    name = cl.variables(model)[int(cl.unfolded(model).outputs[0])]
    soft = {name: dict(zip(model.cod.obs[0].sizes, after[0].v[:, 0].tolist(), strict=True))}
    back = cl.bffg(model, joint=False).backward(soft)
    done = walk(model, [LogVector(np.zeros(1), after[0].v)])
    # What is no function of the input is a constant there, and a weight of the measure here.
    np.testing.assert_allclose(np.exp(back["x0"].log), values(done.before[0]), rtol=1e-9, atol=1e-12)


@given(st.integers(0, 10**6))
@settings(max_examples=15)
def test_functoriality_on_wires_of_numbers(seed: int):
    random = np.random.default_rng(seed)
    A, B = Real(2), Real()

    def box(name, dom, cod):
        d, e = (sum(max(1, *ob.sizes, 1) for ob in ty.obs) for ty in (dom, cod))
        truth, guide = (Gaussian(random.normal(size=(e, d)), random.normal(size=e), 0.3 * np.eye(e)) for _ in range(2))
        return cl.kernel(name, dom, cod, forward=truth, guide=guide)

    f, g = box("f", A, B) >> copy(B), box("g", B, A) @ box("h", B, B)
    after = quadratics(random, g.cod)
    apart, whole = walk(opt(f) >> opt(g), after), walk(f >> g, after)
    for mine, theirs in zip(apart.before, whole.before, strict=True):
        np.testing.assert_allclose(mine.H, theirs.H, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(mine.F, theirs.F, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(mine.c, theirs.c, rtol=1e-9, atol=1e-12)
    x = np.broadcast_to(random.normal(size=(2, 1, 1)), (2, 1, 5))
    (one, weights), (other, theirs) = apart.push([x], seed=3), whole.push([x], seed=3)
    np.testing.assert_allclose(weights, theirs, rtol=1e-9)
    for mine, samples in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, samples, rtol=1e-9)


def test_evidence_under_random_guides_is_the_same_for_numbers():
    random = np.random.default_rng(5)
    start = cl.kernel("x", Ty(), Real(2), Gaussian(np.zeros((2, 0)), [0.0, 1.0], np.eye(2)))
    truth = Gaussian(random.normal(size=(2, 2)), [0.1, 0.2], 0.5 * np.eye(2))
    after = [Canonical(np.zeros(1), np.array([[1.0], [-1.0]]), 0.8 * np.eye(2)[..., None])]
    exact = walk(start >> cl.kernel("y", Real(2), Real(2), truth), after).push([])[1][0]
    for _ in range(3):
        guide = Gaussian(truth.A + 0.2 * random.normal(size=(2, 2)), random.normal(size=2) * 0.3, np.eye(2) * 0.7)
        weights = walk(start >> cl.kernel("y", Real(2), Real(2), truth, guide), after).push([], n=20000, seed=1)[1]
        w = np.exp(weights - exact)
        assert weights.std() > 0.01
        assert abs(w.mean() - 1.0) < 4 * w.std() / np.sqrt(len(w))


def test_a_kernel_does_not_slide_through_a_copy():
    flip = channel("flip", X, X, [[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5]])
    after_copy, before_copy = copy(X) >> (flip @ flip), flip >> copy(X)
    flat = [LogVector.zero(3, 1)] * 2
    gap = np.abs(walk(after_copy, flat).measure() - walk(before_copy, flat).measure()).max()
    assert gap == pytest.approx(0.25)
    assert not cl.equal(after_copy, before_copy)
    assert after_copy != before_copy


def test_a_map_without_noise_does_slide():
    turn = channel("turn", X, X, [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    rng = Random(1)
    same(copy(X) >> (turn @ turn), turn >> copy(X), messages(rng, X @ X))


def test_side_by_side_is_only_lax_where_a_message_is_no_product():
    k, h = (channel(name, X, X, np.random.default_rng(i).dirichlet(np.ones(3), 3)) for i, name in enumerate("kh"))
    meet = channel(
        "meet", X @ X, Finite("0", "1"), [[[1.0 - (a == b), float(a == b)] for b in range(3)] for a in range(3)]
    )
    prior = state("p", X, [0.2, 0.3, 0.5]) @ state("q", X, [0.6, 0.3, 0.1])
    equal_ones = [LogVector(np.zeros(1), np.array([[0.0], [1.0]]))]
    model = prior >> (k @ h) >> meet
    exact = cl.bffg(model).backward({"meet": "1"}).log_evidence
    done = walk(opt(k) @ opt(h) >> opt(meet), equal_ones)
    assert len(done.before) == 2
    total = walk(opt(prior) >> (opt(k) @ opt(h)) >> opt(meet), equal_ones).measure().sum()
    assert total == pytest.approx(np.exp(exact), rel=1e-12)
    # The product alone, without the weight that goes with it, is another function.
    p, q = (box.data[0].values for box in cl.unfolded(prior).boxes)
    one, other = map(values, done.before)
    assert abs((p @ one) * (q @ other) / np.exp(exact) - 1.0) > 0.05


def test_a_walk_refuses_what_it_cannot_read():
    f = channel("f", X, X, np.eye(3))
    with pytest.raises(InputMismatch, match="ends in 1 wires"):
        walk(f, [])
    with pytest.raises(TypeMismatch, match="against"):
        walk(opt(f).flip(), [])
    with pytest.raises(TypeMismatch, match="not 3"):
        walk(3, [])
    with pytest.raises(UnknownBox, match="no kernel"):
        walk(cl.Box("f", X, X), [LogVector.zero(3, 1)])
    numbers = walk(gaussian("g", Real(), Real(), 1.0, 0.0, 1.0), [Canonical.zero(1, 1)])
    with pytest.raises(NotSupported, match="not finite"):
        numbers.measure()
    strange = cl.lens(cl.Box("get", Ty("X"), Ty("Y")), cl.Box("put", Ty("X", "Y"), Ty("X"))).flip()
    with pytest.raises(UnknownBox, match="no part of an optic"):
        walk(strange, [None])


def test_a_table_that_is_its_own_guide_object():
    table = Table(np.full((3, 3), 1 / 3))
    box = cl.Box("k", X, X, (Guided(table, table),))
    back = cl.bffg(state("s", X, [0.2, 0.3, 0.5]) >> box).backward({"k": "a"})
    assert back.exact
    assert near(back.smoother.forward(back, n=10).log_evidence, back.log_evidence)
