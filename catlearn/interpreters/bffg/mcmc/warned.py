"""A warning that points at the line of the user's that asked, however many of our own functions lie between.

>>> import warnings
>>> with warnings.catch_warnings(record=True) as caught:
...     warnings.simplefilter("always")
...     warn("few samples")
>>> str(caught[0].message)
'few samples'
"""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn"]


def warn(message: str) -> None:
    """Warn, as `RuntimeWarning`, about the innermost line that is not in this package."""
    level, package = 1, f"{__name__.partition('.')[0]}."
    frame = sys._getframe(0)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(package):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, RuntimeWarning, stacklevel=level)
