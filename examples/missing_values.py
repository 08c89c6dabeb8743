"""Learn a Bayesian network from real records with gaps, and diagnose new ones that have gaps too.

Wisconsin breast cancer data, 569 tumors, with three of each ten measurements struck out. The tables are learned by the
EM algorithm, whose expected counts are the reverse derivative of log-evidence; a diagnosis is a posterior.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

import catlearn as cl
from catlearn import Finite, Ty

MEASURED = ["mean concave points", "worst area", "worst texture", "worst smoothness", "area error"]
LEVELS = ("low", "middle", "high")
TUMOR = Finite("malignant", "benign")


def records(share: float, seed: int = 0) -> tuple[dict[str, list[str | None]], list[str]]:
    """Each measurement as low, middle or high, a share of them struck out; and what the tumors are."""
    data, random = load_breast_cancer(), np.random.default_rng(seed)
    columns: dict[str, list[str | None]] = {}
    for name in MEASURED:
        values = data.data[:, list(data.feature_names).index(name)]
        level = np.searchsorted(np.quantile(values, [1 / 3, 2 / 3]), values)
        lost = random.random(len(values)) < share
        columns[name] = [None if gone else LEVELS[i] for i, gone in zip(level, lost, strict=True)]
    return columns, [TUMOR.obs[0].sizes[i] for i in data.target]


def network() -> cl.Diagram:
    """The tumor decides each measurement, and how concave it is tells of its area too; all tables are still flat."""
    level, flat = Finite(*LEVELS), np.full(3, 1 / 3)
    tumor = cl.state("tumor", TUMOR, [0.5, 0.5])
    first = cl.channel(MEASURED[0], TUMOR, level, [flat] * 2)
    area = cl.channel(MEASURED[1], TUMOR @ level, level, [[flat] * 3] * 2)
    others = [(cl.channel(name, TUMOR, level, [flat] * 2), [0]) for name in MEASURED[2:]]
    steps = [(tumor, []), (first, [0]), (area, [0, 1]), *others]
    return cl.graph(Ty(), steps, range(len(steps)), "diagnosis")


def picked(columns: dict[str, list[str | None]], rows: np.ndarray) -> dict[str, list[str | None]]:
    return {name: [column[i] for i in rows] for name, column in columns.items()}


def main(out: str = "out", share: float = 0.3) -> dict[str, float]:
    """Learn, diagnose what was held out, and draw one diagnosis."""
    columns, tumors = records(share)
    train, test = train_test_split(np.arange(len(tumors)), test_size=0.3, random_state=0, stratify=tumors)
    known = {**picked(columns, train), "tumor": [tumors[i] for i in train]}
    found = cl.learn.tables(network(), known, pseudocounts=0.5)
    new = picked(columns, test)
    answer = cl.infer(found.model).posterior(new)
    right = np.mean([a == tumors[i] for a, i in zip(answer["tumor"].most_probable, test, strict=True)])
    one = {name: column[0] for name, column in new.items()}
    Path(out).mkdir(parents=True, exist_ok=True)
    found.model.draw(Path(out) / "diagnosis.svg", posterior=cl.infer(found.model).posterior(one))
    print(f"learned from {len(train)} records, {share:.0%} of the measurements missing, in {found.rounds} rounds")
    print(f"{right:.1%} of {len(test)} new tumors, with gaps like these, are told right")
    return {"accuracy": float(right), "rounds": found.rounds}


if __name__ == "__main__":
    main()
