"""Interacting particles: what becomes of one depends on its own state and on how many neighbours are in some state.

>>> step = sir_step(infection=0.5, recovery=0.25, most=2)
>>> step.table[0].tolist()                  # susceptible, with 0, 1 or 2 neighbours infectious
[[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.25, 0.75, 0.0]]
>>> box = step.box("ann", SIR, neighbours=2)
>>> box.dom == SIR**3, box.cod == SIR
(True, True)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.table import ROUNDING
from catlearn.diagrams.types import Finite, Ty
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, TypeMismatch, UnknownOutcome, nearest, short

__all__ = ["SIR", "Frozen", "Interacting", "OnOwn", "by_count", "sir_step"]

Array = NDArray[np.float64]

SIR = Finite("S", "I", "R")
"""One person: susceptible, infectious or recovered."""


class Interacting(Kernel):
    """The next state of a particle, given its own state and how many of its neighbours are in counted outcomes.

    A box of it reads the particle's own wire and then one wire for each neighbour; it gives the next state. Boxes with
    different numbers of neighbours share one kernel.

    Args:
        table: `table[own, count, next]`, of shape (K, most + 1, K); each `table[own, count]` is a distribution.
        counted: the outcome of a neighbour that is counted, or a list of them.

    Raises:
        ShapeMismatch: when the table has another shape.
        NotNormalized: for probabilities below zero, or rows that do not sum to one.
        TypeMismatch: when `counted` is no name.

    >>> Interacting([[[1, 0], [0.5, 0.5]], [[0, 1], [0, 1]]], "I").most
    1
    """

    def __init__(self, table: Any, counted: str | Sequence[str]) -> None:
        self.table = _table("an interacting kernel's table", table, 3)
        self.counted = (counted,) if isinstance(counted, str) else tuple(counted)
        if not self.counted or not all(isinstance(name, str) for name in self.counted):
            raise TypeMismatch(f"counted is an outcome such as 'I', or a list of them, not {short(counted)}")

    @property
    def most(self) -> int:
        """The most neighbours that a box may read."""
        return int(self.table.shape[1]) - 1

    def data(self) -> tuple[Any, ...]:
        """The table as nested tuples, and what is counted."""
        return tuple(tuple(map(tuple, rows)) for rows in self.table.tolist()), self.counted

    def box(self, name: str, own: Ty, neighbours: int, of: Ty | None = None) -> Box:
        """The box of a particle with so many neighbours, of type `of` where that is another than its own."""
        return place_kernel(name, own @ (own if of is None else of) ** neighbours, own, self)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: `dom` is the type of the particle, as `cod`, and of its neighbours, all of one type."""
        _check_own(name, dom, cod, len(self.table))
        others = dom.obs[1:]
        if len(others) > self.most:
            said = f"{name}: reads {len(others)} neighbours, but the table goes up to {self.most}"
            raise ShapeMismatch(f"{said}; give it one row for each count")
        if any(ob != others[0] or ob.kind != "Finite" for ob in others):
            raise TypeMismatch(f"{name}: all neighbours have one type with named outcomes, not {Ty.of(others)}")
        for outcome in self.counted if others else ():
            if outcome not in others[0].sizes:
                raise UnknownOutcome(
                    f"{name}: neighbours have no outcome {outcome!r}{nearest(outcome, others[0].sizes)}"
                )


class Frozen(Kernel):
    """The guide of `Interacting` that takes the neighbours' count for known: the particle's own state is all it reads.

    Args:
        count: the number of neighbours in counted outcomes, from 0 up; between two whole numbers the rows of the table
            are mixed. None is the default: counts are those of guided samples, in rounds; see the module
            `catlearn.interpreters.bffg.rules.interacting`.

    Raises:
        InputMismatch: for a count that is no finite number from 0 up.

    >>> Frozen(1.5)
    Frozen(1.5)
    """

    def __init__(self, count: float | None = None) -> None:
        self.count = None if count is None else _number(count)

    def data(self) -> tuple[Any, ...]:
        """The count."""
        return (self.count,)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: the count is no more than the neighbours."""
        _check_own(name, dom, cod, None)
        if self.count is not None and self.count > len(dom) - 1:
            raise InputMismatch(f"{name}: the guide counts {self.count:g} neighbours, but it has {len(dom) - 1}")


class OnOwn(Kernel):
    """The guide of `Interacting` that moves the particle on its own, by a table `table[own, next]`.

    Raises `ShapeMismatch` and `NotNormalized`, as `Interacting` does.

    >>> OnOwn([[0.9, 0.1], [0.0, 1.0]])
    OnOwn(((0.9, 0.1), (0.0, 1.0)))
    """

    def __init__(self, table: Any) -> None:
        self.table = _table("a table on its own", table, 2)

    def data(self) -> tuple[Any, ...]:
        """The table as nested tuples."""
        return (tuple(map(tuple, self.table.tolist())),)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`."""
        _check_own(name, dom, cod, len(self.table))


def by_count(rates: Callable[[str, int], Any], own: Ty, counted: str | Sequence[str], most: int) -> Interacting:
    """The kernel of a function.

    Args:
        rates: `rates(own, count)` gives the probabilities of all outcomes, as a list or as `{outcome: probability}`.
        own: the type of the particle.
        counted, most: see `Interacting`.

    Raises:
        UnknownOutcome: when the function names an outcome that there is not; and as `Interacting` does.

    >>> vote = by_count(lambda own, n: {"no": 1 / (1 + n), "yes": n / (1 + n)}, Finite("no", "yes"), "yes", 3)
    >>> vote.table[0, 3]
    array([0.25, 0.75])
    """
    if len(own) != 1 or own.obs[0].kind != "Finite":
        raise TypeMismatch(f"by_count: a particle's state is one wire with named outcomes, not {own}")
    names: Any = own.obs[0].sizes
    return Interacting([[_row(names, rates(name, k)) for k in range(most + 1)] for name in names], counted)


def sir_step(infection: float, recovery: float, most: int, outside: float = 0.0) -> Interacting:
    """A step of an epidemic, for wires of type `SIR`.

    A susceptible person stays so with the probability `(1 - outside) (1 - infection)**count`, with as many infectious
    neighbours. An infectious one recovers with the probability `recovery`.

    Args:
        infection: the probability that one infectious neighbour infects it in a step.
        recovery: see above.
        most: the most neighbours that anybody has.
        outside: the probability to be infected by nobody of the neighbours.

    Raises:
        NotNormalized: for what is no probability.

    >>> sir_step(0.5, 0.25, 1).table[1, 0]
    array([0.  , 0.75, 0.25])
    """
    for name, p in (("infection", infection), ("recovery", recovery), ("outside", outside)):
        if not 0.0 <= _probability(name, p) <= 1.0:
            raise NotNormalized(f"sir_step: {name} is a probability, from 0 to 1, not {short(p)}")
    table = np.zeros((3, most + 1, 3))
    stays = (1.0 - outside) * (1.0 - infection) ** np.arange(most + 1)
    table[0, :, 0], table[0, :, 1] = stays, 1.0 - stays
    table[1, :, 1], table[1, :, 2], table[2, :, 2] = 1.0 - recovery, recovery, 1.0
    return Interacting(table, "I")


def _row(names: Sequence[str], given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    for name in given:
        if name not in names:
            raise UnknownOutcome(f"by_count: there is no outcome {name!r}{nearest(name, names)}")
    return [given.get(name, 0.0) for name in names]


def _probability(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise NotNormalized(f"sir_step: {name} is a probability, from 0 to 1, not {short(value)}") from None


def _number(value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = -1.0
    if not 0.0 <= found < float("inf"):
        raise InputMismatch(f"a frozen count is a finite number from 0 up, not {short(value)}")
    return found


def _table(what: str, values: Any, axes: int) -> Array:
    try:
        made = floats(values)
    except ValueError:
        raise ShapeMismatch(f"{what} holds numbers in rows of one length, not {short(values)}") from None
    if made.ndim != axes or made.shape[0] != made.shape[-1] or not made.size:
        wanted = "(K, most + 1, K)" if axes == 3 else "(K, K)"
        raise ShapeMismatch(f"{what} has the shape {wanted}, not {made.shape}")
    if not np.isfinite(made).all() or (made < 0).any():
        raise NotNormalized(f"{what}: probabilities are numbers from 0 up")
    total = made.sum(axis=-1)
    if (abs(total - 1.0) > ROUNDING).any():
        raise NotNormalized(f"{what}: a row sums to {total.flat[int(abs(total - 1).argmax())]:.9g}, not to 1")
    made /= total[..., None]
    made.flags.writeable = False
    return made


def _check_own(name: str, dom: Ty, cod: Ty, count: int | None) -> None:
    if len(cod) != 1 or cod.obs[0].kind != "Finite" or not len(dom) or dom.obs[0] != cod.obs[0]:
        said = "reads its own state and then its neighbours', and gives its own type"
        raise TypeMismatch(f"{name}: an interacting particle {said}, not {dom or '()'} -> {cod or '()'}")
    if count is not None and count != len(cod.obs[0].sizes):
        raise ShapeMismatch(f"{name}: the table is for {count} states, but {cod} has {len(cod.obs[0].sizes)}")
