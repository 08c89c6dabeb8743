"""Which row of its table each sample addresses: the bits that the table reads, as a number, the lowest bit first.

>>> import numpy as np
>>> bits = np.array([[0, 1, 1], [1, 0, 1]], bool)
>>> addresses(bits.T, np.array([[0, 1], [2, 0]]))
array([[2, 1],
       [1, 3]], dtype=uint8)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Addresses", "addresses", "dtype_of"]

Addresses = NDArray[np.unsignedinteger[Any]]

TABLES = 128
"""So many tables at a time: what is worked on then fits a core's cache."""


def dtype_of(inputs: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type for an address of so many bits."""
    return np.uint8 if inputs <= 8 else np.uint16


def addresses(across: NDArray[np.bool_], reads: NDArray[np.integer[Any]]) -> Addresses:
    """(samples, tables) of uint8, or of uint16 for tables of more than 8 inputs.

    Args:
        across: the bits of the samples, one row a bit. (bits, samples).
        reads: the bits that each table reads. (tables, inputs).
    """
    tables, inputs = reads.shape
    kind = dtype_of(inputs)
    rows = across.view(np.uint8)
    found = np.zeros((rows.shape[1], tables), kind)
    for start in range(0, tables, TABLES):
        some = reads[start : start + TABLES]
        address = np.zeros((len(some), rows.shape[1]), kind)
        for k in reversed(range(inputs)):
            address <<= kind(1)
            address |= rows.take(some[:, k], axis=0)
        found[:, start : start + TABLES] = address.T
    return found
