"""Joint states as a marginal and a channel: the defining equation, against enumeration in fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings

from catlearn import Finite, Ty, channel, copy, effect, identity, permutation, state
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.errors import ImpossibleEvidence, InputMismatch, TypeMismatch, UnknownVariable
from catlearn.interpreters.markov.finite.weights import as_table
from catlearn.interpreters.markov.inversion import disintegrate, invert
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, chains, floats, models

law = settings(max_examples=60, deadline=None, derandomize=True)
X, Y = Finite("a", "b"), Finite("p", "q", "r")


def glued(marginal, conditional):
    return marginal >> copy(marginal.cod) >> (identity(marginal.cod) @ conditional)


@law
@given(models(effects=True), RANDOMS)
def test_the_defining_equation(joint, rng):
    assume(oracle.table(joint))
    count = len(joint.cod)
    keep = rng.sample(range(count), rng.randint(0, count))
    order = keep + [i for i in range(count) if i not in keep]
    marginal, conditional = disintegrate(joint, keep)
    assert oracle.table(glued(marginal, conditional)) == oracle.table(joint >> permutation(joint.cod, order))
    rough = glued(*disintegrate(floats(joint), keep))
    np.testing.assert_allclose(as_table(rough), as_table(glued(marginal, conditional)).astype(float), atol=1e-13)


@law
@given(models(effects=True), RANDOMS)
def test_rows_are_distributions_on_the_support_and_zeros_off_it(joint, rng):
    assume(oracle.table(joint))
    keep = rng.sample(range(len(joint.cod)), rng.randint(0, len(joint.cod)))
    marginal, conditional = disintegrate(joint, keep)
    table, n = conditional.data[0].values, len(keep)
    sums = table.sum(axis=tuple(range(n, table.ndim))) if table.ndim > n else table
    assert np.array_equal(sums, (marginal.data[0].values > 0).astype(int))


@law
@given(chains(1))
def test_an_inverse_is_a_disintegration_the_other_way(chain):
    prior, f = chain
    joint = prior >> copy(f.dom) >> (identity(f.dom) @ f)
    n = len(f.dom)
    predicted, back = disintegrate(joint, range(n, n + len(f.cod)))
    assert np.array_equal(as_table(back, exact=True), as_table(invert(f, prior), exact=True))
    assert np.array_equal(as_table(predicted, exact=True), as_table(prior >> f, exact=True))


def test_variables_keep_their_names():
    rain = state("rain", X, [0.75, 0.25])
    model = rain >> copy() >> (identity() @ channel("wet", X, Y, [[0.5, 0.25, 0.25], [0, 0.5, 0.5]]))
    assert variables(glued(*disintegrate(model, keep=["wet"]))) == ("wet", "rain")
    assert variables(glued(*disintegrate(model, keep=["rain", "wet"])))[:2] == ("marginal.0", "marginal.1")


def test_the_marginal_has_the_mass_of_the_joint():
    joint = (
        state("x", X, [Fraction(1, 4), Fraction(3, 4)]) >> copy() >> (identity() @ effect("e", X, [1, Fraction(1, 3)]))
    )
    marginal, rest = disintegrate(joint, [0])
    assert marginal.data[0].values.tolist() == [Fraction(1, 4), Fraction(1, 4)]
    assert rest.cod == Ty()
    assert rest.data[0].values.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("keep", "error"),
    [
        (["z"], UnknownVariable),
        ([2], UnknownVariable),
        ([-1], UnknownVariable),
        ([0, "x"], InputMismatch),
        ("x", InputMismatch),
    ],
)
def test_what_is_kept_is_checked(keep, error):
    both = state("x", X, [0.5, 0.5]) @ state("y", X, [0.5, 0.5])
    with pytest.raises(error):
        disintegrate(both, keep)


def test_only_states_with_mass_are_disintegrated():
    with pytest.raises(TypeMismatch, match="no inputs"):
        disintegrate(identity(X), [0])
    with pytest.raises(ImpossibleEvidence):
        disintegrate(state("x", X, [1, 0]) >> copy() >> (identity() @ effect("e", X, [0, 1])), [0])
