"""Linear-Gaussian networks as JSON, the form in which the public collections of such networks are kept.

    {"nodes": ["a", "b"], "arcs": [["a", "b"]],
     "cpds": {"a": {"coefficients": {"(Intercept)": [1.0]}, "variance": [0.5], "parents": []},
              "b": {"coefficients": {"(Intercept)": [0.0], "a": [2.0]}, "variance": [0.1], "parents": ["a"]}}}

>>> from tempfile import TemporaryDirectory
>>> from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
>>> X = Real()
>>> d = graph(Ty(), [(gaussian_state("a", X, 1.0, 0.5), []), (gaussian("b", X, X, 2.0, 0.0, 0.1), [0])], [0, 1])
>>> with TemporaryDirectory() as folder:
...     write_linear_gaussian(d, f"{folder}/ab.json")
...     read_linear_gaussian(f"{folder}/ab.json") == d
True
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.gaussian import Gaussian, gaussian
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Real, Ty
from catlearn.diagrams.wiring import graph, unfolded
from catlearn.errors import CatlearnError, FileProblem, NotSupported, nearest, short
from catlearn.files import as_path, write_beside

__all__ = ["read_linear_gaussian", "write_linear_gaussian"]

INTERCEPT = "(Intercept)"
LARGEST = sys.float_info.max

Rows = dict[str, tuple[dict[str, float], float, float]]
"""For each node, in the file's order: the coefficients of its parents, the intercept and the variance."""


def read_linear_gaussian(path: str | os.PathLike[str]) -> Diagram:
    """The diagram `Ty() -> Real() @ ...` of the network in a file: one box for each node, and all nodes as outputs.

    Outputs are in the order of the file's nodes; boxes stand after those they read.

    Raises:
        FileProblem: when the file cannot be read, is not of this form, or has a cycle; it says which node.
    """
    rows = _Reader(str(path)).read(_text(path))
    order = _sorted(rows, str(path))
    place = {name: i for i, name in enumerate(order)}
    steps = []
    for name in order:
        slopes, intercept, variance = rows[name]
        try:
            box = gaussian(name, Real() ** len(slopes), Real(), [list(slopes.values())], intercept, variance)
        except CatlearnError as error:
            raise FileProblem(f"{path}: {error}") from None
        steps.append((box, [place[parent] for parent in slopes]))
    return graph(Ty(), steps, [place[name] for name in rows])


def write_linear_gaussian(d: Diagram, path: str | os.PathLike[str]) -> None:
    """Write a diagram of Gaussian boxes with one `Real()` output each; until it is written whole, the old file stays.

    The outputs that are copied or discarded are not kept: the file is of all variables, by their names.

    Raises:
        NotSupported: when a box is not Gaussian or gives something else than one number; it names the box.
        FileProblem: when the file cannot be written.
    """
    d = as_diagram(d)
    wiring, names = unfolded(d), variables(d)
    if wiring.dom.obs:
        raise NotSupported(f"a network has no inputs, but this diagram reads {wiring.dom!r}; put a state before it")
    if not wiring.boxes:
        raise NotSupported("the file holds one or more variables, but this diagram has no boxes")
    nodes, arcs, cpds = list[str](), list[list[str]](), dict[str, Any]()
    for box, reads, gives in wiring.steps():
        kernel = kernel_of(box)
        if not isinstance(kernel, Gaussian) or any(ob.sizes for ob in (*box.dom.obs, *box.cod.obs)) or len(gives) != 1:
            raise NotSupported(f"{box.name}: the file holds Gaussian boxes of single numbers, Real() -> Real(), only")
        name, slopes = names[gives[0]], dict[str, float]()
        if name == INTERCEPT:
            raise NotSupported(f"{name}: the file keeps this name for constants; give the box another")
        for parent, slope in zip(reads, kernel.A[0].tolist(), strict=True):
            slopes[names[parent]] = slopes.get(names[parent], 0.0) + slope
        nodes.append(name)
        arcs += [[parent, name] for parent in slopes]
        coefficients = {INTERCEPT: [float(kernel.b[0])], **{parent: [slope] for parent, slope in slopes.items()}}
        cpds[name] = {"coefficients": coefficients, "variance": [float(kernel.S[0, 0])], "parents": list(slopes)}
    order = {names[i]: k for k, i in reversed(list(enumerate(wiring.outputs.tolist())))}
    nodes.sort(key=lambda name: order.get(name, len(order)))
    write_beside(path, json.dumps({"nodes": nodes, "arcs": arcs, "cpds": cpds}, indent=2) + "\n")


def _text(path: str | os.PathLike[str]) -> str:
    file = as_path(path)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise FileProblem(f"{path}: cannot be read ({error.strerror}); check the name and who may read it") from error
    except ValueError as error:
        raise FileProblem(f"{path}: is not a text file ({error}); give the JSON of a linear-Gaussian network") from None


class _Reader:
    """Reads the document, believing nothing that it says."""

    def __init__(self, source: str) -> None:
        self.source = source

    def read(self, text: str) -> Rows:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self._fault("the whole", f"not JSON, or cut short ({error})") from None
        nodes, cpds = self._key(document, "the whole", "nodes", list), self._key(document, "the whole", "cpds", dict)
        if not all(isinstance(name, str) and name for name in nodes) or len(set(nodes)) < len(nodes) or not nodes:
            raise self._fault("nodes", "must be one or more different names")
        rows = {name: self._row(name, cpds, nodes) for name in nodes}
        self._check_arcs(document.get("arcs"), rows)
        return rows

    def _row(self, name: str, cpds: dict[str, Any], nodes: list[str]) -> tuple[dict[str, float], float, float]:
        row = self._key(cpds, "cpds", name, dict)
        coefficients = self._key(row, name, "coefficients", dict)
        for parent in coefficients:
            if parent != INTERCEPT and parent not in nodes:
                raise self._fault(name, f"there is no node {parent!r}{nearest(parent, nodes)}")
        parents = row.get("parents", [p for p in coefficients if p != INTERCEPT])
        if not isinstance(parents, list) or sorted(map(str, parents)) != sorted(set(coefficients) - {INTERCEPT}):
            raise self._fault(name, "its parents are not those that have coefficients")
        slopes = {parent: self._number(coefficients[parent], f"{name}.{parent}") for parent in parents}
        intercept = self._number(coefficients.get(INTERCEPT, 0.0), f"{name}.{INTERCEPT}")
        return slopes, intercept, self._number(self._key(row, name, "variance", object), f"{name}.variance")

    def _check_arcs(self, arcs: Any, rows: Rows) -> None:
        if arcs is None:
            return
        try:
            given = {(start, end) for start, end in arcs}
        except (TypeError, ValueError):
            raise self._fault("arcs", "must be a list of pairs of nodes") from None
        found = {(parent, name) for name, (slopes, _, _) in rows.items() for parent in slopes}
        for start, end in sorted(given ^ found, key=str):
            raise self._fault("arcs", f"{start} -> {end} stands in one of arcs and coefficients only")

    def _key(self, row: Any, place: str, key: str, kind: type) -> Any:
        if not isinstance(row, dict) or key not in row:
            raise self._fault(place, f"has no {key!r}")
        if not isinstance(row[key], kind):
            raise self._fault(f"{place}.{key}", f"is of the wrong kind: {short(row[key])}")
        return row[key]

    def _number(self, value: Any, place: str) -> float:
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
            raise self._fault(place, f"must be a finite number, or a list of one, not {short(value)}")
        return float(value)

    def _fault(self, place: str, problem: str) -> FileProblem:
        return FileProblem(f"{self.source}: {place}: {problem}; mend it there")


def _sorted(rows: Rows, source: str) -> list[str]:
    """The nodes with parents first, otherwise in the file's order."""
    done: dict[str, None] = {}
    opened: dict[str, None] = {}
    for root in rows:
        todo = [root]
        while todo:
            name = todo[-1]
            waiting = [parent for parent in rows[name][0] if parent not in done]
            if not waiting or name in done:
                todo.pop()
                opened.pop(name, None)
                done[name] = None
                continue
            opened[name] = None
            if waiting[0] in opened:
                raise FileProblem(f"{source}: {waiting[0]} depends on itself, through {name}; remove one of its arcs")
            todo.append(waiting[0])
    return list(done)
