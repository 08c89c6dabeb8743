"""Case d: a recurrent network over 50 steps, 32 sequences at a time; the first axis is time."""

from __future__ import annotations

from typing import Any

import numpy as np

import catlearn as cl
from benchmarks.case import Case
from catlearn import Real, Wire

__all__ = ["recurrent"]

STEPS, MANY, WIDTH = 50, 32, 64


@cl.diagram(h=Real(WIDTH), x=Real(WIDTH), w=Real(WIDTH, WIDTH), u=Real(WIDTH, WIDTH), b=Real(WIDTH))
def cell(h: Wire, x: Wire, w: Wire, u: Wire, b: Wire) -> Wire:
    """One step of one sequence."""
    return cl.tanh(x @ w + b + h @ u)


def diagram() -> cl.Diagram:
    """The diagram of value and gradient."""
    cells = cl.batch(cell, MANY, over=["h", "x"])

    @cl.diagram(
        w=Real(WIDTH, WIDTH), u=Real(WIDTH, WIDTH), b=Real(WIDTH), v=Real(WIDTH, 10),
        xs=Real(STEPS, MANY, WIDTH), y=Real(MANY, 10),
    )  # fmt: skip
    def loss(w: Wire, u: Wire, b: Wire, v: Wire, xs: Wire, y: Wire) -> Wire:
        (last,), _ = cl.scan(cells, [cl.full((MANY, WIDTH), 0.0)], [xs], [w, u, b])
        off = last @ v - y
        return cl.sum(off * off) * (1.0 / MANY)

    return cl.value_and_gradient(loss, wrt=["w", "u", "b", "v"])


def hand(w: Any, u: Any, b: Any, v: Any, xs: Any, y: Any) -> tuple[Any, ...]:
    """Value and gradient in numpy: products with the inputs and with all states are taken out of the loop."""
    steps, n, width = xs.shape
    flat = xs.reshape(steps * n, width)
    angles = (flat @ w + b).reshape(xs.shape)
    states = np.empty(xs.shape)
    np.tanh(angles[0], out=states[0])
    for t in range(1, steps):
        angle = angles[t]
        angle += states[t - 1] @ u
        np.tanh(angle, out=states[t])
    off = states[-1] @ v - y
    value = (off * off).sum() / n
    back = off * (2.0 / n)
    dv, dh, turned = states[-1].T @ back, back @ v.T, np.ascontiguousarray(u.T)
    slopes = 1.0 - states * states
    for t in range(steps - 1, 0, -1):
        slopes[t] *= dh
        np.matmul(slopes[t], turned, out=dh)
    slopes[0] *= dh
    rows = slopes.reshape(steps * n, width)
    du = states[:-1].reshape(-1, width).T @ rows[n:]
    return value, flat.T @ rows, du, rows.sum(0), dv


def plain(np: Any, w: Any, u: Any, b: Any, v: Any, xs: Any, y: Any) -> Any:
    """The loss in plain array code."""
    h = np.tanh(xs[0] @ w + b)
    for t in range(1, len(xs)):
        h = np.tanh(xs[t] @ w + h @ u + b)
    off = h @ v - y
    return np.sum(off * off) / len(y)


def with_torch(torch: Any, w: Any, u: Any, b: Any, v: Any, xs: Any, y: Any) -> Any:
    """The loss with torch's own layers, the products with the inputs taken out of the loop."""
    angles = xs @ w + b
    h = torch.tanh(angles[0])
    for t in range(1, len(xs)):
        h = torch.tanh(torch.addmm(angles[t], h, u))
    off = h @ v - y
    return (off * off).sum() / len(y)


def recurrent() -> Case:
    """50 steps of 32 sequences of 64 numbers."""
    normal = np.random.default_rng(0).standard_normal
    arrays = (
        normal((WIDTH, WIDTH)) * 0.1, normal((WIDTH, WIDTH)) * 0.1, np.zeros(WIDTH), normal((WIDTH, 10)) * 0.1,
        normal((STEPS, MANY, WIDTH)), normal((MANY, 10)),
    )  # fmt: skip
    return Case("d recurrent", "50 steps, 32 x 64", diagram, arrays, 4, hand, plain, with_torch)
