"""The rule of interacting particles: each looks back on its own, and goes forward with its neighbours.

The guide reads a particle's own state only, so its message is a message at the own wire and none at the neighbours.
What that misses is a weight: `sum_y K(x, y) g(y)` by the true kernel at the own state and the count of neighbours,
divided by the guide's at the own state.

Where counts are not given (`Frozen()`), they are those of samples, in rounds: first of samples of the truth, then of
samples that the messages of the round before guide. A guide mixes the rows of the table as its count was met in them,
and one more sample, spread over all counts, keeps everything possible that is. All samples are made of the same
innovations in every round and every run, so results repeat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.processes.interacting import Frozen, Interacting, OnOwn
from catlearn.interpreters.bffg.messages import AnyMessage, Array, Floats, LogVector
from catlearn.interpreters.bffg.rules.defaults import DEFAULT_GUIDES
from catlearn.interpreters.bffg.rules.finite import check_allowed, uniforms
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack

__all__ = ["SAMPLES", "InteractingRule"]

SAMPLES = 32
"""Of so many samples counts are frozen."""


@dataclass(frozen=True, eq=False)
class InteractingRule(Rule):
    """Particles with one number of neighbours.

    Attributes:
        tables: (kernels, own, counts, next) the true kernels.
        counted: (kernels, outcomes) which outcomes of neighbours count.
        which: (m,) the kernel of each box.
        guide: (own, next, m).
        open: (m,) the boxes whose counts are found from samples.
    """

    tables: Floats
    counted: NDArray[np.bool_]
    which: NDArray[np.int64]
    guide: Floats
    open: NDArray[np.bool_]
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, stack: Stack) -> InteractingRule:
        """See `Rule.of`."""
        degree, forward = len(stack.dom) - 1, [k for k in stack.forward if isinstance(k, Interacting)]
        outcomes = stack.dom.obs[1].sizes if degree else ()
        tables = np.stack([k.table[:, : degree + 1] for k in forward])
        counted = np.array([[name in k.counted for name in outcomes] for k in forward], bool)
        counts = [_shares(k, degree) for k in stack.guide]
        pairs = [_guide(g, t, s) for g, t, s in zip(stack.guide, tables, counts, strict=True)]
        free = np.array([isinstance(k, Frozen) and k.count is None for k in stack.guide])
        guide = np.stack(pairs, axis=-1)[..., stack.which]
        return cls(tables, counted, stack.which, guide, free[stack.which], stack.names)

    @property
    def exact(self) -> bool:
        """See `Rule`: nobody has neighbours, and the guide is the table."""
        return self.tables.shape[2] == 1 and not (self.guide - np.moveaxis(self.tables[self.which, :, 0], 0, -1)).any()

    @property
    def normals(self) -> int:
        """See `Rule`."""
        return 1

    @property
    def linearized(self) -> bool:
        """See `Rule`: whether counts are to be found."""
        return bool(self.open.any()) and self.tables.shape[2] > 1

    @property
    def samples(self) -> int:
        """See `Rule`."""
        return SAMPLES

    def anchored(self, inputs: tuple[Array, ...]) -> InteractingRule:
        """See `Rule.anchored`; the inputs are (m, samples)."""
        counts, most = self._counts(inputs), self.tables.shape[2]
        met = np.stack([(counts == k).sum(axis=-1) for k in range(most)]) + 1.0 / most
        shares = met / met.sum(axis=0)
        if len(self.tables) == 1:
            found = np.tensordot(self.tables[0], shares, axes=([1], [0]))
        else:
            found = np.einsum("mxcy,cm->xym", self.tables[self.which], shares)
        return replace(self, guide=np.where(self.open, found, self.guide))

    def part(self, at: slice) -> InteractingRule:
        """See `Rule.part`."""
        return InteractingRule(
            self.tables, self.counted, self.which[at], self.guide[..., at], self.open[at], self.names[at]
        )

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        (g,) = out
        assert isinstance(g, LogVector)
        u = (self.guide * g.v).sum(axis=1)
        message = LogVector(g.c, u).scaled()
        if not (u > 0).all():
            most = np.moveaxis(self.tables.max(axis=2)[self.which], 0, -1)
            check_allowed(message, (most * g.v).sum(axis=1), self.names)
        return Pulled((message, *(None for _ in range(self.tables.shape[2] - 1))), (g, message))

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        g, message = pulled.residual
        own, counts, boxes = inputs[0], self._counts(inputs), np.arange(len(self.which))[:, None]
        if len(self.tables) == 1:
            steps = np.cumsum(self.tables[0][..., None] * g.v, axis=2)
        else:
            steps = np.cumsum(np.moveaxis(self.tables[self.which], 0, -1) * g.v, axis=2)
        total = steps[:, :, -1][own, counts, boxes]
        mark = uniforms(z[0]) * total
        y = np.zeros(own.shape, np.int64)
        for k in range(steps.shape[2] - 1):
            y += mark > steps[:, :, k][own, counts, boxes]
        if self.exact:
            return (y,), None
        with np.errstate(divide="ignore", invalid="ignore"):
            known = np.log(total / message.v[own, boxes]) + (g.c - message.c)[:, None]
        return (y,), np.where(total > 0, known, -np.inf)

    def _counts(self, inputs: tuple[Array, ...]) -> Array:
        found = np.zeros(inputs[0].shape, np.int64)
        for x in inputs[1:]:
            on = self.counted[0][x] if len(self.counted) == 1 else self.counted[self.which[:, None], x]
            found += on
        return found


def _shares(guide: Kernel, degree: int) -> Floats:
    """How likely each count is, by a guide that has frozen it."""
    count = guide.count if isinstance(guide, Frozen) else None
    if count is None:
        return np.full(degree + 1, 1.0 / (degree + 1))
    made: Floats = np.maximum(0.0, 1.0 - abs(np.arange(degree + 1) - count))
    return made


def _guide(guide: Kernel, table: Floats, shares: Floats) -> Floats:
    made: Floats = guide.table if isinstance(guide, OnOwn) else np.einsum("xcy,c->xy", table, shares)
    return made


RULES[Interacting, Frozen] = RULES[Interacting, OnOwn] = InteractingRule
DEFAULT_GUIDES[Interacting] = lambda truth: Frozen()
