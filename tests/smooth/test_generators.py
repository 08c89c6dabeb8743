"""Every generator, by itself: its value, its derivatives, and what it does to a batch."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

import catlearn as cl
from catlearn import Diagram, Real, forward, names, reverse, trace
from catlearn.diagrams.theories.smooth.generator import GENERATORS, same
from catlearn.diagrams.theories.smooth.reverse import zeros
from catlearn.errors import InputMismatch, ShapeMismatch
from tests.smooth.oracle import ORACLE, meaning, pulled_back
from tests.smooth.strategies import EXAMPLES, LINEAR, Example, arrays, box, close, dot, run, slope

# A box with a backward pass of its own has, on purpose, another derivative than autograd's: see test_backward.py.
ROWS = [name for name in GENERATORS if not name.endswith("_example") and name != "with_backward"]
each = pytest.mark.parametrize("example", EXAMPLES, ids=str)


def tangents(example: Example, seed: int) -> list[np.ndarray]:
    """A random direction, at rest in the inputs that cannot be moved a little."""
    made = arrays(example.diagram.dom, seed)
    return [np.zeros_like(v) if i in example.still else v for i, v in enumerate(made)]


def test_every_generator_has_an_oracle_and_an_example() -> None:
    # Loops have a body, and with it tests of their own.
    assert set(ROWS) <= set(ORACLE)
    assert set(ROWS) - {"scan"} == {example.name for example in EXAMPLES}


@each
def test_value(example: Example) -> None:
    inputs = example.inputs()
    close(run(example.diagram, *inputs), meaning(example.diagram, inputs), 1e-13)


@each
def test_reverse_derivative_is_that_of_autograd(example: Example) -> None:
    f, inputs = example.diagram, example.inputs()
    cotangents = arrays(f.cod, 1)
    found = run(reverse(f), *inputs, *cotangents)
    wanted = pulled_back(f, inputs, cotangents)
    for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
        if example.name != "equals":
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10, err_msg=f"input {i}")


@each
def test_forward_derivative_is_the_slope(example: Example) -> None:
    f, inputs, v = example.diagram, example.inputs(), tangents(example, 1)
    close(run(forward(f), *inputs, *v), slope(f, inputs, v), 1e-8)


@each
def test_forward_and_reverse_are_adjoint(example: Example) -> None:
    f, inputs = example.diagram, example.inputs()
    v, w = arrays(f.dom, 1), arrays(f.cod, 2)
    there, back = run(forward(f), *inputs, *v), run(reverse(f), *inputs, *w)
    assert dot(there, w) == pytest.approx(dot(v, back), rel=1e-12, abs=1e-12)


@each
def test_second_derivative_is_the_slope_of_the_first(example: Example) -> None:
    f = reverse(example.diagram)
    inputs, v = [*example.inputs(), *arrays(example.diagram.cod, 1)], arrays(f.dom, 2)
    v = [np.zeros_like(a) if i in example.still else a for i, a in enumerate(v)]
    close(run(forward(f), *inputs, *v), slope(f, inputs, v), 1e-7)


@each
def test_mixed_second_derivatives_commute(example: Example) -> None:
    f = forward(forward(example.diagram))
    a, b, c, d = example.inputs(), *(arrays(example.diagram.dom, i) for i in (1, 2, 3))
    close(run(f, *a, *b, *c, *d), run(f, *a, *c, *b, *d))


def dagger(f: Diagram) -> Diagram:
    """Of a linear map: its reverse derivative at zero."""
    return (zeros(f.dom) @ cl.identity(f.cod)) >> reverse(f)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.name in LINEAR], ids=str)
def test_linear_generators_have_daggers(example: Example) -> None:
    f, inputs = example.diagram, example.inputs()
    w = arrays(f.cod, 1)
    assert dot(run(f, *inputs), w) == pytest.approx(dot(inputs, run(dagger(f), *w)))
    close(run(forward(f), *arrays(f.dom, 2), *inputs), run(f, *inputs))
    close(run(dagger(dagger(f)), *inputs), run(f, *inputs))


@each
@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_batch_is_a_loop_over_samples(example: Example, count: int) -> None:
    f, inputs = example.diagram, example.inputs()
    for flags in product([False, True], repeat=len(f.dom)):
        over = [name for name, flag in zip(names(f), flags, strict=True) if flag]
        many = cl.batch(f, "b", over)
        pairs = list(zip(inputs, flags, strict=True))
        samples = [[x * (1 + 0.1 * k) if flag else x for x, flag in pairs] for k in range(count)]
        given = [
            np.array([sample[i] for sample in samples]).reshape(count, *x.shape) if flag else x
            for i, (x, flag) in enumerate(zip(inputs, flags, strict=True))
        ]
        (found,) = run(many, *given)
        if not over:
            assert many == f
            continue
        assert found.shape == (count, *run(f, *inputs)[0].shape)
        for row, sample in zip(found, samples, strict=True):
            close([row], run(f, *sample), 1e-12)


@each
def test_two_batches_are_a_loop_in_a_loop(example: Example) -> None:
    f, inputs = example.diagram, example.inputs()
    if not inputs:
        return
    many = cl.batch(cl.batch(f, "b", names(f)), "c", names(f)[:1])
    first = np.array([[inputs[0] * (1 + 0.1 * k + 0.01 * j) for j in range(2)] for k in range(3)])
    rest = [np.array([x, x]) for x in inputs[1:]]
    (found,) = run(many, first, *rest)
    for k, j in product(range(3), range(2)):
        close([found[k, j]], run(f, first[k, j], *inputs[1:]), 1e-12)


@pytest.mark.parametrize("name", ["max", "logsumexp"])
def test_there_is_no_largest_element_among_none(name: str) -> None:
    f = box(name, (0,), ("n", 2))
    assert run(box(name, (1,), ("n", 2)), np.zeros((0, 2)))[0].shape == (0,)
    with pytest.raises(InputMismatch, match=f"{name}: there is no largest element along an axis of size 0"):
        run(f, np.zeros((0, 2)))


@pytest.mark.parametrize(
    ("name", "data", "inputs", "wanted"),
    [
        ("max", (0,), [[2.0, 1.0, 2.0]], [[0.5, 0.0, 0.5]]),
        ("maximum", (), [[1.0, 2.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]),
        ("relu", (), [[0.0, 1.0]], [[0.0, 1.0]]),
        ("abs", (), [[0.0, -1.0]], [[0.0, -1.0]]),
        ("max_pool", (1, 2), [[[[1.0], [1.0], [0.0], [2.0]]]], [[[[1.0], [1.0], [0.0], [1.0]]]]),
        ("power", (0.0,), [[0.0, 2.0]], [[0.0, 0.0]]),
        ("power", (1.0,), [[0.0, 2.0]], [[1.0, 1.0]]),
    ],
)
def test_at_a_kink_the_derivative_is_this(name: str, data: object, inputs: list, wanted: list) -> None:
    given = [np.array(x) for x in inputs]
    f = box(name, data, *(x.shape for x in given))
    found = run(reverse(f), *given, np.ones(run(f, *given)[0].shape))
    close(found, wanted, 1e-15)


def test_a_generator_may_be_written_again() -> None:
    for factor in (2.0, 3.0):
        again = cl.generator("again_example", same, lambda data, x, y, d, factor=factor: factor * d)
        f = trace(again, Real())
        assert [row.data for row in reverse(f).wiring.boxes] == [(factor,)]
    wider = cl.generator("again_example", lambda data, x: (2, *x), lambda data, x, y, d: x)
    assert trace(wider, Real()).cod == Real(2)


BAD = [
    ("add", (), [(2,), (3,)], "add of .2. and .3.: the shapes must be the same"),
    ("mul", (), [(2,), ("n",)], "the shapes must be the same"),
    ("sum", (2,), [(2, 3)], "no such axis among .2,."),
    ("sum", (0, 0), [(2, 3)], "no such axis"),
    ("broadcast", ((2, 3), (0,)), [(3,)], "cannot be axes"),
    ("reshape", (5,), [(2, 3)], "the number of elements differs"),
    ("reshape", (-2, -3), [(2, 3)], "a size is a number from 0 up"),
    ("permute", (0, 0), [(2, 3)], "not an order of its axes"),
    ("slice", ((0, 5, 1),), [(3,)], "no part 0:5:1"),
    ("slice", ((0, 1, 1),), [("n",)], "named axis n can only be kept whole"),
    ("slice", ((0, 1, 1),), [(3, 3)], "1 slices for 2 axes"),
    ("pad", (((0, 2, 1),), (4,)), [(3,)], "does not fit the part"),
    ("take", (0, (3,)), [(3,)], "has no elements"),
    ("take", (0, (0,)), [("n",)], "has no elements"),
    ("put", (0, (0, 1), 3), [(3,)], "2 places for 3 elements"),
    ("concatenate", 0, [(2, 3), (2, 2)], "differ along axis 0 only"),
    ("concatenate", 0, [("n", 2), (2, 2)], "must have a number for a size"),
    ("im2col", (5, 1, 1, 1), [(4, 4, 1)], "windows of 5 x 1"),
    ("im2col", (1, 1, 0, 1), [(4, 4, 1)], "strides 0 and 1 must be 1 or more"),
    ("im2col", (1, 1, 1, 1), [(4, 4)], "windows of 1 x 1"),
    ("col2im", (2, 2, 1, 1, 4, 4), [(3, 3, 5)], "not windows of an image 4 x 4"),
    ("einsum", "ij,jk->ik", [(2, 3), (4, 5)], "axis j has sizes 3 and 4"),
    ("einsum", "ij,jk->ik", [(2,), (4, 5)], "does not name the axes"),
    ("einsum", "ij,jk->i", [(2, 3), (3, 4)], "every axis stands in two"),
    ("max", (1,), [(3,)], "no such axis"),
    ("max_pool", (5, 5), [(4, 4, 1)], "windows of 5 x 5"),
    ("unpool", (2, 2), [(4, 4, 1), (2, 2, 1), (1, 1, 1)], "must be what pooling"),
    ("pooled", (2, 2), [(4, 4, 1), (2, 2, 1), (2, 2, 1)], "must be what pooling"),
    ("constant", ((1.0, 2.0), (3,)), [], "2 numbers do not fill"),
    ("max", (0,), [(0, 3)], "no largest element"),
    ("tanh", (), [(2,), (2,)], "tanh reads 1"),
    ("add", (), [(2,)], "add reads 2"),
    ("inverse", (), [(2, 3)], "inverse of .2, 3.: the last two axes must be those of a square matrix"),
    ("inverse", (), [("n", 3, "n")], "square matrix"),
    ("log_determinant", (), [(3,)], "square matrix"),
]


@pytest.mark.parametrize(("name", "data", "shapes", "message"), BAD)
def test_shapes_that_do_not_fit_are_named(name: str, data: object, shapes: list[tuple], message: str) -> None:
    with pytest.raises(ShapeMismatch, match=message):
        box(name, data, *shapes)
