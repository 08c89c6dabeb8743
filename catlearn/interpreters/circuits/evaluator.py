"""Running a circuit on packed words: all gates of a level at once, in blocks of samples that stay in a core's cache.

A level is one `take` of all operands and at most four operations on whole arrays (`schedule.py`), so numpy's cost for a
call is shared by thousands of gates. What the buffers' views are is settled once, when the evaluator is made.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a & b, ~a
>>> run = Evaluator(netlist(f))
>>> run(np.array([[0b0011], [0b0101]], np.uint64)) & np.uint64(15)
array([[ 1],
       [12]], dtype=uint64)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, short
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.packed import Words
from catlearn.interpreters.circuits.schedule import Level, Schedule, schedule

__all__ = ["Evaluator"]

_CACHE = 1 << 20
"""A block's values should take at most so many bytes: about half of a core's second-level cache."""

_ARENA = 1 << 22
"""At least so many bytes are asked for at once: numpy then asks for huge pages, which saves address translations."""


class Evaluator:
    """A circuit that is ready to run. It keeps its buffers, so two threads need two of them.

    Attributes:
        circuit: what it runs.
        words: how many words of each bit make a block.
    """

    def __init__(self, circuit: Netlist, words: int | None = None) -> None:
        plan = schedule(circuit)
        self.circuit = circuit
        self.words = words or _block(plan)
        self._plan = plan
        self._buffers = _Buffers(plan, self.words)
        self._steps = [step for level in plan.levels for step in self._buffers.level(level)] + self._buffers.tail()

    def __call__(self, words: Words, out: Words | None = None) -> Words:
        """The output bits' words.

        Args:
            words: (input bits, words) of uint64.
            out: an array (output bits, words) to fill, for callers who keep one.

        Raises:
            InputMismatch: for an array of another shape or dtype.
        """
        self._check(words)
        shape = (len(self._plan.roots), words.shape[1])
        found = np.empty(shape, np.uint64) if out is None else out
        if found.shape != shape or found.dtype != np.uint64:
            raise InputMismatch(f"{self.circuit.name}: out has the shape {found.shape}, not {shape} of uint64")
        for start in range(0, shape[1], self.words):
            here = words[:, start : start + self.words]
            found[:, start : start + self.words] = self.block(here)[:, : here.shape[1]]
        return found

    def block(self, words: Words) -> Words:
        """The same for at most `self.words` words: a view of a buffer that the next call overwrites."""
        self._buffers.entering[:, : words.shape[1]] = words
        for step in self._steps:
            step()
        return self._buffers.leaving

    def _check(self, words: Words) -> None:
        shape: tuple[int, ...] = getattr(words, "shape", ())
        if len(shape) != 2 or len(words) != self._plan.entering or words.dtype != np.uint64:
            raise InputMismatch(
                f"{self.circuit.name}: words for its {self._plan.entering} input bits are an array "
                f"({self._plan.entering}, words) of uint64, not {short(words)}"
            )


def _block(plan: Schedule) -> int:
    """Words a block: as many as fit the cache, from 8 (a cache line) to 32 (past which calls cost nothing)."""
    return int(np.clip(_CACHE // (8 * (plan.rows + 2 * plan.widest)) // 8 * 8, 8, 32))


class _Buffers:
    """The rows of values, two operands for each gate of a level, and the outputs, all in one piece of memory."""

    def __init__(self, plan: Schedule, words: int) -> None:
        sizes = np.cumsum([0, plan.rows, 2 * plan.widest, len(plan.roots)]) * words
        arena = np.zeros(max(int(sizes[-1]) + 8, _ARENA // 8), np.uint64)
        aligned = arena[(-arena.ctypes.data % 64) // 8 :]
        self.plan = plan
        self.values, self.operands, self.leaving = (aligned[a:b].reshape(-1, words) for a, b in pairwise(sizes))
        self.entering = self.values[1 : 1 + plan.entering]

    def level(self, level: Level) -> list[Callable[[], object]]:
        """The steps that fill a level."""
        gates = level.stop - level.start
        left, right = self.operands[:gates], self.operands[gates : 2 * gates]
        out = self.values[level.start : level.stop]
        xor, xnor, nand, both, not_both, not_either, either, nor = level.ends
        steps = [self._take(level.operands.reshape(-1), self.operands[: 2 * gates])]
        for operation, arrays, start, stop in (
            (np.bitwise_xor, (left, right, out), 0, xnor),
            (np.invert, (left, left), both, not_either),
            (np.bitwise_and, (left, right, out), xnor, not_both),
            (np.bitwise_or, (left, right, out), not_both, nor),
            (np.invert, (out, out), xor, nand),
            (np.invert, (out, out), either, nor),
        ):
            if start < stop:
                steps.append(partial(operation, *(array[start:stop] for array in arrays)))
        return steps

    def tail(self) -> list[Callable[[], object]]:
        """The steps that complement outputs and gather them."""
        plan = self.plan
        steps: list[Callable[[], object]] = []
        if len(plan.inverted):
            inverted = self.values[plan.rows - len(plan.inverted) :]
            steps = [self._take(plan.inverted, inverted), partial(np.invert, inverted, inverted)]
        return [*steps, self._take(plan.roots, self.leaving)]

    def _take(self, rows: NDArray[np.intp], out: Words) -> Callable[[], object]:
        # "clip" is the mode in which numpy writes straight into `out`; no row is out of range.
        return partial(self.values.take, np.ascontiguousarray(rows, np.intp), 0, out, "clip")
