"""Normal noise around a mean, guided by a message, where the covariance may differ from sample to sample.

The weight of a sample is `log (kappa g)(x) - log (guide g)(x)`; the first is the message seen through the noise, at the
mean of the sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Seen
from catlearn.interpreters.bffg.rules.linear import Linear, Watched

__all__ = ["drawn", "noise_at"]

Array = NDArray[Any]
Drawn = tuple[Array, Array]


def noise_at(Q: Array, mask: tuple[bool, ...], names: tuple[str, ...]) -> Linear:
    """Noise of covariances Q (e, e, m) around means, as the linear-Gaussian kernels of an identity."""
    e, m = len(Q), Q.shape[-1]
    return Linear.of(np.broadcast_to(np.eye(e)[:, :, None], (e, e, m)), np.zeros((e, m)), Q, mask, names)


def drawn(out: AnyMessage, mean: Array, Q: Array, z: Array, mask: tuple[bool, ...], names: tuple[str, ...]) -> Drawn:
    """Outcomes (e, m, s) guided by a message, and `log (kappa g)`, (m, s).

    Args:
        out: the messages at m boxes.
        mean: (e, m, s).
        Q: (e, e, m, s), one covariance for each sample.
        z: normals, for each number that is not observed, (free, m, s).

    >>> zero, z = Canonical.zero(1, 1), np.array([[[0.0, 1.0]]])
    >>> y, logs = drawn(zero, np.ones((1, 1, 2)), np.full((1, 1, 1, 2), 4.0), z, (False,), ("f",))
    >>> y.tolist(), logs.tolist()
    ([[[1.0, 3.0]]], [[0.0, 0.0]])
    """
    m, s = mean.shape[1:]
    flat = noise_at(Q.reshape(*Q.shape[:2], m * s), mask, each(names, s) if any(mask) else names)
    watched: Watched = flat.pull(repeated(out, s))
    columns = mean.reshape(-1, m * s, 1)
    y = flat.push(watched, columns, z.reshape(-1, m * s, 1))
    return y.reshape(-1, m, s), watched.message.at(columns).reshape(m, s)


def repeated(out: AnyMessage, s: int) -> AnyMessage:
    """The same message for each of s samples, boxes first."""
    if isinstance(out, Seen):
        message = repeated(out.message, s)
        assert isinstance(message, Canonical)
        return Seen(np.repeat(out.values, s, axis=-1), out.mask, message)
    assert isinstance(out, Canonical)
    return Canonical(*(np.repeat(part, s, axis=-1) for part in (out.c, out.F, out.H)))


def each(names: tuple[str, ...], s: int) -> tuple[str, ...]:
    """The name of the box of each sample."""
    return names * s if len(names) == 1 else tuple(name for name in names for _ in range(s))
