"""Our wiring as DisCoPy's layers: per level copies and discards, one permutation, then the boxes of that level.

DisCoPy 1.2.2 has a way of its own from hypergraphs to diagrams, but it fails where a wire is read twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any

from catlearn.diagrams.bridges._discopy_names import DAGGER, box_data, object_name
from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Wiring, flatten

__all__ = ["Namer", "draw_layers"]


class Namer:
    """Our types and boxes in DisCoPy; `label` changes what is shown of their names."""

    def __init__(self, label: Callable[[str], str] | None = None) -> None:
        from discopy import markov

        self.markov, self.label = markov, label
        self.boxes: dict[int, Any] = {}

    def ty(self, ty: Ty) -> Any:
        """The type, wire by wire."""
        return self.markov.Ty(*(str(self.label(object_name(ob))) if self.label else object_name(ob) for ob in ty.obs))

    def box(self, box: Box) -> Any:
        """The box; the same object for the same object."""
        if id(box) not in self.boxes:
            self.boxes[id(box)] = self._make(box)
        return self.boxes[id(box)]

    def _make(self, box: Box) -> Any:
        shown = {"drawing_name": str(self.label(box.name))} if self.label else {}
        dom, cod, data = self.ty(box.dom), self.ty(box.cod), box_data(box)
        if box.name.endswith(DAGGER):
            return self.markov.Box(box.name.removesuffix(DAGGER), cod, dom, data=data, **shown).dagger()
        return self.markov.Box(box.name, dom, cod, data=data, **shown)


def draw_layers(d: Diagram, namer: Namer) -> Any:
    """The diagram in DisCoPy, level by level."""
    wiring = flatten(d)
    sheet = _Sheet(wiring, namer)
    left = Counter(w for _, reads, _ in wiring.steps() for w in reads) + Counter(wiring.outputs.tolist())
    for level in _levels(wiring):
        now = Counter(w for _, reads, _ in level for w in reads)
        left.subtract(now)
        sheet.copy({w: now[w] + (left[w] > 0) for w in sheet.row})
        places = {w: i for i, w in reversed(list(enumerate(sheet.row)))}
        groups: list[tuple[float, list[int], Any]] = [(places[w], [w], None) for w in places if left[w] > 0]
        for box, reads, out in level:
            middle = sum(places[w] for w in reads) / len(reads) if reads else len(sheet.row)
            groups.append((middle, reads, (box, out)))
        groups.sort(key=lambda group: group[0])
        sheet.permute([w for _, wires, _ in groups for w in wires])
        sheet.boxes([(len(wires), made) for _, wires, made in groups])
    outputs = Counter(wiring.outputs.tolist())
    sheet.copy({w: outputs[w] for w in sheet.row})
    sheet.permute(wiring.outputs.tolist())
    return sheet.diagram()


def _levels(wiring: Wiring) -> list[list[tuple[Box, list[int], range]]]:
    """The boxes by how many boxes lie between them and the inputs."""
    depth = [0] * len(wiring.dom)
    found: dict[int, list[tuple[Box, list[int], range]]] = defaultdict(list)
    for step in wiring.steps():
        box, reads, _ = step
        level = max((depth[w] for w in reads), default=0)
        found[level].append(step)
        depth.extend([level + 1] * len(box.cod))
    return [found[level] for level in sorted(found)]


class _Sheet:
    """Layers of one box each, and the row of wires that leaves the last of them."""

    def __init__(self, wiring: Wiring, namer: Namer) -> None:
        self.namer, self.wiring = namer, wiring
        self.dom = namer.ty(wiring.dom)
        kinds = {ob: namer.ty(Ty.of((ob,))) for ob in set(wiring.obs)}
        self.types = [kinds[ob] for ob in wiring.obs]
        self.row = list(range(len(wiring.dom)))
        self.layers: list[Any] = []

    def _put(self, offset: int, box: Any, wires: list[int]) -> None:
        end = offset + len(box.dom)
        layer = self.namer.markov.Diagram.layer_factory
        self.layers.append(layer(self._ty(self.row[:offset]), box, self._ty(self.row[end:])))
        self.row[offset:end] = wires

    def _ty(self, wires: list[int]) -> Any:
        return self.namer.markov.Ty(*(self.types[w].inside[0] for w in wires))

    def copy(self, times: dict[int, int]) -> None:
        """Have every wire of the row so many times, one beside the other."""
        offset = 0
        for wire in list(self.row):
            if times[wire] != 1:
                self._put(offset, self.namer.markov.Copy(self.types[wire], times[wire]), [wire] * times[wire])
            offset += times[wire]

    def permute(self, target: list[int]) -> None:
        """Bring the row into this order by crossings of neighbors, as few as can be."""
        places: dict[int, deque[int]] = defaultdict(deque)
        for place, wire in enumerate(target):
            places[wire].append(place)
        ranks = [places[wire].popleft() for wire in self.row]
        for end in range(1, len(ranks)):
            at = end
            while at and ranks[at - 1] > ranks[at]:
                ranks[at - 1 : at + 1] = ranks[at], ranks[at - 1]
                left, right = self.row[at - 1 : at + 1]
                self._put(at - 1, self.namer.markov.Swap(self.types[left], self.types[right]), [right, left])
                at -= 1

    def boxes(self, groups: list[tuple[int, Any]]) -> None:
        """Put boxes on the row from left to right; None lets wires pass."""
        offset = 0
        for width, made in groups:
            if made is None:
                offset += width
            else:
                box, out = made
                self._put(offset, self.namer.box(box), list(out))
                offset += len(out)

    def diagram(self) -> Any:
        """All layers, one after another."""
        return self.namer.markov.Diagram(tuple(self.layers), self.dom, self._ty(self.row), _scan=False)
