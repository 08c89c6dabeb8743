"""From a diagram to a program: fix the sizes, then write every generator in the operations that programs have.

>>> from catlearn import Real, diagram
>>> @diagram
... def f(w: Real("m", 3), x: Real(3)):
...     return w @ x
>>> [node.op for node in lower(f, {"m": 2}).nodes]
['input', 'input', 'dot']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.smooth.backward import passes_of
from catlearn.diagrams.theories.smooth.generator import GENERATORS, check_made
from catlearn.diagrams.theories.smooth.scan import Loop as LoopBox
from catlearn.diagrams.theories.smooth.scan import hoisted
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import Wiring, names, unfolded
from catlearn.errors import InputMismatch, NotSupported, UnknownBox
from catlearn.interpreters.program.algebra import permute
from catlearn.interpreters.program.loops import Loop
from catlearn.interpreters.program.lowerings import LOWERINGS, Lowering, Sizes, lowering, shape_of
from catlearn.interpreters.program.node import Assembly, Program, Shape
from catlearn.interpreters.program.rewrite import optimize, turned_outside

__all__ = ["implement", "lower"]


def lower(d: Diagram, sizes: Sizes | None = None) -> Program:
    """The program of a diagram of smooth generators at these sizes of its named dimensions.

    Raises:
        UnknownBox: for a box that has no lowering.
        InputMismatch: when a named dimension has no size.
    """
    wiring, asm = unfolded(d), Assembly()
    inputs = [asm.add("input", (), i, shape_of(ob, sizes or {})) for i, ob in enumerate(wiring.dom.obs)]
    return asm.finish(inputs, _inline(asm, wiring, sizes or {}, inputs, LOWERINGS), names(d))


def _inline(asm: Assembly, wiring: Wiring, sizes: Sizes, inputs: list[int], rules: Mapping[str, Lowering]) -> list[int]:
    """Write all boxes of a wiring on nodes; gives the nodes that leave it."""
    for box in {id(box): box for box in wiring.boxes}.values():
        row = GENERATORS.get(box.name)
        if row is not None and row.optic is None:
            check_made(box, row)
    at, shapes = list(inputs), {ob: shape_of(ob, sizes) for ob in dict.fromkeys(wiring.obs)}
    for box, reads, _ in wiring.steps():
        rule = rules.get(box.name)
        if rule is None:
            raise UnknownBox(
                f"there is no numpy program for {box.name!r}; add one with catlearn.implement({box.name!r}, ...)"
            )
        made: Any = rule(asm, box, sizes, [at[i] for i in reads], shapes[box.cod.obs[0]] if len(box.cod) == 1 else ())
        at.extend(made if isinstance(made, list) else [made])
    return [at[i] for i in wiring.outputs.tolist()]


def implement(name: str, function: Callable[..., Any]) -> None:
    """Say what boxes of a name do: `function(data, *arrays)` gives the output as an array, of the box's shape.

    The arrays it is given are read-only; for equal inputs it must give equal outputs, as it may be called once for two.

    With `catlearn.generator`, which says what such a box's shape and reverse derivative are, this makes a generator of
    your own. A map that can be written with the generators there are needs neither: it is a diagram.

    >>> import numpy as np
    >>> from catlearn import Real, compile, diagram, generator, sin
    >>> from catlearn import same_shape as same
    >>> sinc = generator("sinc_example", same, lambda data, x, y, d: d * (cos_over(x) - y / x))
    >>> cos_over = lambda x: sin(x + 1.5707963267948966) / x
    >>> implement("sinc_example", lambda data, x: np.sin(x) / x)
    >>> @diagram
    ... def f(x: Real(2)):
    ...     return sinc(x)
    >>> compile(f)([1.0, 2.0]).round(4)
    array([0.8415, 0.4546])

    Raises:
        InputMismatch: when the name is none or one of catlearn's own generators, or the function cannot be called; when
            it runs, for an answer that is no real array of the box's shape.
        NotSupported: when compiling a box of this name that has not one output.
    """
    if not isinstance(name, str) or name in _OURS:
        raise InputMismatch(f"implement: {name!r} cannot be the name of boxes of your own; choose another")
    if not callable(function):
        raise InputMismatch(
            f"implement: {name} needs a function of the box's data and its input arrays, not {function!r}"
        )

    @lowering(name)
    def rule(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
        if len(box.cod) != 1:
            raise NotSupported(
                f"{name}: boxes that are implemented so have one output, not {len(box.cod)}; make a box for each"
            )
        return asm.add("call", tuple(args), _Call(name, function, box.data, shape), shape)


@dataclass(frozen=True)
class _Call:
    """A user's function with a box's data, whose answer is looked at."""

    name: str
    function: Callable[..., Any]
    data: Any
    shape: Shape

    def __call__(self, *arrays: Any) -> Any:
        answer = self.function(self.data, *map(_read_only, arrays))
        try:
            made = np.asarray(answer)
        except ValueError:
            raise InputMismatch(f"{self.name}: its implementation gave no array; are its rows of one length?") from None
        if made.shape != self.shape or made.dtype.kind not in "fiub" or np.ma.is_masked(answer):
            what = "masked elements" if np.ma.is_masked(answer) else made.dtype
            raise InputMismatch(
                f"{self.name}: its implementation gave an array {made.shape} of {what}, not real numbers {self.shape}"
            )
        return made


def _read_only(x: Any) -> Any:
    """The same numbers, which belong to the program and its caller."""
    view = np.asarray(x).view()
    view.flags.writeable = False
    return view


@lowering("with_backward")
def _with_backward(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> Any:
    """What runs is the forward pass."""
    return _inline(asm, unfolded(passes_of(box)[0]), sizes, args, LOWERINGS)


@lowering("scan")
def _scan(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> Any:
    """What need not be in the loop is written outside it; what is left is one node."""
    return _inline(asm, unfolded(hoisted(box)), sizes, args, {**LOWERINGS, "scan": _loop})


def _loop(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> list[int]:
    """The node of a loop, and one for each of its results."""
    read = LoopBox.of(box)
    (length,) = shape_of(Ob("Real", (read.length,)), sizes)
    body, turned = turned_outside(optimize(lower(read.body, sizes)), read.carries + read.sequences)
    for k, axes in turned:
        x = permute(asm, args[k], axes)
        args.append(asm.add("copy", (x,), None, asm.nodes[x].shape))
    node = asm.add("scan", tuple(args), Loop(body, length, read.carries, read.sequences, read.backward), ())
    return [asm.add("pick", (node,), k, shape_of(ob, sizes)) for k, ob in enumerate(box.cod.obs)]


_OURS = frozenset(LOWERINGS)
