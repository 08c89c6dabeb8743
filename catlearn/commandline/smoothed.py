"""What `catlearn smooth` gives: the posterior as plain data, as a table, or as arrays.

>>> from catlearn import Real, bffg, gaussian_state
>>> opt = bffg(gaussian_state("x", Real(), 0.0, 1.0))
>>> made = answer(opt.forward(opt.backward({"x": 2.0}), n=1000))
>>> made["posterior"]["x"], made["samples"], round(made["log_evidence"], 6)
({'mean': 2.0, 'deviation': 0.0, 'standard_error': 0.0}, 1000, -2.918939)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from catlearn.commandline.arrays import packed
from catlearn.errors import InputMismatch
from catlearn.interpreters.bffg.paths import Paths

__all__ = ["advice", "answer", "packed_paths", "show_paths"]

FEW = 100
"""With fewer effective samples than this, standard errors are not to be trusted."""


def answer(paths: Paths) -> dict[str, Any]:
    """What weighted samples say, as plain data.

    `{"log_evidence": x, "standard_error": x, "ess": x, "samples": n, "posterior": {variable: ...}}`. The posterior of a
    finite variable is `{outcome: probability}`; that of another its mean, deviation and the mean's standard error.
    """
    with np.errstate(invalid="ignore"):
        # One sample has no standard error.
        evidence = paths.log_evidence
    return {
        "log_evidence": evidence.value,
        "standard_error": evidence.standard_error if math.isfinite(evidence.standard_error) else None,
        "ess": paths.ess,
        "samples": len(paths),
        "posterior": {name: _plain(paths, name) for name in paths.samples},
    }


def _plain(paths: Paths, name: str) -> dict[str, Any]:
    if name in paths.outcomes:
        return dict(paths.marginal(name))
    mean, deviation = paths.mean(name), np.sqrt(paths.variance(name).value)
    parts = {"mean": mean.value, "deviation": deviation, "standard_error": mean.standard_error}
    return {key: np.asarray(value).tolist() for key, value in parts.items()}


def advice(ess: float, n: int) -> str | None:
    """What to say when the effective sample size is too small to trust; None when it is not.

    >>> advice(12.3, 1000)
    'the effective sample size is 12.3 of 1000; draw more (--samples), or give the kernels guides nearer to the truth'
    """
    if ess >= min(FEW, n / 2):
        return None
    said = "draw more (--samples), or give the kernels guides nearer to the truth"
    return f"the effective sample size is {ess:.1f} of {n}; {said}"


def packed_paths(paths: Paths) -> bytes:
    """The bytes of an npz file: the samples of every variable by its name, and `log_weights`.

    Raises:
        InputMismatch: when a variable bears that name.
    """
    if "log_weights" in paths.samples:
        raise InputMismatch("-o: a variable is called 'log_weights', as the weights are in the file; call it otherwise")
    return packed({**paths.samples, "log_weights": paths.log_weights})


def show_paths(given: Mapping[str, Any], finite: Collection[str]) -> None:
    """Print an answer: log-evidence, effective sample size, and a table of every variable, some of which are finite."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("variable", overflow="fold")
    table.add_column("", overflow="fold")
    kinds = {"probability" if name in finite else "mean ± sd" for name in given["posterior"]}
    table.add_column(" or ".join(sorted(kinds)), justify="right", overflow="fold")
    for name, marginal in given["posterior"].items():
        for k, (part, value) in enumerate(_outcomes(marginal) if name in finite else _numbers(marginal)):
            # Names are shown as they are: in brackets, rich would take them for colors.
            table.add_row(Text("" if k else name), Text(part), value)
    error = given["standard_error"]
    console = Console()
    plus = "" if error is None else f" ± {error:.3g}"
    console.print(f"log-evidence {given['log_evidence'] + 0.0:.6g}{plus}", highlight=False)
    console.print(f"effective sample size {given['ess']:.1f} of {given['samples']}", highlight=False)
    console.print(table)


def _outcomes(marginal: Mapping[str, float]) -> Sequence[tuple[str, str]]:
    return [(outcome, f"{p:.6g}") for outcome, p in marginal.items()]


def _numbers(marginal: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """A line for each number, with its place where there are several."""
    mean, deviation = (np.asarray(marginal[key]) for key in ("mean", "deviation"))
    places = [", ".join(map(str, at)) for at in np.ndindex(mean.shape)]
    values = zip(mean.reshape(-1).tolist(), deviation.reshape(-1).tolist(), strict=True)
    return [(place, f"{m:.6g} ± {s:.3g}") for place, (m, s) in zip(places, values, strict=True)]
