"""The rule of finite boxes among joint wires: what is carried along is looked up, and no table has a place for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.interpreters.bffg.joint.carried import Carried, Layout
from catlearn.interpreters.bffg.messages import AnyMessage, LogVector
from catlearn.interpreters.bffg.rules.finite import FiniteRule, tables_of
from catlearn.interpreters.bffg.rules.rule import Stack

__all__ = ["CarriedFinite"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CarriedFinite(FiniteRule):
    """Finite boxes among joint wires.

    The tables have an axis for all inputs, those that are only carried too, and one for what the kernel inside makes.

    Attributes:
        at: for each output wire, its outcome for each row and column of the tables.
        draws: whether the kernel inside makes anything.
    """

    at: tuple[Ints, ...] = ()
    draws: bool = True

    @classmethod
    def of(cls, stack: Stack) -> CarriedFinite:
        """See `Rule.of`."""
        layout = _layout(stack.guide[0])
        parts = np.unravel_index(np.arange(int(np.prod(layout.parts, dtype=int))), layout.parts or (1,))
        made = np.unravel_index(np.arange(int(np.prod(layout.made, dtype=int))), layout.made or (1,))
        ports = [parts[k] for k in layout.reads]
        rows = np.ravel_multi_index(ports, [layout.parts[k] for k in layout.reads]) if ports else 0 * parts[0]
        guide = _rows(stack.guide, stack, rows, len(made[0]))
        truth = guide if stack.forward == stack.guide else _rows(stack.forward, stack, rows, len(made[0]))
        at = tuple(_outcomes(layout, out, parts, made) for out in layout.outs)
        ins = tuple(int(np.prod(sizes, dtype=int)) for sizes in layout.ins)
        outs = tuple(int(np.prod(layout.sizes(out), dtype=int)) for out in layout.outs)
        return cls(truth, guide, ins, outs, stack.names, at, bool(layout.made))

    @property
    def normals(self) -> int:
        """See `Rule`."""
        return int(self.draws)

    def _outer(self, out: tuple[AnyMessage, ...]) -> tuple[Floats, Floats]:
        c, v = np.zeros(self.guide.shape[2]), np.ones((1, 1, self.guide.shape[2]))
        for part, at in zip(out, self.at, strict=True):
            assert isinstance(part, LogVector)
            c, v = c + part.c, v * part.v[at]
        return c, v

    def _split(self, x: Ints, y: Ints) -> tuple[Ints, ...]:
        return tuple(at[x, y] for at in self.at)


def _layout(kernel: Kernel) -> Layout:
    assert isinstance(kernel, Carried)
    return kernel.layout


def _rows(kernels: tuple[Kernel, ...], stack: Stack, rows: Ints, columns: int) -> Floats:
    inside = tuple(kernel.kernel for kernel in kernels if isinstance(kernel, Carried) and kernel.kernel is not None)
    m = len(stack.which)
    if not inside:
        return np.ones((len(rows), 1, m))
    made: Floats = tables_of(inside, stack).reshape(-1, columns, m)[rows]
    return made


def _outcomes(layout: Layout, out: tuple[int, ...], parts: tuple[Ints, ...], made: tuple[Ints, ...]) -> Ints:
    shape = len(parts[0]), len(made[0])
    each = [parts[k][:, None] if k >= 0 else made[-1 - k][None] for k in out]
    numbers = np.ravel_multi_index([np.broadcast_to(a, shape) for a in each], layout.sizes(out))
    return np.asarray(numbers, np.int64)
