"""Arrays in and out of a command: npz files, read without running anything that they hold.

>>> import numpy as np
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "in.npz").write_bytes(packed({"x": np.arange(3.0)}))
...     read_arrays(Path(folder, "in.npz"))["x"]
array([0., 1., 2.])
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import FileProblem, InputMismatch

__all__ = ["as_json", "packed", "read_arrays"]

Array = NDArray[Any]


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of an npz file, by name.

    Raises:
        FileProblem: when the file is missing, is no npz file, is cut short, or holds Python objects.
        InputMismatch: when an array holds a value that is not a number.
    """
    try:
        file = np.load(io.BytesIO(path.read_bytes()), allow_pickle=False)
        found = None if isinstance(file, np.ndarray) else {name: _checked(file[name]) for name in file.files}
    except MemoryError:
        raise FileProblem(f"cannot read {path}: there is no memory for its arrays; give smaller ones") from None
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or "it is not a whole npz file of plain arrays"
        raise FileProblem(f"cannot read {path}: {reason}; numpy.savez writes such files") from None
    if found is None:
        raise FileProblem(f"{path}: holds one array without a name; save it with numpy.savez(file, x=...)")
    for name, array in found.items():
        _check_numbers(path, name, array)
    return found


def _checked(part: Any) -> Array:
    """What is in a part of the file. What is no array there numpy gives as bytes."""
    if not isinstance(part, np.ndarray):
        raise ValueError("no array")
    return part


def _check_numbers(path: Path, name: str, array: Array) -> None:
    if array.dtype.kind == "f" and (bad := np.argwhere(np.isnan(array))).size:
        where = tuple(map(int, bad[0]))
        raise InputMismatch(f"{path}: {name} holds NaN at {where}; remove or replace what is not a number")


def packed(arrays: Mapping[str, Array]) -> bytes:
    """The bytes of an npz file with these arrays; the same bytes for the same arrays."""
    file = io.BytesIO()
    # numpy.savez takes no array that is called `file`, as a variable may be.
    with zipfile.ZipFile(file, "w") as whole:
        for name, array in arrays.items():
            with whole.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as part:
                np.lib.format.write_array(part, np.asanyarray(array), allow_pickle=False)
    return file.getvalue()


def as_json(arrays: Mapping[str, Array]) -> str:
    """The arrays as nested lists; what is not finite is written as the text "nan", "inf" or "-inf".

    >>> as_json({"y0": np.array([1.0, np.inf])})
    '{"y0": [1.0, "inf"]}'
    """
    return json.dumps({name: _plain(array.tolist()) for name, array in arrays.items()}, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value if np.isfinite(value) else str(value)
