"""The truth table of a circuit: what it gives for every input, by running all of them at once.

>>> from catlearn import Bits, diagram
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a & ~b
>>> truth_table(f).astype(int).ravel()
array([0, 1, 0, 0])
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import TooLarge
from catlearn.interpreters.circuits.evaluator import Evaluator
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.packed import Packed, Words, unpack

__all__ = ["LARGEST", "WITHIN", "check_inputs", "every_input", "table_words", "truth_table"]

LARGEST = 20
"""The most input bits of which all 2**n values are tried."""

WITHIN = [
    0xAAAAAAAAAAAAAAAA,
    0xCCCCCCCCCCCCCCCC,
    0xF0F0F0F0F0F0F0F0,
    0xFF00FF00FF00FF00,
    0xFFFF0000FFFF0000,
    0xFFFFFFFF00000000,
]
"""Bit k of the numbers 0 to 63, as a word."""


def every_input(bits: int, start: int = 0, stop: int | None = None) -> Words:
    """All values of some bits, packed: sample s holds the number s, lowest bit first.

    Args:
        bits: how many.
        start, stop: which words of those 2**bits / 64 to give; all, unless told. There is always one word.

    Returns:
        (bits, words) of uint64. With fewer than 6 bits the samples past 2**bits begin again at 0.
    """
    stop = max(1, 1 << bits >> 6) if stop is None else stop
    words = np.empty((bits, stop - start), np.uint64)
    words[:6] = np.array(WITHIN[:bits], np.uint64)[:, None]
    numbers = np.arange(start, stop)
    for k in range(6, bits):
        words[k] = -(numbers >> (k - 6) & 1).astype(np.uint64)
    return words


def table_words(circuit: Diagram | Netlist) -> Words:
    """The truth table, packed: (output bits, max(1, 2**n / 64)) of uint64. Where n < 6, the low 2**n bits count.

    Raises:
        TooLarge: for more than 20 input bits.
    """
    read = netlist(circuit)
    check_inputs(read)
    run = Evaluator(read)
    words = max(1, 1 << read.entering >> 6)
    found = np.empty((read.leaving, words), np.uint64)
    for start in range(0, words, run.words):
        stop = min(start + run.words, words)
        found[:, start:stop] = run.block(every_input(read.entering, start, stop))[:, : stop - start]
    if read.entering < 6:
        found &= np.uint64((1 << (1 << read.entering)) - 1)
    return found


def truth_table(circuit: Diagram | Netlist) -> NDArray[np.bool_]:
    """The outputs for every input: (2**n, output bits) of bool; row s is for the number s, lowest input bit first.

    Raises:
        TooLarge: for more than 20 input bits.
    """
    read = netlist(circuit)
    return unpack(Packed(table_words(read), 1 << read.entering))


def check_inputs(circuit: Netlist) -> None:
    """Raises TooLarge for a circuit with more input bits than can all be tried."""
    if circuit.entering > LARGEST:
        raise TooLarge(
            f"{circuit.name} has {circuit.entering} input bits, and all values are tried of at most {LARGEST}; "
            'take fewer inputs, or prove_equal(..., method="sat")'
        )
