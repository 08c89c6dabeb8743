"""Reverse derivative ascent: the published figures, and step by step the walk of a plain loop over the samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Bits, Modular, Real
from catlearn.diagrams.theories.boolean.bits import concatenate, evaluate, mux
from catlearn.diagrams.theories.boolean.difference import difference
from catlearn.diagrams.trace import trace
from catlearn.errors import InputMismatch, ShapeMismatch, TypeMismatch
from catlearn.interpreters.circuits.ascending.models import (
    lookup_table,
    pseudo_linear,
    pseudo_linear_difference,
    settled,
)
from catlearn.interpreters.circuits.ascending.published import iris_as_published, mnist_as_published
from catlearn.interpreters.circuits.ascending.run import ascent
from catlearn.interpreters.circuits.data.digits import Mnist
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.walking import walk

SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("reverse", ["formal", "finite"])
@pytest.mark.parametrize(("classes", "right", "tested"), [(2, 49, 50), (3, 55, 75)])
@pytest.mark.parametrize("one_hot", [False, True])
def test_the_figures_of_the_paper(classes, right, tested, one_hot, reverse) -> None:
    data = iris_as_published(classes, one_hot)
    found = ascent(lookup_table(4, data.y.shape[1]), data.x, data.y, reverse=reverse)
    assert len(data.x_test) == tested
    assert found.accuracy(data.x_test, data.y_test) == right / tested


def test_two_corrected_rows_make_a_difference() -> None:
    data = iris_as_published(3, corrected=True)
    assert ascent(lookup_table(4, 2), data.x, data.y).accuracy(data.x_test, data.y_test) == 56 / 75


@settings(max_examples=30)
@given(st.integers(0, 5), st.integers(1, 3), SEEDS)
def test_one_pass_over_all_addresses_in_any_order_learns_any_table(inputs, outputs, seed) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 2, (2**inputs, outputs))
    order = rng.permutation(2**inputs)
    x = order[:, None] >> np.arange(inputs) & 1
    start = rng.integers(0, 2, table.size)
    found = ascent(lookup_table(inputs, outputs), x, table[order], start={"t": start})
    assert (found.parameters["t"].reshape(table.shape) == table).all()
    assert (found.predict(x) == table[order]).all()


GATES = (lambda a, b, c: a ^ b, lambda a, b, c: a & b, lambda a, b, c: a | ~b, mux)


def tangle(rng, bits, gates):
    """A random circuit of parameters t and samples x, products of anything with itself included."""

    def draw(t, x):
        wires = [t[k] for k in range(bits)] + [x[k] for k in range(3)]
        for _ in range(gates):
            a, b, c = (wires[k] for k in rng.integers(0, len(wires), 3))
            wires.append(GATES[rng.integers(len(GATES))](a, b, c))
        return concatenate(wires[-2:])

    return trace(draw, Bits(bits) @ Bits(3), "tangle", ["t", "x"])


def by_hand(model, reverse, x, y, t):
    """The published loop: for each sample, XOR the parameters with what R asks for the displacement."""
    after = []
    for row, wanted in zip(x, y, strict=True):
        (answer,) = walk(model, [t[None], row[None]])
        t = t ^ walk(reverse, [t[None], row[None], answer ^ wanted])[0][0]
        after.append(t)
    return after


@settings(max_examples=16)
@given(SEEDS, st.sampled_from(["formal", "finite", "diagram"]))
def test_the_walk_is_that_of_a_loop_over_the_samples(seed, reverse) -> None:
    rng = np.random.default_rng(seed)
    model = tangle(rng, 5, 12)
    x, y = rng.integers(0, 2, (90, 3)), rng.integers(0, 2, (90, 2))
    r = cl.reverse(model) if reverse == "formal" else difference(model)
    after = by_hand(model, r, x, y, np.zeros(5, np.int64))
    found = ascent(model, x, y, reverse=r if reverse == "diagram" else reverse)
    assert found.parameters["t"].tolist() == after[-1].astype(bool).tolist()
    moved = [k + 1 for k, t in enumerate(after) if (t != (after[k - 1] if k else 0)).any()]
    assert [change.step for change in found.history] == [0, *moved]
    # The learner that it shows is the one that was run: its step, sample after sample, goes the same way.
    t = np.zeros((1, 5), np.int64)
    for k in range(10):
        _, t = walk(found.closed.step, [t, x[k : k + 1], y[k : k + 1]])
        assert t[0].tolist() == after[k].tolist()


@settings(max_examples=20)
@given(SEEDS)
def test_on_a_safe_model_the_formal_derivative_is_the_finite_one(seed) -> None:
    rng = np.random.default_rng(seed)
    model = lookup_table(3, 2)
    assert model.is_safe()
    x, y = rng.integers(0, 2, (40, 3)), rng.integers(0, 2, (40, 2))
    formal, finite = (ascent(model, x, y, reverse=reverse) for reverse in ("formal", "finite"))
    assert formal.history == finite.history
    assert (formal.parameters["t"] == finite.parameters["t"]).all()


@pytest.mark.parametrize("share", [1, 2, 4])
def test_the_difference_of_pseudo_linear_is_that_of_flipping_each_bit(share) -> None:
    n = 4
    every = np.arange(2 ** (2 * n + 1))[:, None] >> np.arange(2 * n + 1) & 1
    inputs = [every[:, :n], every[:, n : 2 * n], every[:, 2 * n :]]
    closed_form = walk(pseudo_linear_difference(n, share), inputs)
    for one, other in zip(closed_form, walk(difference(pseudo_linear(n, share)), inputs), strict=True):
        assert (one == other).all()


@settings(max_examples=5)
@given(SEEDS)
def test_the_difference_of_a_wide_pseudo_linear_goes_the_same_way(seed) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.random((70, 200)) < rng.random(200), rng.integers(0, 2, 70)
    model, start = pseudo_linear(200), {"p": rng.random(200) < 0.3}
    both = [ascent(model, x, y, reverse=r, start=start) for r in ("finite", pseudo_linear_difference(200))]
    assert both[0].history == both[1].history
    assert (both[0].parameters["p"] == both[1].parameters["p"]).all()
    answers = (x & both[0].parameters["p"]).sum(axis=1) <= both[0].parameters["p"].sum() // 4
    assert (both[0].predict(x)[:, 0] == answers).all()


def test_the_best_of_the_validation_samples_is_kept_and_of_equals_the_last() -> None:
    x, y = [[0], [1], [0]], [1, 1, 0]
    at_first = ascent(lookup_table(1, 1), x, y, validation=([[0]], [1]))
    assert [change.score for change in at_first.history] == [0.0, 1.0, 1.0, 0.0]
    assert (at_first.kept, at_first.parameters["t"].tolist()) == (2, [True, True])
    assert at_first.last["t"].tolist() == [False, True]
    assert at_first.accuracy([[0], [1]], [1, 1]) == 1.0
    start = ascent(lookup_table(1, 1), [[0]], [1], validation=([[0]], [0]))
    assert (start.kept, start.parameters["t"].any()) == (0, False)


def test_only_so_many_steps_are_made() -> None:
    found = ascent(lookup_table(1, 1), [[0], [1]], [1, 1], steps=1)
    assert (found.steps, found.parameters["t"].tolist()) == (1, [True, False])
    assert ascent(lookup_table(1, 1), [[0]], [1], steps=0).history[-1].step == 0


def test_several_inputs_are_learned_and_several_are_read() -> None:
    @cl.diagram
    def either(a: Bits(2), t: Bits(4), b: Bits(2), s: Bits(4)) -> Bits(2):
        return concatenate([evaluate(t, a), evaluate(s, b)])

    rng = np.random.default_rng(0)
    a, b = (np.array(list(np.ndindex(2, 2)))[rng.permutation(4)] for _ in range(2))
    y = rng.integers(0, 2, (4, 2))
    found = ascent(either, {"a": a, "b": b}, y, learned=["t", "s"])
    assert found.accuracy({"b": b, "a": a}, y) == 1.0
    assert found.diagram.names == ("a", "b")
    assert found.circuit.entering == 4
    assert (
        ascent(either, {"a": a, "b": b}, y, learned=["t", "s"], reverse="finite").predict({"a": a, "b": b}) == y
    ).all()


def test_the_circuit_has_the_parameters_as_constants() -> None:
    model = lookup_table(2, 1)
    made = settled(model, {"t": np.array([0, 1, 1, 0], bool)})
    assert len(netlist(made)) == 1
    assert [box.name for box in made.wiring.boxes] == ["constant", "lookup_table"]


def test_zeros_and_ones_are_prepared_as_published() -> None:
    images = np.full((11_402, 4), 33, np.uint8)
    images[:, 0] = 32
    labels = (np.arange(11_402) % 2).astype(np.uint8)
    data = mnist_as_published(Mnist(images, labels, images[:3], np.array([0, 1, 2], np.uint8)))
    assert [len(data.x), len(data.validation[0]), len(data.x_test), data.steps] == [11_400, 2, 2, 999]
    assert data.x[0].tolist() == [False, True, True, True]
    assert data.y_test.tolist() == [[False], [True]]
    with pytest.raises(InputMismatch, match="give all of MNIST"):
        mnist_as_published(Mnist(images[:9], labels[:9], images[:9], labels[:9]))


TABLE = lookup_table(1, 1)
TWO_OUTPUTS = trace(lambda t, x: (t, x), Bits(1) @ Bits(1), "two", ["t", "x"])
GIVEN = [[0], [1]], [1, 1]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: ascent(TABLE, [[0], [2]], [1, 1]), InputMismatch, "column 0 holds 2"),
        (lambda: ascent(TABLE, [[0, 1]], [1]), InputMismatch, r"x must have the shape \(samples, 1\), not \(1, 2\)"),
        (lambda: ascent(TABLE, [[0], [1, 1]], [1, 1]), InputMismatch, "x is no array"),
        (lambda: ascent(TABLE, [[0], [1]], [1]), InputMismatch, "2 samples and 1 targets"),
        (lambda: ascent(TABLE, [[0]], [[1, 1]]), InputMismatch, "targets must have the shape"),
        (lambda: ascent(TABLE, np.zeros((0, 1)), []), InputMismatch, "no samples"),
        (lambda: ascent(TABLE, {"z": [[0]]}, [1]), InputMismatch, "dictionary of arrays for the inputs x"),
        (lambda: ascent(TABLE, *GIVEN, learned="tt"), InputMismatch, "no input 'tt' to learn; did you mean 't'"),
        (lambda: ascent(TABLE, *GIVEN, learned=["t", "x"]), InputMismatch, "some read samples"),
        (lambda: ascent(TABLE, *GIVEN, learned=[]), InputMismatch, "some are to be learned"),
        (lambda: ascent(TABLE, *GIVEN, reverse="numeric"), InputMismatch, "'formal', 'finite' or a diagram"),
        (lambda: ascent(TABLE, *GIVEN, reverse=TABLE), TypeMismatch, "the lens must run along"),
        (lambda: ascent(TABLE, *GIVEN, steps=-1), InputMismatch, "steps is a number"),
        (lambda: ascent(TABLE, *GIVEN, validation=[[0]]), InputMismatch, "a pair of inputs and targets"),
        (lambda: ascent(TABLE, *GIVEN, start={"x": [0]}), InputMismatch, "'x' is not learned"),
        (lambda: ascent(TABLE, *GIVEN, start={"t": [0]}), InputMismatch, "the start of t is 2 bits"),
        (lambda: ascent(TABLE, *GIVEN, start={"t": [[0], [1, 1]]}), InputMismatch, "the start of t is 2 bits"),
        (lambda: ascent(TWO_OUTPUTS, *GIVEN), TypeMismatch, "two has 2 outputs"),
        (lambda: ascent(cl.identity(Real()), *GIVEN), TypeMismatch, "a wire Real()"),
        (lambda: ascent(cl.identity(Modular(5, 1)), *GIVEN), TypeMismatch, "a wire Modular"),
        (lambda: ascent(TABLE, *GIVEN).predict([[0, 1]]), InputMismatch, "x must have the shape"),
        (lambda: pseudo_linear(4, 3), ShapeMismatch, "power of two, such as 4, not 3"),
        (lambda: iris_as_published(4), InputMismatch, "2 and 3 classes, not 4"),
    ],
)  # fmt: skip
def test_bad_input_is_told(call, error, said) -> None:
    with pytest.raises(error, match=said) as told:
        call()
    assert "\n" not in str(told.value)
