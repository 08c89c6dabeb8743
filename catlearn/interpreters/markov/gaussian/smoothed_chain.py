"""The posterior of a chain: the smoothed states, and the observations that were missing.

Where a state itself was seen, it is one more observation, without noise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.markov.gaussian.chains import Chain
from catlearn.interpreters.markov.gaussian.kalman import Kalman
from catlearn.interpreters.markov.gaussian.network import GaussianNetwork
from catlearn.interpreters.markov.gaussian.simulation import draw
from catlearn.interpreters.markov.gaussian.support import support_of

__all__ = ["Found", "sample_chain", "smooth_chain"]

Array = NDArray[np.float64]


class Found(NamedTuple):
    """For each variable its mean (n,) and covariance (n, n), given one row of evidence, and its log-density.

    `exact` says whether noise was singular, `singular` whether what was seen had fewer uncertain directions than
    numbers.
    """

    means: list[Array]
    covariances: list[Array]
    log_evidence: float
    exact: bool
    singular: bool


def smooth_chain(network: GaussianNetwork, chain: Chain, row: Array) -> Found:
    """The posterior of every variable, given one row of evidence (coordinates,) with NaN where nothing was seen.

    Raises:
        ImpossibleEvidence: when what was seen is off the support.
    """
    model, y = _seen(network, chain, row)
    smoothed = model.smooth(y)
    means = [np.zeros(0)] * len(network.variables)
    covariances = [np.zeros((0, 0))] * len(network.variables)
    for t, (state, child) in enumerate(zip(chain.states, chain.seen, strict=True)):
        m, P = smoothed.means[t], smoothed.covariances[t]
        means[state], covariances[state] = _exactly(m, P, _part(network, row, state))
        if child is not None and not np.isnan(given := _part(network, row, child)).any():
            means[child], covariances[child] = given, np.zeros((len(given), len(given)))
        elif child is not None:
            A, b, noise = _missing(chain.model, t, given)
            means[child], covariances[child] = _exactly(A @ m + b, A @ P @ A.T + noise, given)
    singular = smoothed.dimension < int(np.sum(~np.isnan(y)))
    return Found(means, covariances, smoothed.log_likelihood, model.exact, singular)


def sample_chain(
    network: GaussianNetwork, chain: Chain, row: Array, n: int, random: np.random.Generator
) -> list[Array]:
    """Draw every variable n times, given one row of evidence; for each an array (n, its numbers)."""
    model, y = _seen(network, chain, row)
    paths = model.sample(y, n, int(random.integers(2**63)))
    found = [np.zeros((n, 0))] * len(network.variables)
    for t, (state, child) in enumerate(zip(chain.states, chain.seen, strict=True)):
        found[state] = _restored(paths[:, t], _part(network, row, state))
        if child is not None:
            given = _part(network, row, child)
            A, b, noise = _missing(chain.model, t, given)
            made = paths[:, t] @ A.T + draw(b, noise, n, random)
            found[child] = _restored(made, given)
    return found


def _part(network: GaussianNetwork, row: Array, variable: int) -> Array:
    return row[network.starts[variable] : network.starts[variable + 1]]


def _seen(network: GaussianNetwork, chain: Chain, row: Array) -> tuple[Kalman, Array]:
    """The state space and its observations; with the states among them where one was seen."""
    model, T = chain.model, len(chain.states)
    y = np.full((T, model.H.shape[-2]), np.nan)
    for t, child in enumerate(chain.seen):
        if child is not None:
            y[t] = _part(network, row, child)
    states = np.stack([_part(network, row, state) for state in chain.states])
    if np.isnan(states).all():
        return model, y
    p, d = y.shape[1], states.shape[1]
    H, c, R = (np.zeros((T, p + d, *rest)) for rest in ((d,), (), (p + d,)))
    H[:, :p], H[:, p:], c[:, :p], R[:, :p, :p] = model.H, np.eye(d), model.c, model.R
    return replace(model, H=H, c=c, R=R), np.hstack([y, states])


def _missing(model: Kalman, t: int, given: Array) -> tuple[Array, Array, Array]:
    """An observation given the state and the entries of it that were seen: matrix, constant and noise."""
    H, c, R = model.observation(t)
    there = ~np.isnan(given)
    if not there.any():
        return H, c, R
    whitener = support_of(c[there], R[np.ix_(there, there)]).whitener
    gain = (whitener @ R[there]).T @ whitener
    noise = R - gain @ R[there]
    return H - gain @ H[there], c + gain @ (given - c)[there], (noise + noise.T) / 2


def _exactly(mean: Array, covariance: Array, given: Array) -> tuple[Array, Array]:
    """What was seen is certain."""
    there = ~np.isnan(given)
    if not there.any():
        return mean, covariance
    covariance = covariance.copy()
    covariance[there], covariance[:, there] = 0.0, 0.0
    return np.where(there, given, mean), covariance


def _restored(made: Array, given: Array) -> Array:
    return np.where(np.isnan(given), made, given)
