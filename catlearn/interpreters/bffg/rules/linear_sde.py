"""Linear stochastic differential equations as linear-Gaussian boxes: they are read as any others are.

>>> from catlearn import Real, kernel, gaussian_state, bffg
>>> from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion
>>> X = Real()
>>> walk = kernel("y", X, X, forward=BrownianMotion(0.5))
>>> round(bffg(gaussian_state("x", X, 0.0, 1.0) >> walk(2.0)).backward({"y": 1.0}).log_evidence, 6)
-1.515512
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.processes.linear_sde import LinearSDE
from catlearn.errors import Diverged
from catlearn.interpreters.bffg.rules.gaussian import AFFINE, GaussianRule, Steps
from catlearn.interpreters.bffg.rules.rule import RULES, Stack
from catlearn.interpreters.bffg.rules.transitions import transitions

__all__ = ["ProcessRule", "affine", "run_times"]


def run_times(kernel: LinearSDE, durations: NDArray[np.float64]) -> NDArray[np.float64]:
    """The durations, the kernel's own where none is said.

    >>> run_times(LinearSDE(0.0, 0.0, 1.0, 3.0), np.array([np.nan, 2.0]))
    array([3., 2.])
    """
    return np.where(np.isnan(durations), kernel.duration, durations)


def affine(kernel: LinearSDE, durations: NDArray[np.float64]) -> Steps:
    """The row of `AFFINE`. Raises `Diverged` where a process grows beyond floats.

    >>> [part.shape for part in affine(LinearSDE(-1.0, 0.0, 1.0), np.array([1.0, 2.0]))]
    [(1, 1, 2), (1, 2), (1, 1, 2)]
    """
    made = transitions(kernel.process, run_times(kernel, durations))
    if not all(np.isfinite(part).all() for part in made):
        raise Diverged("a LinearSDE grows beyond bounds over its duration; give it a shorter one, or smaller B")
    return made


class ProcessRule(GaussianRule):
    """Linear-Gaussian boxes of which some last."""

    @classmethod
    def of(cls, stack: Stack) -> GaussianRule:
        """See `Rule.of`."""
        try:
            return super().of(stack)
        except Diverged as error:
            raise Diverged(f"{stack.names[int(np.nan_to_num(stack.durations).argmax())]}: {error}") from None


AFFINE[LinearSDE] = affine
RULES[LinearSDE, LinearSDE] = RULES[LinearSDE, Gaussian] = RULES[Gaussian, LinearSDE] = ProcessRule
