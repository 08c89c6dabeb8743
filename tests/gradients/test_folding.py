"""Folding changes no diagram, narrowing loses no answer that is asked for, and a learner takes a lens for its model."""

from __future__ import annotations

import numpy as np
import pytest

import catlearn as cl
from catlearn import Box, Real, Ty, identity
from catlearn.errors import TypeMismatch
from catlearn.interpreters.gradients.folding import fold_passes, folded, narrowed

X = Ty("X")


@cl.diagram
def network(w: Real(3, 4), b: Real(3), v: Real(2, 3), x: Real(4)) -> Real(2):
    return v @ cl.tanh(w @ x + b)


LEARNED = ["w", "b", "v"]
OPTIMIZERS = [
    cl.learn.gradient_descent(0.1),
    cl.learn.momentum(0.1),
    cl.learn.nesterov(0.1),
    cl.learn.adagrad(0.1),
    cl.learn.adam(0.1),
]


def test_wires_that_pass_through_stay_outside() -> None:
    d = (Box("f", X, X) @ identity(X)) >> cl.swap(X, X) >> cl.copy(X @ X)
    (box,) = cl.flatten(folded(d, "one")).boxes
    assert (box.name, box.dom, box.cod) == ("one", X, X)
    assert folded(d, "one") == d


def test_wires_alone_are_not_folded() -> None:
    assert cl.flatten(folded(cl.copy(X), "none")).boxes == ()


def test_effects_states_and_unread_inputs_survive() -> None:
    d = Box("effect", X, Ty()) @ Box("state", Ty(), X) @ cl.discard(X) @ identity(X)
    assert folded(d, "all") == d


@pytest.mark.parametrize("keep", [[0, 1, 2], [2], [1, 0], []])
def test_a_narrowed_optic_gives_the_same_answers(keep: list[int]) -> None:
    whole = cl.optic(network, cl.SMOOTH)
    small = fold_passes(narrowed(whole, keep), "f", "R[f]")
    assert small.dom[1] == Ty.of(network.dom.obs[i] for i in keep)
    assert len(small.residual) <= len(whole.residual)
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=ob.sizes) for ob in (network.dom @ network.cod).obs]
    every = cl.compile(whole.close())(*inputs)
    found = cl.compile(small.close())(*inputs) if keep else ()
    found = (found,) if len(keep) == 1 else found
    for k, i in enumerate(keep):
        np.testing.assert_allclose(found[k], every[i], rtol=1e-12)


def test_nothing_is_kept_that_nobody_reads() -> None:
    assert narrowed(cl.optic(network, cl.SMOOTH), []).residual == Ty()


def test_a_wire_is_kept_once() -> None:
    @cl.diagram
    def square(x: Real(3)):
        return x * x

    put = cl.trace(lambda x, d: x * d + x * d, Real(3) @ Real(3))
    both = cl.lens(square, put) >> cl.lens(square, put)
    again = narrowed(both @ cl.learn.identity_lens(Real(3)), [0])
    assert len(again.residual) == 2


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: o.name)
@pytest.mark.parametrize("batched", [["x"], []])
def test_the_folded_step_is_the_step(optimizer: cl.learn.Optimizer, batched: list[str]) -> None:
    closed = cl.learn.close(network, cl.learn.quadratic, optimizer, LEARNED, batched)
    assert closed.folded == closed.step
    assert closed.folded.names == closed.step.names
    assert len(cl.flatten(closed.folded).boxes) <= 7


def test_the_step_is_drawn_in_colors() -> None:
    closed = cl.learn.close(network, cl.learn.quadratic, cl.learn.nesterov(), LEARNED, ["x"])
    dot = closed.draw().dot
    boxes = {
        name: line
        for line in dot.splitlines()
        for name in ("R[network]", "network", "put", "get")
        if f">{name}" in line or f", {name}<" in line
    }
    assert "#fdeee0" in boxes["R[network]"]
    assert "#e3f5ee" in boxes["put"]
    assert "#e9f1fb" in boxes["get"]


# A lens in place of the derivative


def true_lens() -> cl.Optic:
    return cl.optic(cl.batch(network, cl.learn.BATCH, over=["x"]), cl.SMOOTH)


def test_the_true_lens_is_what_is_there_without_one() -> None:
    plain = cl.learn.close(network, cl.learn.quadratic, cl.learn.momentum(), LEARNED, ["x"])
    given = cl.learn.close(network, cl.learn.quadratic, cl.learn.momentum(), LEARNED, ["x"], lens=true_lens())
    assert given.step == plain.step


def test_a_lens_keeps_the_order_of_the_models_inputs() -> None:
    @cl.diagram
    def first_x(x: Real(4), w: Real(2, 4)):
        return w @ x

    lens = cl.optic(cl.batch(first_x, cl.learn.BATCH, over=["x"]), cl.SMOOTH)
    plain = cl.learn.close(first_x, cl.learn.quadratic, cl.learn.adam(), ["w"], ["x"])
    given = cl.learn.close(first_x, cl.learn.quadratic, cl.learn.adam(), ["w"], ["x"], lens=lens)
    assert given.step == plain.step


@pytest.mark.parametrize("wrong", [cl.optic(network, cl.SMOOTH), true_lens().flip(), network])
def test_a_lens_of_another_model_is_refused(wrong: object) -> None:
    with pytest.raises(TypeMismatch, match="lens"):
        cl.learn.close(network, cl.learn.quadratic, cl.learn.adam(), LEARNED, ["x"], lens=wrong)
