"""Trying every input of a circuit until it gives 1, packed and in blocks.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def f(a: Bits(3)):
...     return a[0] & a[2]
>>> solve(netlist(f))
[1, 0, 1]
"""

from __future__ import annotations

import numpy as np

from catlearn.interpreters.circuits.evaluator import Evaluator
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.table import check_inputs, every_input

__all__ = ["solve"]


def solve(circuit: Netlist) -> list[int] | None:
    """The input bits of the first sample for which the first output bit is 1; None where there is none.

    Raises:
        TooLarge: for more than 20 input bits.
    """
    check_inputs(circuit)
    n, run = circuit.entering, Evaluator(circuit)
    words = max(1, 1 << n >> 6)
    for start in range(0, words, run.words):
        stop = min(start + run.words, words)
        row = run.block(every_input(n, start, stop))[0, : stop - start]
        for word in np.flatnonzero(row)[:1].tolist():
            value = int(row[word])
            # With fewer than 6 input bits a word holds every input more than once; the first of them is lowest.
            sample = 64 * (start + word) + (value & -value).bit_length() - 1
            return [sample >> k & 1 for k in range(n)]
    return None
