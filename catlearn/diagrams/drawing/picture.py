"""The front door of drawing: a diagram in, a picture or a file out.

>>> from catlearn import Box, Ty
>>> f = Box("f", Ty("X"), Ty("Y"))
>>> picture = draw(f)
>>> picture.dot.startswith("digraph {"), "</svg>" in picture.svg
(True, True)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.drawing.captions import caption
from catlearn.diagrams.drawing.dot import dot
from catlearn.diagrams.drawing.engines import FORMATS, check_format, render
from catlearn.diagrams.drawing.opened import Unfold, count
from catlearn.diagrams.drawing.roles import Roles, passes
from catlearn.diagrams.drawing.scene import scene
from catlearn.diagrams.drawing.themes import Theme, find_theme
from catlearn.diagrams.wiring import Graph
from catlearn.errors import DrawingError, TypeMismatch
from catlearn.files import as_path, check_path, write_beside

__all__ = ["MOST_BOXES", "Drawing", "draw", "drawable", "mimebundle", "to_dot"]

MOST_BOXES = 2000
"""No engine lays out more boxes than this in good time, and nobody can read so many."""

_MOST_SHOWN = 300
_MOST_TEXT = 4000


@dataclass(frozen=True)
class Drawing:
    """A picture as DOT text; it is laid out when it is asked for. A notebook shows it.

    Args:
        dot: the DOT text.
        engine: "dot", "pygraphviz", or None for the first that is there.

    >>> Drawing("digraph { a -> b }").render("png")[1:4]
    b'PNG'
    """

    dot: str = field(repr=False)
    engine: str | None = None

    @cached_property
    def svg(self) -> str:
        """The SVG text; raises `DrawingError` when there is no engine."""
        return self.render("svg").decode()

    def render(self, kind: str) -> bytes:
        """The picture as "svg", "png", "pdf" or "dot"; raises `DrawingError` when it cannot be made."""
        return render(self.dot, kind, self.engine)

    def save(self, path: str | os.PathLike[str], kind: str | None = None) -> Path:
        """Write the picture, in the format of the path's suffix unless one is given; gives the path.

        Raises:
            DrawingError: for a format that cannot be drawn.
            FileProblem: when the file cannot be written; an old file survives.
        """
        kind = _kind(path, kind)
        check_path(path)
        return write_beside(path, self.render(kind))

    def _repr_svg_(self) -> str | None:
        return _svg(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = _svg(self)
        return {"text/plain": repr(self)} | ({"image/svg+xml": svg} if svg else {})


def to_dot(d: Diagram, *, theme: str | Theme = "light", **options: Any) -> str:
    """The DOT text of a diagram, however large; the same text on every machine.

    Args:
        d: the diagram.
        theme, options: as for `draw`.

    >>> from catlearn import Box, Ty
    >>> to_dot(Box("f", Ty("X"), Ty("Y"))) == to_dot(Box("f", Ty("X"), Ty("Y")))
    True
    """
    d = drawable(d)
    return dot(scene(d, **options), find_theme(theme))


def draw(
    d: Diagram,
    path: str | os.PathLike[str] | None = None,
    *,
    theme: str | Theme = "light",
    unfold: Unfold = 0,
    labels: bool | None = None,
    parameters: Collection[str] = (),
    roles: Roles | None = None,
    title: str | None = None,
    captions: Callable[[Box], str] = caption,
    posterior: Any = None,
    format: str | None = None,
    engine: str | None = None,
) -> Drawing | Path:
    """Draw a diagram, left to right. With a path, writes the file and gives the path.

    Args:
        d: the diagram.
        path: a file that ends in .svg, .png, .pdf or .dot; its folder must be there.
        theme: "light", "dark" or a `Theme`; the background is transparent.
        unfold: how many levels of folded boxes to open, True for all, or the names of those to open.
        labels: whether wires bear their types; by default where they are not all the same. With False, the ends of
            the diagram bear none either.
        parameters: names of inputs to color as parameters.
        roles: roles of boxes by their number in `flatten(d)` and of inputs by their name, or a function of a box's
            number and the box. Roles are "forward", "backward", "parameter", "residual". A reverse derivative has
            its own; for others see `passes`.
        title: a line above the picture.
        captions: what to write on a box.
        posterior: for variables, as `cl.variables` calls them, the probabilities of their outcomes, or their mean and
            deviation, or what was observed of them; written beside the box that makes the variable. What `infer`
            answers is taken as it is, and so are messages and samples of `bffg`.
        format: "svg", "png", "pdf" or "dot", where the suffix does not tell.
        engine: "dot", "pygraphviz", or None for the first that is there.

    Raises:
        DrawingError: for more than 2,000 boxes, without an engine, and when an argument names what is not there.
        UnknownVariable, UnknownOutcome: when the posterior names what is not there.
        FileProblem: when the file cannot be written; an old file survives.

    >>> from catlearn import Box, Real, diagram
    >>> dense = Box("dense", Real(2, 3) @ Real(3), Real(2))
    >>> @diagram
    ... def layer(w: Real(2, 3), x: Real(3)) -> Real(2):
    ...     return dense(w, x)
    >>> "2×3" in draw(layer, parameters=["w"], theme="dark").dot
    True
    """
    d = drawable(d)
    if path is not None:
        _kind(path, format)
        check_path(path)
    elif format is not None:
        raise DrawingError(f"format={format!r} goes with a path; without one, use .svg, .dot or .render({format!r})")
    _refuse_large(d, unfold)
    if roles is None and isinstance(d, Graph) and d.against:
        roles = passes(d, d.against)
    options: Mapping[str, Any] = {"parameters": parameters, "roles": roles, "title": title, "captions": captions}
    shown = to_dot(d, theme=theme, unfold=unfold, labels=labels, posterior=posterior, **options)
    drawing = Drawing(shown, engine)
    return drawing if path is None else drawing.save(path, format)


def mimebundle(d: Diagram) -> dict[str, str]:
    """What a notebook shows for a diagram: SVG if an engine is there and the diagram is not too large, and text.

    >>> from catlearn import Box, Ty
    >>> sorted(mimebundle(Box("f", Ty("X"), Ty("Y"))))
    ['image/svg+xml', 'text/plain']
    """
    boxes, ends = _size(d, 0)
    if boxes + ends > _MOST_SHOWN:
        name = getattr(d, "name", "") or "diagram"
        return {"text/plain": f"<{name}: {boxes} boxes, {len(d.dom)} inputs, {len(d.cod)} outputs>"}
    text = repr(d)
    bundle = {"text/plain": text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}…"}
    svg = _svg(Drawing(to_dot(d)))
    return bundle | ({"image/svg+xml": svg} if svg else {})


def _svg(drawing: Drawing) -> str | None:
    """The SVG text, or None without an engine: a notebook then shows text, and no traceback."""
    try:
        return drawing.svg
    except DrawingError:
        return None


def _kind(path: str | os.PathLike[str], given: str | None) -> str:
    """The format to write a file in."""
    kind = given or Path(as_path(path)).suffix[1:].lower()
    if not kind:
        raise DrawingError(f"cannot tell how to draw {path}: end its name in {', '.join(f'.{f}' for f in FORMATS)}")
    check_format(kind)
    return kind


def drawable(d: Any) -> Diagram:
    """A diagram of ours or of DisCoPy. Raises `DrawingError`."""
    try:
        return as_diagram(d)
    except TypeMismatch as error:
        raise DrawingError(
            f"cannot draw {type(d).__name__}: give a diagram, such as a @diagram function or f >> g"
        ) from error


def _size(d: Diagram, unfold: Unfold) -> tuple[int, int]:
    return count(d, unfold), len(d.dom) + len(d.cod)


def _refuse_large(d: Diagram, unfold: Unfold) -> None:
    boxes, ends = _size(d, unfold)
    if max(boxes, ends) <= MOST_BOXES:
        return
    what = f"{boxes:,} boxes" if boxes >= ends else f"{ends:,} inputs and outputs"
    fold = "open fewer folded boxes (unfold=0)" if unfold not in (0, False) else "call named diagrams, each one box"
    raise DrawingError(
        f"{what} are too many to draw (at most {MOST_BOXES:,}): {fold}, or draw a part; to_dot still gives the text"
    )
