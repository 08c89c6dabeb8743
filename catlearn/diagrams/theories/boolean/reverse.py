"""Polynomials over a commutative semiring as a theory: copies become sums, discards become zeros.

The derivative is formal, a law of the diagram: copying x and multiplying the copies is x**2, whose derivative 2 x is 0
over bits, though the table of `x & x` is that of x. The functions themselves, with their finite differences, are no
reverse derivative category: the chain rule fails on that same example. See `difference` and `is_safe`.

>>> from catlearn import Bits, diagram, reverse
>>> @diagram
... def square(x: Bits(1)):
...     return x & x
>>> [box.name for box in reverse(square).wiring.boxes]
['and', 'and', 'xor']
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, identity
from catlearn.diagrams.optic import Optic, Theory
from catlearn.diagrams.theories.boolean.generator import check_made, look_up
from catlearn.diagrams.theories.boolean.rows import add, constant_of
from catlearn.diagrams.theories.boolean.semiring import semiring, width
from catlearn.diagrams.theories.residual import from_backward
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wire import Wire

__all__ = ["POLYNOMIAL"]


def _pair(ob: Ob) -> tuple[Ty, Ty]:
    """Changes are elements of the semiring too; what is no semiring has none."""
    ty = Ty.of((ob,))
    return ty, ty if semiring(ob) else Ty()


@lru_cache(maxsize=65536)
def _combine(ty: Ty, n: int) -> Diagram:
    """Add n changes; zero when there are none."""
    if not ty:
        return identity(ty)
    if not n:
        return trace(lambda: tuple(constant_of(ob, (0,) * width(ob)) for ob in ty.obs), Ty())

    def total(*wires: Wire) -> tuple[Wire, ...]:
        sums = list(wires[: len(ty)])
        for at in range(len(ty), len(wires), len(ty)):
            sums = [add(a, b) for a, b in zip(sums, wires[at : at + len(ty)], strict=True)]
        return tuple(sums)

    return trace(total, ty**n)


@lru_cache(maxsize=65536)
def _rule(box: Box) -> Optic:
    """A box's row as an optic that keeps those of its inputs that its derivative reads."""
    row = look_up(box)
    check_made(box, row)

    def backward(*wires: Any) -> tuple[Wire, ...]:
        return row.reverse(box.data, *wires[: len(box.dom)], wires[-1])

    return from_backward(box, backward)


POLYNOMIAL = Theory("along", _pair, _rule, _combine)
"""Polynomials over a semiring as a theory for `catlearn.optic`: elements along, changes against, copies become sums."""
