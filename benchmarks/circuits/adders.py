"""Two ways of adding words, and one of them with a mistake: what provers are asked about.

>>> import catlearn as cl
>>> cl.circuits.netlist(ripple(32)), cl.circuits.netlist(majority(32))
(<circuit ripple: 64 input bits, 157 gates, 33 output bits, depth 63>, \
<circuit majority: 64 input bits, 219 gates, 33 output bits, depth 94>)
"""

from __future__ import annotations

from collections.abc import Callable

import catlearn as cl
from catlearn import Bits, Diagram

__all__ = ["majority", "mistaken", "ripple"]

Carry = Callable[[int, cl.Wire, cl.Wire, cl.Wire], cl.Wire]


def ripple(width: int) -> Diagram:
    """An adder whose carry is the choice between one of the bits and the carry before."""
    return _adder("ripple", width, lambda k, a, b, c: (a & b) ^ (c & (a ^ b)))


def majority(width: int) -> Diagram:
    """An adder whose carry is true where two of three are."""
    return _adder("majority", width, lambda k, a, b, c: a & b | a & c | b & c)


def mistaken(width: int) -> Diagram:
    """The same, but for a carry in the middle that forgets a case."""
    return _adder("mistaken", width, lambda k, a, b, c: a & b | a & c if k == width // 2 else a & b | a & c | b & c)


def _adder(name: str, width: int, carry: Carry) -> Diagram:
    def add(a: cl.Wire, b: cl.Wire) -> cl.Wire:
        bits, c = [], cl.circuits.constant([0])
        for k in range(width):
            bits.append(a[k] ^ b[k] ^ c)
            c = carry(k, a[k], b[k], c)
        return cl.circuits.concatenate([*bits, c])

    return cl.trace(add, Bits(width) @ Bits(width), name, ["a", "b"])
