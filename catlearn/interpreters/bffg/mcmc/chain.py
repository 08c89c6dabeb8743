"""One Markov chain: how it begins, and how it goes on from where it stopped, with nothing lost between.

`advance` is a function of what it is given alone: the same state goes on in the same way in any process, and in pieces
of any length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence, InputMismatch, ShapeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.mcmc.plan import Plan
from catlearn.interpreters.bffg.mcmc.point import Point
from catlearn.interpreters.bffg.mcmc.target import fresh, given, weigh
from catlearn.interpreters.bffg.mcmc.tuning import Tuning

__all__ = ["Record", "State", "advance", "begin", "generator_at", "point_of"]

Array = NDArray[Any]
TRIES = 100
"""How many draws of parameters and innovations may have weight zero before a chain gives up."""


@dataclass(frozen=True, eq=False)
class State:
    """All that a chain needs to go on.

    Attributes:
        step: how many steps are done.
        innovations: in one long array.
        vector: the parameters, on scales without ends.
        log_weight: of both.
        tunings: of each move.
        accepted: how many proposals of each move were taken after the warm-up, (moves,).
        random: the state of the random numbers, as numpy tells it.
    """

    step: int
    innovations: Array
    vector: Array
    log_weight: float
    tunings: tuple[Tuning, ...]
    accepted: Array
    random: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Record:
    """What was kept of some steps: a row for each.

    Attributes:
        log_weights: (rows,).
        draws: parameters and wires by name, (rows, ...).
    """

    log_weights: Array
    draws: Mapping[str, Array]


def begin(plan: Plan, seed: np.random.SeedSequence) -> State:
    """A chain before its first step, drawn from the prior.

    Raises:
        ImpossibleEvidence: when the log-weight of everything that was drawn is minus infinity.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    for _ in range(TRIES):
        vector = plan.params.starting(plan.start, plan.params.draw(random))
        _, flat = fresh(plan.target, int(random.integers(2**63)), plan.layout)
        values, log_prior = plan.params.at(vector)
        if log_prior == -np.inf:
            continue
        point = Point(flat, plan.layout.views(flat), vector, given(plan.target, values), log_prior, 0.0)
        point.log_weight = weigh(point.given, point.views)
        if point.log_weight > -np.inf:
            tunings = tuple(move.start(point, random) for move in plan.moves())
            accepted = np.zeros(len(tunings), np.int64)
            return State(0, flat, vector, point.log_weight, tunings, accepted, random.bit_generator.state)
    where = "give a start where it is possible, " if plan.params.names else ""
    raise ImpossibleEvidence(
        f"sample: the data had probability zero at all of {TRIES} draws from the prior; {where}widen the guides' noise "
        "near the observations, or look for an observation that the model rules out"
    )


def generator_at(state: Mapping[str, Any]) -> np.random.Generator:
    """The random numbers that follow this state. Raises `ValueError`, `KeyError`, `TypeError` for what is none."""
    found: Any = np.random.PCG64()
    found.state = dict(state)
    return np.random.Generator(found)


def point_of(plan: Plan, state: State) -> Point:
    """Where a chain is; its arrays are the chain's own."""
    values, log_prior = plan.params.at(state.vector)
    flat = state.innovations.copy()
    fixed = given(plan.target, values)
    return Point(flat, plan.layout.views(flat), state.vector, fixed, log_prior, state.log_weight)


def advance(plan: Plan, state: State, steps: int) -> tuple[State, Record]:
    """The chain after so many more steps, and what was kept of them."""
    point, moves, tunings = point_of(plan, state), plan.moves(), list(state.tunings)
    accepted = state.accepted.copy()
    random = generator_at(state.random)
    log_weights: list[float] = []
    rows: list[dict[str, Array]] = []
    for step in range(state.step + 1, state.step + steps + 1):
        for i, move in enumerate(moves):
            chance, taken = move.step(point, tunings[i], random)
            if step <= plan.warmup:
                tunings[i] = tunings[i].learned(chance, move.place(point))
            else:
                accepted[i] += taken
        if step > plan.warmup and (step - plan.warmup) % plan.thin == 0:
            log_weights.append(point.log_weight)
            rows.append(_row(plan, point))
    new = State(
        state.step + steps,
        point.flat,
        point.vector,
        point.log_weight,
        tuple(tunings),
        accepted,
        random.bit_generator.state,
    )
    return new, Record(np.array(log_weights, np.float64), _stacked(rows))


def _row(plan: Plan, point: Point) -> dict[str, Array]:
    row = {name: np.asarray(value) for name, value in point.given.params.items()}
    if plan.keep:
        values = point.given.values(point.views)
        row |= {name: _value(name, values) for name in plan.keep}
    return row


def _value(name: str, values: Mapping[str, Any]) -> Array:
    try:
        # Copied, as it may lie in an array that the next step overwrites.
        found = np.array(values[name])
    except KeyError:
        raise UnknownVariable(f"keep: there is no wire {name!r}{nearest(name, list(values))}") from None
    if found.dtype.kind not in "fiub":
        raise InputMismatch(f"keep: {name} is numbers, not {short(values[name])}")
    return found.astype(np.float64 if found.dtype.kind == "f" else np.int64)


def _stacked(rows: list[dict[str, Array]]) -> dict[str, Array]:
    """Rows to columns. Raises `ShapeMismatch` when a wire's shape changed."""
    try:
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]} if rows else {}
    except ValueError:
        raise ShapeMismatch("keep: what a wire carries changes its shape from step to step; keep other wires") from None
