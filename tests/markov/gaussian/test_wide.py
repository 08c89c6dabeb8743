"""Kalman filters whose first state is wide, against the textbook recursions with 90 digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from catlearn import Real, Ty, graph
from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
from catlearn.errors import ImpossibleEvidence, InputMismatch
from catlearn.interpreters.markov.gaussian.evidence import read_evidence
from catlearn.interpreters.markov.gaussian.inference import GaussianInference, infer_gaussian
from catlearn.interpreters.markov.gaussian.kalman import kalman
from catlearn.interpreters.markov.gaussian.smoothed_chain import smooth_chain
from catlearn.interpreters.markov.gaussian.wide import WIDE, width

TREND = [[1.0, 1.0], [0.0, 1.0]]
WIDTHS = [1e5, 1e8, 1e12, 1e16, 1e18]


def wide_digits(model, y):
    """Filtered and smoothed means and covariances and the log-likelihood, each filtered and smoothed beside it."""
    with mpmath.workdps(90):
        m, P = column(model.mean), matrix(model.covariance)
        filtered, predicted, density = [], [], mpmath.mpf(0)
        for t, row in enumerate(y):
            predicted.append((m, P))
            there = ~np.isnan(row)
            if there.any():
                H, c, R = model.observation(t)
                H, R = matrix(H[there]), matrix(R[np.ix_(there, there)])
                S, r = H * P * H.T + R, column(row[there]) - H * m - column(c[there])
                inverse = S**-1
                gain = P * H.T * inverse
                m, P = m + gain * r, P - gain * H * P
                constant = int(there.sum()) * mpmath.log(2 * mpmath.pi)
                density -= ((r.T * inverse * r)[0] + mpmath.log(mpmath.det(S)) + constant) / 2
            filtered.append((m, P))
            if t + 1 < len(y):
                F, b, Q = model.transition(t)
                m, P = matrix(F) * m + column(b), matrix(F) * P * matrix(F).T + matrix(Q)
        smoothed = [filtered[-1]]
        for t in range(len(y) - 2, -1, -1):
            (m, P), (m1, P1) = filtered[t], predicted[t + 1]
            gain = P * matrix(model.transition(t)[0]).T * P1**-1
            smoothed.append((m + gain * (smoothed[-1][0] - m1), P + gain * (smoothed[-1][1] - P1) * gain.T))
        return floats(filtered), floats(smoothed[::-1]), float(density)


def matrix(array):
    return mpmath.matrix(np.asarray(array).tolist())


def column(array):
    return mpmath.matrix(np.asarray(array)[:, None].tolist())


def floats(found):
    means = np.array([[float(x) for x in m] for m, _ in found])
    return means, np.array([[[float(x) for x in row] for row in P.tolist()] for _, P in found])


def close(found, wanted, density, tolerance):
    """Errors are told in deviations, and as a part of the log-likelihood."""
    means, covariances = wanted
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    assert (np.abs(found.means - means) <= tolerance * deviations).all()
    sizes = deviations[:, :, None] * deviations[:, None]
    assert (np.abs(found.covariances - covariances) <= tolerance * sizes).all()
    assert found.log_likelihood == pytest.approx(density, rel=1e-12)


def trend(random, wide):
    return kalman(TREND, np.eye(2), [[1.0, 0.0]], [[1.0]], [3.0, 0.0], wide * np.eye(2)), random.normal(size=(12, 1))


def trend_seen_late(random, wide):
    model, y = trend(random, wide)
    y[1:5] = np.nan
    return model, y


def season_without_noise(random, wide):
    F, Q = [[-1.0, -1.0, -1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.diag([0.1, 0.0, 0.0])
    model = kalman(F, Q, [[1.0, 0.0, 0.0]], [[1.0]], np.zeros(3), wide * np.eye(3))
    return model, random.normal(size=(9, 1))


def partly_wide_with_gaps(random, wide):
    F, H, y = random.normal(size=(4, 4)) / 2, random.normal(size=(2, 4)), random.normal(size=(12, 2)) * 5
    y[random.random(y.shape) < 0.3] = np.nan
    return kalman(F, 0.1 * np.eye(4), H, np.eye(2), np.ones(4), np.diag([wide, wide, 1, 1]), np.ones(4), np.ones(2)), y


def changing_in_time(random, wide):
    F, H = random.normal(size=(9, 3, 3)) / 1.5, random.normal(size=(10, 1, 3))
    return kalman(F, 0.1 * np.eye(3), H, [[1.0]], np.zeros(3), wide * np.eye(3)), random.normal(size=(10, 1))


def long_enough_to_settle(random, wide):
    model = kalman(TREND, 0.1 * np.eye(2), [[1.0, 0.0]], [[1.0]], [3.0, 0.0], wide * np.eye(2))
    return model, random.normal(size=(150, 1))


def seen_exactly(random, wide):
    H, R = [[1.0, 0.0], [0.0, 1.0]], np.diag([0.0, 1.0])
    y = random.normal(size=(6, 2))
    y[:3, 1] = np.nan
    return kalman(TREND, np.eye(2), H, R, np.zeros(2), wide * np.eye(2)), y


def never_seen_whole(random, wide):
    model = kalman(np.eye(3), 0.1 * np.eye(3), [[1.0, 1.0, 1.0]], [[1.0]], np.zeros(3), np.diag([wide, wide, 1.0]))
    return model, random.normal(size=(8, 1))


SEEN = [trend, trend_seen_late, partly_wide_with_gaps, changing_in_time, long_enough_to_settle]


@pytest.mark.parametrize("wide", WIDTHS)
@pytest.mark.parametrize("make", SEEN)
def test_a_wide_first_state_costs_no_digits(make, wide) -> None:
    model, y = make(np.random.default_rng(0), wide)
    filtered, smoothed, density = wide_digits(model, y)
    assert model.width > WIDE
    close(model.filter(y), filtered, density, 1e-12)
    close(model.smooth(y), smoothed, density, 1e-12)


@pytest.mark.parametrize("wide", WIDTHS)
@pytest.mark.parametrize("make", [season_without_noise, never_seen_whole])
def test_what_is_not_seen_of_a_wide_state_keeps_most_digits(make, wide) -> None:
    model, y = make(np.random.default_rng(0), wide)
    filtered, smoothed, density = wide_digits(model, y)
    close(model.filter(y), filtered, density, 1e-6)
    close(model.smooth(y), smoothed, density, 1e-6)


@pytest.mark.parametrize("wide", WIDTHS)
def test_what_is_seen_exactly_of_a_wide_state_is_certain(wide) -> None:
    model, y = seen_exactly(np.random.default_rng(0), wide)
    _, (means, covariances), density = wide_digits(model, y)
    found = model.smooth(y)
    np.testing.assert_allclose(found.means, means, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.covariances, covariances, rtol=1e-12, atol=1e-12)
    assert not found.covariances[:, 0].any()
    assert found.log_likelihood == pytest.approx(density, rel=1e-12)


def test_what_a_singular_wide_state_rules_out_is_impossible() -> None:
    model = kalman(np.eye(2), np.zeros((2, 2)), np.eye(2), np.diag([0.0, 1.0]), [0.0, 0.0], np.diag([0.0, 1e12]))
    found = model.smooth([[0.0, 5.0]])
    assert found.means.ravel() == pytest.approx([0.0, 5.0])
    assert found.dimension == 1
    with pytest.raises(ImpossibleEvidence, match="off the support"):
        model.smooth([[1.0, 5.0]])


def test_what_floats_cannot_tell_is_refused() -> None:
    model, y = never_seen_whole(np.random.default_rng(0), 1e22)
    for ask in (model.filter, model.smooth):
        with pytest.raises(InputMismatch, match="too wide .* divide its variances by 1e4"):
            ask(y)
    model, y = never_seen_whole(np.random.default_rng(0), 1e18)
    assert np.isfinite(model.smooth(y).means).all()


def test_forecasts_and_draws_after_a_wide_state() -> None:
    model, y = trend_seen_late(np.random.default_rng(0), 1e16)
    longer = np.concatenate([y, np.full((3, 1), np.nan)])
    (means, covariances), smoothed, _ = wide_digits(model, longer)
    ahead = model.forecast(y, 3)
    np.testing.assert_allclose(ahead.states, means[-3:], rtol=1e-12)
    np.testing.assert_allclose(ahead.state_covariances, covariances[-3:], rtol=1e-12)
    paths = model.sample(longer, 40_000, seed=0)
    deviations = np.sqrt(np.diagonal(smoothed[1], axis1=1, axis2=2))
    assert (np.abs(paths.mean(0) - smoothed[0]) < 0.03 * deviations).all()
    np.testing.assert_allclose(paths.std(0), deviations, rtol=0.03)
    both = np.cov(paths[:, 3].T)
    np.testing.assert_allclose(both, smoothed[1][3], atol=0.05 * deviations[3].max() ** 2)


@pytest.mark.parametrize("wide", WIDTHS)
@pytest.mark.parametrize("states", [{}, {"x#3": [np.nan, 2.0]}, {"x#2": [1.0, 2.0]}])
def test_a_chain_is_answered_as_by_the_joint(states, wide) -> None:
    X, noise = Real(2), np.eye(2)
    look, move = gaussian("y", X, Real(1), [[1.0, 0.0]], 0.0, [[1.0]]), gaussian("x", X, X, TREND, [0.0, 0.0], noise)
    steps = [(gaussian_state("x", X, [0.0, 0.0], wide * noise), []), (look, [0])]
    for t in range(1, 6):
        steps += [(move, [2 * t - 2]), (look, [2 * t])]
    q = infer_gaussian(graph(Ty(), steps, range(len(steps))))
    assert q.chain is not None
    evidence = {"y": [1.0], "y#3": [3.0], "y#4": [2.5], "y#6": [7.0], **states}
    row = read_evidence(q.network, evidence).values[0]
    found, wanted = smooth_chain(q.network, q.chain, row), GaussianInference(q.network, None).posterior(evidence)
    assert found.log_evidence == pytest.approx(wanted.log_evidence, rel=1e-9)
    for i, name in enumerate(q.variables):
        np.testing.assert_allclose(found.means[i], wanted[name].mean, rtol=1e-6)
        np.testing.assert_allclose(found.covariances[i], wanted[name].covariance, rtol=1e-6, atol=1e-9)


def test_the_width_is_that_beside_noise() -> None:
    late = kalman(TREND, np.zeros((2, 2)), [[1.0, 0.0]], [[2.0]], [0.0, 0.0], np.diag([0.0, 1e12]))
    assert width(late) == pytest.approx(5e11)
    exact = kalman([[1.0]], [[0.0]], [[1.0]], [[0.0]], [0.0], [[1e12]])
    assert exact.width == 0.0
    assert exact.smooth([5.0, 5.0]).means.ravel().tolist() == [5.0, 5.0]
    assert exact.filter([5.0]).covariances.item() == 0.0
