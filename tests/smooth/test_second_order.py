"""Second derivatives: Hessians times vectors, against autograd and against slopes of gradients."""

from __future__ import annotations

import numpy as np
import pytest
from autograd import grad
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Diagram, forward, reverse
from tests.smooth.models import MODELS, chain
from tests.smooth.oracle import meaning
from tests.smooth.strategies import arrays, close, dot, run, slope, smooth, total

SEEDS = st.integers(0, 9)
some = settings(max_examples=30)


def flat_hessian_vector(f: Diagram, inputs: list[np.ndarray], v: list[np.ndarray]) -> list[np.ndarray]:
    """By autograd: the gradient of the gradient's product with v."""
    cuts = np.cumsum([x.size for x in inputs])[:-1]

    def split(flat: np.ndarray) -> list[np.ndarray]:
        ends = [0, *cuts, len(flat)]
        return [flat[a:b].reshape(x.shape) for a, b, x in zip(ends, ends[1:], inputs, strict=False)]

    def value(flat: np.ndarray) -> np.ndarray:
        # A square with weight 0 keeps autograd from complaining of inputs that do not matter.
        return meaning(f, split(flat))[0] + 0.0 * (flat @ flat)

    point, direction = (np.concatenate([np.ravel(x) for x in xs]) for xs in (inputs, v))
    return split(grad(lambda x: grad(value)(x) @ direction)(point))


@some
@given(smooth(), SEEDS)
def test_hessian_vector_is_that_of_autograd(f: Diagram, seed: int) -> None:
    g, inputs, v = total(f), arrays(f.dom, seed), arrays(f.dom, seed + 1)
    close(run(cl.hessian_vector(g), *inputs, *v), flat_hessian_vector(g, inputs, v), 1e-8)


@some
@given(smooth(), SEEDS)
def test_hessian_is_symmetric(f: Diagram, seed: int) -> None:
    g, inputs, v, w = total(f), arrays(f.dom, seed), arrays(f.dom, seed + 1), arrays(f.dom, seed + 2)
    hv, hw = (run(cl.hessian_vector(g), *inputs, *u) for u in (v, w))
    assert dot(hv, w) == pytest.approx(dot(v, hw), rel=1e-9, abs=1e-9)


@some
@given(smooth(max_boxes=4), SEEDS)
def test_the_derivative_of_the_reverse_is_its_slope(f: Diagram, seed: int) -> None:
    back = reverse(f)
    inputs, v = arrays(back.dom, seed), arrays(back.dom, seed + 1)
    close(run(forward(back), *inputs, *v), slope(back, inputs, v), 1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_models(name: str) -> None:
    f = MODELS[name]() if name != "chain" else chain(40)
    inputs, v = arrays(f.dom, 0, n=4), arrays(f.dom, 1, n=4)
    found = run(cl.hessian_vector(f), *inputs, *v)
    close(found, flat_hessian_vector(f, inputs, v), 1e-9)
    if name != "convolution":
        # That one has kinks close by, so its slope is no derivative.
        close(found, slope(cl.gradient(f), inputs, v), 1e-6)


def test_a_block_of_the_hessian() -> None:
    f = cl.trace(lambda w, x: cl.sum(w * w * x), cl.Real(3) @ cl.Real(3), "f", ["w", "x"])
    w, x, v = arrays(cl.Real(3) ** 3)
    close(run(cl.hessian_vector(f, ["w"]), w, x, v), [2 * x * v])
    close(run(cl.hessian_vector(f, ["x", "w"]), w, x, v, w), [2 * w * w, 2 * w * v + 2 * x * w])
