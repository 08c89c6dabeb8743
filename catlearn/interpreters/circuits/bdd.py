"""Asking a binary decision diagram for an input at which a circuit gives 1: dd.

The bits of the inputs come in turn, first the lowest of all, for so the diagrams of adders and comparators stay small.
Those of multipliers do not, in any order.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def f(a: Bits(2), b: Bits(2)):
...     return a[0] & b[1]
>>> solve(netlist(f))
[1, 0, 0, 1]
"""

from __future__ import annotations

from typing import Any

from catlearn.errors import MissingExtra, TooLarge
from catlearn.interpreters.circuits.netlist import Netlist

__all__ = ["solve"]


def solve(circuit: Netlist) -> list[int] | None:
    """The input bits of a sample for which the first output bit is 1; None where there is none.

    Raises:
        MissingExtra: when dd is not installed.
        TooLarge: when there are more inputs than dd can descend through.
    """
    try:
        from dd.autoref import BDD
    except ImportError:
        raise MissingExtra('a proof by decision diagrams needs dd: `pip install "catlearn-diagrams[bdd]"`') from None
    manager = BDD()
    manager.declare(*(f"x{node}" for node in _in_turn(circuit)))
    try:
        found = manager.pick(_diagram(circuit, manager))
    except RecursionError:
        raise TooLarge(
            f"{circuit.name}: a decision diagram of {circuit.entering} input bits is too deep for dd; take method='sat'"
        ) from None
    return None if found is None else [int(found.get(f"x{node}", False)) for node in range(1, circuit.first)]


def _in_turn(circuit: Netlist) -> list[int]:
    """The nodes of the input bits: the lowest of every port, then the next."""
    places = [(bit, k) for k, port in enumerate(circuit.inputs) for bit in range(port.width)]
    return [1 + place for place, _ in sorted(enumerate(places), key=lambda pair: pair[1])]


def _diagram(circuit: Netlist, manager: Any) -> Any:
    found = [manager.false, *(manager.var(f"x{node}") for node in range(1, circuit.first))]

    def read(literal: int) -> Any:
        return ~found[literal >> 1] if literal & 1 else found[literal >> 1]

    for _, exclusive, a, b in circuit.gates():
        found.append(manager.apply("xor" if exclusive else "and", read(a), read(b)))
    return read(int(circuit.roots[0]))
