"""Guided steps of diffusions whose noise is the same everywhere, in place: for one dimension, and for several.

With `v = b dt` the log-weight of a step is `v.(F - H x - H v / 2)` plus what F, H and c gain from x to the mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.rules.sde_bridge import Bridge, Gains
from catlearn.interpreters.bffg.small import dot

__all__ = ["alone", "one", "several"]

Array = NDArray[Any]


def alone(left: Bridge, gains: Gains, x: Array, z: Array, w: Array, path: Array | None) -> None:
    """All free steps of one box in one dimension: x (1, 1, s) and its log-weights w (1, s) are changed."""
    from scipy.linalg.blas import daxpy  # adds a multiple in one pass, where numpy takes two

    flat, total, u = x[0, 0], w[0], np.empty(x.shape[2])
    n, arguments, a = len(flat), left.calls.arguments(x[0]), float(gains.a[0, 0, 0])
    K, F, H, dt = (part.ravel().tolist() for part in (gains.K, gains.F, gains.H, left.steps))
    total += gains.c
    for k in range(left.free):
        if path is not None:
            path[k] = x
        drift = left.drift(k, x, arguments)[0, 0]
        if np.may_share_memory(drift, flat) or not drift.flags.c_contiguous:
            drift = drift.copy()
        _gained(gains, k, flat, u, total)
        daxpy(drift, flat, n, dt[k])
        np.multiply(flat, -H[k] * dt[k], out=u)
        u += F[k] * dt[k]
        # The guided mean A x + b is x + a dt (F - H x).
        daxpy(u, flat, n, a)
        daxpy(drift, u, n, 0.5 * H[k] * dt[k] * dt[k])
        u *= drift
        total += u
        daxpy(z[k, 0], flat, n, K[k])


def _gained(gains: Gains, k: int, x: Array, u: Array, w: Array) -> None:
    """What F and H gain."""
    if gains.F_more is not None and gains.H_more is not None:
        np.multiply(x, -0.5 * gains.H_more[0, 0, k, 0], out=u)
        u += gains.F_more[0, k, 0]
        u *= x
        w += u


def one(left: Bridge, gains: Gains, x: Array, z: Array, w: Array, path: Array | None) -> None:
    """All free steps of m boxes in one dimension: x (1, m, s) and w (m, s) are changed."""
    m, flat = x.shape[1], x[0]
    arguments, v, u = left.calls.arguments(x.reshape(1, -1)), np.empty(flat.shape), np.empty(flat.shape)
    A, b, K, F, H, dt = (part.reshape(-1, m, 1) for part in (gains.A, gains.b, gains.K, gains.F, gains.H, left.steps))
    w += gains.c[:, None]
    for k in range(left.free):
        if path is not None:
            path[k] = x
        np.multiply(left.drift(k, x, arguments)[0], dt[k], out=v)
        if gains.F_more is not None and gains.H_more is not None:
            np.multiply(flat, -0.5 * gains.H_more[0, 0, k, :, None], out=u)
            u += gains.F_more[0, k, :, None]
            u *= flat
            w += u
        np.multiply(v, 0.5, out=u)
        u += flat
        flat += v
        u *= H[k]
        np.subtract(F[k], u, out=u)
        u *= v
        w += u
        flat *= A[k]
        flat += b[k]
        np.multiply(z[k], K[k], out=u)
        flat += u


def several(left: Bridge, gains: Gains, x: Array, z: Array, w: Array, path: Array | None) -> None:
    """All free steps of m boxes in d dimensions: x (d, m, s) and w (m, s) are changed."""
    d, m, s = x.shape
    arguments, normals = left.calls.arguments(x.reshape(d, -1)), z[: left.free * d].reshape(left.free, d, m, s)
    w += gains.c[:, None]
    for k in range(left.free):
        if path is not None:
            path[k] = x
        v = left.drift(k, x, arguments) * left.steps[k][:, None]
        if gains.F_more is not None and gains.H_more is not None:
            w += (x * (gains.F_more[:, k, :, None] - 0.5 * dot(gains.H_more[:, :, k, :, None], x))).sum(axis=0)
        w += (v * (gains.F[:, k, :, None] - dot(gains.H[:, :, k, :, None], x + 0.5 * v))).sum(axis=0)
        x += v
        x[...] = dot(gains.A[:, :, k, :, None], x) + dot(gains.K[:, :, k, :, None], normals[k])
        x += gains.b[:, k, :, None]
