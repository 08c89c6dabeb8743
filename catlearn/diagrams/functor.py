"""Functors between diagrams: give every object a list of objects and every box a diagram.

Copies, discards and swaps go to themselves, so a functor here is one of Cartesian (copy-discard) categories.

>>> from catlearn import Box, Ty
>>> X, Y = Ty("X"), Ty("Y")
>>> f = Box("f", X, X)
>>> doubled = Functor(lambda ob: Ty(ob, "Y"), lambda box: f @ Box("g", Y, Y))
>>> doubled(f >> f).dom, len(doubled.wiring(f >> f).boxes)
(Ty("X", "Y"), 4)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.types import Ob, Ty, as_ty
from catlearn.diagrams.wiring import Graph, Wiring, flatten, unfolded
from catlearn.errors import TypeMismatch, UnknownBox, short

__all__ = ["Functor"]

Ints = NDArray[np.int64]
Group = tuple[Box, Wiring, Ints]
Key = TypeVar("Key", Ob, Box)
Image = TypeVar("Image", Ty, Diagram)


def _rule(table: Mapping[Key, Image] | Callable[[Key], Image]) -> Callable[[Key], Image]:
    if isinstance(table, Mapping):
        return table.__getitem__
    if not callable(table):
        raise TypeMismatch(f"a functor is given by dictionaries or functions, not {short(table)}")
    return table


@dataclass(frozen=True)
class Functor:
    """A functor from its values on objects and on boxes, each a dictionary or a function.

    Args:
        ob: for every object, a type: a list of objects, as long as you like.
        box: for every box, a diagram between the images of its types.
        unfold: whether folded boxes are opened first; otherwise `box` sees them.

    Raises:
        UnknownBox: when a table has no entry.
        TypeMismatch: when a box's image does not have the image types; it names the box.
    """

    ob: Mapping[Ob, Ty] | Callable[[Ob], Ty]
    box: Mapping[Box, Diagram] | Callable[[Box], Diagram]
    unfold: bool = True

    def ty(self, ty: Ty) -> Ty:
        """The image of a type."""
        return Ty.of(x for ob in ty.obs for x in as_ty(self._look(_rule(self.ob), ob)).obs)

    def __call__(self, d: Diagram) -> Diagram:
        """The image of a diagram."""
        return Graph(self.wiring(as_diagram(d)))

    def wiring(self, d: Diagram) -> Wiring:
        """The image as a wiring: every box's image is placed at once, then the wires are renumbered."""
        source = unfolded(d) if self.unfold else flatten(d)
        return _assemble(source, self._images(source), self._widths(source), self.ty(source.dom))

    def _images(self, source: Wiring) -> list[Wiring]:
        # Boxes repeat, most often as the very same object: look at each object once, at each equal box once.
        seen: dict[int, Wiring] = {}
        equal: dict[Box, Wiring] = {}
        for box in {id(b): b for b in source.boxes}.values():
            if box not in equal:
                image = self._look(_rule(self.box), box)
                dom, cod = self.ty(box.dom), self.ty(box.cod)
                if not isinstance(image, Diagram):
                    raise TypeMismatch(f"{box.name}: its image must be a diagram, not {short(image)}")
                if image.dom != dom or image.cod != cod:
                    raise TypeMismatch(f"{box.name}: its image must be {dom} -> {cod}, not {image.dom} -> {image.cod}")
                equal[box] = flatten(image)
            seen[id(box)] = equal[box]
        return [seen[i] for i in map(id, source.boxes)]

    def _widths(self, source: Wiring) -> Ints:
        widths = {ob: len(self.ty(Ty.of((ob,)))) for ob in set(source.obs)}
        return np.fromiter(map(widths.__getitem__, source.obs), np.int64, len(source.obs))

    def _look(self, rule: Callable[[Key], Image], key: Key) -> Image:
        try:
            return rule(key)
        except KeyError as error:
            name = key.name if isinstance(key, Box) else key
            raise UnknownBox(f"the functor has no image for {name}; add it to the table") from error


def _assemble(source: Wiring, images: list[Wiring], widths: Ints, dom: Ty) -> Wiring:
    """Put the images in the places of their boxes.

    Every wire of the source becomes `widths` slots. A slot holds a new wire, or (as ~slot) stands for an earlier slot
    where an image lets a wire through; those are followed at the end, all at once.
    """
    groups = _groups(source, images)
    slots = _starts(widths)
    made = len(dom) + _spans(groups, [len(image.obs) - len(image.dom) for _, image, _ in groups])
    reads = _spans(groups, [len(image.arguments) for _, image, _ in groups])
    ports = _spans(groups, [len(box.dom) for box, _, _ in groups])
    gives = len(source.dom) + _spans(groups, [len(box.cod) for box, _, _ in groups])
    slot = np.empty(slots[-1], np.int64)
    slot[: len(dom)] = np.arange(len(dom))
    arguments = np.empty(reads[-1], np.int64)
    for box, image, places in groups:
        wires = source.arguments[ports[places][:, None] + np.arange(len(box.dom))]
        entry = _spread(wires, slots, widths)
        for target, starts, local in (
            (slot, slots[gives[places]], image.outputs),
            (arguments, reads[places], image.arguments),
        ):
            target[starts[:, None] + np.arange(len(local))] = _globally(local, entry, made[places])
    while (waiting := slot < 0).any():
        slot[waiting] = slot[~slot[waiting]]
    outputs = _spread(source.outputs[None, :], slots, widths)[0]
    arguments = np.where(arguments < 0, slot[~np.minimum(arguments, -1)], arguments) if len(slot) else arguments
    boxes = tuple(chain.from_iterable([image.boxes for image in images]))
    return Wiring(dom, boxes, arguments, slot[outputs])


def _starts(sizes: Ints) -> Ints:
    """Where each of consecutive runs begins, and where the last one ends."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)))


def _groups(source: Wiring, images: list[Wiring]) -> list[Group]:
    """Boxes of one type and one image together: such a box, the image, and at which steps they stand."""
    found: dict[tuple[int, ...], list[int]] = {}
    for k, (box, image) in enumerate(zip(source.boxes, images, strict=True)):
        found.setdefault((id(image), id(box.dom), id(box.cod)), []).append(k)
    return [(source.boxes[ks[0]], images[ks[0]], np.array(ks, np.int64)) for ks in found.values()]


def _spans(groups: list[Group], each: list[int]) -> Ints:
    """Where the run of each step begins, given the length of a run in each group."""
    sizes = np.empty(sum(len(places) for _, _, places in groups), np.int64)
    for size, (_, _, places) in zip(each, groups, strict=True):
        sizes[places] = size
    return _starts(sizes)


def _spread(wires: Ints, slots: Ints, widths: Ints) -> Ints:
    """The slots of wires, row by row; every row has wires of the same widths."""
    if not wires.size:
        return np.empty((len(wires), 0), np.int64)
    counts = widths[wires[0]]
    inner = np.arange(counts.sum()) - np.repeat(_starts(counts)[:-1], counts)
    spread: Ints = np.repeat(slots[wires], counts, axis=1) + inner
    return spread


def _globally(local: Ints, entry: Ints, made: Ints) -> Ints:
    """Wires of an image, in each place where it stands: ~slot for its inputs, new numbers for what it makes."""
    n = entry.shape[1]
    fresh = made[:, None] + (local - n)
    return np.where(local < n, ~entry[:, np.minimum(local, n - 1)], fresh) if n else fresh
