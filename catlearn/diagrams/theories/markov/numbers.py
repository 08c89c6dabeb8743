"""Numbers as users write them, as an array of floats.

>>> import numpy as np
>>> floats([1, None]), floats(np.ma.masked_array([1.0, 2.0], [False, True]))
(array([ 1., nan]), array([ 1., nan]))
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["floats"]


def floats(values: Any) -> NDArray[np.float64]:
    """A new array of float64, with NaN for None and for what is masked.

    Raises:
        ValueError: for what is no number, or beyond floats, and for rows of different lengths; the caller says where.

    >>> floats(10**400)
    Traceback (most recent call last):
    ...
    ValueError: these are no real numbers
    """
    if np.iscomplexobj(values):
        raise ValueError("these are no real numbers")
    try:
        if np.ma.isMaskedArray(values):
            return np.asarray(np.ma.array(values, np.float64).filled(np.nan))
        return np.array(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("these are no real numbers") from None
