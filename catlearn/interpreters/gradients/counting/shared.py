"""Which tables of a model are learned, which boxes share one, and the model with new tables in their places.

Equal boxes are one table: the steps of an unrolled chain, say. What is learned from any of them is learned for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of, place_kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import Graph, Wiring, flatten, unfolded
from catlearn.errors import InputMismatch, UnknownBox, nearest, short

__all__ = ["Shared", "renewed", "shared_tables"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Shared:
    """A table that is learned.

    Attributes:
        box: one of its boxes.
        places: which factors of the network have it, each with the wires that its axes stand for there.
        names: the variables that its boxes make.
        start: its numbers before learning.
        pseudocounts: how often each entry counts as seen before any data.
    """

    box: Box
    places: tuple[tuple[int, tuple[int, ...]], ...]
    names: tuple[str, ...]
    start: Array
    pseudocounts: Array

    @property
    def outputs(self) -> tuple[int, ...]:
        """The axes along which a row of it sums to one."""
        return tuple(range(len(self.box.dom), self.start.ndim))

    def at(self, table: Array, wires: Sequence[int]) -> Array:
        """The part of the table that a factor sees: where one wire is read twice, both axes agree. A view."""
        different = list(dict.fromkeys(wires))
        if len(different) == len(wires):
            return table
        view: Array = np.einsum(table, [different.index(w) for w in wires], range(len(different)))
        return view

    def gathered(self, counts: Sequence[Array]) -> Array:
        """The expected counts of all its boxes together, with the pseudo-counts."""
        total = self.pseudocounts.copy()
        for k, wires in self.places:
            self.at(total, wires)[...] += counts[k]
        return total

    def divided(self, counts: Array, before: Array) -> Array:
        """Counts divided by their sums, row by row; the row before where there are none."""
        sums = counts.sum(axis=self.outputs, keepdims=True)
        return np.where(sums > 0, counts / np.where(sums > 0, sums, 1.0), before)


def shared_tables(model: Diagram, learn: Iterable[str] | None, pseudocounts: Any) -> list[Shared]:
    """The tables to learn.

    Args:
        model: the diagram.
        learn: names of boxes; None takes all that have outputs.
        pseudocounts: a number or array for all of them, or a dictionary by names of boxes.

    Raises:
        UnknownBox: for a name that no table has.
        InputMismatch: for pseudo-counts that are negative or of another shape.
    """
    wiring, names = unfolded(model), variables(model)
    found: dict[Box, list[tuple[int, tuple[int, ...], str]]] = {}
    for k, (box, reads, made) in enumerate(wiring.steps()):
        if made and isinstance(kernel_of(box), Table):
            found.setdefault(box, []).append((k, (*reads, *made), names[made[0]]))
    known = [box.name for box in found]
    for name in [*(learn or ()), *(pseudocounts if isinstance(pseudocounts, Mapping) else ())]:
        if name not in known:
            raise UnknownBox(f"tables: there is no table {short(name)}{nearest(name, known)}")
    chosen = {box: uses for box, uses in found.items() if learn is None or box.name in learn}
    if not chosen:
        raise InputMismatch("tables: there is nothing to learn; give names of boxes, as in learn=['wet']")
    return [_shared(box, uses, pseudocounts) for box, uses in chosen.items()]


def _shared(box: Box, uses: Sequence[tuple[int, tuple[int, ...], str]], pseudocounts: Any) -> Shared:
    start = np.array(kernel_of(box).values, np.float64)  # type: ignore[union-attr]
    given = pseudocounts.get(box.name, 0.0) if isinstance(pseudocounts, Mapping) else pseudocounts
    try:
        extra = np.array(np.broadcast_to(floats(given), start.shape))
    except ValueError:
        raise InputMismatch(f"{box.name}: pseudo-counts have the shape {start.shape}, not {short(given)}") from None
    if not (np.isfinite(extra).all() and (extra >= 0).all()):
        raise InputMismatch(f"{box.name}: pseudo-counts are numbers from 0 up, not {short(given)}")
    places = tuple((k, wires) for k, wires, _ in uses)
    return Shared(box, places, tuple(name for _, _, name in uses), start, extra)


def renewed(d: Diagram, tables: Mapping[Box, Array]) -> Diagram:
    """The diagram with these tables in the places of their boxes, folded ones as well; the rest stays as it is."""
    if isinstance(d, Box):
        return _box(d, tables)
    wiring = flatten(d)
    boxes = {id(box): box for box in wiring.boxes}
    made = {number: _box(box, tables) for number, box in boxes.items()}
    new = Wiring(wiring.dom, tuple(made[id(box)] for box in wiring.boxes), wiring.arguments, wiring.outputs)
    named = (d.name, d.names, d.against) if isinstance(d, Graph) else ()
    return Graph(new, *named)


def _box(box: Box, tables: Mapping[Box, Array]) -> Box:
    if box.inside is not None:
        return Box(box.name, box.dom, box.cod, box.data, renewed(box.inside, tables))
    return place_kernel(box.name, box.dom, box.cod, Table(tables[box])) if box in tables else box
