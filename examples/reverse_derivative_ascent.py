"""Reverse derivative ascent, as Wilson and Zanasi published it (arXiv:2101.10488): learning without a single number.

The learner is that of gradients. Its model is a circuit, its loss is the XOR with what is wanted, its optimizer XORs
the parameters with what the reverse derivative asks for, and the whole is a circuit again. Given MNIST, for which see
`cl.circuits.read_mnist`, it tells zeros from ones too:

    python examples/reverse_derivative_ascent.py mnist.npz
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import catlearn as cl

ORDERS = 50


def iris(classes: int, one_hot: bool) -> tuple[cl.circuits.Ascent, float]:
    """A table of 16 entries learns Iris, from four bits for each plant."""
    data = cl.circuits.iris_as_published(classes, one_hot)
    found = cl.circuits.ascent(cl.circuits.lookup_table(4, data.y.shape[1]), data.x, data.y)
    return found, found.accuracy(data.x_test, data.y_test)


def shuffled(classes: int) -> list[float]:
    """The accuracies when the same plants come in other orders."""
    data, rng = cl.circuits.iris_as_published(classes), np.random.default_rng(0)
    model, found = cl.circuits.lookup_table(4, data.y.shape[1]), []
    for _ in range(ORDERS):
        order = rng.permutation(len(data.x))
        learned = cl.circuits.ascent(model, data.x[order], data.y[order])
        found.append(learned.accuracy(data.x_test, data.y_test))
    return found


def zeros_and_ones(path: str) -> float:
    """A mask of 784 bits learns to tell zeros from ones. The mask that does best on held-out digits is kept."""
    data = cl.circuits.mnist_as_published(cl.circuits.read_mnist(path))
    model = cl.circuits.pseudo_linear(data.x.shape[1])
    found = cl.circuits.ascent(model, data.x, data.y, reverse="finite", validation=data.validation, steps=data.steps)
    accuracy = found.accuracy(data.x_test, data.y_test)
    changes = len(found.history) - 1
    print(f"MNIST, 0 and 1: {accuracy:.1%}, with the mask after step {found.kept}; {changes} steps changed it")
    return accuracy


def main(out: str = "out", mnist: str | None = None) -> dict[str, float]:
    """Learn, print and draw; gives the accuracies on what was held out."""
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    figures = {}
    for classes in (2, 3):
        for coding in ("binary", "one-hot"):
            found, figures[f"{classes} {coding}"] = iris(classes, coding == "one-hot")
    print("Iris:", ", ".join(f"{name} {accuracy:.1%}" for name, accuracy in figures.items()))
    orders = shuffled(3)
    print(f"three classes in {ORDERS} random orders: {min(orders):.1%} to {max(orders):.1%}")
    print(f"what was learned last, as gates: {found.circuit}")
    found.draw(folder / "ascent-step.svg")
    cl.circuits.diagram_of(found.circuit).draw(folder / "ascent-circuit.svg")
    if mnist is not None:
        figures["MNIST"] = zeros_and_ones(mnist)
    return figures


if __name__ == "__main__":
    main(mnist=sys.argv[1] if len(sys.argv) > 1 else None)
