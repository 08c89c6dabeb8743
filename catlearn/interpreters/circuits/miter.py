"""Two circuits as one question: their outputs XORed, on the same inputs, in one collection of gates.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a & b
>>> @diagram
... def g(b: Bits(1), a: Bits(1)):
...     return b & a
>>> miter(netlist(f), netlist(g)).circuit.roots
array([0], dtype=int32)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist, Port

__all__ = ["Miter", "as_numbers", "miter"]


@dataclass(frozen=True, eq=False)
class Miter:
    """Whether two circuits differ, as a circuit.

    Attributes:
        circuit: on the inputs of the first, whether any output differs; one bit.
        places: for each input bit of the second, which input bit of the first it is.
    """

    circuit: Netlist
    places: tuple[int, ...]


def miter(left: Netlist, right: Netlist) -> Miter:
    """The circuit that says whether two differ. Equal gates are made once, so that equal parts vanish.

    Inputs are matched by name; outputs too if they bear the same names, and otherwise in their order.

    Raises:
        InputMismatch: when the ports differ; it names one that does.
    """
    places = _places(left, right)
    gates = Gates(left.inputs)
    bits = [literal for k in range(len(left.inputs)) for literal in gates.port(k)]
    one, other = gates.place(left, bits), gates.place(right, [bits[k] for k in places])
    differs = [gates.xor(one[a], other[b]) for a, b in enumerate(_order(left, right))]
    while len(differs) > 1:
        differs = [gates.either(*pair) for pair in zip(differs[::2], differs[1::2], strict=False)] + differs[
            len(differs) & ~1 :
        ]
    root = differs[0] if differs else gates.FALSE
    return Miter(gates.finish([Port("differs")], [root], f"{left.name} and {right.name}"), tuple(places))


def as_numbers(ports: Sequence[Port], bits: Sequence[int]) -> dict[str, int]:
    """The bits of ports as a whole number for each, the lowest bit first.

    >>> as_numbers([Port("a", 3), Port("b")], [0, 1, 1, 1])
    {'a': 6, 'b': 1}
    """
    remaining = iter(bits)
    return {port.name: sum(next(remaining) << k for k in range(port.width)) for port in ports}


def _places(left: Netlist, right: Netlist) -> list[int]:
    """For each input bit of the right circuit, its place among those of the left."""
    widths = {port.name: port.width for port in left.inputs}
    for one, other in ((left, right), (right, left)):
        missing = {port.name for port in one.inputs} - {port.name for port in other.inputs}
        if missing:
            raise InputMismatch(
                f"{one.name} has an input {min(missing)} and {other.name} has none; give their inputs the same names"
            )
    starts = accumulate((port.width for port in left.inputs), initial=0)
    start = dict(zip(widths, starts, strict=False))
    places: list[int] = []
    for port in right.inputs:
        if port.width != widths[port.name]:
            raise InputMismatch(
                f"input {port.name} has {widths[port.name]} bits in {left.name} and {port.width} in {right.name}"
            )
        places += range(start[port.name], start[port.name] + port.width)
    return places


def _order(left: Netlist, right: Netlist) -> list[int]:
    """For each output bit of the left circuit, its place among those of the right."""
    if left.leaving != right.leaving:
        raise InputMismatch(f"{left.name} has {left.leaving} output bits and {right.name} has {right.leaving}")
    if set(left.output_bits) != set(right.output_bits):
        return list(range(left.leaving))
    place = {bit: k for k, bit in enumerate(right.output_bits)}
    return [place[bit] for bit in left.output_bits]
