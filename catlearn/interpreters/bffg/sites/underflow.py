"""What is done where numbers get too small: zeros are told from what was lost, and logarithms are taken instead.

>>> with_zeros = np.log(np.array([[0.5, 0.5]])), np.array([[1.0, 0.0], [0.0, 1.0]])
>>> log_product(*with_zeros)
array([[-0.69314718, -0.69314718]])
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.sites.pruning import Inputs
from catlearn.interpreters.bffg.sites.repeats import Kind, Part, Plan

__all__ = ["log_product", "log_values", "supports"]

Array = NDArray[Any]


def supports(plan: Plan, inputs: Inputs) -> list[Array]:
    """For each join, which of its numbers are above zero, in exact arithmetic."""
    vectors = [(table > 0).astype(float) for table in inputs.vectors]
    signs = replace(inputs, vectors=vectors, edges=[(edge > 0).astype(float) for edge in inputs.edges])
    return [value > 0 for value in _walk(plan, signs, lambda v, edge: np.sign(v @ edge), np.multiply)]


def log_values(plan: Plan, inputs: Inputs) -> list[Array]:
    """For each join the logarithms of its values, of which none is ever too small."""
    with np.errstate(divide="ignore"):
        logs = replace(
            inputs,
            vectors=[np.log(table) for table in inputs.vectors],
            edges=[np.asarray(edge) for edge in inputs.edges],
        )
    return _walk(plan, logs, log_product, np.add)


def _walk(plan: Plan, inputs: Inputs, multiply: Any, combine: Any) -> list[Array]:
    """Pruning in another arithmetic."""
    values: list[Array] = []

    def message(part: Part) -> Array:
        whole = part.kind in (Kind.NODE, Kind.JOIN)
        value = values[part.at] if whole else inputs.vectors[inputs.tables[part.at]]
        return np.asarray(multiply(value, inputs.edges[part.edge]) if part.edge >= 0 else value)

    for join in plan.joins:
        product = message(join.left)
        product = product if join.left_take is None else product[join.left_take]
        if join.right is not None:
            factor = message(join.right)
            product = combine(product, factor if join.right_take is None else factor[join.right_take])
        values.append(product)
    return values


def log_product(logs: Array, edge: Array) -> Array:
    """The logarithm of `exp(logs) @ edge`, where neither may be taken: (n, A), (A, B) -> (n, B)."""
    with np.errstate(divide="ignore"):
        terms = logs[:, :, None] + np.log(edge)
    tops = terms.max(axis=1)
    safe = np.where(np.isfinite(tops), tops, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(terms - safe[:, None]).sum(axis=1)) + safe)
