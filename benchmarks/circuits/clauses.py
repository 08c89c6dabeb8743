"""The question whether two circuits differ, for provers of others: clauses, decision diagrams, BLIF.

>>> from catlearn.interpreters.circuits import Gates, Port
>>> gates = Gates([Port("x", 2)])
>>> one = gates.finish([Port("y")], [gates.both(*gates.port(0))])
>>> print(blif(one))
.model circuit
.inputs x0 x1
.outputs y0
.names g0
.names x0 x1 g3
11 1
.names g3 y0
1 1
.end
<BLANKLINE>
"""

from __future__ import annotations

from collections.abc import Iterator

from catlearn.interpreters.circuits import Netlist

__all__ = ["blif", "miter"]

Clause = list[int]


def miter(one: Netlist, other: Netlist) -> list[Clause]:
    """Clauses that have a solution where the two circuits give different outputs for the same inputs.

    Variables are numbered from 1, which is false; the inputs come next. Each gate has three or four clauses.
    """
    clauses, outputs, free = [[-1]], [], one.entering + 2
    for circuit in (one, other):
        shift = free - circuit.first - 1
        outputs.append([_signed(root, circuit, shift) for root in circuit.roots.tolist()])
        for node, exclusive, a, b in circuit.gates():
            x, y = _signed(a, circuit, shift), _signed(b, circuit, shift)
            clauses += _gate(node + 1 + shift, exclusive, x, y)
        free += len(circuit)
    differ = range(free, free + one.leaving)
    for z, x, y in zip(differ, *outputs, strict=True):
        clauses += _gate(z, True, x, y)
    return [*clauses, list(differ)]


def _signed(literal: int, circuit: Netlist, shift: int) -> int:
    node = literal >> 1
    variable = node + 1 + (shift if node >= circuit.first else 0)
    return -variable if literal & 1 else variable


def _gate(z: int, exclusive: bool, x: int, y: int) -> list[Clause]:
    if exclusive:
        return [[-z, x, y], [-z, -x, -y], [z, -x, y], [z, x, -y]]
    return [[-z, x], [-z, y], [z, -x, -y]]


def blif(circuit: Netlist) -> str:
    """The circuit in BLIF, with short names; written here on its own, so that the export is not its own judge."""
    return "\n".join([*_blif(circuit), ".end", ""])


def _blif(circuit: Netlist) -> Iterator[str]:
    def name(literal: int) -> str:
        node = literal >> 1
        return f"g{node}" if node >= circuit.first or not node else f"x{node - 1}"

    yield f".model {circuit.name}"
    yield ".inputs " + " ".join(f"x{k}" for k in range(circuit.entering))
    yield ".outputs " + " ".join(f"y{k}" for k in range(circuit.leaving))
    yield ".names g0"
    for node, exclusive, a, b in circuit.gates():
        yield f".names {name(a)} {name(b)} g{node}"
        p, q = 1 - (a & 1), 1 - (b & 1)
        yield from (f"{p}{1 - q} 1", f"{1 - p}{q} 1") if exclusive else (f"{p}{q} 1",)
    for k, root in enumerate(circuit.roots.tolist()):
        yield f".names {name(root)} y{k}"
        yield f"{1 - (root & 1)} 1"
