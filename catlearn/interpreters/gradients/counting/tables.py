"""Learn the tables of a model from rows of data, with entries missing and variables hidden.

>>> from catlearn import Finite, channel, copy, identity, state
>>> rain = state("rain", Finite("no", "yes"), [0.5, 0.5])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.6, 0.4], [0.4, 0.6]])
>>> rows = {"rain": ["no", "no", "yes", None], "wet": ["dry", "wet", "wet", "wet"]}
>>> learned = tables(rain >> copy() >> (identity() @ wet), rows)
>>> learned.converged, learned.tables["rain"].round(4).tolist()
(True, [0.625, 0.375])
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.errors import Diverged, InputMismatch, TypeMismatch, short
from catlearn.interpreters.gradients.counting.expected import ExpectedCounts
from catlearn.interpreters.gradients.counting.rounds import Ascent, Maximization
from catlearn.interpreters.gradients.counting.shared import Shared, renewed, shared_tables
from catlearn.interpreters.gradients.data import count
from catlearn.interpreters.gradients.optimizers import Optimizer, adam
from catlearn.interpreters.gradients.progress import progress

__all__ = ["LearnedTables", "tables"]

Array = NDArray[np.float64]
TOLERANCE = {"em": 1e-9, "gradient": 1e-6}


@dataclass(frozen=True, eq=False)
class LearnedTables:
    """What was learned.

    Attributes:
        model: the model as it was given, with the learned tables in their places.
        tables: each learned table, by the variable that its box makes; boxes that share one have equal entries.
        log_likelihoods: of all rows, before each round and after the last.
        objective: what is maximized: the log-likelihood, plus the logarithm of each entry times its pseudo-count. EM
            never lowers it, but for rounding.
        converged: whether it stopped because there was nothing more to gain.
    """

    model: Diagram
    tables: Mapping[str, Array] = field(repr=False)
    log_likelihoods: tuple[float, ...]
    objective: tuple[float, ...]
    converged: bool

    @property
    def rounds(self) -> int:
        """How many rounds were done."""
        return len(self.log_likelihoods) - 1

    @property
    def log_likelihood(self) -> float:
        """Of all rows, with the learned tables."""
        return self.log_likelihoods[-1]

    def __repr__(self) -> str:
        said = "converged" if self.converged else "not converged"
        return f"<{len(self.tables)} tables learned; {self.rounds} rounds, {said}; {self.log_likelihood:.6g}>"


def tables(
    model: Diagram, rows: Any, method: Literal["em", "gradient"] = "em", learn: Iterable[str] | None = None,
    pseudocounts: Any = 0.0, rounds: int = 200, tolerance: float | None = None, optimizer: Optimizer | None = None,
    seed: int | None = None, show: bool | None = None,
) -> LearnedTables:  # fmt: skip
    """The tables of a model that make rows of data most likely, or most probable with a Dirichlet prior.

    Equal boxes share a table. Entries that are 0 stay 0, unless pseudo-counts say otherwise in EM. The row of a table
    whose inputs are never seen, nor expected, stays as it was. Learning ends in a local optimum; a model with hidden
    variables needs a start that tells their outcomes apart, such as a seed gives.

    Args:
        model: a diagram `Ty() -> B` of finite tables, which say where learning begins.
        rows: columns, a list of dictionaries, or a data frame, with outcomes (or likelihoods) of some or all
            variables; None and NaN where one is missing.
        method: "em" counts what is expected and divides (Dempster, Laird and Rubin, 1977); "gradient" follows the same
            derivative, on the logarithms of the tables, with an optimizer.
        learn: names of the boxes to learn; by default all that have outputs.
        pseudocounts: how often each entry counts as seen before any data: a number, or a dictionary from names of boxes
            to numbers or arrays. The prior is Dirichlet with one more than these. With 0, what was not seen becomes
            impossible, and new rows may have probability 0; 0.5 avoids that.
        rounds: how many passes over the rows at most.
        tolerance: stop when the objective of a row rises by less than this in a round ("em", 1e-9), or when no
            derivative of it by a logarithm is larger ("gradient", 1e-6).
        optimizer: for "gradient"; by default `adam(0.1)`, which is careful: `momentum(1.0)` is often much quicker.
        seed: begin with random tables instead; the same seed gives the same ones.
        show: whether to show a progress bar; by default on a terminal only.

    Raises:
        InputMismatch: when there are no rows, or a setting makes no sense.
        UnknownVariable, UnknownOutcome, UnknownBox: for names that the model does not have.
        ImpossibleEvidence: for a row that has probability 0 under the tables that learning begins with.
        Diverged: when gradients lead nowhere.
    """
    model = as_diagram(model)
    most, chosen = count("rounds", rounds, 0), _checked(method, learn, optimizer, tolerance)
    shared = shared_tables(model, chosen, pseudocounts)
    start: Sequence[Array] = [each.start for each in shared] if seed is None else _drawn(shared, count("seed", seed, 0))
    expect = ExpectedCounts(renewed(model, _by_box(shared, start)), rows)
    step = Ascent(shared, start, optimizer or adam(0.1)) if method == "gradient" else Maximization(shared, start)
    least = TOLERANCE[method] if tolerance is None else tolerance
    found, history, objective, converged = start, list[float](), list[float](), False
    with progress(most + 1, show) as bar:
        for turn in range(most + 1):
            total, counts = expect(_placed(expect, shared, found))
            gathered = [each.gathered(counts) for each in shared]
            history.append(total)
            objective.append(total + sum(_log_prior(each, table) for each, table in zip(shared, found, strict=True)))
            if not np.isfinite(total):
                raise Diverged(f"tables: the log-likelihood of round {turn} is not finite; try a smaller learning rate")
            bar(-total / expect.count, None)
            if converged := step.done(gathered, objective, least * expect.count):
                break
            if turn < most:
                found = step(gathered, -objective[-1] / expect.count, expect.count)
    by_name = {name: table for each, table in zip(shared, found, strict=True) for name in each.names}
    return LearnedTables(renewed(model, _by_box(shared, found)), by_name, tuple(history), tuple(objective), converged)


def _by_box(shared: Sequence[Shared], found: Sequence[Array]) -> dict[Box, Array]:
    return {each.box: table for each, table in zip(shared, found, strict=True)}


def _checked(method: Any, learn: Any, optimizer: Any, tolerance: Any) -> list[str] | None:
    if method not in TOLERANCE:
        raise InputMismatch(f"tables: method is 'em' or 'gradient', not {short(method)}")
    if optimizer is not None and not (isinstance(optimizer, Optimizer) and method == "gradient"):
        raise TypeMismatch("tables: an optimizer is made by a call such as adam(), and goes with method='gradient'")
    if tolerance is not None and not (isinstance(tolerance, int | float | np.floating) and 0 <= tolerance < np.inf):
        raise InputMismatch(f"tables: tolerance is a number from 0 up, not {short(tolerance)}")
    if learn is None:
        return None
    if not isinstance(learn, Iterable):
        raise InputMismatch(f"tables: learn is a list of names of boxes, not {short(learn)}")
    return [learn] if isinstance(learn, str) else list(learn)


def _drawn(shared: Sequence[Shared], seed: int) -> list[Array]:
    """Tables whose rows are drawn evenly from all distributions, 0 where they were 0."""
    random = np.random.default_rng(seed)
    drawn = [random.exponential(size=each.start.shape) * (each.start > 0) for each in shared]
    return [each.divided(weights, each.start) for each, weights in zip(shared, drawn, strict=True)]


def _placed(expect: ExpectedCounts, shared: Sequence[Shared], found: Sequence[Array]) -> list[Array]:
    """The tables of all factors."""
    placed = list(expect.tables)
    for each, table in zip(shared, found, strict=True):
        for k, wires in each.places:
            placed[k] = each.at(table, wires)
    return placed


def _log_prior(each: Shared, table: Array) -> float:
    if not each.pseudocounts.any():
        return 0.0
    used = each.pseudocounts > 0
    with np.errstate(divide="ignore"):
        return float(each.pseudocounts[used] @ np.log(table[used]))
