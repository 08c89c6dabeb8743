"""Evidence that cannot be, told by the box at which it shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import Diverged, ImpossibleEvidence
from catlearn.interpreters.bffg.backward import Filtered
from catlearn.interpreters.bffg.messages import Seen
from catlearn.interpreters.bffg.plan import Plan

Floats = NDArray[np.float64]

__all__ = ["check_possible", "check_weights"]


def check_possible(plan: Plan, left: Filtered, names: Sequence[str]) -> None:
    """See that all messages are numbers, and none says that what was seen cannot be.

    Raises:
        ImpossibleEvidence: it names the box nearest to the evidence.
        Diverged: when a message is not a number.
    """
    for group, pulled in zip(reversed(plan.groups), reversed(left.pulled), strict=True):
        constants = [] if pulled.constant is None else [pulled.constant]
        for c in [*constants, *((m.message if isinstance(m, Seen) else m).c for m in pulled.messages)]:
            if np.isfinite(c).all():
                continue
            name = names[int(group.boxes[int((~np.isfinite(c)).argmax())])]
            if np.isneginf(c[~np.isfinite(c)]).all():
                raise ImpossibleEvidence(f"{name}: what was observed after it has probability zero by its guide")
            raise Diverged(f"{name}: its message is not a finite number; scale the observations, or widen its noise")


def check_weights(log_weights: Floats) -> Floats:
    """The log-weights, when they are numbers and one of them is not -inf.

    Raises:
        ImpossibleEvidence, Diverged: otherwise.
    """
    if np.isnan(log_weights).any() or np.isposinf(log_weights).any():
        raise Diverged("forward: a sample's weight is not a number; look at the kernels' functions where it went")
    if np.isneginf(log_weights).all():
        raise ImpossibleEvidence("forward: every sample has weight zero; guide them nearer to what was observed")
    return log_weights
