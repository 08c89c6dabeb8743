"""Which row of its table each sample addresses: the bits that the table reads, as a number, the lowest bit first.

>>> import numpy as np
>>> bits = np.array([[0, 1, 1], [1, 0, 1]], bool)
>>> addresses(bits.T, np.array([[0, 1], [2, 0]]))
array([[2, 1],
       [1, 3]], dtype=uint8)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Addresses", "addresses", "dtype_of", "parts"]

Addresses = NDArray[np.unsignedinteger[Any]]
Bools = NDArray[np.bool_]
Reads = NDArray[np.integer[Any]]

TABLES = 128
"""At most so many tables at a time: what is worked on then fits a core's cache."""

BYTE = 8


def dtype_of(inputs: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type for an address of so many bits."""
    return np.uint8 if inputs <= BYTE else np.uint16


def addresses(across: Bools, reads: Reads) -> Addresses:
    """(samples, tables) of uint8, or of uint16 for tables of more than 8 inputs.

    Args:
        across: the bits of the samples, one row a bit. (bits, samples).
        reads: the bits that each table reads. (tables, inputs).
    """
    tables, inputs = reads.shape
    found = np.empty((across.shape[1], tables), dtype_of(inputs))
    start = 0
    for part in parts(across, reads):
        found[:, start : start + len(part)] = part.T
        start += len(part)
    return found


def parts(across: Bools, reads: Reads, most: int = TABLES) -> Iterator[Addresses]:
    """The same a few tables at a time, at most so many; each part is (tables, samples).

    >>> import numpy as np
    >>> [part.tolist() for part in parts(np.array([[0, 1], [1, 1]], bool), np.array([[0, 1], [1, 0]]), most=1)]
    [[[2, 3]], [[1, 3]]]
    """
    rows, size = across.view(np.uint8), min(most, TABLES)
    for start in range(0, len(reads), size):
        some = reads[start : start + size]
        low = _byte(rows, some[:, :BYTE])
        if some.shape[1] > BYTE:
            yield low | _byte(rows, some[:, BYTE:]).astype(np.uint16) << np.uint16(BYTE)
        else:
            yield low


def _byte(rows: NDArray[np.uint8], some: Reads) -> NDArray[np.uint8]:
    """The numbers that up to 8 bits make, the lowest first. (tables, samples)."""
    found = np.zeros((len(some), rows.shape[1]), np.uint8)
    bit = np.empty_like(found)
    for k in reversed(range(some.shape[1])):
        # Adding is quicker than shifting: it is done for many bytes at once.
        np.add(found, found, out=found)
        found |= rows.take(some[:, k], axis=0, out=bit, mode="clip")
    return found
