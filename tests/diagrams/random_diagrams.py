"""Random typed diagrams for tests: uninterpreted boxes, sized types, data, folded boxes, scalars, effects, states."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Bits, Finite, Ob, Real, Ty
from catlearn.diagrams.wiring import Graph, graph, names

PLAIN = [Ty("X"), Ty("Y")]
SIZED = [Real(), Real(10, "n"), Bits(8), Finite("no", "yes"), Ty(Ob("Tree", (2, "deep"))), Ty("Real(3)"), Ty("")]


def types(most: int = 3, plain: bool = False) -> st.SearchStrategy[Ty]:
    """A type of at most so many wires."""
    obs = st.sampled_from(PLAIN if plain else PLAIN + SIZED)
    return st.lists(obs, max_size=most).map(lambda parts: Ty.of(ob for part in parts for ob in part.obs))


def values() -> st.SearchStrategy[object]:
    """What the data of a box may be."""
    floats = st.floats(allow_nan=False) | st.sampled_from([-0.0, math.inf, -math.inf, math.nan, 5e-324])
    atoms = (
        st.none()
        | st.booleans()
        | st.integers()
        | floats
        | st.text()
        | types()
        | st.sampled_from([2**70, -(2**53), SIZED[1].obs[0]])
    )
    numbers = st.complex_numbers(allow_nan=False)
    return st.recursive(atoms | numbers, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)


@st.composite
def diagrams(draw: st.DrawFn, most: int = 8, plain: bool = False, folded: int = 1) -> Diagram:
    """A diagram of at most so many boxes, few of them different; `plain` ones have neither sizes, data nor folds."""
    dom = draw(types(3, plain))
    obs, steps, kinds = list(dom.obs), [], []
    for _ in range(draw(st.integers(0, most))):
        reads = draw(st.lists(st.integers(0, len(obs) - 1), max_size=3)) if obs else []
        needed = Ty.of(obs[i] for i in reads)
        fitting = [box for box in kinds if box.dom == needed]
        if not fitting or draw(st.booleans()):
            fitting = [draw(boxes(needed, plain, folded))]
            kinds += fitting
        steps.append((fitting[-1], reads))
        obs += fitting[-1].cod.obs
    outputs = draw(st.lists(st.integers(0, len(obs) - 1), max_size=4)) if obs else []
    inputs = [f"in{i}" for i in range(len(dom))] if not plain and draw(st.booleans()) else ()
    return graph(dom, steps, outputs, "" if plain else draw(st.sampled_from(["", "layer"])), inputs)


@st.composite
def boxes(draw: st.DrawFn, dom: Ty, plain: bool, folded: int) -> Box:
    """A box that reads these wires."""
    name = draw(st.sampled_from(["f", "g"])) if plain else draw(st.text(max_size=3))
    if not plain and folded and draw(st.integers(0, 4)) == 0:
        inside = draw(diagrams(3, folded=folded - 1).filter(lambda d: d.dom == dom) | st.just(_doubled(dom)))
        return Box(name, dom, inside.cod, draw(st.sampled_from([(), (1, inside)])), inside)
    return Box(name, dom, draw(types(2, plain)), () if plain else draw(st.just(()) | values()))


def _doubled(ty: Ty) -> Diagram:
    box = Box("inner", ty, ty, 0.5)
    return graph(ty, [(box, range(len(ty))), (box, range(len(ty)))], range(2 * len(ty)), "doubled")


def same_in_every_respect(f: Diagram, g: Diagram) -> bool:
    """More than `==`: the same boxes in the same order, folded alike, with the same names; nan is nan."""
    return _exact(f) == _exact(g)


def _exact(value: object) -> object:
    if isinstance(value, Box):
        return ("box", value.name, value.dom, value.cod, _exact(value.data), _exact(value.inside))
    if isinstance(value, Graph):
        steps = [(_exact(box), list(reads)) for box, reads, _ in value.wiring.steps()]
        return (value.name, names(value), value.dom, steps, value.wiring.outputs.tolist())
    if isinstance(value, tuple):
        return tuple(map(_exact, value))
    return type(value), repr(value)
