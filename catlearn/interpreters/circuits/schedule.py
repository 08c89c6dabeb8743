"""In which order the gates of a circuit run on words: level by level, and in a level the same operations together.

A value may be stored complemented where most of its readers want that, so that a level is one `take` of all operands,
an XOR, a NOT, an AND and an OR of rows that lie side by side. NOT is needed only where a gate reads one of two operands
complemented. The same rewrite batches the kernels of a tree by its levels.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def f(a: Bits(1), b: Bits(1), c: Bits(1)):
...     return (a ^ b) & ~c
>>> [(level.start, level.stop, level.ends) for level in schedule(netlist(f)).levels]
[(4, 5, (1, 1, 1, 1, 1, 1, 1, 1)), (5, 6, (0, 0, 0, 0, 1, 1, 1, 1))]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.circuits.netlist import Netlist

__all__ = ["Level", "Schedule", "schedule"]

Rows = NDArray[np.intp]

_XOR, _XNOR, _NAND, _AND, _NOT_AND, _NOT_OR, _OR, _NOR = range(8)
"""What a gate does; NOT_AND and NOT_OR invert their left operand first."""

_INVERTED = {_XOR: _XNOR, _AND: _NAND, _OR: _NOR}


@dataclass(frozen=True, eq=False)
class Level:
    """Gates that can run at once.

    Attributes:
        operands: (2, gates) rows of the left and the right operands.
        ends: where the gates of each operation end, in this order: XOR, XNOR, NAND, AND, the ANDs and the ORs whose
            left operand is inverted first, OR, NOR.
        start, stop: the rows that they fill.
    """

    operands: Rows
    ends: tuple[int, ...]
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Schedule:
    """Where each value is held and what fills it. Row 0 is false, then come the input bits, the levels, the inverted.

    Attributes:
        entering: how many input bits there are.
        levels: what to run, in order.
        inverted: rows whose complements are outputs; they are written past the last level.
        roots: the row of each output bit.
    """

    entering: int
    levels: tuple[Level, ...]
    inverted: Rows
    roots: Rows

    @property
    def rows(self) -> int:
        """How many rows there are."""
        before = self.levels[-1].stop if self.levels else self.entering + 1
        return before + len(self.inverted)

    @property
    def widest(self) -> int:
        """How many gates the largest level has."""
        return max((level.stop - level.start for level in self.levels), default=0)


def schedule(circuit: Netlist) -> Schedule:
    """The levels of a circuit, and the place of each of its values."""
    stored, kind, swapped = _polarities(circuit)
    left = np.where(swapped, circuit.right, circuit.left) >> 1
    right = np.where(swapped, circuit.left, circuit.right) >> 1
    row = np.arange(circuit.first + len(circuit))
    levels: list[Level] = []
    for found in _by_level(circuit, kind):
        start = levels[-1].stop if levels else circuit.first
        operands = np.stack([row[left[found]], row[right[found]]])
        ends = tuple(np.searchsorted(kind[found], range(_XOR, _NOR + 1), "right").tolist())
        row[circuit.first + found] = np.arange(start, start + len(found))
        levels.append(Level(operands, ends, start, start + len(found)))
    return _with_roots(circuit, tuple(levels), row[circuit.roots >> 1], stored[circuit.roots >> 1])


def _with_roots(circuit: Netlist, levels: tuple[Level, ...], rows: Rows, stored: NDArray[np.bool_]) -> Schedule:
    flipped = (circuit.roots & 1) != stored
    inverted = np.unique(rows[flipped])
    past = circuit.first + len(circuit)
    return Schedule(circuit.entering, levels, inverted, np.where(flipped, past + np.searchsorted(inverted, rows), rows))


def _by_level(circuit: Netlist, kind: NDArray[np.int8]) -> list[Rows]:
    """The gates of each level, sorted by operation."""
    level = circuit.levels[circuit.first :]
    order = np.lexsort((kind, level))
    return np.split(order, np.flatnonzero(np.diff(level[order])) + 1) if len(order) else []


def _polarities(circuit: Netlist) -> tuple[NDArray[np.bool_], NDArray[np.int8], NDArray[np.bool_]]:
    """For each node whether its complement is stored; for each gate its operation, and whether operands are swapped."""
    wanted, leaves = _wanted(circuit), _leaves(circuit)
    stored = [False] * (circuit.first + len(circuit))
    kind = np.zeros(len(circuit), np.int8)
    swapped = np.zeros(len(circuit), np.bool_)
    for gate, (node, exclusive, a, b) in enumerate(circuit.gates()):
        left, right = bool(a & 1) != stored[a >> 1], bool(b & 1) != stored[b >> 1]
        if exclusive:
            stored[node] = left != right
        elif left == right:
            kind[gate] = _OR if left else _AND
            stored[node] = left
        else:
            # One operand is complemented. It is inverted for an AND; for an OR, which gives the complement, the other.
            stored[node] = wanted[node] > 0
            kind[gate] = _NOT_OR if stored[node] else _NOT_AND
            swapped[gate] = left if stored[node] else right
        leaf = leaves[node]
        if leaf is not None and leaf != stored[node]:
            # Only outputs read it, and all want the other: it is inverted where it is made, beside others like it.
            kind[gate] = _INVERTED[int(kind[gate])]
            stored[node] = leaf
    return np.array(stored), kind, swapped


def _wanted(circuit: Netlist) -> Any:
    """For each node, how many ANDs and outputs read its complement, less those that read it plain."""
    found = np.zeros(circuit.first + len(circuit), np.int64)
    ands = ~circuit.exclusive
    for literals in (circuit.left[ands], circuit.right[ands], circuit.roots):
        np.add.at(found, literals >> 1, np.where(literals & 1, 1, -1))
    return found.tolist()


def _leaves(circuit: Netlist) -> list[bool | None]:
    """For nodes that only outputs read, and all alike: whether they read the complement. None for others."""
    found: list[bool | None] = [None] * (circuit.first + len(circuit))
    mixed = set((circuit.left >> 1).tolist()) | set((circuit.right >> 1).tolist())
    for root in circuit.roots.tolist():
        node, complement = root >> 1, bool(root & 1)
        if found[node] not in (None, complement):
            mixed.add(node)
        found[node] = complement
    for node in mixed:
        found[node] = None
    return found
