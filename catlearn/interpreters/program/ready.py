"""A program that is ready to run at fixed sizes: its generated code, and copies of it that are not running just now."""

from __future__ import annotations

import builtins
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import CodeType
from typing import Any, cast

import numpy as np

from catlearn.errors import TooLarge
from catlearn.interpreters.program import emit_math, emit_numpy
from catlearn.interpreters.program.cost import cost_of
from catlearn.interpreters.program.kernels import KERNELS
from catlearn.interpreters.program.lines import FUNCTIONS, UFUNCS
from catlearn.interpreters.program.node import Program, Shape

__all__ = ["Ready", "Run", "ready"]

Run = Callable[..., Any]


@dataclass(frozen=True)
class Ready:
    """A program at fixed sizes. `idle` holds its functions that are not running just now, each with a workspace."""

    program: Program
    shapes: tuple[Shape, ...]
    source: str
    code: CodeType
    space: Mapping[str, Any]
    idle: deque[Run]
    scalar: Run | None

    def run(self, arrays: Sequence[Any]) -> Any:
        """Run on arrays that have been checked."""
        try:
            run = self.idle.pop()
        except IndexError:
            run = self.instance()
        try:
            return run(*arrays)
        except MemoryError:
            raise self._too_large() from None
        finally:
            self.idle.append(run)

    def instance(self) -> Run:
        """A function with a workspace of its own."""
        space = dict(self.space)
        try:
            exec(self.code, space)
        except MemoryError:
            raise self._too_large() from None
        made: Run = space["program"]
        return made

    def _too_large(self) -> TooLarge:
        peak = cost_of(self.program).peak
        return TooLarge(f"there is no memory for arrays with {peak // 8:,} elements in all at once; try smaller sizes")


def ready(program: Program, shapes: tuple[Shape, ...], dtype: Any, numbers: Run, reuse: Mapping[int, int]) -> Ready:
    """Write and compile the code of a program.

    Args:
        program: what to run.
        shapes: of the inputs.
        dtype: of all arrays.
        numbers: what a program on numbers hands on to, when it is given something else.
        reuse: for outputs that overwrite an input, which.

    Raises:
        TooLarge: for arrays that no machine can hold.
    """
    _check_sizes(program)
    source = emit_numpy.emit(program, reuse)
    code = builtins.compile(f"{source.workspace}\n{source.text}", "<catlearn numpy program>", "exec")
    text, scalar = source.text, None
    if emit_math.fits(program) and dtype == np.float64 and tuple(emit_numpy.parameters(program)) == program.names:
        text = emit_math.emit_math(program)
        space = {**{name: getattr(math, name) for name in emit_math.FUNCTIONS.split()}, "numbers": numbers}
        exec(builtins.compile(text, "<catlearn math program>", "exec"), space)
        scalar = cast(Run, space["program"])
    return Ready(program, shapes, text, code, _namespace(dtype, source.arrays) | source.functions, deque(), scalar)


def _check_sizes(program: Program) -> None:
    """Raises `TooLarge` for arrays that numpy cannot have on any machine."""
    for node in program.nodes:
        if len(node.shape) > MOST_AXES or prod(n for n in node.shape if n) > MOST_ELEMENTS:
            raise TooLarge(
                f"numpy has no arrays of {len(node.shape)} axes and {node.size:,} elements; "
                f"{MOST_AXES} axes and {MOST_ELEMENTS:,} elements are the most"
            )


MOST_AXES, MOST_ELEMENTS = 64, 2**60 - 1


def _namespace(dtype: Any, arrays: Mapping[str, tuple[tuple[float, ...], Shape]]) -> dict[str, Any]:
    """What generated numpy code can call."""
    space: dict[str, Any] = {name: getattr(np, name) for name in NUMPY}
    space |= {
        "add_reduce": np.add.reduce,
        "maximum_reduce": np.maximum.reduce,
        "float64": dtype.type,
        "largest": np.finfo(dtype).max,
    }
    space |= {"empty": np.empty if dtype == np.float64 else lambda shape: np.empty(shape, dtype)}
    for name, (values, shape) in arrays.items():
        made = np.array(values, None if all(isinstance(v, int) for v in values) and values else dtype).reshape(shape)
        made.flags.writeable = False
        space[name] = made
    return space | KERNELS


NUMPY = [*UFUNCS.values(), *FUNCTIONS.split()]
