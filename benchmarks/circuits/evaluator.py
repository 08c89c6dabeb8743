"""How quick is the packed evaluator, beside straight-line C? Random layers of gates, samples packed 64 a word."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.circuits.layered import layered, random_layers
from benchmarks.circuits.row import question, samples
from benchmarks.circuits.straight import compiled
from benchmarks.markov.case import Case, Question, Ready
from catlearn.interpreters.circuits import Evaluator

__all__ = ["cases"]

SAME, TURNED = "C on the same arrays", "C, one sample word after the other"


def cases(inputs: int = 784, width: int = 2_000, depth: int = 4, words: int = 160) -> Iterator[Case]:
    """One case: the packed words of all input bits in, those of all output bits out."""
    size = f"{width * depth:,} random gates in {depth} layers, {64 * words:,} samples"
    yield Case("packed evaluation", size, partial(ready, inputs, width, depth, words), {SAME: 0.9})


def ready(inputs: int, width: int, depth: int, words: int) -> Ready:
    """Everything that is made once: the circuit, compiled twice by gcc, and our evaluator."""
    circuit = layered(inputs, random_layers(inputs, width, depth))
    given = np.random.default_rng(1).integers(0, 2**64, (inputs, words), dtype=np.uint64)
    run = Evaluator(circuit)
    asked: dict[str, Question] = {"ours": question(lambda: run(given), samples)}
    for name, turned in ((SAME, False), (TURNED, True)):
        asked[name] = question(compiled(circuit, given, turned), samples)
    return Ready(asked, [None], 0.0, note=f"{len(circuit):,} of the gates are needed")
