"""How a scene is written in DOT, the language of Graphviz.

Boxes are tables: a column of invisible port cells, a rounded cell, a column of port cells; wires meet a box in order.

>>> from catlearn import Box, Ty
>>> from catlearn.diagrams.drawing.scene import scene
>>> from catlearn.diagrams.drawing.themes import THEMES
>>> print(dot(scene(Box("f", Ty("X"), Ty())), THEMES["light"]).splitlines()[-2])
  in0:e -> b0:i0:w
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from html import escape

from catlearn.diagrams.drawing.beliefs import Belief, Row
from catlearn.diagrams.drawing.scene import Cell, Dot, Edge, End, Scene
from catlearn.diagrams.drawing.themes import Theme
from catlearn.errors import DrawingError, short

__all__ = ["dot"]

_FONT = "Helvetica,Arial,sans-serif"
_BAR = 36
_PANEL = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">'
_TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'


def dot(scene: Scene, theme: Theme) -> str:
    """The DOT text of a scene: the same text for the same scene, on every machine."""
    return "\n".join(["digraph {", *(f"  {line}" for line in _lines(scene, theme)), "}"]) + "\n"


def _lines(scene: Scene, theme: Theme) -> Iterator[str]:
    yield 'rankdir=LR splines=spline nodesep=0.22 ranksep=0.4 pad=0.1 bgcolor="transparent" outputorder=edgesfirst'
    yield f'fontname="{_FONT}" fontsize=13 fontcolor="{theme.ink}"'
    yield f'node [fontname="{_FONT}" fontsize=12 shape=plain]'
    yield f'edge [fontname="{_FONT}" fontsize=9 fontcolor="{theme.soft}" color="{theme.wire[""]}"]'
    yield "edge [arrowhead=none penwidth=1.3]"
    if scene.groups:
        # Wires may leave an opened box and come back to it, which Graphviz cannot rank group by group.
        yield "newrank=true"
    if scene.title:
        yield f"labelloc=t label=<{_safe(scene.title)}>"
    yield from _ends(scene.sources, "source", "RIGHT", theme)
    yield from _inside(_by_group(scene, theme), scene, -1, theme)
    yield from _loose(scene.sinks, theme) if scene.loose else _ends(scene.sinks, "sink", "LEFT", theme)
    for edge in scene.edges:
        yield _edge(edge, theme)


def _by_group(scene: Scene, theme: Theme) -> dict[int, list[str | int]]:
    """What stands in each group: lines, and the numbers of the groups in it."""
    found: dict[int, list[str | int]] = defaultdict(list)
    for cell in scene.cells:
        found[cell.group].append(f'{cell.key} [tooltip="{_safe(cell.hint)}" label=<{_cell(cell, theme)}>]')
    for spot in scene.dots:
        found[spot.group].append(_dot(spot, theme))
    for k, inner in enumerate(scene.groups):
        found[inner.parent].append(k)
    return found


def _inside(content: dict[int, list[str | int]], scene: Scene, group: int, theme: Theme) -> Iterator[str]:
    for item in content.get(group, []):
        if isinstance(item, str):
            yield item
            continue
        yield f"subgraph cluster_{item} {{"
        yield f'  label=<{_safe(scene.groups[item].name) or " "}> labeljust=l fontsize=10 fontcolor="{theme.soft}"'
        yield f'  margin=10 style="rounded,filled,dashed" color="{theme.soft}" fillcolor="{theme.shade}"'
        yield from (f"  {line}" for line in _inside(content, scene, item, theme))
        yield "}"


def _cell(cell: Cell, theme: Theme) -> str:
    paint = theme.box[cell.role]
    style = "ROUNDED,DASHED" if cell.folded else "ROUNDED"
    text = f'<FONT COLOR="{paint.text}">{_safe(cell.caption) or " "}</FONT>'
    face = f'<TD BORDER="1" STYLE="{style}" BGCOLOR="{paint.fill}" COLOR="{paint.line}" CELLPADDING="7">{text}</TD>'
    return f"{_TABLE}<TR>{_ports('i', cell.ins)}{face}{_outs(cell, theme)}</TR></TABLE>"


def _ports(side: str, n: int) -> str:
    cell = '<TR><TD PORT="{}{}" WIDTH="1" HEIGHT="14" FIXEDSIZE="TRUE"></TD></TR>'
    rows = "".join(cell.format(side, i) for i in range(n))
    return f"<TD>{_TABLE}{rows}</TABLE></TD>" if n else ""


def _outs(cell: Cell, theme: Theme) -> str:
    """The ports of the outputs, each beside what is said of it."""
    if not any(cell.beliefs):
        return _ports("o", cell.outs)
    gap = '<TR><TD HEIGHT="5"></TD></TR>'
    panels = (
        _panel(said, f'<TD ROWSPAN="{{}}" PORT="o{i}" WIDTH="1"></TD>', theme) for i, said in enumerate(cell.beliefs)
    )
    return f"<TD>{_PANEL}{gap.join(panels)}</TABLE></TD>"


def _panel(said: Belief | None, port: str, theme: Theme) -> str:
    """A line for each outcome, with a bar as long as it is probable; what stands at the right spans them all."""
    rows = said.rows if said is not None else ()
    if not rows:
        return f'<TR><TD WIDTH="4"></TD><TD COLSPAN="3" HEIGHT="14"></TD>{port.format(1)}</TR>'
    lines = [_row(row, theme) for row in rows]
    first = f'<TR><TD WIDTH="4" ROWSPAN="{len(rows)}"></TD>{lines[0]}{port.format(len(rows))}</TR>'
    return first + "".join(f"<TR>{line}</TR>" for line in lines[1:])


def _row(row: Row, theme: Theme) -> str:
    if row.share is None and not row.figure:
        return _remark(row, theme)
    cells = [("LEFT", theme.ink, row.name), ("RIGHT", theme.soft, row.figure)]
    name, figure = (
        f'<TD ALIGN="{align}"><FONT COLOR="{color}" POINT-SIZE="8">{_safe(text)}</FONT></TD>'
        for align, color, text in cells
    )
    return f"{name}{_bar(row.share, theme)}{figure}"


def _remark(row: Row, theme: Theme) -> str:
    """A line without a bar; what was observed stands on a ground of its own."""
    paint = theme.box["parameter"]
    text = f'<FONT COLOR="{paint.text if row.seen else theme.ink}" POINT-SIZE="8">{_safe(row.name)}</FONT>'
    if row.seen:
        ground = (
            f'BORDER="1" CELLBORDER="0" CELLPADDING="2" STYLE="ROUNDED" BGCOLOR="{paint.fill}" COLOR="{paint.line}"'
        )
        text = f"<TABLE {ground}><TR><TD>{text}</TD></TR></TABLE>"
    return f'<TD COLSPAN="3" ALIGN="LEFT">{text}</TD>'


def _bar(share: float | None, theme: Theme) -> str:
    if share is None:
        return "<TD></TD>"
    paint, full = theme.box[""], max(round(_BAR * share), 1)
    parts = [(full, paint.line), (_BAR - full, paint.fill)]
    cells = "".join(
        f'<TD WIDTH="{width}" HEIGHT="6" FIXEDSIZE="TRUE" BGCOLOR="{color}"></TD>' for width, color in parts if width
    )
    return f"<TD>{_TABLE}<TR>{cells}</TR></TABLE></TD>"


def _dot(spot: Dot, theme: Theme) -> str:
    width = 0.06 if spot.end else 0.08
    return f'{spot.key} [shape=point width={width} color="{theme.wire[spot.role]}"]'


def _ends(ends: tuple[End, ...], rank: str, align: str, theme: Theme) -> Iterator[str]:
    # About the width of the longest text, so that all wires start, or stop, in one line.
    width = max((round(7.5 * len(end.name) + 6 * len(end.note)) for end in ends), default=0) + 6
    for end in ends:
        yield f"{end.key} [label=<{_end(end, width, align, theme)}>]"
    if ends:
        yield f"{{rank={rank} {' '.join(end.key for end in ends)}}}"
    if len(ends) > 1:
        yield f"{' -> '.join(end.key for end in ends)} [style=invis weight=10]"


def _loose(ends: tuple[End, ...], theme: Theme) -> Iterator[str]:
    """Ends that stand wherever there is room: in one line, they would draw all wires across a large picture."""
    for end in ends:
        yield f"{end.key} [label=<{_end(end, 0, 'LEFT', theme)}>]"


def _end(end: End, width: int, align: str, theme: Theme) -> str:
    color = theme.wire[end.role] if end.role else theme.ink
    name = f'<FONT COLOR="{color}">{_safe(end.name)}</FONT>' if end.name else ""
    note = f'<FONT COLOR="{theme.soft}" POINT-SIZE="9">{_safe(end.note)}</FONT>' if end.note else ""
    text = " ".join(part for part in (name, note) if part)
    if end.belief is not None:
        panel = _panel(end.belief, '<TD ROWSPAN="{}" WIDTH="4"></TD>', theme)
        return f'{_TABLE}<TR><TD ALIGN="{align}">{text or " "}</TD><TD>{_PANEL}{panel}</TABLE></TD></TR></TABLE>'
    if not text:
        return f'{_TABLE}<TR><TD WIDTH="1" HEIGHT="14" FIXEDSIZE="TRUE"></TD></TR></TABLE>'
    gap, face = '<TD WIDTH="4"></TD>', f'<TD ALIGN="{align}" WIDTH="{width}" HEIGHT="14">{text}</TD>'
    return f"{_TABLE}<TR>{face + gap if align == 'RIGHT' else gap + face}</TR></TABLE>"


def _edge(edge: Edge, theme: Theme) -> str:
    marks = []
    if edge.role not in ("", "forward"):
        # Residual wires are dashed as well, for those who print in grey.
        dashed = ' style="dashed"' if edge.role == "residual" else ""
        marks.append(f'color="{theme.wire[edge.role]}"{dashed}')
    if edge.label:
        ink = f' COLOR="{theme.wire["error"]}"' if edge.role == "error" else ""
        text = f"<FONT{ink}>{_safe(edge.label)}</FONT>" if ink else _safe(edge.label)
        marks.append(f"label=<{text}>")
    if edge.tail.startswith("in") and edge.head.startswith("out"):
        marks.append("minlen=2")
    return f"{edge.tail} -> {edge.head}" + (f" [{' '.join(marks)}]" if marks else "")


def _safe(text: str) -> str:
    """The text for an HTML label or a tooltip: one line, quoted, without the signs that XML does not allow."""
    if not isinstance(text, str):
        raise DrawingError(f"titles and captions are text, not {short(text)}")
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
    return escape(shown, quote=True).replace("\\", "&#92;&#92;")
