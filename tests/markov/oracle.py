"""Finite kernels by brute force: all outcomes of all wires, one by one, in fractions. No code of the engine's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from catlearn import Diagram, unfolded

Indices = tuple[int, ...]


def number(value: object) -> Fraction:
    return Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)


def worlds(d: Diagram) -> Iterator[tuple[Indices, Fraction]]:
    """Every assignment of outcomes to all wires with a weight above 0, and its weight."""
    wiring = unfolded(d)

    def extend(at: Indices, weight: Fraction, steps: list) -> Iterator[tuple[Indices, Fraction]]:
        if not steps:
            yield at, weight
            return
        box, reads, _ = steps[0]
        values = box.data[0].values
        for made in product(*(range(len(ob.sizes)) for ob in box.cod.obs)):
            entry = number(values[tuple(at[i] for i in reads) + made])
            if entry:
                yield from extend(at + made, weight * entry, steps[1:])

    for start in product(*(range(len(ob.sizes)) for ob in wiring.dom.obs)):
        yield from extend(start, Fraction(1), list(wiring.steps()))


def table(d: Diagram) -> dict[Indices, Fraction]:
    """The weight of each combination of inputs and outputs, where it is above 0."""
    found: dict[Indices, Fraction] = defaultdict(Fraction)
    inputs, outputs = len(d.dom), unfolded(d).outputs.tolist()
    for at, weight in worlds(d):
        found[at[:inputs] + tuple(at[i] for i in outputs)] += weight
    return dict(found)


def joint(d: Diagram, wires: list[int]) -> dict[Indices, Fraction]:
    """The weight of each combination of outcomes of some wires."""
    found: dict[Indices, Fraction] = defaultdict(Fraction)
    for at, weight in worlds(d):
        found[tuple(at[i] for i in wires)] += weight
    return dict(found)


def marginal(found: dict[Indices, Fraction], keep: list[int]) -> dict[Indices, Fraction]:
    """The sums over all axes that are not kept."""
    made: dict[Indices, Fraction] = defaultdict(Fraction)
    for at, weight in found.items():
        made[tuple(at[i] for i in keep)] += weight
    return dict(made)


def normalized(found: dict[Indices, Fraction]) -> dict[Indices, Fraction]:
    total = sum(found.values(), Fraction(0))
    return {at: weight / total for at, weight in found.items()}
