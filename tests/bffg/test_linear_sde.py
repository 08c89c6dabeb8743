"""Linear stochastic differential equations against matrix exponentials, their trees against dense covariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from scipy.stats import multivariate_normal

from catlearn import Real, bffg, copy, gaussian_state, identity, kernel
from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion, LinearSDE, OrnsteinUhlenbeck
from catlearn.errors import Diverged, InputMismatch, NotNormalized, ShapeMismatch, TypeMismatch
from catlearn.interpreters.bffg.rules.transitions import to_end, transitions

X = Real()


def van_loan(B, beta, a, t):
    d = len(B)
    whole = expm(np.block([[-B, a], [np.zeros((d, d)), B.T]]) * t)
    mean = expm(np.block([[B, beta[:, None]], [np.zeros((1, d + 1))]]) * t)
    Phi = whole[d:, d:].T
    return Phi, mean[:d, d], Phi @ whole[:d, d:]


@given(st.integers(1, 5), st.integers(0, 10**6), st.sampled_from([1e-9, 0.01, 0.7, 3.0]))
@settings(derandomize=True, deadline=None, max_examples=40)
def test_transitions_are_matrix_exponentials(d, seed, t):
    random = np.random.default_rng(seed)
    B, root, beta = random.normal(size=(d, d)), random.normal(size=(d, d)), random.normal(size=d)
    a = root @ root.T
    for process in (LinearSDE(B, beta, a).process, LinearSDE(lambda s: B, beta, lambda s: a).process):
        for made, wanted in zip(transitions(process, np.array([t, 0.0])), van_loan(B, beta, a, t), strict=True):
            assert np.abs(made[..., 0] - wanted).max() <= 1e-8 * np.abs(wanted).max()
        assert np.allclose(transitions(process, np.array([0.0]))[2], 0.0)


@pytest.mark.parametrize("B", [[[0.0, 1.0], [0.0, 0.0]], [[-1.0, 1.0], [0.0, -1.0]], [[0.0, -3.0], [3.0, 0.0]]])
def test_no_basis_of_eigenvectors_is_needed(B):
    B, beta, a = np.array(B), np.array([1.0, 2.0]), np.diag([0.0, 1.0])
    for made, wanted in zip(
        transitions(LinearSDE(B, beta, a).process, np.array([5.0])), van_loan(B, beta, a, 5.0), strict=True
    ):
        assert np.allclose(made[..., 0], wanted, rtol=1e-12, atol=1e-12)


def test_tiny_rates_and_long_times():
    Phi, _, Q = transitions(OrnsteinUhlenbeck(1e-200, 0.0, 1.0).process, np.array([1.0, 2.0]))
    assert Phi[0, 0].tolist() == [1.0, 1.0]
    assert np.allclose(Q[0, 0], [1.0, 2.0])
    _, _, Q = transitions(OrnsteinUhlenbeck(np.eye(2) * 3.0, 0.0, np.eye(2)).process, np.array([1e8]))
    assert np.allclose(Q[..., 0], np.eye(2) / 6)


def test_to_the_end_of_a_time_varying_process():
    process = LinearSDE(lambda t: -2.0 * t, lambda t: t, lambda t: 1.0 + t).process
    grid, durations = np.array([0.0, 0.3, 0.8]), np.array([1.0, 2.0, 1.0])
    Phi, _, Q = to_end(process, grid, durations)
    start = grid[:, None] * durations
    assert np.allclose(Phi[0, 0], np.exp(start**2 - durations**2), rtol=1e-8)
    s = np.linspace(0.6, 2.0, 200_001)
    values = np.exp(2 * (s**2 - 4.0)) * (1 + s)
    assert np.isclose(Q[0, 0, 1, 1], np.trapezoid(values, s), rtol=1e-6)
    flat = to_end(LinearSDE(-1.0, 0.5, 2.0).process, grid, durations)
    same = to_end(LinearSDE(lambda t: -1.0, 0.5, 2.0).process, grid, durations)
    for one, other in zip(flat, same, strict=True):
        assert np.allclose(one, other, rtol=1e-8)


def test_a_tree_is_one_dense_normal():
    walk = kernel("x", X, X, forward=OrnsteinUhlenbeck(0.7, 0.3, 0.5))
    tree = gaussian_state("r", X, 0.2, 1.3) >> walk(0.5) >> copy(X) >> (walk(1.0) @ (walk(0.3) >> copy(X)))
    tree = tree >> (identity(X) @ walk(0.6) @ walk(2.0))
    opt = bffg(tree)
    leaves, values = [opt.variables[k] for k in (2, 4, 5)], [0.1, 1.2, -0.4]
    rate, times, split = 0.7, [1.5, 1.4, 2.8], [[1.5, 0.5, 0.5], [0.5, 1.4, 0.8], [0.5, 0.8, 2.8]]
    mean = 0.3 + (0.2 - 0.3) * np.exp(-rate * np.array(times))
    shared = np.array(split)
    far = np.add.outer(times, times) - 2 * shared
    variance = 1.3 * np.exp(-2 * rate * shared) + 0.5 * -np.expm1(-2 * rate * shared) / (2 * rate)
    wanted = multivariate_normal(mean, variance * np.exp(-rate * far)).logpdf(values)
    assert np.isclose(opt.backward(dict(zip(leaves, values, strict=True))).log_evidence, wanted, rtol=1e-12)


def test_a_bridge_of_ornstein_and_uhlenbeck():
    step = kernel("x", X, X, forward=OrnsteinUhlenbeck(2.0, 0.0, 1.0))
    opt = bffg(step(0.4) >> step(0.6))
    back = opt.backward({opt.variables[2]: 1.5})
    paths = opt.forward(back, n=20_000, seed=1, inputs={opt.variables[0]: -1.0})
    q = [(1 - np.exp(-4 * t)) / 4 for t in (0.4, 0.6)]
    precision = 1 / q[0] + np.exp(-2 * 2 * 0.6) / q[1]
    mean = (-np.exp(-0.8) / q[0] + np.exp(-1.2) * 1.5 / q[1]) / precision
    assert paths.ess == pytest.approx(20_000)
    assert abs(paths.mean(opt.variables[1]).value - mean) < 4 / np.sqrt(precision * 20_000)


def test_guides_of_either_kind():
    model = kernel("x", X, X, forward=OrnsteinUhlenbeck(1.0, 0.0, 1.0), guide=Gaussian([[1.0]], [0.0], [[1.0]]))
    exact = bffg(gaussian_state("r", X, 0.0, 1.0) >> kernel("x", X, X, forward=OrnsteinUhlenbeck(1.0, 0.0, 1.0)))
    wanted = exact.backward({"x": 0.7}).log_evidence
    opt = bffg(gaussian_state("r", X, 0.0, 1.0) >> model)
    found = opt.forward(opt.backward({"x": 0.7}), n=20_000, seed=2)
    assert abs(found.log_evidence.value - wanted) < 4 * found.standard_error


def test_bad_processes_are_refused():
    with pytest.raises(ShapeMismatch, match="2 and 3"):
        LinearSDE(np.eye(2), 0.0, np.eye(3))
    with pytest.raises(NotNormalized, match="least eigenvalue"):
        LinearSDE(0.0, 0.0, [[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(NotNormalized, match="finite"):
        LinearSDE(np.nan, 0.0, 1.0)
    with pytest.raises(InputMismatch, match="duration"):
        BrownianMotion(1.0, -1.0)
    with pytest.raises(ShapeMismatch, match="walk: its LinearSDE moves 1 numbers"):
        kernel("walk", Real(2), Real(2), forward=BrownianMotion(1.0))
    with pytest.raises(TypeMismatch, match="walk: a process keeps"):
        kernel("walk", Real(), Real(2), forward=BrownianMotion(1.0))
    with pytest.raises(NotNormalized, match=r"walk: a at t = 1 is no covariance"):
        kernel("walk", X, X, forward=LinearSDE(0.0, 0.0, lambda t: 0.75 - t))
    with pytest.raises(ShapeMismatch, match="rate is a number"):
        OrnsteinUhlenbeck([1.0, 2.0], 0.0)
    with pytest.raises(ShapeMismatch, match="they need"):
        OrnsteinUhlenbeck(np.eye(2), [1.0, 2.0, 3.0])


def test_growth_beyond_floats_is_told_by_the_box():
    grows = kernel("grows", X, X, forward=LinearSDE(5.0, 0.0, 1.0))
    with pytest.raises(Diverged, match="grows"):
        bffg(gaussian_state("r", X, 0.0, 1.0) >> grows(1e6)).backward({"grows": 1.0})


def test_equality_and_sharing():
    walk = OrnsteinUhlenbeck(1.0, 2.0, 3.0)
    assert walk.lasting(2.0).process is walk.process
    assert walk == OrnsteinUhlenbeck(1.0, 2.0, 3.0)
    assert hash(walk) == hash(OrnsteinUhlenbeck(1.0, 2.0, 3.0))
    assert walk != walk.lasting(2.0)
    assert walk != BrownianMotion()
    assert LinearSDE(*walk.data()) == walk
