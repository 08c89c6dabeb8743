"""A compiled circuit: arrays of bits in, arrays of bits out, for all samples of a call at once.

>>> from catlearn import Bits, diagram
>>> @diagram
... def full_adder(a: Bits(1), b: Bits(1), c: Bits(1)):
...     s = a ^ b
...     return s ^ c, (a & b) ^ (s & c)
>>> total, carry = CompiledCircuit(full_adder)([0, 1, 1], [0, 0, 1], [1, 1, 1])
>>> total, carry
(array([ True, False,  True]), array([False,  True,  True]))
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.arguments import Given, Input, arranged, one_or_all, read_arguments
from catlearn.interpreters.circuits.evaluator import Evaluator
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.packed import Packed, Words, boolean, pack_block, unpack

__all__ = ["CompiledCircuit"]


class CompiledCircuit:
    """A circuit to call on booleans; `catlearn.compile` gives these for diagrams whose wires are `Bits`.

    An input `Bits(w)` takes an array (..., w) of booleans, or of 0 and 1, with its lowest bit first. The leading axes
    are those of the samples, of which no axis is one sample; inputs broadcast against one another. Where every input
    has one bit its axis may be left out, and then outputs of one bit come without it too. `Packed` inputs give
    `Packed` outputs and save the packing.

    Attributes:
        circuit: the gates that run.
    """

    def __init__(self, circuit: Diagram | Netlist) -> None:
        self.circuit = netlist(circuit)
        self._inputs = [Input(port.name, port.width, boolean) for port in self.circuit.inputs]
        self._evaluator = Evaluator(self.circuit)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs: one, or a tuple of them.

        Raises:
            InputMismatch: for an input that is missing, has another width, or holds what is no bit; it names the input.
        """
        values = arranged(self.circuit.name, self._inputs, args, kwargs)
        if any(isinstance(value, Packed) for value in values):
            return self._packed(values)
        given = read_arguments(self.circuit.name, self._inputs, values)
        outputs = self._split(self._run(given))
        return one_or_all([given.shaped(y) for y in outputs])

    def _run(self, given: Given) -> NDArray[np.bool_]:
        """Pack, run and unpack block by block, so that a block stays in the cache through all steps."""
        found = np.empty((given.samples, self.circuit.leaving), np.bool_)
        block = 64 * self._evaluator.words
        for start in range(0, given.samples, block):
            part = [pack_block(rows[start : start + block]) for rows in given.rows]
            words = self._evaluator.block(_joined(part))
            here = found[start : start + block]
            here[...] = unpack(Packed(words[:, : (len(here) + 63) // 64], len(here)))
        return found

    def _packed(self, values: Sequence[Any]) -> Any:
        samples = {v.samples for v in values if isinstance(v, Packed)}
        for port, value in zip(self.circuit.inputs, values, strict=True):
            if not isinstance(value, Packed):
                raise InputMismatch(
                    f"{self.circuit.name}: input {port.name} is not packed but others are; pack all or none"
                )
            if value.bits != port.width:
                raise InputMismatch(f"{self.circuit.name}: input {port.name} has {port.width} bits, not {value.bits}")
        if len(samples) > 1:
            raise InputMismatch(
                f"{self.circuit.name}: packed inputs of {sorted(samples)} samples; they must be as many"
            )
        (count,) = samples
        words = self._evaluator(_joined([value.words for value in values]))
        return one_or_all([Packed(part, count) for part in self._split(words, axis=0)])

    def _split(self, bits: NDArray[Any], axis: int = 1) -> list[NDArray[Any]]:
        ends = list(accumulate(port.width for port in self.circuit.outputs))
        return np.split(bits, ends[:-1], axis) if ends else []

    def __repr__(self) -> str:
        return f"<compiled {self.circuit!r}>".replace("<circuit ", "circuit ").replace(">>", ">")


def _joined(words: list[Words]) -> Words:
    return words[0] if len(words) == 1 else np.concatenate(words) if words else np.empty((0, 1), np.uint64)
