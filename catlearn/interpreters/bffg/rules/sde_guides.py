"""What guides a diffusion along its grid: linear-Gaussian maps from each time of the grid to the end.

The guide is a linear stochastic differential equation, whose transitions are exact, or the true steps linearized along
a path. Messages on the grid are then pulled back from the end in one array operation for all times and boxes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.processes.linear_sde import LinearSDE
from catlearn.errors import CatlearnError, Diverged
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Seen
from catlearn.interpreters.bffg.rules.calling import Calls
from catlearn.interpreters.bffg.rules.gaussian import Steps
from catlearn.interpreters.bffg.rules.linear import Linear
from catlearn.interpreters.bffg.rules.linearize import slopes
from catlearn.interpreters.bffg.rules.rule import Stack
from catlearn.interpreters.bffg.rules.transitions import to_end

__all__ = ["along_path", "covariance_of", "linear_guide", "messages_on_grid", "path_between"]

Array = NDArray[Any]


def linear_guide(stack: Stack, grid: Array, durations: Array) -> Steps:
    """Phi (d, d, K, m), beta (d, K, m) and Q (d, d, K, m) from the K + 1 times of a grid but the last to the end.

    Raises:
        Diverged: when a guide grows beyond floats; it names the box.
    """
    d, shape = 0, (len(grid) - 1, len(durations))
    made: list[Array] = []
    for k, kernel in enumerate(stack.guide):
        assert isinstance(kernel, LinearSDE)
        at = np.flatnonzero(stack.which == k)
        name, d = stack.names[int(at[0])], kernel.process.d
        try:
            parts = to_end(kernel.process, grid[:-1], durations[at])
        except CatlearnError as error:
            raise type(error)(f"{name}: {error}") from None
        if not all(np.isfinite(part).all() for part in parts):
            raise Diverged(f"{name}: its guide grows beyond bounds over its duration; guide it with a smaller B")
        made = made or [np.empty((d, d, *shape)), np.empty((d, *shape)), np.empty((d, d, *shape))]
        for whole, part in zip(made, parts, strict=True):
            whole[..., at] = part
    return made[0], made[1], made[2]


def covariance_of(spread: Array) -> Array:
    """`sigma sigma'` (d, d, ...) of dispersions (d, k, ...)."""
    made: Array = np.einsum("ik...,jk...->ij...", spread, spread)
    return made


def path_between(calls: Calls, grid: Array, durations: Array, start: Array, end: Array) -> Array:
    """A path without noise on the grid, (d, K + 1, m), from start (d, m), bent such that it ends at `end`.

    Where drift leads beyond bounds the path stays where it began.
    """
    path = np.empty((len(start), len(grid), start.shape[-1]))
    path[:, 0] = start
    for k, step in enumerate(np.diff(grid)):
        x = path[:, k, :, None]
        try:
            path[:, k + 1] = path[:, k] + step * durations * calls("drift", (len(x),), x, grid[k] * durations)[..., 0]
        except Diverged:
            if not k:
                raise
            path[:, k + 1] = np.nan
            break
    lost = ~(np.abs(path).max(axis=(0, 1)) < np.inf) | ~(np.abs(path[:, -1] - start).max(axis=0) < 1e6)
    path[:, :, lost] = start[:, None, lost]
    return path + grid[None, :, None] * (end - path[:, -1])[:, None]


def along_path(calls: Calls, grid: Array, durations: Array, path: Array, fixed: Array | None) -> Steps:
    """The true steps, linearized along a path (d, K + 1, m) and composed; see `linear_guide`.

    Args:
        fixed: (d, d, m) the covariance of the noise, where it is the same everywhere.
    """
    d, K, m = len(path), len(grid) - 1, path.shape[-1]
    x = path[:, :-1].swapaxes(1, 2)
    J, drift, a = np.empty((d, d, m, K)), np.empty((d, m, K)), np.empty((d, d, m, K))
    for k in range(K):
        at, t = x[..., k : k + 1], grid[k] * durations
        drift[..., k] = calls("drift", (d,), at, t)[..., 0]
        J[..., k] = slopes(lambda y, t=t: calls("drift", (d,), y, t), at)[..., 0]  # type: ignore[misc]
        a[..., k] = covariance_of(calls("dispersion", (d, None), at, t))[..., 0] if fixed is None else fixed
    dt = durations[:, None] * np.diff(grid)
    step, noise = np.eye(d)[:, :, None, None] + J * dt, a * dt
    shift = (drift - np.einsum("ijmk,jmk->imk", J, x)) * dt
    Phi, beta, Q = np.empty((d, d, K, m)), np.empty((d, K, m)), np.empty((d, d, K, m))
    ahead = np.repeat(np.eye(d)[:, :, None], m, axis=2), np.zeros((d, m)), np.zeros((d, d, m))
    for k in range(K - 1, -1, -1):
        left = np.einsum("ijm,jlm->ilm", ahead[0], step[..., k])
        to = np.einsum("ijm,jm->im", ahead[0], shift[..., k]) + ahead[1]
        more = np.einsum("ijm,jkm,lkm->ilm", ahead[0], noise[..., k], ahead[0]) + ahead[2]
        ahead = left, to, more
        Phi[:, :, k], beta[:, k], Q[:, :, k] = ahead
    return Phi, beta, Q


def messages_on_grid(guide: Steps, out: AnyMessage, mask: tuple[bool, ...], names: tuple[str, ...]) -> Canonical:
    """The messages (d, K, m) at the times of the grid but the last, of messages at the end.

    Raises:
        NotSupported: when a number is observed at the end that has no noise by the guide; it names the box.
    """
    Phi, beta, Q = guide
    d, K, m = beta.shape
    whole = Linear.of(
        Phi.reshape(d, d, K * m), beta.reshape(d, K * m), Q.reshape(d, d, K * m), mask, names * (K if any(mask) else 1)
    )
    g = whole.pull(_tiled(out, K)).message
    return Canonical(g.c.reshape(K, m), g.F.reshape(d, K, m), g.H.reshape(d, d, K, m))


def _tiled(out: AnyMessage, K: int) -> AnyMessage:
    """The same messages for each time, times first."""
    if isinstance(out, Seen):
        message = _tiled(out.message, K)
        assert isinstance(message, Canonical)
        return Seen(np.tile(out.values, K), out.mask, message)
    assert isinstance(out, Canonical)
    return Canonical(np.tile(out.c, K), np.tile(out.F, K), np.tile(out.H, K))
