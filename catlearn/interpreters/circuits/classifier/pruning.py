"""Leaving out tables: those that cannot matter, and those that the accuracy on some rows does not need.

>>> same = np.array([[[0, 1], [0, 1]], [[0, 1], [1, 0]]], bool)
>>> useful(Ensemble(2, np.array([[0], [1]], np.int32), same))
array([1])
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.circuits.classifier.addresses import Addresses
from catlearn.interpreters.circuits.classifier.ballot import BLOCK
from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
from catlearn.interpreters.circuits.classifier.ensemble import Ensemble
from catlearn.interpreters.circuits.classifier.model import Model, addressed

__all__ = ["compacted", "needed", "pruned", "useful"]

Numbers = NDArray[np.intp]
TRIALS = 24
"""How many sizes are tried."""


def pruned(model: Model, rows: NDArray[Any], labels: Numbers, tolerance: float) -> Model:
    """A model of fewer tables that is right on as many of these rows, but for a fraction of them.

    Args:
        model: stays as it is.
        rows, labels: numbers, (rows, columns), and the number of each row's class.
        tolerance: the fraction of the rows on which it may do worse.
    """
    kept = useful(model.ensemble)
    ensemble = model.ensemble.only(kept)
    found = addressed(rows, model.encoding, ensemble.reads)
    return compacted(Model(model.encoding, ensemble.only(needed(ensemble, found, labels, tolerance))))


def useful(ensemble: Ensemble) -> Numbers:
    """The tables that do not vote alike for all classes at every row; the others change no prediction.

    Where there are none, the first is kept.
    """
    found = np.flatnonzero((ensemble.entries != ensemble.entries[:1]).any(axis=(0, 2)))
    return found if len(found) else np.arange(1)


def needed(ensemble: Ensemble, addresses: Addresses, labels: Numbers, tolerance: float) -> Numbers:
    """The fewest tables that are found to be enough, sorted: those that help the closest calls most go first.

    Sizes are tried from small to large, so the accuracy is measured, not estimated.
    """
    votes = ensemble.ballot.count(addresses)
    least = (votes.argmax(1) == labels).mean() - tolerance
    order = np.argsort(-_help(ensemble, addresses, labels, votes), kind="stable")
    for size in np.unique(np.geomspace(1, max(len(order), 1), TRIALS).astype(int)).tolist():
        some = np.sort(order[:size])
        found = ensemble.only(some).ballot.count(np.ascontiguousarray(addresses[:, some]))
        if (found.argmax(1) == labels).mean() >= least:
            return some
    return np.arange(ensemble.tables)


def _help(ensemble: Ensemble, addresses: Addresses, labels: Numbers, votes: NDArray[np.int32]) -> NDArray[np.int64]:
    """For each table, how often it voted for the true class and not the best rival, less how often the reverse.

    It is summed over the half of the rows where the lead is smallest.
    """
    rows = np.arange(len(labels))
    others = votes.copy()
    others[rows, labels] = -1
    rivals = others.argmax(1)
    lead = votes[rows, labels] - votes[rows, rivals]
    found, tables = np.zeros(ensemble.tables, np.int64), np.arange(ensemble.tables)
    close = np.flatnonzero(lead <= np.median(lead))
    for start in range(0, len(close), BLOCK):
        some = close[start : start + BLOCK]
        at = tables, addresses[some]
        ours = ensemble.entries[labels[some][:, None], at[0], at[1]]
        theirs = ensemble.entries[rivals[some][:, None], at[0], at[1]]
        found += ours.sum(0) - theirs.sum(0, dtype=np.int64)
    return found


def compacted(model: Model) -> Model:
    """The same without the encoded bits that no table reads."""
    used, reads = np.unique(model.ensemble.reads, return_inverse=True)
    old = model.encoding
    encoding = Comparisons(old.features, old.columns[used], old.thresholds[used])
    found = reads.reshape(model.ensemble.reads.shape).astype(np.int32)
    return Model(encoding, Ensemble(len(used), found, model.ensemble.entries))
