"""PLA, the format of espresso and its like; and truth tables to read.

>>> from catlearn import Bits, diagram
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a & ~b, a ^ b
>>> print(to_truth_table(f), end="")
a b | y0 y1
0 0 |  0  0
1 0 |  1  1
0 1 |  0  1
1 1 |  0  0
>>> print(to_pla(f), end="")
.i 2
.o 2
.ilb a b
.ob y0 y1
.p 2
10 11
01 01
.e
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.interpreters.circuits.formats.signals import Signals, deliver
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.table import truth_table

__all__ = ["to_pla", "to_truth_table"]


def to_pla(circuit: Diagram | Netlist, path: str | Path | None = None, *, overwrite: bool = False) -> str:
    """A circuit of at most 20 input bits as PLA: a row for each input at which some output is 1. Others are 0.

    Args:
        circuit: a diagram of `Bits`, or its gates.
        path: where to write it too.
        overwrite: whether a file that is there may be replaced.

    Raises:
        TooLarge: for more input bits.
        NotSupported: for a port whose name PLA cannot hold.
        FileProblem: when the file is there already, or cannot be written.
    """
    read = netlist(circuit)
    Signals(read)  # for its checks of names
    values = truth_table(read)
    rows = np.flatnonzero(values.any(axis=1))
    head = [
        f".i {read.entering}",
        f".o {read.leaving}",
        " ".join([".ilb", *read.input_bits]),
        " ".join([".ob", *read.output_bits]),
        f".p {len(rows)}",
        "",
    ]
    columns = [*_digits(_inputs(rows, read.entering)), _spaces(rows), *_digits(values[rows])]
    return deliver("\n".join(head) + _text(columns) + ".e\n", path, overwrite)


def to_truth_table(circuit: Diagram | Netlist, path: str | Path | None = None, *, overwrite: bool = False) -> str:
    """The truth table of a circuit of at most 20 input bits, as text with a column for each bit.

    The first input bit changes quickest. Arguments and errors are those of `to_pla`.
    """
    read = netlist(circuit)
    values = truth_table(read)
    rows = np.arange(len(values))
    columns: list[NDArray[Any]] = []
    for bit, digits in zip(read.input_bits, _digits(_inputs(rows, read.entering)), strict=True):
        columns += [*[_spaces(rows)] * (len(bit) - 1), digits, _spaces(rows)]
    columns += [np.full(len(rows), ord("|"), np.uint8)]
    for bit, digits in zip(read.output_bits, _digits(values), strict=True):
        columns += [*[_spaces(rows)] * len(bit), digits]
    head = " ".join([*read.input_bits, "|", *read.output_bits]) + "\n"
    return deliver(head + _text(columns), path, overwrite)


def _inputs(rows: NDArray[np.intp], bits: int) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (rows[:, None] >> np.arange(bits) & 1).astype(np.bool_)
    return found


def _digits(bits: NDArray[np.bool_]) -> list[NDArray[Any]]:
    """The characters 0 and 1 of each column."""
    return list(bits.T.astype(np.uint8) + np.uint8(ord("0")))


def _spaces(rows: NDArray[np.intp]) -> NDArray[Any]:
    return np.full(len(rows), ord(" "), np.uint8)


def _text(columns: list[NDArray[Any]]) -> str:
    return np.stack([*columns, np.full(len(columns[0]), ord("\n"), np.uint8)], axis=1).tobytes().decode("ascii")
