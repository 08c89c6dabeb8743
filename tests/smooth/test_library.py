"""Layers and losses against numpy, scipy and autograd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from scipy import special
from scipy.signal import correlate

import catlearn as cl
from catlearn import Real, Ty, trace
from catlearn.errors import ShapeMismatch
from tests.smooth.strategies import arrays, close, run


def applied(function: Callable[..., Any], dom: Ty, *inputs: np.ndarray) -> np.ndarray:
    return run(trace(function, dom), *inputs)[0]


def agrees(ours: Callable[..., Any], theirs: Callable[..., Any], dom: Ty, seed: int = 0) -> None:
    """The same values, and the same gradients of a weighted sum."""
    inputs = arrays(dom, seed)
    f = trace(ours, dom)
    value = theirs(*inputs)
    close(run(f, *inputs), [value], 1e-12)
    weights = np.random.default_rng(seed).normal(size=np.shape(value))
    wanted = [grad(lambda *xs: anp.sum(weights * theirs(*xs)), i)(*inputs) for i in range(len(inputs))]
    close(run(cl.reverse(f), *inputs, weights), wanted, 1e-10)


def their_softmax(x: Any, axis: int) -> Any:
    e = anp.exp(x - anp.max(x, axis=axis, keepdims=True))
    return e / anp.sum(e, axis=axis, keepdims=True)


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_softmax(axis: int) -> None:
    dom = Real("n", 4)
    (x,) = arrays(dom)
    close([applied(lambda x: cl.softmax(x, axis), dom, x)], [special.softmax(x, axis)], 1e-14)
    close([applied(lambda x: cl.log_softmax(x, axis), dom, x)], [special.log_softmax(x, axis)], 1e-14)
    agrees(lambda x: cl.softmax(x, axis), lambda x: their_softmax(x, axis), dom)
    agrees(lambda x: cl.log_softmax(x, axis), lambda x: anp.log(their_softmax(x, axis)), dom)


def test_softmax_does_not_overflow() -> None:
    x = np.array([1000.0, 999.0, -1000.0])
    close([applied(cl.softmax, Real(3), x)], [special.softmax(x)], 1e-14)
    close(run(cl.jacobian(trace(cl.softmax, Real(3))), x), [np.diag(y := special.softmax(x)) - np.outer(y, y)], 1e-14)


@pytest.mark.parametrize("axis", [0, -1])
def test_cross_entropy(axis: int) -> None:
    dom = Real(3, "n") @ Real(3, "n") if axis == 0 else Real("n", 3) @ Real("n", 3)
    agrees(
        lambda z, y: cl.cross_entropy(z, y, axis),
        lambda z, y: anp.sum(y, axis) * anp.log(anp.sum(anp.exp(z), axis)) - anp.sum(y * z, axis),
        dom,
    )


def test_cross_entropy_of_classes_is_minus_the_log_probability() -> None:
    z = np.random.default_rng(0).normal(size=(5, 3))
    classes = [0, 2, 1, 1, 0]
    found = applied(cl.cross_entropy, Real("n", 3) @ Real("n", 3), z, np.eye(3)[classes])
    close([found], [-special.log_softmax(z, -1)[range(5), classes]], 1e-13)


def test_squared_error() -> None:
    agrees(cl.squared_error, lambda x, y: 0.5 * anp.sum((x - y) ** 2), Real("n", 3) @ Real("n", 3))


def test_layer_norm() -> None:
    def theirs(x: Any, gain: Any, bias: Any) -> Any:
        return (x - anp.mean(x, -1, keepdims=True)) / anp.sqrt(anp.var(x, -1, keepdims=True) + 1e-5) * gain + bias

    agrees(cl.layer_norm, theirs, Real("n", 4) @ Real(4) @ Real(4))
    agrees(cl.layer_norm, theirs, Real(4) @ Real(4) @ Real(4))
    x = arrays(Real("n", 4))[0]
    normal = applied(lambda x: cl.layer_norm(x, cl.constant(1.0), cl.constant(0.0), 0.0), Real("n", 4), x)
    close([normal.mean(-1), normal.var(-1)], [np.zeros(3), np.ones(3)], 1e-12)


def their_attention(q: Any, k: Any, v: Any) -> Any:
    return their_softmax(q @ anp.swapaxes(k, -1, -2) / q.shape[-1] ** 0.5, -1) @ v


@pytest.mark.parametrize("heads", [(), (2,), ("n",)])
def test_attention(heads: tuple) -> None:
    agrees(cl.attention, their_attention, Real(*heads, 4, 3) @ Real(*heads, 5, 3) @ Real(*heads, 5, 2))


@pytest.mark.parametrize(("stride", "image"), [(1, (6, 5)), (2, (6, 5)), ((1, 2), (4, 7)), ((3, 1), (7, 3))])
def test_conv2d_is_the_correlation_of_scipy(stride: Any, image: tuple[int, int]) -> None:
    dom = Real("n", *image, 2) @ Real(3, 2, 2, 4)
    x, w = arrays(dom)
    down, across = (stride, stride) if isinstance(stride, int) else stride
    found = applied(lambda x, w: cl.conv2d(x, w, stride), dom, x, w)
    for i in range(len(x)):
        for k in range(4):
            whole = sum(correlate(x[i, :, :, c], w[:, :, c, k], mode="valid") for c in range(2))
            close([found[i, :, :, k]], [whole[::down, ::across]], 1e-12)


def test_conv2d_gradient() -> None:
    def theirs(x: Any, w: Any) -> Any:
        windows = anp.stack([x[..., i : i + 3, j : j + 3, :] for i in range(2) for j in range(3)], axis=-2)
        return anp.einsum("...kc,kcf->...f", windows, anp.reshape(w, (6, 2, 4)))

    agrees(cl.conv2d, theirs, Real("n", 4, 5, 2) @ Real(2, 3, 2, 4))
    agrees(cl.conv2d, theirs, Real(4, 5, 2) @ Real(2, 3, 2, 4))


@pytest.mark.parametrize("window", [2, (2, 3), (1, 2), (1, 1)])
def test_max_pool(window: Any) -> None:
    a, b = (window, window) if isinstance(window, int) else window

    def theirs(x: Any) -> Any:
        rows = [x[..., a * i : a * i + a, b * j : b * j + b, :] for i in range(5 // a) for j in range(7 // b)]
        pooled = anp.stack([anp.max(row, axis=(-3, -2)) for row in rows], axis=-2)
        return anp.reshape(pooled, (*x.shape[:-3], 5 // a, 7 // b, x.shape[-1]))

    agrees(lambda x: cl.max_pool(x, window), theirs, Real("n", 5, 7, 2))


def norm(*shapes: tuple) -> Ty:
    return Ty.of(ob for shape in shapes for ob in Real(*shape).obs)


@pytest.mark.parametrize(
    ("function", "shapes", "message"),
    [
        (cl.attention, [(4, 3), (5, 2), (5, 2)], "attention: .4, 3., .5, 2., .5, 2.: query and key need the same"),
        (cl.attention, [(4, "d"), (5, "d"), (5, 2)], "the same last size, a number"),
        (cl.attention, [(3,), (5, 3), (5, 2)], "attention"),
        (cl.attention, [(4, 0), (5, 0), (5, 2)], "attention"),
        (cl.attention, [(4, 3), (5, 3), (6, 2)], "matmul: .4, 5. @ .6, 2."),
        (cl.conv2d, [(5, 5, 2), (3, 3, 1, 4)], "conv2d: an image .5, 5, 2. and weights .3, 3, 1, 4. need the same"),
        (cl.conv2d, [(5, 5, 1), (3, 3, 1, "f")], "numbers for all sizes of the weights"),
        (cl.conv2d, [(5, 5), (3, 3, 5, 4)], "conv2d"),
        (cl.conv2d, [(2, 2, 1), (3, 3, 1, 4)], "windows of 3 x 3"),
        (cl.conv2d, [("h", 5, 1), (3, 3, 1, 4)], "windows of 3 x 3"),
        (lambda x, w: cl.conv2d(x, w, 0), [(5, 5, 1), (3, 3, 1, 4)], "strides 0 and 0"),
        (lambda x, w: cl.conv2d(x, w, "a"), [(5, 5, 1), (3, 3, 1, 4)], "a stride is a whole number or two"),
        (lambda x: cl.max_pool(x, (2, 2, 2)), [(4, 4, 1)], "a window is a whole number or two"),
        (lambda x: cl.max_pool(x, 1.5), [(4, 4, 1)], "a window is a whole number or two"),
        (lambda x: cl.max_pool(x, 3), [(2, 2, 1)], "windows of 3 x 3"),
        (lambda x: cl.max_pool(x, 2), [(4, 4)], "need arrays"),
        (lambda x: cl.softmax(x, 2), [(3, 3)], "does not have the axes 2"),
        (cl.softmax, [()], "does not have the axes -1"),
        (cl.layer_norm, [(3, 4), (3,), (4,)], "do not broadcast together"),
        (cl.cross_entropy, [(3, 4), (3, 3)], "do not broadcast together"),
    ],
)
def test_shapes_that_do_not_fit_are_named(function: Callable[..., Any], shapes: list[tuple], message: str) -> None:
    with pytest.raises(ShapeMismatch, match=message):
        trace(function, norm(*shapes))
