"""The rules of Markov jump processes: tables where rates are constant, and guided steps where they change.

A `JumpProcess` is a chain of finite kernels inside its box, and so is its guide. Messages are kept at the end of each
step; a path is drawn from step to step, with the weight `(P g)(x) / (P~ g)(x)` at each.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.processes.jump_process import JumpProcess, MarkovJump
from catlearn.diagrams.theories.markov.table import Table
from catlearn.errors import InputMismatch
from catlearn.interpreters.bffg.messages import AnyMessage, Array, Floats, LogVector
from catlearn.interpreters.bffg.rules.defaults import DEFAULT_GUIDES
from catlearn.interpreters.bffg.rules.finite import FINITE, FiniteRule, check_allowed, uniforms
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack

__all__ = ["JumpRule"]


@dataclass(frozen=True, eq=False)
class JumpRule(Rule):
    """Jump processes with rates that change, guided by others.

    Attributes:
        truth, guide: (steps, outcomes, outcomes, m) the tables of the steps; one array where they are the same.
    """

    truth: Floats
    guide: Floats
    names: tuple[str, ...] = ()

    @classmethod
    def key(cls, forward: Kernel, guide: Kernel, box: Box) -> Hashable:
        """See `Rule.key`: how many steps there are."""
        return forward.process.steps if isinstance(forward, JumpProcess) else 1

    @classmethod
    def of(cls, stack: Stack) -> JumpRule:
        """See `Rule.of`."""
        n = next(k.process.steps for k in stack.forward if isinstance(k, JumpProcess))
        for k, guide in enumerate(stack.guide):
            if isinstance(guide, JumpProcess) and guide.process.steps != n:
                name = stack.names[int((stack.which == k).argmax())]
                raise InputMismatch(f"{name}: has {n} steps but its guide {guide.process.steps}; give them as many")
        truth = _tables(stack.forward, stack, n)
        return cls(truth, truth if stack.forward == stack.guide else _tables(stack.guide, stack, n), stack.names)

    @property
    def exact(self) -> bool:
        """See `Rule`."""
        return self.truth is self.guide

    @property
    def normals(self) -> int:
        """See `Rule`: one for each step."""
        return len(self.truth)

    def part(self, at: slice) -> JumpRule:
        """See `Rule.part`."""
        guide = self.guide[..., at]
        return JumpRule(guide if self.exact else self.truth[..., at], guide, self.names[at])

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        g = out[0]
        assert isinstance(g, LogVector)
        left = [g]
        for table in self.guide[::-1]:
            g = LogVector(g.c, (table * g.v).sum(axis=1)).scaled()
            left.append(g)
        if not self.exact:
            for truth, before, after in zip(self.truth[::-1], left[1:], left, strict=False):
                check_allowed(before, (truth * after.v).sum(axis=1), self.names)
        return Pulled((g,), left[::-1])

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        (x,), weights = inputs, np.zeros(z.shape[1:])
        boxes = np.arange(z.shape[1])[:, None]
        for k, marks in enumerate(uniforms(z)):
            before, after = pulled.residual[k], pulled.residual[k + 1]
            steps = np.cumsum(self.truth[k] * after.v, axis=1)
            total = steps[:, -1][x, boxes]
            y = sum((marks * total > steps[:, j][x, boxes] for j in range(steps.shape[1] - 1)), np.zeros_like(x))
            if not self.exact:
                with np.errstate(divide="ignore", invalid="ignore"):
                    known = np.log(total / before.v[x, boxes]) + (after.c - before.c)[:, None]
                weights += np.where(total > 0, known, -np.inf)
            x = y
        return (x,), None if self.exact else weights


def _tables(kernels: tuple[Kernel, ...], stack: Stack, n: int) -> Floats:
    """The tables of n steps of each box, (n, K, K, m)."""
    made: Floats = np.empty(0)
    for k, (kernel, truth) in enumerate(zip(kernels, stack.forward, strict=True)):
        assert isinstance(kernel, JumpProcess | MarkovJump)
        assert isinstance(truth, JumpProcess)
        at = np.flatnonzero(stack.which == k)
        durations = _durations(truth, stack.durations[at])  # a guide lasts as long as the truth
        if kernel.process.steps == n:
            part = kernel.process.tables(durations)
        else:
            part = np.broadcast_to(kernel.process.tables(durations / n), (n, *(kernel.process.size,) * 2, len(at)))
        made = np.empty((*part.shape[:-1], len(stack.which))) if not k else made
        made[..., at] = part
    return made


def _durations(kernel: JumpProcess | MarkovJump, durations: Floats) -> Floats:
    return np.where(np.isnan(durations), kernel.duration, durations)


FINITE[MarkovJump] = lambda kernel, durations: kernel.transition(_durations(kernel, durations))
for _pair in ((MarkovJump, MarkovJump), (MarkovJump, Table), (Table, MarkovJump)):
    RULES[_pair] = FiniteRule
RULES[JumpProcess, MarkovJump] = RULES[JumpProcess, JumpProcess] = JumpRule
DEFAULT_GUIDES[JumpProcess] = lambda truth: truth.average()
