"""How well, and how quickly, do voting tables learn small sets, beside a forest of 300 trees? Five splits 70 / 30."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

from benchmarks.circuits.row import CircuitRow
from benchmarks.measure import once
from catlearn.interpreters.circuits.classifier import Classifier

__all__ = ["SETS", "rows"]

SETS = ("iris", "wine", "breast_cancer", "digits")
SPLITS, TREES = 5, 300
WITHIN = 0.015  # of the forest's share of right answers
CASE = "voting tables learned"

Make = Callable[[int], Any]
"""An estimator for a seed."""


def rows(sets: tuple[str, ...] = SETS, splits: int = SPLITS, trees: int = TREES) -> Iterator[CircuitRow]:
    """A row for each set of scikit-learn: seconds a fit, and shares of right answers on what was not seen."""
    if find_spec("sklearn") is None:
        yield CircuitRow(CASE, "", 0.0, note="skipped: scikit-learn is not installed", bounds={_peer(trees): 1.0})
        return
    from sklearn.ensemble import RandomForestClassifier

    def forest(seed: int) -> Any:
        return RandomForestClassifier(trees, random_state=seed)

    for name in sets:
        (ours, right), (theirs, wanted) = compared(name, (lambda seed: Classifier(random_state=seed), forest), splits)
        note = f"{right:.1%} right, the forest {wanted:.1%}; seconds a fit"
        size = f"{name.replace('_', ' ')}, {splits} splits 70 / 30"
        peer = _peer(trees)
        yield CircuitRow(CASE, size, ours, {peer: theirs}, note, {peer: 1.0}, right=right, least=wanted - WITHIN)


def _peer(trees: int) -> str:
    return f"forest of {trees}"


def compared(name: str, makes: tuple[Make, ...], splits: int) -> list[tuple[float, float]]:
    """For each kind of estimator its seconds a fit and its share of right answers; all fit each split in turn."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    for make in makes:
        make(0).fit(X, y)  # a first one, so that what is imported on the way is there
    seconds, right = [0.0] * len(makes), [0.0] * len(makes)
    for seed in range(splits):
        train, test, wanted, answers = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=y)
        for k, make in enumerate(makes):
            estimator = make(seed)
            seconds[k] += once(partial(estimator.fit, train, wanted)) / splits
            right[k] += estimator.score(test, answers) / splits
    return list(zip(seconds, right, strict=True))
