"""Work on many samples, shared out to threads: numpy looks up and compares without Python's lock.

>>> with workers(2) as spread:
...     spread(lambda part: list(range(part.start, part.stop)), 5)
[[0, 1], [2, 3, 4]]
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np

from catlearn.errors import InputMismatch, short

__all__ = ["Spread", "alone", "check_jobs", "workers"]

Spread = Callable[[Callable[[slice], Any], int], list[Any]]
"""Calls a function on parts of `range(size)`, one a thread, and gives the results in order."""


def check_jobs(jobs: Any) -> int:
    """How many threads: None is 1, and -1 as many as there are cores. Raises `InputMismatch`."""
    if jobs is None:
        return 1
    if not isinstance(jobs, int | np.integer) or isinstance(jobs, bool) or not (jobs == -1 or jobs > 0):
        raise InputMismatch(f"n_jobs is {short(jobs)}; give a number of threads, or -1 for one a core")
    return (os.cpu_count() or 1) if jobs == -1 else int(jobs)


def alone(work: Callable[[slice], Any], size: int) -> list[Any]:
    """Work that is not shared out: the `Spread` of one thread."""
    return [work(slice(0, size))]


@contextmanager
def workers(jobs: int) -> Iterator[Spread]:
    """Something that spreads work over so many threads; the results do not depend on how many there are."""
    if jobs == 1:
        yield alone
        return
    with ThreadPoolExecutor(jobs) as pool:

        def spread(work: Callable[[slice], Any], size: int) -> list[Any]:
            parts = [slice(size * k // jobs, size * (k + 1) // jobs) for k in range(jobs)]
            return list(pool.map(work, [part for part in parts if part.stop > part.start]))

        yield spread
