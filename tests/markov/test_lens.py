"""Bayesian lenses: the chain rule, both rules for soft evidence, supports; against enumeration in fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import log

import numpy as np
import pytest
from hypothesis import assume, given, settings

from catlearn import Box, Finite, Optic, Real, Ty, channel, copy, effect, identity, infer, permutation, state
from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import ImpossibleEvidence, InputMismatch, OffSupport, TypeMismatch, UnknownOutcome
from catlearn.interpreters.markov.effects import condition, validity
from catlearn.interpreters.markov.finite.weights import as_table
from catlearn.interpreters.markov.inversion import invert
from catlearn.interpreters.markov.lens import bayes
from catlearn.interpreters.markov.posterior import Joint
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, chains, floats, kernel, morphism, some_type

law = settings(max_examples=50, deadline=None, derandomize=True)
X, Y = Finite("a", "b"), Finite("p", "q", "r")


def numbers(answer):
    return answer.probabilities


def outcome(ty, at):
    names = tuple(ob.sizes[i] for ob, i in zip(ty.obs, at, strict=True))
    return names[0] if len(names) == 1 else names


def state_on(prediction_support, rng):
    """A random distribution over the support of a prediction, by outcome."""
    weights = {each: rng.randint(0, 4) for each in prediction_support}
    weights[rng.choice(prediction_support)] += 1
    return {each: Fraction(w, sum(weights.values())) for each, w in weights.items()}


def tables(at):
    return [as_table(d, exact=True) for d in (at.optic.first, at.optic.second, at.predicted)]


@law
@given(chains(2, effects=True))
def test_the_lens_of_a_composite_is_the_composite_of_lenses_on_the_nose(chain):
    prior, f, g = chain
    assume(oracle.table(prior >> f >> g))
    whole, parts = bayes(f >> g).at(prior), (bayes(f) >> bayes(g)).at(prior)
    # Against the diagram an effect of f excludes is a row of zeros in both; along it, effects make no difference.
    assert all(np.array_equal(a, b) for a, b in zip(tables(whole)[:2], tables(parts)[:2], strict=True))
    assert oracle.normalized(oracle.table(whole.predicted)) == oracle.normalized(oracle.table(parts.predicted))
    assert set(whole.support) == set(parts.support)


@law
@given(chains(3))
def test_composition_is_associative_and_has_units(chain):
    prior, f, g, h = (bayes(d) if d is not chain[0] else d for d in chain)
    one, two = ((f >> g) >> h).at(prior), (f >> (g >> h)).at(prior)
    assert all(np.array_equal(a, b) for a, b in zip(tables(one), tables(two), strict=True))
    unit = (bayes(identity(f.dom)) >> f >> bayes(identity(f.cod))).at(prior)
    assert all(np.array_equal(a, b) for a, b in zip(tables(unit), tables(f.at(prior)), strict=True))


@law
@given(RANDOMS)
def test_lenses_side_by_side_are_the_lens_side_by_side_at_product_priors(rng):
    f, g = (morphism(rng, some_type(rng, 1, 1), some_type(rng, 1, 1), boxes=1) for _ in range(2))
    p, q = (morphism(rng, Ty(), d.dom, boxes=1) for d in (f, g))
    whole = bayes(f @ g).at(p @ q)
    for prior in ((p, q), p @ q):
        parts = (bayes(f) @ bayes(g)).at(prior)
        assert all(np.array_equal(a, b) for a, b in zip(tables(whole), tables(parts), strict=True))


def layers(d):
    """A diagram as one box after another, each beside all wires that are still needed."""
    wiring = unfolded(d)
    count = len(wiring.dom)
    for box, reads, _ in wiring.steps():
        ty = Ty.of(wiring.obs[:count])
        yield permutation(ty, [*range(count), *reads]) >> (identity(ty) @ box)
        count += len(box.cod)
    yield permutation(Ty.of(wiring.obs), wiring.outputs.tolist())


@law
@given(chains(1, effects=True))
def test_box_by_box_with_all_wires_kept_together_is_the_whole(chain):
    prior, f = chain
    assume(oracle.table(prior >> f) and len(unfolded(f).obs) < 8)
    boxwise = bayes(identity(f.dom))
    for layer in layers(f):
        boxwise = boxwise >> bayes(layer)
    assert np.array_equal(tables(boxwise.at(prior))[1], as_table(invert(f, prior), exact=True))


@law
@given(chains(1, effects=True))
def test_backward_is_the_posterior_of_enumeration(chain):
    prior, f = chain
    joint = oracle.table(prior >> copy(f.dom) >> (identity(f.dom) @ f))
    assume(joint)
    at, n = bayes(f).at(prior), len(f.dom)
    for seen in product(*(range(len(ob.sizes)) for ob in f.cod.obs)):
        rows = {a[:n]: w for a, w in joint.items() if a[n:] == seen}
        if not rows:
            with pytest.raises(OffSupport):
                at.backward(outcome(f.cod, seen))
            continue
        found = numbers(at.backward(outcome(f.cod, seen)))
        assert {a: found[a] for a in np.ndindex(found.shape) if found[a]} == oracle.normalized(rows)


@law
@given(chains(1), RANDOMS)
def test_jeffreys_rule_comes_nearer_to_what_was_seen(chain, rng):
    prior, f = chain
    at = bayes(f).at(prior)
    seen = state_on(at.support, rng)
    after = bayes(f).at(_state(f.dom, at.backward(seen)))

    def divergence(prediction):
        found = numbers(prediction)
        entries = ((float(w), float(found[_index(f.cod, name)])) for name, w in seen.items() if w)
        return sum(w * (log(w) - log(p)) for w, p in entries)

    assert divergence(after.forward) <= divergence(at.forward) + 1e-12


@law
@given(chains(1), RANDOMS)
def test_pearls_rule_makes_what_was_seen_more_probable(chain, rng):
    prior, f = chain
    p = kernel(rng, "effect", f.cod, Ty())
    at = bayes(f).at(prior)
    if not validity(prior >> f, p):
        with pytest.raises(OffSupport):
            at.observe(p)
        return
    after = _state(f.dom, at.observe(p))
    assert validity(after >> f, p) >= validity(prior >> f, p)
    assert np.array_equal(as_table(after, exact=True), as_table(condition(prior, f >> p), exact=True))


@law
@given(chains(1), RANDOMS)
def test_pearls_rule_is_jeffreys_for_the_updated_prediction(chain, rng):
    prior, f = chain
    p, at = kernel(rng, "effect", f.cod, Ty()), bayes(f).at(prior)
    assume(validity(prior >> f, p))
    assert np.array_equal(numbers(at.observe(p)), numbers(at.backward(condition(prior >> f, p))))


@law
@given(chains(1))
def test_what_is_predicted_and_seen_teaches_nothing(chain):
    prior, f = chain
    at = bayes(f).at(prior)
    assert np.array_equal(numbers(at.backward(at.predicted)), as_table(prior, exact=True))


@law
@given(chains(2))
def test_floats_agree_with_fractions(chain):
    prior, f, g = chain
    exact, rough = (bayes(a) >> bayes(b) for a, b in ((f, g), map(floats, (f, g))))
    exact, rough = exact.at(prior), rough.at(floats(prior))
    assert exact.support == rough.support
    for seen in exact.support:
        np.testing.assert_allclose(
            numbers(rough.backward(seen)), numbers(exact.backward(seen)).astype(float), atol=1e-13
        )


def _state(ty, answer):
    return state("answer", ty, numbers(answer))


def _index(ty, names):
    names = names if isinstance(names, tuple) else (names,)
    return tuple(ob.sizes.index(name) for ob, name in zip(ty.obs, names, strict=True))


WET = channel("wet", X, Y, [[0.5, 0.5, 0.0], [0.0, 0.25, 0.75]])
PRIOR = state("rain", X, [0.25, 0.75])


def test_a_lens_answers_what_inference_answers():
    q, at = infer(PRIOR >> copy() >> (identity() @ WET)), bayes(WET).at(PRIOR)
    np.testing.assert_allclose(numbers(at.backward("q")), numbers(q.posterior({"wet": "q"})["rain"]))
    soft = {"p": 0.5, "q": 0.25, "r": 1.0}
    np.testing.assert_allclose(numbers(at.observe(soft)), numbers(q.posterior({"wet": soft})["rain"]))
    np.testing.assert_allclose(numbers(at.observe({"p", "q"})), numbers(q.posterior({"wet": {"p", "q"}})["rain"]))


def test_an_answer_is_the_next_prior():
    lens = bayes(WET)
    once = lens.at(PRIOR).backward("q")
    np.testing.assert_allclose(numbers(lens.at(once).backward("q")), [4 / 7, 3 / 7])
    both = bayes(WET @ WET)
    joint = both.at(PRIOR >> copy()).backward(("p", "q"))
    assert isinstance(joint, Joint)
    assert joint["a", "a"] == 1.0
    assert numbers(both.at(joint).forward)[0, 1] == 0.25


def test_the_optic_has_no_residual_and_its_passes_are_diagrams():
    optic = (bayes(WET) >> bayes(identity(Y))).at(PRIOR).optic
    assert isinstance(optic, Optic)
    assert optic.residual == Ty()
    assert (optic.first.dom, optic.second.cod) == (X, X)


def test_a_state_and_an_effect_are_lenses_too():
    at = bayes(PRIOR >> WET).at(identity(Ty()))
    assert at.support == ("p", "q", "r")
    assert at.backward("p")[()] == 1.0
    at = bayes(effect("seen", X, [1.0, 0.0])).at(PRIOR)
    assert numbers(at.backward(())).tolist() == [1.0, 0.0]


def test_off_the_support_is_an_error_that_says_what_is_on_it():
    at = bayes(WET).at({"a": 1.0})
    assert at.support == ("p", "q")
    with pytest.raises(OffSupport, match="'r' has probability 0 under the prior; what can be observed is p, q"):
        at.backward("r")
    with pytest.raises(OffSupport, match="'r' has"):
        at.backward({"p": 0.5, "r": 0.5})
    with pytest.raises(OffSupport, match="excludes all"):
        at.observe({"r": 1.0})
    two = (bayes(WET) >> bayes(channel("g", Y, X, [[1, 0], [1, 0], [0, 1]]))).at({"a": 1.0})
    with pytest.raises(OffSupport, match="'b' has"):
        two.backward("b")


def test_errors():
    lens = bayes(WET)
    with pytest.raises(UnknownOutcome, match="'s'"):
        lens.at(PRIOR).backward("s")
    with pytest.raises(InputMismatch, match="in a tuple"):
        lens.at(PRIOR).backward(("p", "q"))
    with pytest.raises(TypeMismatch, match="does not meet"):
        lens >> lens
    with pytest.raises(TypeMismatch, match="a state here"):
        lens.at(WET)
    with pytest.raises(TypeMismatch, match="without correlation"):
        (lens @ lens).at(PRIOR >> copy())
    with pytest.raises(InputMismatch, match="two priors"):
        (lens @ lens).at((PRIOR, PRIOR, PRIOR))
    with pytest.raises(ImpossibleEvidence):
        bayes(copy(X) >> (WET @ effect("no", X, [0, 0]))).at(PRIOR)


def singular(rng, n):
    root = rng.normal(size=(n, rng.integers(0, n + 1)))
    return root @ root.T


@pytest.mark.parametrize("seed", range(40))
def test_gaussian_lenses_compose_on_the_support_with_singular_covariances(seed):
    rng = np.random.default_rng(seed)
    a, b, c = rng.integers(1, 5, 3)
    A, B, C = (Real(int(n)) for n in (a, b, c))
    prior = gaussian_state("p", A, rng.normal(size=a), singular(rng, a))
    f = gaussian("f", A, B, rng.normal(size=(b, a)), rng.normal(size=b), singular(rng, b))
    g = gaussian("g", B, C, rng.normal(size=(c, b)), rng.normal(size=c), singular(rng, c))
    whole, parts = bayes(f >> g).at(prior), (bayes(f) >> bayes(g)).at(prior)
    support = whole.support
    value = support.mean + support.spread @ rng.normal(size=support.dimension)
    one, other = whole.backward(value), parts.backward(value)
    np.testing.assert_allclose(one.mean, other.mean, atol=1e-7)
    np.testing.assert_allclose(one.covariance, other.covariance, atol=1e-7)


def test_gaussian_lenses_answer_bayes_jeffrey_and_pearl():
    height = gaussian_state("height", Real(), 170.0, 49.0)
    weight = gaussian("weight", Real(), Real(), 0.9, -85.0, 25.0)
    at, q = bayes(weight).at((170.0, 49.0)), infer_gaussian(height >> copy() >> (identity() @ weight))
    assert at.forward.mean == pytest.approx(68.0)
    expected = q.posterior({"weight": 80.0})["height"]
    assert at.backward(80.0).mean == pytest.approx(expected.mean)
    assert at.backward(80.0).variance == pytest.approx(expected.variance)
    assert at.backward(at.predicted).variance == pytest.approx(49.0)
    scales = gaussian("scales", Real(), Real(), 1.0, 0.0, 4.0)
    read = infer_gaussian(height >> copy() >> (identity() @ (weight >> scales))).posterior({"scales": 80.0})
    assert at.observe((scales, 80.0)).mean == pytest.approx(read["height"].mean)
    pair = (bayes(weight) @ bayes(weight)).at(height @ height).backward([80.0, 68.0])
    assert pair.mean == pytest.approx([expected.mean, 170.0])


def test_gaussian_errors():
    same = gaussian("same", Real(), Real(2), [[1.0], [1.0]], 0.0, np.zeros((2, 2)))
    at = bayes(same).at((0.0, 1.0))
    with pytest.raises(OffSupport, match="1 of 2 directions"):
        at.backward([1.0, 2.0])
    with pytest.raises(OffSupport, match="varies in directions"):
        at.backward(([0.0, 0.0], np.eye(2)))
    with pytest.raises(InputMismatch, match="2 numbers"):
        at.backward([1.0])
    with pytest.raises(InputMismatch, match="channel, value"):
        at.observe(3.0)
    with pytest.raises(InputMismatch, match="mean, covariance"):
        bayes(same).at("tall")
    with pytest.raises(TypeMismatch, match="without correlation"):
        (bayes(identity(Real())) @ bayes(identity(Real()))).at(gaussian_state("x", Real(), 0.0, 1.0) >> copy())


def infer_gaussian(model):
    from catlearn.interpreters.markov.gaussian.inference import infer_gaussian

    return infer_gaussian(model)


def test_wires_of_no_known_kind_are_refused():
    from catlearn.errors import NotSupported

    with pytest.raises(NotSupported, match="Finite or all Real"):
        bayes(Box("f", Ty("T"), Ty("T")))
