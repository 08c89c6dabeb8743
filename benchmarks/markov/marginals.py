"""All marginals of public Bayesian networks: one observation after another, or a thousand at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from benchmarks.markov.case import Case, Ready
from benchmarks.markov.networks import inference, leaves, ours, samples, with_pgmpy, with_pyagrum, with_pyagrum_rows

__all__ = ["cases"]

SAME = {"alarm": 4, "hailfinder": 5, "hepar2": 6, "win95pts": 5, "andes": 5, "munin": 4}
NEW = {"alarm": 6, "hailfinder": 6, "hepar2": 8, "win95pts": 6, "andes": 5, "munin": 6}
ONE_BY_ONE = {"hailfinder": 75, "hepar2": 100}
MANY = {"alarm": 120, "hepar2": 95, "andes": 5}
ROWS, SOME = 1000, 50


def cases() -> Iterator[Case]:
    """Each question about each network."""
    for make, bounds, peer, said in (
        (same, SAME, "pyagrum", "5 leaves seen"),
        (new, NEW, "pyagrum", "other 10 % seen each time"),
        (one_by_one, ONE_BY_ONE, "pgmpy", "5 leaves seen"),
        (many, MANY, "pyagrum", f"{ROWS:,} rows, 5 leaves seen"),
    ):
        for name, bound in bounds.items():
            yield _case(name, said, partial(make, name), peer, bound)
    yield Case("link", "all 724 marginals", partial(alone, "link"), limits={"plan": 15.0, "run": 0.3})


def _case(name: str, said: str, ready: Callable[[], Ready], peer: str, bound: float) -> Case:
    return Case(name, said, ready, {peer: float(bound)})


def same(name: str) -> Ready:
    """Two observations of the same variables in turn: the best case of a junction tree, which is kept."""
    given = [{v: row[v] for v in leaves(name)} for row in samples(name, 2)]
    shafer = with_pyagrum(name, True, "ShaferShenoyInference")
    return Ready({"ours": ours(name), "pyagrum": with_pyagrum(name, True), "its Shafer-Shenoy": shafer}, given)


def new(name: str) -> Ready:
    """Observations of other variables each time, a tenth of them, drawn together so that they are possible."""
    random, variables = np.random.default_rng(0), inference(name).variables
    given = [
        {str(v): row[str(v)] for v in random.choice(variables, len(variables) // 10, replace=False)}
        for row in samples(name, 3)
    ]
    return Ready({"ours": ours(name), "pyagrum": with_pyagrum(name, False)}, given)


def one_by_one(name: str) -> Ready:
    """Beside a library that eliminates variables for each marginal anew."""
    given = [{v: row[v] for v in leaves(name)} for row in samples(name, 1)]
    return Ready({"ours": ours(name), "pgmpy": with_pgmpy(name)}, given)


def many(name: str) -> Ready:
    """A table of observations at once. The peer answers one row after another."""
    drawn = samples(name, ROWS)
    columns = {v: [row[v] for row in drawn] for v in leaves(name)}
    theirs = with_pyagrum_rows(name)
    some = type(theirs)(lambda given: theirs.ask({v: column[:SOME] for v, column in given.items()}), theirs.read)
    note = f"pyagrum answers {SOME} of the rows; its time is scaled by {ROWS // SOME}"
    return Ready({"ours": ours(name), "pyagrum": some}, [columns], shares={"pyagrum": SOME / ROWS}, note=note)


def alone(name: str) -> Ready:
    """A network whose junction tree is too large: nobody to compare with."""
    return Ready({"ours": ours(name)}, [{}], note="pyagrum is not run: it does not finish in 90 s")
