"""A classifier made of lookup tables that vote, in scikit-learn's style; what it learns is a boolean circuit.

>>> from sklearn.datasets import load_iris
>>> X, y = load_iris(return_X_y=True)
>>> clf = Classifier(tables=200, random_state=0).fit(X[::2], y[::2])
>>> clf.score(X[1::2], y[1::2]) > 0.9
True
"""

from __future__ import annotations

import os
from copy import copy
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.wiring import Graph
from catlearn.errors import InputMismatch
from catlearn.files import as_path
from catlearn.interpreters.circuits.classifier.ballot import Votes
from catlearn.interpreters.circuits.classifier.fitting import fit_model
from catlearn.interpreters.circuits.classifier.forecast import check_memory, forecast
from catlearn.interpreters.circuits.classifier.labels import check_known, check_labels
from catlearn.interpreters.circuits.classifier.model import Model
from catlearn.interpreters.circuits.classifier.parameters import Parameters
from catlearn.interpreters.circuits.classifier.pruning import pruned
from catlearn.interpreters.circuits.classifier.rows import check_fitted, check_rows, check_seen, remember, shape_of
from catlearn.interpreters.circuits.classifier.saved import arrays_of, described, read_saved, revived, write_saved
from catlearn.interpreters.circuits.classifier.settings import (
    Settings,
    as_generator,
    check_enough,
    check_tolerance,
    encoder_for,
)
from catlearn.interpreters.circuits.classifier.tags import classifier_tags
from catlearn.interpreters.circuits.classifier.threads import check_jobs, workers
from catlearn.interpreters.circuits.classifier.windows import check_picture
from catlearn.interpreters.circuits.formats import to_aiger, to_blif, to_verilog

__all__ = ["Classifier"]


class Classifier(Parameters):
    """Lookup tables on random subsets of encoded bits; each votes with one bit for each class, and most votes win.

    Each table learns by reverse derivative ascent. A row whose true class does not lead by the margin wishes, in a
    random fraction of the tables, that the bit which it addresses for its class be 1, and that for the best rival be 0.
    Wishes move hidden saturating counters, whose signs are the bits: the optimizer is a lens with the counters as its
    state, `get` the sign, and `put` the clipped sum. The counters are not kept: what is deployed is purely boolean.

    Args:
        tables: how many tables.
        inputs: how many bits each reads, up to 16; fewer where the encoding has fewer that vary.
        encoding: `Thermometer(levels)`, `Threshold(at)`, or "auto": `Threshold()` for pictures and bools, else
            `Thermometer()`.
        image: for pictures their (height, width) or (height, width, channels): the bits of a table then lie in one
            window, anywhere in the picture. Rows are flat, pixels row by row.
        window: the height and width of windows; None takes a third of the picture's.
        slide: each table is slid over `slide` by `slide` neighboring places, and votes at each; its entries are shared.
        margin: how far the true class should lead, as a fraction of all votes.
        inertia: B; counters lie in [-B, B - 1], so up to B wishes turn a bit.
        fraction: of the tables, those that a wish goes to.
        epochs: passes over the rows, at most: it ends when every row has its margin.
        validation_fraction: of the rows, those kept apart; the tables of the epoch that did best on them are kept. None
            keeps none apart.
        patience: how many epochs without a better one on these rows end it.
        seeds: how many times to learn that many tables, each time with other subsets; all tables vote.
        memory_limit: bytes that learning may take.
        n_jobs: threads; -1 for one a core. Results do not depend on it.
        random_state: a seed, or one of numpy's generators.
        verbose: whether to show a bar; None shows one on a terminal.

    Attributes:
        classes_: the labels, sorted.
        n_features_in_: how many columns the rows had.
        feature_names_in_: their names, where all were text.
        model_: the encoding and the tables.
        n_iter_: for each seed, how many epochs were done.
        validation_scores_: for each seed, the accuracy on the rows kept apart after each epoch.

    Control-C in `fit` leaves the classifier as it was before.
    """

    classes_: NDArray[Any]
    n_features_in_: int
    model_: Model
    n_iter_: tuple[int, ...]
    validation_scores_: tuple[tuple[float, ...], ...]
    pruned_accuracy_: float

    def __init__(  # noqa: PLR0913
        self,
        tables: int = 2000,
        inputs: int = 7,
        *,
        encoding: Any = "auto",
        image: tuple[int, ...] | None = None,
        window: tuple[int, int] | None = None,
        slide: int = 1,
        margin: float = 0.1,
        inertia: int = 64,
        fraction: float = 0.3,
        epochs: int = 10,
        validation_fraction: float | None = None,
        patience: int = 5,
        seeds: int = 1,
        memory_limit: float = 2**32,
        n_jobs: int | None = None,
        random_state: Any = None,
        verbose: bool | None = None,
    ) -> None:
        self.tables = tables
        self.inputs = inputs
        self.encoding = encoding
        self.image = image
        self.window = window
        self.slide = slide
        self.margin = margin
        self.inertia = inertia
        self.fraction = fraction
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.seeds = seeds
        self.memory_limit = memory_limit
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from rows of numbers, (rows, columns), and a label for each; gives the classifier itself.

        Raises:
            InputMismatch: for rows or labels that cannot be learned from, fewer rows than a table has inputs, and
                settings that make no sense.
            TypeMismatch: for a column that is not of numbers.
            TooLarge: where it would take more memory than `memory_limit`; nothing was allocated.
        """
        settings, rng = Settings.of(self.get_params(deep=False)), as_generator(self.random_state)
        # Even looking at a billion rows takes memory: what their number says is said first.
        check_memory(forecast(*shape_of(X), settings.tables, 0, 2), settings.memory_limit, shape_of(X)[0])
        rows = check_rows(X, type(self).__name__)
        classes, labels = check_labels(y, len(rows.values), type(self).__name__)
        check_enough(len(rows.values), settings.inputs)
        picture = check_picture(self.image, self.window, settings.slide, rows.values.shape[1])
        encoder = encoder_for(self.encoding, rows.values, picture is not None)
        model, found = fit_model(rows.values, labels, len(classes), settings, encoder, picture, rng)
        self.model_, self.classes_ = model, classes
        remember(self, rows)
        self.n_iter_ = tuple(one.epochs for one in found)
        self.validation_scores_ = tuple(one.scores for one in found)
        return self

    def predict_votes(self, X: Any) -> Votes:
        """How many tables vote for each class, (rows, classes) of int32, in the order of `classes_`.

        Raises:
            InputMismatch: for rows unlike those that were learned from, and before `fit`.
            TypeMismatch: for a column that is not of numbers.
        """
        check_fitted(self, "model_")
        rows = check_seen(self, X)
        with workers(check_jobs(self.n_jobs)) as spread:
            return self.model_.votes(rows.values, spread)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class with most votes for each row, of several the first. (rows,). Raises as `predict_votes`."""
        votes = self.predict_votes(X)
        found: NDArray[Any] = self.classes_[votes.argmax(1)]
        return found

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """The votes as fractions of the tables, (rows, classes); of two classes, how far the second leads, (rows,).

        Raises as `predict_votes`.
        """
        votes = self.predict_votes(X) / self.model_.ensemble.tables
        return votes[:, 1] - votes[:, 0] if votes.shape[1] == 2 else votes

    def score(self, X: Any, y: Any) -> float:
        """The fraction of rows that are given their label. Raises as `predict_votes`."""
        found, wanted = self.predict(X), np.asarray(y)
        if wanted.ndim == 2 and wanted.shape[1] == 1:
            wanted = wanted[:, 0]
        if wanted.shape != found.shape:
            raise InputMismatch(
                f"Classifier: {len(found)} rows and labels of shape {wanted.shape}; give one label a row"
            )
        return float(np.mean(found == wanted))

    def encode(self, X: Any) -> NDArray[np.bool_]:
        """The bits that the circuit reads, (rows, bits) of bool; `bit_names` says what each is. Raises as `predict`."""
        check_fitted(self, "model_")
        return self.model_.encoding.bits(check_seen(self, X).values)

    @property
    def bit_names(self) -> tuple[str, ...]:
        """What each encoded bit says, such as `petal length (cm) >= 2.45`. Raises `InputMismatch` before `fit`."""
        check_fitted(self, "model_")
        names = getattr(self, "feature_names_in_", [f"x{k}" for k in range(self.n_features_in_)])
        return self.model_.encoding.names(list(names))

    @property
    def circuit(self) -> Graph:
        """The diagram `Bits(n) -> Bits(w)` from encoded bits to the number of the predicted class in `classes_`.

        The lowest bit is first. On every row it says what `predict` says. Raises `InputMismatch` before `fit`.
        """
        check_fitted(self, "model_")
        return self.model_.ensemble.circuit

    def to_verilog(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The circuit as a Verilog module, which is also written to the path: see `catlearn.circuits.to_verilog`.

        Raises:
            FileProblem: when the file is there already, or cannot be written.
            InputMismatch: before `fit`.
        """
        return to_verilog(self.circuit, None if path is None else as_path(path), overwrite=overwrite)

    def to_blif(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The circuit as BLIF, which is also written to the path: see `catlearn.circuits.to_blif`.

        Raises as `to_verilog`.
        """
        return to_blif(self.circuit, None if path is None else as_path(path), overwrite=overwrite)

    def to_aiger(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str | bytes:
        """The circuit as AIGER, bytes for a path that ends in .aig and else text: see `catlearn.circuits.to_aiger`.

        Raises as `to_verilog`.
        """
        return to_aiger(self.circuit, None if path is None else as_path(path), overwrite=overwrite)

    def prune(self, X: Any, y: Any, tolerance: float = 0.0) -> Self:
        """A smaller classifier: without tables that cannot matter, and those that some rows do not need.

        Args:
            X, y: rows and labels, best those that were not learned from: on others nothing seems to be needed.
            tolerance: the fraction of the rows on which it may do worse.

        Gives another classifier, whose `pruned_accuracy_` is what was measured on these rows. Encoded bits that no
        table reads any more are not in it either.

        Raises:
            InputMismatch: for rows unlike those that were learned from, for labels of other classes, and before `fit`.
        """
        check_fitted(self, "model_")
        rows = check_seen(self, X)
        labels = check_known(y, self.classes_, len(rows.values), type(self).__name__)
        smaller = copy(self)
        smaller.model_ = pruned(self.model_, rows.values, labels, check_tolerance(tolerance))
        smaller.pruned_accuracy_ = float((smaller.model_.votes(rows.values).argmax(1) == labels).mean())
        return smaller

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write what was learned to a safetensors file; gives its path.

        Raises:
            FileProblem: where it cannot be written; an old file of that name is as it was.
            NotSupported: where labels are neither text nor numbers.
            InputMismatch: before `fit`.
        """
        check_fitted(self, "model_")
        return write_saved(path, arrays_of(self.model_), described(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The classifier that `save` wrote. Raises `FileProblem` for a file that is missing, cut short, or another."""
        arrays, said = read_saved(path)
        return revived(cls, arrays, said, path)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Any:
        return classifier_tags()
