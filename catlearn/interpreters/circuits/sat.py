"""Asking a SAT solver for an input at which a circuit gives 1: CaDiCaL, by python-sat.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def f(a: Bits(2)):
...     return a[0] & ~a[1]
>>> solve(netlist(f))
[1, 0]
"""

from __future__ import annotations

from catlearn.errors import MissingExtra
from catlearn.interpreters.circuits.clauses import clauses, signed
from catlearn.interpreters.circuits.netlist import Netlist

__all__ = ["solve"]


def solve(circuit: Netlist) -> list[int] | None:
    """The input bits of a sample for which the first output bit, which is no constant, is 1; None if there is none.

    Raises:
        MissingExtra: when python-sat is not installed.
    """
    try:
        from pysat.solvers import Solver
    except ImportError:
        raise MissingExtra('a proof by SAT needs python-sat: `pip install "catlearn-diagrams[sat]"`') from None
    asserted = signed(circuit, int(circuit.roots[0]))
    with Solver("cadical153", bootstrap_with=[*clauses(circuit), [asserted]]) as solver:
        if not solver.solve():
            return None
        model = set(solver.get_model())
    return [int(k in model) for k in range(1, circuit.first)]
