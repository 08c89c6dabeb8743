"""How quickly is a function of 20 inputs tabulated, and written as a polynomial? Beside numpy by hand, and sympy."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from benchmarks.circuits.layered import layered, random_layers
from benchmarks.circuits.row import question, samples
from benchmarks.markov.case import Absent, Case, Ready
from catlearn.interpreters.circuits import Netlist, moebius, pack, table_words

__all__ = ["by_hand", "cases", "polynomial"]

Bytes = NDArray[np.uint8]
LIMIT = {"run": 0.05}
NUMPY, SYMPY = "numpy, a byte a value", "sympy's ANFform"


def cases(inputs: int = 20, few: int = 8) -> Iterator[Case]:
    """The table of a circuit, the polynomial of a table, and a small one that sympy can make too."""
    size = f"{inputs} inputs"
    yield Case("truth table", f"{size}, 100 gates", partial(table, inputs), limits=LIMIT)
    yield Case("polynomial of a table", size, partial(transformed, inputs), limits=LIMIT)
    yield Case("polynomial of a table", f"{few} inputs", partial(beside_sympy, few))


def circuit_of(inputs: int, width: int = 20, depth: int = 6) -> Netlist:
    """A circuit of random gates, with one output."""
    layers = [*random_layers(inputs, width, depth - 1), *random_layers(width, 1, 1)]
    return layered(inputs, layers)


def table(inputs: int) -> Ready:
    """The truth table of a circuit, packed."""
    circuit = circuit_of(inputs)
    asked = {
        "ours": question(lambda: table_words(circuit), samples),
        NUMPY: question(lambda: by_hand(circuit), lambda found: [found]),
    }
    return Ready(asked, [None], 0.0, note=f"{len(circuit)} gates after folding")


def transformed(inputs: int) -> Ready:
    """The coefficients of a random table, packed."""
    words = np.random.default_rng(0).integers(0, 2**64, (1, max(1, 2**inputs // 64)), dtype=np.uint64)
    values = samples(words)[0][:, : 2**inputs]
    asked = {
        "ours": question(lambda: moebius(words, inputs), lambda found: [samples(found)[0][:, : 2**inputs]]),
        NUMPY: question(lambda: polynomial(values), lambda found: [found]),
    }
    return Ready(asked, [None], 0.0)


def beside_sympy(inputs: int) -> Ready:
    """The polynomial of a small random table, as sympy makes it too. Raises `Absent`."""
    if find_spec("sympy") is None:
        raise Absent("sympy is not installed")
    from sympy import symbols
    from sympy.logic.boolalg import ANFform

    bits = np.random.default_rng(0).integers(0, 2, 2**inputs)
    words = pack(bits[:, None]).words
    # sympy's first variable is the highest bit of a row's number.
    names = symbols([f"x{k}" for k in reversed(range(inputs))])
    asked = {
        "ours": question(lambda: moebius(words, inputs), lambda found: [np.bitwise_count(found).sum()]),
        SYMPY: question(lambda: ANFform(names, bits.tolist()), lambda found: [np.array(len(found.args))]),
    }
    return Ready(asked, [None], 0.0, note="answers are compared by their number of terms")


def by_hand(circuit: Netlist) -> Bytes:
    """The truth table with a byte for each value: one operation of numpy a gate."""
    rows = np.arange(2**circuit.entering)
    at = [np.zeros(len(rows), np.uint8), *((rows >> k & 1).astype(np.uint8) for k in range(circuit.entering))]
    for _, exclusive, a, b in circuit.gates():
        x, y = at[a >> 1] ^ np.uint8(a & 1), at[b >> 1] ^ np.uint8(b & 1)
        at.append(x ^ y if exclusive else x & y)
    return np.stack([at[root >> 1] ^ np.uint8(root & 1) for root in circuit.roots.tolist()])


def polynomial(values: Bytes) -> Bytes:
    """The Moebius transform with a byte for each value."""
    found = values.copy()
    step = 1
    while step < found.shape[1]:
        halves = found.reshape(len(found), -1, 2, step)
        halves[:, :, 1] ^= halves[:, :, 0]
        step *= 2
    return found
