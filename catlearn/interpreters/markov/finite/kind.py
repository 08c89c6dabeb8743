"""Finite kernels as lenses and inversion see them: states and outcomes as users write them, inverses, supports.

>>> from catlearn import Finite
>>> FINITE.support(FINITE.state(Finite("no", "maybe", "yes"), {"no": 0.5, "yes": 0.5}))
('no', 'yes')
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, discard, identity
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.diagrams.theories.markov.table import Table, effect, fraction, state
from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import ImpossibleEvidence, InputMismatch, OffSupport, TypeMismatch, UnknownOutcome, nearest, short
from catlearn.interpreters.markov.finite.rational import is_exact
from catlearn.interpreters.markov.finite.weights import as_table, graph_of, proportions, weights
from catlearn.interpreters.markov.posterior import Joint, Marginal

__all__ = ["FINITE", "FiniteKind"]

Array = NDArray[Any]


class FiniteKind:
    """What can be done with finite kernels. For the meaning of the methods see `Kind`."""

    def state(self, ty: Ty, given: Any, name: str = "prior") -> Diagram:
        """A diagram `Ty() -> ty`, from a dictionary by outcome (by tuples, for several wires), an array, an answer."""
        if isinstance(given, Diagram):
            if len(given.dom) or given.cod != ty:
                raise TypeMismatch(f"a state here is a diagram Ty() -> {ty!r}, not {given.dom!r} -> {given.cod!r}")
            return given
        return state(name, ty, _table(ty, given)) if len(ty) else identity(ty)

    def outcome(self, ty: Ty, given: Any) -> Diagram | None:
        """The state that is surely this outcome; None where the value is no outcome."""
        if isinstance(given, Diagram | Mapping | list | np.ndarray | Joint):
            return None
        return state("seen", ty, _point(ty, given)) if len(ty) else identity(ty)

    def effect(self, ty: Ty, given: Any) -> Diagram:
        """A diagram `ty -> Ty()`, from one, an outcome, a set of them, a dictionary or array of likelihoods."""
        if isinstance(given, Diagram):
            if len(given.cod) or given.dom != ty:
                raise TypeMismatch(f"an effect here is a diagram {ty!r} -> Ty(), not {given.dom!r} -> {given.cod!r}")
            return given
        if isinstance(given, AbstractSet):
            return effect("seen", ty, sum((_point(ty, each) for each in given), _zeros(ty)))
        if isinstance(given, Mapping | list | np.ndarray):
            return effect("seen", ty, _table(ty, given))
        return effect("seen", ty, _point(ty, given))

    def invert(self, d: Diagram, prior: Diagram, name: str) -> Box:
        """The inverse `B -> A`; rows of zeros off the support."""
        joint = proportions(graph_of(prior, d))
        _check_total(joint, name)
        n = len(d.dom)
        rows = joint.transpose([*range(n, joint.ndim), *range(n)])
        return place_kernel(name, d.cod, d.dom, Table(_divided(rows, _sums(rows, len(d.cod)))))

    def disintegrate(self, joint: Diagram, keep: Sequence[int], names: Sequence[str]) -> tuple[Box, Box]:
        """The state of some outputs, with the mass of the joint state, and a channel from them to the others."""
        rest = [i for i in range(len(joint.cod)) if i not in keep]
        table = proportions(joint).transpose([*keep, *rest])
        _check_total(table, "disintegrate")
        sums, mass = _sums(table, len(keep)), weights(joint >> discard(joint.cod))
        kept, others = (Ty.of(joint.cod.obs[i] for i in some) for some in (keep, rest))
        marginal = Table(sums.reshape(sums.shape[: len(keep)]) * (mass.item() / table.sum()))
        channel = Table(_divided(table, sums))
        return place_kernel(names[0], Ty(), kept, marginal), place_kernel(names[1], kept, others, channel)

    def normalize(self, d: Diagram, name: str) -> Box:
        """The state in proportion to a diagram with effects."""
        found = proportions(d)
        _check_total(found, name)
        return place_kernel(name, Ty(), d.cod, Table(found / found.sum()))

    def validity(self, d: Diagram, given: Any) -> Any:
        """How probable an effect is under a state."""
        return weights(d >> self.effect(d.cod, given)).item()

    def observe(self, d: Diagram, given: Any, name: str) -> Box:
        """A state after an effect. Raises `ImpossibleEvidence` where the effect excludes all that the state allows."""
        try:
            return self.normalize(graph_of(d, self.effect(d.cod, given)), name)
        except ImpossibleEvidence:
            raise ImpossibleEvidence(f"the effect excludes all that is possible: {_some(self.support(d))}") from None

    def check(self, predicted: Diagram, seen: Diagram) -> None:
        """Raise `OffSupport` where a state has outcomes that another one rules out."""
        off = (proportions(seen) > 0) & ~(proportions(predicted) > 0)
        if off.any():
            wrong = _names(predicted.cod, [i[0] for i in np.nonzero(off)])
            said = _some(self.support(predicted))
            raise OffSupport(f"{wrong!r} has probability 0 under the prior; what can be observed is {said}")

    def support(self, d: Diagram) -> tuple[Any, ...]:
        """The outcomes with a probability above 0; for several wires, tuples of them."""
        return (
            tuple(_names(d.cod, at) for at in zip(*np.nonzero(proportions(d) > 0), strict=True))
            if len(d.cod)
            else ((),)
        )

    def read(self, d: Diagram, names: Sequence[str]) -> Marginal | Joint:
        """The distribution of one output, or of several together."""
        found, outcomes = proportions(d), tuple(tuple(map(str, ob.sizes)) for ob in d.cod.obs)
        found = found / found.sum()
        return Marginal(outcomes[0], found) if len(outcomes) == 1 else Joint(tuple(names), outcomes, found)

    def split(self, d: Diagram, count: int) -> tuple[Diagram, Diagram]:
        """The states of the first wires and of the others. Raises `TypeMismatch` where they are not independent."""
        ty = d.cod
        upper = self.normalize(d >> (identity(ty[:count]) @ discard(ty[count:])), "upper")
        lower = self.normalize(d >> (discard(ty[:count]) @ identity(ty[count:])), "lower")
        if not _close(weights(upper @ lower, is_exact(d)), weights(self.normalize(d, "both")), 1e-12):
            raise TypeMismatch("lenses side by side need a prior without correlation; take bayes(f @ g) for this one")
        return upper, lower

    def same(self, f: Diagram, g: Diagram, prior: Diagram, tolerance: float) -> bool:
        """Whether the rows of two diagrams differ by no more than a tolerance, on the support of a prior."""
        exact = all(map(is_exact, (f, g)))
        where = proportions(prior) > 0
        return _close(as_table(f, exact)[where], as_table(g, exact)[where], 0 if exact else tolerance)

    def factors(self, channel: Box, count: int, tolerance: float) -> bool:
        """Whether a channel's first outputs are independent of the others, given its inputs, up to a tolerance."""
        table, n = channel.data[0].values, len(channel.dom)
        rows = table.reshape(*table.shape[:n], prod(table.shape[n : n + count]), prod(table.shape[n + count :]))
        parts = rows.sum(axis=-1, keepdims=True) * rows.sum(axis=-2, keepdims=True)
        return _close(rows, parts, 0 if channel.data[0].exact else tolerance)


FINITE = FiniteKind()
"""Finite kernels."""


def _table(ty: Ty, given: Any) -> Any:
    """Numbers by outcome as `state` reads them."""
    if isinstance(given, Joint):
        return given.probabilities
    if not isinstance(given, Mapping) or len(ty) == 1 or not any(isinstance(key, tuple) for key in given):
        return given
    found = sum((_point(ty, key) * _number(key, value) for key, value in given.items()), _zeros(ty))
    return found if any(isinstance(value, Fraction) for value in given.values()) else found.astype(np.float64)


def _number(key: Any, value: Any) -> Fraction:
    try:
        return fraction(value)
    except (TypeError, ValueError, OverflowError):
        raise InputMismatch(f"the probability of {short(key)} is a number from 0 up, not {short(value)}") from None


def _zeros(ty: Ty) -> Array:
    return np.zeros([len(ob.sizes) for ob in ty.obs], object)


def _point(ty: Ty, outcome: Any) -> Array:
    """A table that is 1 at an outcome, and 0 elsewhere."""
    names = outcome if isinstance(outcome, tuple) else (outcome,)
    if len(names) != len(ty):
        raise InputMismatch(f"an outcome of {ty!r} has {len(ty)} names, in a tuple, not {short(outcome)}")
    made = _zeros(ty)
    made[tuple(_index(ob, name) for ob, name in zip(ty.obs, names, strict=True))] = 1
    return made


def _index(ob: Ob, name: Any) -> int:
    known = list(map(str, ob.sizes))
    if str(name) not in known:
        raise UnknownOutcome(f"there is no outcome {short(name)}{nearest(name, known)}")
    return known.index(str(name))


def _names(ty: Ty, at: Sequence[Any]) -> Any:
    names = tuple(str(ob.sizes[int(i)]) for ob, i in zip(ty.obs, at, strict=True))
    return names[0] if len(names) == 1 else names


def _some(support: Sequence[Any]) -> str:
    said = [each if isinstance(each, str) else repr(each) for each in islice(support, 5)]
    return ", ".join(said) + (", ..." if len(support) > 5 else "")


def _sums(table: Array, count: int) -> Array:
    """The sum of each row; the first axes tell the row, the others are kept with length 1."""
    axes = tuple(range(count, table.ndim))
    return table.sum(axis=axes, keepdims=True) if axes else table


def _divided(table: Array, sums: Array) -> Array:
    return np.asarray(table / np.where(sums > 0, sums, 1))


def _check_total(table: Array, name: str) -> None:
    if not np.any(table > 0):
        raise ImpossibleEvidence(f"{name}: the effects of the diagram leave nothing with a probability above 0")


def _close(one: Array, other: Array, tolerance: float) -> bool:
    return bool(np.max(np.abs(one - other), initial=0) <= tolerance)
