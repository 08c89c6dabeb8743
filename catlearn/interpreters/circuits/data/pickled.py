"""Arrays out of a pickle, without running anything that stands in it.

A pickle is a program, and whoever wrote it says what it calls. Here the few names that numpy's own arrays need stand
for inert notes of what was asked, every other name is refused, and arrays are made of the notes afterwards, once kinds,
sizes and bytes fit together. Nothing from the file reaches numpy before.

>>> import pickle
>>> pair = np.eye(2, dtype="float32"), np.array([1, 0])
>>> [[array.tolist() for array in both] for both in unpickled(Path("a.pkl"), pickle.dumps((pair, pair)))][0]
[[[1.0, 0.0], [0.0, 1.0]], [1, 0]]
"""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import FileProblem
from catlearn.interpreters.circuits.data.content import named

__all__ = ["unpickled"]

KINDS = {f"{kind}{size}" for kind, sizes in (("f", (4, 8)), ("i", (1, 2, 4, 8)), ("u", (1, 2, 4, 8))) for size in sizes}
ARRAYS = {"numpy.core.multiarray", "numpy._core.multiarray"}
BUFFERS = {"numpy.core.numeric", "numpy._core.numeric"}
KNOWN = {
    **{(module, "_reconstruct"): "array" for module in ARRAYS},
    **{(module, "_frombuffer"): "buffer" for module in BUFFERS},
    ("numpy", "ndarray"): "class",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "bytes",
}


class _Note:
    """A name of the file, or a call of one, with the state that was set."""

    __slots__ = ("name", "state", "values")

    def __init__(self, name: str, values: tuple[Any, ...] = ()) -> None:
        self.name, self.values = name, values
        self.state: Any = ()

    def __call__(self, *values: Any) -> _Note:
        return _Note(self.name, values)

    def __setstate__(self, state: Any) -> None:
        self.state = state


# The reader that is written in Python: its memo is a dictionary, so that a forged index costs no memory.
class _Reader(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> _Note:
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no array needs")
        return _Note(KNOWN[module, name])


def unpickled(path: Path, data: bytes) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Pairs of arrays, from a pickle of a tuple or list of such pairs.

    Args:
        path: the file that an error names.
        data: the pickle's bytes, of any protocol.

    Raises:
        FileProblem: when it holds anything else, names anything but numpy's arrays, or is cut short.
    """
    try:
        found = _Reader(io.BytesIO(data), encoding="bytes").load()
        return [(_array(images), _array(labels)) for images, labels in found]
    except Exception as error:  # a damaged pickle can end in any error at all
        raise FileProblem(f"{path}: is no pickle of MNIST ({named(error)}); get it from where it is trusted") from None


def _array(note: Any) -> NDArray[Any]:
    """The array that was noted."""
    if not isinstance(note, _Note) or note.name not in ("array", "buffer"):
        raise ValueError("it holds something that is no array")
    if note.name == "array":
        _, shape, dtype, fortran, data = note.state
    else:
        data, dtype, shape, order = note.values
        fortran = _text(order) == "F"
    kind, raw = _kind(dtype), _raw(data)
    if not isinstance(shape, tuple) or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("an array has sizes that are no numbers")
    if math.prod(shape) * kind.itemsize != len(raw):
        raise ValueError(f"an array of shape {shape} has {len(raw)} bytes")
    return np.frombuffer(raw, kind).reshape(shape, order="F" if fortran else "C")


def _kind(note: Any) -> np.dtype[Any]:
    name = _text(note.values[0]) if isinstance(note, _Note) and note.name == "dtype" and note.values else ""
    if name not in KINDS:
        raise ValueError("an array is not of numbers")
    order = _text(note.state[1]) if len(note.state) > 1 else "="
    return np.dtype((">" if order == ">" else "<") + name)


def _raw(data: Any) -> bytes:
    """Bytes; Python 3 writes them as Latin text in the older protocols."""
    if isinstance(data, _Note) and data.name == "bytes" and len(data.values) == 2:
        data = _text(data.values[0]).encode("latin1")
    if not isinstance(data, bytes | bytearray):
        raise ValueError("an array has no bytes")
    return bytes(data)


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)
