"""The rule of diffusions that are made of steps, guided by a linear equation or by their own linearization.

Between two times of the grid the true step is normal, so it is guided exactly by the message at the second. The weight
of a path is the product over its steps of `(kappa g_k+1)(x_k) / g_k(x_k)`, for any messages g. As steps grow shorter
its logarithm becomes the integral of `(b - b~).r - tr((a - a~) H) / 2 + r'(a - a~) r / 2` with `r = F - H x`. Unlike
the sum for that integral it has no error of its own, whatever the guide and however precise the observation. An end
that is observed itself is the last step's density.

>>> from catlearn import Real, bffg, gaussian, kernel
>>> from catlearn.diagrams.theories.markov.processes.sde import SDE
>>> X = Real()
>>> move = kernel("x", X, X, forward=SDE(lambda t, x: np.tanh(x), 1.0, steps=50))
>>> opt = bffg(move >> gaussian("y", X, X, 1.0, 0.0, 0.09), rounds=3)
>>> opt.forward(opt.backward({"y": 1.1}), n=1000, seed=1, inputs={opt.variables[0]: 0.25}).ess > 500
True
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.processes.linear_sde import LinearSDE
from catlearn.diagrams.theories.markov.processes.nonlinear import Linearized
from catlearn.diagrams.theories.markov.processes.sde import SDE
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical
from catlearn.interpreters.bffg.rules.calling import Calls
from catlearn.interpreters.bffg.rules.defaults import DEFAULT_GUIDES
from catlearn.interpreters.bffg.rules.gaussian import Steps, widths
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack
from catlearn.interpreters.bffg.rules.sde_bridge import Bridge
from catlearn.interpreters.bffg.rules.sde_guides import (
    along_path,
    covariance_of,
    linear_guide,
    messages_on_grid,
    path_between,
)
from catlearn.interpreters.bffg.rules.sde_paths import run

__all__ = ["LinearizedSDERule", "SDERule"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class SDERule(Rule):
    """Boxes of diffusions with one grid.

    Attributes:
        calls: what moves them.
        mask: which numbers of the ends are observed.
        grid: (K + 1,) times, as parts of the durations.
        durations: (m,).
        a: (d, d, m) the covariance of the noise; None where it depends on time or place.
        guide: from each time but the last to the end; None for one that says nothing, before it is anchored.
    """

    calls: Calls
    mask: tuple[bool, ...]
    grid: Array
    durations: Array
    a: Array | None
    guide: Steps | None

    @classmethod
    def key(cls, forward: Kernel, guide: Kernel, box: Box) -> Hashable:
        """See `Rule.key`."""
        assert isinstance(forward, SDE)
        held = forward.process
        return held.steps, held.refined, callable(held.dispersion)

    @classmethod
    def of(cls, stack: Stack) -> SDERule:
        """See `Rule.of`."""
        kernels = [kernel for kernel in stack.forward if isinstance(kernel, SDE)]
        held = tuple(kernel.process for kernel in kernels)
        own = np.array([kernel.duration for kernel in kernels])[stack.which]
        durations = np.where(np.isnan(stack.durations), own, stack.durations)
        d = widths(stack.dom)[0]
        a = None
        if not callable(held[0].dispersion):
            spreads = [each.dispersion if each.dispersion.ndim else each.dispersion * np.eye(d) for each in held]
            a = np.stack([covariance_of(spread) for spread in spreads], axis=-1)[..., stack.which]
        calls = Calls(stack.names, held, stack.which, stack.dom, stack.cod)
        grid = held[0].grid
        return cls(calls, stack.seen[0] or (False,) * d, grid, durations, a, cls.guided(stack, grid, durations))

    @classmethod
    def guided(cls, stack: Stack, grid: Array, durations: Array) -> Steps | None:
        """The guides as they are at first."""
        return linear_guide(stack, grid, durations)

    @property
    def exact(self) -> bool:
        """See `Rule`."""
        return False

    @property
    def normals(self) -> int:
        """See `Rule`: d for each step, but for what is observed at the end. They are laid out (steps, d)."""
        return (len(self.grid) - 1) * len(self.mask) - sum(self.mask)

    def part(self, at: slice) -> SDERule:
        """See `Rule.part`."""
        a = None if self.a is None else self.a[..., at]
        guide = None if self.guide is None else (self.guide[0][..., at], self.guide[1][..., at], self.guide[2][..., at])
        return replace(self, calls=self.calls.part(at), durations=self.durations[at], a=a, guide=guide)

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        d, K, m = len(self.mask), len(self.grid) - 1, len(self.durations)
        if self.guide is None:
            g = Canonical(np.zeros((K, m)), np.zeros((d, K, m)), np.zeros((d, d, K, m)))
        else:
            g = messages_on_grid(self.guide, out[0], self.mask, self.calls.names)
        steps = np.diff(self.grid)[:, None] * self.durations
        left = Bridge(self.calls, self.mask, self.grid[:-1, None] * self.durations, steps, self.a, g, out[0])
        return Pulled((Canonical(g.c[0], g.F[:, 0], g.H[:, :, 0]),), left)

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        x, weights, _ = run(pulled.residual, inputs[0], z)
        return (x,), weights

    def path(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[Array, Array]:
        """The times (K + 1, m) of the grid and the paths (K + 1, d, m, s) on it, that these innovations make."""
        left: Bridge = pulled.residual
        _, _, path = run(left, inputs[0], z, keep=True)
        assert path is not None
        return self.grid[:, None] * self.durations, path


class LinearizedSDERule(SDERule):
    """Boxes of diffusions that are guided by their own steps, linearized along a path."""

    @classmethod
    def guided(cls, stack: Stack, grid: Array, durations: Array) -> Steps | None:
        """See `SDERule.guided`: nothing is known before there are anchors."""
        return None

    @property
    def linearized(self) -> bool:
        """See `Rule`."""
        return True

    @property
    def between(self) -> bool:
        """See `Rule`."""
        return True

    def anchored_between(self, inputs: tuple[Array, ...], outputs: tuple[Array, ...]) -> SDERule:
        """See `Rule.anchored_between`."""
        path = path_between(self.calls, self.grid, self.durations, inputs[0], outputs[0])
        return replace(self, guide=along_path(self.calls, self.grid, self.durations, path, self.a))


RULES[SDE, LinearSDE] = SDERule
RULES[SDE, Linearized] = LinearizedSDERule
DEFAULT_GUIDES[SDE] = lambda kernel: Linearized()
