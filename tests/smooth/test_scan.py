"""Loops: against the same loop written in Python, their derivatives against autograd, and what hoisting must keep."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

import catlearn as cl
from catlearn import Real
from catlearn.diagrams.theories.smooth.scan import Loop, hoisted
from catlearn.errors import InputMismatch, ShapeMismatch, TypeMismatch, WireError

H, D, T = 3, 2, 5
RNG = np.random.default_rng(0)


@cl.diagram
def cell(h: Real(H), x: Real(D), w: Real(H, D), u: Real(H, H), b: Real(H)):
    new = cl.tanh(w @ x + u @ h + b)
    return new, new, new * h, cl.sum(x)


@cl.diagram
def network(h: Real(H), xs: Real("t", D), w: Real(H, D), u: Real(H, H), b: Real(H)):
    (last,), (all_, products, sums) = cl.scan(cell, [h], [xs], [w, u, b])
    return last, all_, products, sums


def by_hand(np_: Any, h: Any, xs: Any, w: Any, u: Any, b: Any, backward: bool = False) -> tuple[Any, ...]:
    rows: list[tuple[Any, ...]] = []
    for x in xs[::-1] if backward else xs:
        new = np_.tanh(np_.dot(w, x) + np_.dot(u, h) + b)
        rows.append((new, new * h, np_.sum(x)))
        h = new
    rows = rows[::-1] if backward else rows
    return (h, *(np_.array([row[k] for row in rows]) for k in range(3)))


def values(t: int = T) -> list[np.ndarray]:
    shapes = [(H,), (t, D), (H, D), (H, H), (H,)]
    return [RNG.normal(size=s) for s in shapes]


@pytest.mark.parametrize("t", [1, 2, T])
def test_a_loop_is_the_loop(t: int) -> None:
    inputs = values(t)
    for found, wanted in zip(cl.compile(network)(*inputs), by_hand(np, *inputs), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-14)


def test_no_steps_give_the_first_carry_and_empty_results() -> None:
    inputs = values(0)
    last, rows, products, sums = cl.compile(network)(*inputs)
    np.testing.assert_array_equal(last, inputs[0])
    assert rows.shape == (0, H)
    assert products.shape == (0, H)
    assert sums.shape == (0,)


def test_backward_starts_from_the_end() -> None:
    def turned(h: Any, xs: Any, w: Any, u: Any, b: Any) -> Any:
        (last,), results = cl.scan(cell, [h], [xs], [w, u, b], backward=True)
        return (last, *results)

    inputs = values()
    found = cl.compile(cl.trace(turned, network.dom))(*inputs)
    for a, b in zip(found, by_hand(np, *inputs, backward=True), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


def loss_of(outputs: Any, np_: Any) -> Any:
    last, all_, products, sums = outputs
    return np_.sum(last * last) + np_.sum(np_.sin(all_)) + np_.sum(products) + np_.sum(sums * sums)


@cl.diagram
def loss(h: Real(H), xs: Real("t", D), w: Real(H, D), u: Real(H, H), b: Real(H)):
    last, all_, products, sums = network(h, xs, w, u, b)
    return cl.sum(last * last) + cl.sum(cl.sin(all_)) + cl.sum(products) + cl.sum(sums * sums)


@pytest.mark.parametrize("t", [1, T])
def test_gradients_are_those_of_autograd(t: int) -> None:
    inputs = values(t)
    _, *found = cl.compile(cl.value_and_gradient(loss))(*inputs)
    wanted = grad(lambda args: loss_of(by_hand(anp, *args), anp))(tuple(inputs))
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_second_derivatives_are_those_of_autograd() -> None:
    inputs = values()
    vectors = [RNG.normal(size=a.shape) for a in inputs]
    found = cl.compile(cl.hessian_vector(loss))(*inputs, *vectors)

    def slope_along(args: Any) -> Any:
        slopes = grad(lambda a: loss_of(by_hand(anp, *a), anp))(args)
        return sum(anp.sum(s * v) for s, v in zip(slopes, vectors, strict=True))

    for a, b in zip(found, grad(slope_along)(tuple(inputs)), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-11)


def test_the_forward_derivative_is_a_difference() -> None:
    inputs, vectors, e = values(), values(), 1e-6
    moved = [cl.compile(loss)(*(a + s * e * v for a, v in zip(inputs, vectors, strict=True))) for s in (1, -1)]
    found = cl.compile(cl.forward(loss))(*inputs, *vectors)
    assert found == pytest.approx((moved[0] - moved[1]) / (2 * e), rel=1e-7)


@pytest.mark.parametrize("over", [["h"], ["xs"], ["h", "xs"], ["u"], ["b", "xs"], ["w", "u", "b", "h", "xs"]])
def test_a_batch_is_many_loops(over: list[str]) -> None:
    n, names, one = 4, list(network.names), values()
    many = [np.stack([a + k for k in range(n)]) if m in over else a for m, a in zip(names, one, strict=True)]
    found = cl.compile(cl.batch(network, "n", over=over))(*many)
    for k in range(n):
        alone = [a[k] if m in over else a for m, a in zip(names, many, strict=True)]
        for i, wanted in enumerate(by_hand(np, *alone)):
            has_axis = found[i].ndim > wanted.ndim
            np.testing.assert_allclose(found[i][k] if has_axis else found[i], wanted, atol=1e-14)


def test_hoisting_takes_out_what_need_not_be_inside_and_keeps_the_map() -> None:
    (box,) = [b for b in cl.unfolded(network).boxes if b.name == "scan"]
    free = hoisted(box)
    (inner,) = [b for b in cl.unfolded(free).boxes if b.name == "scan"]
    # Only the product with the carry, two sums and tanh wait for the step before.
    assert sorted(b.name for b in cl.unfolded(Loop.of(inner).body).boxes) == ["add", "add", "einsum", "tanh"]
    inputs = values()
    for a, b in zip(cl.compile(free)(*inputs), by_hand(np, *inputs), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


def test_the_gradient_of_the_shared_weights_is_one_product_after_the_loop() -> None:
    source = cl.compile(cl.value_and_gradient(loss, wrt=["u", "w"])).source
    inside = [line for line in source.splitlines() if line.startswith("        ")]
    assert sum("dot(" in line for line in inside) == 2  # one for each direction


def test_carries_may_change_places() -> None:
    @cl.diagram
    def step(a: Real(), b: Real()):
        return b, a + b, a

    @cl.diagram
    def fibonacci(a: Real(), b: Real()):
        (_, last), (all_,) = cl.scan(step, [a, b], length=10)
        return last, all_

    last, all_ = cl.compile(fibonacci)(0.0, 1.0)
    assert float(last) == 89.0
    np.testing.assert_array_equal(all_, [0, 1, 1, 2, 3, 5, 8, 13, 21, 34])


def test_arrays_may_change_places_and_results_may_be_what_came_in() -> None:
    @cl.diagram
    def step(a: Real(2), b: Real(2), x: Real(2)):
        return b, a, a, x, b + x, b + x

    @cl.diagram
    def run(a: Real(2), b: Real(2), xs: Real(3, 2)):
        carry, results = cl.scan(step, [a, b], [xs])
        return (*carry, *results)

    a, b, xs = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.arange(6.0).reshape(3, 2)
    found = cl.compile(run)(a, b, xs)
    wanted = [b, a, np.array([a, b, a]), xs, np.array([b, a, b]) + xs, np.array([b, a, b]) + xs]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len({id(x) for x in found}) == len(found)
    assert not any(np.shares_memory(x, y) for i, x in enumerate(found) for y in (*found[:i], a, b, xs))
    np.testing.assert_array_equal(a, [1.0, 2.0])


def test_a_loop_in_a_loop() -> None:
    @cl.diagram
    def inner(s: Real(), x: Real()):
        return s + x * x

    @cl.diagram
    def outer(s: Real(), row: Real(4)):
        (new,), _ = cl.scan(inner, [s], [row])
        return cl.sin(new), new

    @cl.diagram
    def run(s: Real(), rows: Real(3, 4)):
        (last,), (each,) = cl.scan(outer, [s], [rows])
        return last + cl.sum(each)

    def plain(rows: Any) -> Any:
        s, total = 0.3, 0.0
        for row in rows:
            new = s + anp.sum(row * row)
            s, total = anp.sin(new), total + new
        return s + total

    rows = RNG.normal(size=(3, 4))
    value, _, slope = cl.compile(cl.value_and_gradient(run))(0.3, rows)
    assert float(value) == pytest.approx(plain(rows))
    np.testing.assert_allclose(slope, grad(plain)(rows), atol=1e-12)
    batched = cl.compile(cl.batch(run, "n", over=["rows"]))(0.3, np.stack([rows, 2 * rows]))
    np.testing.assert_allclose(batched, [plain(rows), plain(2 * rows)])


def test_it_survives_text_and_json() -> None:
    assert cl.loads(cl.dumps(network)) == network
    assert cl.loads(cl.dumps(cl.reverse(loss))) == cl.reverse(loss)


@pytest.mark.parametrize("over", [["x0"], ["x1"], ["x0", "x1"]], ids=",".join)
def test_carries_and_results_in_another_shape_than_they_are_made_in(over: list[str]) -> None:
    def step(a: cl.Wire, b: cl.Wire) -> Any:
        new = cl.einsum("ab,b->ab", a, b)
        return new, b, cl.reshape(new, (2, 1))

    def loop(a: cl.Wire, b: cl.Wire) -> Any:
        carries, rows = cl.scan(cl.trace(step, Real(1, 2) @ Real(2)), [a, b], length=3)
        return *carries, *rows

    wide = cl.batch(cl.trace(loop, Real(1, 2) @ Real(2)), 4, over)
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal([s for s in ob.sizes if isinstance(s, int)]) for ob in wide.dom.obs)
    last, same, rows = cl.compile(wide)(a, b)
    spread_a, spread_b = np.broadcast_to(a, (4, 1, 2)), np.broadcast_to(b, (4, 2))[:, None, :]
    np.testing.assert_allclose(last, spread_a * spread_b**3)
    np.testing.assert_array_equal(same, b)
    for t in range(3):
        np.testing.assert_allclose(rows[:, t, :, 0], (spread_a * spread_b ** (t + 1))[:, 0])


@pytest.mark.parametrize("length", [-1, 2.5, True, "a b", None])
def test_a_length_is_a_size(length: Any) -> None:
    body = cl.trace(cl.tanh, Real(3))
    with pytest.raises(ShapeMismatch):
        cl.trace(lambda h: cl.scan(body, [h], length=length)[0][0], Real(3))


def test_a_length_that_no_input_has_is_named() -> None:
    d = cl.trace(lambda h: cl.scan(cl.trace(cl.tanh, Real(3)), [h], length="t")[0][0], Real(3))
    with pytest.raises(InputMismatch, match="dimension 't' is not known, as no input has it"):
        cl.compile(d)
    three = cl.trace(lambda h: cl.scan(cl.trace(cl.tanh, Real(3)), [h], length=np.int64(3))[0][0], Real(3))
    np.testing.assert_allclose(cl.compile(three)(np.ones(3)), np.tanh(np.tanh(np.tanh(np.ones(3)))))


def test_what_is_no_wire_is_named() -> None:
    with pytest.raises(WireError, match="scan: reads wires, not 3"):
        cl.scan(cl.trace(cl.tanh, Real(3)), [3], length=2)


def test_what_does_not_fit_is_named() -> None:
    def with_(carry: Any, xs: Any, shared: Any, **more: Any) -> Any:
        dom = cl.Ty.of(ob for part in (*carry, *xs, *shared) for ob in part.obs)
        a, b = len(carry), len(carry) + len(xs)
        return cl.trace(lambda *w: cl.scan(cell, w[:a], w[a:b], w[b:], **more)[0], dom)

    weights = [Real(H, D), Real(H, H), Real(H)]
    with pytest.raises(TypeMismatch, match="cell reads"):
        with_([Real(H + 1)], [Real(T, D)], weights)
    with pytest.raises(ShapeMismatch, match="one common first size"):
        with_([Real(H)], [Real(T, D), Real(T + 1, D)], weights)
    with pytest.raises(ShapeMismatch, match="one common first size"):
        with_([Real(H)], [Real()], weights)
    with pytest.raises(ShapeMismatch, match="one common first size"):
        with_([Real(H)], [], weights)
    with pytest.raises(ShapeMismatch, match="one common first size"):
        with_([Real(H)], [Real(T, D)], weights, length=T + 1)

    with pytest.raises(WireError, match="lists of wires"):
        cl.trace(lambda h, x: cl.scan(cell, h, [x])[0], Real(H) @ Real(T, D))

    @cl.diagram
    def grows(h: Real(2), x: Real()):
        return cl.concatenate([h, h])

    with pytest.raises(TypeMismatch, match="carries"):
        cl.trace(lambda h, x: cl.scan(grows, [h], [x])[0], Real(2) @ Real(T))
