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

from catlearn.errors import DrawingError

__all__ = ["ENGINES", "FORMATS", "find_engine", "render"]

FORMATS = ("svg", "png", "pdf", "dot")
"""What a drawing can be written as; `dot` needs no engine."""

_DPI = 192
_ONE_AT_A_TIME = Lock()  # Graphviz keeps global state and is not safe to call from two threads.


def render(source: str, format: str, engine: str | None = None) -> bytes:
    """The picture of a DOT text. SVG holds nothing of the machine or of the version that made it.

    Args:
        source: DOT text.
        format: one of `FORMATS`.
        engine: "dot", "pygraphviz", or None for the first that is there.

    Raises:
        DrawingError: when no engine is there or the engine fails, and for an unknown format.
    """
    check_format(format)
    if format == "dot":
        return source.encode()
    if format == "png":
        source = source.replace("{", f"{{ dpi={_DPI}", 1)
    name = find_engine(engine)
    try:
        made = ENGINES[name](source, format)
    except Exception as error:
        raise DrawingError(f"{name} could not draw this: {_first_line(error)}; the DOT text still can be had") from error
    return _plain(made) if format == "svg" else made


def check_format(format: str) -> None:
    """Refuse a format that cannot be written."""
    if format not in FORMATS:
        raise DrawingError(f"cannot draw as {format!r}; what works is {', '.join(FORMATS)}")


def find_engine(engine: str | None = None) -> str:
    """The name of the engine to use.

    Raises:
        DrawingError: when it is not there.
    """
    if engine is not None and engine not in ENGINES:
        raise DrawingError(f"there is no engine {engine!r}; use {' or '.join(ENGINES)}, or None")
    for name in ENGINES if engine is None else (engine,):
        if _PRESENT[name]():
            return name
    missing = "no Graphviz was found" if engine is None else f"{engine} was not found"
    raise DrawingError(f"{missing}: `pip install pygraphviz`, or install Graphviz; the DOT text can be had without")


def _program(source: str, format: str) -> bytes:
    import graphviz

    return bytes(graphviz.pipe("dot", format, source.encode(), quiet=True))


def _wheel(source: str, format: str) -> bytes:
    import pygraphviz

    with _ONE_AT_A_TIME:
        graph = pygraphviz.AGraph(string=source)
        try:
            return bytes(graph.draw(format=format, prog="dot"))
        finally:
            graph.close()


ENGINES: Mapping[str, Callable[[str, str], bytes]] = MappingProxyType({"dot": _program, "pygraphviz": _wheel})
"""The engines, best first: each makes the bytes of a format from DOT text."""

_PRESENT: Mapping[str, Callable[[], bool]] = {
    "dot": lambda: shutil.which("dot") is not None and find_spec("graphviz") is not None,
    "pygraphviz": lambda: find_spec("pygraphviz") is not None,
}


def _plain(svg: bytes) -> bytes:
    """Without the comments, which tell the version of Graphviz, and the document type, which tells nothing."""
    text = re.sub(r"<!--.*?-->\n?|<!DOCTYPE[^>]*>\n?", "", svg.decode().replace("\r\n", "\n"), flags=re.DOTALL)
    return text.encode()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
