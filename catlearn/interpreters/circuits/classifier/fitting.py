"""From checked rows and labels to a model: encode, choose what tables read, forecast the memory, learn.

>>> import numpy as np
>>> split(np.array([0] * 10 + [1] * 20), 0.2, np.random.default_rng(0))[1].tolist()
[2, 4, 10, 11, 21, 26]
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.circuits.classifier.addresses import Addresses
from catlearn.interpreters.circuits.classifier.comparisons import Comparisons
from catlearn.interpreters.circuits.classifier.encoders import Encoder
from catlearn.interpreters.circuits.classifier.ensemble import Ensemble
from catlearn.interpreters.circuits.classifier.forecast import check_memory, forecast
from catlearn.interpreters.circuits.classifier.learning import Labels, Learned, learn
from catlearn.interpreters.circuits.classifier.model import BLOCK, Model, addressed
from catlearn.interpreters.circuits.classifier.settings import Settings
from catlearn.interpreters.circuits.classifier.subsets import Reads, random_subsets
from catlearn.interpreters.circuits.classifier.threads import Spread, workers
from catlearn.interpreters.circuits.classifier.windows import Picture, window_subsets
from catlearn.progress import Tell, progress

__all__ = ["fit_model", "live_bits", "split"]

RARE = 0.01
"""Bits that are the same in all but this fraction of the rows are read only where there are too few others."""


def fit_model(
    rows: NDArray[Any],
    labels: Labels,
    classes: int,
    settings: Settings,
    encoder: Encoder,
    picture: Picture | None,
    rng: np.random.Generator,
) -> tuple[Model, list[Learned]]:
    """The model, and what came out of each seed.

    Args:
        rows: numbers, (rows, columns).
        labels: the number of each row's class. (rows,).
        classes: how many classes there are.
        settings, encoder, picture: what the classifier was told.
        rng: chooses what the tables read, the order of the rows, and so on.

    Raises:
        TooLarge: where more memory is needed than may be taken, before it is.
        InputMismatch: where no window has enough bits that vary.
    """
    places = 1 if picture is None else picture.places
    encoding = encoder.choose(rows)
    live = live_bits(encoding, rows, settings.inputs)
    inputs = min(settings.inputs, len(live))
    levels = -(-len(encoding) // rows.shape[1])
    needed = forecast(len(rows), rows.shape[1], settings.tables, inputs, classes, levels, places)
    check_memory(needed, settings.memory_limit, len(rows))
    parts, found = [], []
    with workers(settings.jobs) as spread, progress("learning", _total(settings), settings.verbose) as tell:
        for k, one in enumerate(rng.spawn(settings.seeds)):
            reads = _reads(encoding, live, settings.tables, inputs, picture, one)
            seen = addressed(rows, encoding, reads, spread)
            found.append(
                _learn(seen, labels, classes, 1 << inputs, places, settings, one, spread, _after(tell, k, settings))
            )
            parts.append(Ensemble(len(encoding), reads, np.tile(found[-1].entries, (1, places, 1))))
    return Model(encoding, reduce(Ensemble.beside, parts)), found


def _total(settings: Settings) -> int:
    return settings.seeds * settings.recipe.epochs


def _after(tell: Tell, seed: int, settings: Settings) -> Tell:
    """Epochs of a seed, told as epochs of all seeds."""
    return lambda done, said: tell(seed * settings.recipe.epochs + done, said)


def _reads(
    encoding: Comparisons, live: Reads, tables: int, inputs: int, picture: Picture | None, rng: np.random.Generator
) -> Reads:
    if picture is None:
        return random_subsets(live, tables, inputs, rng)
    return window_subsets(encoding, live, picture, tables, inputs, rng)


def _learn(
    seen: Addresses,
    labels: Labels,
    classes: int,
    size: int,
    places: int,
    settings: Settings,
    rng: np.random.Generator,
    spread: Spread,
    tell: Tell,
) -> Learned:
    if not settings.validation:
        return learn(seen, labels, classes, size, settings.recipe, rng, None, places, spread, tell)
    inside, apart = split(labels, settings.validation, rng)
    watched = (seen[apart], labels[apart])
    return learn(seen[inside], labels[inside], classes, size, settings.recipe, rng, watched, places, spread, tell)


def live_bits(encoding: Comparisons, rows: NDArray[Any], wanted: int) -> Reads:
    """The bits worth reading: those that vary, and of these the common ones where there are as many as wanted.

    They are counted in some of the rows, evenly spaced, where there are many.
    """
    most = 10 * BLOCK
    some = rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)] if len(rows) > most else rows
    ones = np.zeros(len(encoding), np.int64)
    for start in range(0, len(some), BLOCK):
        ones += np.count_nonzero(encoding.across(some[start : start + BLOCK]), axis=1)
    rarer = np.minimum(ones, len(some) - ones)
    common = np.flatnonzero(rarer >= max(1, RARE * len(some)))
    return (common if len(common) >= wanted else np.flatnonzero(rarer > 0)).astype(np.int32)


def split(labels: Labels, fraction: float, rng: np.random.Generator) -> tuple[Labels, Labels]:
    """The numbers of the rows to learn from and of those kept apart, sorted: the fraction of each class, rounded down.

    So a class always keeps a row to learn from; at least one row is kept apart.
    """
    order = rng.permutation(len(labels))
    apart = [rows[: int(fraction * len(rows))] for rows in (order[labels[order] == c] for c in np.unique(labels))]
    chosen = np.sort(np.concatenate(apart)) if any(map(len, apart)) else order[:1]
    inside = np.ones(len(labels), np.bool_)
    inside[chosen] = False
    return np.flatnonzero(inside), chosen
