"""What a drawing shows: cells, dots, ends and the edges between them, before any color or layout.

A wire read once is one edge; a wire read more often runs to a copy dot and on from there; a wire read by nobody ends in
a dot. A swap is only a crossing, so it is nothing here.

>>> from catlearn import Box, Ty, copy
>>> f = Box("f", Ty("X"), Ty("Y"))
>>> s = scene(copy(Ty("X")) >> (f @ f))
>>> [(edge.tail, edge.head) for edge in s.edges]
[('in0:e', 'w0'), ('w0', 'b0:i0:w'), ('w0', 'b1:i0:w'), ('b0:o0:e', 'out0:w'), ('b1:o0:e', 'out1:w')]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.drawing.captions import caption, wire_label
from catlearn.diagrams.drawing.opened import Group, Opened, Unfold, opened
from catlearn.diagrams.drawing.roles import Assigned, Roles, assign, wire_role
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import names
from catlearn.errors import DrawingError, short

__all__ = ["Cell", "Dot", "Edge", "End", "Scene", "scene"]


@dataclass(frozen=True)
class Cell:
    """A box: its caption, how many ports it has on either side, whether something is folded inside."""

    key: str
    caption: str
    hint: str
    ins: int
    outs: int
    role: str = ""
    folded: bool = False
    group: int = -1


@dataclass(frozen=True)
class Dot:
    """Where a wire is copied, or where it ends."""

    key: str
    role: str = ""
    group: int = -1
    end: bool = False


@dataclass(frozen=True)
class End:
    """Where a wire enters or leaves the diagram: its name and its type, either of which may be empty."""

    key: str
    name: str
    note: str
    role: str = ""


@dataclass(frozen=True)
class Edge:
    """A piece of wire, from port to port."""

    tail: str
    head: str
    role: str = ""
    label: str = ""


@dataclass(frozen=True)
class Scene:
    """All there is to draw. Sources and sinks are drawn in this order, from the top."""

    title: str
    cells: tuple[Cell, ...]
    dots: tuple[Dot, ...]
    sources: tuple[End, ...]
    sinks: tuple[End, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()


def scene(
    d: Diagram,
    *,
    unfold: Unfold = 0,
    labels: bool | None = None,
    parameters: Collection[str] = (),
    roles: Roles | None = None,
    title: str | None = None,
    captions: Callable[[Box], str] = caption,
) -> Scene:
    """The scene of a diagram; the arguments are those of `draw`.

    Raises:
        DrawingError: when an argument names a box, an input or a role that is not there.
    """
    if not callable(captions):
        raise DrawingError(f"captions: give a function from boxes to text, not {short(captions)}")
    shown, given = opened(d, unfold), assign(d, roles, parameters)
    wires = _Wires(shown, given, len(set(shown.obs)) > 1 if labels is None else labels)
    types = labels is not False
    return Scene(
        title or "",
        tuple(_cells(shown, given, captions)),
        tuple(wires.dots),
        tuple(_sources(shown, given, names(d), types)),
        tuple(End(f"out{i}", "", _note(shown.obs[w], types), wires.role[w]) for i, w in enumerate(shown.outputs)),
        tuple(wires.edges),
        shown.groups,
    )


def _cells(shown: Opened, given: Assigned, captions: Callable[[Box], str]) -> Iterator[Cell]:
    for k, place in enumerate(shown.places):
        box = place.box
        hint = f"{box.name} : {box.dom} -> {box.cod}"
        role, folded = given.boxes[place.index], box.inside is not None
        yield Cell(f"b{k}", captions(box), hint, len(box.dom), len(box.cod), role, folded, place.group)


def _sources(shown: Opened, given: Assigned, inputs: tuple[str, ...], types: bool) -> Iterator[End]:
    for i, (name, role) in enumerate(zip(inputs, given.inputs, strict=True)):
        # A name that nobody gave says less than the type does.
        yield End(f"in{i}", "" if types and name == f"x{i}" else name, _note(shown.obs[i], types), role)


def _note(ob: Ob, types: bool) -> str:
    return wire_label(ob) if types else ""


class _Wires:
    """The dots and edges of all wires."""

    def __init__(self, shown: Opened, given: Assigned, labels: bool) -> None:
        self.shown, self.labels = shown, labels
        self.tails = [f"in{i}:e" for i in range(len(shown.dom))]
        self.role = list(given.inputs)
        self.makers = [-1] * len(shown.dom)
        self.readers: list[list[tuple[str, str, int]]] = [[] for _ in shown.obs]
        self._join(given)
        self.dots: list[Dot] = []
        self.edges: list[Edge] = []
        for wire in range(len(shown.obs)):
            self._draw(wire)

    def _join(self, given: Assigned) -> None:
        for k, place in enumerate(self.shown.places):
            role = given.boxes[place.index]
            for port, wire in enumerate(place.reads):
                self.readers[wire].append((f"b{k}:i{port}:w", role, place.group))
            self.tails.extend(f"b{k}:o{port}:e" for port in range(len(place.gives)))
            self.role.extend(role for _ in place.gives)
            self.makers.extend(place.group for _ in place.gives)
        for port, wire in enumerate(self.shown.outputs):
            self.readers[wire].append((f"out{port}:w", "", -1))

    def _draw(self, wire: int) -> None:
        tail, readers, maker = self.tails[wire], self.readers[wire], self.role[wire]
        roles = [wire_role(maker, role) for _, role, _ in readers]
        stem = roles[0] if len(set(roles)) == 1 else maker
        inner = self.labels and not tail.startswith("in")
        if len(readers) == 1:
            head = readers[0][0]
            self.edges.append(Edge(tail, head, stem, self._label(wire, inner and not head.startswith("out"))))
            return
        self.dots.append(Dot(f"w{wire}", stem, self._group(wire), not readers))
        self.edges.append(Edge(tail, f"w{wire}", stem, self._label(wire, inner)))
        self.edges.extend(Edge(f"w{wire}", head, role) for (head, _, _), role in zip(readers, roles, strict=True))

    def _label(self, wire: int, wanted: bool) -> str:
        return wire_label(self.shown.obs[wire]) if wanted else ""

    def _group(self, wire: int) -> int:
        """Where the copy dot of a wire stands: as deep inside as lets one edge, not many, cross a border."""
        maker, groups = self._path(self.makers[wire]), [self._path(group) for _, _, group in self.readers[wire]]
        if not groups:
            return self.makers[wire]
        paths = [_common(groups), *(_common([maker, group]) for group in groups)]
        return max(paths, key=len)[-1]

    def _path(self, group: int) -> list[int]:
        path = [group]
        while path[-1] >= 0:
            path.append(self.shown.groups[path[-1]].parent)
        return path[::-1]


def _common(paths: list[list[int]]) -> list[int]:
    """The longest beginning that all paths share; they all begin with -1."""
    same = 0
    for steps in zip(*paths, strict=False):
        if len(set(steps)) > 1:
            break
        same += 1
    return paths[0][:same]
