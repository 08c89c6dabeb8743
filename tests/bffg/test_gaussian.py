"""Linear-Gaussian models against dense normal distributions, exact inference and Kalman's filter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Gaussian, Real, Ty, copy, gaussian, gaussian_state, identity
from catlearn.errors import InputMismatch, NotSupported
from catlearn.interpreters.bffg.small import SMALL
from tests.bffg.models import gaussian_model, near, noise

SEEDS = st.integers(0, 10**6)
CLOSE = {"rtol": 1e-8, "atol": 1e-8}


def check_evidence(found):
    back = cl.bffg(found.model).backward(found.data)
    assert back.exact
    assert back.projected == ()
    np.testing.assert_allclose(back.log_evidence, found.log_evidence, **CLOSE)
    return back


@given(SEEDS)
@settings(max_examples=60)
def test_evidence_of_trees_with_singular_noise_and_rectangular_maps(seed):
    random = np.random.default_rng(seed)
    check_evidence(gaussian_model(random, int(random.integers(1, 7))))


@given(SEEDS, st.integers(SMALL - 1, 8))
@settings(max_examples=20)
def test_evidence_where_matrices_go_to_lapack(seed, width):
    check_evidence(gaussian_model(np.random.default_rng(seed), 4, widths=(1, width)))


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1e4, 1e8])
@pytest.mark.parametrize("seed", range(4))
def test_evidence_in_any_unit(scale, seed):
    check_evidence(gaussian_model(np.random.default_rng(seed), 5, scale=scale))
    check_evidence(gaussian_model(np.random.default_rng(seed), 4, widths=(7,), scale=scale))


@given(SEEDS)
@settings(max_examples=15)
def test_evidence_is_that_of_exact_inference(seed):
    random = np.random.default_rng(seed)
    found = gaussian_model(random, 4, parents=2)
    data = {name: value for name, value in found.data.items() if not isinstance(value, list) or None not in value}
    exact = cl.infer(found.model).posterior(data).log_evidence
    np.testing.assert_allclose(cl.bffg(found.model).backward(data).log_evidence, exact, **CLOSE)


@given(SEEDS)
@settings(max_examples=20)
def test_samples_have_the_moments_of_the_posterior(seed):
    random = np.random.default_rng(seed)
    found = gaussian_model(random, int(random.integers(2, 5)))
    opt = cl.bffg(found.model)
    back = opt.backward(found.data)
    paths = opt.forward(back, n=4000, seed=1)
    assert not (paths.log_weights - back.log_evidence).any()
    check_moments(found, opt, paths)


def check_moments(found, opt, paths, times=4.5):
    mean, covariance = found.posterior()
    count = paths.ess
    for name, at in zip(opt.variables, found.rows, strict=True):
        variance = np.maximum(np.diag(covariance)[at], 0.0)
        floor = 1e-9 + 1e-6 * np.sqrt(np.diag(found.covariance)[at])
        got = np.ravel(paths.mean(name).value)
        assert (np.abs(got - mean[at]) <= times * np.sqrt(variance / count) + floor).all(), name
        spread = np.ravel(paths.variance(name).value)
        assert (np.abs(spread - variance) <= 1.5 * times * variance * np.sqrt(2 / count) + floor**2 + 1e-9).all(), name


@given(SEEDS)
@settings(max_examples=12)
def test_random_guides_only_make_weights(seed):
    random = np.random.default_rng(seed)

    def nearby(box, kernel):
        shift = 0.15 * random.normal(size=kernel.A.shape)
        b = kernel.b + 0.1 * random.normal(size=kernel.b.shape)
        return Gaussian(kernel.A + shift, b, kernel.S + 0.2 * np.eye(len(b)))

    found = gaussian_model(random, int(random.integers(2, 4)), widths=(1, 2), guide=nearby)
    opt = cl.bffg(found.model)
    back = opt.backward(found.data)
    assert not back.exact
    paths = opt.forward(back, n=20000, seed=2)
    assert near(paths.log_evidence, found.log_evidence, 4.5)
    mean = found.posterior()[0]
    for name, at in zip(opt.variables, found.rows, strict=True):
        estimate = paths.mean(name)
        error = np.ravel(estimate.standard_error)
        assert (np.abs(np.ravel(estimate.value) - mean[at]) <= 4.5 * error + 1e-6).all(), name


@pytest.mark.parametrize(("d", "p", "rank"), [(1, 1, 1), (2, 1, 1), (3, 2, 2), (4, 5, 0), (8, 3, 8)])
def test_chains_are_kalmans(d, p, rank):
    random = np.random.default_rng(d)
    F, H, Q = random.normal(size=(d, d)) * 0.7 / np.sqrt(d), random.normal(size=(p, d)), noise(random, d, rank)
    R, mean, P, T = noise(random, p, 2 * p), random.normal(size=d), np.eye(d), 12
    y = random.normal(size=(T, p))
    y[random.random(y.shape) < 0.3] = np.nan
    state = gaussian_state("x", Real(d), mean, P)
    move, look = gaussian("x", Real(d), Real(d), F, np.zeros(d), Q), gaussian("y", Real(d), Real(p), H, np.zeros(p), R)
    model = cl.unroll(state, move, look, T)
    data = {f"y#{t + 1}" if t else "y": [None if np.isnan(v) else v for v in y[t]] for t in range(T)}
    exact = cl.kalman(F, Q, H, R, mean, P).smooth(y)
    opt = cl.bffg(model)
    back = opt.backward(data)
    np.testing.assert_allclose(back.log_evidence, exact.log_likelihood, **CLOSE)
    paths = opt.forward(back, n=4000, seed=1)
    for t in range(T):
        got = paths[f"x#{t + 1}" if t else "x"]
        deviation = np.sqrt(np.diag(exact.covariances[t]))
        assert (np.abs(got.mean(axis=0) - exact.means[t]) <= 4.5 * deviation / np.sqrt(4000) + 1e-9).all()
        np.testing.assert_allclose(np.cov(got.T), exact.covariances[t], atol=0.12 * deviation.max() ** 2 + 1e-9)


def test_branches_of_a_brownian_tree_are_one_normal_distribution():
    X = Real()
    edge = lambda name, v: gaussian(name, X, X, 1.0, 0.0, v)
    pair = copy(X) >> (edge("a", 0.3) @ edge("b", 0.7))
    model = gaussian_state("root", X, 0.0, 2.0) >> copy(X) >> (edge("c", 0.5) @ (edge("n", 1.1) >> pair))
    C = np.array([[2.5, 2.0, 2.0], [2.0, 3.4, 3.1], [2.0, 3.1, 3.8]])
    y = np.array([0.3, -1.0, 0.8])
    back = cl.bffg(model).backward(dict(zip("cab", y, strict=True)))
    exact = -0.5 * (y @ np.linalg.solve(C, y) + np.linalg.slogdet(C)[1] + 3 * np.log(2 * np.pi))
    np.testing.assert_allclose(back.log_evidence, exact, rtol=1e-12)


def test_a_message_at_an_input_is_a_function_of_it():
    X = Real()
    back = cl.bffg(gaussian("y", X, X, 2.0, 1.0, 0.5)).backward({"y": 2.0})
    density = lambda x: -0.5 * (2.0 - 2.0 * x - 1.0) ** 2 / 0.5 - 0.5 * np.log(2 * np.pi * 0.5)
    assert back["x0"].at(0.3) == pytest.approx(density(0.3))
    paths = back.smoother.forward(back, n=10, inputs={"x0": 0.3})
    assert paths.log_evidence.value == pytest.approx(density(0.3))
    with pytest.raises(InputMismatch, match="x0 needs a finite number"):
        back.smoother.forward(back, inputs={"x0": [1.0, 2.0]})
    with pytest.raises(NotSupported, match="does not fix it"):
        back.smoother.forward(back.smoother.backward({}), n=3)


def test_what_is_seen_exactly_is_refused_by_name():
    X = Real()
    model = gaussian_state("x", X, 0.0, 1.0) >> gaussian("same", X, X, 1.0, 0.0, 0.0)
    with pytest.raises(NotSupported, match="same: what it gives is observed"):
        cl.bffg(model).backward({"same": 1.0})
    assert cl.bffg(model >> gaussian("y", X, X, 1.0, 0.0, 1.0)).backward({"y": 1.0}).log_evidence == pytest.approx(
        -0.25 - 0.5 * np.log(4 * np.pi)
    )


def test_all_of_a_state_without_noise():
    still = gaussian_state("x", Real(2), [1.0, 2.0], np.zeros((2, 2)))
    model = still >> copy(Real(2)) >> (identity(Real(2)) @ gaussian("y", Real(2), Real(), [1.0, 1.0], 0.0, 1.0))
    opt = cl.bffg(model)
    back = opt.backward({"y": 3.0})
    assert back.log_evidence == pytest.approx(-0.5 * np.log(2 * np.pi))
    np.testing.assert_allclose(opt.forward(back, n=3)["x"], [[1.0, 2.0]] * 3)
    assert len(Ty()) == 0
