"""Kalman smoothing of 1,000 steps with its log-likelihood, beside statsmodels and dynamax where they are installed.

Before anything is timed, our result is compared with the textbook recursions in extended precision, to 1e-12, and what
peers give with ours, to 1e-6: they stop their own recursions earlier.

>>> [row.case for row in rows(sizes=(2,), steps=20, rounds=1)]
['Kalman smoothing']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.measure import interleaved
from benchmarks.rows import Row
from catlearn.interpreters.markov.gaussian.kalman import kalman

__all__ = ["SIZES", "rows"]

SIZES = (4, 16, 32)
STEPS = 1000

Answer = tuple[Any, Any, Any]
"""Smoothed means (T, d), covariances (T, d, d) and the log-likelihood."""


@dataclass(frozen=True)
class Problem:
    """A random stable state space of d numbers, of which max(2, d / 2) are seen, and observations drawn from it."""

    F: Any
    Q: Any
    H: Any
    R: Any
    mean: Any
    covariance: Any
    y: Any

    @classmethod
    def of(cls, d: int, steps: int) -> Problem:
        """The problem of one size."""
        random, p = np.random.default_rng(1), max(2, d // 2)
        F = random.normal(size=(d, d))
        F *= 0.95 / np.abs(np.linalg.eigvals(F)).max()
        H, x, y = random.normal(size=(p, d)), np.zeros(d), np.empty((steps, p))
        for t in range(steps):
            y[t] = H @ x + random.normal(size=p) * 0.5**0.5
            x = F @ x + random.normal(size=d) * 0.3**0.5
        return cls(F, 0.3 * np.eye(d), H, 0.5 * np.eye(p), np.zeros(d), np.eye(d), y)


def rows(sizes: Iterable[int] = SIZES, steps: int = STEPS, rounds: int = 9) -> Iterable[Row]:
    """Check and measure each size; ratios come from the best rounds of both."""
    for d in sizes:
        problem = Problem.of(d, steps)
        runs = {"ours": ours(problem), **{name: make(problem) for name, make in PEERS.items() if find_spec(name)}}
        errors = check(problem, {name: run() for name, run in runs.items()})
        times = {name: timing.least for name, timing in interleaved(runs, rounds).items()}
        note = "; ".join(f"{name} off by {error:.1g}" for name, error in errors.items())
        yield Row("Kalman smoothing", f"d={d}, T={steps:,}", times.pop("ours"), times, note)


def check(problem: Problem, answers: dict[str, Answer]) -> dict[str, float]:
    """The largest error of each in means and covariances, which must be small."""
    wanted = reference(problem)
    errors = {}
    for name, found in answers.items():
        errors[name] = max(float(np.abs(np.asarray(a) - b).max()) for a, b in zip(found[:2], wanted[:2], strict=True))
        relative = abs(float(found[2]) / float(wanted[2]) - 1.0)
        bound = 1e-12 if name == "ours" else 1e-6
        if not (errors[name] <= bound and relative <= bound):
            raise ArithmeticError(f"the results of {name} are off by {errors[name]:.2g}")
    return errors


def ours(problem: Problem) -> Callable[[], Answer]:
    """Ours."""
    q = problem
    model = kalman(q.F, q.Q, q.H, q.R, q.mean, q.covariance)

    def run() -> Answer:
        found = model.smooth(q.y)
        return found.means, found.covariances, found.log_likelihood

    return run


def with_statsmodels(problem: Problem) -> Callable[[], Answer]:
    """The state space of statsmodels, in compiled code."""
    from statsmodels.tsa.statespace.mlemodel import MLEModel

    q, d = problem, len(problem.mean)
    model = MLEModel(q.y, k_states=d)
    model["design"], model["obs_cov"], model["transition"] = q.H, q.R, q.F
    model["selection"], model["state_cov"] = np.eye(d), q.Q
    model.ssm.initialize_known(q.mean, q.covariance)

    def run() -> Answer:
        found = model.ssm.smooth()
        return found.smoothed_state.T, np.moveaxis(found.smoothed_state_cov, 2, 0), found.llf

    return run


def with_dynamax(problem: Problem) -> Callable[[], Answer]:
    """The smoother of dynamax, compiled, in double precision."""
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp
    from dynamax.linear_gaussian_ssm.inference import lgssm_smoother, make_lgssm_params

    q = problem
    parameters = make_lgssm_params(*(jnp.array(a) for a in (q.mean, q.covariance, q.F, q.Q, q.H, q.R)))
    smooth, y = jax.jit(lgssm_smoother), jnp.array(q.y)

    def run() -> Answer:
        found = jax.block_until_ready(smooth(parameters, y))
        return found.smoothed_means, found.smoothed_covariances, found.marginal_loglik

    return run


PEERS = {"statsmodels": with_statsmodels, "dynamax": with_dynamax}


def reference(problem: Problem) -> Answer:
    """The textbook filter and the smoother of Rauch, Tung and Striebel in extended precision."""
    wide = np.longdouble
    F, Q, H, R, m, P, y = (np.asarray(getattr(problem, name)).astype(wide) for name in problem.__dataclass_fields__)
    filtered, predicted, density = [], [], wide(0)
    for row in y:
        predicted.append((m, P))
        inverse, log_determinant = gauss_jordan(H @ P @ H.T + R)
        r = row - H @ m
        density -= (r @ inverse @ r + log_determinant + len(row) * np.log(2 * wide(np.pi))) / 2
        gain = P @ H.T @ inverse
        m, P = m + gain @ r, P - gain @ H @ P
        filtered.append((m, P))
        m, P = F @ m, F @ P @ F.T + Q
    found = [filtered[-1]]
    for (m, P), (m1, P1) in zip(filtered[-2::-1], predicted[:0:-1], strict=True):
        gain = P @ F.T @ gauss_jordan(P1)[0]
        found.append((m + gain @ (found[-1][0] - m1), P + gain @ (found[-1][1] - P1) @ gain.T))
    means, covariances = zip(*found[::-1], strict=True)
    return np.array(means), np.array(covariances), density


def gauss_jordan(S: Any) -> tuple[Any, Any]:
    """The inverse of a covariance and the logarithm of its determinant; numpy has none in extended precision."""
    n, log_determinant = len(S), np.longdouble(0)
    both = np.hstack([S, np.eye(n, dtype=S.dtype)])
    for i in range(n):
        log_determinant += np.log(both[i, i])
        both[i] /= both[i, i]
        rest = np.arange(n) != i
        both[rest] -= both[rest, i][:, None] * both[i]
    return both[:, n:], log_determinant
