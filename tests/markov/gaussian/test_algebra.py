"""The laws of Gaussian kernels, with covariances of any rank, against dense formulae and scipy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.errors import InputMismatch, OffSupport, ShapeMismatch, TypeMismatch
from catlearn.interpreters.markov.gaussian.algebra import compose, condition, graph_of, log_density, marginal, tensor
from catlearn.interpreters.markov.gaussian.inversion import invert_gaussian
from catlearn.interpreters.markov.gaussian.support import support_of

SEEDS = st.integers(0, 2**32 - 1)


def noise(random, n):
    """A covariance of any rank, of small whole numbers: its rank is exact."""
    root = random.integers(-2, 3, (n, random.integers(0, n + 1))).astype(float)
    return root @ root.T


def channel(random, n, m):
    return Gaussian(random.integers(-2, 3, (m, n)), random.normal(size=m), noise(random, m))


def state(random, n):
    return channel(random, 0, n)


def draw(random, state):
    root = support_of(state.b, state.S).spread
    return state.b + root @ random.normal(size=root.shape[1])


def close(f, g, tolerance=1e-7):
    return all(np.allclose(a, b, rtol=tolerance, atol=tolerance) for a, b in ((f.A, g.A), (f.b, g.b), (f.S, g.S)))


@settings(max_examples=150)
@given(seed=SEEDS, n=st.integers(1, 4), m=st.integers(1, 4))
def test_the_defining_equation_of_inversion(seed, n, m) -> None:
    """prior >> copy >> (id @ kernel) is pushed >> copy >> (inverse @ id), whatever is singular."""
    random = np.random.default_rng(seed)
    prior, kernel = state(random, n), channel(random, n, m)
    joint = graph_of(prior, kernel)
    pushed = compose(prior, kernel)
    back = graph_of(pushed, invert_gaussian(kernel, prior).kernel)
    assert close(marginal(back, [*range(m, m + n), *range(m)]), joint)


@settings(max_examples=150)
@given(seed=SEEDS, n=st.integers(1, 4), m=st.integers(1, 4), k=st.integers(1, 4))
def test_the_inverse_of_a_composite_on_the_support(seed, n, m, k) -> None:
    random = np.random.default_rng(seed)
    prior, f, g = state(random, n), channel(random, n, m), channel(random, m, k)
    middle, whole = compose(prior, f), invert_gaussian(compose(f, g), prior)
    first, second = invert_gaussian(f, prior), invert_gaussian(g, middle)
    z = draw(random, compose(middle, g))
    assert second.support.contains(z)
    assert whole.support.contains(z)
    assert close(compose(second.at(z), first.kernel), whole.at(z), 1e-6)


@settings(max_examples=50)
@given(seed=SEEDS, n=st.integers(1, 3), m=st.integers(1, 3))
def test_inverting_twice_and_inverting_nothing(seed, n, m) -> None:
    random = np.random.default_rng(seed)
    prior, kernel = state(random, n), channel(random, n, m)
    inverse = invert_gaussian(kernel, prior).kernel
    again = invert_gaussian(inverse, compose(prior, kernel)).at(x := draw(random, prior))
    assert close(again, Gaussian(np.zeros((m, 0)), kernel.A @ x + kernel.b, kernel.S), 1e-6)
    same = invert_gaussian(Gaussian(np.eye(n), np.zeros(n), np.zeros((n, n))), prior).at(x)
    assert close(same, Gaussian(np.zeros((n, 0)), x, np.zeros((n, n))), 1e-6)


@settings(max_examples=50)
@given(seed=SEEDS, sizes=st.tuples(*[st.integers(1, 3)] * 4))
def test_composition_is_associative_has_units_and_interchanges(seed, sizes) -> None:
    random = np.random.default_rng(seed)
    f, g, h = (channel(random, n, m) for n, m in pairwise(sizes))
    assert close(compose(compose(f, g), h), compose(f, compose(g, h)))
    assert close(compose(f, Gaussian(np.eye(len(f.b)), 0 * f.b, 0 * f.S)), f)
    assert close(compose(tensor(f, g), tensor(g, h)), tensor(compose(f, g), compose(g, h)))


@settings(max_examples=80)
@given(seed=SEEDS, n=st.integers(2, 5), data=st.data())
def test_conditioning_is_the_dense_formula_and_one_by_one_is_all_at_once(seed, n, data) -> None:
    random = np.random.default_rng(seed)
    joint = state(random, n)
    seen = data.draw(st.permutations(range(n)))[: data.draw(st.integers(1, n - 1))]
    rest = sorted(set(range(n)) - set(seen))
    x = draw(random, joint)
    found = condition(joint, seen, x[seen])
    gain = joint.S[np.ix_(rest, seen)] @ np.linalg.pinv(joint.S[np.ix_(seen, seen)], rcond=1e-11, hermitian=True)
    wanted = joint.S[np.ix_(rest, rest)] - gain @ joint.S[np.ix_(seen, rest)]
    assert close(found, Gaussian(np.zeros((len(rest), 0)), joint.b[rest] + gain @ (x - joint.b)[seen], tidied(wanted)))
    left, names = joint, list(range(n))
    for i in seen:
        left = condition(left, [names.index(i)], x[[i]])
        names.remove(i)
    assert close(left, found, 1e-5)


def tidied(S):
    values, vectors = np.linalg.eigh((S + S.T) / 2)
    return (vectors * np.maximum(values, 0.0)) @ vectors.T


@settings(max_examples=80)
@given(seed=SEEDS, n=st.integers(1, 5))
def test_densities_are_those_of_scipy(seed, n) -> None:
    random = np.random.default_rng(seed)
    given_state = state(random, n)
    x = draw(random, given_state)
    if not given_state.S.any():
        assert log_density(given_state, x) == 0.0
        return
    wanted = multivariate_normal(given_state.b, given_state.S, allow_singular=True).logpdf(x)
    assert log_density(given_state, x) == pytest.approx(wanted, abs=1e-7)


@settings(max_examples=50)
@given(seed=SEEDS, n=st.integers(1, 3), m=st.integers(1, 3))
def test_marginals_of_independent_states_are_the_states(seed, n, m) -> None:
    random = np.random.default_rng(seed)
    one, other = state(random, n), state(random, m)
    both = tensor(one, other)
    assert marginal(both, range(n)) == one
    assert close(condition(both, range(n), draw(random, one)), other)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_units_do_not_matter(scale) -> None:
    units = np.diag([1.0, scale])
    S = units @ np.array([[2.0, 1.0], [1.0, 1.0]]) @ units
    line = units @ np.ones((2, 2)) @ units
    assert support_of(np.zeros(2), S).dimension == 2
    assert support_of(np.zeros(2), line).dimension == 1


def test_a_little_noise_beside_a_wide_prior_is_kept() -> None:
    prior = Gaussian(np.zeros((1, 0)), [0.0], [[1e12]])
    found = invert_gaussian(Gaussian([[1.0], [1.0]], [0.0, 0.0], 0.5 * np.eye(2)), prior).at([1.0, 3.0])
    np.testing.assert_allclose([found.b[0], found.S[0, 0]], [2.0, 0.25], rtol=1e-3)


def test_an_observation_off_the_support_says_how_far() -> None:
    both = Gaussian(np.zeros((2, 0)), [0.0, 0.0], [[1.0, 1.0], [1.0, 1.0]])
    for ask in (
        lambda: condition(tensor(both, both), [0, 1], [0.0, 1.0]),
        lambda: log_density(both, [0.0, 1.0]),
        lambda: invert_gaussian(Gaussian(np.eye(2), [0.0, 0.0], np.zeros((2, 2))), both).at([0.0, 1.0]),
    ):
        with pytest.raises(OffSupport, match="is off the support by 0.707107: only 1 of 2 directions are free"):
            ask()


def test_bad_input_is_named() -> None:
    one = Gaussian([[1.0]], [0.0], [[1.0]])
    two = Gaussian(np.eye(2), [0.0, 0.0], np.eye(2))
    with pytest.raises(ShapeMismatch, match="gives 1 numbers, the second reads 2"):
        compose(one, two)
    with pytest.raises(TypeMismatch, match="a kernel that reads 1 numbers is no state"):
        condition(one, [0], [1.0])
    with pytest.raises(InputMismatch, match="give different numbers from 0 to 0"):
        marginal(one, [0, 0])
    with pytest.raises(ShapeMismatch, match="the kernel reads 2 numbers, the prior has 1"):
        invert_gaussian(two, Gaussian(np.zeros((1, 0)), [0.0], [[1.0]]))
    with pytest.raises(InputMismatch, match=r"a value has shape \(1,\), not \(2,\)"):
        log_density(Gaussian(np.zeros((1, 0)), [0.0], [[1.0]]), [1.0, 2.0])
