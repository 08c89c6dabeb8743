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

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.drawing.beliefs import Belief, beliefs, wire_numbers
from catlearn.diagrams.drawing.captions import caption, shortened, wire_label
from catlearn.diagrams.drawing.opened import Group, Opened, Unfold, opened
from catlearn.diagrams.drawing.roles import Assigned, Roles, assign, wire_role
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import names, unfolded
from catlearn.errors import DrawingError, short

__all__ = ["Cell", "Dot", "Edge", "End", "Scene", "scene"]


@dataclass(frozen=True)
class Cell:
    """A box: its caption, its ports on either side, whether something is folded inside, what is said of its outputs."""

    key: str
    caption: str
    hint: str
    ins: int
    outs: int
    role: str = ""
    folded: bool = False
    group: int = -1
    beliefs: tuple[Belief | None, ...] = ()


@dataclass(frozen=True)
class Dot:
    """Where a wire is copied, or where it ends."""

    key: str
    role: str = ""
    group: int = -1
    end: bool = False


@dataclass(frozen=True)
class End:
    """Where a wire enters or leaves the diagram: its name, its type, what is said of it; any may be missing."""

    key: str
    name: str
    note: str
    role: str = ""
    belief: Belief | None = None


@dataclass(frozen=True)
class Edge:
    """A piece of wire, from port to port."""

    tail: str
    head: str
    role: str = ""
    label: str = ""


@dataclass(frozen=True)
class Scene:
    """All there is to draw. Sources and sinks are in order from the top; loose sinks are where there is room."""

    title: str
    cells: tuple[Cell, ...]
    dots: tuple[Dot, ...]
    sources: tuple[End, ...]
    sinks: tuple[End, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...] = ()
    loose: bool = False


def scene(
    d: Diagram,
    *,
    unfold: Unfold = 0,
    labels: bool | None = None,
    parameters: Collection[str] = (),
    roles: Roles | None = None,
    title: str | None = None,
    captions: Callable[[Box], str] = caption,
    posterior: Any = None,
) -> Scene:
    """The scene of a diagram; the arguments are those of `draw`.

    Raises:
        DrawingError: when an argument names a box, an input or a role that is not there.
        UnknownVariable, UnknownOutcome: when the posterior names what is not there.
    """
    if not callable(captions):
        raise DrawingError(f"captions: give a function from boxes to text, not {short(captions)}")
    shown, given = opened(d, unfold), assign(d, roles, parameters)
    said = _said(d, shown, posterior)
    wires = _Wires(shown, given, len(set(shown.obs)) > 1 if labels is None else labels, said)
    types = labels is not False
    return Scene(
        title or "",
        tuple(_cells(shown, given, captions, said)),
        tuple(wires.dots),
        tuple(_sources(shown, given, names(d), types, said)),
        tuple(_sinks(d, shown, types, wires.role)),
        tuple(wires.edges),
        shown.groups,
        posterior is not None,
    )


def _said(d: Diagram, shown: Opened, posterior: Any) -> list[Belief | None]:
    """What is said of each wire that is drawn."""
    found = beliefs(d, posterior)
    return [found.get(wire) for wire in wire_numbers(shown)] if found else [None] * len(shown.obs)


def _cells(
    shown: Opened, given: Assigned, captions: Callable[[Box], str], said: Sequence[Belief | None]
) -> Iterator[Cell]:
    for k, place in enumerate(shown.places):
        box = place.box
        hint = f"{box.name} : {box.dom} -> {box.cod}"
        role, folded = given.boxes[place.index], box.inside is not None
        told = tuple(said[wire] for wire in place.gives)
        yield Cell(f"b{k}", captions(box), hint, len(box.dom), len(box.cod), role, folded, place.group, told)


def _sources(
    shown: Opened, given: Assigned, inputs: tuple[str, ...], types: bool, said: Sequence[Belief | None]
) -> Iterator[End]:
    for i, (name, role) in enumerate(zip(inputs, given.inputs, strict=True)):
        # A name that nobody gave says less than the type does.
        yield End(f"in{i}", "" if types and name == f"x{i}" else name, _note(shown.obs[i], types), role, said[i])


def _sinks(d: Diagram, shown: Opened, types: bool, roles: Sequence[str]) -> Iterator[End]:
    """What leaves: its type, or of a kernel the name of its variable."""
    known = _variables(d, shown) if types else {}
    for i, wire in enumerate(shown.outputs):
        yield End(f"out{i}", "", known.get(wire) or _note(shown.obs[wire], types), roles[wire])


def _variables(d: Diagram, shown: Opened) -> dict[int, str]:
    """The names of the wires that kernels make."""
    # Others are left folded: opening them all may give more boxes than fit in memory.
    if all(kernel_of(place.box) is None for place in shown.places):
        return {}
    found = variables(d)
    made = {wire for box, _, gives in unfolded(d).steps() if kernel_of(box) is not None for wire in gives}
    return {wire: shortened(found[k]) for wire, k in enumerate(wire_numbers(shown)) if k in made}


def _note(ob: Ob, types: bool) -> str:
    return wire_label(ob) if types else ""


class _Wires:
    """The dots and edges of all wires."""

    def __init__(self, shown: Opened, given: Assigned, labels: bool, said: Sequence[Belief | None]) -> None:
        self.shown, self.labels, self.said = shown, labels, said
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
        inner = self.labels and not tail.startswith("in") and self.said[wire] is None
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
