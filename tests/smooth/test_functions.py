"""What users write on wires, against numpy itself: broadcasting, indexing, shapes, products; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

import catlearn as cl
from catlearn import Box, Real, Ty, Wire, trace
from catlearn.errors import ControlFlow, ShapeMismatch, TypeMismatch, WireError
from tests.smooth.strategies import close, run

SHAPE = arrays_of.array_shapes(min_dims=0, max_dims=4, max_side=4)


def filled(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


def typed(*shapes: tuple) -> Ty:
    return Ty.of(ob for shape in shapes for ob in Real(*shape).obs)


def same(ours: Callable[..., Any], theirs: Callable[..., Any], *inputs: np.ndarray) -> None:
    """Ours on wires is theirs on arrays: shape and values."""
    (found,) = run(trace(ours, typed(*(x.shape for x in inputs))), *inputs)
    wanted = np.asarray(theirs(*inputs))
    assert found.shape == wanted.shape
    close([found], [wanted], 1e-13)


BINARY = [
    (cl.add, np.add),
    (cl.subtract, np.subtract),
    (cl.multiply, np.multiply),
    (cl.divide, np.divide),
    (cl.maximum, np.maximum),
    (cl.minimum, np.minimum),
]
UNARY = [
    (f, getattr(np, f)) for f in ["absolute", "exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "sqrt", "sign"]
]


@given(arrays_of.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3), st.sampled_from(BINARY))
def test_broadcasting(shapes: Any, functions: Any) -> None:
    a, b = (filled(shape, seed) for seed, shape in enumerate(shapes.input_shapes))
    same(*functions, a, b)
    ours, theirs = functions
    same(lambda x: ours(x, b), lambda x: theirs(x, b), a)
    same(lambda x: ours(a, x), lambda x: theirs(a, x), b)
    if 0 not in b.shape and b.ndim:
        same(lambda x: ours(x, b.tolist()), lambda x: theirs(x, b), a)


@given(SHAPE, SHAPE)
def test_shapes_that_numpy_does_not_broadcast_are_refused(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeMismatch, match="do not broadcast together"):
            trace(cl.add, typed(a, b))


@given(SHAPE, st.sampled_from(UNARY))
def test_elementwise(shape: tuple[int, ...], functions: Any) -> None:
    name, theirs = functions
    same(getattr(cl, name), theirs, filled(shape))


def test_more_elementwise_functions() -> None:
    x = np.array([-800.0, -2.0, -0.5, 0.0, 0.5, 2.0, 800.0])
    with np.errstate(over="ignore"):
        same(cl.sigmoid, lambda x: 1 / (1 + np.exp(-x)), x)
    same(cl.softplus, lambda x: np.logaddexp(0, x), x)
    same(cl.relu, lambda x: np.maximum(x, 0), x)
    same(cl.step, lambda x: (x > 0) * 1.0, x)
    same(cl.sign, np.sign, x)
    same(cl.stop_gradient, lambda x: x, x)
    same(abs, np.abs, x)


@pytest.mark.parametrize("number", [2, -1.5, 0, np.float64(3.0), np.array(0.5), np.int64(2), True])
def test_numbers_on_either_side(number: Any) -> None:
    x = filled((2, 3))
    for ours in ("__add__", "__sub__", "__mul__", "__radd__", "__rsub__", "__rmul__", "__rtruediv__"):
        same(lambda w, ours=ours: getattr(w, ours)(number), lambda a, ours=ours: getattr(a, ours)(float(number)), x)
    same(lambda w: cl.maximum(w, number), lambda a: np.maximum(a, number), x - 1.0)
    same(lambda w: cl.minimum(number, w), lambda a: np.minimum(number, a), x - 1.0)
    same(lambda w: w**number, lambda a: a ** float(number), x)
    if number:
        same(lambda w: w / number, lambda a: a / float(number), x)


def test_an_array_on_the_left_of_an_operator() -> None:
    a, x = filled((3,), 1), filled((2, 3))
    same(lambda w: a + w, lambda b: a + b, x)
    same(lambda w: a - w, lambda b: a - b, x)
    same(lambda w: a * w, lambda b: a * b, x)
    same(lambda w: a / w, lambda b: a / b, x)
    same(lambda w: x @ w, lambda b: x @ b, a)


@given(arrays_of.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
def test_select(shapes: Any) -> None:
    m, a, b = (filled(shape, seed) for seed, shape in enumerate(shapes.input_shapes))
    m = np.where(m > 1.2, m, 0.0)
    same(cl.select, np.where, m, a, b)


def test_select_takes_numbers() -> None:
    m, x = np.array([0.0, 1.0, -2.0]), filled((3,))
    same(lambda m, x: cl.select(m, x, 0), lambda m, x: np.where(m, x, 0), m, x)
    same(lambda x: cl.select([0, 1, 1], 1.5, x), lambda x: np.where([0, 1, 1], 1.5, x), x)


@given(st.data())
def test_reductions(data: st.DataObject) -> None:
    shape = data.draw(SHAPE)
    some = arrays_of.valid_tuple_axes(len(shape)) | st.integers(-len(shape), len(shape) - 1) if shape else st.nothing()
    axes = data.draw(st.none() | some)
    keep = data.draw(st.booleans())
    x = filled(shape)
    pairs = [(cl.sum, np.sum), (cl.mean, np.mean), (cl.max, np.max), (cl.logsumexp, lse)]
    for ours, theirs in pairs:
        same(lambda w, f=ours: f(w, axes, keep), lambda a, f=theirs: f(a, axis=axes, keepdims=keep), x)


def lse(x: np.ndarray, axis: Any, keepdims: bool) -> np.ndarray:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def test_a_mean_along_a_named_axis() -> None:
    f = trace(cl.mean, Real("n", 3, "m"))
    for n, m in ((1, 2), (4, 5)):
        close(run(f, filled((n, 3, m))), [filled((n, 3, m)).mean()])


@given(st.data())
def test_basic_indexing(data: st.DataObject) -> None:
    shape = data.draw(SHAPE)
    key = data.draw(arrays_of.basic_indices(shape, allow_newaxis=True))
    if any(isinstance(k, slice) and (k.step or 1) < 0 for k in (key if isinstance(key, tuple) else (key,))):
        with pytest.raises(ShapeMismatch, match="slices go forward"):
            trace(lambda x: x[key], Real(*shape))
        return
    same(lambda x: x[key], lambda a: a[key], filled(shape))


@given(st.data())
def test_reshape(data: st.DataObject) -> None:
    shape = data.draw(SHAPE)
    size = int(np.prod(shape))
    target = [d for d in data.draw(st.permutations([2, 3, 1, 2])) if size % d == 0][:2]
    target = [*target, -1] if size % int(np.prod(target)) == 0 else [-1]
    x = filled(shape)
    same(lambda w: cl.reshape(w, *target), lambda a: a.reshape(target), x)
    same(lambda w: cl.reshape(w, target), lambda a: a.reshape(target), x)
    same(lambda w: cl.reshape(w, tuple(np.array(target))), lambda a: a.reshape(target), x)


@given(st.data())
def test_transpose(data: st.DataObject) -> None:
    shape = data.draw(SHAPE)
    order = data.draw(st.permutations(range(len(shape))))
    signed = [i - len(shape) if data.draw(st.booleans()) else i for i in order]
    same(lambda w: cl.transpose(w, signed), lambda a: a.transpose(order), filled(shape))
    same(lambda w: w.T, lambda a: a.T, filled(shape))


@given(st.data())
def test_matmul(data: st.DataObject) -> None:
    shapes = data.draw(arrays_of.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3))
    a, b = (filled(shape, seed) for seed, shape in enumerate(shapes.input_shapes))
    same(cl.matmul, np.matmul, a, b)
    same(lambda x, y: x @ y, np.matmul, a, b)


@given(SHAPE, SHAPE)
def test_matrices_that_numpy_does_not_multiply_are_refused(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        np.matmul(np.zeros(a), np.zeros(b))
    except ValueError:
        with pytest.raises(ShapeMismatch):
            trace(cl.matmul, typed(a, b))


SPECS = ["ij,jk->ik", "ij,jk->ki", "i,j->ij", "ij,j->i", "ij,ij->", "ij,ij->ji", "bij,bjk->bik", "ijk,jl->li", "i,i->i"]
SPECS += [
    "ij,k->k",
    "ijk,jil->lk",
    "ab,cd->dbca",
    "ij,ji->",
    ",i->i",
    ",->",
    "ij->ji",
    "ij->j",
    "ijk->",
    "ijk->ki",
    "i->i",
    "->",
]


@pytest.mark.parametrize("spec", SPECS)
def test_einsum(spec: str) -> None:
    sizes = dict(zip("abcdijkl", (2, 3, 1, 2, 2, 3, 4, 1), strict=True))
    terms = spec.partition("->")[0].split(",")
    inputs = [filled(tuple(sizes[c] for c in term), seed) for seed, term in enumerate(terms)]
    same(lambda *ws: cl.einsum(spec, *ws), lambda *xs: np.einsum(spec, *xs), *inputs)
    same(lambda *ws: cl.einsum(spec.replace("->", " -> "), *ws), lambda *xs: np.einsum(spec, *xs), *inputs)


@given(st.data())
def test_parts(data: st.DataObject) -> None:
    shape = data.draw(arrays_of.array_shapes(min_dims=1, max_dims=3, max_side=4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    n = shape[axis]
    places = data.draw(st.lists(st.integers(-n, n - 1), max_size=4))
    x = filled(shape)
    same(lambda w: cl.take(w, places, axis), lambda a: np.take(a, np.array(places, int), axis), x)
    same(lambda w: cl.take(w, np.array(places, int), axis), lambda a: np.take(a, np.array(places, int), axis), x)
    same(lambda w: cl.flip(w, axis), lambda a: np.flip(a, axis), x)
    widths = data.draw(st.lists(st.tuples(*[st.integers(0, 2)] * 2), min_size=len(shape), max_size=len(shape)))
    same(lambda w: cl.pad(w, widths), lambda a: np.pad(a, widths), x)
    same(lambda w: cl.concatenate([w, w], axis), lambda a: np.concatenate([a, a], axis), x)
    same(lambda w: cl.stack([w, w, w], axis), lambda a: np.stack([a, a, a], axis), x)
    same(lambda w: cl.broadcast_to(w, (2, *shape)), lambda a: np.broadcast_to(a, (2, *shape)), x)


def test_stack_and_concatenate_of_different_arrays() -> None:
    a, b = filled((2, 3)), filled((4, 3), 1)
    same(lambda x, y: cl.concatenate([x, y]), lambda x, y: np.concatenate([x, y]), a, b)
    same(lambda x: cl.stack([x, x * 2.0], -1), lambda x: np.stack([x, x * 2], -1), a)


@pytest.mark.parametrize(
    "value", [2, [1, 2], [[1.0, 2.0]], np.ones((2, 0)), [], np.arange(3), [True, False], np.float32(0.5)], ids=str
)
def test_constants(value: Any) -> None:
    (found,) = run(trace(lambda: cl.constant(value), Ty()))
    assert found.shape == np.shape(value)
    close([found], [value])
    assert run(trace(lambda: cl.full((2, 3), 1.5), Ty()))[0].tolist() == [[1.5] * 3] * 2


def test_named_axes_broadcast_and_keep_their_names() -> None:
    assert trace(lambda x, y: x + y, Real("n", 3) @ Real(3)).cod == Real("n", 3)
    assert trace(lambda x, y: x * y, Real("n", 1) @ Real("m")).cod == Real("n", "m")
    assert trace(lambda x: x[:, 1], Real("n", 3)).cod == Real("n")
    assert trace(lambda x: cl.reshape(x, "n", -1), Real("n", 2, 3)).cod == Real("n", 6)
    assert trace(lambda x: cl.reshape(x, -1, "n"), Real("n", 2, 3)).cod == Real(6, "n")
    assert trace(lambda x, y: x @ y, Real("n", "m") @ Real("m", "k")).cod == Real("n", "k")
    assert trace(lambda x: x[None, ..., 0], Real("n", 3)).cod == Real(1, "n")
    assert trace(lambda x: cl.pad(x, [(0, 0), (1, 1)]), Real("n", 3)).cod == Real("n", 5)


X = Real(2, 3)
BAD: list[tuple[Callable[..., Any], Ty, type[Exception], str]] = [
    (lambda x: x + "a", X, WireError, "'a' is neither a wire nor real numbers"),
    (lambda x: x + None, X, WireError, "None is neither a wire nor real numbers"),
    (lambda x: x * 1j, X, WireError, "1j is neither a wire nor real numbers"),
    (lambda x: cl.add(x, [[1, 2], [3]]), X, WireError, "different lengths"),
    (lambda x: x / 0, X, ShapeMismatch, "divided by the number 0"),
    (lambda x: x**x, X, WireError, "the exponent is a number"),
    (lambda x: 2**x, X, WireError, "the exponent is a number"),
    (lambda x: cl.tanh(2.0), X, WireError, "tanh: reads wires of real arrays, not 2.0"),
    (lambda x: cl.add(x, x[:1, :2]), X, ShapeMismatch, "do not broadcast together"),
    (lambda x: x + cl.constant([1.0, 2.0]), X, ShapeMismatch, r"arrays \(2, 3\) and \(2\) do not broadcast"),
    (lambda x: cl.broadcast_to(x, (3,)), X, ShapeMismatch, r"an array \(2, 3\) cannot be broadcast to \(3\)"),
    (lambda x: cl.broadcast_to(x, (2, 4)), X, ShapeMismatch, "cannot be broadcast"),
    (lambda x: cl.select(x, x, x[0, :2]), X, ShapeMismatch, "do not broadcast together"),
    (lambda x: cl.sum(x, 2), X, ShapeMismatch, "does not have the axes 2"),
    (lambda x: cl.sum(x, (0, 0)), X, ShapeMismatch, "each of them once"),
    (lambda x: cl.sum(x, (0, -2)), X, ShapeMismatch, "each of them once"),
    (lambda x: cl.sum(x, 0.5), X, ShapeMismatch, "an axis is a whole number, not 0.5"),
    (lambda x: cl.sum(x, "n"), X, ShapeMismatch, "an axis is a whole number, not 'n'"),
    (lambda x: cl.max(x[:0], 0), X, ShapeMismatch, "no largest element among none"),
    (lambda x: cl.mean(x[:0]), X, ShapeMismatch, "there are no elements"),
    (lambda x: cl.reshape(x, 4), X, ShapeMismatch, "the number of elements differs"),
    (lambda x: cl.reshape(x, 4, -1), X, ShapeMismatch, "cannot tell the size -1"),
    (lambda x: cl.reshape(x, -1, -1), X, ShapeMismatch, "cannot tell the size -1"),
    (lambda x: cl.reshape(x, -2, -3), X, ShapeMismatch, "a size is a number from 0 up"),
    (lambda x: cl.reshape(x, 1.5, 4), X, ShapeMismatch, "a size is a whole number, not 1.5"),
    (lambda x: cl.reshape(x, "n", 6), X, ShapeMismatch, "the number of elements differs"),
    (lambda x: cl.transpose(x, (0, 2)), X, ShapeMismatch, "does not have the axes"),
    (lambda x: cl.transpose(x, (0,)), X, ShapeMismatch, "is not an order of its axes"),
    (lambda x: x @ 2.0, X, ShapeMismatch, "use . for numbers"),
    (lambda x: x @ x, X, ShapeMismatch, r"matmul: \(2, 3\) @ \(2, 3\): the inner sizes must be the same"),
    (lambda x: cl.einsum("ij,jk", x, x.T), X, ShapeMismatch, "einsum: 'ij,jk' does not fit"),
    (lambda x: cl.einsum(3, x), X, ShapeMismatch, "does not fit"),
    (lambda x: cl.einsum("ij->k", x), X, ShapeMismatch, "does not fit"),
    (lambda x: cl.einsum("ii->i", x), X, ShapeMismatch, "does not fit"),
    (lambda x: cl.einsum("ij,jk->ik", x), X, ShapeMismatch, "does not fit"),
    (lambda x: cl.einsum("...i->...", x), X, ShapeMismatch, "does not fit"),
    (lambda x: cl.einsum("ij,jk->i,k", x, x.T), X, ShapeMismatch, "einsum"),
    (lambda x: cl.einsum("ij,jk->ik", x, x), X, ShapeMismatch, "axis j has sizes 3 and 2"),
    (lambda x: x[2], X, ShapeMismatch, "index 2 is out of range for an axis of size 2"),
    (lambda x: x[0, 0, 0], X, ShapeMismatch, "cannot be indexed with"),
    (lambda x: x[..., ...], X, ShapeMismatch, "cannot be indexed with"),
    (lambda x: x[[0, 1]], X, ShapeMismatch, "cannot be indexed with"),
    (lambda x: x[True], X, ShapeMismatch, "cannot be indexed with"),
    (lambda x: x[0.5], X, ShapeMismatch, "cannot be indexed with"),
    (lambda x: x["a"], X, ShapeMismatch, "cannot be indexed with"),
    (lambda x: x[0.5:], X, ShapeMismatch, "has no part"),
    (lambda x: x[::0], X, ShapeMismatch, "has no part"),
    (lambda x: x[::-1], X, ShapeMismatch, "use flip"),
    (lambda x: x[x], X, ShapeMismatch, "cannot be indexed with"),
    (lambda x: x[x:], X, ControlFlow, "has no value while the diagram is written"),
    (lambda x: x[0], Real("n"), ShapeMismatch, "the named axis n can only be kept whole"),
    (lambda x: cl.flip(x, 0), Real("n"), ShapeMismatch, "the named axis n"),
    (lambda x: cl.take(x, [0]), Real("n"), ShapeMismatch, "take: the named axis n"),
    (lambda x: cl.take(x, [2]), X, ShapeMismatch, "index 2 is out of range"),
    (lambda x: cl.take(x, [0.5]), X, ShapeMismatch, "an index is a whole number"),
    (lambda x: cl.take(x, [0], 2), X, ShapeMismatch, "does not have the axes 2"),
    (lambda x: cl.pad(x, [(1, 1)]), X, ShapeMismatch, "pad: 1 pairs for 2 axes"),
    (lambda x: cl.pad(x, [(1, 1)]), Real("n"), ShapeMismatch, "pad: the named axis n"),
    (lambda x: cl.pad(x, [(-1, 0), (0, 0)]), X, ShapeMismatch, "numbers from 0 up"),
    (lambda x: cl.concatenate([]), X, ShapeMismatch, "concatenate: there are no arrays"),
    (lambda x: cl.concatenate([x, x[0]]), X, ShapeMismatch, "differ along axis 0 only"),
    (lambda x: cl.stack([]), X, ShapeMismatch, "stack: there are no arrays"),
    (lambda x: cl.stack([x, x.T]), X, ShapeMismatch, "stack: the shapes .2, 3., .3, 2. must be the same"),
    (lambda x: cl.stack([x, x], 3), X, ShapeMismatch, "does not have the axes 3"),
    (lambda x: cl.constant("3"), X, WireError, "neither a wire nor real numbers"),
    (lambda x: cl.full((-1,), 0.0), X, ShapeMismatch, "a size is a number from 0 up"),
    (lambda x: x @ x, Ty("X"), WireError, "no theory gives wires of this kind"),
    (lambda x: cl.add(x, 1.0), Ty("X"), WireError, "carries no real array"),
    (lambda x: cl.add(x, x), Ty("X"), WireError, "carries no real array"),
    (lambda x: cl.sum("a"), X, WireError, "neither a wire nor real numbers"),
    (lambda x: cl.flip(x, None), X, ShapeMismatch, "an axis is one whole number here, not None"),
    (lambda x: cl.flip(x, (0, 1)), X, ShapeMismatch, "an axis is one whole number here"),
    (lambda x: cl.take(x, [0], ()), X, ShapeMismatch, "an axis is one whole number here"),
    (lambda x: cl.take(x, [0], None), X, ShapeMismatch, "an axis is one whole number here"),
    (lambda x: cl.concatenate([x, x], ()), X, ShapeMismatch, "an axis is one whole number here"),
    (lambda x: cl.stack([x, x], (0,) * 2), X, ShapeMismatch, "does not have the axes"),
    (lambda x: cl.concatenate(3), X, ShapeMismatch, "concatenate: expected a list of arrays, not 3"),
    (lambda x: cl.pad(x, [(-1, 1), (0, 0)]), X, ShapeMismatch, "pairs of numbers from 0 up"),
    (lambda x: cl.pad(x, 1), X, ShapeMismatch, "pad: 1 pairs for 2 axes"),
    (lambda x: cl.pad(x, [1, 1]), X, ShapeMismatch, "pairs of numbers from 0 up"),
    (lambda x: cl.pad(x, [(1.5, 1), (0, 0)]), X, ShapeMismatch, "a width is a whole number"),
    (lambda x: cl.pad(x, [(1, 1, 1), (0, 0)]), X, ShapeMismatch, "pairs of numbers from 0 up"),
    (lambda x: cl.reshape(x, (6, ())), X, ShapeMismatch, "a size is a whole number"),
    (lambda x: cl.broadcast_to(x, None), X, ShapeMismatch, "broadcast_to: Real: a size is a number"),
    (lambda x: cl.broadcast_to(x, 5), X, ShapeMismatch, "cannot be broadcast"),
    (lambda x: cl.full(2.5, 1.0), X, ShapeMismatch, "full: Real: a size is a number"),
    (lambda x: cl.full((2,), "a"), X, WireError, "'a' is neither a wire nor real numbers"),
    (lambda x: cl.full((2,), x), X, WireError, "is not one number"),
    (lambda x: cl.full((2,), [1.0, 2.0]), X, WireError, "is not one number"),
    (lambda x: cl.einsum("ij,jk,kl->il", x, x.T, x), X, ShapeMismatch, "give one or two arrays"),
    (lambda x: cl.einsum("1j->j", x), X, ShapeMismatch, "does not fit"),
    (lambda x: cl.einsum("αβ->β", x), X, ShapeMismatch, "does not fit"),
    (lambda x: cl.GENERATORS["einsum"](x, x, data="αβ,αβ->"), X, ShapeMismatch, "named by letters"),
    (lambda x: cl.tanh(x, data=[1]), X, TypeMismatch, "tanh: its data must be hashable"),
    (lambda x: cl.tanh(np.ones((99, 99))), X, WireError, "^tanh: reads wires of real arrays, not array"),
    (lambda x: cl.layer_norm(x[0, 0], 1.0, 0.0), X, ShapeMismatch, "a number has no last axis"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case[3].replace(" ", "-"))
def test_what_cannot_be_meant_is_refused(case: tuple[Callable[..., Any], Ty, type[Exception], str]) -> None:
    function, dom, error, message = case
    with pytest.raises(error, match=message) as caught:
        trace(function, dom)
    assert "\n" not in str(caught.value)


def test_arrays_and_numbers_go_wherever_wires_go() -> None:
    a = np.arange(6.0).reshape(2, 3)

    def functions(x: Wire) -> tuple[Wire, ...]:
        return (
            cl.sum(a, 0),
            cl.mean([1.0, 2.0]),
            cl.concatenate([x, a]),
            cl.stack(w for w in (a, x)),
            cl.einsum("ij,kj->ik", a, x),
            cl.pad(a, np.array([(1, 0), (0, 1)])),
            cl.flip(a, -1),
            cl.softmax(a),
            cl.add(1, 2),
            cl.maximum(a, 0),
            cl.cross_entropy(x, [1.0, 0.0, 0.0]),
            cl.attention(x, a, a),
            cl.broadcast_to(2.0, np.int64(3)),
            cl.reshape(a, np.array([3, 2])),
        )

    found = cl.compile(trace(functions, X))(a)
    e = np.exp(a - a.max(-1, keepdims=True))
    scores = np.exp(a @ a.T / 3**0.5)
    wanted = (
        a.sum(0),
        1.5,
        np.concatenate([a, a]),
        np.stack([a, a]),
        a @ a.T,
        np.pad(a, [(1, 0), (0, 1)]),
        a[:, ::-1],
        e / e.sum(-1, keepdims=True),
        3.0,
        a,
        np.log(np.exp(a).sum(-1)) - a[:, 0],
        scores / scores.sum(-1, keepdims=True) @ a,
        np.full(3, 2.0),
        a.reshape(3, 2),
    )
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other)


def test_a_number_without_an_inverse_divides() -> None:
    assert cl.compile(trace(lambda x: x / 1e-320, Real()))(0.0) == 0.0


def test_powers_have_derivatives_at_zero() -> None:
    for c, slopes in ((0, (0.0, 0.0, 0.0)), (1, (1.0, 0.0, 0.0)), (2, (0.0, 2.0, 0.0)), (3, (0.0, 0.0, 6.0))):
        f = trace(lambda x, c=c: cl.GENERATORS["power"](x, data=(float(c),)), Real())
        for slope in slopes:
            f = cl.gradient(f)
            assert cl.compile(f)(0.0) == slope


@pytest.mark.parametrize(
    "box",
    [
        Box("add", Real(3), Real(3)),
        Box("tanh", Real(3), Real(4)),
        Box("tanh", Real(3), Real(3) @ Real(3)),
        Box("tanh", Ty("X"), Ty("X")),
        Box("sum", Real(3), Real()),
        Box("sum", Real(3), Real(), None),
        Box("einsum", Real(3) @ Real(3), Real(), 5),
        Box("constant", Real(3), Real(3)),
    ],
)
def test_boxes_made_by_hand_that_no_generator_makes(box: Box) -> None:
    for use in (cl.reverse, lambda d: cl.batch(d, "n", cl.names(d)[:1]), cl.to_sympy):
        with pytest.raises((ShapeMismatch, TypeMismatch), match="^[^\n]*$") as caught:
            use(box)
        assert box.name in str(caught.value) or "Ty" in str(box.dom) or "X" in str(caught.value)


def test_every_pair_of_spellings_is_one_diagram() -> None:
    pairs = [
        (lambda x: x.T, cl.transpose),
        (lambda x: x + 1, lambda x: cl.add(1.0, x)),
        (lambda x: x - 1, lambda x: x + -1.0),
        (lambda x: x / 2, lambda x: 0.5 * x),
        (lambda x: -x, cl.GENERATORS["neg"]),
        (lambda x: x**2, lambda x: x * x),
        (lambda x: x[0], lambda x: x[0, :]),
        (lambda x: x[...], lambda x: x),
        (lambda x: cl.maximum(x, 0), cl.relu),
        (lambda x: x @ x.T, lambda x: cl.matmul(x, x.T)),
    ]
    for (f, g), dom in product(pairs, [X]):
        assert trace(f, dom) == trace(g, dom)
