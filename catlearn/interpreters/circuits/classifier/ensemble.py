"""What is deployed: tables that each read a few bits, and have one bit for each row and class; they vote.

>>> import numpy as np
>>> both = Ensemble(2, np.array([[0, 1]]), np.array([[[1, 0, 0, 0]], [[0, 0, 0, 1]]], bool))
>>> both.votes(np.array([[0, 0], [1, 1], [0, 1]], bool))
array([[1, 0],
       [0, 1],
       [0, 0]], dtype=int32)
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.wiring import Graph
from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.classifier.addresses import parts
from catlearn.interpreters.circuits.classifier.ballot import Ballot, Votes
from catlearn.interpreters.circuits.classifier.deployed import circuit
from catlearn.interpreters.circuits.packed import boolean

__all__ = ["Ensemble"]

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Tables that vote; purely boolean but for the counting.

    Attributes:
        bits: how many bits enter.
        reads: the bits that each table reads, the lowest of its address first. (tables, inputs) of int32.
        entries: the vote of each row of each table for each class. (classes, tables, 2**inputs) of bool.
    """

    bits: int
    reads: NDArray[np.int32]
    entries: Bools

    @property
    def classes(self) -> int:
        """How many classes are voted for."""
        return len(self.entries)

    @property
    def tables(self) -> int:
        """How many tables there are."""
        return len(self.reads)

    @property
    def inputs(self) -> int:
        """How many bits each table reads."""
        return int(self.reads.shape[1])

    @cached_property
    def ballot(self) -> Ballot:
        """The entries as words that count quickly."""
        return Ballot.of(self.entries)

    @cached_property
    def circuit(self) -> Graph:
        """The diagram from bits to the number of the class with most votes."""
        return circuit(self.bits, self.reads, self.entries)

    def __getstate__(self) -> dict[str, Any]:
        """The fields alone: what is made of them is made again."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def votes(self, bits: NDArray[Any]) -> Votes:
        """How many tables vote for each class, (samples, classes).

        Args:
            bits: (samples, bits) of booleans, or of 0 and 1.

        Raises:
            InputMismatch: for anything else; the message names the column, and says how to encode it.
        """
        given = np.asarray(bits)
        if given.ndim != 2 or given.shape[1] != self.bits:
            raise InputMismatch(
                f"tables of {self.bits} bits: give bits of shape (samples, {self.bits}), not {given.shape}"
            )
        return self.votes_across(np.ascontiguousarray(boolean(given, "column").T))

    def votes_across(self, across: Bools) -> Votes:
        """The same of bits that lie one row a bit, (bits, samples)."""
        return self.ballot.count_parts(parts(across, self.reads, self.ballot.most), across.shape[1])

    def only(self, kept: NDArray[Any]) -> Ensemble:
        """The ensemble of some of the tables."""
        return Ensemble(self.bits, self.reads[kept], np.ascontiguousarray(self.entries[:, kept]))

    def beside(self, other: Ensemble) -> Ensemble:
        """The ensemble of the tables of both."""
        reads = np.concatenate([self.reads, other.reads])
        return Ensemble(self.bits, reads, np.concatenate([self.entries, other.entries], axis=1))

    def __repr__(self) -> str:
        said = f"{self.tables:,} tables of {self.inputs} inputs, {self.classes} classes"
        return f"<ensemble: {self.bits:,} bits in, {said}, {self.entries.size:,} bits learned>"
