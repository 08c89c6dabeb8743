"""BLIF, the Berkeley logic interchange format: what ABC, SIS and yosys read.

>>> from catlearn import Bits, diagram
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a & ~b
>>> print(to_blif(f), end="")
.model f
.inputs a b
.outputs y
.names a b n3
10 1
.names n3 y
1 1
.end
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catlearn.diagrams.diagram import Diagram
from catlearn.interpreters.circuits.formats.signals import Signals, deliver
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import TRUE, Netlist

__all__ = ["to_blif"]


def to_blif(circuit: Diagram | Netlist, path: str | Path | None = None, *, overwrite: bool = False) -> str:
    """A circuit as BLIF: a table for each gate.

    Args:
        circuit: a diagram of `Bits`, or its gates.
        path: where to write it too.
        overwrite: whether a file that is there may be replaced.

    Raises:
        NotSupported: for a port whose name BLIF cannot hold.
        FileProblem: when the file is there already, or cannot be written.
    """
    return deliver("\n".join([*_lines(netlist(circuit)), ".end", ""]), path, overwrite)


def _lines(circuit: Netlist) -> Iterator[str]:
    names = Signals(circuit).nodes
    yield f".model {circuit.name}"
    for what, bits in (("inputs", circuit.input_bits), ("outputs", circuit.output_bits)):
        yield from _wrapped(f".{what}", bits)
    for node, exclusive, a, b in circuit.gates():
        yield f".names {names[a >> 1]} {names[b >> 1]} {names[node]}"
        x, y = 1 - (a & 1), 1 - (b & 1)
        yield f"{x}{1 - y} 1\n{1 - x}{y} 1" if exclusive else f"{x}{y} 1"
    for literal, bit in zip(circuit.roots.tolist(), circuit.output_bits, strict=True):
        if literal <= TRUE:
            yield f".names {bit}" + "\n1" * literal
        else:
            yield f".names {names[literal >> 1]} {bit}\n{1 - (literal & 1)} 1"


def _wrapped(start: str, words: tuple[str, ...], each: int = 16) -> Iterator[str]:
    """A list over several lines, which end in a backslash where it goes on."""
    lines = [" ".join(words[k : k + each]) for k in range(0, len(words), each)]
    yield " \\\n".join([f"{start} {lines[0]}" if lines else start, *lines[1:]])
