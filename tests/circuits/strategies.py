"""Random circuits, and the oracle that runs them one sample and one gate at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist, Port

quick = settings(derandomize=True, deadline=None, max_examples=60)


@st.composite
def circuits(draw: st.DrawFn, inputs: int = 9, gates: int = 60) -> Netlist:
    """Random gates: literals of either sign, constants among them, read any number of times."""
    made = Gates([Port("a", draw(st.integers(1, inputs))), Port("b")])
    literals = [*made.port(0), *made.port(1), 0]
    for _ in range(draw(st.integers(0, gates))):
        a, b = (draw(st.sampled_from(literals)) ^ draw(st.integers(0, 1)) for _ in range(2))
        literals.append(draw(st.sampled_from([made.xor, made.both, made.either]))(a, b))
    roots = [draw(st.sampled_from(literals)) ^ draw(st.integers(0, 1)) for _ in range(draw(st.integers(1, 5)))]
    return made.finish([Port("y", len(roots))], roots, "drawn")


def every_row(bits: int) -> np.ndarray:
    """All values of some bits, (2**bits, bits), lowest first."""
    return (np.arange(1 << bits)[:, None] >> np.arange(bits) & 1).astype(bool)


def one_by_one(circuit: Netlist, bits: np.ndarray) -> np.ndarray:
    """The oracle: each gate on each sample, as Python's own booleans."""
    rows = []
    for sample in bits.tolist():
        value = [False, *sample]
        for _, exclusive, a, b in circuit.gates():
            x, y = value[a >> 1] != bool(a & 1), value[b >> 1] != bool(b & 1)
            value.append(x != y if exclusive else x and y)
        rows.append([value[r >> 1] != bool(r & 1) for r in circuit.roots.tolist()])
    return np.array(rows, bool).reshape(len(bits), circuit.leaving)
