"""Kalman smoothing against the dense joint distribution, against the plain loop, and against a peer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catlearn.errors import ImpossibleEvidence, InputMismatch, NotNormalized, ShapeMismatch
from catlearn.interpreters.markov.gaussian.filtering import forward
from catlearn.interpreters.markov.gaussian.kalman import kalman
from catlearn.interpreters.markov.gaussian.smoothing import backward
from tests.markov.gaussian.dense import smoothed, state_space


def random_model(random, d, p, *times, rank=None):
    """A stable state space; `times` are the lengths of F, Q, b and of H, R, c where these change in time."""
    moves, looks = (tuple(times[:1]), tuple(times[1:2])) if times else ((), ())

    def spread(lead, n, rank):
        root = random.normal(size=(*lead, n, rank))
        return root @ np.swapaxes(root, -1, -2) / n

    F = random.normal(size=(*moves, d, d)) * 0.7 / np.sqrt(d)
    H = random.normal(size=(*looks, p, d))
    Q, R = spread(moves, d, d if rank is None else rank), spread(looks, p, 2 * p)
    b, c = random.normal(size=(*moves, d)), random.normal(size=(*looks, p))
    return kalman(F, Q, H, R, random.normal(size=d), spread((), d, d if rank is None else rank), b, c)


def observations(random, model, T, missing=0.0):
    mean, covariance = state_space(model, T)
    n = T * len(model.mean)
    y = random.multivariate_normal(mean[n:], covariance[n:, n:], method="svd").reshape(T, -1)
    return np.where(random.random(y.shape) < missing, np.nan, y)


def agree(found, wanted, tolerance=1e-7):
    for mine, theirs in zip((found.means, found.covariances, found.log_likelihood), wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    d=st.integers(1, 4),
    p=st.integers(1, 3),
    T=st.integers(1, 8),
    missing=st.sampled_from([0.0, 0.3, 1.0]),
    varying=st.booleans(),
    rank=st.sampled_from([None, 0, 1]),
)
def test_smoothing_is_conditioning_of_the_dense_joint(seed, d, p, T, missing, varying, rank) -> None:
    random = np.random.default_rng(seed)
    model = random_model(random, d, p, *((T, T) if varying else ()), rank=rank)
    y = observations(random, model, T, missing)
    agree(model.smooth(y), smoothed(model, y))


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 4), T=st.integers(1, 6))
def test_filtering_is_smoothing_without_what_comes_later(seed, d, T) -> None:
    random = np.random.default_rng(seed)
    model = random_model(random, d, 2)
    y = observations(random, model, T, 0.2)
    found = model.filter(y)
    for t in range(T):
        means, covariances, density = smoothed(model, y[: t + 1])
        np.testing.assert_allclose(found.means[t], means[-1], atol=1e-9)
        np.testing.assert_allclose(found.covariances[t], covariances[-1], atol=1e-9)
    assert found.log_likelihood == pytest.approx(density, abs=1e-9)
    assert found.dimension == np.sum(~np.isnan(y))


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 5), gap=st.booleans())
def test_freezing_covariances_changes_nothing(seed, d, gap) -> None:
    random = np.random.default_rng(seed)
    model = random_model(random, d, 2)
    y = random.normal(size=(300, 2))
    y[5:8] = np.nan if gap else y[5:8]
    found, plain = forward(model, y), forward(model, y, freeze=False)
    assume(found.settled < 300)
    assert plain.settled == 300
    for mine, theirs in zip(backward(model, found), backward(model, plain), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 * max(1.0, np.abs(theirs).max()))
    assert found.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)


def in_long_doubles(model, y):
    """The textbook filter and Rauch-Tung-Striebel smoother in extended precision, inverting by Gauss and Jordan."""
    (F, b, Q), (H, c, R), wide = model.transition(0), model.observation(0), np.longdouble
    F, b, Q, H, c, R = (a.astype(wide) for a in (F, b, Q, H, c, R))
    m, P = model.mean.astype(wide), model.covariance.astype(wide)
    filtered, predicted, density = [], [], wide(0)
    for row in y.astype(wide):
        predicted.append((m, P))
        S = H @ P @ H.T + R
        inverse, log_determinant = gauss_jordan(S)
        r = row - H @ m - c
        density -= (r @ inverse @ r + log_determinant + len(row) * np.log(2 * wide(np.pi))) / 2
        gain = P @ H.T @ inverse
        m, P = m + gain @ r, P - gain @ H @ P
        filtered.append((m, P))
        m, P = F @ m + b, F @ P @ F.T + Q
    found = [filtered[-1]]
    for (m, P), (m1, P1) in zip(filtered[-2::-1], predicted[:0:-1], strict=True):
        gain = P @ F.T @ gauss_jordan(P1)[0]
        found.append((m + gain @ (found[-1][0] - m1), P + gain @ (found[-1][1] - P1) @ gain.T))
    means, covariances = zip(*found[::-1], strict=True)
    return np.array(means), np.array(covariances), density


def gauss_jordan(S):
    n, log_determinant = len(S), np.longdouble(0)
    both = np.hstack([S, np.eye(n, dtype=S.dtype)])
    for i in range(n):
        log_determinant += np.log(both[i, i])
        both[i] /= both[i, i]
        rest = np.arange(n) != i
        both[rest] -= both[rest, i][:, None] * both[i]
    return both[:, n:], log_determinant


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="this machine has no extended precision")
@pytest.mark.parametrize("d", [4, 16])
def test_errors_are_those_of_rounding(d) -> None:
    random = np.random.default_rng(d)
    model = random_model(random, d, d // 2)
    y = random.normal(size=(200, d // 2))
    found, (means, covariances, density) = model.smooth(y), in_long_doubles(model, y)
    assert np.abs(found.means - means).max() < 1e-12
    assert np.abs(found.covariances - covariances).max() < 1e-12
    assert abs(found.log_likelihood / density - 1) < 1e-13


def test_a_known_state_stays_known_and_an_unstable_one_may_grow() -> None:
    known = kalman([[1.1]], [[0.0]], [[1.0]], [[1.0]], [1.0], [[0.0]])
    found = known.smooth(np.zeros(200))
    np.testing.assert_allclose(found.means[:, 0], 1.1 ** np.arange(200), rtol=1e-12)
    assert not found.covariances.any()


def test_exact_observations_pin_the_state() -> None:
    model = kalman(np.eye(2), np.zeros((2, 2)), [[1.0, 0.0]], [[0.0]], [0.0, 0.0], [[1.0, 0.5], [0.5, 1.0]])
    found = model.smooth([2.0, np.nan, 2.0])
    np.testing.assert_allclose(found.means, [[2.0, 1.0]] * 3, atol=1e-12)
    np.testing.assert_allclose(found.covariances, [[[0.0, 0.0], [0.0, 0.75]]] * 3, atol=1e-12)
    assert found.dimension == 1
    with pytest.raises(ImpossibleEvidence, match=r"y\[1\]: what was seen is off the support by 1"):
        model.smooth([2.0, 3.0])


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 3), T=st.integers(1, 4), steps=st.integers(1, 4))
def test_a_forecast_is_the_smoothing_of_what_is_missing(seed, d, T, steps) -> None:
    random = np.random.default_rng(seed)
    model = random_model(random, d, 2)
    y = observations(random, model, T)
    found = model.forecast(y, steps)
    means, covariances, _ = smoothed(model, np.vstack([y, np.full((steps, 2), np.nan)]))
    np.testing.assert_allclose(found.states, means[T:], atol=1e-9)
    np.testing.assert_allclose(found.state_covariances, covariances[T:], atol=1e-9)
    np.testing.assert_allclose(found.means, means[T:] @ model.H.T + model.c, atol=1e-9)
    np.testing.assert_allclose(found.covariances, model.H @ covariances[T:] @ model.H.T + model.R, atol=1e-9)


@pytest.mark.parametrize("rank", [None, 1])
def test_draws_have_the_smoothed_means_and_covariances(rank) -> None:
    random = np.random.default_rng(1)
    model = random_model(random, 2, 1, rank=rank)
    y = observations(random, model, 4)
    paths, found = model.sample(y, 40_000, seed=2), model.smooth(y)
    np.testing.assert_allclose(paths.mean(axis=0), found.means, atol=0.03)
    for t in range(4):
        np.testing.assert_allclose(np.cov(paths[:, t].T), found.covariances[t], atol=0.03)
    np.testing.assert_array_equal(model.sample(y, 3, seed=2), model.sample(y, 3, seed=2))


def test_bad_input_is_named() -> None:
    one = np.eye(2)
    good = {"F": one, "Q": one, "H": np.ones((1, 2)), "R": [[1.0]], "mean": [0.0, 0.0], "covariance": one}
    for change, error, words in [
        ({"F": np.eye(3)}, ShapeMismatch, r"F has shape \(3, 3\), not \(2, 2\)"),
        ({"Q": [[1.0, 2.0], [2.0, 1.0]]}, NotNormalized, "Q is no covariance: its least eigenvalue is -1"),
        ({"R": [[[1.0]], [[-2.0]]]}, NotNormalized, "R is no covariance: its least eigenvalue is -2"),
        ({"covariance": [[1.0, 2.0], [0.0, 1.0]]}, NotNormalized, "covariance is no covariance: it is not symmetric"),
        ({"mean": [np.nan, 0.0]}, NotNormalized, "mean holds nan"),
        ({"H": "abc"}, ShapeMismatch, "H holds numbers"),
    ]:
        with pytest.raises(error, match=words):
            kalman(**{**good, **change})
    model = kalman(**good)
    for y, words in [([[1.0, 2.0]], "needs"), ([np.inf], "infinite"), ([], "T from 1 up"), ("x", "holds numbers")]:
        with pytest.raises(InputMismatch, match=words):
            model.smooth(y)
    assert model.forecast([1.0], 0).means.shape == (0, 1)
    with pytest.raises(InputMismatch, match="steps is a whole number from 0 up, not -1"):
        model.forecast([1.0], -1)
    with pytest.raises(InputMismatch, match="n is a whole number from 0 up, not 1.5"):
        model.sample([1.0], 1.5)
    with pytest.raises(InputMismatch, match="F is given for 2 steps, but 3 are needed"):
        kalman(**{**good, "F": np.stack([np.eye(2)] * 2)}).smooth(np.zeros(4))


def test_statsmodels_agrees() -> None:
    statespace = pytest.importorskip("statsmodels.tsa.statespace.mlemodel")
    random = np.random.default_rng(0)
    model = random_model(random, 3, 2)
    y = observations(random, model, 30, 0.2)
    peer = statespace.MLEModel(y, k_states=3)
    peer["design"], peer["obs_cov"], peer["transition"], peer["state_cov"] = model.H, model.R, model.F, model.Q
    peer["selection"], peer["state_intercept"], peer["obs_intercept"] = np.eye(3), model.b[:, None], model.c[:, None]
    peer.ssm.initialize_known(model.mean, model.covariance)
    found = peer.ssm.smooth()
    agree(model.smooth(y), (found.smoothed_state.T, np.moveaxis(found.smoothed_state_cov, 2, 0), found.llf), 1e-6)


@pytest.mark.parametrize("wide", [1e6, 1e18, 1e300])
def test_little_noise_beside_a_wide_first_state(wide: float) -> None:
    found = kalman([[1.0]], [[0.0]], [[1.0]], [[1.0]], [0.0], [[wide]]).smooth([1.0, 3.0])
    assert found.means.ravel() == pytest.approx([2.0, 2.0], rel=1e-5)
    assert found.covariances.ravel() == pytest.approx([0.5, 0.5], rel=1e-5)


def test_what_is_masked_is_missing_and_what_is_beyond_floats_is_refused() -> None:
    one = [[1.0]]
    walk = kalman(one, one, one, one, [0.0], one)
    masked = walk.smooth(np.ma.masked_array([9.0, 2.0], [True, False]))
    assert masked.means.tolist() == walk.smooth([np.nan, 2.0]).means.tolist()
    for y in ([1e300], [1e200, -1e200]):
        with pytest.raises(NotNormalized, match="beyond floats"):
            walk.smooth(y)
    grows = kalman([[1e100]], one, one, one, [1.0], one)
    with pytest.raises(NotNormalized, match="beyond floats"):
        grows.forecast([1.0], 5)
    with pytest.raises(NotNormalized, match="beyond floats"):
        grows.filter([np.nan] * 5 + [1.0])
    with pytest.raises(InputMismatch, match="seed is a whole number"):
        walk.sample([1.0], seed=-1)
    assert walk.sample([1.0], np.int64(2), seed=np.int64(1)).shape == (2, 1, 1)


def test_states_and_observations_of_no_numbers() -> None:
    none = np.zeros((0, 0))
    still = kalman(none, none, np.zeros((1, 0)), [[1.0]], np.zeros(0), none)
    assert still.smooth([1.0] * 9).means.shape == (9, 0)
    assert still.forecast([1.0], 2).states.shape == (2, 0)
    blind = kalman([[1.0]], [[1.0]], np.zeros((0, 1)), none, [2.0], [[1.0]])
    assert blind.smooth(np.zeros((2, 0))).means.ravel().tolist() == [2.0, 2.0]
    assert blind.forecast(np.zeros((2, 0)), 3).means.shape == (3, 0)
