"""The closed learner: its step is the gradient written by hand and an update, and the optics composed by hand."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

import catlearn as cl
from catlearn import Real, Ty, compile, equal, trace, unfolded
from catlearn.errors import InputMismatch, TypeMismatch
from catlearn.interpreters.gradients import (
    BATCH,
    Closed,
    close,
    constant_rate,
    gradient_descent,
    identity_lens,
    momentum,
    nesterov,
    proportional_rate,
    quadratic,
    softmax_cross_entropy,
)
from tests.gradients.models import OPTIMIZERS, line, net

LEARNED = ["w1", "b1", "w2", "b2"]


def closed_net(**options: Any) -> Closed:
    return close(net, softmax_cross_entropy, options.pop("optimizer", gradient_descent(0.3)), LEARNED, ["x"], **options)


def values(closed: Closed, samples: int = 8, seed: int = 0) -> list[np.ndarray]:
    """Arrays for a step; those of the optimizer are not below zero, and targets are one-hot."""
    draw = np.random.default_rng(seed)
    shapes = [tuple(samples if s == BATCH else s for s in ob.sizes) for ob in closed.step.dom.obs]
    made = [np.asarray(draw.normal(size=shape)) for shape in shapes]
    n = len(closed.state)
    return [*map(np.abs, made[:n]), *made[n:-1], np.eye(3)[draw.integers(0, 3, samples)]]


def by_hand(p: tuple[Any, ...], x: Any, t: Any) -> Any:
    w1, b1, w2, b2 = p
    out = anp.dot(anp.tanh(anp.dot(x, w1.T) + b1), w2.T) + b2
    top = anp.max(out, -1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(out - top), -1)) - anp.sum((out - top) * t, -1))


def test_a_step_is_the_gradient_and_an_update() -> None:
    closed = closed_net()
    *p, x, t = values(closed)
    loss, *new = compile(closed.step)(*p, x, t)
    np.testing.assert_allclose(loss, by_hand(tuple(p), x, t), rtol=1e-12)
    slopes = grad(by_hand)(tuple(p), x, t)
    for a, b, g in zip(new, p, slopes, strict=True):
        np.testing.assert_allclose(a, b - 0.3 * g, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(compile(closed.value)(*p, x, t), loss, rtol=1e-12)


def test_a_step_with_another_rate() -> None:
    closed = closed_net(rate=proportional_rate(0.5))
    *p, x, t = values(closed)
    loss, *new = compile(closed.step)(*p, x, t)
    for a, b, g in zip(new, p, grad(by_hand)(tuple(p), x, t), strict=True):
        np.testing.assert_allclose(a, b - 0.5 * loss * g, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_is_its_optics_run_one_after_the_other(name: str) -> None:
    optimizer = OPTIMIZERS[name]()
    closed = closed_net(optimizer=optimizer)
    n, given = len(closed.state), values(closed)
    held, p, x, t = given[:n], given[n:-2], given[-2], given[-1]
    wide = cl.batch(net, "n", over=["x"])
    error = cl.batch(softmax_cross_entropy(Real(3)), "n", over=["prediction", "target"])

    lens = optimizer.lens(closed.step.dom[n : n + 4])
    shown = compile(lens.first)(*held, *p)[:4]
    out = compile(wide)(*shown, x)
    losses = compile(error)(out, t)
    asked = compile(optimizer.rate.close())(losses.mean())
    back, _ = compile(cl.reverse(error))(out, t, np.full(8, asked / 8))
    changes = compile(cl.reverse(wide))(*shown, x, back)[:4]
    put = compile(lens.close())(*held, *p, *changes)

    loss, *new = compile(closed.step)(*given)
    np.testing.assert_allclose(loss, losses.mean(), rtol=1e-12)
    for a, b in zip(new, put, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_the_step_is_the_two_passes_of_the_optic() -> None:
    closed = closed_net(optimizer=nesterov(0.1))
    both = compile(closed.optic.both())
    for a, b in zip(both(*values(closed)), compile(closed.step)(*values(closed)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert closed.optic.cod == (Real(), Ty())


def test_a_step_changes_its_arrays_in_place() -> None:
    closed = closed_net(optimizer=momentum(0.1))
    names = closed.step.names
    fresh, reusing = (compile(closed.step, reuse=r) for r in (None, {1 + i: name for i, name in enumerate(names[:8])}))
    given = values(closed)
    wanted = fresh(*[a.copy() for a in given])
    kept = [a.copy() for a in given]
    found = reusing(*kept)
    for i, (a, b) in enumerate(zip(found[1:], wanted[1:], strict=True)):
        np.testing.assert_array_equal(a, b)
        assert a is kept[i]
    for a, b in zip(kept[8:], given[8:], strict=True):
        np.testing.assert_array_equal(a, b)


def products(d: cl.Diagram) -> int:
    """How many products of two matrices a program for eight samples takes."""
    nodes = compile(d).at(batch=8).nodes
    shapes = [[len(nodes[i].shape) for i in node.args] for node in nodes if node.op == "dot"]
    return shapes.count([2, 2])


def test_a_step_is_one_program_that_computes_nothing_twice() -> None:
    """Two layers: two products forward, one back for each weight matrix, and one back through the second layer."""
    closed = closed_net()
    assert products(closed.value) == 2
    assert products(closed.step) == 2 + 3
    assert sum(box.name == "tanh" for box in unfolded(closed.step).boxes) == 1


def test_names_of_inputs() -> None:
    closed = close(line, quadratic, OPTIMIZERS["adam"](), ["w", "b"], ["x"])
    assert closed.step.names == ("state_w", "state_b", "state1_w", "state1_b", "state_4", "w", "b", "x", "target")
    assert closed.value.names == ("w", "b", "x", "target")
    assert closed.learned == ("w", "b")


def test_names_that_the_model_has_taken_are_left_to_it() -> None:
    @cl.diagram
    def model(state_w: Real(2), w: Real(2), target: Real(2)):
        return w @ target + state_w @ target

    closed = close(model, quadratic, momentum(0.1), ["state_w", "w"], ["target"])
    assert len(set(closed.step.names)) == len(closed.step.names)
    assert closed.step.names[2:5] == ("state_w", "w", "target")


def test_learned_inputs_may_stand_anywhere() -> None:
    @cl.diagram
    def model(x: Real(2), w: Real(2), z: Real(2), b: Real()):
        return w @ (x + z) + b

    closed = close(model, quadratic, gradient_descent(0.5), ["b", "w"], ["x", "z"])
    assert closed.step.names == ("b", "w", "x", "z", "target")
    x, z = np.array([[1.0, 2.0]]), np.array([[0.0, 1.0]])
    loss, b, w = compile(closed.step)(0.0, np.zeros(2), x, z, [1.0])
    assert float(loss) == 0.5
    assert float(b) == 0.5
    np.testing.assert_allclose(w, [0.5, 1.5])


def test_the_input_may_be_what_is_learned() -> None:
    """Deep dreaming: the optimizer is on the model's input, and there is no batch."""
    closed = close(net, softmax_cross_entropy, gradient_descent(0.1), ["x"], [])
    draw = np.random.default_rng(0)
    x, *p = [draw.normal(size=ob.sizes) for ob in closed.step.dom.obs[:-1]]
    t = np.eye(3)[1]
    _, new = compile(closed.step)(x, *p, t)
    slope = grad(lambda x: by_hand(tuple(p), x[None], t[None]))(x)
    np.testing.assert_allclose(new, x - 0.1 * slope, rtol=1e-10)


def test_a_loss_may_be_a_diagram() -> None:
    error = trace(lambda p, t: cl.absolute(p - t), Real() @ Real())
    closed = close(line, error, gradient_descent(1.0), ["w", "b"], ["x"])
    loss, w, b = compile(closed.step)(np.zeros(2), 0.0, np.ones((4, 2)), [1.0, 1.0, 1.0, -1.0])
    assert (float(loss), w.tolist(), float(b)) == (1.0, [0.5, 0.5], 0.5)


def test_a_learner_can_be_drawn() -> None:
    closed = close(line, quadratic, momentum(0.1), ["w", "b"], ["x"])
    assert "<svg" in closed.step.draw(parameters=closed.learned).svg


def test_the_identity_lens() -> None:
    assert equal((identity_lens(Real(2)) @ identity_lens(Real())).close(), identity_lens(Real(2) @ Real()).close())


def deaf() -> cl.Diagram:
    return trace(lambda w, x: w @ w, Real(2) @ Real(2), "", ["w", "x"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"learned": ["v"]}, "the model has no input 'v'; it has w, b, x"),
        ({"batched": ["y"]}, "the model has no input 'y'"),
        ({"learned": ["w", "w"]}, "'w' is named twice"),
        ({"learned": ["w", "b", "x"]}, "'x' is named twice"),
        ({"loss": softmax_cross_entropy}, "needs an axis of classes"),
        ({"loss": quadratic(Real(3))}, "the loss must read Real() and a target and give Real()"),
        ({"loss": "mse"}, "a loss is one such as quadratic, or a diagram, not 'mse'"),
        ({"optimizer": OPTIMIZERS["adam"]}, "an optimizer is made by a call such as adam()"),
        ({"optimizer": "adam"}, "an optimizer is made by a call such as adam()"),
        ({"rate": 0.1}, "a rate is a lens such as constant_rate(0.1), not 0.1"),
        ({"rate": constant_rate(0.1) @ constant_rate(0.1)}, "and give Real() @ Real(), not"),
        ({"model": 3}, "expected a diagram"),
        ({"model": deaf(), "learned": ["w"]}, "the prediction does not depend on x"),
    ],
)
def test_what_cannot_be_closed(arguments: dict[str, Any], said: str) -> None:
    given = {"model": line, "loss": quadratic, "optimizer": momentum(0.1), "learned": ["w", "b"], "batched": ["x"]}
    with pytest.raises((InputMismatch, TypeMismatch)) as caught:
        close(**{**given, **arguments})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
