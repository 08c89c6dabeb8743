"""Pictures of digits as bytes, whatever a file holds them as.

>>> pictures, labels = np.array([[0.0, 1.0, 0.2]]), np.array([7])
>>> checked("a.npz", pictures, labels, pictures, labels).images
array([[  0, 255,  51]], dtype=uint8)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import FileProblem

__all__ = ["Mnist", "checked"]

CLASSES = 10

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Mnist:
    """Pictures and the digits that they show.

    Attributes:
        images, test_images: (samples, pixels) of uint8, from 0 for paper to 255 for ink.
        labels, test_labels: (samples,) of uint8, from 0 to 9.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.uint8]

    def __repr__(self) -> str:
        count, pixels = self.images.shape
        return f"Mnist({count} images of {pixels} pixels, and {len(self.test_images)} to test with)"


def checked(where: str, images: Array, labels: Array, test_images: Array, test_labels: Array) -> Mnist:
    """Digits out of arrays, if those go together.

    Args:
        where: the file that an error names.
        images, test_images: (samples, pixels) or (samples, rows, columns): bytes, or floats from 0 to 1.
        labels, test_labels: (samples,) of whole numbers.

    Raises:
        FileProblem: for other shapes, pixels or labels.
    """
    train, test = (_pair(where, *pair) for pair in ((images, labels), (test_images, test_labels)))
    if train[0].shape[1] != test[0].shape[1]:
        raise FileProblem(
            f"{where}: pictures have {train[0].shape[1]} pixels to learn from and {test[0].shape[1]} to test with"
        )
    return Mnist(*train, *test)


def _pair(where: str, images: Array, labels: Array) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    if images.ndim not in (2, 3) or labels.ndim != 1 or len(images) != len(labels) or not images.size:
        raise FileProblem(
            f"{where}: pictures of shape {images.shape} and labels of shape {labels.shape} do not go together; "
            "get it again"
        )
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= CLASSES:
        raise FileProblem(f"{where}: labels must be whole numbers from 0 to {CLASSES - 1}; get it again")
    return _bytes(where, images.reshape(len(images), -1)), labels.astype(np.uint8)


def _bytes(where: str, images: Array) -> NDArray[np.uint8]:
    """Gray values as bytes; floats are bytes, or bytes divided by 255 or 256."""
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "fiu" or not (images.min() >= 0 and images.max() <= 255):
        raise FileProblem(f"{where}: pixels must be bytes, or floats from 0 to 1, not {images.dtype}; get it again")
    if images.max() > 1:
        return _whole(where, images)
    scaled = [(images * images.dtype.type(by), by) for by in (256, 255)] if images.dtype.kind == "f" else []
    found = next((made for made, by in scaled if (np.rint(made) == made).all()), images * 255)
    gray: NDArray[np.uint8] = np.rint(found).clip(0, 255).astype(np.uint8)
    return gray


def _whole(where: str, images: Array) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = images.astype(np.uint8)
    if (found != images).any():
        raise FileProblem(f"{where}: pixels above 1 must be whole numbers; get it again")
    return found
