"""Convolutional tables: each reads bits of one window of a picture, and may be slid over neighboring places.

A table that is slid has one set of entries. It is addressed at each place, and all its votes count.

>>> import numpy as np
>>> picture = Picture((4, 4), (2, 2), slide=2)
>>> reads = window_subsets(Comparisons(16, np.arange(16), np.zeros(16)), np.arange(16), picture, 1, 2,
...                        np.random.default_rng(0))
>>> (reads - reads[0]).tolist()
[[0, 0], [1, 1], [4, 4], [5, 5]]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, short
from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
from catlearn.interpreters.circuits.classifier.subsets import Reads

__all__ = ["Picture", "check_picture", "window_subsets"]


@dataclass(frozen=True)
class Picture:
    """The height and width of pictures, and of the windows that tables look through.

    A table is addressed at `slide` places down and `slide` places across, one pixel apart.
    """

    shape: tuple[int, int]
    window: tuple[int, int]
    slide: int = 1

    @property
    def places(self) -> int:
        """At how many places a table is addressed."""
        return self.slide**2

    @property
    def reach(self) -> tuple[int, int]:
        """The height and width of all that a table sees, at all its places."""
        return self.window[0] + self.slide - 1, self.window[1] + self.slide - 1


def window_subsets(
    encoded: Comparisons,
    live: NDArray[np.integer[Any]],
    picture: Picture,
    tables: int,
    inputs: int,
    rng: np.random.Generator,
) -> Reads:
    """(places * tables, inputs): for each place of the picture's slide, the bits that each table reads there.

    At one place a table reads distinct bits of one window, which lies anywhere in the picture.

    Args:
        encoded: says which column each bit reads; columns are pixels, row by row, perhaps with channels.
        live: the bits that may be read.
        picture: its shape, that of windows, and how far they are slid.
        tables, inputs: how many tables, and how many bits each reads.
        rng: chooses.

    Raises:
        InputMismatch: where no window has enough bits that vary, or a table is to be slid over columns whose bits have
            other thresholds.
    """
    shifts = _shifts(encoded, picture)
    (height, width), (tall, wide) = picture.shape, picture.window
    pixel = encoded.columns[live] // (encoded.features // (height * width))
    down, right = np.divmod(pixel, width)
    seen = np.zeros((height + 1, width + 1), np.int64)
    np.add.at(seen, (down + 1, right + 1), 1)
    seen = seen.cumsum(0).cumsum(1)
    counts = seen[tall:, wide:] - seen[:-tall, wide:] - seen[tall:, :-wide] + seen[:-tall, :-wide]
    counts = counts[: height - picture.reach[0] + 1, : width - picture.reach[1] + 1]
    places = np.argwhere(counts >= inputs)
    if not len(places):
        said = f"no window of {tall} by {wide} pixels has {inputs} bits that vary, at most {counts.max()}"
        raise InputMismatch(f"Classifier: {said}; give a larger window, or fewer inputs")
    reads = np.empty((tables, inputs), np.int32)
    for table, (top, left) in enumerate(places[rng.integers(len(places), size=tables)].tolist()):
        inside = (down >= top) & (down < top + tall) & (right >= left) & (right < left + wide)
        reads[table] = rng.choice(live[inside], inputs, replace=False)
    return np.concatenate([reads + shift for shift in shifts]).astype(np.int32)


def _shifts(encoded: Comparisons, picture: Picture) -> list[int]:
    """For each place, by how much the numbers of bits are larger there."""
    if picture.slide == 1:
        return [0]
    levels = len(encoded) // encoded.features
    regular = np.array_equal(encoded.columns, np.repeat(np.arange(encoded.features), levels))
    if not regular or len(np.unique(encoded.thresholds)) != levels:
        said = "columns have thresholds of their own, so a table cannot be slid from one to another"
        raise InputMismatch(f"Classifier: {said}; give encoding=Threshold(), or slide=1")
    height, width = picture.shape
    pixel = len(encoded) // (height * width)
    return [(down * width + right) * pixel for down in range(picture.slide) for right in range(picture.slide)]


def check_picture(image: Any, window: Any, slide: int, features: int) -> Picture | None:
    """The shapes of pictures and of windows, for None about a third of a picture's; None where rows are no pictures.

    >>> check_picture((28, 28), None, 2, 784)
    Picture(shape=(28, 28), window=(10, 10), slide=2)

    Raises:
        InputMismatch: where one is no shape, or rows have another number of columns, or a window is too large.
    """
    if image is None:
        if window is not None or slide > 1:
            given = "slide" if window is None else "window"
            raise InputMismatch(f"Classifier: {given} is given without image; give the pictures' shape as image")
        return None
    sizes = _sizes(image, (2, 3), "image", "(28, 28)")
    if int(np.prod(sizes)) != features:
        said = " x ".join(map(str, sizes))
        raise InputMismatch(f"Classifier: image is {said} but rows have {features} columns; give the picture's shape")
    shape = sizes[0], sizes[1]
    third = -(-shape[0] // 3), -(-shape[1] // 3)
    tall, wide = third if window is None else _sizes(window, (2,), "window", "(10, 10)")
    found = Picture(shape, (tall, wide), slide)
    if found.reach[0] > shape[0] or found.reach[1] > shape[1]:
        said = f"a window of {tall} by {wide}, slid over {slide} by {slide} places,"
        raise InputMismatch(
            f"Classifier: {said} is larger than a picture of {shape[0]} by {shape[1]}; give a smaller one"
        )
    return found


def _sizes(given: Any, lengths: Sequence[int], name: str, example: str) -> tuple[int, ...]:
    listed = tuple(given) if isinstance(given, Sequence | np.ndarray) else ()
    if len(listed) not in lengths or not all(isinstance(n, int | np.integer) and n > 0 for n in listed):
        raise InputMismatch(f"Classifier: {name} is {short(given)}; give whole numbers such as {example}")
    return tuple(int(n) for n in listed)
