"""Learning tables that vote: reverse derivative ascent in each, driven by the margin of the vote.

A sample whose true class does not lead by the margin makes wishes: in a random fraction of the tables, that the bit it
addresses for the true class be 1, and that for the best rival be 0. Within a table that is the reverse derivative's
step. What the vote wants of the tables is the displacement that starts it, and comes from this rule, since a count of
votes is no polynomial over Z2. Wishes go to hidden counters (`counters.py`); the bits are the counters' signs.

>>> import numpy as np
>>> addresses, labels = np.array([[0], [1], [2], [3]], np.uint8), np.array([0, 1, 1, 0])
>>> found = learn(addresses, labels, 2, 4, Recipe(Counters(1), fraction=1.0, batch=1), np.random.default_rng(0))
>>> found.entries.astype(int).tolist()
[[[1, 0, 0, 1]], [[0, 1, 1, 0]]]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.circuits.classifier.addresses import Addresses
from catlearn.interpreters.circuits.classifier.ballot import Ballot, Votes
from catlearn.interpreters.circuits.classifier.counters import Counters
from catlearn.interpreters.circuits.classifier.threads import Spread, alone
from catlearn.progress import Tell

__all__ = ["Learned", "Recipe", "State", "learn"]

Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Recipe:
    """How to learn; see the classifier for what each means."""

    counters: Counters
    margin: float = 0.1
    fraction: float = 0.3
    epochs: int = 10
    patience: int = 5
    batch: int | None = None

    def batch_of(self, samples: int) -> int:
        """How many samples vote before any of them moves a table."""
        return self.batch or min(max(samples // 50, 16), 128)


@dataclass(frozen=True, eq=False)
class Learned:
    """What came out.

    Attributes:
        entries: (classes, tables, rows) of bool.
        epochs: how many were done.
        scores: the accuracy on the validation rows after each, where there are such rows.
    """

    entries: NDArray[np.bool_]
    epochs: int
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class State:
    """Counters, and the ballot of the bits that they show; `wish` changes both in place.

    Attributes:
        counters: the lens.
        hidden: its state, (classes, tables * rows).
        ballot: of the bits.
    """

    counters: Counters
    hidden: NDArray[np.signedinteger[Any]]
    ballot: Ballot

    @classmethod
    def start(cls, counters: Counters, classes: int, tables: int, rows: int, places: int = 1) -> State:
        """All bits are 0."""
        return cls(counters, counters.start((classes, tables * rows)), Ballot.blank(classes, tables, rows, places))

    def wish(self, c: int, entries: NDArray[np.intp], up: bool) -> None:
        """Wish that distinct entries of a class were 1, or 0: the lens's `put`, at these entries only."""
        plane = self.hidden[c]
        old = plane.take(entries)
        plane[entries] = self.counters.raised(old) if up else self.counters.lowered(old)
        turned = entries[old == -1] if up else entries[old == 0]
        self.ballot.flip(c, turned, up)

    @property
    def entries(self) -> NDArray[np.bool_]:
        """The bits, (classes, tables, rows)."""
        return self.counters.get(self.hidden).reshape(len(self.hidden), self.ballot.tables, -1)


def learn(
    addresses: Addresses,
    labels: Labels,
    classes: int,
    rows: int,
    recipe: Recipe,
    rng: np.random.Generator,
    validation: tuple[Addresses, Labels] | None = None,
    places: int = 1,
    spread: Spread = alone,
    tell: Tell = lambda done, said: None,
) -> Learned:
    """Tables learned from samples. It ends early where all samples have their margin, or validation gets no better.

    Args:
        addresses: the row that each sample addresses in each table. (samples, places * tables).
        labels: the number of the class of each sample. (samples,).
        classes, rows: how many classes there are, and how many rows a table has.
        recipe: how to learn.
        rng: chooses the order of the samples, and the tables that move.
        validation: addresses and labels that are not learned from; the tables that do best on them are kept.
        places: how often each table is addressed.
        spread: shares the counting out to threads.
        tell: is told after each epoch how many are done.
    """
    state = State.start(recipe.counters, classes, addresses.shape[1] // places, rows, places)
    kept, scores = state.entries, []
    for epoch in range(1, recipe.epochs + 1):
        wishing = _epoch(state, addresses, labels, recipe, rng, spread)
        said = f"{wishing:,} of {len(labels):,} rows below the margin"
        if validation is not None:
            scores.append(_accuracy(_count(state.ballot, validation[0], spread), validation[1]))
            if scores[-1] > max(scores[:-1], default=-1.0):
                kept = state.entries
            said += f", {scores[-1]:.2%} right on validation"
        tell(epoch, said)
        if not wishing or (scores and len(scores) - 1 - int(np.argmax(scores)) >= recipe.patience):
            break
    return Learned(kept if scores else state.entries, epoch, tuple(scores))


def _epoch(
    state: State, addresses: Addresses, labels: Labels, recipe: Recipe, rng: np.random.Generator, spread: Spread
) -> int:
    """One pass over the samples in random order; gives how many were below the margin."""
    order, size, count = rng.permutation(len(labels)), recipe.batch_of(len(labels)), 0
    needed, offsets = recipe.margin * addresses.shape[1], state.ballot.offsets
    for start in range(0, len(order), size):
        batch = order[start : start + size]
        block, true = addresses[batch], labels[batch]
        rival, lead = _rivals(_count(state.ballot, block, spread), true)
        below = np.flatnonzero(lead < needed)
        count += len(below)
        moving = rng.random((len(below), block.shape[1]), dtype=np.float32) < recipe.fraction
        for sample, chosen in zip(below.tolist(), moving, strict=True):
            tables = np.flatnonzero(chosen)
            entries = block[sample].take(tables) + offsets.take(tables)
            if state.ballot.places > 1:
                # A row that is addressed at several places gets one wish.
                entries = np.unique(entries)
            state.wish(int(true[sample]), entries, up=True)
            state.wish(int(rival[sample]), entries, up=False)
    return count


def _rivals(votes: Votes, true: Labels) -> tuple[Labels, NDArray[np.int32]]:
    """For each sample the other class with most votes, and by how many the true one leads it."""
    rows = np.arange(len(true))
    own = votes[rows, true]
    votes[rows, true] = -1
    rival = votes.argmax(1)
    return rival, own - votes[rows, rival]


def _count(ballot: Ballot, addresses: Addresses, spread: Spread) -> Votes:
    return np.concatenate(spread(lambda part: ballot.count(addresses[part]), len(addresses)))


def _accuracy(votes: Votes, labels: Labels) -> float:
    return float((votes.argmax(1) == labels).mean())
