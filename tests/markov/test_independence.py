"""Conditional independence, by graph and by number."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, settings

from catlearn import Finite, Real, channel, copy, effect, identity, state
from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.errors import ImpossibleEvidence, InputMismatch, TypeMismatch, UnknownVariable
from catlearn.interpreters.markov.independence import independent
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, floats, models

law = settings(max_examples=80, deadline=None, derandomize=True)
X = Finite("a", "b")


def by_enumeration(model, *sets):
    """Whether p(x, y, z) p(z) = p(x, z) p(y, z) everywhere."""
    names = variables(model)
    x, y, z = ([names.index(name) for name in some] for some in sets)
    whole = oracle.joint(model, x + y + z)
    n, m = len(x), len(y)
    xs, ys, zs = range(n), range(n, n + m), range(n + m, n + m + len(z))
    xz, yz, alone = (oracle.marginal(whole, [*some, *zs]) for some in (xs, ys, ()))
    return all(
        whole.get(a[:n] + b[:m] + a[n:], Fraction(0)) * alone[a[n:]] == p * q
        for a, p in xz.items()
        for b, q in yz.items()
        if a[n:] == b[m:]
    )


def parts(rng, names, count):
    """Disjoint sets of variables, the first ones not empty."""
    names = rng.sample(names, len(names))
    cuts = sorted(rng.randint(1, len(names)) for _ in range(count - 1))
    return [names[a:b] for a, b in zip([0, *cuts], [*cuts, len(names)], strict=True)]


@law
@given(models(effects=True, least=4), RANDOMS)
def test_by_number_is_what_enumeration_tells(model, rng):
    assume(oracle.joint(model, []) and len(variables(model)) >= 2)
    one, other, known, _ = parts(rng, list(variables(model)), 4)
    expected = by_enumeration(model, one, other, known)
    assert independent(model, one, other, known, by="number") == expected
    assert independent(floats(model), one, other, known, by="number") == expected


@law
@given(models(effects=True, least=4), RANDOMS)
def test_what_is_separated_in_the_graph_is_independent_by_number(model, rng):
    assume(oracle.joint(model, []) and len(variables(model)) >= 2)
    one, other, known, _ = parts(rng, list(variables(model)), 4)
    if independent(model, one, other, known):
        assert by_enumeration(model, one, other, known)


@law
@given(models(effects=True, least=4), RANDOMS)
def test_graphoid_axioms(model, rng):
    assume(oracle.joint(model, []) and len(variables(model)) >= 3)
    x, y, w, z = parts(rng, list(variables(model)), 4)

    for by in ("graph", "number"):

        def told(one, other, known, by=by):
            return independent(model, one, other, known, by=by)

        assert told(x, y, z) == told(y, x, z)
        if told(x, y + w, z):
            assert told(x, y, z)
            assert told(x, w, z)
            assert told(x, y, z + w)  # weak union
        if told(x, y, z) and told(x, w, z + y):
            assert told(x, y + w, z)  # contraction


def collider():
    coins = state("one", X, [0.5, 0.5]) @ state("two", X, [0.5, 0.5])
    same = channel("same", X @ X, X, [[[1, 0], [0, 1]], [[0, 1], [1, 0]]])
    return coins >> copy() >> (identity(X @ X) @ same)


@pytest.mark.parametrize("by", ["graph", "number"])
def test_a_common_effect_makes_its_causes_dependent_when_it_is_seen(by):
    assert independent(collider(), "one", "two", by=by)
    assert not independent(collider(), "one", "two", given="same", by=by)
    # An effect that is part of the model is always seen.
    seen = collider() >> (identity(X @ X) @ effect("seen", X, [1, 0.5]))
    assert not independent(seen, "one", "two", by=by)


def test_numbers_may_make_more_independent_than_the_graph():
    model = state("x", X, [0.5, 0.5]) >> copy() >> (identity() @ channel("y", X, X, [[0.25, 0.75], [0.25, 0.75]]))
    assert not independent(model, "x", "y")
    assert independent(model, "x", "y", by="number")


def test_outputs_of_one_box_depend_on_one_another():
    model = state("both", X @ X, [[0.5, 0.0], [0.0, 0.5]])
    assert not independent(model, "both.0", "both.1")


@pytest.mark.parametrize("by", ["graph", "number"])
def test_gaussian_models(by):
    step = gaussian("step", Real(), Real(), 0.5, 0.0, 1.0)
    last = step >> copy() >> (identity() @ step)
    model = gaussian_state("x", Real(), 0.0, 1.0) >> copy() >> (identity() @ last)
    assert not independent(model, "x", "step#2", by=by)
    assert independent(model, "x", "step#2", given="step", by=by)


def test_errors():
    model = collider()
    with pytest.raises(UnknownVariable, match="did you mean 'one'"):
        independent(model, "on", "two")
    with pytest.raises(InputMismatch, match="one is named twice"):
        independent(model, "one", ["two", "one"])
    with pytest.raises(InputMismatch, match="by='graph'"):
        independent(model, "one", "two", by="eye")
    with pytest.raises(InputMismatch, match="give the names of variables, not None"):
        independent(model, "one", None)
    with pytest.raises(UnknownVariable, match="no variable 1"):
        independent(model, "one", [1])
    with pytest.raises(InputMismatch, match="a tolerance is a number from 0 up, not 'low'"):
        independent(model, "one", "two", by="number", tolerance="low")
    with pytest.raises(TypeMismatch, match="no inputs"):
        independent(identity(X), "one", "two")
    impossible = model >> (effect("no", X, [0, 0]) @ identity(X @ X))
    with pytest.raises(ImpossibleEvidence):
        independent(impossible, "one", "two", by="number")
