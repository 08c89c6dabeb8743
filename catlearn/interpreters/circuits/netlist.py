"""A circuit as arrays of gates: AND and XOR of two literals, which may be complemented. What all of `circuits` reads.

This is the XOR-AND graph of logic synthesis. Node 0 is the constant false, nodes 1 to n are the input bits, port after
port, then come the gates, each after those that it reads. A *literal* is `2 * node`, plus 1 for the complement; so
literal 0 is false and literal 1 is true. A wire of several bits has its lowest bit first.

>>> from catlearn.interpreters.circuits.gates import Gates
>>> gates = Gates([Port("a"), Port("b"), Port("carry")])
>>> a, b, carry = range(2, 8, 2)
>>> half = gates.xor(a, b)
>>> adder = gates.finish([Port("y", 2)], [gates.xor(half, carry), gates.mux(half, carry, a)], "adder")
>>> adder
<circuit adder: 3 input bits, 5 gates, 2 output bits, depth 3>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["FALSE", "TRUE", "Literals", "Netlist", "Port"]

Literals = NDArray[np.int32]
FALSE, TRUE = 0, 1


@dataclass(frozen=True)
class Port:
    """A named bundle of bits that enters or leaves a circuit.

    >>> Port("a", 2).bits, Port("carry").bits
    (('a[0]', 'a[1]'), ('carry',))
    """

    name: str
    width: int = 1

    @property
    def bits(self) -> tuple[str, ...]:
        """The names of the single bits; that of a port of one bit is the port's."""
        if self.width == 1:
            return (self.name,)
        return tuple(f"{self.name}[{k}]" for k in range(self.width))


@dataclass(frozen=True, eq=False, repr=False)
class Netlist:
    """Gates in an order in which they can run; see the module for how they are numbered.

    Attributes:
        inputs, outputs: the ports, in order.
        exclusive: for each gate, whether it is an XOR; else it is an AND. (gates,) of bool.
        left, right: for each gate, the two literals that it reads. (gates,) of int32.
        roots: for each output bit, its literal. (output bits,) of int32.
        name: what exports call the circuit.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    exclusive: NDArray[np.bool_]
    left: Literals
    right: Literals
    roots: Literals
    name: str = "circuit"

    @property
    def entering(self) -> int:
        """How many input bits there are."""
        return sum(port.width for port in self.inputs)

    @property
    def leaving(self) -> int:
        """How many output bits there are."""
        return len(self.roots)

    @property
    def first(self) -> int:
        """The node of the first gate."""
        return self.entering + 1

    def __len__(self) -> int:
        return len(self.left)

    def gates(self) -> Iterator[tuple[int, bool, int, int]]:
        """Each gate's node, whether it is an XOR, and the two literals that it reads."""
        return zip(
            range(self.first, self.first + len(self)),
            self.exclusive.tolist(),
            self.left.tolist(),
            self.right.tolist(),
            strict=True,
        )

    @cached_property
    def levels(self) -> NDArray[np.int32]:
        """For each node, the length of the longest path of gates to it. (nodes,) of int32."""
        found = [0] * (self.first + len(self))
        for node, _, a, b in self.gates():
            x, y = found[a >> 1], found[b >> 1]
            found[node] = 1 + (max(y, x))
        return np.array(found, np.int32)

    @property
    def depth(self) -> int:
        """The length of the longest path of gates from an input to an output."""
        return int(self.levels[self.roots >> 1].max(initial=0))

    @property
    def input_bits(self) -> tuple[str, ...]:
        """The names of all input bits, in order."""
        return tuple(bit for port in self.inputs for bit in port.bits)

    @property
    def output_bits(self) -> tuple[str, ...]:
        """The names of all output bits, in order."""
        return tuple(bit for port in self.outputs for bit in port.bits)

    def at(self, bits: Sequence[int]) -> list[int]:
        """The output bits for one sample, gate by gate. For many samples, compile the circuit."""
        value = [0, *bits]
        for _, exclusive, a, b in self.gates():
            left, right = value[a >> 1] ^ (a & 1), value[b >> 1] ^ (b & 1)
            value.append(left ^ right if exclusive else left & right)
        return [value[root >> 1] ^ (root & 1) for root in self.roots.tolist()]

    def __repr__(self) -> str:
        return (
            f"<circuit {self.name}: {self.entering} input bits, {len(self)} gates, "
            f"{self.leaving} output bits, depth {self.depth}>"
        )
