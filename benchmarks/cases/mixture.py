"""Case h: the log-likelihood of a Gaussian mixture with a Wishart prior, as in the ADBench suite, on its data.

The parameters are weights before softmax, means, and for each component the logarithms of the diagonal and the rest of
a triangular factor of the inverse covariance, column by column. The objective is ADBench's, constants included.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from math import lgamma, log, pi, sqrt
from pathlib import Path
from typing import Any

import numpy as np

import catlearn as cl
from benchmarks.case import Case
from catlearn import Real, Wire

__all__ = ["Problem", "mixture", "read"]

Array = Any


@dataclass(frozen=True)
class Problem:
    """What the file holds: weights (k,), means (k, d), factors (k, d + d(d-1)/2), points (n, d), and the prior."""

    weights: Array
    means: Array
    factors: Array
    points: Array
    scale: float
    freedom: int

    @property
    def strength(self) -> float:
        """How strongly the prior holds the factors."""
        return self.scale**2

    @property
    def constant(self) -> float:
        """What the objective adds whatever the parameters."""
        n, d = self.points.shape
        free = d + self.freedom + 1
        multigamma = d * (d - 1) / 4 * log(pi) + sum(lgamma((free - j) / 2) for j in range(d))
        prior = len(self.weights) * (free * d * log(self.scale / sqrt(2.0)) - multigamma)
        return -n * d / 2 * log(2 * pi) - prior


def read(path: Path) -> Problem:
    """A problem in ADBench's text format."""
    first, *lines = path.read_text(encoding="utf-8").split("\n")
    d, k, n = map(int, first.split())
    rows = [np.array(line.split(), float) for line in lines if line.strip()]
    weights, means, factors, points = (rows[a:b] for a, b in ((0, k), (k, 2 * k), (2 * k, 3 * k), (3 * k, 3 * k + n)))
    scale, freedom = rows[3 * k + n]
    assert d == len(means[0])
    return Problem(np.concatenate(weights), *map(np.array, (means, factors, points)), float(scale), int(freedom))


def places(d: int) -> tuple[list[int], list[int]]:
    """Where the diagonal and the elements under it, column by column, stand in a flat d x d matrix."""
    return [i * d + i for i in range(d)], [row * d + column for column in range(d) for row in range(column + 1, d)]


def diagram(problem: Problem) -> cl.Diagram:
    """The diagram of value and gradient."""
    (k, d), count = problem.means.shape, len(problem.points)
    diagonal, below = places(d)
    components = {"weights": Real(k), "means": Real(k, d), "factors": Real(k, problem.factors.shape[1])}

    @cl.diagram(factors=components["factors"])
    def triangles(factors: Wire) -> Wire:
        parts = cl.concatenate([cl.exp(factors[:, :d]), factors[:, d:], cl.full((k, 1), 0.0)], axis=1)
        at = {place: i for i, place in enumerate([*diagonal, *below])}
        return cl.reshape(cl.take(parts, [at.get(i, len(at)) for i in range(d * d)], axis=1), k, d, d)

    @cl.diagram(weights=Real(k), means=Real(k, d), q=Real(k, d, d), logs=Real(k), x=Real(d))
    def point(weights: Wire, means: Wire, q: Wire, logs: Wire, x: Wire) -> Wire:
        off = cl.einsum("kij,j->ki", q, x) - cl.einsum("kij,kj->ki", q, means)
        return cl.logsumexp(weights + logs - 0.5 * cl.sum(off * off, 1))

    @cl.diagram(**components, points=Real(count, d))
    def likelihood(weights: Wire, means: Wire, factors: Wire, points: Wire) -> Wire:
        q, logs, rest = triangles(factors), cl.sum(factors[:, :d], 1), factors[:, d:]
        terms = cl.batch(point, count, over=["x"])(weights, means, q, logs, points)
        squares = cl.sum(cl.exp(2.0 * factors[:, :d])) + cl.sum(rest * rest)
        prior = 0.5 * problem.scale**2 * squares - float(problem.freedom) * cl.sum(logs)
        return cl.sum(terms) - float(count) * cl.logsumexp(weights) + prior + problem.constant

    return cl.value_and_gradient(likelihood, wrt=list(components))


def hand(problem: Problem, weights: Array, means: Array, factors: Array, points: Array) -> tuple[Array, ...]:
    """Value and gradient in numpy."""
    n, (k, d) = len(points), means.shape
    logs = factors[:, :d]
    scales, q = np.exp(logs), np.zeros((k, d * d))
    diagonal, below = places(d)
    q[:, diagonal], q[:, below] = scales, factors[:, d:]
    q = q.reshape(k, d, d)
    off = (points @ q.reshape(k * d, d).T).reshape(n, k, d)
    off -= np.matmul(q, means[:, :, None])[None, :, :, 0]
    sums = logs.sum(1)
    t = np.einsum("nkd,nkd->nk", off, off)
    t *= -0.5
    t += weights + sums
    largest = t.max(1, keepdims=True)
    t -= largest
    np.exp(t, out=t)
    total = t.sum(1, keepdims=True)
    top = weights.max()
    shares = np.exp(weights - top)
    whole = shares.sum()
    value = largest.sum() + np.log(total).sum() - n * (top + log(whole)) + problem.constant
    value += (
        0.5 * problem.strength * ((scales * scales).sum() + (factors[:, d:] ** 2).sum()) - problem.freedom * sums.sum()
    )
    t /= total
    mass = t.sum(0)
    off *= t[:, :, None]
    pull = off.sum(0)
    dq = -(off.reshape(n, k * d).T @ points).reshape(k, d, d)
    dq += pull[:, :, None] * means[:, None, :]
    d_means = np.matmul(pull[:, None, :], q)[:, 0]
    d_factors, flat = np.empty_like(factors), dq.reshape(k, d * d)
    d_factors[:, :d] = flat[:, diagonal] * scales + mass[:, None] + problem.strength * scales * scales - problem.freedom
    d_factors[:, d:] = flat[:, below] + problem.strength * factors[:, d:]
    return value, mass - n * shares / whole, d_means, d_factors


def plain(problem: Problem, np: Any, weights: Array, means: Array, factors: Array, points: Array) -> Array:
    """The objective in plain array code."""
    n, (k, d) = len(points), means.shape
    left, right = selections(d)
    logs, rest = factors[:, :d], factors[:, d:]
    q = (np.exp(logs) @ left + rest @ right).reshape(k * d, d)
    middle = np.sum(q.reshape(k, d, d) * means[:, None, :], axis=2)
    off = (points @ q.T).reshape(n, k, d) - middle
    t = weights + np.sum(logs, axis=1) - 0.5 * np.sum(off * off, axis=2)
    largest = np.max(t, axis=1, keepdims=True)
    terms = np.sum(largest) + np.sum(np.log(np.sum(np.exp(t - largest), axis=1)))
    top = np.max(weights)
    shares = top + np.log(np.sum(np.exp(weights - top)))
    prior = 0.5 * problem.strength * (np.sum(np.exp(2.0 * logs)) + np.sum(rest * rest)) - problem.freedom * np.sum(logs)
    return terms - n * shares + prior + problem.constant


def with_torch(problem: Problem, torch: Any, weights: Array, means: Array, factors: Array, points: Array) -> Array:
    """The objective with torch's own functions."""
    n, (k, d) = len(points), means.shape
    left, right = map(torch.from_numpy, selections(d))
    logs, rest = factors[:, :d], factors[:, d:]
    q = (torch.exp(logs) @ left + rest @ right).reshape(k, d, d)
    off = (points @ q.reshape(k * d, d).T).reshape(n, k, d) - torch.matmul(q, means[:, :, None])[:, :, 0]
    terms = torch.logsumexp(weights + logs.sum(1) - 0.5 * (off * off).sum(2), 1).sum()
    prior = 0.5 * problem.strength * (torch.exp(2.0 * logs).sum() + (rest * rest).sum()) - problem.freedom * logs.sum()
    return terms - n * torch.logsumexp(weights, 0) + prior + problem.constant


@cache
def selections(d: int) -> tuple[Array, Array]:
    """0/1 matrices that put the diagonal and the rest of a factor into a flat matrix."""
    made = [np.zeros((len(at), d * d)) for at in places(d)]
    for matrix, at in zip(made, places(d), strict=True):
        matrix[np.arange(len(at)), at] = 1.0
    return made[0], made[1]


def mixture(path: Path) -> Case:
    """The case on the problem in a file."""
    problem = read(path)
    arrays = problem.weights, problem.means, problem.factors, problem.points
    size = f"{len(problem.points):,} points, {len(problem.weights)} components in {problem.means.shape[1]}"
    values = partial(plain, problem), partial(with_torch, problem)
    return Case("h mixture", size, partial(diagram, problem), arrays, 3, partial(hand, problem), *values, bound=1.2)
