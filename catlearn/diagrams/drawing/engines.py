"""Who lays a DOT text out: the `dot` program if there is one, else the Graphviz that comes with pygraphviz.

>>> render("digraph { a -> b }", "svg").decode().count("<path")
1
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from threading import Lock
from types import MappingProxyType

from catlearn.errors import DrawingError, short

__all__ = ["ENGINES", "FORMATS", "find_engine", "render"]

FORMATS = ("svg", "png", "pdf", "dot")
"""What a drawing can be written as; `dot` needs no engine."""

_DPI = 192
_ONE_AT_A_TIME = Lock()  # Graphviz keeps global state and is not safe to call from two threads.


def render(source: str, kind: str, engine: str | None = None) -> bytes:
    """The picture of a DOT text. SVG holds nothing of the machine or of the version that made it.

    Args:
        source: DOT text.
        kind: one of `FORMATS`.
        engine: "dot", "pygraphviz", or None for the first that is there.

    Raises:
        DrawingError: when no engine is there or the engine fails, and for an unknown format.
    """
    check_format(kind)
    if kind == "dot":
        return source.encode()
    if kind == "png":
        source = source.replace("{", f"{{ dpi={_DPI}", 1)
    name = find_engine(engine)
    try:
        made = ENGINES[name](source, kind)
    except Exception as error:
        raise DrawingError(f"{name} could not draw this: {_first_line(error)}; the DOT text is still there") from error
    return _plain(made) if kind == "svg" else made


def check_format(kind: str) -> None:
    """Refuse a format that cannot be written."""
    if kind not in FORMATS:
        raise DrawingError(f"cannot draw as {kind!r}; what works is {', '.join(FORMATS)}")


def find_engine(engine: str | None = None) -> str:
    """The name of the engine to use.

    Raises:
        DrawingError: when it is not there.
    """
    if engine is not None and (not isinstance(engine, str) or engine not in ENGINES):
        raise DrawingError(f"there is no engine {short(engine)}; use {' or '.join(ENGINES)}, or None")
    for name in ENGINES if engine is None else (engine,):
        if _PRESENT[name]():
            return name
    missing = "no Graphviz was found" if engine is None else f"{engine} was not found"
    raise DrawingError(f"{missing}: `pip install pygraphviz`, or install Graphviz; the DOT text needs neither")


def _program(source: str, kind: str) -> bytes:
    import graphviz

    return bytes(graphviz.pipe("dot", kind, source.encode(), quiet=True))


def _wheel(source: str, kind: str) -> bytes:
    import pygraphviz

    with _ONE_AT_A_TIME:
        graph = pygraphviz.AGraph(string=source)
        try:
            return bytes(graph.draw(format=kind, prog="dot"))
        finally:
            graph.close()


ENGINES: Mapping[str, Callable[[str, str], bytes]] = MappingProxyType({"dot": _program, "pygraphviz": _wheel})
"""The engines, best first: each makes the bytes of a format from DOT text."""

_PRESENT: Mapping[str, Callable[[], bool]] = {
    "dot": lambda: shutil.which("dot") is not None and find_spec("graphviz") is not None,
    "pygraphviz": lambda: find_spec("pygraphviz") is not None,
}


def _plain(svg: bytes) -> bytes:
    """Without comments, which tell the version of Graphviz, and without titles, which would pop up as `b0:e->b1:w`."""
    text = svg.decode().replace("\r\n", "\n")
    return re.sub(r"<!--.*?-->\n?|<!DOCTYPE[^>]*>\n?|<title>.*?</title>\n?", "", text, flags=re.DOTALL).encode()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
