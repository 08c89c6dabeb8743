"""Case g: logistic regression on 100,000 rows; what counts is how often memory is read."""

from __future__ import annotations

from typing import Any

import numpy as np

import catlearn as cl
from benchmarks.case import Case
from catlearn import Real, Wire

__all__ = ["logistic"]


def diagram() -> cl.Diagram:
    """The diagram of value and gradient."""

    @cl.diagram(w=Real(50), x=Real(50), y=Real())
    def sample(w: Wire, x: Wire, y: Wire) -> Wire:
        return cl.softplus(-(x @ w) * y)

    losses = cl.batch(sample, "n", over=["x", "y"])
    return cl.value_and_gradient(losses >> cl.trace(cl.mean, losses.cod), wrt=["w"])


def hand(w: Any, x: Any, y: Any) -> tuple[Any, ...]:
    """Value and gradient in numpy."""
    margin = x @ w
    margin *= y
    small = np.exp(-np.abs(margin))
    value = (np.maximum(-margin, 0.0).sum() + np.log1p(small).sum()) / len(y)
    slope = np.where(margin > 0.0, small, 1.0) / (1.0 + small)
    slope *= y
    slope /= -len(y)
    return value, x.T @ slope


def plain(np: Any, w: Any, x: Any, y: Any) -> Any:
    """The mean loss in plain array code, safe for large margins."""
    margin = (x @ w) * y
    return np.sum(np.maximum(-margin, 0.0) + np.log1p(np.exp(-np.abs(margin)))) / len(y)


def with_torch(torch: Any, w: Any, x: Any, y: Any) -> Any:
    """The mean loss with torch's softplus."""
    return torch.nn.functional.softplus(-(x @ w) * y).mean()


def logistic() -> Case:
    """100,000 rows of 50 numbers."""
    random = np.random.default_rng(0)
    x, truth = random.standard_normal((100_000, 50)), random.standard_normal(50)
    y = np.sign(x @ truth + random.standard_normal(len(x)))
    arrays = random.standard_normal(50) * 0.1, x, y
    return Case("g logistic", "100,000 rows of 50", diagram, arrays, 1, hand, plain, with_torch)
