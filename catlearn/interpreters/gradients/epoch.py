"""One pass over the samples: training steps that change arrays in place, and the loss without a step.

A state that is handed out is never changed: a pass copies it first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.gradients.data import batches
from catlearn.interpreters.gradients.state import State

__all__ = ["Pass", "mean_loss", "one_epoch"]

Array = NDArray[np.float64]
Run = Callable[..., Any]
SNAPSHOT = 50  # steps between copies of a state that may prove to be good
ROWS = 256  # samples at once where nothing is learned, if a batch is not larger


@dataclass(frozen=True)
class Pass:
    """What a pass over the samples has come to.

    Attributes:
        end: the state after it, or None when a loss or a parameter was not finite.
        good: the last state that is finite and whose loss is known to be.
        loss: the mean over the samples.
        step: the number of the last step.
    """

    end: State | None
    good: State
    loss: float
    step: int


def one_epoch(step: Run, start: State, good: State, arrays: Sequence[Array], size: int) -> Pass:
    """Take a training step on each batch, in an order that depends on the seed and the number of the epoch alone.

    Args:
        step: `arrays of the state, batch -> loss, arrays of the state`; it may overwrite what it is given.
        start: where to begin.
        good: the last state whose loss is known to be finite.
        arrays: samples and targets.
        size: of a batch.
    """
    order = np.random.default_rng([start.seed, start.epoch]).permutation(len(arrays[0]))
    values: list[Any] = [array.copy() for array in start.arrays]
    total, last, here = 0.0, math.ceil(len(order) / size) - 1, start
    for i, batch in enumerate(batches(arrays, size, order)):
        if i and (i == last or i % SNAPSHOT == 0):
            here = start.at(values, start.step + i)
        loss, *values = step(*values, *batch)
        if not math.isfinite(loss):
            return Pass(None, good, math.nan, start.step + i + 1)
        if here.step == start.step + i and here.finite:
            good = here
        total += float(loss) * len(batch[0])
    end = start.at(values, start.step + last + 1)
    return Pass(end if end.finite else None, good, total / len(order), end.step)


def mean_loss(loss: Run, parameters: Sequence[Array], arrays: Sequence[Array], size: int) -> float:
    """The mean of `loss(parameters, samples and targets)`, some samples at a time."""
    parts = batches(arrays, max(size, ROWS))
    return sum(float(loss(*parameters, *part)) * len(part[0]) for part in parts) / len(arrays[0])
