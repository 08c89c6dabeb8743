"""Counting votes: the bits of all classes at a row of a table lie in one word, so that one addition counts them all.

A word of 64 bits has a lane for each class. As many tables are added as a lane can count; then the lanes are read.

>>> import numpy as np
>>> ballot = Ballot.of(np.array([[[0, 1], [1, 1]], [[1, 0], [0, 0]]], bool))
>>> ballot.count(np.array([[0, 0], [1, 0], [1, 1]], np.uint8))
array([[1, 1],
       [2, 0],
       [2, 0]], dtype=int32)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.circuits.classifier.addresses import Addresses

__all__ = ["Ballot", "Votes"]

Votes = NDArray[np.int32]
Words = NDArray[np.uint64]

LANES = 10
"""At most so many lanes a word: with more, a lane counts few tables; with fewer, more words are looked up."""

BLOCK = 32
"""So many samples at a time: their addresses and words then fit a core's cache."""


@dataclass(frozen=True, eq=False)
class Ballot:
    """Words that hold the bits of tables; `flip` changes them in place, which only the learner does.

    Attributes:
        classes, tables, rows: how many there are; rows is 2**inputs.
        words: (words of a row, tables * rows) of uint64.
        places: how often each table is addressed; addresses have all tables for each place in turn.
    """

    classes: int
    tables: int
    rows: int
    words: Words
    places: int = 1

    @classmethod
    def blank(cls, classes: int, tables: int, rows: int, places: int = 1) -> Ballot:
        """The ballot of tables that are all 0."""
        return cls(classes, tables, rows, np.zeros((-(-classes // LANES), tables * rows), np.uint64), places)

    @classmethod
    def of(cls, bits: NDArray[np.bool_]) -> Ballot:
        """The ballot of tables. Args: bits, (classes, tables, rows)."""
        ballot = cls.blank(*bits.shape)
        for c, plane in enumerate(bits.reshape(len(bits), -1)):
            ballot.flip(c, np.flatnonzero(plane), up=True)
        return ballot

    @property
    def lanes(self) -> int:
        """How many lanes a word has."""
        return -(-self.classes // len(self.words))

    @property
    def width(self) -> int:
        """How many bits a lane has."""
        return 64 // self.lanes

    @property
    def offsets(self) -> NDArray[np.intp]:
        """Where the rows of each table start, for each place in turn. (places * tables,)."""
        return np.tile(np.arange(self.tables, dtype=np.intp) * self.rows, self.places)

    def flip(self, c: int, entries: NDArray[np.intp], up: bool) -> None:
        """Turn distinct entries of one class, which are all 0 and go up, or all 1 and go down."""
        word, lane = divmod(c, self.lanes)
        one = np.uint64(1 << (self.width * lane))
        words = self.words[word]
        words[entries] = words.take(entries) + one if up else words.take(entries) - one

    @property
    def most(self) -> int:
        """How many tables a lane can count."""
        return (1 << self.width) - 1

    def count(self, addresses: Addresses) -> Votes:
        """The votes for each class, (samples, classes). Args: addresses, (samples, places * tables)."""
        seen, offsets = addresses.shape[1], self.offsets
        starts = np.arange(0, seen, min(self.most, seen))
        votes = np.empty((len(addresses), len(self.words), self.lanes), np.int32)
        for start in range(0, len(addresses), BLOCK):
            entries = addresses[start : start + BLOCK] + offsets
            for word, words in enumerate(self.words):
                sums = np.add.reduceat(words.take(entries, mode="clip"), starts, axis=1)
                votes[start : start + BLOCK, word] = self._read(sums).sum(1)
        return self._of_classes(votes)

    def count_parts(self, parts: Iterable[Addresses], samples: int) -> Votes:
        """The same of addresses that come a few tables at a time, in order: quicker for many samples.

        Args:
            parts: each (tables, samples), of at most `most` tables.
            samples: how many there are.
        """
        votes = np.zeros((samples, len(self.words), self.lanes), np.int32)
        numbers = cycle(range(self.tables))
        for part in parts:
            sums = np.zeros((len(self.words), samples), np.uint64)
            for table, at in zip(islice(numbers, len(part)), part, strict=True):
                # The rows of one table stay in the core's first cache.
                rows = self.words[:, table * self.rows : (table + 1) * self.rows]
                sums += rows.take(at, axis=1)
            votes += self._read(sums.T)
        return self._of_classes(votes)

    def _read(self, sums: Words) -> Votes:
        """The numbers in the lanes, on an axis of their own."""
        shifts = np.uint64(self.width) * np.arange(self.lanes, dtype=np.uint64)
        return ((sums[..., None] >> shifts) & np.uint64(self.most)).astype(np.int32)

    def _of_classes(self, votes: Votes) -> Votes:
        """Without lanes that no class has."""
        return votes.reshape(len(votes), -1)[:, : self.classes]
