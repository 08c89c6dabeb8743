"""Finite kernels: a table of numbers, with an axis for every input wire and then for every output wire.

>>> from catlearn import Finite, channel, copy, effect, identity, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> (rain >> copy() >> (identity() @ wet)).cod
Finite("no", "yes") @ Finite("dry", "wet")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import NotNormalized, ShapeMismatch, TooLarge, TypeMismatch, UnknownOutcome, nearest, short

__all__ = ["ROUNDING", "Table", "channel", "effect", "fraction", "state"]

ROUNDING = 1e-6
"""How far from one a distribution may sum and still be taken for one that was rounded."""
MOST = 2**27
"""How many numbers a table that is given by dictionaries may have."""

Array = NDArray[Any]


class Table(Kernel):
    """The numbers of a finite kernel: a read-only array of float64, or of fractions where any number is one.

    `Table(values)` takes nested lists or an array of numbers from 0 up. What the axes mean is told by the box.
    """

    def __init__(self, values: Any) -> None:
        self.values = _numbers(values)
        self.values.flags.writeable = False

    def data(self) -> tuple[Any, ...]:
        """The numbers as nested tuples."""
        return (_tuples(self.values.tolist()),)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one axis for each wire, all of them `Finite`."""
        sizes = tuple(_count(name, ob) for ob in (*dom.obs, *cod.obs))
        _check_signs(name, self.values)
        if self.values.shape != sizes:
            raise ShapeMismatch(
                f"{name}: a table {dom or '()'} -> {cod or '()'} has shape {sizes}, not {self.values.shape}"
            )

    @property
    def exact(self) -> bool:
        """Whether the numbers are fractions."""
        return self.values.dtype == object

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        exact = tuple(self.values.ravel().tolist()) if self.exact else self.values.tobytes()
        return self.values.shape, self.exact, exact

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Table) and self._key == other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[Any, ...]:
        return Table, (np.array(self.values),)


def _numbers(values: Any) -> Array:
    try:
        given = values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
        flat = given.ravel().tolist() if given.dtype == object else []
        if any(isinstance(v, Fraction) for v in flat):
            return np.array([*map(fraction, flat)], object).reshape(given.shape)
        if given.dtype.kind not in "mMV":  # dates and records would be read as numbers
            return floats(values)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ShapeMismatch(f"a table holds numbers in rows of one length, not {short(values)}")


def fraction(value: Any) -> Fraction:
    """A number as a fraction, a float as it is written: 0.1 is a tenth.

    >>> fraction(0.1), fraction(np.int64(2))
    (Fraction(1, 10), Fraction(2, 1))
    """
    plain = value.item() if isinstance(value, np.generic) else value
    return Fraction(repr(plain) if isinstance(plain, float) else plain)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _count(name: str, ob: Ob) -> int:
    if ob.kind != "Finite":
        raise TypeMismatch(
            f"{name}: a table is for wires with named outcomes, Finite('no', 'yes'), not {Ty.of((ob,))!r}"
        )
    return len(ob.sizes)


def state(name: str, cod: Ty, table: Any) -> Box:
    """A distribution over the outcomes of `cod`: a box without inputs.

    Args:
        name: the box's name; the variable on its wire is called so.
        cod: one or more `Finite` wires.
        table: probabilities, one axis for each wire; or a dictionary `{outcome: probability}`, nested for more wires.

    Raises:
        ShapeMismatch: when the numbers do not have the shape of the type.
        NotNormalized: when a number is negative or not finite, or their sum is not one up to 1e-6.
        UnknownOutcome: when a dictionary names an outcome that the type does not have.

    >>> from catlearn import Finite
    >>> state("coin", Finite("heads", "tails"), {"heads": 0.5, "tails": 0.5}).cod
    Finite("heads", "tails")
    """
    return channel(name, Ty(), cod, table)


def channel(name: str, dom: Ty, cod: Ty, table: Any) -> Box:
    """A finite kernel `dom -> cod`: for each outcome of the inputs a distribution over the outputs.

    Args:
        name: the box's name; the variable on its output wire is called so.
        dom, cod: `Finite` wires.
        table: probabilities, one axis for each wire of `dom` and then of `cod`; or dictionaries by outcome.

    Rows that miss one by 1e-6 or less are taken for rounded and divided by their sum. Errors: see `state`.

    >>> from catlearn import Finite
    >>> X, Y = Finite("no", "yes"), Finite("dry", "wet")
    >>> channel("wet", X, Y, {"no": {"dry": 0.9, "wet": 0.1}, "yes": {"wet": 1}}).data[0]
    Table(((0.9, 0.1), (0.0, 1.0)))
    """
    box = place_kernel(name, dom, cod, _table(name, (*_obs(dom), *_obs(cod)), table))
    values, axes = box.data[0].values, tuple(range(len(dom), len(dom) + len(cod)))
    with np.errstate(over="ignore"):
        sums = values.sum(axis=axes, keepdims=True) if axes else values
    wrong = np.abs(sums - 1) if box.data[0].exact else np.abs(sums - 1.0)
    if wrong.size and wrong.max() > ROUNDING:
        at = np.unravel_index(int(np.argmax(wrong)), wrong.shape)[: len(dom)]
        given = ", ".join(str(ob.sizes[i]) for ob, i in zip(dom.obs, at, strict=True))
        row = f"the row of ({given}) sums" if given else "its numbers sum"
        total = sums.flat[int(np.argmax(wrong))]
        raise NotNormalized(f"{name}: {row} to {f'{float(total):.9g}' if total < 1e300 else 'over 1e300'}, not to 1")
    if wrong.size and wrong.max() > 1e-14:
        box = place_kernel(name, dom, cod, Table(values / sums))
    return box


def effect(name: str, dom: Ty, likelihood: Any) -> Box:
    """A finite effect: how likely what was seen is under each outcome of `dom`; a box without outputs.

    The numbers are from 0 up and need not sum to anything. One 1 and zeros is a hard observation, several ones say
    "one of these", other numbers are soft evidence (Pearl's virtual evidence).

    >>> from catlearn import Finite
    >>> effect("umbrella", Finite("no", "yes"), [0.1, 0.9]).cod
    Ty()
    """
    return place_kernel(name, dom, Ty(), _table(name, _obs(dom), likelihood))


def _obs(ty: Ty) -> Sequence[Ob]:
    return ty.obs if isinstance(ty, Ty) else ()


def _table(name: str, obs: Sequence[Ob], given: Any) -> Table:
    count = prod(len(ob.sizes) for ob in obs)
    if isinstance(given, Mapping) and count > MOST:
        raise TooLarge(f"{name}: its table has {count:,} numbers, and at most {MOST:,} are made; give it fewer inputs")
    try:
        return Table(_read(name, obs, given))
    except ShapeMismatch as error:
        raise ShapeMismatch(f"{name}: {error}") from None


def _read(name: str, obs: Sequence[Ob], table: Any) -> Any:
    """A table given by dictionaries as nested lists; an outcome that is not named has probability 0."""
    if not isinstance(table, Mapping) or not obs:
        return table
    outcomes, rest = obs[0].sizes, obs[1:]
    for key in table:
        if key not in outcomes:
            raise UnknownOutcome(f"{name}: there is no outcome {key!r}{nearest(key, outcomes)}")
    sizes = [len(ob.sizes) for ob in rest]
    return [_read(name, rest, table[o]) if o in table else np.zeros(sizes).tolist() for o in outcomes]


def _check_signs(name: str, values: Array) -> None:
    finite = values.dtype == object or bool(np.isfinite(values).all())
    if not finite or (values.size and values.min() < 0):
        bad = values[values < 0] if finite else values[~np.isfinite(values)]
        raise NotNormalized(f"{name}: {bad.flat[0]} is no probability; numbers are from 0 up and finite")
