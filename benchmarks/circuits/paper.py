"""How long do the five published figures of reverse derivative ascent take, and are they those that were published?

P. Wilson and F. Zanasi, arXiv:2101.10488, Table 1: Iris with two and three classes, binary and one-hot, and MNIST.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from benchmarks.circuits.mnist import place
from benchmarks.circuits.row import CircuitRow
from benchmarks.markov.case import Absent
from benchmarks.measure import once
from catlearn.interpreters import circuits

__all__ = ["rows"]

CASE = "reverse derivative ascent"
SECONDS = 2.0
IRIS = {(2, False): 49, (2, True): 49, (3, False): 55, (3, True): 55}
"""How many of the held-out plants are named rightly, by classes and coding."""
ONES = 2098
"""How many of 2,115 zeros and ones are."""


def rows(rounds: int) -> Iterator[CircuitRow]:
    """Iris, and zeros against ones: seconds with the data at hand. Raises `ArithmeticError` for another figure."""
    yield _iris(rounds)
    try:
        data = circuits.mnist_as_published(circuits.read_mnist(place()))
    except Absent as error:
        yield CircuitRow(CASE, "MNIST, zeros and ones", 0.0, note=f"skipped: {error}")
        return
    seconds = min(ones(data) for _ in range(min(rounds, 3)))
    yield CircuitRow(CASE, "MNIST, zeros and ones", seconds, {}, "2,098 of 2,115", {}, {"run": SECONDS})


def _iris(rounds: int) -> CircuitRow:
    limits = {"run": SECONDS}
    if find_spec("sklearn") is None:
        return CircuitRow(CASE, "Iris", 0.0, note="skipped: scikit-learn is not installed", limits=limits)
    seconds = min(iris() for _ in range(rounds))
    return CircuitRow(CASE, "Iris, four experiments", seconds, {}, "49, 49 of 50; 55, 55 of 75", {}, limits)


def iris() -> float:
    """Seconds for the four experiments on Iris."""
    sets = [(circuits.iris_as_published(classes, one_hot), right) for (classes, one_hot), right in IRIS.items()]

    def learn() -> None:
        for data, right in sets:
            found = circuits.ascent(circuits.lookup_table(4, data.y.shape[1]), data.x, data.y)
            _check(found.accuracy(data.x_test, data.y_test) * len(data.x_test), right)

    return once(learn)


def ones(data: circuits.Experiment) -> float:
    """Seconds for zeros against ones."""
    model = circuits.pseudo_linear(data.x.shape[1])

    def learn() -> None:
        found = circuits.ascent(
            model, data.x, data.y, reverse="finite", validation=data.validation, steps=data.steps, show=False
        )
        _check(found.accuracy(data.x_test, data.y_test) * len(data.x_test), ONES)

    return once(learn)


def _check(right: float, published: int) -> None:
    if round(right) != published:
        raise ArithmeticError(f"{right:.0f} rows are right, and {published} were published")
