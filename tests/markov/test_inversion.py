"""Bayesian inverses: their defining equation, and what follows from it; all against enumeration in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings

from catlearn import Box, Finite, Real, Ty, channel, copy, discard, effect, identity, infer, state, swap
from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.diagrams.theories.markov.table import Table
from catlearn.errors import (
    ImpossibleEvidence,
    NotSupported,
    ShapeMismatch,
    TooLarge,
    TypeMismatch,
    UnknownBox,
    UnknownOutcome,
)
from catlearn.interpreters.markov.finite.weights import as_table
from catlearn.interpreters.markov.inversion import almost_equal, disintegrate, invert
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, chains, floats, kernel, morphism, morphisms, some_type

law = settings(max_examples=60, deadline=None, derandomize=True)
X, Y = Finite("a", "b"), Finite("p", "q", "r")


def entries(values: np.ndarray) -> dict[tuple[int, ...], Fraction]:
    return {at: values[at] for at in product(*map(range, values.shape)) if values[at]}


@law
@given(morphisms(effects=True))
def test_the_table_of_a_diagram_is_what_enumeration_gives(d):
    assert entries(as_table(d, exact=True)) == oracle.table(d)
    np.testing.assert_allclose(as_table(floats(d)), as_table(d, exact=True).astype(float), atol=1e-14)


@law
@given(chains(1))
def test_the_defining_equation(chain):
    prior, f = chain
    back = invert(f, prior)
    left = prior >> copy(f.dom) >> (identity(f.dom) @ f)
    right = prior >> f >> copy(f.cod) >> (back @ identity(f.cod))
    assert oracle.table(left) == oracle.table(right)


@law
@given(chains(1, effects=True))
def test_an_inverse_is_the_posterior_with_the_effects_of_the_diagram(chain):
    prior, f = chain
    joint = oracle.table(prior >> copy(f.dom) >> (identity(f.dom) @ f))
    assume(joint)
    n = len(f.dom)
    total = oracle.marginal(joint, list(range(n, n + len(f.cod))))
    expected = {at[n:] + at[:n]: weight / total[at[n:]] for at, weight in joint.items()}
    assert entries(invert(f, prior).data[0].values) == expected


@law
@given(chains(1))
def test_floats_agree_with_fractions_and_have_the_same_support(chain):
    prior, f = chain
    exact, rough = invert(f, prior).data[0].values, invert(floats(f), floats(prior)).data[0].values
    np.testing.assert_allclose(rough, exact.astype(float), atol=1e-14)
    assert np.array_equal(rough > 0, exact > 0)


@law
@given(chains(1))
def test_the_inverse_of_the_inverse_is_the_diagram_on_the_support(chain):
    prior, f = chain
    assert almost_equal(invert(invert(f, prior), prior >> f), f, wrt=prior, tolerance=0)


@law
@given(RANDOMS)
def test_the_inverse_of_the_identity_is_the_identity_on_the_support(rng):
    ty = some_type(rng, 1)
    prior = morphism(rng, Ty(), ty)
    assert almost_equal(invert(identity(ty), prior), identity(ty), wrt=prior, tolerance=0)


@law
@given(chains(2))
def test_the_chain_rule_holds_on_the_nose(chain):
    prior, f, g = chain
    whole = as_table(invert(f >> g, prior))
    boxwise = as_table(invert(g, prior >> f) >> invert(f, prior))
    # Everywhere, since off the support both are rows of zeros; not only up to almost equality.
    assert np.array_equal(whole, boxwise)


@law
@given(RANDOMS)
def test_side_by_side_inverts_side_by_side_for_product_priors(rng):
    (p, f), (q, g) = (_state_and_channel(rng) for _ in range(2))
    left, right = invert(f @ g, p @ q), invert(f, p) @ invert(g, q)
    assert np.array_equal(as_table(left), as_table(right))


def _state_and_channel(rng):
    dom, cod = some_type(rng, 1, 1), some_type(rng, 1, 1)
    return morphism(rng, Ty(), dom), morphism(rng, dom, cod, boxes=1)


def test_side_by_side_does_not_for_a_correlated_prior():
    # Whoever wants to invert box by box after a copy should look here: the wires know of one another.
    half = Fraction(1, 2)
    prior = state("coin", X, [half, half]) >> copy()
    noisy = channel("noisy", X, X, [[3 * half / 2, half / 2], [half / 2, 3 * half / 2]])
    whole = invert(noisy @ noisy, prior)
    alone = state("coin", X, [half, half])
    assert not almost_equal(whole, invert(noisy, alone) @ invert(noisy, alone), wrt=prior >> (noisy @ noisy))


def filled(inverse, fill):
    """An inverse with every row of zeros replaced."""
    values = inverse.data[0].values
    n = len(inverse.dom)
    sums = values.sum(axis=tuple(range(n, values.ndim)), keepdims=True)
    return place_kernel("filled", inverse.dom, inverse.cod, Table(np.where(sums > 0, values, fill)))


def test_an_inverse_filled_up_uniformly_breaks_the_chain_rule():
    # So do not "simplify" the rows of zeros away: a total inverse composes on the support only, not on the nose.
    prior = state("x", X, [Fraction(1, 4), Fraction(3, 4)])
    f = channel("f", X, Y, [[Fraction(1), 0, 0], [1, 0, 0]])
    g = channel("g", Y, X, [[Fraction(1), 0], [0, 1], [0, 1]])
    half, third = Fraction(1, 2), Fraction(1, 3)
    whole = filled(invert(f >> g, prior), half)
    boxwise = filled(invert(g, prior >> f), third) >> filled(invert(f, prior), half)
    assert almost_equal(whole, boxwise, wrt=prior >> f >> g, tolerance=0)
    assert not np.array_equal(as_table(whole), as_table(boxwise))


@law
@given(chains(2))
def test_an_inverse_filled_up_with_the_prior_keeps_the_chain_rule(chain):
    prior, f, g = chain
    some, more = as_table(prior, exact=True), as_table(prior >> f, exact=True)
    whole = filled(invert(f >> g, prior), some)
    boxwise = filled(invert(g, prior >> f), more) >> filled(invert(f, prior), some)
    assert np.array_equal(as_table(whole, exact=True), as_table(boxwise, exact=True))


def test_an_inverse_filled_up_with_the_prior_breaks_the_identity_law():
    # The other simplification. It makes no functor: the inverse of doing nothing would do something.
    prior = state("x", X, [Fraction(1), Fraction(0)])
    total = filled(invert(identity(X), prior), as_table(prior))
    assert not np.array_equal(as_table(total), as_table(identity(X)))
    assert almost_equal(total, identity(X), wrt=prior, tolerance=0)


@law
@given(morphisms(), RANDOMS)
def test_almost_equality_is_equality_of_joint_states(f, rng):
    prior = kernel(rng, "prior", Ty(), f.dom) if len(f.dom) else identity(Ty())
    g = morphism(rng, f.dom, f.cod, boxes=1) if rng.random() < 0.8 else f
    joints = [oracle.table(prior >> copy(f.dom) >> (identity(f.dom) @ h)) for h in (f, g)]
    assert almost_equal(f, g, wrt=prior, tolerance=0) == (joints[0] == joints[1])


def test_copies_and_crossings_are_turned_round():
    prior = state("x", X, [0.5, 0.5])
    assert almost_equal(invert(copy(X), prior) >> copy(X), identity(X @ X), wrt=prior >> copy())
    both = prior @ state("y", Y, [0.25, 0.25, 0.5])
    assert almost_equal(invert(swap(X, Y), both), swap(Y, X), wrt=both >> swap(X, Y))


def test_a_discard_is_turned_round_to_the_prior():
    assert as_table(invert(discard(X), {"a": 0.25, "b": 0.75})).tolist() == [0.25, 0.75]


def test_long_chains_are_not_listed():
    step = channel("step", X, X, [[0.9, 0.1], [0.2, 0.8]])
    d = step
    for _ in range(200):
        d = d >> copy() >> (identity() @ step) >> (discard(X) @ identity(X))
    assert invert(d, {"a": 0.5, "b": 0.5}).dom == X


def test_many_effects_do_not_underflow():
    d = identity(X)
    for _ in range(2000):
        d = d >> copy() >> (identity() @ effect("seen", X, [0.5, 0.4]))
    np.testing.assert_allclose(as_table(invert(d, [0.5, 0.5])), [[1, 0], [0, 1]])
    d = state("x", X, [0.5, 0.5]) >> d >> channel("y", X, X, [[0.5, 0.5], [0.25, 0.75]])
    assert invert(d, identity(Ty())).cod == Ty()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: invert(channel("f", X, Y, np.full((2, 3), 1 / 3)), state("y", Y, [1, 0, 0])), TypeMismatch),
        (lambda: invert(channel("f", X, Y, np.full((2, 3), 1 / 3)), [1.0, 0.0, 0.0]), ShapeMismatch),
        (lambda: invert(identity(X), {"c": 1.0}), UnknownOutcome),
        (lambda: invert(effect("none", X, [0, 1]), {"a": 1.0}), ImpossibleEvidence),
        (lambda: invert(identity(Ty("T")), [1.0]), NotSupported),
        (lambda: invert(identity(X @ Real()), [1.0]), NotSupported),
        (lambda: as_table(identity(Ty.of(Y.obs * 9))), TooLarge),
        (lambda: as_table(Box("f", X, X)), UnknownBox),
        (lambda: almost_equal(identity(X), identity(Y), wrt=[1.0]), TypeMismatch),
    ],
)
def test_errors_are_typed_and_take_one_line(call, error):
    with pytest.raises(error) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) > 20


def test_an_inverse_says_something_of_its_input_even_when_nobody_looks_at_its_output():
    # It is a partial kernel: off the support its row is no distribution. So it is never left out of a model.
    back = invert(channel("f", X, X, [[1, 0], [1, 0]]), [0.5, 0.5])
    model = state("y", X, [0.25, 0.75]) >> copy() >> (identity() @ back)
    q = infer(model)
    assert q.posterior()["y"]["a"] == q.joint(["y"])["a"] == 1.0
    assert infer(model, asked=["y"]).posterior()["y"]["a"] == 1.0
    assert infer(model, exact=True).evidence() == Fraction(1, 4)
    assert as_table(model >> (identity(X) @ discard(X))).tolist() == [0.25, 0.0]


@pytest.mark.parametrize("seed", range(20))
def test_gaussian_inverses_and_disintegrations(seed):
    rng = np.random.default_rng(seed)
    a, b = (int(n) for n in rng.integers(1, 4, 2))

    def spread(n):
        root = rng.normal(size=(n, rng.integers(0, n + 1)))
        return root @ root.T

    prior = gaussian_state("x", Real(a), rng.normal(size=a), spread(a))
    f = gaussian("y", Real(a), Real(b), rng.normal(size=(b, a)), rng.normal(size=b), spread(b))
    back = invert(f, prior)
    joint = prior >> copy() >> (identity() @ f)
    turned = prior >> f >> copy() >> (back @ identity(f.cod))
    nothing = identity(Ty())
    assert almost_equal(joint, turned, wrt=nothing, tolerance=1e-7)
    predicted, channel_back = disintegrate(joint, keep=["y"])
    assert almost_equal(prior >> f, predicted, wrt=nothing)
    assert almost_equal(channel_back, back, wrt=predicted, tolerance=1e-7)
    assert not almost_equal(f, f >> gaussian("more", Real(b), Real(b), np.eye(b), 1.0, np.eye(b)), wrt=prior)
