"""A diagram as Python text that makes it again.

>>> from catlearn import Box, Real, Ty, identity
>>> Box("f", Ty("X"), Ty("Y")) >> identity(Ty("Y"))
Box("f", Ty("X"), Ty("Y")) >> Wires(Ty("Y"), Ty("Y"), (0,))
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

import numpy as np

from catlearn.diagrams.diagram import Beside, Box, Diagram, Then, Wires
from catlearn.diagrams.wiring import Graph

__all__ = ["text"]


def text(d: Diagram) -> str:
    """The expression for a diagram, in names that `from catlearn import *` brings."""
    parts: list[str] = []
    todo: list[Diagram | str] = [d]
    while todo:
        term = todo.pop()
        if isinstance(term, str):
            parts.append(term)
        elif isinstance(term, Then):
            todo += [*_bracket(term.second, Then), " >> ", term.first]
        elif isinstance(term, Beside):
            todo += [*_bracket(term.lower, Then, Beside), " @ ", *_bracket(term.upper, Then)]
        else:
            todo += reversed(next(_ATOMS[kind] for kind in type(term).__mro__ if kind in _ATOMS)(term))
    return "".join(parts)


def _bracket(term: Diagram, *weaker: type[Diagram]) -> list[Diagram | str]:
    return [")", term, "("] if isinstance(term, weaker) else [term]


def _box(box: Box) -> list[Diagram | str]:
    plain = type(box.data) is tuple and not box.data
    extra = "" if plain and not box.inside else f", {_data(box.data)}"
    inside: list[Diagram | str] = [", ", box.inside] if box.inside else []
    return [f"Box({_quote(box.name)}, {box.dom!r}, {box.cod!r}{extra}", *inside, ")"]


def _graph(graph: Graph) -> list[Diagram | str]:
    parts: list[Diagram | str] = [f"graph({graph.dom!r}, ["]
    for k, (box, reads, _) in enumerate(graph.wiring.steps()):
        parts += [", (" if k else "(", box, f", {reads})"]
    given = (("name", graph.name), ("names", graph.names), ("against", graph.against))
    more = "".join(f", {key}={value!r}" for key, value in given if value)
    return [*parts, f"], {graph.wiring.outputs.tolist()}{more})"]


def _data(value: object) -> str:
    """A constant as Python text: numpy's numbers as plain ones, and those that have no literal."""
    if type(value) is tuple:
        return f"({', '.join(map(_data, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, complex):
        return f"complex({_data(value.real)}, {_data(value.imag)})"
    if isinstance(value, float) and not isfinite(value):
        return f'float("{value}")'
    return repr(value)


def _quote(name: str) -> str:
    return f'"{name}"' if name.isprintable() and '"' not in name and "\\" not in name else repr(name)


_ATOMS: dict[type[Diagram], Callable[..., list[Diagram | str]]] = {
    Box: _box,
    Graph: _graph,
    Wires: lambda w: [f"Wires({w.dom!r}, {w.cod!r}, {w.select})"],
}
