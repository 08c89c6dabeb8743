"""A box with a backward pass of its own choice: straight-through estimators, feedback alignment, clipped gradients.

It runs as one diagram and is reversed by another. `catlearn.angle` measures how far that is from the true derivative.

>>> from catlearn import Real, diagram, reverse, sign, tanh
>>> @diagram
... def get(x: Real(3)):
...     return sign(x)
>>> @diagram
... def put(x: Real(3), dy: Real(3)):
...     return dy
>>> through = with_backward(get, put)
>>> @diagram
... def model(x: Real(3)):
...     return through(tanh(x))
>>> [box.name for box in reverse(model).wiring.boxes]
['tanh', 'mul', 'neg', 'shift', 'mul']
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.optic import Optic, lens
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.generator import Generator, Shape, generator, spread
from catlearn.diagrams.theories.smooth.reverse import SMOOTH
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Size
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import names
from catlearn.errors import ShapeMismatch, TypeMismatch

__all__ = ["passes_of", "with_backward"]


def with_backward(get: Diagram, put: Diagram) -> Box:
    """A box that means `get : A -> B` and whose reverse derivative is `put : A @ B' -> A'`, whatever it is.

    Raises:
        TypeMismatch: when `put` does not read and give the cotangents of what `get` gives and reads.
    """
    get, put = as_diagram(get), as_diagram(put)
    back_from, back_to = SMOOTH.ends(get.cod)[1], SMOOTH.ends(get.dom)[1]
    if put.dom != get.dom @ back_from or put.cod != back_to:
        raise TypeMismatch(
            f"with_backward: the backward pass must be {get.dom @ back_from!r} -> {back_to!r}, "
            f"not {put.dom!r} -> {put.cod!r}"
        )
    return Box("with_backward", get.dom, get.cod, (get, put))


def _shape(data: Any, *shapes: Shape) -> Shape:
    raise ShapeMismatch("write it with catlearn.with_backward, which knows its outputs")


def _optic(box: Box) -> Optic:
    return lens(*passes_of(box))


def passes_of(box: Box) -> tuple[Diagram, Diagram]:
    """The forward and the backward pass of a box that `with_backward` made. Raises `TypeMismatch` for another."""
    data = box.data
    if not (isinstance(data, tuple) and len(data) == 2 and all(isinstance(part, Diagram) for part in data)):
        raise TypeMismatch("with_backward: this box has no two passes; make it with catlearn.with_backward")
    return data


def _batch(data: tuple[Diagram, Diagram], n: Size, batched: Sequence[bool], wires: Sequence[Wire]) -> Any:
    """Both passes for many samples; what all samples share is spread, so that each has a cotangent of its own."""
    get, put = data
    wide_get = _all_wide(get, n)
    wide_put = _all_wide(put, n)
    along = [w if has else spread(w, n) for w, has in zip(wires, batched, strict=True)]
    return place(with_backward(wide_get, wide_put), along)


def _all_wide(d: Diagram, n: Size) -> Diagram:
    """A diagram for many samples, in which every output has the batch axis."""
    wide = batch(d, n, over=names(d))
    flat = [ob == old for ob, old in zip(wide.cod.obs, d.cod.obs, strict=True)]
    if not any(flat):
        return wide

    def spread_all(*wires: Wire) -> Any:
        made = place(wide, wires, unfold=True)
        outputs = made if isinstance(made, tuple) else (made,)
        return tuple(spread(w, n) if lacks else w for w, lacks in zip(outputs, flat, strict=True))

    return trace(spread_all, wide.dom, names=wide.names)


with_backward_: Generator = generator("with_backward", _shape, None, _batch, _optic)
