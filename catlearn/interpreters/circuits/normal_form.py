"""The algebraic normal form of a circuit: each output as the one polynomial over Z2 that is its function.

Over Z2 every function of n bits is a XOR of ANDs of some of them, in one way only. Its coefficients come from the truth
table by the Moebius transform, `c[m] = XOR of f[s] over the subsets s of m`, which is its own inverse.

>>> from catlearn import Bits, diagram
>>> @diagram
... def majority(a: Bits(1), b: Bits(1), c: Bits(1)):
...     return a & b | c & (a | b)
>>> print(anf(majority))
y = a&b ^ a&c ^ b&c
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.lower import netlist, parity
from catlearn.interpreters.circuits.netlist import TRUE, Netlist, Port
from catlearn.interpreters.circuits.packed import Packed, Words, unpack
from catlearn.interpreters.circuits.table import WITHIN, table_words

__all__ = ["AlgebraicNormalForm", "anf", "moebius"]


@dataclass(frozen=True, eq=False, repr=False)
class AlgebraicNormalForm:
    """Polynomials over Z2, one for each output bit; what `anf` gives.

    Attributes:
        inputs, outputs: the ports of the circuit.
        words: the coefficients, packed: bit m of a row, of which there are 2**n, is that of the product of those input
            bits that m, written in bits, has as 1. (output bits, max(1, 2**n / 64)) of uint64.
        name: of the circuit.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    words: Words
    name: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the input bits."""
        return tuple(bit for port in self.inputs for bit in port.bits)

    @property
    def coefficients(self) -> NDArray[np.bool_]:
        """All coefficients, (2**n, output bits) of bool."""
        return unpack(Packed(self.words, 1 << len(self.variables)))

    def __len__(self) -> int:
        """How many monomials there are in all polynomials."""
        return int(np.bitwise_count(self.words).sum())

    @property
    def degree(self) -> int:
        """The most input bits that one product has; -1 where all polynomials are 0."""
        used = np.flatnonzero(self.coefficients.any(axis=1))
        return int(np.bitwise_count(used).max()) if len(used) else -1

    def monomials(self, output: int = 0) -> list[tuple[str, ...]]:
        """The products of one output bit, each as the names of its factors; the smallest come first.

        Raises:
            InputMismatch: when there is no such output bit.
        """
        if not 0 <= output < len(self.words):
            raise InputMismatch(f"{self.name} has the output bits 0 to {len(self.words) - 1}, and no {output}")
        names = self.variables
        return [tuple(names[k] for k in _ones(m)) for m in self._numbers(output)]

    def circuit(self) -> Netlist:
        """The polynomials as gates: products that share their factors, and trees of XORs."""
        gates = Gates(self.inputs)
        bits = [literal for k in range(len(self.inputs)) for literal in gates.port(k)]
        made = {0: TRUE}

        def product(m: int) -> int:
            if m not in made:
                top = m.bit_length() - 1
                made[m] = gates.both(product(m ^ 1 << top), bits[top])
            return made[m]

        roots = [parity(gates, [product(m) for m in self._numbers(k)]) for k in range(len(self.words))]
        return gates.finish(self.outputs, roots, self.name)

    def _numbers(self, output: int) -> list[int]:
        found = np.flatnonzero(self.coefficients[:, output])
        numbers: list[int] = found[np.lexsort((found, np.bitwise_count(found)))].tolist()
        return numbers

    def __iter__(self) -> Iterator[str]:
        names = [bit for port in self.outputs for bit in port.bits]
        for k, name in enumerate(names):
            terms = ["&".join(factors) or "1" for factors in self.monomials(k)]
            yield f"{name} = {' ^ '.join(terms) or '0'}"

    def __str__(self) -> str:
        return "\n".join(self)

    def __repr__(self) -> str:
        return f"<normal form of {self.name}: {len(self)} monomials of degree {self.degree} at most>"


def anf(circuit: Diagram | Netlist) -> AlgebraicNormalForm:
    """The algebraic normal form of a circuit with at most 20 input bits.

    Raises:
        TooLarge: for more input bits.
    """
    read = netlist(circuit)
    return AlgebraicNormalForm(read.inputs, read.outputs, moebius(table_words(read), read.entering), read.name)


def moebius(words: Words, bits: int) -> Words:
    """The Moebius transform of truth tables, packed: from values to coefficients and, as well, back.

    Args:
        words: (tables, max(1, 2**bits / 64)) of uint64.
        bits: of how many bits they are functions.

    Raises:
        InputMismatch: when there are not that many words.

    >>> table = np.array([[0b1000]], np.uint64)
    >>> moebius(table, 2), moebius(moebius(table, 2), 2)
    (array([[8]], dtype=uint64), array([[8]], dtype=uint64))
    """
    if words.ndim != 2 or words.shape[1] != max(1, 1 << bits >> 6) or words.dtype != np.uint64:
        raise InputMismatch(
            f"tables of {bits} bits are an array (tables, {max(1, 1 << bits >> 6)}) of uint64, not {words.shape} of "
            f"{words.dtype}"
        )
    found = np.ascontiguousarray(words).copy()
    for k in range(min(bits, 6)):
        found ^= (found & ~np.uint64(WITHIN[k])) << np.uint64(1 << k)
    for k in range(bits - 6):
        halves = found.reshape(len(found), -1, 2, 1 << k)
        halves[:, :, 1] ^= halves[:, :, 0]
    return found


def _ones(number: int) -> list[int]:
    return [k for k in range(number.bit_length()) if number >> k & 1]
