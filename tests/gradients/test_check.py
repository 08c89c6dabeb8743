"""`check` passes what is right, and finds and names what is wrong; `angle` measures how wrong a backward pass is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import SMOOTH, Box, Diagram, Optic, Real, lens, optic, reverse, trace
from catlearn.diagrams.theories.smooth.generator import same
from catlearn.errors import DerivativeMismatch, InputMismatch, NotSupported, TypeMismatch
from catlearn.interpreters.gradients.check import angle, check
from catlearn.interpreters.program.lower import LOWERINGS
from tests.smooth.models import MODELS, chain
from tests.smooth.strategies import EXAMPLES, Example, arrays, smooth


@settings(max_examples=25)
@given(smooth(max_boxes=4), st.integers(0, 5))
def test_random_diagrams_pass(d: Diagram, seed: int) -> None:
    assert check(d, seed=seed).worst < 1e-6


@pytest.mark.parametrize("example", [e for e in EXAMPLES if not e.still], ids=str)
def test_every_generator_passes(example: Example) -> None:
    assert check(example.diagram, example.inputs()).worst < 1e-8


@pytest.mark.parametrize("name", MODELS)
def test_models_pass(name: str) -> None:
    f = MODELS[name]() if name != "chain" else chain(20)
    assert check(f).worst < 1e-6


@pytest.mark.parametrize("name", ["log", "sqrt", "div"])
def test_maps_that_are_only_there_for_positive_numbers(name: str) -> None:
    example = next(e for e in EXAMPLES if e.name == name)
    assert check(example.diagram).worst < 1e-6


def test_report_is_frozen_and_reads_well() -> None:
    report = check(trace(cl.tanh, Real("n", 2), "squash", ["x"]))
    assert str(report).splitlines()[0] == "squash: the derivative is right, to 1e-06"
    assert [line.split("  ")[1] for line in str(report).splitlines()[1:]] == [row.law for row in report.rows]
    assert str(report).splitlines()[1].endswith("x")
    with pytest.raises(FrozenInstanceError):
        report.tolerance = 1.0
    assert check(trace(lambda: cl.constant(1.0), cl.Ty())).worst == 0.0


def wrong(name: str, reverse: Callable[..., Any]) -> Callable[..., Any]:
    """A generator with tanh's values and this derivative."""
    made = cl.generator(name, same, reverse)
    LOWERINGS[name] = lambda asm, box, *rest: LOWERINGS["tanh"](asm, Box("tanh", box.dom, box.cod), *rest)
    return made


WRONG = {
    "sign": lambda _, x, y, d: (y * y - 1.0) * d,
    "factor": lambda _, x, y, d: (1.0 - y * y) * d * 1.001,
    "zero": lambda _, x, y, d: None,
    "forgotten": lambda _, x, y, d: 1.0 - y * y,
    "squared": lambda _, x, y, d: (1.0 - y * y) * d * d,
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_derivative_is_found_and_its_box_named(kind: str) -> None:
    name = f"wrong_{kind}_example"
    bad = wrong(name, WRONG[kind])

    @cl.diagram
    def net(w: Real(4, 3), v: Real(4), x: Real("n", 3)):
        return cl.sum(bad(cl.sin(x @ w.T)) @ v)

    message = f"net: .* for input '[wx]': .* suspect the box '{name}': alone"
    with pytest.raises(DerivativeMismatch, match=message) as caught:
        check(net)
    assert "\n" not in str(caught.value)


def test_the_right_input_is_named() -> None:
    cl.generator("half_wrong_example", same, lambda _, a, b, y, d: (d * b, d * b))
    LOWERINGS["half_wrong_example"] = lambda asm, box, *rest: LOWERINGS["mul"](asm, Box("mul", box.dom, box.cod), *rest)
    f = trace(cl.GENERATORS["half_wrong_example"], Real(3) @ Real(3), "f", ["a", "b"])
    with pytest.raises(DerivativeMismatch, match="f: reverse = slope does not hold for input 'b'"):
        check(f)


def test_a_user_generator_that_is_right_passes() -> None:
    good = wrong("right_example", lambda _, x, y, d: (1.0 - y * y) * d)
    assert check(trace(lambda x: good(x * 2.0), Real(3))).worst < 1e-8


def test_a_kink_at_the_point_is_said_to_be_one() -> None:
    f = trace(cl.relu, Real(3), "f", ["x"])
    assert check(f, [np.array([-1.0, 0.5, 2.0])]).worst < 1e-8
    with pytest.raises(DerivativeMismatch, match="suspect the box 'relu'"):
        check(f, [np.zeros(3)])
    stopped = trace(lambda x: x * cl.stop_gradient(x), Real(3), "f", ["x"])
    with pytest.raises(DerivativeMismatch, match="suspect the box 'stop'"):
        check(stopped)


def test_inputs_in_order_by_name_or_not_right() -> None:
    f = trace(lambda a, b: a / b, Real() @ Real("n"), "ratio", ["a", "b"])
    assert check(f, [1.0, [1.0, 2.0]]).worst < 1e-8
    assert check(f, {"b": [1.0, 2.0], "a": 1.0}).worst < 1e-8
    for inputs in ([1.0], {"a": 1.0}, {"a": 1.0, "c": 2.0}, [1.0, [1.0], 2.0]):
        with pytest.raises(InputMismatch, match="ratio: give the inputs a, b, each of them once"):
            check(f, inputs)
    with pytest.raises(InputMismatch, match="ratio: it is not finite there"):
        check(f, [1.0, [0.0, 1.0]])


def test_reverse_derivatives_of_the_wrong_shape_are_named() -> None:
    cl.generator("few_example", lambda data, a, b: a, lambda _, a, b, y, d: d)
    with pytest.raises(TypeMismatch, match="few_example: its reverse derivative gives 1 cotangents for 2 inputs"):
        reverse(trace(cl.GENERATORS["few_example"], Real() @ Real()))
    cl.generator("flat_example", same, lambda _, x, y, d: cl.sum(d))
    with pytest.raises(TypeMismatch, match="flat_example: its reverse derivative gives <wire .*> for input 0, which"):
        reverse(trace(cl.GENERATORS["flat_example"], Real(3)))
    cl.generator("plain_example", same, lambda _, x, y, d: 0.0)
    with pytest.raises(TypeMismatch, match="plain_example: its reverse derivative gives 0.0 for input 0"):
        reverse(trace(cl.GENERATORS["plain_example"], Real(3)))
    cl.generator("opaque_example", same, None)
    LOWERINGS["opaque_example"] = LOWERINGS["tanh"]
    with pytest.raises(NotSupported, match="opaque_example"):
        check(trace(cl.GENERATORS["opaque_example"], Real(3)))


def test_the_angle_of_the_true_derivative_is_zero() -> None:
    for name, model in MODELS.items():
        f = model() if name != "chain" else chain(20)
        assert angle(lens(f, reverse(f)), f) == 0.0
        assert angle(optic(f, SMOOTH), f) == pytest.approx(0.0, abs=1e-5)


def test_the_angle_is_that_between_the_two_vectors() -> None:
    f = trace(lambda x: cl.sum(x * x), Real(2), "f", ["x"])
    x = np.array([1.0, 0.0])

    def turned(degrees: float) -> Optic:
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        rotation = [[c, -s], [s, c]]
        return lens(f, trace(lambda x, d: (cl.constant(rotation) @ x) * d * 3.0, Real(2) @ Real()))

    for degrees in (0, 30, 89, 90, 120, 180):
        assert angle(turned(degrees), f, [x]) == pytest.approx(degrees, abs=1e-6)


def test_below_ninety_degrees_is_descent() -> None:
    f = trace(lambda x: cl.sum(cl.sin(x) * x), Real(5), "f", ["x"])
    rng = np.random.default_rng(0)
    for seed in range(20):
        direction = rng.normal(size=5).tolist()
        ours = lens(f, trace(lambda x, d, direction=direction: cl.constant(direction) * d, Real(5) @ Real()))
        x = arrays(Real(5), seed)[0]
        after = cl.compile(f)(x - 1e-6 * np.array(direction))
        assert (after < cl.compile(f)(x)) == (angle(ours, f, [x]) < 90)


def test_nothing_against_something_is_no_descent() -> None:
    f = trace(cl.sum, Real(3), "f", ["x"])
    nothing = lens(f, trace(lambda x, d: x * 0.0, Real(3) @ Real()))
    assert angle(nothing, f) == 90.0
    flat = trace(lambda x: cl.sum(x * 0.0), Real(3), "f", ["x"])
    assert angle(lens(flat, trace(lambda x, d: x * 0.0, Real(3) @ Real())), flat) == 0.0


def test_feedback_alignment_starts_near_ninety_degrees_and_aligns() -> None:
    """A fixed random matrix sends the error back, not the transpose of the second layer: Lillicrap et al., 2016."""
    rng = np.random.default_rng(0)
    feedback = rng.normal(size=(2, 8)).tolist()
    target = rng.normal(size=(2, 6))

    def value(w1: cl.Wire, w2: cl.Wire, x: cl.Wire, y: cl.Wire) -> cl.Wire:
        return cl.squared_error(cl.tanh(x @ w1) @ w2, y)

    def aligned(w1: cl.Wire, w2: cl.Wire, x: cl.Wire, y: cl.Wire, d: cl.Wire) -> Any:
        h = cl.tanh(x @ w1)
        e = (h @ w2 - y) * d
        back = (e @ cl.constant(feedback)) * (1.0 - h * h)
        return x.T @ back, h.T @ e, back @ w1.T, -e

    dom = Real(6, 8) @ Real(8, 2) @ Real(32, 6) @ Real(32, 2)
    f = trace(value, dom, "f", ["w1", "w2", "x", "y"])
    ours = lens(f, trace(aligned, dom @ Real()))
    step = cl.compile(ours.close() >> cl.permutation(dom, [0, 1]))
    x = rng.normal(size=(32, 6))
    y, w1, w2 = x @ target.T, 0.1 * rng.normal(size=(6, 8)), np.zeros((8, 2))
    run, losses = cl.compile(f), []
    for _ in range(200):
        losses.append(run(w1, w2, x, y))
        d1, d2 = step(w1, w2, x, y, 1.0)
        w1, w2 = w1 - 0.002 * d1, w2 - 0.002 * d2
    assert losses[-1] < 0.5 * losses[0]
    assert 0 < angle(ours, f, [w1, w2, x, y]) < 90


def test_a_straight_through_step_is_a_theory_with_one_row_changed() -> None:
    """The step's derivative is zero; sending the cotangent straight through gives a way down: arXiv:1308.3432."""

    def straight(box: Box) -> Optic:
        return lens(box, trace(lambda x, d: d, box.dom @ box.cod)) if box.name == "step" else SMOOTH.rule(box)

    through = replace(SMOOTH, rule=straight)
    f = trace(lambda w, x: cl.sum(cl.step(w @ x)), Real(4, 3) @ Real(3), "f", ["w", "x"])
    smooth_one = trace(lambda w, x: cl.sum(w @ x), Real(4, 3) @ Real(3), "g", ["w", "x"])
    assert angle(optic(f, through), f) == 90.0
    assert angle(optic(f, through), smooth_one) == pytest.approx(0.0, abs=1e-6)
    sigmoid = trace(lambda w, x: cl.sum(cl.sigmoid(w @ x * 4.0)), Real(4, 3) @ Real(3), "g", ["w", "x"])
    assert 0 < angle(optic(f, through), sigmoid) < 90


def test_a_lens_of_other_types_is_refused() -> None:
    f = trace(cl.tanh, Real(3), "f", ["x"])
    g = trace(cl.sum, Real(3), "g", ["x"])
    for other in (lens(g, reverse(g)), lens(f, reverse(f)).flip()):
        with pytest.raises(TypeMismatch, match="angle: f needs a lens"):
            angle(other, f)


def test_a_diagram_of_discopy_is_checked_too() -> None:
    from discopy.markov import Box, Ty

    x = Ty("Real(3)")
    assert check(Box("tanh", x, x)).worst < 1e-6
