"""Guided paths of diffusions and their weights.

Samples are taken in blocks that stay in the processor's cache over all steps. A path is not kept unless it is asked
for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import Diverged
from catlearn.interpreters.bffg.rules.sde_bridge import Bridge
from catlearn.interpreters.bffg.rules.sde_steps import alone, one, several
from catlearn.interpreters.bffg.rules.varying import drawn, noise_at

__all__ = ["run"]

Array = NDArray[Any]
BLOCK = 10000
"""So many numbers are moved together: a handful of arrays of them fit the second cache of a core."""


def run(left: Bridge, x: Array, z: Array, keep: bool = False) -> tuple[Array, Array, Array | None]:
    """Guided ends (d, m, s) from x (d, m, s) by normals z, their log-weights (m, s), and paths (K + 1, d, m, s).

    Raises:
        ShapeMismatch: when a function gives another shape; it names the box.
        Diverged: when a path or a weight is not finite; it names the box.
    """
    d, m, s = x.shape
    ends, weights = np.empty(x.shape), np.empty((m, s))
    path = np.empty((len(left.steps) + 1, d, m, s)) if keep else None
    size = max(1, BLOCK // max(1, d * m))
    with np.errstate(all="ignore"):  # what is not finite is told below
        for start in range(0, s, size):
            at = slice(start, start + size)
            kept = None if path is None else path[..., at]
            ends[..., at], weights[:, at] = _block(left, np.array(x[..., at]), z[..., at], kept)
    good = np.isfinite(weights) & np.isfinite(ends).all(axis=0)
    if not good.all():
        name = left.calls.names[int((~good).any(axis=1).argmax())]
        said = "drift or dispersion leads to numbers that are not finite; mend them, or take more steps"
        raise Diverged(f"{name}: {said}")
    return ends, weights, path


def _block(left: Bridge, x: Array, z: Array, path: Array | None) -> tuple[Array, Array]:
    d, m, s = x.shape
    w, gains = np.zeros((m, s)), left.gains
    if gains is None:
        x = _everywhere(left, x, z, w, path)
    else:
        move = several if d > 1 else one if m > 1 else alone
        move(left, gains, x, z, w, path)
    if any(left.mask):
        x = _last(left, x, z[left.free * d :], w, path)
    if path is not None:
        path[-1] = x
    return x, w


def _everywhere(left: Bridge, x: Array, z: Array, w: Array, path: Array | None) -> Array:
    """The free steps where the noise depends on time and place."""
    d, free = len(x), (False,) * len(x)
    for k in range(left.free):
        if path is not None:
            path[k] = x
        Q, normals = left.noise(k, x), z[k * d : (k + 1) * d]
        y, logs = drawn(left.ahead(k), _mean(left, k, x), Q, normals, free, left.calls.names)
        w += logs - left.message(k).at(x)
        x = y
    return x


def _last(left: Bridge, x: Array, z: Array, w: Array, path: Array | None) -> Array:
    """The last step, to an end that is observed, in part or whole."""
    k, mean = left.free, _mean(left, left.free, x)
    if path is not None:
        path[k] = x
    if left.a is None:
        y, logs = drawn(left.out, mean, left.noise(k, x), z, left.mask, left.calls.names)
    else:
        noise = noise_at(left.a * left.steps[k], left.mask, left.calls.names)
        watched = noise.pull(left.out)
        y, logs = noise.push(watched, mean, z), watched.message.at(mean)
    w += logs - left.message(k).at(x)
    return y


def _mean(left: Bridge, k: int, x: Array) -> Array:
    made: Array = x + left.drift(k, x, left.calls.arguments(x.reshape(len(x), -1))) * left.steps[k][:, None]
    return made
