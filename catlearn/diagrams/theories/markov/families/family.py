"""What all families have in common: checked parameters, types of their own, and plain data for files.

>>> above("Beta", "a", 2)
2.0
>>> above("Beta", "a", 0)
Traceback (most recent call last):
...
catlearn.errors.NotNormalized: Beta: a is a number above 0, not 0
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import fields
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.diagrams.theories.markov.sampled import Sampled
from catlearn.diagrams.types import Real, Ty
from catlearn.errors import InputMismatch, NotNormalized, TypeMismatch, short

__all__ = ["Distribution", "Family", "Likelihood", "above", "counted", "finite", "rows", "seeded", "within"]

Array = NDArray[Any]


class Family(Sampled):
    """A kernel of a few numbers: a frozen dataclass whose fields are its data."""

    def data(self) -> tuple[Any, ...]:
        """The parameters in order."""
        return tuple(getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]

    @property
    @abstractmethod
    def types(self) -> tuple[Ty, Ty]:
        """The wires of a box that carries it: its inputs and its outputs."""

    def box(self, name: str, cod: Ty | None = None) -> Box:
        """The box of this kernel.

        Args:
            name: the box's name; the variable on its output wire is called so.
            cod: another type of the output, where the kernel has a choice: a `Bernoulli` may have any two outcomes.

        Raises:
            TypeMismatch: when the output cannot have that type.
        """
        dom, own = self.types
        return place_kernel(name, dom, own if cod is None else cod, self)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: the family's own wires."""
        if (dom, cod) != self.types:
            (inputs, outputs), kind = self.types, type(self).__name__
            raise TypeMismatch(
                f"{name}: {kind} is {inputs or '()'} -> {outputs}, not {dom or '()'} -> {cod or '()'}; use {kind}.box"
            )

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


class Distribution(Family):
    """A family without inputs: a state; of one number, unless it says otherwise."""

    @property
    def types(self) -> tuple[Ty, Ty]:
        """See `Family.types`."""
        return Ty(), Real()

    @property
    @abstractmethod
    def mean(self) -> Any:
        """The mean: a number, or an array with one for each component."""

    @property
    @abstractmethod
    def variance(self) -> Any:
        """The variance, of each component."""

    def sample(self, count: int, seed: int = 0) -> Any:
        """Independent draws, an array with `count` rows; the same seed gives the same ones. Raises `InputMismatch`."""
        return self.draw(np.random.default_rng(counted("seed", seed)), counted("sample: count", count))


class Likelihood(Family):
    """A family whose parameter is an input: a channel."""


def above(family: str, name: str, value: Any) -> float:
    """A parameter that must be positive. Raises `NotNormalized`."""
    if not (_is_number(value) and isfinite(value) and value > 0):
        raise NotNormalized(f"{family}: {name} is a number above 0, not {short(value)}")
    return float(value)


def finite(family: str, name: str, value: Any) -> float:
    """A parameter that may be any number. Raises `NotNormalized`."""
    if not (_is_number(value) and isfinite(value)):
        raise NotNormalized(f"{family}: {name} is a finite number, not {short(value)}")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def counted(name: str, value: Any, least: int = 0) -> int:
    """A whole number. Raises `InputMismatch`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise InputMismatch(f"{name} is a whole number from {least} up, not {short(value)}")
    return int(value)


def seeded(seed: Any) -> np.random.Generator:
    """The random numbers of a seed; None draws new ones each time. Raises `InputMismatch` for what is no seed."""
    return np.random.default_rng(None if seed is None else counted("seed", seed))


def rows(family: str, name: str, values: Any) -> tuple[float, ...]:
    """A list of at least two positive parameters. Raises `NotNormalized`."""
    try:
        given = list(values)
    except TypeError:
        given = []
    if len(given) < 2:
        raise NotNormalized(f"{family}: {name} is a list of two or more numbers above 0, not {short(values)}")
    return tuple(above(family, f"{name}[{i}]", value) for i, value in enumerate(given))


def within(family: str, what: str, values: Any, low: float, high: float = np.inf) -> Array:
    """Inputs of a channel as an array. Raises `InputMismatch` where one is outside of what its parameter can be."""
    array = np.asarray(values, np.float64)
    if not np.all((array >= low) & (array <= high)):
        bad = array[~((array >= low) & (array <= high))].flat[0]
        said = f"from {low:g} to {high:g}" if np.isfinite(high) else f"from {low:g} up"
        raise InputMismatch(f"{family}: {what} is a number {said}, not {bad:g}")
    return array
