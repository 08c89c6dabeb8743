"""A table of cubes, as BLIF and PLA write functions: rows such as 1-0, of which each is an AND, and all an OR.

>>> from catlearn.interpreters.circuits.gates import Gates
>>> from catlearn.interpreters.circuits.netlist import Port
>>> gates = Gates([Port("a", 2)])
>>> a, b = gates.port(0)
>>> covered(gates, ["10", "01"], [a, b]) == gates.xor(a, b)
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import FALSE, TRUE

__all__ = ["covered"]

_TABLE = 6


def covered(gates: Gates, cubes: Sequence[str], literals: Sequence[int]) -> int:
    """The literal of a cover.

    Args:
        gates: what collects the gates.
        cubes: rows of 0, 1 and -, one for each literal.
        literals: what the columns are.

    A few inputs are looked up, by which XORs and multiplexers are found again in their cubes.
    """
    if len(literals) <= _TABLE:
        return gates.lookup(_table(cubes, len(literals)), literals)
    return _tree(gates.either, [_product(gates, cube, literals) for cube in cubes], FALSE)


def _table(cubes: Sequence[str], inputs: int) -> list[int]:
    found = [0] * (1 << inputs)
    for cube in cubes:
        for row in range(1 << inputs):
            if all(bit in ("-", str(row >> k & 1)) for k, bit in enumerate(cube)):
                found[row] = 1
    return found


def _product(gates: Gates, cube: str, literals: Sequence[int]) -> int:
    chosen = [x if bit == "1" else x ^ 1 for bit, x in zip(cube, literals, strict=True) if bit != "-"]
    return _tree(gates.both, chosen, TRUE)


def _tree(gate: Callable[[int, int], int], literals: list[int], none: int) -> int:
    while len(literals) > 1:
        pairs = zip(literals[::2], literals[1::2], strict=False)
        literals = [gate(a, b) for a, b in pairs] + literals[len(literals) & ~1 :]
    return literals[0] if literals else none
