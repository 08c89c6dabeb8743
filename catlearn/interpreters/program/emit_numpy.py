"""From a program to numpy source: one call a line, each writing into an array made beforehand.

Arrays inside are made once (the workspace) and used again as soon as what they held is no longer read; arrays that
leave are new on every call. Views are made once where what they view is.

>>> from catlearn import Real, compile, diagram
>>> @diagram
... def f(w: Real(2, 3), x: Real(3)):
...     return (w @ x) * 2.0
>>> print(compile(f).source)
def program(w, x):
    dot(w, x, t0)
    y0 = empty((2,))
    multiply(2.0, t0, y0)
    return y0
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from catlearn.interpreters.program.block import Block
from catlearn.interpreters.program.emitter import Emitter
from catlearn.interpreters.program.kernels import KERNELS
from catlearn.interpreters.program.lines import FUNCTIONS, UFUNCS
from catlearn.interpreters.program.loops import emit_scan
from catlearn.interpreters.program.node import Program, Shape

__all__ = ["Source", "emit", "parameters"]


@dataclass(frozen=True)
class Source:
    """Generated code: lines that make the workspace, and the function `program`.

    Attributes:
        text: the source of the function.
        workspace: the source of the arrays it works in, to be run once.
        arrays: constants, by the name the code calls them by: numbers in row-major order, and a shape.
        functions: functions of users, by the name the code calls them by.
        size: how many elements the workspace has.
    """

    text: str
    workspace: str
    arrays: dict[str, tuple[tuple[float, ...], Shape]]
    functions: dict[str, Callable[..., Any]]
    size: int


def emit(program: Program, reuse: Mapping[int, int] | None = None) -> Source:
    """The numpy source of a program. Raises `UnknownBox` for an operation without a line here.

    Args:
        program: what to write.
        reuse: for outputs that are to overwrite an input's array instead of being new, which input.
    """
    names = parameters(program)
    emitter = Emitter(names)
    results = Block(emitter, program, names, reuse=reuse, special={"scan": emit_scan}).run()
    lines = [f"def program({', '.join(names)}):", *emitter.body, f"return {', '.join(results) or '()'}"]
    text = "\n    ".join(lines)
    return Source(text, "\n".join(emitter.work), emitter.arrays, emitter.functions, emitter.size)


def parameters(program: Program) -> list[str]:
    """Names for the inputs that are no names of anything else in generated code."""
    taken, found = {*RESERVED, *program.names}, list[str]()
    for i, given in enumerate(program.names):
        # Python reads some letters as others, as the ligature of f and i as these two.
        plain = given.isidentifier() and not keyword.iskeyword(given) and normalize("NFKC", given) == given
        name = given if plain else f"x{i}"
        while name in (taken if name != given else RESERVED):
            name += "_"
        taken.add(name)
        found.append(name)
    return found


_TAKEN = "largest empty float64 add_reduce maximum_reduce range zip list slice type float abs numbers more program"
_CAUGHT = "TypeError ValueError OverflowError ZeroDivisionError __debug__"
RESERVED = frozenset({*UFUNCS.values(), *KERNELS, *FUNCTIONS.split(), *_TAKEN.split(), *_CAUGHT.split()})
