"""Linear algebra of very many small matrices at once: the matrix axes first, everything else behind them.

For matrices of a few rows a loop over their entries, each step for all matrices, is quicker than a call for each
matrix; larger ones go to LAPACK, which wants the matrix axes last.

>>> import numpy as np
>>> a = np.array([[4.0, 2.0], [2.0, 3.0]])[:, :, None]      # one matrix
>>> cholesky(a)[:, :, 0].round(4).tolist()
[[2.0, 0.0], [1.0, 1.4142]]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SMALL",
    "cholesky",
    "dot",
    "identity",
    "log_diagonal",
    "lower_solve",
    "product",
    "solve_positive",
    "transposed",
    "upper_solve",
]

SMALL = 6
"""The most rows for which the loops here are quicker than LAPACK."""

Array = NDArray[Any]


def _last(a: Array) -> Array:
    return np.moveaxis(a, (0, 1), (-2, -1))


def _first(a: Array) -> Array:
    return np.moveaxis(a, (-2, -1), (0, 1))


def identity(d: int, like: Array) -> Array:
    """The identity of d rows, to be broadcast against matrices with the same axes behind as `like`."""
    return np.eye(d).reshape(d, d, *(1,) * (like.ndim - 2))


def transposed(a: Array) -> Array:
    """The transposes of matrices (n, m, ...)."""
    return a.swapaxes(0, 1)


def product(a: Array, b: Array) -> Array:
    """The products of matrices (n, k, ...) and (k, m, ...)."""
    k = a.shape[1]
    if max(a.shape[0], k, b.shape[1]) > SMALL:
        return _first(_last(a) @ _last(b))
    if not k:
        shape = np.broadcast_shapes(a.shape[2:], b.shape[2:])
        return np.zeros((a.shape[0], b.shape[1], *shape))
    made: Array = a[:, 0, None] * b[None, 0]
    for i in range(1, k):
        made += a[:, i, None] * b[None, i]
    return made


def dot(a: Array, x: Array) -> Array:
    """Matrices (n, k, ...) times vectors (k, ...)."""
    return product(a, x[:, None])[:, 0]


def cholesky(a: Array) -> Array:
    """The lower factors of symmetric positive definite matrices (d, d, ...); not a number where one is not."""
    d = len(a)
    if d == 1:
        with np.errstate(invalid="ignore"):
            return np.sqrt(a)
    if d > SMALL:
        return _factors(_last(a))
    made = np.array(a)
    with np.errstate(invalid="ignore", divide="ignore"):
        for k in range(d):
            np.sqrt(made[k, k], out=made[k, k])
            if k + 1 < d:
                made[k + 1 :, k] /= made[k, k]
                for j in range(k + 1, d):
                    made[j:, j] -= made[j:, k] * made[j, k]
            made[:k, k] = 0.0
    return made


def _factors(a: Array) -> Array:
    try:
        return _first(np.linalg.cholesky(a))
    except np.linalg.LinAlgError:
        flat = a.reshape(-1, *a.shape[-2:])
        return _first(np.array([_factor(each) for each in flat]).reshape(a.shape))


def _factor(a: Array) -> Array:
    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        return np.full_like(a, np.nan)


def log_diagonal(factor: Array) -> Array:
    """The sum of the logarithms of the diagonals: half the log-determinant of what was factored."""
    d = len(factor)
    made: Array = np.log(factor[range(d), range(d)]).sum(axis=0)
    return made


def solve_positive(a: Array, b: Array) -> tuple[Array, Array]:
    """Solutions (d, n, ...) of `a x = b` for symmetric positive definite a (d, d, ...), and the log-determinants of a.

    >>> import numpy as np
    >>> x, log_determinant = solve_positive(np.array([[[2.0]]]), np.array([[[3.0]]]))
    >>> float(x[0, 0, 0]), round(float(log_determinant[0]), 4)
    (1.5, 0.6931)
    """
    d = len(a)
    if d > SMALL:
        factor = cholesky(a)
        return upper_solve(factor, lower_solve(factor, b)), 2.0 * log_diagonal(factor)
    u = np.concatenate([a, b], axis=1)
    x = u[:, d:]
    with np.errstate(invalid="ignore", divide="ignore"):
        for k in range(d - 1):
            ratios = u[k + 1 :, k] / u[k, k]
            u[k + 1 :, k + 1 :] -= ratios[:, None] * u[k, k + 1 :]
        for k in reversed(range(d)):
            for j in range(k + 1, d):
                x[k] -= u[k, j] * x[j]
            x[k] /= u[k, k]
        logs = np.log(u[0, 0])
        for k in range(1, d):
            logs += np.log(u[k, k])
    return x, logs


def lower_solve(factor: Array, b: Array) -> Array:
    """`factor x = b` for lower triangular factors (d, d, ...) and right sides (d, ...) or (d, n, ...)."""
    d, vector = len(factor), b.ndim < factor.ndim
    if d > SMALL:
        return _solve(factor, b, vector)
    shape = np.broadcast_shapes(factor.shape[2:], b.shape[1:] if vector else b.shape[2:])
    x = np.array(np.broadcast_to(b, (*b.shape[: 1 if vector else 2], *shape)))
    for k in range(d):
        x[k] /= factor[k, k]
        if k + 1 < d:
            below = factor[k + 1 :, k]
            x[k + 1 :] -= below * x[k] if vector else below[:, None] * x[k][None]
    return x


def upper_solve(factor: Array, b: Array) -> Array:
    """`factor' x = b`, with the transposes of lower triangular factors; shapes as for `lower_solve`."""
    d, vector = len(factor), b.ndim < factor.ndim
    if d > SMALL:
        return _solve(transposed(factor), b, vector)
    shape = np.broadcast_shapes(factor.shape[2:], b.shape[1:] if vector else b.shape[2:])
    x = np.array(np.broadcast_to(b, (*b.shape[: 1 if vector else 2], *shape)))
    for k in reversed(range(d)):
        x[k] /= factor[k, k]
        if k:
            row = factor[k, :k]
            x[:k] -= row * x[k] if vector else row[:, None] * x[k][None]
    return x


def _solve(a: Array, b: Array, vector: bool) -> Array:
    columns = b[:, None] if vector else b
    made = _first(np.linalg.solve(_last(a), _last(columns)))
    return made[:, 0] if vector else made
