"""Models that people write, as diagrams with one number as output, for tests of derivatives and of their cost."""

from __future__ import annotations

import math
from collections.abc import Callable

import catlearn as cl
from catlearn import Diagram, Real, trace


def mlp() -> Diagram:
    @cl.diagram
    def net(w: Real(8, 6), b: Real(8), v: Real(3, 8), x: Real("n", 6), y: Real("n", 3)):
        hidden = cl.tanh(x @ w.T + b)
        return cl.mean(cl.cross_entropy(hidden @ v.T, y))

    return net


def convolution() -> Diagram:
    @cl.diagram
    def net(w: Real(3, 3, 2, 4), v: Real(4, 3), x: Real("n", 8, 8, 2), y: Real("n", 3)):
        pooled = cl.max_pool(cl.relu(cl.conv2d(x, w)), 2)
        return cl.squared_error(cl.mean(pooled, (1, 2)) @ v, y)

    return net


def layer_norm() -> Diagram:
    @cl.diagram
    def net(gain: Real(6), bias: Real(6), x: Real("n", 6), y: Real("n", 6)):
        return cl.squared_error(cl.layer_norm(x, gain, bias), y)

    return net


def attention() -> Diagram:
    @cl.diagram
    def net(q: Real(4, 6), k: Real(4, 6), v: Real(3, 6), x: Real("n", 6), y: Real("n", 3)):
        return cl.squared_error(cl.attention(x @ q.T, x @ k.T, x @ v.T), y)

    return net


def mixture() -> Diagram:
    """Minus the log-likelihood of a mixture of Gaussians with diagonal covariances."""

    @cl.diagram
    def net(weights: Real(4), means: Real(4, 3), scales: Real(4, 3), x: Real("n", 3)):
        scaled = (x[:, None, :] - means) * cl.exp(-scales)
        square = cl.sum(scaled * scaled, -1) * 0.5 + 1.5 * math.log(2 * math.pi)
        return -cl.sum(cl.logsumexp(cl.log_softmax(weights) - cl.sum(scales, -1) - square, -1))

    return net


def recurrent() -> Diagram:
    @cl.diagram
    def cell(h: Real(5), x: Real(2), w: Real(5, 2), u: Real(5, 5)):
        new = cl.tanh(w @ x + u @ h)
        return new, new

    @cl.diagram
    def net(w: Real(5, 2), u: Real(5, 5), h: Real(5), xs: Real("n", 2), ys: Real("n", 5)):
        (last,), (states,) = cl.scan(cell, [h], [xs], [w, u])
        return cl.squared_error(states, ys) + cl.sum(last * last)

    return net


def chain(length: int = 1000) -> Diagram:
    def links(x: cl.Wire, w: cl.Wire) -> cl.Wire:
        for i in range(length // 4):
            x = cl.tanh(cl.sin(x) * w + float(i % 7) / 7)
        return cl.sum(x)

    return trace(links, Real(5) @ Real(5), "chain", ["x", "w"])


MODELS: dict[str, Callable[[], Diagram]] = {
    f.__name__: f for f in (mlp, convolution, layer_norm, attention, mixture, recurrent, chain)
}
