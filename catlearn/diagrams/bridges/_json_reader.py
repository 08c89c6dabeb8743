"""From the three tables of a JSON document to diagrams, believing nothing that they say."""

from __future__ import annotations

import json as stdlib_json
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from catlearn.diagrams.bridges._json_writer import TABLES, VERSION, check_object
from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.guided import Guided, KernelBox
from catlearn.diagrams.theories.markov.kernel import KERNELS, Kernel, find_kernel, kernel_of
from catlearn.diagrams.types import Ob, Size, Ty
from catlearn.diagrams.wiring import graph
from catlearn.errors import CatlearnError, FileProblem

__all__ = ["Reader"]


class Reader:
    """The three tables, while they are read. A row only speaks of diagrams above it, so there are no cycles."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.objects: list[Ob] = []
        self.boxes: list[Box | None] = []
        self.diagrams: list[Diagram] = []

    def read(self, text: str) -> Diagram:
        document = self._document(self._parse(text))
        self.rows = {table: self._list(document[table], table) for table in TABLES}
        self.objects = [self._object(row, f"objects[{i}]") for i, row in enumerate(self.rows["objects"])]
        self.boxes = [None] * len(self.rows["boxes"])
        for i, row in enumerate(self.rows["diagrams"]):
            self.diagrams.append(self._diagram(row, f"diagrams[{i}]"))
        if not self.diagrams:
            raise self._fault("diagrams", "there is none")
        for i in range(len(self.boxes)):
            self._box(i, f"boxes[{i}]")
        return self.diagrams[-1]

    def _fault(self, place: str, problem: object) -> FileProblem:
        line = f"{self.source}: {place}: {_plain(str(problem))}"
        return FileProblem(f"{line}; mend it there, or save the diagram again")

    def _parse(self, text: str) -> Any:
        try:
            return stdlib_json.loads(text, parse_constant=_no_constant)
        except stdlib_json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise self._fault(place, f"not JSON, or cut short ({error.msg})") from None
        except (ValueError, TypeError, RecursionError) as error:
            problem = "nested too deep" if isinstance(error, RecursionError) else error
            raise self._fault("the whole", f"not JSON that can be read ({problem})") from None

    def _document(self, document: Any) -> dict[str, Any]:
        if not isinstance(document, dict) or document.get("catlearn") != "diagram":
            raise self._fault("the whole", 'JSON, but not of a diagram: there is no "catlearn": "diagram"')
        version = document.get("version")
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise self._fault("version", f"must be a number from 1 up, not {_short(version)}")
        if version > VERSION:
            found = f"{self.source}: version {_short(version)} of the format"
            raise FileProblem(f"{found}, but this catlearn reads up to {VERSION}; upgrade catlearn")
        return self._record(document, "the whole", ("catlearn", "version", *TABLES))

    def _record(self, row: Any, place: str, needed: Iterable[str], allowed: Iterable[str] = ()) -> dict[str, Any]:
        if not isinstance(row, dict):
            raise self._fault(place, f"must be an object with keys, not {_short(row)}")
        for key in needed:
            if key not in row:
                raise self._fault(place, f"has no {key!r}")
        for key in row:
            if key not in {*needed, *allowed}:
                raise self._fault(place, f"has a key {_short(key)} that nothing is known of")
        return row

    def _list(self, row: Any, place: str) -> list[Any]:
        if not isinstance(row, list):
            raise self._fault(place, f"must be a list, not {_short(row)}")
        return row

    def _string(self, row: Any, place: str) -> str:
        if not isinstance(row, str):
            raise self._fault(place, f"must be a string, not {_short(row)}")
        return row

    def _number(self, row: Any, place: str, table: str, count: int) -> int:
        if isinstance(row, bool) or not isinstance(row, int) or not 0 <= row < count:
            there = f"there are {count} so far" if table == "diagrams" else f"there are {count}"
            raise self._fault(place, f"must be the number of one of the {table}, of which {there}, not {_short(row)}")
        return row

    def _object(self, row: Any, place: str) -> Ob:
        kind, *sizes = self._list(row, place) or [None]
        try:
            check_object(kind, sizes)
        except CatlearnError as error:
            raise self._fault(place, error) from None
        whole: list[Size] = sizes
        return Ob(kind, tuple(whole))

    def _ob(self, row: Any, place: str) -> Ob:
        return self.objects[self._number(row, place, "objects", len(self.objects))]

    def _ty(self, row: Any, place: str) -> Ty:
        return Ty.of([self._ob(i, place) for i in self._list(row, place)])

    def _box(self, row: Any, place: str) -> Box:
        number = self._number(row, place, "boxes", len(self.boxes))
        found = self.boxes[number]
        if found is None:
            found = self.boxes[number] = self._make_box(self.rows["boxes"][number], f"boxes[{number}]")
        return found

    def _make_box(self, row: Any, place: str) -> Box:
        row = self._record(row, place, ("name", "dom", "cod"), ("data", "inside"))
        name = self._string(row["name"], f"{place}.name")
        dom, cod = self._ty(row["dom"], f"{place}.dom"), self._ty(row["cod"], f"{place}.cod")
        try:
            data = self._data(row.get("data", []), f"{place}.data")
            inside = self._diagram_of(row["inside"], f"{place}.inside") if "inside" in row else None
            box = Box(name, dom, cod, data, inside)
            if kernel := kernel_of(box):
                kernel.check(name, dom, cod)
            return KernelBox(name, dom, cod, data, inside) if isinstance(kernel, Guided) else box
        except FileProblem:
            raise
        except CatlearnError as error:
            raise self._fault(place, error) from None
        except RecursionError:
            raise self._fault(f"{place}.data", "nested too deep") from None

    def _diagram_of(self, row: Any, place: str) -> Diagram:
        return self.diagrams[self._number(row, place, "diagrams", len(self.diagrams))]

    def _diagram(self, row: Any, place: str) -> Diagram:
        if isinstance(row, dict) and "box" in row:
            return self._box(self._record(row, place, ("box",))["box"], f"{place}.box")
        row = self._record(row, place, ("dom", "steps", "outputs"), ("name", "names", "against"))
        name = self._string(row.get("name", ""), f"{place}.name")
        inputs, against = (
            [self._string(x, f"{place}.{key}") for x in self._list(row.get(key, []), f"{place}.{key}")]
            for key in ("names", "against")
        )
        rows = self._list(row["steps"], f"{place}.steps")
        steps = [self._step(step, f"{place}.steps[{i}]") for i, step in enumerate(rows)]
        outputs = self._list(row["outputs"], f"{place}.outputs")
        try:
            return graph(self._ty(row["dom"], f"{place}.dom"), steps, outputs, name, inputs, against)
        except CatlearnError as error:
            raise self._fault(place, error) from None

    def _step(self, row: Any, place: str) -> tuple[Box, list[int]]:
        box, *reads = self._list(row, place) or [None]
        return self._box(box, place), reads

    def _data(self, row: Any, place: str) -> Any:
        if isinstance(row, list):
            return tuple(self._data(part, place) for part in row)
        if not isinstance(row, dict):
            return row
        if len(row) != 1:
            raise self._fault(place, f"an object in data has one key, not {len(row)}")
        ((key, value),) = row.items()
        return self._rare(key, value, place)

    def _rare(self, key: str, value: Any, place: str) -> Any:
        if key == "float" and value in ("inf", "-inf", "nan"):
            return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[value]
        if key == "int" and isinstance(value, str):
            return self._wide(value, place)
        if key == "complex" and isinstance(value, list) and len(value) == 2:
            return self._complex(self._data(value, place), place)
        if key == "type":
            return self._ty(value, place)
        if key == "object":
            return self._ob(value, place)
        if key == "diagram":
            return self._diagram_of(value, place)
        if key == "fraction" and isinstance(value, str):
            return self._fraction(value, place)
        if key == "kernel":
            return self._kernel(value, place)
        raise self._fault(place, f"{_short({key: value})} says nothing that is known here")

    def _wide(self, text: str, place: str) -> int:
        try:
            return int(text, 16)
        except ValueError:
            raise self._fault(place, f"{_short(text)} is not a number in base 16") from None

    def _fraction(self, text: str, place: str) -> Fraction:
        try:
            return Fraction(text)
        except (ValueError, ZeroDivisionError):
            raise self._fault(place, f"{_short(text)} is no fraction") from None

    def _kernel(self, row: Any, place: str) -> Kernel:
        kind, *data = self._list(row, place) or [None]
        made = find_kernel(kind) if isinstance(kind, str) else None
        if made is None:
            raise self._fault(place, f"there is no kind of kernel {_short(kind)}; there are {', '.join(KERNELS)}")
        try:
            return made.from_data(*(self._data(part, place) for part in data))
        except (CatlearnError, TypeError, ValueError) as error:
            raise self._fault(place, error) from None

    def _complex(self, parts: Any, place: str) -> complex:
        if not all(isinstance(part, float) for part in parts):
            raise self._fault(place, "a complex number is two numbers with a decimal point")
        return complex(*parts)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _plain(text: str) -> str:
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= 300 else f"{text[:296]} ..."


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:36]} ..."
