"""The batch functor: a diagram for one sample becomes one for many; what all samples share stays as it is.

>>> from catlearn import Real, diagram
>>> @diagram
... def layer(w: Real(10, 64), x: Real(64)):
...     return w @ x
>>> many = batch(layer, "n", over=["x"])
>>> many.dom, many.cod
(Real(10, 64) @ Real("n", 64), Real("n", 10))
"""

from __future__ import annotations

from collections.abc import Iterable

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.smooth.generator import Generator, check_made, look_up
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Ob, Real, Size, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph, names, unfolded
from catlearn.errors import InputMismatch, TypeMismatch, short

__all__ = ["batch"]


def batch(d: Diagram, n: Size, over: Iterable[str]) -> Graph:
    """Give some inputs a new first axis of size `n`, and every wire that depends on them.

    Args:
        d: a diagram of smooth generators.
        n: the size, a number or a name that is fixed when the diagram is compiled.
        over: names of the inputs that differ from sample to sample.

    Outputs that depend on no batched input do not get the axis. A name that `d` uses already is an error.

    Raises:
        InputMismatch: when `over` names no input.
        ShapeMismatch: when `n` is neither a number from 0 up nor a name.
        TypeMismatch: when the name `n` is taken, or an input to batch is no real array.
        UnknownBox: for a box that the smooth theory does not have.
    """
    d = as_diagram(d)
    if not isinstance(over, Iterable):
        raise InputMismatch(f"batch: over gives names of inputs, as in over=['x'], not {short(over)}")
    inputs, chosen = names(d), [over] if isinstance(over, str) else list(over)
    if unknown := [name for name in chosen if name not in inputs]:
        raise InputMismatch(f"batch: no input is called {unknown[0]!r}; there are {', '.join(inputs)}")
    (n,), wiring = Real(n).obs[0].sizes, unfolded(d)
    if isinstance(n, str) and any(n in ob.sizes for ob in wiring.obs if ob.kind == "Real"):
        raise TypeMismatch(f"batch: the diagram has a dimension {n!r} already; choose another name")
    flags = [name in chosen for name in inputs]
    dom = Ty.of(_lift(name, ob, n) if flag else ob for name, ob, flag in zip(inputs, d.dom.obs, flags, strict=True))

    def along(*wires: Wire) -> tuple[Wire, ...]:
        at, has = list(wires), list(flags)
        for box, reads, _ in wiring.steps():
            batched, arguments = [has[i] for i in reads], [at[i] for i in reads]
            made = _row(box).batch(box.data, n, batched, arguments) if any(batched) else place(box, arguments)
            outputs = made if isinstance(made, tuple) else (made,)
            at.extend(outputs)
            has.extend(w.ob != ob for w, ob in zip(outputs, box.cod.obs, strict=True))
        return tuple(at[i] for i in wiring.outputs.tolist())

    return trace(along, dom, getattr(d, "name", ""), inputs)


def _row(box: Box) -> Generator:
    row = look_up(box)
    if row.optic is None:
        check_made(box, row)
    return row


def _lift(name: str, ob: Ob, n: Size) -> Ob:
    if ob.kind != "Real":
        raise TypeMismatch(f"batch: input {name!r} is {ob}, which has no batch axis")
    return Ob("Real", (n, *ob.sizes))
