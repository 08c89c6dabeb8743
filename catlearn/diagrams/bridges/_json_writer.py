"""From diagrams to the three tables of a JSON document; `catlearn.diagrams.bridges.json` says what they hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.types import MAKERS, Ob, Ty
from catlearn.diagrams.wiring import Graph, flatten, names
from catlearn.errors import NotSupported

__all__ = ["TABLES", "VERSION", "Writer", "check_object", "mentioned"]

VERSION = 1
TABLES = ("objects", "boxes", "diagrams")
WIDE = 53
"""Integers of more bits are written in base 16: other readers of JSON would round them."""


def mentioned(d: Diagram) -> Iterable[Diagram]:
    """The diagrams that a diagram's boxes stand for or carry, theirs as well, each after its own; d comes last."""
    done: dict[int, Diagram] = {}
    todo = [d]
    while todo:
        found = [other for other in _mentions(todo[-1]) if id(other) not in done]
        if found and id(todo[-1]) not in done:
            todo += found
        else:
            last = todo.pop()
            done[id(last)] = last
    return done.values()


def _mentions(d: Diagram) -> list[Diagram]:
    found: dict[int, Diagram] = {}
    for box in {id(b): b for b in _boxes(d)}.values():
        todo = [box.inside, box.data]
        while todo:
            part = todo.pop()
            if isinstance(part, Diagram):
                found[id(part)] = part
            elif isinstance(part, tuple):
                todo.extend(part)
            elif isinstance(part, Kernel):
                todo.append(part.data())
    return list(found.values())


def _boxes(d: Diagram) -> tuple[Box, ...]:
    return (d,) if isinstance(d, Box) else flatten(d).boxes


class Writer:
    """The three tables, while they fill."""

    def __init__(self) -> None:
        self.objects: dict[Ob, int] = {}
        self.boxes: dict[Any, int] = {}
        self.diagrams: dict[int, int] = {}
        self.rows: dict[str, list[Any]] = {table: [] for table in TABLES}

    def document(self) -> dict[str, Any]:
        return {"catlearn": "diagram", "version": VERSION} | self.rows

    def _add(self, table: str, row: Any) -> int:
        self.rows[table].append(row)
        return len(self.rows[table]) - 1

    def diagram(self, d: Diagram) -> None:
        """Add a diagram; those that its boxes speak of are there already."""
        self.diagrams[id(d)] = self._add("diagrams", {"box": self._box(d)} if isinstance(d, Box) else self._graph(d))

    def _graph(self, d: Diagram) -> dict[str, Any]:
        wiring = flatten(d)
        number = {id(box): self._box(box) for box in {id(b): b for b in wiring.boxes}.values()}
        steps = [[number[id(box)], *reads] for box, reads, _ in wiring.steps()]
        row = {"dom": self.ty(wiring.dom), "steps": steps, "outputs": wiring.outputs.tolist()}
        given = d.names if isinstance(d, Graph) else _given_names(d)
        extra = {"name": getattr(d, "name", ""), "names": list(given), "against": list(getattr(d, "against", ()))}
        return row | {key: value for key, value in extra.items() if value}

    def _box(self, box: Box) -> int:
        row: dict[str, Any] = {"name": box.name, "dom": self.ty(box.dom), "cod": self.ty(box.cod)}
        if type(box.data) is not tuple or box.data:
            row["data"] = self._data(box)
        if box.inside is not None:
            row["inside"] = self.diagrams[id(box.inside)]
        # Not the box itself: boxes are equal when 1 stands for 1.0, or when one of them is folded.
        key = repr(row)
        if key not in self.boxes:
            self.boxes[key] = self._add("boxes", row)
        return self.boxes[key]

    def ty(self, ty: Ty) -> list[int]:
        return [self.ob(ob) for ob in ty.obs]

    def ob(self, ob: Ob) -> int:
        if ob not in self.objects:
            check_object(ob.kind, ob.sizes)
            self.objects[ob] = self._add("objects", [ob.kind, *ob.sizes])
        return self.objects[ob]

    def _data(self, box: Box) -> Any:
        try:
            return _encode(box.data, self)
        except NotSupported as error:
            raise NotSupported(f"box {box.name!r} cannot be written: {error}") from None
        except RecursionError:
            raise NotSupported(f"box {box.name!r} cannot be written: its data is nested too deep") from None


def _given_names(d: Diagram) -> tuple[str, ...]:
    found = names(d)
    return () if found == tuple(f"x{i}" for i in range(len(found))) else found


def _encode(value: Any, writer: Writer) -> Any:
    """A value of `data` as JSON; what JSON has no word for is an object with one key that says what it is."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, str | bool):
        return value if value is None or isinstance(value, bool) else str(value)
    if isinstance(value, int):
        return int(value) if value.bit_length() <= WIDE else {"int": hex(value)}
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": repr(float(value))}
    if isinstance(value, tuple):
        return [_encode(part, writer) for part in value]
    return _encode_rare(value, writer)


def _encode_rare(value: Any, writer: Writer) -> dict[str, Any]:
    if isinstance(value, complex):
        return {"complex": [_encode(value.real, writer), _encode(value.imag, writer)]}
    if isinstance(value, Ty):
        return {"type": writer.ty(value)}
    if isinstance(value, Ob):
        return {"object": writer.ob(value)}
    if isinstance(value, Diagram):
        return {"diagram": writer.diagrams[id(value)]}
    if isinstance(value, Fraction):
        return {"fraction": str(value)}
    if isinstance(value, Kernel):
        return {"kernel": [type(value).__name__, *(_encode(part, writer) for part in value.data())]}
    kind = type(value).__name__
    raise NotSupported(f"its data holds a {kind}; use tuples, numbers, strings, types, objects and diagrams")


def check_object(kind: object, sizes: Sequence[object]) -> None:
    for part in sizes:
        if isinstance(part, bool) or not isinstance(part, int | str):
            raise NotSupported(f"object {kind!r}: a size is an integer or a name, not {part!r}")
    if not isinstance(kind, str):
        raise NotSupported(f"object {kind!r}: its kind must be a string")
    known: Any = MAKERS.get(kind)
    if known is not None and sizes:
        try:
            known(*sizes)
        except TypeError:
            raise NotSupported(f"object {kind!r} cannot have the sizes {list(sizes)}") from None
