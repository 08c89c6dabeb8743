"""The paper's experiments: how Wilson and Zanasi (arXiv:2101.10488) made bits of Iris and of MNIST, and split them.

>>> from catlearn.interpreters.circuits.ascending.models import lookup_table
>>> from catlearn.interpreters.circuits.ascending.run import ascent
>>> data = iris_as_published(classes=2)
>>> found = ascent(lookup_table(4, 1), data.x, data.y)
>>> round(100 * found.accuracy(data.x_test, data.y_test), 1)
98.0
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, MissingExtra, short
from catlearn.interpreters.circuits.data.digits import Mnist

__all__ = ["Experiment", "iris_as_published", "mnist_as_published"]

Flags = NDArray[np.bool_]

MISTAKEN = [4.9, 3.1, 1.5, 0.1]
"""What the file of the UCI repository has in two rows that scikit-learn has corrected to Fisher's numbers."""

TRAINED, INK, STEPS = 11_400, 32, 999


@dataclass(frozen=True, eq=False)
class Experiment:
    """Samples and wanted bits, in the order of the pass; each is (samples, bits) of bool.

    Attributes:
        x, y: to learn from.
        x_test, y_test: to be tested on.
        validation: inputs and targets to choose the best parameters by, or None.
        steps: how many samples to go through, or None for all.
    """

    x: Flags
    y: Flags
    x_test: Flags
    y_test: Flags
    validation: tuple[Flags, Flags] | None = None
    steps: int | None = None


def iris_as_published(classes: int = 3, one_hot: bool = False, corrected: bool = False) -> Experiment:
    """Iris in four bits: each measurement in the upper half of its range; 25 plants of each class to learn from.

    The plants are sorted by class, so that a pass sees one class after the other.

    Args:
        classes: 2 or 3; the range of a measurement is that among these.
        one_hot: whether a class is the place of a 1, or a binary number.
        corrected: whether two rows are as Fisher printed them, and not as in the file that the paper used.

    Raises:
        InputMismatch: for another number of classes.
        MissingExtra: without scikit-learn, which brings the data.

    >>> iris_as_published(3, one_hot=True).y[[0, 30, 60]].astype(int).tolist()
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    """
    if classes not in (2, 3):
        raise InputMismatch(f"iris_as_published: there are experiments with 2 and 3 classes, not {short(classes)}")
    plants, species = _iris()
    if not corrected:
        plants[[34, 37]] = MISTAKEN
    plants, species = plants[species < classes], species[species < classes]
    low, high = plants.min(axis=0), plants.max(axis=0)
    x = (plants - low) / (high - low) > 0.5
    codes = np.arange(classes)[:, None]
    y = (codes == np.arange(classes) if one_hot else codes >> np.arange((classes - 1).bit_length()) & 1 == 1)[species]
    train = np.concatenate([np.flatnonzero(species == c)[:25] for c in range(classes)])
    test = np.concatenate([np.flatnonzero(species == c)[25:] for c in range(classes)])
    return Experiment(x[train], y[train], x[test], y[test])


def _iris() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    try:
        from sklearn.datasets import load_iris
    except ImportError:
        raise MissingExtra(
            "iris_as_published: reads the data that scikit-learn brings; pip install catlearn-diagrams[demo]"
        ) from None
    plants, species = load_iris(return_X_y=True)
    return np.array(plants, np.float64), np.asarray(species, np.int64)


def mnist_as_published(digits: Mnist) -> Experiment:
    """The zeros and ones of MNIST: a bit is a pixel above 32 of 255, and 1 is wanted for a one.

    The first 11,400 of them are to learn from, the others of the training set choose the best parameters, and only 999
    steps are made.

    Raises:
        InputMismatch: for digits of which fewer than these are zeros and ones, as `read_mnist` gives more.
    """
    x, y = _zeros_and_ones(digits.images, digits.labels)
    if len(x) <= TRAINED:
        raise InputMismatch(
            f"mnist_as_published: needs more than {TRAINED} zeros and ones, not {len(x)}; give all of MNIST"
        )
    held_out = x[TRAINED:], y[TRAINED:]
    test = _zeros_and_ones(digits.test_images, digits.test_labels)
    return Experiment(x[:TRAINED], y[:TRAINED], *test, validation=held_out, steps=STEPS)


def _zeros_and_ones(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> tuple[Flags, Flags]:
    chosen = labels <= 1
    return images[chosen] > INK, labels[chosen, None] == 1
