"""Cases b and c: a network with one hidden layer on a batch of images and on one; and a step of its training."""

from __future__ import annotations

from typing import Any

import numpy as np

import catlearn as cl
from benchmarks.case import Case
from catlearn import Real, Wire

__all__ = ["many", "one", "step"]

RATE = 0.1


@cl.diagram(w=Real(784, 128), b=Real(128), v=Real(128, 10), c=Real(10), x=Real(784), y=Real(10))
def sample(w: Wire, b: Wire, v: Wire, c: Wire, x: Wire, y: Wire) -> Wire:
    """The loss of one image."""
    return cl.cross_entropy(cl.relu(x @ w + b) @ v + c, y)


def diagram() -> cl.Diagram:
    """The diagram of value and gradient of the mean loss."""
    losses = cl.batch(cl.trace(sample, sample.dom, "sample", sample.names), "n", over=["x", "y"])
    mean = losses >> cl.trace(cl.mean, losses.cod)
    return cl.value_and_gradient(mean, wrt=["w", "b", "v", "c"])


def hand(w: Any, b: Any, v: Any, c: Any, x: Any, y: Any) -> tuple[Any, ...]:
    """Value and gradient in numpy."""
    hidden = x @ w
    hidden += b
    np.maximum(hidden, 0.0, out=hidden)
    logits = hidden @ v
    logits += c
    logits -= logits.max(1, keepdims=True)
    p = np.exp(logits)
    total = p.sum(1)
    value = (np.log(total).sum() - np.vdot(logits, y)) / len(x)
    p /= total[:, None]
    p -= y
    p /= len(x)
    back = p @ v.T
    back *= hidden > 0
    return value, x.T @ back, back.sum(0), hidden.T @ p, p.sum(0)


def plain(np: Any, w: Any, b: Any, v: Any, c: Any, x: Any, y: Any) -> Any:
    """The mean loss in plain array code."""
    logits = np.maximum(x @ w + b, 0.0) @ v + c
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return (np.sum(np.log(np.sum(np.exp(shifted), axis=1))) - np.sum(shifted * y)) / len(x)


def with_torch(torch: Any, w: Any, b: Any, v: Any, c: Any, x: Any, y: Any) -> Any:
    """The mean loss with torch's own layers."""
    hidden = torch.relu(torch.addmm(b, x, w))
    return torch.nn.functional.cross_entropy(torch.addmm(c, hidden, v), y)


def data(n: int) -> tuple[Any, ...]:
    """Weights, images and labels; always the same."""
    random = np.random.default_rng(0)
    labels = np.eye(10)[random.integers(0, 10, n)]
    weights = random.standard_normal((784, 128)) * 0.05, random.standard_normal((128, 10)) * 0.1
    return weights[0], np.full(128, 0.01), weights[1], np.zeros(10), random.standard_normal((n, 784)), labels


def many() -> Case:
    """64 images."""
    return Case("b network", "784-128-10, 64 images", diagram, data(64), 4, hand, plain, with_torch)


def one() -> Case:
    """One image."""
    return Case("c network", "784-128-10, 1 image", diagram, data(1), 4, hand, plain, with_torch)


def stepped() -> cl.Diagram:
    """One step of gradient descent as a diagram: new weights are old ones plus the reverse derivative at -rate."""
    losses = cl.batch(cl.trace(sample, sample.dom, "sample", sample.names), "n", over=["x", "y"])
    back = cl.reverse(losses >> cl.trace(cl.mean, losses.cod))

    def step(*wires: Wire) -> tuple[Wire, ...]:
        changes = back(*wires, cl.full((), -RATE))
        return tuple(p + d for p, d in zip(wires[:4], changes[:4], strict=True))

    return cl.trace(step, losses.dom, "step", sample.names)


def hand_step(*arrays: Any) -> tuple[Any, ...]:
    """One step of gradient descent in numpy, which changes the weights in place."""
    _, *gradient = hand(*arrays)
    for p, q in zip(arrays[:4], gradient, strict=True):
        np.multiply(q, RATE, out=q)
        np.subtract(p, q, out=p)
    return arrays[:4]


def step() -> Case:
    """A step on 64 images; it changes the weights in place too."""
    reuse = dict(enumerate(("w", "b", "v", "c")))
    return Case("b step", "784-128-10, 64 images", stepped, data(64), 4, hand_step, bound=0.95, reuse=reuse)
