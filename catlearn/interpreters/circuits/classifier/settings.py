"""What a classifier was told, checked: each setting is read here and nowhere else.

>>> check_fraction(1.5, "fraction")
Traceback (most recent call last):
...
catlearn.errors.InputMismatch: Classifier: fraction is 1.5; give a number above 0 and up to 1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, short
from catlearn.interpreters.circuits.classifier.counters import Counters
from catlearn.interpreters.circuits.classifier.encoders import Encoder, Thermometer, Threshold
from catlearn.interpreters.circuits.classifier.learning import Recipe
from catlearn.interpreters.circuits.classifier.threads import check_jobs

__all__ = ["Settings", "as_generator", "check_enough", "check_fraction", "check_tolerance", "encoder_for"]

MOST_INPUTS = 16
WHOLE = int | np.integer
NUMBER = int | float | np.integer | np.floating


@dataclass(frozen=True)
class Settings:
    """The settings of a fit.

    Attributes:
        tables, inputs, seeds: how many tables of how many inputs, how many times.
        slide: over how many places tables are slid, down and across.
        recipe: how they learn.
        validation: the fraction of the rows that is kept apart.
        jobs: how many threads.
        memory_limit: how many bytes may be taken.
        verbose: whether to show a bar; None shows one on a terminal.
    """

    tables: int
    inputs: int
    seeds: int
    slide: int
    recipe: Recipe
    validation: float
    jobs: int
    memory_limit: float
    verbose: bool | None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Settings:
        """The settings among a classifier's parameters. Raises `InputMismatch` or `ShapeMismatch` for a wrong one."""
        recipe = Recipe(
            Counters(given["inertia"]),
            check_fraction(given["margin"], "margin"),
            check_fraction(given["fraction"], "fraction"),
            _count(given["epochs"], "epochs"),
            _count(given["patience"], "patience"),
        )
        inputs = _count(given["inputs"], "inputs")
        if inputs > MOST_INPUTS:
            raise InputMismatch(f"Classifier: inputs is {inputs}; a table reads at most {MOST_INPUTS} bits")
        apart = given["validation_fraction"]
        validation = 0.0 if not apart else check_fraction(apart, "validation_fraction")
        if validation >= 1:
            raise InputMismatch("Classifier: validation_fraction is 1, so no row is left to learn from; give less")
        tables, seeds = _count(given["tables"], "tables"), _count(given["seeds"], "seeds")
        slide = _count(given["slide"], "slide")
        limit = _limit(given["memory_limit"])
        return cls(
            tables, inputs, seeds, slide, recipe, validation, check_jobs(given["n_jobs"]), limit, given["verbose"]
        )


def check_fraction(given: Any, name: str) -> float:
    """A number above 0 and up to 1. Raises `InputMismatch`."""
    if not isinstance(given, NUMBER) or isinstance(given, bool) or not 0 < given <= 1:
        raise InputMismatch(f"Classifier: {name} is {short(given)}; give a number above 0 and up to 1")
    return float(given)


def check_enough(rows: int, inputs: int) -> None:
    """That there are as many rows as a table has inputs. Raises `InputMismatch`."""
    if rows < inputs:
        said = f"inputs is {inputs} but there are {rows} rows, too few to learn what a table of {inputs} inputs says"
        raise InputMismatch(f"Classifier: {said}; give inputs={rows} or fewer, or more rows")


def check_tolerance(given: Any) -> float:
    """A number from 0 to 1. Raises `InputMismatch`."""
    if not isinstance(given, NUMBER) or isinstance(given, bool) or not 0 <= given <= 1:
        raise InputMismatch(f"Classifier: tolerance is {short(given)}; give a number from 0 to 1")
    return float(given)


def _count(given: Any, name: str) -> int:
    if not isinstance(given, WHOLE) or isinstance(given, bool) or given < 1:
        raise InputMismatch(f"Classifier: {name} is {short(given)}; give a whole number from 1 up")
    return int(given)


def _limit(given: Any) -> float:
    if not isinstance(given, NUMBER) or isinstance(given, bool) or not given > 0:
        raise InputMismatch(f"Classifier: memory_limit is {short(given)}; give a number of bytes")
    return float(given)


def encoder_for(encoding: Any, rows: NDArray[Any], image: bool) -> Encoder:
    """The encoder that is asked for; for "auto" one threshold for pictures and for bools, else a thermometer.

    >>> encoder_for("auto", np.array([[0.5, 1.5]]), image=False)
    Thermometer()

    Raises:
        InputMismatch: where it is none.
    """
    if isinstance(encoding, Encoder):
        return encoding
    if not isinstance(encoding, str) or encoding != "auto":
        said = 'give "auto", Thermometer(levels=...) or Threshold(at=...)'
        raise InputMismatch(f"Classifier: encoding is {short(encoding)}; {said}")
    return Threshold() if image or rows.dtype.kind == "b" else Thermometer()


def as_generator(state: Any) -> np.random.Generator:
    """A generator of random numbers: of a seed, of numpy's generators old and new, or for None a fresh one.

    Raises:
        InputMismatch: for anything else.
    """
    if isinstance(state, np.random.RandomState):
        return np.random.default_rng(state.randint(2**31, size=4))
    if state is None or isinstance(state, np.random.Generator) or (isinstance(state, WHOLE) and state >= 0):
        return np.random.default_rng(state if not isinstance(state, WHOLE) else int(state))
    raise InputMismatch(f"Classifier: random_state is {short(state)}; give a whole number from 0 up, or None")
