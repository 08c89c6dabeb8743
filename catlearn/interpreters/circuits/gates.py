"""Building a circuit gate by gate: what is constant, there already, or read by nobody does not get in.

>>> from catlearn.interpreters.circuits.netlist import Port
>>> gates = Gates([Port("x", 3)])
>>> a, b, c = gates.port(0)
>>> gates.both(a, b) == gates.both(b, a), gates.both(a, gates.invert(a)), gates.xor(a, gates.TRUE) == gates.invert(a)
(True, 0, True)
>>> majority = gates.lookup([0, 0, 0, 1, 0, 1, 1, 1], [a, b, c])
>>> len(gates.finish([Port("y")], [majority]))
5
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.circuits.netlist import FALSE, TRUE, Literals, Netlist, Port

__all__ = ["Gates"]


class Gates:
    """Collects gates; literals are plain numbers, as `Netlist` says. Equal gates are made once."""

    FALSE, TRUE = FALSE, TRUE

    def __init__(self, inputs: Sequence[Port]) -> None:
        self.inputs = tuple(inputs)
        self._first = sum(port.width for port in self.inputs) + 1
        self._made: dict[tuple[bool, int, int], int] = {}
        self._tables: dict[tuple[bytes, tuple[int, ...]], int] = {}

    def __len__(self) -> int:
        return len(self._made)

    def port(self, k: int) -> list[int]:
        """The literals of an input port's bits."""
        start = 1 + sum(port.width for port in self.inputs[:k])
        return [2 * node for node in range(start, start + self.inputs[k].width)]

    def invert(self, a: int) -> int:
        """NOT: no gate, only the complement of the literal."""
        return a ^ 1

    def both(self, a: int, b: int) -> int:
        """AND."""
        if a > b:
            a, b = b, a
        if a <= TRUE:
            return b if a else FALSE
        if a ^ b <= 1:
            return a if a == b else FALSE
        return self._gate(False, a, b)

    def either(self, a: int, b: int) -> int:
        """OR."""
        return self.both(a ^ 1, b ^ 1) ^ 1

    def xor(self, a: int, b: int) -> int:
        """XOR; complements are drawn out of it."""
        flip = (a ^ b) & 1
        a, b = a & ~1, b & ~1
        if a > b:
            a, b = b, a
        if a == b:
            return flip
        return flip ^ (self._gate(True, a, b) if a else b)

    def mux(self, choice: int, a: int, b: int) -> int:
        """`a` where the choice is true, else `b`."""
        if a ^ b <= 1:
            return a if a == b else self.xor(choice, b)
        if TRUE in (a, b):
            return self.either(choice, b) if a == TRUE else self.either(choice ^ 1, a)
        return self.either(self.both(choice, a), self.both(choice ^ 1, b))

    def lookup(self, table: Sequence[int] | NDArray[np.uint8], bits: Sequence[int]) -> int:
        """The entry of a table of 2**k bits at the k bits, the lowest first: a tree of muxes that shares its parts."""
        return self._lookup(bytes(bytearray(table)), tuple(bits))

    def place(self, circuit: Netlist, inputs: Sequence[int]) -> list[int]:
        """The output literals of a circuit whose input bits are the literals given."""
        at = [FALSE, *inputs]
        for _, exclusive, a, b in circuit.gates():
            left, right = at[a >> 1] ^ (a & 1), at[b >> 1] ^ (b & 1)
            at.append(self.xor(left, right) if exclusive else self.both(left, right))
        return [at[root >> 1] ^ (root & 1) for root in circuit.roots.tolist()]

    def _lookup(self, table: bytes, bits: tuple[int, ...]) -> int:
        if not table.count(1):
            return FALSE
        if not table.count(0):
            return TRUE
        key = table, bits
        found = self._tables.get(key)
        if found is None:
            half = len(table) // 2
            low, high = (self._lookup(part, bits[:-1]) for part in (table[:half], table[half:]))
            found = self._tables[key] = self.mux(bits[-1], high, low)
        return found

    def _gate(self, exclusive: bool, a: int, b: int) -> int:
        key = exclusive, a, b
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = 2 * (self._first + len(self._made))
        return found

    def finish(self, outputs: Sequence[Port], roots: Sequence[int], name: str = "circuit") -> Netlist:
        """The circuit with these literals leaving it, without the gates that none of them needs."""
        made = list(self._made)
        needed = bytearray(len(made))
        todo = [(root >> 1) - self._first for root in roots]
        while todo:
            k = todo.pop()
            if k >= 0 and not needed[k]:
                needed[k] = 1
                todo += ((made[k][1] >> 1) - self._first, (made[k][2] >> 1) - self._first)
        live = np.flatnonzero(np.frombuffer(needed, np.uint8))
        number = np.arange(self._first + len(made))
        number[self._first + live] = self._first + np.arange(len(live))
        rows = np.array([made[k] for k in live.tolist()], np.int64).reshape(-1, 3)

        def moved(literals: NDArray[np.int64]) -> Literals:
            return np.asarray(2 * number[literals >> 1] | literals & 1, np.int32)

        last = np.array(list(roots), np.int64).reshape(-1)
        return Netlist(
            self.inputs,
            tuple(outputs),
            rows[:, 0].astype(bool),
            moved(rows[:, 1]),
            moved(rows[:, 2]),
            moved(last),
            name,
        )
