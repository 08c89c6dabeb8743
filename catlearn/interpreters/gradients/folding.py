"""Optics made readable: each pass as one box, without the answers that nobody asks for.

>>> from catlearn import Box, Ty, copy, identity
>>> X, Y = Ty("X"), Ty("Y")
>>> f, g = Box("f", X, Y), Box("g", Y, X)
>>> both = copy(X) >> ((f >> g) @ identity(X))
>>> folded(both, "g after f") == both, [(box.name, len(box.cod)) for box in flatten(folded(both, "g after f")).boxes]
(True, [('g after f', 1)])
"""

from __future__ import annotations

from collections.abc import Sequence

from catlearn.diagrams.diagram import Box, Diagram, permutation
from catlearn.diagrams.optic import Optic
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Builder, Graph, flatten, graph, prune

__all__ = ["fold_passes", "folded", "narrowed"]


def folded(d: Diagram, name: str) -> Diagram:
    """The diagram as one box that stands for it; wires that only pass through run outside the box.

    A diagram of wires alone is given back as it is.
    """
    wiring = flatten(d)
    if not wiring.boxes:
        return d
    n, outputs = len(wiring.dom), wiring.outputs.tolist()
    read = sorted({wire for wire in wiring.arguments.tolist() if wire < n})
    made = list(dict.fromkeys(wire for wire in outputs if wire >= n))
    build = Builder(Ty.of(wiring.dom.obs[wire] for wire in read))
    # Inputs that no box reads stand nowhere in the box, so any place does for them.
    places = [read.index(wire) if wire in read else 0 for wire in range(n)]
    found = dict(zip(outputs, build.inline(wiring, places), strict=True))
    inside = Graph(build.finish([found[wire] for wire in made]), name)
    box = Box(name, inside.dom, inside.cod, (), inside)
    return graph(wiring.dom, [(box, read)], [wire if wire < n else n + made.index(wire) for wire in outputs])


def fold_passes(o: Optic, first: str, second: str) -> Optic:
    """The optic with each of its passes folded to one box of this name."""
    return Optic(o.dom, o.cod, o.residual, folded(o.first, first), folded(o.second, second), o.phase)


def narrowed(o: Optic, keep: Sequence[int]) -> Optic:
    """An optic whose second pass gives these of its answers only; what only the others needed is not kept for it.

    Right only where discarding is natural, as it is for smooth maps.
    """
    second, given = prune(o.second >> permutation(o.second.cod, keep)), len(o.first.cod) - len(o.residual)
    read = {*second.wiring.arguments.tolist(), *second.wiring.outputs.tolist()}
    # Where one wire is kept twice, once will do.
    wires = flatten(o.first).outputs.tolist()[given:]
    held = list(dict.fromkeys(wire for i, wire in enumerate(wires) if i in read))
    first = prune(o.first >> permutation(o.first.cod, [*range(given), *(given + wires.index(wire) for wire in held)]))
    residual, start = first.cod[given:], o.dom[0]
    build = Builder(residual @ o.second.dom[len(wires) :])
    entry = range(len(residual), len(build.dom))
    places = [held.index(wire) if wire in held else 0 for wire in wires]
    smaller = Graph(build.finish(build.inline(second.wiring, [*places, *entry])))
    return Optic((start, Ty.of(o.dom[1].obs[i] for i in keep)), o.cod, residual, first, smaller)
