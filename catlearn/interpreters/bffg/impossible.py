"""Evidence that cannot be, told by the box at which it shows, and samples of which few count."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import Diverged, ImpossibleEvidence
from catlearn.interpreters.bffg.backward import Filtered
from catlearn.interpreters.bffg.messages import Canonical, Seen
from catlearn.interpreters.bffg.plan import Plan

Floats = NDArray[np.float64]

__all__ = ["check_possible", "check_weights", "warn_of_few"]

ENOUGH = 100.0
"""So many effective samples are enough, whatever part of all they are; of fewer samples nothing is estimated."""
SHARE = 0.1
"""So large a part of the samples is enough."""


def check_possible(plan: Plan, left: Filtered, names: Sequence[str]) -> None:
    """See that all messages are numbers, and none says that what was seen cannot be.

    Raises:
        ImpossibleEvidence: it names the box nearest to the evidence.
        Diverged: when a message is not a number.
    """
    for group, pulled in zip(reversed(plan.groups), reversed(left.pulled), strict=True):
        constants = [] if pulled.constant is None else [pulled.constant]
        known = [m for m in pulled.messages if m is not None]
        for c in [*constants, *((m.message if isinstance(m, Seen) else m).c for m in known)]:
            if np.isfinite(c).all():
                continue
            name = names[int(group.boxes[int((~np.isfinite(c)).argmax())])]
            if np.isneginf(c[~np.isfinite(c)]).all():
                if any(isinstance(m, Canonical) for m in known):
                    said = "what was observed after it is too far off for floats"
                    raise ImpossibleEvidence(f"{name}: {said}; scale the observations, or widen its noise")
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


def warn_of_few(ess: float, n: int) -> None:
    """Warn when weighted samples are worth so few that estimates are not to be trusted.

    >>> with warnings.catch_warnings(record=True) as said:
    ...     warnings.simplefilter("always")
    ...     warn_of_few(50.0, 400), warn_of_few(3.2, 400)
    (None, None)
    >>> len(said), str(said[0].message)[:54]
    (1, 'forward: the weights of 400 samples are worth only 3.2')
    """
    if n >= ENOUGH and ess < min(ENOUGH, SHARE * n):
        advice = "give guides nearer to the kernels, observe less precisely, draw more, or use cl.sample"
        warnings.warn(
            f"forward: the weights of {n:,} samples are worth only {ess:.1f} equal ones; {advice}",
            RuntimeWarning,
            stacklevel=3,
        )
