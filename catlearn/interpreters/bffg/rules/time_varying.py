"""The transitions of linear stochastic differential equations whose coefficients are functions of time.

With T the end and t the start, `dPhi/dt = -Phi B`, `dbeta/dt = -Phi beta(t)`, `dQ/dt = -Phi a Phi'`, from the identity
and zeros at T backward. All durations are solved together, each in its own unit of time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.processes.linear_sde import LinearProcess
from catlearn.errors import Diverged

__all__ = ["solved"]

Array = NDArray[Any]
ACCURACY = 1e-10


def solved(process: LinearProcess, grid: Array, durations: Array) -> tuple[Array, Array, Array]:
    """Phi (d, d, K, m), beta (d, K, m) and Q (d, d, K, m) from K parts of m durations to their ends.

    Raises:
        Diverged: when they grow beyond bounds.

    >>> process = LinearProcess(lambda t: -2.0 * t, 0.0, 1.0)
    >>> Phi, _, _ = solved(process, np.array([0.0, 0.5]), np.array([1.0]))
    >>> Phi[0, 0, :, 0].round(6).tolist(), np.exp([-1.0, -0.75]).round(6).tolist()
    ([0.367879, 0.472367], [0.367879, 0.472367])
    """
    from scipy.integrate import solve_ivp

    different, which = np.unique(durations, return_inverse=True)
    d, m = process.d, len(different)
    sizes = d * d, d, d * d
    ends = np.cumsum(sizes)[:-1]

    def slope(u: float, y: Array) -> Array:
        Phi = y.reshape(sum(sizes), m)[: d * d].reshape(d, d, m)
        parts = [process.at(float(u * T)) for T in different]
        B, beta, a = (np.stack(part, axis=-1) * different for part in zip(*parts, strict=True))
        change = np.einsum("ijm,jkm->ikm", Phi, B)
        noise = np.einsum("ijm,jkm,lkm->ilm", Phi, a, Phi)
        rows = change.reshape(-1, m), np.einsum("ijm,jm->im", Phi, beta), noise.reshape(-1, m)
        return -np.concatenate(rows).reshape(-1)

    start = np.concatenate([np.repeat(np.eye(d).reshape(-1, 1), m, axis=1), np.zeros((d + d * d, m))])
    times, back = np.unique(grid, return_inverse=True)
    with np.errstate(over="ignore", invalid="ignore"):
        found = solve_ivp(
            slope, (1.0, 0.0), start.reshape(-1), "DOP853", times[::-1], rtol=ACCURACY, atol=1e-3 * ACCURACY
        )
    if not found.success or not np.isfinite(found.y).all():
        raise Diverged("a LinearSDE grows beyond bounds over its duration; give it a shorter one, or smaller B")
    whole = found.y.reshape(sum(sizes), m, -1)[:, :, ::-1][:, :, back].swapaxes(1, 2)[..., which]
    Phi, beta, Q = np.split(whole, ends)
    shape = whole.shape[1:]
    Q = Q.reshape(d, d, *shape)
    return Phi.reshape(d, d, *shape), beta, 0.5 * (Q + Q.swapaxes(0, 1))
