"""Losses against numpy and scipy, their gradients against autograd."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
import pytest
import scipy.special
from autograd import grad
from hypothesis import given
from hypothesis import strategies as st

from catlearn import Finite, Real, Ty, compile, value_and_gradient
from catlearn.errors import TypeMismatch
from catlearn.interpreters.gradients import Loss, dot_product, quadratic, softmax_cross_entropy

SHAPES = [(), (1,), (4,), (2, 3)]


def cross_entropy(p: np.ndarray, t: np.ndarray) -> float:
    return float(-(t * scipy.special.log_softmax(p, -1)).sum())


def smooth_cross_entropy(p: anp.ndarray, t: anp.ndarray) -> float:
    shifted = p - anp.max(p, -1, keepdims=True)
    return anp.sum(t * (anp.log(anp.sum(anp.exp(shifted), -1, keepdims=True)) - shifted))


NUMPY = {
    quadratic: lambda p, t: 0.5 * np.sum((p - t) ** 2),
    dot_product: lambda p, t: np.sum(p * t),
    softmax_cross_entropy: cross_entropy,
}
AUTOGRAD = {
    quadratic: lambda p, t: 0.5 * anp.sum((p - t) ** 2),
    dot_product: lambda p, t: anp.sum(p * t),
    softmax_cross_entropy: smooth_cross_entropy,
}


def drawn(loss: Loss, shape: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    p, t = np.asarray(draw.normal(size=shape)) * 5, np.asarray(draw.normal(size=shape))
    return p, scipy.special.softmax(t, -1) if loss is softmax_cross_entropy else t


@pytest.mark.parametrize("loss", NUMPY)
@given(shape=st.sampled_from(SHAPES), seed=st.integers(0, 999))
def test_values_and_gradients(loss: Loss, shape: tuple[int, ...], seed: int) -> None:
    if loss is softmax_cross_entropy and not shape:
        return
    p, t = drawn(loss, shape, seed)
    d = loss(Real(*shape))
    np.testing.assert_allclose(compile(d)(p, t), NUMPY[loss](p, t), rtol=1e-12, atol=1e-12)
    value, slope = compile(value_and_gradient(d, ["prediction"]))(p, t)
    np.testing.assert_allclose(value, NUMPY[loss](p, t), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(slope, grad(AUTOGRAD[loss])(p, t), rtol=1e-10, atol=1e-10)


def test_cross_entropy_of_large_predictions_is_finite() -> None:
    p, t = np.array([1e4, -1e4, 0.0]), np.array([0.0, 1.0, 0.0])
    assert compile(softmax_cross_entropy(Real(3)))(p, t) == 2e4


@pytest.mark.parametrize("loss", NUMPY)
def test_a_loss_names_its_inputs(loss: Loss) -> None:
    d = loss(Real(3))
    assert (d.names, d.dom, d.cod) == (("prediction", "target"), Real(3) @ Real(3), Real())


@pytest.mark.parametrize("loss", NUMPY)
@pytest.mark.parametrize("ty", [Ty(), Real(2) @ Real(2), Ty("X"), Finite("no", "yes")])
def test_a_prediction_is_one_real_array(loss: Loss, ty: Ty) -> None:
    with pytest.raises(TypeMismatch, match="a prediction must be one real array"):
        loss(ty)


def test_cross_entropy_needs_classes() -> None:
    with pytest.raises(TypeMismatch, match="needs an axis of classes"):
        softmax_cross_entropy(Real())
