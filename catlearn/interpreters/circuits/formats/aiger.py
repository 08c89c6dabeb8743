"""AIGER, the format of and-inverter graphs in model checking: ascii (.aag) and binary (.aig).

An XOR is three ANDs there. Ports are told in the symbol table.

>>> from catlearn import Bits, diagram
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a & ~b
>>> print(to_aiger(f), end="")
aag 3 2 0 1 1
2
4
6
6 5 2
i0 a
i1 b
o0 y
c
f
"""

from __future__ import annotations

from pathlib import Path

from catlearn.diagrams.diagram import Diagram
from catlearn.interpreters.circuits.formats.signals import Signals, deliver
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import Netlist

__all__ = ["to_aiger"]

Ands = list[tuple[int, int]]


def to_aiger(
    circuit: Diagram | Netlist,
    path: str | Path | None = None,
    *,
    binary: bool | None = None,
    overwrite: bool = False,
) -> str | bytes:
    """A circuit as AIGER: text, or bytes where binary.

    Args:
        circuit: a diagram of `Bits`, or its gates.
        path: where to write it too.
        binary: which of the two; left out, binary for a path that ends in .aig.
        overwrite: whether a file that is there may be replaced.

    Raises:
        NotSupported: for a port whose name AIGER cannot hold.
        FileProblem: when the file is there already, or cannot be written.
    """
    read = netlist(circuit)
    Signals(read)  # for its checks of names
    ands, roots = _ands(read)
    if binary is None:
        binary = path is not None and Path(path).suffix.lower() == ".aig"
    if binary:
        return deliver(_binary(read, ands, roots), path, overwrite)
    return deliver(_ascii(read, ands, roots), path, overwrite)


def _ands(circuit: Netlist) -> tuple[Ands, list[int]]:
    """The operands of ANDs, of which the first is variable `circuit.first`; and the literals of the outputs."""
    literal = [2 * node for node in range(circuit.first)]
    made: Ands = []

    def both(a: int, b: int) -> int:
        made.append((max(a, b), min(a, b)))
        return 2 * (circuit.entering + len(made))

    for _, exclusive, left, right in circuit.gates():
        a, b = literal[left >> 1] ^ (left & 1), literal[right >> 1] ^ (right & 1)
        literal.append(both(both(a, b ^ 1) ^ 1, both(a ^ 1, b) ^ 1) ^ 1 if exclusive else both(a, b))
    return made, [literal[root >> 1] ^ (root & 1) for root in circuit.roots.tolist()]


def _header(kind: str, circuit: Netlist, ands: Ands, roots: list[int]) -> str:
    return f"{kind} {circuit.entering + len(ands)} {circuit.entering} 0 {len(roots)} {len(ands)}"


def _ascii(circuit: Netlist, ands: Ands, roots: list[int]) -> str:
    first = 2 * circuit.first
    return "\n".join(
        [
            _header("aag", circuit, ands, roots),
            *(str(2 * node) for node in range(1, circuit.first)),
            *map(str, roots),
            *(f"{first + 2 * k} {a} {b}" for k, (a, b) in enumerate(ands)),
            _symbols(circuit),
        ]
    )


def _binary(circuit: Netlist, ands: Ands, roots: list[int]) -> bytes:
    head = "\n".join([_header("aig", circuit, ands, roots), *map(str, roots), ""])
    body = bytearray()
    for k, (a, b) in enumerate(ands):
        for delta in (2 * (circuit.first + k) - a, a - b):
            rest = delta
            while rest > 127:
                body.append(rest & 127 | 128)
                rest >>= 7
            body.append(rest)
    return head.encode() + bytes(body) + _symbols(circuit).encode()


def _symbols(circuit: Netlist) -> str:
    lines = [
        *(f"i{k} {bit}" for k, bit in enumerate(circuit.input_bits)),
        *(f"o{k} {bit}" for k, bit in enumerate(circuit.output_bits)),
    ]
    return "\n".join([*lines, "c", circuit.name, ""])
