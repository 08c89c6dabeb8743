"""The optic of a box from its backward pass: what of its inputs and outputs that pass reads is the residual.

>>> from catlearn import Real, trace
>>> from catlearn.diagrams.theories.smooth.linear import neg
>>> box = trace(lambda x: neg(x), Real(3)).wiring.boxes[0]
>>> from_backward(box, lambda x, y, d: (d,)).residual
Ty()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catlearn.diagrams.diagram import Box, Diagram, identity, permutation
from catlearn.diagrams.optic import Optic
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Builder, Graph
from catlearn.errors import TypeMismatch

__all__ = ["from_backward"]


def from_backward(box: Box, backward: Callable[..., Sequence[Wire]]) -> Optic:
    """The optic of a box whose wires have cotangents like themselves.

    Args:
        box: any box.
        backward: `backward(*inputs, *outputs, *cotangents)` on wires gives the cotangents of the inputs.

    Raises:
        TypeMismatch: which names the box, where these are not what its inputs are.
    """
    dom, cod, n = box.dom, box.cod, len(box.dom)

    def checked(*wires: Wire) -> tuple[Wire, ...]:
        parts = tuple(backward(*wires))
        _check(box, parts)
        return parts

    put = trace(checked, dom @ cod @ cod)
    reads = set(put.wiring.arguments.tolist()) | set(put.wiring.outputs.tolist())
    keep = [i for i in range(n + len(cod)) if i in reads]
    ends = dom @ cod
    residual = Ty.of(ends.obs[i] for i in keep)
    both = permutation(dom, [*range(n)] * 2) >> (identity(dom) @ box)
    first = both >> permutation(ends, [*range(n, len(ends)), *keep])
    place = {i: k for k, i in enumerate(keep)}
    select = [place.get(i, 0) for i in range(len(ends))]
    second = _restrict(put, residual @ cod, select)
    return Optic((dom, dom), (cod, cod), residual, first, second)


def _check(box: Box, parts: tuple[Wire, ...]) -> None:
    if len(parts) != len(box.dom):
        raise TypeMismatch(
            f"{box.name}: its reverse derivative gives {len(parts)} cotangents for {len(box.dom)} inputs"
        )
    for i, (wire, ob) in enumerate(zip(parts, box.dom.obs, strict=True)):
        if not (isinstance(wire, Wire) and wire.ob == ob):
            raise TypeMismatch(f"{box.name}: its reverse derivative gives {wire!r} for input {i}, which is {ob}")


def _restrict(put: Graph, dom: Ty, select: list[int]) -> Diagram:
    """The backward pass on the wires it reads only; the others are read by nobody, so any number does for them."""
    build = Builder(dom)
    cod = range(len(dom) - (len(put.dom) - len(select)), len(dom))
    return Graph(build.finish(build.inline(put.wiring, [*select, *cod])))
