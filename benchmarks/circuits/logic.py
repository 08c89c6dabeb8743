"""How quick is a whole classifier of gates, booleans in and classes out, beside what difflogic compiles to C?

difflogic's network is trained by difflogic itself, on the processor, and compiled by its own `CompiledLogicNet`. The
same gates are made a circuit of ours; its outputs are counted class by class, and the class with most of them wins.
Its authors say that the method is patent pending; it is here only to be measured against.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.circuits.layered import layered
from benchmarks.circuits.mnist import digits
from benchmarks.circuits.row import question
from benchmarks.markov.case import Absent, Case, Ready
from catlearn.interpreters.circuits import Evaluator, Netlist, tally
from catlearn.interpreters.circuits.packed import pack_block

__all__ = ["cases"]

Bools = NDArray[np.bool_]
PEER = "difflogic's C"
CLASSES, BATCH = 10, 100
HALF = 127  # a pixel is true above this


def cases(width: int = 2_000, depth: int = 4, rows: int = 10_000, epochs: int = 3) -> Iterator[Case]:
    """One case: the test images of MNIST."""
    size = f"difflogic's network of {depth} x {width:,} gates, MNIST, 10,000 images"
    yield Case("whole classifier", size, partial(ready, width, depth, rows, epochs), {PEER: 0.6})


def ready(width: int, depth: int, rows: int, epochs: int) -> Ready:
    """Train difflogic's network, compile it, and make it a circuit."""
    library = difflogic()
    images, labels, asked, wanted = digits()
    given = np.ascontiguousarray(asked.reshape(len(asked), -1) > HALF)
    with redirect_stdout(StringIO()):  # it reports every layer that it runs
        model = trained(library, images[:rows].reshape(-1, given.shape[1]) > HALF, labels[:rows], width, depth, epochs)
        theirs = library.CompiledLogicNet(model, num_bits=64)
        theirs.compile(opt_level=1)
    circuit = layered(given.shape[1], [tuple(part.tolist() for part in layer) for layer in theirs.layers])
    vote = Votes(circuit, CLASSES)
    right = np.mean(vote(given) == wanted)
    return Ready(
        {"ours": question(lambda: vote(given), one), PEER: question(lambda: theirs(given).numpy().argmax(1), one)},
        [None],
        0.0,
        note=f"{len(circuit):,} of the gates are needed; {right:.1%} right",
    )


def one(classes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """An answer as a list of arrays."""
    return [classes]


def difflogic() -> Any:
    """The library. Raises `Absent` where it, or torch, is not installed.

    Its extension needs Nvidia's compiler; where that is not built, an empty module stands in for it, as none of the
    functions in it runs on the processor.
    """
    if find_spec("torch") is None or find_spec("difflogic") is None:
        raise Absent("difflogic or torch is not installed")
    try:
        import_module("difflogic_cuda")
    except ImportError:
        sys.modules["difflogic_cuda"] = ModuleType("difflogic_cuda")
    return import_module("difflogic")


def trained(library: Any, images: Bools, labels: NDArray[Any], width: int, depth: int, epochs: int) -> Any:
    """A network of theirs with weights learned by Adam."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, y = torch.tensor(images).float(), torch.tensor(labels.astype(np.int64))
    widths = [x.shape[1]] + [width] * depth
    layers = [library.LogicLayer(n, m, device="cpu") for n, m in pairwise(widths)]
    model = torch.nn.Sequential(*layers, library.GroupSum(CLASSES, tau=10.0, device="cpu"))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
            optimizer.step()
    return model.eval()


class Votes:
    """A circuit whose outputs vote for classes: booleans in, class numbers out, in blocks that stay in the cache."""

    def __init__(self, circuit: Netlist, classes: int) -> None:
        self.run = Evaluator(circuit, 32)
        self.classes = classes

    def __call__(self, rows: Bools) -> NDArray[np.int64]:
        """The class with most votes for each row, of several the first."""
        found, block = np.empty(len(rows), np.int64), 64 * self.run.words
        for start in range(0, len(rows), block):
            part = rows[start : start + block]
            words = self.run.block(pack_block(part))
            found[start : start + len(part)] = tally(words, self.classes).argmax(0)[: len(part)]
        return found
