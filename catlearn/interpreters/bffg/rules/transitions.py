"""The exact transitions of linear stochastic differential equations, for very many durations at once.

Where B is constant, the matrices over a short time are power series in it with coefficients that all durations share;
longer times are reached by doubling, `Phi <- Phi Phi`, `Q <- Phi Q Phi' + Q`. All that is added in Q is positive, and
no B is special: not zero, not nilpotent, not one without a basis of eigenvectors.

>>> from catlearn.diagrams.theories.markov.processes.linear_sde import OrnsteinUhlenbeck
>>> Phi, beta, Q = transitions(OrnsteinUhlenbeck(1.0, 0.0, 2.0).process, np.array([0.0, 1.0, 50.0]))
>>> Phi[0, 0].round(4).tolist(), Q[0, 0].round(4).tolist()
([1.0, 0.3679, 0.0], [0.0, 0.8647, 1.0])
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.processes.linear_sde import LinearProcess
from catlearn.interpreters.bffg.rules.gaussian import Steps
from catlearn.interpreters.bffg.rules.time_varying import solved
from catlearn.interpreters.bffg.small import dot, product, transposed

__all__ = ["to_end", "transitions"]

Array = NDArray[Any]
ORDER = 16
"""Powers that are taken; with SHORT the next one is below rounding."""
SHORT = 0.5
"""The largest norm of `B t` for which the power series is used."""


def transitions(process: LinearProcess, durations: Array) -> Steps:
    """Phi (d, d, m), beta (d, m) and Q (d, d, m) from the start to the ends of durations (m,).

    An axis of length 1 stands for all durations, where they are alike.
    """
    if process.constant:
        return _constant(*process.at(0.0), durations)
    made = solved(process, np.zeros(1), durations)
    return made[0][:, :, 0], made[1][:, 0], made[2][:, :, 0]


def to_end(process: LinearProcess, grid: Array, durations: Array) -> Steps:
    """Phi (d, d, K, m), beta (d, K, m) and Q (d, d, K, m) from K parts of m durations to their ends."""
    if not process.constant:
        return solved(process, grid, durations)
    d, shape = process.d, (len(grid), len(durations))
    left = ((1.0 - grid)[:, None] * durations).reshape(-1)
    Phi, beta, Q = (np.broadcast_to(a, (*a.shape[:-1], left.size)) for a in _constant(*process.at(0.0), left))
    return Phi.reshape(d, d, *shape), beta.reshape(d, *shape), Q.reshape(d, d, *shape)


def _constant(B: Array, beta: Array, a: Array, t: Array) -> Steps:
    if not B.any():
        return np.eye(len(B))[:, :, None], beta[:, None] * t, a[:, :, None] * t
    if len(B) == 1:
        rate = B[0, 0]
        with np.errstate(over="ignore", invalid="ignore"):
            Phi, once, twice = np.exp(rate * t), np.expm1(rate * t) / rate, np.expm1(2 * rate * t) / (2 * rate)
            # A tiny rate must not be lost in a quotient of tiny numbers.
            small = np.abs(rate) * t < 1e-150
            once, twice = np.where(small, t, once), np.where(small, t, twice)
            return Phi[None, None], beta[:, None] * once, a[:, :, None] * twice
    return _doubled(B, beta, a, t)


def _doubled(B: Array, beta: Array, a: Array, t: Array) -> Steps:
    norm = np.linalg.norm(B, 1)
    times = np.maximum(np.ceil(np.log2(np.maximum(norm * t / SHORT, 1e-300))), 0).astype(int)
    Phi, shift, Q = _series(B, beta, a, t / 2.0**times)
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(int(times.max(initial=0))):
            at: Any = slice(None) if (times > k).all() else np.flatnonzero(times > k)
            step, once, noise = Phi[..., at], shift[..., at], Q[..., at]
            shift[..., at] = dot(step, once) + once
            Q[..., at] = product(product(step, noise), transposed(step)) + noise
            Phi[..., at] = product(step, step)
    return Phi, shift, 0.5 * (Q + transposed(Q))


def _series(B: Array, beta: Array, a: Array, t: Array) -> Steps:
    d = len(B)
    power, once, noise = np.eye(d), beta, a
    rows = [np.concatenate([power.ravel(), np.zeros(d + d * d)])]
    for n in range(1, ORDER + 1):
        power, once, noise = B @ power / n, once / n, noise / n
        rows.append(np.concatenate([power.ravel(), once, noise.ravel()]))
        once, noise = B @ once, B @ noise + noise @ B.T
    whole = np.stack(rows, axis=1) @ t ** np.arange(ORDER + 1)[:, None]
    return whole[: d * d].reshape(d, d, -1), whole[d * d : -d * d], whole[-d * d :].reshape(d, d, -1)
