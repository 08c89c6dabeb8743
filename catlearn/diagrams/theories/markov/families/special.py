"""Differences of log-gamma functions that stay accurate where the functions themselves are huge.

>>> print(f"{log_rise(1e12, 1):.12f} {np.log(1e12):.12f}")
27.631021115929 27.631021115929
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["log_choose", "log_factorial", "log_rise"]

Array = NDArray[np.float64]
LARGE = 30.0
"""From here on Stirling's series with three corrections is as good as floats are."""


def log_rise(a: Any, n: Any) -> Array:
    """`log(gamma(a + n) / gamma(a))` for a > 0 and n >= 0; the two may have shapes that broadcast.

    Subtracting two log-gammas loses all digits when a is large: each is about `a log a`.
    """
    from scipy.special import gammaln

    a, n = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(n, np.float64))
    big = np.where(a < LARGE, LARGE, a)
    series = (big - 0.5) * np.log1p(n / big) + n * (np.log(big + n) - 1.0) + _correction(big + n) - _correction(big)
    return np.asarray(np.where(a < LARGE, gammaln(a + n) - gammaln(a), series))


def _correction(z: Array) -> Array:
    w = 1.0 / (z * z)
    return np.asarray((1 / 12 - w * (1 / 360 - w * (1 / 1260 - w / 1680))) / z)


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
    from scipy.special import betaln

    n, k = np.asarray(n, np.float64), np.asarray(k, np.float64)
    return np.asarray(-np.log1p(n) - betaln(n - k + 1.0, k + 1.0))
