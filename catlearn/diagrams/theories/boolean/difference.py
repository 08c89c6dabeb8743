"""The finite difference of a circuit, as a diagram: what the output changes by when one element of the input does.

`difference(d) : A @ B' -> A'` has the type of `reverse(d)`, and is equal to it as a function where `d` is safe. Over
Z_n element i of its answer is the sum over outputs j of `dy_j * (f_j(x + e_i) - f_j(x))`; over bits that is the brute
finite difference of Wilson and Zanasi, arXiv:2101.10488.

>>> from catlearn import Bits, diagram
>>> @diagram
... def square(x: Bits(1)):
...     return x & x
>>> difference(square).names, [box.name for box in difference(square).wiring.boxes].count("square")
(('x', 'dy'), 2)
"""

from __future__ import annotations

from functools import reduce

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.boolean import rows
from catlearn.diagrams.theories.boolean.bits import negate, total
from catlearn.diagrams.theories.boolean.reverse import POLYNOMIAL
from catlearn.diagrams.theories.boolean.semiring import semiring, width
from catlearn.diagrams.theories.reversal import and_names, called
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph, names
from catlearn.errors import TypeMismatch

__all__ = ["difference"]


def difference(d: Diagram) -> Graph:
    """The finite difference by each input element, with the cotangents of the outputs: see the module.

    The diagram runs `d` once for every input element, folded to a box, and once more.

    Raises:
        TypeMismatch: over saturating numbers, which have no differences, or for a diagram that is no circuit.
    """
    d = as_diagram(d)
    for ob in (*d.dom.obs, *d.cod.obs):
        over = semiring(ob)
        if over is None or not over.has_negatives:
            raise TypeMismatch(f"difference: {called(d)} has a wire {ob}, over which there are no differences")
    box = Box(called(d), d.dom, d.cod, (), d)
    named = and_names(names(d), ["dy"] if len(d.cod) == 1 else [f"dy{i}" for i in range(len(d.cod))])

    def draw(*wires: Wire) -> tuple[Wire, ...]:
        given, changes = list(wires[: len(d.dom)]), wires[len(d.dom) :]
        here = _run(box, given)
        found = []
        for i, x in enumerate(given):
            n, parts = width(x.ob), []
            for k in range(n):
                moved = rows.add(x, rows.constant_of(x.ob, tuple(int(j == k) for j in range(n))))
                parts.append(_asked(_run(box, [*given[:i], moved, *given[i + 1 :]]), here, changes, x))
            found.append(rows.concatenate(*parts) if parts else x)
        return tuple(found)

    return trace(draw, d.dom @ POLYNOMIAL.ends(d.cod)[1], f"difference[{called(d)}]", named)


def _run(box: Box, wires: list[Wire]) -> tuple[Wire, ...]:
    made = place(box, wires)
    return made if isinstance(made, tuple) else (made,)


def _asked(moved: tuple[Wire, ...], here: tuple[Wire, ...], changes: tuple[Wire, ...], like: Wire) -> Wire:
    """What the outputs change by, where a change is asked of them, all added up."""
    triples = zip(moved, here, changes, strict=True)
    parts = [total(rows.multiply(d, rows.add(a, negate(b)))) for a, b, d in triples]
    return reduce(rows.add, parts) if parts else rows.constant_of(like.ob, (0,))
