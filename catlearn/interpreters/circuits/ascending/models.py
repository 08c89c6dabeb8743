"""The two models of the paper: a table that can learn anything, and a mask that is learned for pictures.

>>> import numpy as np
>>> from catlearn.interpreters.circuits.lower import netlist
>>> lookup_table(4, 3).dom, lookup_table(4, 3).cod
(Bits(48) @ Bits(4), Bits(3))
>>> netlist(settled(pseudo_linear(8), {"p": np.ones(8, bool)})).input_bits[:2]
('x[0]', 'x[1]')
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.boolean.bits import constant, evaluate, mux
from catlearn.diagrams.theories.boolean.words.adders import minus, plus
from catlearn.diagrams.theories.boolean.words.counts import popcount
from catlearn.diagrams.theories.boolean.words.order import at_most
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Bits, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph, names
from catlearn.errors import ShapeMismatch, short

__all__ = ["lookup_table", "pseudo_linear", "pseudo_linear_difference", "settled"]


def lookup_table(inputs: int, outputs: int) -> Graph:
    """The model `evaluate(t, x)`: a table `t` of 2**inputs entries of `outputs` bits is learned. It is safe.

    >>> lookup_table(4, 1).names
    ('t', 'x')
    """
    return trace(evaluate, Bits(outputs << inputs) @ Bits(inputs), "lookup_table", ["t", "x"])


def pseudo_linear(width: int, share: int = 4) -> Graph:
    """The model that says whether at most one in `share` bits of a mask p meets a bit of x: the paper's pseudoLinear.

    That is `popcount(p & x) <= popcount(p) // share`. It is not safe, so it is learned by finite differences:
    `reverse="finite"`, or `reverse=pseudo_linear_difference(width)`, which is the same function.

    Args:
        width: how many bits x has, and p.
        share: a power of two.

    Raises:
        ShapeMismatch: for another share.

    >>> pseudo_linear(784).cod
    Bits(1)
    """
    places = _places(share)

    def says(p: Wire, x: Wire) -> Wire:
        return at_most(popcount(p & x), popcount(p) >> places)

    return trace(says, Bits(width) @ Bits(width), "pseudo_linear", ["p", "x"])


def pseudo_linear_difference(width: int, share: int = 4) -> Graph:
    """The finite difference of `pseudo_linear`, of the type of its reverse derivative, with a constant share of gates.

    What flipping a bit does to the two counts depends on that bit of p and of x alone. So all flips of p are four
    cases, and all flips of x two, in the place of a run of the model for every bit.

    >>> pseudo_linear_difference(784).names
    ('p', 'x', 'dy')
    """
    places = _places(share)

    def asked(p: Wire, x: Wire, dy: Wire) -> tuple[Wire, Wire]:
        mask, met = popcount(p), popcount(p & x)
        fewer, more, below, above = minus(mask, 1), plus(mask, 1), minus(met, 1), plus(met, 1)
        here = at_most(met, mask >> places)

        def changes(mask: Wire, met: Wire) -> Wire:
            return at_most(met, mask >> places) ^ here

        of_p = mux(
            p,
            mux(x, changes(fewer, below), changes(fewer, met)),
            mux(x, changes(more, above), changes(more, met)),
        )
        return of_p & dy, p & mux(x, changes(mask, below), changes(mask, above)) & dy

    return trace(asked, Bits(width) @ Bits(width) @ Bits(1), "difference[pseudo_linear]", ["p", "x", "dy"])


def _places(share: int) -> int:
    if not isinstance(share, int) or isinstance(share, bool) or share < 1 or share & (share - 1):
        raise ShapeMismatch(f"pseudo_linear: the share is a power of two, such as 4, not {short(share)}")
    return share.bit_length() - 1


def settled(model: Diagram, values: Mapping[str, NDArray[np.bool_]]) -> Graph:
    """A circuit with constants in the place of some of its inputs.

    Args:
        model: a diagram of bits.
        values: the bits of each such input, by its name.

    >>> import numpy as np
    >>> settled(lookup_table(1, 1), {"t": np.array([True, False])}).dom
    Bits(1)
    """
    inputs = names(model)
    left = [name for name in inputs if name not in values]

    def run(*wires: Wire) -> object:
        given = dict(zip(left, wires, strict=True))
        return place(model, [given[name] if name in given else constant(values[name]) for name in inputs])

    dom = Ty.of(ob for name, ob in zip(inputs, model.dom.obs, strict=True) if name in left)
    return trace(run, dom, getattr(model, "name", "") or "model", left)
