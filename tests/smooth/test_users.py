"""Random compositions of what users write, against the same written with autograd's numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import make_vjp
from numpy.random import Generator as Random
from numpy.random import default_rng

import catlearn as cl
from catlearn import Real, trace
from tests.smooth.strategies import close, run

Step = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""One function, ours and theirs."""


def axis_of(rng: Random, shape: tuple[int, ...]) -> int:
    return int(rng.integers(-len(shape), len(shape)))


def softmax(x: Any, axis: int) -> Any:
    e = anp.exp(x)
    return e / anp.sum(e, axis, keepdims=True)


def elementwise(rng: Random, shape: tuple[int, ...]) -> Step:
    pairs: list[Step] = [
        (cl.tanh, anp.tanh),
        (cl.softplus, lambda x: anp.logaddexp(0.0, x)),
        (lambda x: cl.minimum(x, 0.3), lambda x: anp.minimum(x, 0.3)),
        (lambda x: cl.maximum(-0.2, x), lambda x: anp.maximum(-0.2, x)),
        (lambda x: 2.0 / (x * x + 1.0), lambda x: 2.0 / (x * x + 1.0)),
        (lambda x: (x * x + 1.0) ** -1.5, lambda x: (x * x + 1.0) ** -1.5),
        (lambda x: cl.select(cl.step(x), x, 0.5 * x), lambda x: anp.where(x > 0, x, 0.5 * x)),
    ]
    return pairs[rng.integers(len(pairs))]


def reduced(rng: Random, shape: tuple[int, ...]) -> Step:
    axes = tuple(int(i) for i in rng.permutation(len(shape))[: rng.integers(1, len(shape) + 1)])
    keep = bool(rng.integers(2))
    pairs: list[Step] = [
        (lambda x: cl.sum(x, axes, keep), lambda x: anp.sum(x, axes, keepdims=keep)),
        (lambda x: cl.mean(x, axes, keep), lambda x: anp.mean(x, axes, keepdims=keep)),
        (lambda x: cl.max(x, axes, keep), lambda x: anp.max(x, axes, keepdims=keep)),
        (lambda x: cl.logsumexp(x, axes, keep), lambda x: anp.log(anp.sum(anp.exp(x), axes, keepdims=keep))),
    ]
    return pairs[rng.integers(len(pairs))]


def moved(rng: Random, shape: tuple[int, ...]) -> Step:
    axis = axis_of(rng, shape)
    size = shape[axis]
    places = [int(i) for i in rng.integers(-size, size, 3)]
    order = tuple(int(i) for i in rng.permutation(len(shape)))
    before = (slice(None),) * (axis % len(shape))
    widths = [tuple(map(int, pair)) for pair in rng.integers(0, 3, (len(shape), 2))]
    pairs: list[Step] = [
        (lambda x: cl.take(x, places, axis), lambda x: x[(*before, places)]),
        (lambda x: cl.flip(x, axis), lambda x: x[(*before, slice(None, None, -1))]),
        (lambda x: cl.transpose(x, order), lambda x: anp.transpose(x, order)),
        (lambda x: cl.pad(x, widths), lambda x: anp.pad(x, widths, mode="constant")),
        (lambda x: cl.stack([x, x * x], axis), lambda x: anp.stack([x, x * x], axis)),
        (lambda x: cl.concatenate([x, -x, x], axis), lambda x: anp.concatenate([x, -x, x], axis)),
        (lambda x: cl.reshape(x, 1, size, -1), lambda x: anp.reshape(x, (1, size, -1))),
        (lambda x: x[(*before, places[0])], lambda x: x[(*before, places[0])]),
        (lambda x: x[(*before, slice(None, None, 2), None)], lambda x: x[(*before, slice(None, None, 2), None)]),
        (lambda x: x[..., None, 0], lambda x: x[..., None, 0]),
    ]
    return pairs[rng.integers(len(pairs))]


def layered(rng: Random, shape: tuple[int, ...]) -> Step:
    axis, wide = axis_of(rng, shape), shape[-1]
    w, t = rng.normal(size=(wide, 2)), rng.random(shape)
    letters = "abcdefgh"[: len(shape)]
    spec = f"{letters},{letters[-1]}z->z{letters[:-1]}"

    def normal(x: Any) -> Any:
        c = x - anp.mean(x, -1, keepdims=True)
        return c / anp.sqrt(anp.mean(c * c, -1, keepdims=True) + 1e-5) * t + 0.1

    pairs: list[Step] = [
        (lambda x: cl.softmax(x, axis), lambda x: softmax(x, axis)),
        (lambda x: cl.log_softmax(x, axis), lambda x: anp.log(softmax(x, axis))),
        (lambda x: cl.cross_entropy(x, t, axis), lambda x: -anp.sum(t * anp.log(softmax(x, axis)), axis)),
        (lambda x: cl.squared_error(x, t), lambda x: 0.5 * anp.sum((x - t) ** 2)),
        (lambda x: cl.einsum(spec, x, w), lambda x: anp.einsum(spec, x, w)),
        (lambda x: x @ w, lambda x: anp.matmul(x, w)),
        (lambda x: cl.layer_norm(x, t, 0.1), normal) if wide > 1 else (cl.sin, anp.sin),
    ]
    return pairs[rng.integers(len(pairs))]


def composed(rng: Random, shape: tuple[int, ...]) -> Step:
    """Some functions, one after another."""
    steps: list[Step] = []
    for _ in range(rng.integers(1, 6)):
        kinds = [elementwise, reduced, moved, layered] if shape else [elementwise]
        steps.append(kinds[rng.integers(len(kinds))](rng, shape))
        shape = steps[-1][1](np.zeros(shape)).shape

    def through(which: int, x: Any) -> Any:
        for step in steps:
            x = step[which](x)
        return x

    return lambda x: through(0, x), lambda x: through(1, x)


@pytest.mark.parametrize("seed", range(150))
def test_values_and_derivatives_are_those_of_autograd(seed: int) -> None:
    rng = default_rng(seed)
    shape = tuple(int(n) for n in rng.choice([1, 1, 2, 3, 4], rng.integers(1, 4)))
    ours, theirs = composed(rng, shape)
    f, x = trace(ours, Real(*shape)), rng.normal(size=shape)
    pull, y = make_vjp(theirs)(x)
    close(run(f, x), [y], 1e-9)
    dy, v = rng.normal(size=np.shape(y)), rng.normal(size=shape)
    close(run(cl.reverse(f), x, dy), [pull(dy)], 1e-8)
    np.testing.assert_allclose(np.sum(run(cl.forward(f), x, v)[0] * dy), np.sum(pull(dy) * v), 1e-7, 1e-7)
