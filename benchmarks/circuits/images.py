"""How well, and in what time, do voting tables learn MNIST? On one core beside a Tsetlin machine, and on all cores.

Seconds are those of a clock on the wall where threads work together, and the processor's where one does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.circuits.mnist import Images, Labels, digits
from benchmarks.circuits.row import CircuitRow
from benchmarks.markov.case import Absent
from benchmarks.measure import once
from catlearn.interpreters.circuits.classifier import Classifier

__all__ = ["rows"]

CASE = "voting tables learned"
SECONDS, RIGHT = 25.0, 0.98
SOME = 10_000
DARK = 75  # a pixel is true above this, for the Tsetlin machine
PEER = "green-tsetlin, 3 passes"

Set = tuple[Images, Labels, Images, Labels]


ALL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("pixels in no order, 4,000 tables of 9", {"tables": 4_000, "inputs": 9}),
    ("windows, 3,000 tables of 9", {"tables": 3_000, "inputs": 9, "image": (28, 28)}),
)
"""What learns all images: the last are told where pixels are."""


def rows() -> Iterator[CircuitRow]:
    """All of MNIST twice, and what is learned of its first 10,000 images."""
    less = f"MNIST, {SOME:,} images, 1,000 tables of 7"
    try:
        images = digits()
    except Absent as error:
        yield CircuitRow(CASE, less, 0.0, note=f"skipped: {error}")
        return
    for words, settings in ALL:
        with every_core() as cores:
            clf = Classifier(random_state=0, n_jobs=cores, **settings)
            seconds, right = learned(clf, images)
        note = f"{right:.2%} right; {cores} threads, by the clock"
        size = f"MNIST, {len(images[0]):,} images, {words}"
        yield CircuitRow(CASE, size, seconds, {}, note, {}, {"run": SECONDS}, right=right, least=RIGHT)
    yield _beside(images, less)


def learned(clf: Classifier, images: Set) -> tuple[float, float]:
    """Seconds of the fit by the clock, and the share of the test images that are named rightly."""
    train, labels, test, wanted = images
    start = perf_counter()
    clf.fit(train, labels)
    return perf_counter() - start, clf.score(test, wanted)


@contextmanager
def every_core() -> Iterator[int]:
    """Let threads run on all cores for a while; gives how many there are."""
    if not hasattr(os, "sched_setaffinity"):
        yield os.cpu_count() or 1
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield len(os.sched_getaffinity(0))
    finally:
        os.sched_setaffinity(0, before)


def _beside(images: Set, size: str) -> CircuitRow:
    some: Set = images[0][:SOME], images[1][:SOME], *images[2:]
    clf = Classifier(tables=1_000, inputs=7, random_state=0)
    seconds = once(partial(clf.fit, *some[:2]))
    right = clf.score(*some[2:])
    if find_spec("green_tsetlin") is None:
        return CircuitRow(CASE, size, seconds, {}, f"{right:.1%} right; green-tsetlin is not installed")
    theirs, share = tsetlin(some)
    return CircuitRow(CASE, size, seconds, {PEER: theirs}, f"{right:.1%} right, the Tsetlin machine {share:.1%}")


def tsetlin(images: Set, clauses: int = 2_000, epochs: int = 3) -> tuple[float, float]:
    """Seconds in which a Tsetlin machine learns, without those of its tests, and its share of right answers."""
    import green_tsetlin

    train, labels, test, wanted = images
    bits = [(part.reshape(len(part), -1) > DARK).astype(np.uint8) for part in (train, test)]
    machine = green_tsetlin.TsetlinMachine(bits[0].shape[1], clauses, 10, s=10.0, threshold=clauses)
    trainer = green_tsetlin.Trainer(machine, seed=1, n_epochs=epochs, progress_bar=False, load_best_state=False)
    trainer.set_train_data(bits[0], labels.astype(np.uint32))
    trainer.set_eval_data(bits[1], wanted.astype(np.uint32))
    found = trainer.train()
    return sum(found["train_time_of_epochs"]), found["eval_log"][-1]
