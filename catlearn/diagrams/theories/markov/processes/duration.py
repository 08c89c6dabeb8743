"""For how long a process runs, as users say it.

>>> read_duration(2)
2.0
"""

from __future__ import annotations

import math
from typing import Any

from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import InputMismatch, TypeMismatch, short

__all__ = ["check_process", "read_duration"]


def read_duration(value: Any, what: str = "a duration") -> float:
    """The duration, or another time, as a float. Raises `InputMismatch` where it is none.

    >>> read_duration(-1)
    Traceback (most recent call last):
    ...
    catlearn.errors.InputMismatch: a duration is a finite number from 0 up, not -1
    """
    try:
        found = -1.0 if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = -1.0
    if not 0.0 <= found < math.inf:
        raise InputMismatch(f"{what} is a finite number from 0 up, not {short(value)}")
    return found


def check_process(name: str, dom: Ty, cod: Ty) -> Ob:
    """The wire that a process keeps. Raises `TypeMismatch` where a box has not one such wire on both sides.

    >>> from catlearn import Real
    >>> check_process("drift", Real(2), Real(2))
    Ob('Real', (2,))
    """
    if len(dom) != 1 or dom != cod:
        raise TypeMismatch(
            f"{name}: a process keeps the type of its one wire, but this is {dom or '()'} -> {cod or '()'}"
        )
    return dom.obs[0]
