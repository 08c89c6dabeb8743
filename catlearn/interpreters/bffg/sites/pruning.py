"""Felsenstein's pruning over a plan: the likelihood of what lies below each node, class by class.

Values are stored with a row of K numbers for each class, so that taking a row is one copy of K neighbors. They are
divided by their sum at a few joins, *checkpoints*; between these they get small, but are never lost: whoever calls
looks at the smallest number at each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.sites.repeats import Join, Kind, Part, Plan

__all__ = ["LEAST", "Inputs", "Values", "divide_rows", "prune"]

Array = NDArray[Any]

LEAST = 1e-280
"""Sums of products below the smallest float are nothing beside this: a number above it has all its digits."""
FEW = 500
"""With fewer rows, `dot` is quicker than `matmul`, which does more before it starts."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """The numbers that a plan is run on.

    Attributes:
        vectors: tables of likelihoods, (A, K).
        tables: for each row of observations the number of its table.
        edges: for each wire the table of its edge turned round, (outcomes below, outcomes above).
    """

    vectors: Sequence[Array]
    tables: Sequence[int]
    edges: Sequence[Array] | Array


@dataclass(frozen=True, eq=False)
class Values:
    """What pruning gives.

    Attributes:
        root: the value of the last join, (classes, K).
        sums: for each checkpoint what its values were divided by, (classes,); the last join is none.
        low: for each checkpoint with numbers below `LEAST`, which of them are so, before the division; likewise for the
            last join.
        kept: the value of each join, where these were asked for.
    """

    root: Array
    sums: dict[int, Array]
    low: dict[int, Array]
    kept: list[Array]


def _leaf_messages(plan: Plan, inputs: Inputs) -> Iterator[tuple[int, Array]]:
    """The messages of all leaves: one product for those that share an alphabet and a shape."""
    groups: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for join in plan.joins:
        for part in (join.left, join.right):
            if part is not None and part.kind is Kind.LEAF:
                groups.setdefault((inputs.tables[part.at], inputs.edges[part.edge].shape), []).append(part.edge)
    for (table, _), edges in groups.items():
        stacked = (
            inputs.edges[edges] if isinstance(inputs.edges, np.ndarray) else np.stack([inputs.edges[e] for e in edges])
        )
        yield from zip(edges, np.matmul(inputs.vectors[table], stacked), strict=True)


def prune(plan: Plan, inputs: Inputs, checkpoints: frozenset[int], *, keep: bool = False) -> Values:
    """The value at the root. Joins in `checkpoints` are divided by their sums. With `keep` all values are kept."""
    work = _Work(plan, inputs)
    sums, low, out = dict[int, Array](), dict[int, Array](), np.empty((0, 0))
    last = len(plan.joins) - 1
    for k, join in enumerate(plan.joins):
        out = work.run(k, join)
        if (k == last or k in checkpoints) and out.min(initial=np.inf) < LEAST:
            low[k] = out < LEAST
        if k != last and k in checkpoints:
            sums[k] = divide_rows(out)
        if keep:
            work.values[k] = out = out.copy()
    return Values(out, sums, low, work.values if keep else [])


def divide_rows(rows: Array) -> Array:
    """The sum of each row, by which the row is then divided; a row of zeros stays one.

    >>> rows = np.array([[1.0, 3.0], [0.0, 0.0]])
    >>> divide_rows(rows), rows
    (array([4., 0.]), array([[0.25, 0.75],
           [0.  , 0.  ]]))
    """
    width = rows.shape[1]
    sums = rows @ np.ones(width)
    factors = 1.0 / np.where(sums > 0, sums, 1.0)
    rows *= factors[:, None] @ np.ones((1, width))
    return np.asarray(sums)


class _Work:
    """The buffers of one run: a slot for each value that waits, and two for messages."""

    def __init__(self, plan: Plan, inputs: Inputs) -> None:
        self.edges, self.leaves = inputs.edges, dict(_leaf_messages(plan, inputs))
        self.seen = [inputs.vectors[table] for table in inputs.tables]
        widths = {table.shape[1] for table in inputs.vectors} | {edge.shape[1] for edge in inputs.edges if edge.size}
        self.most = max(join.count for join in plan.joins)
        self.slots = [{width: np.empty((self.most, width)) for width in widths} for _ in range(plan.slots)]
        self.one, self.two = ({width: np.empty((self.most, width)) for width in widths} for _ in range(2))
        self.values: list[Array] = [np.empty((0, 0))] * len(plan.joins)

    def run(self, k: int, join: Join) -> Array:
        """The value of a join, in its slot."""
        out = self.slots[join.slot][join.width][: join.count]
        product = self._message(join.left, out if join.left_take is None else self.one[join.width])
        if join.left_take is not None:
            product = product.take(join.left_take, 0, out, "clip")
        if join.right is None:
            out[...] = product
        else:
            factor = self._message(join.right, self.one[join.width])
            if join.right_take is not None:
                factor = factor.take(join.right_take, 0, self.two[join.width][: join.count], "clip")
            np.multiply(product, factor, out=out)
        self.values[k] = out
        return out

    def _message(self, part: Part, room: Array) -> Array:
        if part.kind is Kind.LEAF:
            return self.leaves[part.edge]
        if part.kind is Kind.SEEN:
            return self.seen[part.at]
        value = self.values[part.at]
        if part.kind is Kind.JOIN:
            return value
        multiply = np.dot if part.count < FEW else np.matmul
        return multiply(value, self.edges[part.edge], out=room[: part.count])
