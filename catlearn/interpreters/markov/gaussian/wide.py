"""Kalman filtering where little is known of the first state: what is wide is estimated by least squares.

A covariance that holds 1e12 beside noise of 1 loses twelve digits once observations end most of that width. So the
first state is taken as `start + u + spread w`, with w standard normal and u narrow. Given w, the ordinary filter is
right, and all that it finds is linear in w: each state's mean moves by a `response`, each whitened observation z by
what is `told` of w. So w is estimated from all z by a QR decomposition, and nothing wide is ever subtracted.

Source: P. de Jong, The diffuse Kalman filter, Annals of Statistics 19 (1991).

>>> from catlearn.interpreters.markov.gaussian.kalman import kalman
>>> trend = kalman([[1.0, 1.0], [0.0, 1.0]], np.eye(2), [[1.0, 0.0]], [[1.0]], [0.0, 0.0], 1e16 * np.eye(2))
>>> means, covariances, _, _ = smooth_wide(trend, np.array([[1.0], [2.0], [3.0]]))
>>> means.round(6).tolist()
[[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]]
>>> print(f"{covariances[0, 0, 0]:.6f}")
0.888889
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch
from catlearn.interpreters.markov.gaussian.filtering import Forward, check_finite, forward
from catlearn.interpreters.markov.gaussian.observing import Observed
from catlearn.interpreters.markov.gaussian.simulation import simulate
from catlearn.interpreters.markov.gaussian.smoothing import backward
from catlearn.interpreters.markov.gaussian.support import support_of

if TYPE_CHECKING:
    from catlearn.interpreters.markov.gaussian.kalman import Kalman

__all__ = ["WIDE", "filter_wide", "sample_wide", "smooth_wide", "width"]

WIDE = 1e4
"""A first state is wide when it makes the variance of something seen so many times that of the noise."""
TINY = 1e-20
"""The part of a deviation that w may move a state by when it is taken to move none after it."""
WORST = 1e10
"""The condition of the least squares for w, its columns being of one size, from which six digits are no longer sure."""

Array = NDArray[np.float64]
Answer = tuple[Array, Array, float, int]
"""Means (T, d), covariances (T, d, d), the log-likelihood and the dimension of what was seen."""


def width(model: Kalman) -> float:
    """The variance that observations have by the first state, as a multiple of that by noise: the largest one.

    As many observations are asked as the state has numbers, for later ones tell nothing new. What has no noise is left
    out, as nothing is lost beside it.

    >>> from catlearn.interpreters.markov.gaussian.kalman import kalman
    >>> width(kalman([[1.0]], [[1.0]], [[1.0]], [[2.0]], [0.0], [[10.0]]))
    5.0
    """
    signal, noise, widest = model.covariance, np.zeros_like(model.covariance), 0.0
    steps = _steps(model)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for t in range(steps):
            H, _, R = model.observation(t)
            ratios = ((H @ signal) * H).sum(1) / (R.diagonal() + ((H @ noise) * H).sum(1))
            widest = max(widest, float(ratios[np.isfinite(ratios)].max(initial=0.0)))
            if t + 1 < steps:
                F, _, Q = model.transition(t)
                signal = F @ signal @ F.T
                noise = F @ noise @ F.T + Q
    return widest


def filter_wide(model: Kalman, y: Array) -> Answer:
    """Each state given what was seen up to it. Errors: see `forward`.

    Raises:
        InputMismatch: when the first state is so wide, beyond about 1e18 times the noise, and so little of it was seen
            that rounding would be seen in the answer.
    """
    run = _estimated(model, y)
    means, covariances = run.found.means.copy(), _filtered(run.found)
    triangle = np.column_stack([np.eye(len(run.centre)), -run.centre])
    for t, (z, told) in enumerate(run.told):
        rows = np.vstack([np.column_stack([told, z]), triangle])
        triangle = np.asarray(np.linalg.qr(rows, mode="r"))[: len(run.centre)]
        root, move = _solved(triangle)
        _add(run.responses[t], root, move, means[t], covariances[t])
    return _checked(means, covariances, run)


def smooth_wide(model: Kalman, y: Array) -> Answer:
    """Each state given all that was seen. Errors: see `filter_wide`."""
    run = _estimated(model, y)
    means, covariances = backward(run.model, run.found)
    root, move = run.solution
    n = len(run.responses)
    _add(_smoothed_responses(run, covariances), root, move, means[:n], covariances[:n])
    return _checked(means, covariances, run)


def sample_wide(model: Kalman, y: Array, n: int, random: np.random.Generator) -> Array:
    """Draw n paths of states given all that was seen, (n, T, d). Errors: see `filter_wide`."""
    run = _estimated(model, y)
    root, move = run.solution
    drawn = move + random.standard_normal((n, len(move))) @ root.T
    responses = _smoothed_responses(run, backward(run.model, run.found)[1])
    paths = simulate(run.model, run.found, n, random)
    paths[:, : len(responses)] += np.einsum("tdk,nk->ntd", responses, drawn)
    return paths


@dataclass(frozen=True, eq=False)
class _Run:
    """The ordinary filter, and what it finds moves by when w does, which is measured from its `centre`.

    `responses` are of the filtered means, (n, d, k), where w moves none after the first n; for each of these times
    `told` holds z and by how much w lowers it.
    """

    model: Kalman
    centre: Array
    found: Forward
    responses: Array
    told: list[tuple[Array, Array]]

    @property
    def triangle(self) -> Array:
        """The least squares for w, as an upper triangle with the right side beside it and what is left below."""
        k = len(self.centre)
        rows = [np.column_stack([told, z]) for z, told in self.told]
        # The heavy rows come first: the other way round the light ones would be lost in them.
        rows += [np.column_stack([np.eye(k), -self.centre]), np.zeros((1, k + 1))]
        return np.asarray(np.linalg.qr(np.vstack(rows), mode="r"))

    @property
    def solution(self) -> tuple[Array, Array]:
        """A root of the covariance of w given everything, (k, k), and its mean less the centre, (k,)."""
        return _solved(self.triangle)

    @property
    def log_likelihood(self) -> float:
        """Of all that was seen."""
        triangle, k = self.triangle, len(self.centre)
        z = np.concatenate([z for z, _ in self.told])
        scale = float(np.log(np.abs(triangle.diagonal()[:k])).sum())
        return self.found.log_likelihood + 0.5 * float(z @ z - triangle[k, k] ** 2) - scale


def _steps(model: Kalman) -> int:
    """As many as the state has numbers, or as there are matrices for."""
    timed = [len(a) for a, n in ((model.H, 2), (model.c, 1), (model.R, 2)) if a.ndim > n]
    timed += [len(a) + 1 for a, n in ((model.F, 2), (model.b, 1), (model.Q, 2)) if a.ndim > n]
    return min([len(model.mean), *timed])


def _estimated(model: Kalman, y: Array) -> _Run:
    """The run whose centre is where everything that was seen puts it, so that nothing large is left over."""
    spread = support_of(model.mean, model.covariance).spread
    part = 1.0 / model.width
    narrow, spread = replace(model, covariance=model.covariance * part), spread * np.sqrt(1.0 - part)
    first = _run(narrow, y, spread, np.zeros(spread.shape[1]))
    return _run(narrow, y, spread, first.solution[1])


def _run(model: Kalman, y: Array, spread: Array, centre: Array) -> _Run:
    model = replace(model, mean=model.mean + spread @ centre)
    found = forward(model, y)
    deviations = np.sqrt(np.maximum(found.covariances[-1].diagonal(), 0.0))[:, None]
    response, responses, told = spread, list[Array](), list[tuple[Array, Array]]()
    for t in range(len(y)):
        response = model.transition(t - 1)[0] @ response if t else response
        seen, z = _at(found, t)
        told.append((z, seen.V @ response))
        response = response - seen.W.T @ told[t][1]
        responses.append(response)
        if t >= found.settled and (np.abs(response) <= TINY * deviations).all():
            break
    return _Run(model, centre, found, np.stack(responses), told)


def _smoothed_responses(run: _Run, covariances: Array) -> Array:
    """By how much w moves the smoothed means, (n, d, k); see `smoothing` for adjoints."""
    found, adjoint, responses = run.found, np.zeros(run.responses.shape[1:]), run.responses.copy()
    for t in range(len(responses) - 1, -1, -1):
        seen, _ = _at(found, t)
        responses[t] += found.covariances[min(t, found.settled - 1)] @ adjoint
        if t:
            adjoint = adjoint - seen.V.T @ (seen.W @ adjoint + run.told[t][1])
            adjoint = run.model.transition(t - 1)[0].T @ adjoint
    # What is certain given w was seen exactly, so w has no say in it.
    responses[np.diagonal(covariances, axis1=1, axis2=2)[: len(responses)] == 0.0] = 0.0
    return responses


def _at(found: Forward, t: int) -> tuple[Observed, Array]:
    """What was seen at t, and its whitened numbers."""
    if t < found.settled:
        return found.seen[t], found.seen[t].z
    return found.seen[-1], found.later[t - found.settled]


def _filtered(found: Forward) -> Array:
    rest = np.broadcast_to(found.covariances[-1:], (len(found.later), *found.covariances.shape[1:]))
    return np.concatenate([found.covariances, rest])


def _solved(triangle: Array) -> tuple[Array, Array]:
    """The inverse of the triangle, and the solution for the column beside it."""
    from scipy.linalg.lapack import dtrtri

    k = triangle.shape[1] - 1
    root = np.triu(dtrtri(triangle[:k, :k])[0])
    if np.abs(root * np.linalg.norm(triangle[:, :k], axis=0)[:, None]).max(initial=0.0) > WORST:
        raise InputMismatch(
            "the first state is too wide beside the noise where it was not seen; divide its variances by 1e4 or more"
        )
    return root, root @ triangle[:k, k]


def _add(responses: Array, root: Array, move: Array, means: Array, covariances: Array) -> None:
    """Move means and widen covariances, in place, by what is known of w."""
    means += responses @ move
    spread = responses @ root
    covariances += spread @ np.swapaxes(spread, -1, -2)


def _checked(means: Array, covariances: Array, run: _Run) -> Answer:
    density = run.log_likelihood
    check_finite(means, covariances, density)
    return means, covariances, density, run.found.dimension
