"""Substitution models are finite kernels: a table for each duration, all of them from one decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.processes.substitution import Stationary, Substitution
from catlearn.interpreters.bffg.rules.finite import enter_finite

__all__: list[str] = []

Array = NDArray[Any]


def _tables(kernel: Substitution, durations: Array) -> Array:
    return kernel.transition(np.where(np.isnan(durations), kernel.duration, durations))


enter_finite(Substitution, _tables)
enter_finite(Stationary, lambda kernel, durations: kernel.frequencies[:, None])
