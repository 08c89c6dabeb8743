"""IDX, the format of MNIST's own files: two zeros, a kind, how many axes, their sizes, and the bytes.

>>> idx(Path("labels"), bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
array([7, 2, 1], dtype=uint8)
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import FileProblem

__all__ = ["idx"]

UNSIGNED = 8
MOST_AXES = 3


def idx(path: Path, data: bytes) -> NDArray[np.uint8]:
    """The array of unsigned bytes in the content of an IDX file.

    Args:
        path: the file that an error names.
        data: its bytes, unzipped.

    Raises:
        FileProblem: for another format or kind, or where there are more or fewer bytes than its sizes say.
    """
    kind, axes = (data[2], data[3]) if len(data) >= 4 and data[:2] == b"\0\0" else (0, 0)
    if kind != UNSIGNED or not 1 <= axes <= MOST_AXES:
        raise FileProblem(
            f"{path}: is no IDX file of bytes: it starts with {data[:4].hex(' ') or 'nothing'}; get it again"
        )
    start = 4 + 4 * axes
    sizes = [int.from_bytes(data[k : k + 4], "big") for k in range(4, start, 4)]
    wanted = start + math.prod(sizes)
    if len(data) != wanted:
        what = "is cut short" if len(data) < wanted else "is too long"
        raise FileProblem(f"{path}: {what}: {len(data)} bytes where its sizes {sizes} need {wanted}; get it again")
    return np.frombuffer(data, np.uint8, offset=start).reshape(sizes)
