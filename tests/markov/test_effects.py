"""Effects, and the laws of the category that states, channels and effects are part of."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings

from catlearn import Finite, Real, Ty, channel, copy, discard, effect, identity, permutation, state, swap
from catlearn.errors import ImpossibleEvidence, NotSupported, TypeMismatch, UnknownOutcome
from catlearn.interpreters.markov.effects import condition, normalize, validity
from catlearn.interpreters.markov.finite.weights import as_table
from catlearn.interpreters.markov.inversion import disintegrate
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, chains, floats, kernel, models, morphism, morphisms, some_type

law = settings(max_examples=60, deadline=None, derandomize=True)
X, Y = Finite("a", "b"), Finite("p", "q", "r")


def same(f, g):
    return np.array_equal(as_table(f, exact=True), as_table(g, exact=True))


def both(p, q):
    """The product of two effects."""
    return copy(p.dom) >> (p @ q)


def state_and_effects(rng, count):
    ty = some_type(rng, 1)
    return morphism(rng, Ty(), ty), *(kernel(rng, "effect", ty, Ty()) for _ in range(count))


@law
@given(morphisms())
def test_copies_form_a_comonoid_and_what_is_discarded_is_gone(d):
    ty = d.dom
    assert same(copy(ty) >> (copy(ty) @ identity(ty)), copy(ty) >> (identity(ty) @ copy(ty)))
    assert same(copy(ty) >> (discard(ty) @ identity(ty)), identity(ty))
    assert same(copy(ty) >> swap(ty, ty), copy(ty))
    assert same(d >> discard(d.cod), discard(ty))


@law
@given(RANDOMS)
def test_copying_is_natural_exactly_for_what_is_deterministic(rng):
    f = kernel(rng, "f", some_type(rng, 0), some_type(rng, 1), zeros=0.8)
    deterministic = set(f.data[0].values.ravel().tolist()) <= {0, 1}
    assert same(f >> copy(f.cod), copy(f.dom) >> (f @ f)) == deterministic


@law
@given(models(effects=True))
def test_normalize_is_the_last_step_of_enumeration(d):
    found = oracle.table(d)
    assume(found)
    assert oracle.table(normalize(d)) == oracle.normalized(found)
    np.testing.assert_allclose(as_table(normalize(floats(d))), as_table(normalize(d)).astype(float), atol=1e-14)


@law
@given(RANDOMS)
def test_effects_one_after_the_other_are_their_product(rng):
    w, p, q = state_and_effects(rng, 2)
    assume(validity(w, both(p, q)))
    assert same(condition(w, both(p, q)), condition(condition(w, p), q))


@law
@given(RANDOMS)
def test_bayes_rule_of_validities(rng):
    w, p, q = state_and_effects(rng, 2)
    assume(validity(w, p))
    assert validity(condition(w, p), q) == validity(w, both(p, q)) / validity(w, p)


@law
@given(RANDOMS)
def test_to_observe_raises_validity(rng):
    w, p = state_and_effects(rng, 1)
    assume(validity(w, p))
    assert validity(condition(w, p), p) >= validity(w, p)


@law
@given(chains(1), RANDOMS)
def test_an_effect_is_as_valid_after_a_channel_as_pulled_back_before_it(chain, rng):
    prior, f = chain
    p = kernel(rng, "effect", f.cod, Ty())
    assert validity(prior >> f, p) == validity(prior, f >> p) == sum(oracle.table(prior >> f >> p).values())


@law
@given(RANDOMS)
def test_crossover(rng):
    # To update a joint state on one side and look at the other is to update the first side and push it through.
    dom, cod = some_type(rng, 1), some_type(rng, 1)
    joint, p = morphism(rng, Ty(), dom @ cod), kernel(rng, "effect", dom, Ty())
    n = len(dom)
    first, across = disintegrate(joint, range(n))
    assume(validity(first, p))
    aside = condition(joint, p @ discard(cod)) >> permutation(dom @ cod, range(n, n + len(cod)))
    assert same(aside, condition(first, p) >> across)


def test_effects_are_read_as_users_write_them():
    die = state("die", Y, [0.5, 0.25, 0.25])
    for likelihood in ("q", {"q"}, {"q": 2.0}, [0, 1, 0], effect("e", Y, [0, 0.25, 0])):
        assert condition(die, likelihood).data[0].values.tolist() == [0, 1, 0]
    two = die @ state("coin", X, [0.5, 0.5])
    assert condition(two, ("q", "a")).data[0].values[1].tolist() == [1, 0]
    assert validity(two, {("q", "a"), ("r", "a")}) == 0.25
    assert validity(two, {("q", "a"): 0.5}) == 0.0625
    assert condition(die, "q").name == "die"


def test_one_normalization_after_many_effects_does_not_underflow():
    d = state("coin", X, [0.5, 0.5])
    for _ in range(2000):
        d = d >> copy() >> (identity() @ effect("seen", X, [0.25, 0.25]))
    np.testing.assert_allclose(as_table(normalize(d)), [0.5, 0.5])


def test_errors():
    die = state("die", Y, [0.5, 0.5, 0])
    with pytest.raises(ImpossibleEvidence, match="excludes all that is possible: p, q"):
        condition(die, "r")
    with pytest.raises(ImpossibleEvidence):
        normalize(die >> effect("e", Y, [0, 0, Fraction(1)]))
    with pytest.raises(UnknownOutcome, match="did you mean 'p'"):
        condition(die, "pp")
    with pytest.raises(TypeMismatch, match="no inputs"):
        normalize(channel("f", X, X, [[1, 0], [0, 1]]))
    with pytest.raises(TypeMismatch, match="an effect here"):
        condition(die, discard(X))
    with pytest.raises(NotSupported, match="log_evidence"):
        validity(identity(Ty()) @ real(), discard(Real()))


def real():
    from catlearn.diagrams.theories.markov.gaussian import gaussian_state

    return gaussian_state("x", Real(), 0.0, 1.0)
