"""Small models and data that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

import catlearn as cl
from catlearn import Real
from catlearn.interpreters.gradients import (
    Learner,
    Optimizer,
    adagrad,
    adam,
    gradient_descent,
    momentum,
    nesterov,
    quadratic,
    softmax_cross_entropy,
    supervised,
)

OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {
    "gradient descent": lambda: gradient_descent(0.1),
    "weight decay": lambda: gradient_descent(0.1, decay=0.2),
    "momentum": lambda: momentum(0.05, 0.8),
    "nesterov": lambda: nesterov(0.05, 0.8),
    "adagrad": lambda: adagrad(0.1),
    "adam": lambda: adam(0.05),
}


@cl.diagram
def line(w: Real(2), b: Real(), x: Real(2)):
    return w @ x + b


@cl.diagram
def net(w1: Real(5, 4), b1: Real(5), w2: Real(3, 5), b2: Real(3), x: Real(4)):
    return w2 @ cl.tanh(w1 @ x + b1) + b2


def points(n: int = 70, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Samples and targets of a line with some noise."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 2))
    return x, x @ [2.0, -1.0] + 0.5 + 0.1 * draw.normal(size=n)


def classes(n: int = 50, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Samples around three corners, and which corner."""
    draw = np.random.default_rng(seed)
    y = draw.integers(0, 3, n)
    return np.eye(4)[y] * 2.0 + draw.normal(size=(n, 4)) * 0.5, y


def liner(optimizer: Optimizer | None = None, **options: object) -> Learner:
    return supervised(line, quadratic, optimizer or gradient_descent(0.1), **{"batch": 16, **options})


def netter(optimizer: Optimizer | None = None, **options: object) -> Learner:
    return supervised(net, softmax_cross_entropy, optimizer or adam(0.05), **{"batch": 16, **options})


def same(a: Learner, b: Learner) -> bool:
    """Whether two learners are bitwise in the same state."""
    first, second = a.state, b.state
    numbers = [(s.epoch, s.step, s.seed, s.losses, s.validation) for s in (first, second)]
    arrays = zip(first.arrays, second.arrays, strict=True)
    names = [(*s.optimizer, *s.parameters) for s in (first, second)]
    return numbers[0] == numbers[1] and names[0] == names[1] and all(x.tobytes() == y.tobytes() for x, y in arrays)
