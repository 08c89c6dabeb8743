"""The clauses of a circuit: what a SAT solver is told, by Tseitin's encoding.

Variable k of the clauses is node k of the circuit: input bits from 1 on, then the gates. An AND is three clauses, an
XOR four.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return ~(a & b)
>>> circuit = netlist(f)
>>> clauses(circuit), signed(circuit, int(circuit.roots[0]))
([[-3, 1], [-3, 2], [3, -1, -2]], -3)
"""

from __future__ import annotations

from catlearn.interpreters.circuits.netlist import TRUE, Netlist

__all__ = ["clauses", "signed"]


def clauses(circuit: Netlist) -> list[list[int]]:
    """Clauses that hold just when every gate has its value."""
    found = []
    for node, exclusive, left, right in circuit.gates():
        a, b = (-(x >> 1) if x & 1 else x >> 1 for x in (left, right))
        if exclusive:
            found += [[-node, a, b], [-node, -a, -b], [node, -a, b], [node, a, -b]]
        else:
            found += [[-node, a], [-node, b], [node, -a, -b]]
    return found


def signed(circuit: Netlist, literal: int) -> int:
    """A literal as solvers write it: negative for a complement. That of true is a variable past all others.

    >>> from catlearn.interpreters.circuits.gates import Gates
    >>> signed(Gates([]).finish([], []), TRUE)
    1
    """
    if literal <= TRUE:
        variable = circuit.first + len(circuit)
        return variable if literal == TRUE else -variable
    return -(literal >> 1) if literal & 1 else literal >> 1
