"""DisCoPy's diagrams and hypergraphs read as ours: boxes, swaps, copies and discards; the rest is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from catlearn.diagrams.bridges._discopy_names import DAGGER, object_named, original
from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import graph
from catlearn.errors import NotSupported, TypeMismatch

__all__ = ["Join", "is_join", "read_diagram", "read_hypergraph"]

Join = Callable[[Ty, int], Diagram]
"""`join(ty, n)` is the diagram `ty @ ... @ ty -> ty` that n merged wires become."""

JOINED = ("catlearn", "merge")


def is_join(box: Box) -> bool:
    """Whether a box stands where DisCoPy has a `Merge`."""
    return box.data is JOINED


def read_diagram(d: Any) -> Diagram:
    """Go through the layers and follow the wires. Raises `NotSupported`."""
    boxes = _Boxes()
    row = list(range(len(d.dom)))
    steps: list[tuple[Box, Sequence[int]]] = []
    count = len(row)
    for layer in d.inside:
        offset = 0
        for place, part in enumerate(layer):
            if place % 2:
                end = offset + len(part.dom)
                made = boxes.wires(part, row[offset:end])
                if made is None:
                    steps.append((boxes.box(part), row[offset:end]))
                    made = list(range(count, count + len(part.cod)))
                    count += len(made)
                row[offset:end] = made
                offset += len(made)
            else:
                offset += len(part)
    return _checked(graph(boxes.ty(d.dom), steps, row), boxes.ty(d.cod))


def read_hypergraph(h: Any) -> Diagram:
    """Order the boxes so that each comes after those it reads from. Raises `NotSupported`."""
    boxes = _Boxes()
    makers = _makers(h)
    at = {(-1, port): port for port in range(len(h.dom))}
    count = len(at)
    steps: list[tuple[Box, Sequence[int]]] = []
    for k in _order(h, makers):
        reads, out = h.box_wires[k]
        wires = [at[makers[spider]] for spider in reads]
        made = boxes.wires(h.boxes[k], wires)
        if made is None:
            steps.append((boxes.box(h.boxes[k]), wires))
            made = list(range(count, count + len(out)))
            count += len(out)
        at |= {(k, port): wire for port, wire in enumerate(made)}
    outputs = [at[makers[spider]] for spider in h.cod_wires]
    return _checked(graph(boxes.ty(h.dom), steps, outputs), boxes.ty(h.cod))


def _checked(d: Diagram, cod: Ty) -> Diagram:
    if d.cod != cod:
        raise TypeMismatch(f"DisCoPy's diagram says that it gives {cod!r}, but its wires carry {d.cod!r}")
    return d


def _order(h: Any, makers: list[tuple[int, int]]) -> list[int]:
    needs = {k: {makers[w][0] for w in reads} - {-1} for k, (reads, _) in enumerate(h.box_wires)}
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        name = h.boxes[error.args[1][0]].name
        raise NotSupported(
            f"hypergraph: box {name!r} reads what comes of its output; draw it without feedback"
        ) from None


def _makers(h: Any) -> list[tuple[int, int]]:
    """For every spider the one box (-1 for the input) and port that gives it."""
    found: list[list[tuple[int, int]]] = [[] for _ in h.spider_types]
    for k, wires in enumerate([h.dom_wires, *(out for _, out in h.box_wires)], start=-1):
        for port, spider in enumerate(wires):
            found[spider].append((k, port))
    for spider, makers in enumerate(found):
        if len(makers) != 1:
            what = f"hypergraph: spider {spider} of type {h.spider_types[spider]} is given by {len(makers)} ports"
            raise NotSupported(f"{what}, and a wire by one; put a box there that says how they are joined")
    return [makers[0] for makers in found]


class _Boxes:
    """Reads each of DisCoPy's boxes once."""

    def __init__(self) -> None:
        self.kinds: dict[int, str] = {}
        self.made: dict[int, Box] = {}

    def wires(self, box: Any, reads: list[int]) -> list[int] | None:
        """What comes out of a box that is nothing but wires; None for other boxes."""
        if id(box) not in self.kinds:
            self.kinds[id(box)] = _kind(box)
        kind = self.kinds[id(box)]
        if len(reads) != len(box.dom):
            raise TypeMismatch(f"DisCoPy's diagram has {len(reads)} wires where {box} reads {len(box.dom)}")
        if kind == "Swap":
            return reads[::-1]
        return reads * len(box.cod) if kind == "Copy" else None

    def box(self, box: Any) -> Box:
        """Our box for one that is not only wires."""
        if id(box) not in self.made:
            self.made[id(box)] = self._make(box)
        return self.made[id(box)]

    def _make(self, box: Any) -> Box:
        kind, dom, cod = _kind(box), self.ty(box.dom), self.ty(box.cod)
        if kind == "Merge":
            return Box(box.name, dom, cod, JOINED)
        if kind != "Box" or getattr(box, "z", None):
            counterpart = "diagrams here are made of boxes, swaps, copies and discards"
            raise NotSupported(
                f"{box}: DisCoPy's {kind} has no counterpart, since {counterpart}; put a box in its place"
            )
        return original(box.name + DAGGER if box.is_dagger else box.name, dom, cod, box.data)

    def ty(self, ty: Any) -> Ty:
        """Our type, each object by its name."""
        return Ty.of([object_named(_name(ob, ty)) for ob in ty.inside])


def _kind(box: Any) -> str:
    """The name of the class that DisCoPy gives a meaning to; users' own classes of boxes are boxes."""
    kind = next(cls.__name__ for cls in type(box).__mro__ if cls.__module__.startswith("discopy."))
    if kind == "Spider" and box.data is None and 1 in (len(box.dom), len(box.cod)):
        return "Copy" if len(box.dom) == 1 else "Merge"
    return "Copy" if kind == "Discard" else kind


def _name(ob: Any, ty: Any) -> str:
    plain = type(ob).__name__ == "Ob" and not getattr(ob, "z", None) and not getattr(ob, "time_step", None)
    if not plain:
        raise NotSupported(f"type {ty}: {ob!r} is more than a name; use types such as discopy.markov.Ty('x')")
    return str(ob.name)
