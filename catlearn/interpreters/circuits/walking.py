"""Running a diagram over any semiring, box by box, on arrays of elements: how Z_n and saturating numbers are run.

It is also what the gates of a circuit on bits are compared with.

>>> from catlearn import Modular, diagram
>>> @diagram
... def f(x: Modular(5, 2), y: Modular(5, 2)):
...     return x * y + x
>>> walk(f, [np.array([[3, 4]]), np.array([[2, 2]])])
[array([[4, 2]])]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.boolean.generator import check_made, look_up
from catlearn.diagrams.theories.boolean.semiring import Semiring, semiring, width
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import TypeMismatch

__all__ = ["walk"]

Elements = NDArray[np.int64]
"""The elements on a wire: (samples, width)."""

Rule = Callable[[Semiring, Box, Sequence[Any]], Any]


def walk(d: Diagram, inputs: Sequence[Elements]) -> list[Elements]:
    """The outputs of a circuit for arrays of elements, one for each wire, each (samples, width) of int64.

    Raises:
        TypeMismatch: for a wire that carries no elements of a semiring.
        UnknownBox: for a box that circuits do not have.
    """
    wiring = unfolded(as_diagram(d))
    samples = len(inputs[0]) if inputs else 1
    at = [np.asarray(x, np.int64) for x in inputs]
    for box, reads, _ in wiring.steps():
        check_made(box, look_up(box))
        over = _over(box.cod.obs[0])
        made = _RULES[box.name](over, box, [at[wire] for wire in reads])
        at.append(np.broadcast_to(made, (samples, width(box.cod.obs[0]))))
    return [at[wire] for wire in wiring.outputs.tolist()]


def _over(ob: Ob) -> Semiring:
    found = semiring(ob)
    if found is None:
        raise TypeMismatch(f"a circuit's wires are Bits, Modular or Saturating, not {ob}; encode it first")
    return found


def _put(over: Semiring, box: Box, reads: Sequence[Elements]) -> Elements:
    places, size = box.data
    found = np.zeros((len(reads[0]), size), np.int64)
    for i, element in zip(places, reads[0].T, strict=True):
        found[:, i] = over.add(found[:, i], element)
    return found


def _address(bits: Elements) -> Elements:
    """The numbers whose lowest bits come first."""
    return bits @ (1 << np.arange(bits.shape[1]))


def _lookup(over: Semiring, box: Box, reads: Sequence[Elements]) -> Elements:
    entries = 1 << reads[0].shape[1]
    tables = [np.frombuffer(t.to_bytes((entries + 7) // 8, "little"), np.uint8) for t in box.data]
    columns = [np.unpackbits(t, count=entries, bitorder="little")[_address(reads[0])] for t in tables]
    return np.array(columns, np.int64).reshape(len(columns), -1).T


def _eval(over: Semiring, box: Box, reads: Sequence[Elements]) -> Elements:
    table, address = reads
    rows = table.reshape(len(table), 1 << address.shape[1], -1)
    return rows[np.arange(len(table)), _address(address)]


def _one_hot(over: Semiring, box: Box, reads: Sequence[Elements]) -> Any:
    return _address(reads[0])[:, None] == np.arange(1 << reads[0].shape[1])


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("add", "xor"), lambda over, box, reads: over.add(*reads)),
    **dict.fromkeys(("mul", "and"), lambda over, box, reads: over.multiply(*reads)),
    "or": lambda over, box, reads: reads[0] | reads[1],
    "not": lambda over, box, reads: 1 - reads[0],
    "mux": lambda over, box, reads: np.where(reads[0], reads[1], reads[2]),
    "equals": lambda over, box, reads: (reads[0] == reads[1]) % over.size,
    "constant": lambda over, box, reads: np.array([box.data], np.int64),
    "take": lambda over, box, reads: reads[0][:, list(box.data)],
    "put": _put,
    "concatenate": lambda over, box, reads: np.concatenate(reads, axis=1),
    "lookup": _lookup,
    "eval": _eval,
    "one_hot": _one_hot,
}
