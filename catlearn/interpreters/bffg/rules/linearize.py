"""The lines that stand for users' functions in guides: by central differences at a point, or by regression on samples.

>>> slopes(lambda x: x**2, np.array([[[1.0, 3.0]]])).round(6).tolist()
[[[[2.0, 6.0]]]]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["regression", "slopes"]

Array = NDArray[Any]
RIDGE = 1e-6
"""The weight of the derivatives in a regression, relative to the spread of the samples."""
TINY = 1e-12
STEP = float(np.finfo(float).eps ** (1 / 3))


def slopes(function: Callable[[Array], Array], x: Array) -> Array:
    """The derivatives (e, d, m, s) of a function from (d, m, s) to (e, m, s), called once, with 2 d s samples."""
    d, m, s = x.shape
    step = STEP * (1.0 + np.abs(x))
    moved = np.repeat(x[:, :, None], 2 * d, axis=2)
    for i in range(d):
        moved[i, :, 2 * i] += step[i]
        moved[i, :, 2 * i + 1] -= step[i]
    y = function(moved.reshape(d, m, 2 * d * s))
    y = y.reshape(len(y), m, d, 2, s)
    # Numbers are rounded when they are moved: the way they went is what counts.
    ways = [moved[i, :, 2 * i] - moved[i, :, 2 * i + 1] for i in range(d)]
    return np.stack([(y[:, :, i, 0] - y[:, :, i, 1]) / ways[i] for i in range(d)], axis=1)


def regression(x: Array, y: Array, J: Array) -> tuple[Array, Array, Array]:
    """The lines `Phi x + beta` nearest to samples y (e, m, s) of x (d, m, s), and the covariance of what they miss.

    Args:
        J: (e, d, m) the derivatives, which count where samples do not spread.

    Returns:
        Phi (e, d, m), beta (e, m) and the covariance (e, e, m).

    >>> x = np.array([[[-1.0, 0.0, 1.0]]])
    >>> [part.ravel().round(3).tolist() for part in regression(x, x**2 + x, np.ones((1, 1, 1)))]
    [[1.0], [0.667], [0.222]]
    """
    mean, to = x.mean(axis=-1), y.mean(axis=-1)
    dx, dy = x - mean[..., None], y - to[..., None]
    spread = np.einsum("ims,jms->mij", dx, dx) / x.shape[-1]
    ridge = (RIDGE * np.trace(spread, axis1=1, axis2=2) + TINY)[:, None, None]
    both = np.einsum("ims,jms->mij", dx, dy) / x.shape[-1] + ridge * np.moveaxis(J, (1, 0, 2), (1, 2, 0))
    Phi = np.moveaxis(np.linalg.solve(spread + ridge * np.eye(len(x)), both), (0, 1, 2), (2, 1, 0))
    left = dy - np.einsum("edm,dms->ems", Phi, dx)
    missed = np.einsum("ims,jms->ijm", left, left) / x.shape[-1]
    return Phi, to - np.einsum("edm,dm->em", Phi, mean), missed
