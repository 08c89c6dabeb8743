"""Networks of layers of gates with two inputs, random or learned, as circuits.

>>> layered(4, [([0, 2], [1, 3], [1, 6])])
<circuit circuit: 4 input bits, 2 gates, 2 output bits, depth 1>
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from catlearn.interpreters.circuits import Gates, Netlist, Port

__all__ = ["Layer", "layered", "random_layers"]

Layer = tuple[Sequence[int], Sequence[int], Sequence[int]]
"""For each gate what it reads of the layer before, left and right, and its table: the number with the bits f(0, 0),
f(0, 1), f(1, 0), f(1, 1)."""


def layered(inputs: int, layers: Iterable[Layer]) -> Netlist:
    """The circuit of layers; the outputs of the last are its outputs."""
    gates = Gates([Port("x", inputs)])
    bits = gates.port(0)
    for left, right, tables in layers:
        reads = zip(left, right, tables, strict=True)
        bits = [gates.lookup([t >> k & 1 for k in (3, 1, 2, 0)], [bits[i], bits[j]]) for i, j, t in reads]
    return gates.finish([Port("y", len(bits))], bits)


def random_layers(inputs: int, width: int, depth: int, seed: int = 0) -> list[Layer]:
    """Layers of AND, OR, XOR and NAND gates, each with two inputs by lot."""
    rng = np.random.default_rng(seed)
    entering = [inputs] + [width] * (depth - 1)
    tables = np.array([1, 7, 6, 14])
    return [
        (rng.integers(0, n, width).tolist(), rng.integers(0, n, width).tolist(), rng.choice(tables, width).tolist())
        for n in entering
    ]
