"""Differences of log-gamma functions that stay accurate where the functions themselves are huge.

>>> print(f"{log_rise(1e12, 1):.12f} {np.log(1e12):.12f}")
27.631021115929 27.631021115929
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["log_choose", "log_factorial", "log_multichoose", "log_rise"]

Array = NDArray[np.float64]
LARGE = 30.0
"""From here on Stirling's series with three corrections is as good as floats are."""


def log_rise(a: Any, n: Any) -> Array:
    """`log(gamma(a + n) / gamma(a))` for a > 0 and a + n > 0; the two may have shapes that broadcast.

    Subtracting two log-gammas loses all digits when a is large: each is about `a log a`.
    """
    from scipy.special import gammaln

    a, n = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(n, np.float64))
    big = np.where(a < LARGE, LARGE, a)
    series = (big - 0.5) * np.log1p(n / big) + n * (np.log(big + n) - 1.0) + _correction(big + n) - _correction(big)
    return np.asarray(np.where(a < LARGE, gammaln(a + n) - gammaln(a), series))


def _correction(z: Array) -> Array:
    w = (1.0 / z) ** 2
    return np.asarray((1 / 12 - w * (1 / 360 - w * (1 / 1260 - w / 1680))) / z)


def log_multichoose(a: Any, k: Any) -> Array:
    """`log(gamma(a + k) / gamma(a) / k!)`: of a multisets of size k, for whole a.

    >>> print(f"{np.exp(log_multichoose(3, 2)):.6f} {log_multichoose(1, 1e15):.6f}")
    6.000000 0.000000
    """
    from scipy.special import gammaln

    a, k = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(k, np.float64))
    # Of the two quotients of gamma functions the one that is not huge comes first.
    few, many = log_rise(a, k) - gammaln(k + 1.0), log_rise(k + 1.0, a - 1.0) - gammaln(a)
    return np.asarray(np.where(k > a, many, few))


def log_factorial(n: Any) -> Array:
    """`log(n!)`.

    >>> print(f"{log_factorial(5):.6f}")
    4.787492
    """
    from scipy.special import gammaln

    return np.asarray(gammaln(np.asarray(n, np.float64) + 1.0))


def log_choose(n: Any, k: Any) -> Array:
    """The logarithm of the number of ways to choose k of n.

    >>> print(f"{log_choose(5, 2):.6f}")
    2.302585
    """
    n, k = np.asarray(n, np.float64), np.asarray(k, np.float64)
    few = np.minimum(k, n - k)
    return np.asarray(log_rise(n - few + 1.0, few) - log_factorial(few))
