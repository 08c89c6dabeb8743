"""Why two diagrams do not compose: the wires between them, the bad ones red.

>>> from catlearn import Box, Ty
>>> f, g = Box("f", Ty("X"), Ty("Y", "Y")), Box("g", Ty("Y", "Z"), Ty("X"))
>>> "Y ≠ Z" in draw_mismatch(f, g).dot
True
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.drawing.captions import shortened, wire_label
from catlearn.diagrams.drawing.dot import dot
from catlearn.diagrams.drawing.picture import MOST_BOXES, Drawing, drawable
from catlearn.diagrams.drawing.scene import Cell, Dot, Edge, End, Scene
from catlearn.diagrams.drawing.themes import Theme, find_theme
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import flatten, names
from catlearn.errors import DrawingError

__all__ = ["draw_mismatch"]


def draw_mismatch(
    f: Diagram,
    g: Diagram,
    path: str | os.PathLike[str] | None = None,
    *,
    theme: str | Theme = "light",
    title: str | None = None,
    engine: str | None = None,
) -> Drawing | Path:
    """Draw the outputs of f against the inputs of g, for when `f >> g` raises `TypeMismatch`.

    A wire whose two ends differ is red and shows both types; a wire that one side has and the other has not ends red
    in the air. Where all types agree, nothing is red.

    Args:
        f, g: the diagrams, each drawn as one box.
        path, theme, title, engine: as for `draw`.

    Raises:
        DrawingError: for more than 2,000 wires or without an engine.
        FileProblem: when the file cannot be written.

    >>> from catlearn import Box, Ty
    >>> f = Box("f", Ty("X"), Ty("Y"))
    >>> "Y ≠ X" in draw_mismatch(f, f).dot
    True
    """
    f, g = drawable(f), drawable(g)
    if (wires := len(f.dom) + len(f.cod) + len(g.dom) + len(g.cod)) > MOST_BOXES:
        raise DrawingError(f"{wires:,} wires are too many to draw (at most {MOST_BOXES:,}); compare f.cod with g.dom")
    drawing = Drawing(dot(_scene(f, g, title or ""), find_theme(theme)), engine)
    return drawing if path is None else drawing.save(path)


def _scene(f: Diagram, g: Diagram, title: str) -> Scene:
    cells = (_cell("b0", f, last=True), _cell("b1", g, last=False))
    sources = tuple(End(f"in{i}", _given(f, i), wire_label(ob)) for i, ob in enumerate(f.dom.obs))
    sinks = tuple(End(f"out{i}", "", wire_label(ob)) for i, ob in enumerate(g.cod.obs))
    before = tuple(Edge(f"in{i}:e", f"b0:i{i}:w") for i in range(len(f.dom)))
    after = tuple(Edge(f"b1:o{i}:e", f"out{i}:w") for i in range(len(g.cod)))
    between = tuple(_between(f, g))
    loose = tuple(Dot(key, "error", -1, True) for edge in between for key in (edge.tail, edge.head) if ":" not in key)
    return Scene(title, cells, loose, sources, sinks, before + between + after)


def _given(f: Diagram, i: int) -> str:
    name = names(f)[i]
    return "" if name == f"x{i}" else name


def _cell(key: str, d: Diagram, last: bool) -> Cell:
    """One box for a whole diagram, called by its name or else by the box of it that the other one meets."""
    boxes = flatten(d).boxes
    name = str(getattr(d, "name", ""))
    if not name and boxes:
        name = f"… {boxes[-1].name}" if last else f"{boxes[0].name} …"
    hint = f"{name or 'wires'} : {d.dom} -> {d.cod}"
    folded = len(boxes) != 1 or boxes[0].inside is not None
    return Cell(key, shortened(name or "wires"), hint, len(d.dom), len(d.cod), "", folded)


def _between(f: Diagram, g: Diagram) -> Iterator[Edge]:
    for i, (given, read) in enumerate(zip_longest(f.cod.obs, g.dom.obs)):
        tail = f"b0:o{i}:e" if given else f"w{i}"
        head = f"b1:i{i}:w" if read else f"w{i}"
        yield Edge(tail, head, "" if given == read else "error", _types(given, read))


def _types(given: Ob | None, read: Ob | None) -> str:
    if given is None or read is None:
        return f"{wire_label(read)} is missing" if read else f"{wire_label(given)} is not read" if given else ""
    short, other = wire_label(given), wire_label(read)
    if given == read:
        return short
    return f"{short} ≠ {other}" if short != other else f"{given} ≠ {read}"
