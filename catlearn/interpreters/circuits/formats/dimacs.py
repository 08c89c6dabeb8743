"""DIMACS: a circuit as clauses, for SAT solvers.

>>> from catlearn import Bits, diagram
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a & ~b
>>> print(to_dimacs(f, assert_output="y"), end="")
c f
c input a is 1
c input b is 2
c output y is 3
p cnf 3 4
-3 1 0
-3 -2 0
3 -1 2 0
3 0
"""

from __future__ import annotations

from pathlib import Path

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.clauses import clauses, signed
from catlearn.interpreters.circuits.formats.signals import Signals, deliver
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import TRUE, Netlist

__all__ = ["to_dimacs"]


def to_dimacs(
    circuit: Diagram | Netlist,
    path: str | Path | None = None,
    *,
    assert_output: str | None = None,
    overwrite: bool = False,
) -> str:
    """Clauses that hold just when every gate has its value; comments say which variables are inputs and outputs.

    Args:
        circuit: a diagram of `Bits`, or its gates.
        path: where to write it too.
        assert_output: an output bit that is to be 1, as `y` or `y[3]`: the clauses can then be satisfied just when some
            input gives that. None, unless told.
        overwrite: whether a file that is there may be replaced.

    Raises:
        InputMismatch: when there is no such output bit.
        NotSupported: for a port whose name DIMACS cannot hold.
        FileProblem: when the file is there already, or cannot be written.
    """
    read = netlist(circuit)
    Signals(read)  # for its checks of names
    leaving = {bit: signed(read, root) for bit, root in zip(read.output_bits, read.roots.tolist(), strict=True)}
    if assert_output is not None and assert_output not in leaving:
        raise InputMismatch(f"{read.name} has no output bit {assert_output}; it has {', '.join(list(leaving)[:8])}")
    found = clauses(read)
    variables = read.entering + len(read)
    if any(root <= TRUE for root in read.roots.tolist()):
        variables += 1
        found.append([variables])
    if assert_output is not None:
        found.append([leaving[assert_output]])
    lines = [
        f"c {read.name}",
        *(f"c input {bit} is {k}" for k, bit in enumerate(read.input_bits, 1)),
        *(f"c output {bit} is {variable}" for bit, variable in leaving.items()),
        f"p cnf {variables} {len(found)}",
        *(" ".join(map(str, [*clause, 0])) for clause in found),
        "",
    ]
    return deliver("\n".join(lines), path, overwrite)
