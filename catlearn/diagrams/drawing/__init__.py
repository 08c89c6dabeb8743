"""Pictures of diagrams: DOT text of our own, laid out by Graphviz, as SVG, PNG or PDF.

From the diagram to the file: `opened` (which boxes), `roles` and `captions` (which color, which text), `scene` (nodes
and edges), `dot` (the text, in a theme), `engines` (the layout), `files`. `picture` is the front door.

>>> from catlearn import Box, Ty
>>> draw(Box("f", Ty("X"), Ty("Y"))).svg.startswith("<?xml")
True
"""

from catlearn.diagrams.drawing.captions import SYMBOLS, caption
from catlearn.diagrams.drawing.mismatch import draw_mismatch
from catlearn.diagrams.drawing.picture import Drawing, draw, mimebundle, to_dot
from catlearn.diagrams.drawing.roles import passes
from catlearn.diagrams.drawing.themes import THEMES, Paint, Theme

__all__ = [
    "SYMBOLS",
    "THEMES",
    "Drawing",
    "Paint",
    "Theme",
    "caption",
    "draw",
    "draw_mismatch",
    "mimebundle",
    "passes",
    "to_dot",
]
