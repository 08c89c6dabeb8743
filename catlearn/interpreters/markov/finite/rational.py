"""Smooth diagrams read in fractions: the generators of which contractions and their reverse derivatives are made.

To calculate exactly is to interpret the same diagram differently, so this is a table of rules and not a second engine.

>>> from catlearn.interpreters.markov.finite.contraction import evidence
>>> from catlearn.interpreters.markov.finite.plan import plan
>>> tables = [fractions([0.1, 0.9]), fractions([[0.5, 0.5], [0.25, 0.75]])]
>>> evaluate(evidence(plan([(0,), (0, 1)], (2, 2), [(0, 1)])), tables)[0].item()
Fraction(1, 1)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.table import ROUNDING, Table, fraction
from catlearn.diagrams.wiring import Builder, Graph, unfolded
from catlearn.errors import UnknownBox

__all__ = ["RULES", "evaluate", "exactly", "fractions", "is_exact"]

Array = NDArray[Any]


def fractions(values: Any) -> Array:
    """Numbers as an array of fractions, floats as they are written: 0.1 is a tenth.

    >>> fractions([0.1, 1]).tolist()
    [Fraction(1, 10), Fraction(1, 1)]
    """
    given = np.asarray(values)
    made = np.empty(given.shape, object)
    made[...] = np.reshape([fraction(value) for value in given.ravel().tolist()], given.shape)
    return made


def is_exact(d: Diagram) -> bool:
    """Whether a diagram says anything in fractions: then it is calculated in fractions.

    >>> from fractions import Fraction
    >>> from catlearn import Finite, state
    >>> is_exact(state("coin", Finite("heads", "tails"), [Fraction(1, 3), Fraction(2, 3)]))
    True
    """
    kernels = (kernel_of(box) for box in unfolded(d).boxes)
    return any(isinstance(kernel, Table) and kernel.exact for kernel in kernels)


def exactly(d: Diagram) -> Graph:
    """The diagram with all tables in fractions. A row that sums to one up to rounding is divided by its sum.

    >>> from catlearn import Finite, state
    >>> exactly(state("one", Finite("a", "b", "c"), [0.3333333, 0.3333333, 0.3333333])).wiring.boxes[0].data[0]
    Table((Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)))
    """
    wiring = unfolded(d)
    build = Builder(wiring.dom)
    for box, reads, _ in wiring.steps():
        build.add(_exact_box(box), reads)
    return Graph(build.finish(wiring.outputs.tolist()), getattr(d, "name", ""), getattr(d, "names", ()))


def _exact_box(box: Box) -> Box:
    kernel = kernel_of(box)
    if not isinstance(kernel, Table) or kernel.exact:
        return box
    values = fractions(kernel.values)
    if len(box.cod):
        sums = values.sum(axis=tuple(range(len(box.dom), values.ndim)), keepdims=True)
        sums[np.abs(sums - 1) > ROUNDING] = 1
        values = values / sums
    return Box(box.name, box.dom, box.cod, (Table(values),))


Rule = Callable[..., Any]


def _constant(data: Any) -> Array:
    value, shape = data
    # Whole numbers become ints, which go with fractions and decimals alike.
    found = np.array([int(x) if x.denominator == 1 else x for x in fractions(value).ravel()], object)
    return np.broadcast_to(found.reshape(() if np.ndim(value) == 0 else shape), shape)


def _broadcast(data: Any, x: Array) -> Array:
    shape, axes = data
    small = x.transpose(np.argsort(axes)).reshape([n if i in axes else 1 for i, n in enumerate(shape)])
    return np.broadcast_to(small, shape)


RULES: Mapping[str, Rule] = {
    "broadcast": _broadcast,
    "constant": _constant,
    "einsum": np.einsum,
    "mul": lambda _, x, y: x * y,
    "permute": lambda axes, x: x.transpose(axes),
    "reshape": lambda shape, x: x.reshape(shape),
    "sum": lambda axes, x: x.sum(axis=axes),
}
"""For each generator, what it does to arrays of fractions, given its data."""


def evaluate(d: Diagram, arrays: Sequence[Array]) -> list[Array]:
    """The outputs of a smooth diagram on arrays of fractions, or of decimals.

    Raises:
        UnknownBox: for a generator that is no part of contractions.
    """
    wiring = unfolded(d)
    wires = list(arrays)
    for box, reads, _ in wiring.steps():
        if box.name not in RULES:
            raise UnknownBox(f"{box.name} has no rule in fractions; there are {', '.join(RULES)}")
        wires.append(np.asarray(RULES[box.name](box.data, *(wires[i] for i in reads)), object))
    return [wires[i] for i in wiring.outputs.tolist()]
