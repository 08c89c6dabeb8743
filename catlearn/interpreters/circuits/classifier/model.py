"""Rows of numbers to votes: an encoding, and the tables that read its bits.

>>> import numpy as np
>>> from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
>>> encoding = Comparisons(1, np.array([0]), np.array([0.5]))
>>> model = Model(encoding, Ensemble(1, np.array([[0]]), np.array([[[1, 0]], [[0, 1]]], bool)))
>>> model.votes(np.array([[0.2], [0.9]]))
array([[1, 0],
       [0, 1]], dtype=int32)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.circuits.classifier.addresses import Addresses, addresses, dtype_of
from catlearn.interpreters.circuits.classifier.ballot import Votes
from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
from catlearn.interpreters.circuits.classifier.ensemble import Ensemble
from catlearn.interpreters.circuits.classifier.threads import Spread, alone

__all__ = ["BLOCK", "Model", "addressed"]

BLOCK = 2048
"""So many rows are encoded at a time."""


@dataclass(frozen=True, eq=False)
class Model:
    """What a classifier has learned.

    Attributes:
        encoding: from rows to bits.
        ensemble: from bits to votes.
    """

    encoding: Comparisons
    ensemble: Ensemble

    def votes(self, rows: NDArray[Any], spread: Spread = alone) -> Votes:
        """How many tables vote for each class, (rows, classes). Args: rows, numeric, (rows, columns)."""
        found = np.empty((len(rows), self.ensemble.classes), np.int32)
        self.ensemble.ballot  # noqa: B018  # made once, before threads ask for it

        def work(part: slice) -> None:
            for start in range(part.start, part.stop, BLOCK):
                block = slice(start, min(start + BLOCK, part.stop))
                found[block] = self.ensemble.votes_across(self.encoding.across(rows[block]))

        spread(work, len(rows))
        return found


def addressed(rows: NDArray[Any], encoding: Comparisons, reads: NDArray[np.int32], spread: Spread = alone) -> Addresses:
    """The row of each table that each row of the data addresses, (rows, tables), encoded block by block."""
    found = np.empty((len(rows), len(reads)), dtype_of(reads.shape[1]))

    def work(part: slice) -> None:
        for start in range(part.start, part.stop, BLOCK):
            block = slice(start, min(start + BLOCK, part.stop))
            found[block] = addresses(encoding.across(rows[block]), reads)

    spread(work, len(rows))
    return found
