"""Which circuits are safe: every product is one of things that share no input, so all polynomials are multilinear.

For a safe circuit the formal reverse derivative is the finite difference: Wilson and Zanasi, arXiv:2101.10488.

>>> from catlearn import Bits, diagram
>>> @diagram
... def full_adder(a: Bits(1), b: Bits(1), c: Bits(1)):
...     s = a ^ b
...     return s ^ c, (a & b) ^ (s & c)
>>> @diagram
... def square(x: Bits(2)):
...     return x & x
>>> full_adder.is_safe(), square.is_safe(), unsafe(square)
(True, False, ('and multiplies x[0] by itself',))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from operator import or_

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.boolean.generator import check_made, look_up
from catlearn.diagrams.theories.boolean.semiring import Semiring, semiring, width
from catlearn.diagrams.wiring import names, unfolded
from catlearn.errors import TypeMismatch

__all__ = ["is_safe", "unsafe"]

Support = int
"""The inputs that an element depends on: bit i of the number stands for input element i."""

Found = tuple[list[Support], Support]
"""The supports of a box's output, and the inputs that the box may multiply by themselves."""


def is_safe(d: Diagram) -> bool:
    """Whether every product in a circuit is of things that share no input. Errors are those of `unsafe`.

    It looks at wires and not at tables, so what cancels still counts: it is sure when it says yes.
    """
    return next(_offences(as_diagram(d)), None) is None


def unsafe(d: Diagram) -> tuple[str, ...]:
    """What keeps a circuit from being safe: each box that may multiply an input by itself, with one such input.

    Raises:
        UnknownBox: for a box that circuits do not have.
        TypeMismatch: for a diagram with wires that are no elements of a semiring.
    """
    return tuple(_offences(as_diagram(d)))


def _offences(d: Diagram) -> Iterator[str]:
    wiring = unfolded(d)
    if other := next((ob for ob in wiring.obs if semiring(ob) is None), None):
        raise TypeMismatch(f"is_safe: reads circuits, whose wires are Bits or of another semiring, not {other}")
    called, supports = _inputs(d)
    for box, reads, _ in wiring.steps():
        check_made(box, look_up(box))
        found, shared = _RULES[box.name](box, [supports[wire] for wire in reads])
        supports.append(found)
        if box.name == "equals" and semiring(box.dom.obs[0]) != Semiring(2):
            yield f"{box.name} on {box.dom.obs[0]} is no polynomial"
        elif shared:
            yield f"{box.name} multiplies {called[(shared & -shared).bit_length() - 1]} by itself"


def _inputs(d: Diagram) -> tuple[list[str], list[list[Support]]]:
    """The names of all input elements, and their supports, wire by wire."""
    called: list[str] = []
    supports = []
    for name, ob in zip(names(d), d.dom.obs, strict=True):
        n = width(ob)
        supports.append([1 << len(called) + k for k in range(n)])
        called += [name] if n == 1 else [f"{name}[{k}]" for k in range(n)]
    return called, supports


def _union(supports: Iterable[Support]) -> Support:
    return reduce(or_, supports, 0)


def _overlap(supports: Iterable[Support]) -> Support:
    """What stands in two of them."""
    seen = shared = 0
    for support in supports:
        shared |= seen & support
        seen |= support
    return shared


def _sum(box: Box, reads: list[list[Support]]) -> Found:
    return [_union(parts) for parts in zip(*reads, strict=True)], 0


def _product(box: Box, reads: list[list[Support]]) -> Found:
    parts = list(zip(*reads, strict=True))
    return [_union(part) for part in parts], _union(map(_overlap, parts))


def _mux(box: Box, reads: list[list[Support]]) -> Found:
    choice, *sides = reads
    found = [_product(box, [choice, side]) for side in sides]
    return _sum(box, [found[0][0], found[1][0]])[0], found[0][1] | found[1][1]


def _put(box: Box, reads: list[list[Support]]) -> Found:
    indices, size = box.data
    found = [0] * size
    for i, support in zip(indices, reads[0], strict=True):
        found[i] |= support
    return found, 0


def _address(box: Box, reads: list[list[Support]]) -> Found:
    """Every entry of a table is asked for by a product of all bits of its address."""
    return [_union(reads[0])] * width(box.cod.obs[0]), _overlap(reads[0])


def _eval(box: Box, reads: list[list[Support]]) -> Found:
    table, address = reads
    m, whole = width(box.cod.obs[0]), _union(address)
    columns = [_union(table[j::m]) for j in range(m)]
    return [whole | column for column in columns], _overlap(address) | whole & _union(columns)


_RULES: dict[str, Callable[[Box, list[list[Support]]], Found]] = {
    **dict.fromkeys(("add", "xor", "equals", "not"), _sum),
    **dict.fromkeys(("mul", "and", "or"), _product),
    **dict.fromkeys(("lookup", "one_hot"), _address),
    "mux": _mux,
    "eval": _eval,
    "put": _put,
    "constant": lambda box, reads: ([0] * len(box.data), 0),
    "take": lambda box, reads: ([reads[0][i] for i in box.data], 0),
    "concatenate": lambda box, reads: ([support for read in reads for support in read], 0),
}
