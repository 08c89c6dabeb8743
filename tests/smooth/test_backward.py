"""Boxes with a backward pass of their own: they run as one diagram and are reversed by another, wherever they stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Bits, Box, Diagram, Real, Wire, reverse, trace, with_backward
from catlearn.diagrams.trace import place
from catlearn.errors import DerivativeMismatch, InputMismatch, TypeMismatch
from tests.smooth.strategies import alike, arrays, close, run, smooth, total

SEEDS = st.integers(0, 9)
X = np.array([-0.5, 0.2, 2.0])


@cl.diagram(x=Real(3), w=Real(3))
def get(x: Wire, w: Wire) -> tuple[Wire, ...]:
    return cl.sign(x) * w, cl.sum(w)


@cl.diagram(x=Real(3), w=Real(3), d=Real(3), e=Real())
def put(x: Wire, w: Wire, d: Wire, e: Wire) -> tuple[Wire, ...]:
    return cl.tanh(d) * x, cl.sin(w * e)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Diagram, Diagram]:
    """Two passes whose types fit, and that have nothing else to do with one another."""
    there = draw(smooth(max_boxes=4))
    return there, draw(smooth(dom=there.dom @ there.cod, cod=there.dom, max_boxes=4))


@given(pairs(), SEEDS)
@settings(max_examples=60)
def test_it_runs_as_the_first_and_is_reversed_by_the_second(passes: tuple[Diagram, Diagram], seed: int) -> None:
    there, back = passes
    box = with_backward(there, back)
    assert (box.dom, box.cod) == (there.dom, there.cod)
    alike(box, there, seed)
    alike(reverse(box), back, seed)


@given(pairs(), SEEDS)
@settings(max_examples=30)
def test_its_second_reverse_is_the_first_of_its_second_pass(passes: tuple[Diagram, Diagram], seed: int) -> None:
    alike(reverse(reverse(with_backward(*passes))), reverse(passes[1]), seed)


@given(smooth(max_boxes=4), SEEDS)
@settings(max_examples=60)
def test_with_the_true_reverse_it_changes_nothing(d: Diagram, seed: int) -> None:
    box = with_backward(d, reverse(d))
    alike(reverse(box), reverse(d), seed)
    alike(cl.gradient(total(box)), cl.gradient(total(d)), seed)


@given(smooth(max_boxes=3), smooth(dom=Real(3), cod=Real(3), max_boxes=3), SEEDS)
@settings(max_examples=30)
def test_the_chain_rule_goes_through_it(first: Diagram, second: Diagram, seed: int) -> None:
    there, back = trace(cl.sign, Real(3)), trace(lambda x, d: cl.sin(d) * x, Real(3) ** 2)
    entry = trace(lambda *ws: sum((cl.sum(w) for w in ws), cl.constant(0.0)) * cl.constant(X), first.cod)
    before = first >> entry
    whole = before >> with_backward(there, back) >> second
    inputs = arrays(before.dom @ Real(3), seed)
    (x,), dy = run(before, *inputs[:-1]), inputs[-1]
    (dz,) = run(reverse(second), *run(there, x), dy)
    close(run(reverse(whole), *inputs), run(reverse(before), *inputs[:-1], *run(back, x, dz)))


@pytest.mark.parametrize("n", [0, 1, 4, "n"])
@pytest.mark.parametrize("over", [["x0"], ["x1"], ["x0", "x1"]], ids=",".join)
def test_a_batch_turns_every_sample_round_by_itself(over: list[str], n: Any) -> None:
    wide = cl.batch(with_backward(get, put), n, over)
    assert wide.cod == Real(n, 3) @ Real(n)
    size = 5 if n == "n" else n
    inputs = arrays(reverse(wide).dom, 1, n=size)
    shared = [name not in over for name in ("x0", "x1")] + [False, False]
    samples = [[x if same else x[i] for x, same in zip(inputs, shared, strict=True)] for i in range(size)]
    values, cotangents = run(wide, *inputs[:2]), run(reverse(wide), *inputs)
    for i, sample in enumerate(samples):
        close([y[i] for y in values], run(get, *sample[:2]))
    found = [run(put, *sample) for sample in samples]
    for k, same in enumerate(shared[:2]):
        parts = np.array([each[k] for each in found]).reshape(size, 3)
        close([cotangents[k]], [parts.sum(0) if same else parts])


def test_a_batch_of_an_output_that_no_input_reaches() -> None:
    there, back = trace(lambda x: cl.constant([1.0, 2.0]), Real(3)), trace(lambda x, d: x, Real(3) @ Real(2))
    wide = cl.batch(with_backward(there, back), 4, ["x0"])
    assert wide.cod == Real(4, 2)
    close(run(wide, np.zeros((4, 3))), [np.tile([1.0, 2.0], (4, 1))])


def test_in_a_loop_it_does_as_without() -> None:
    inner = with_backward(trace(cl.tanh, Real(3)), trace(lambda x, d: cl.sin(d) * x, Real(3) ** 2))
    body = trace(lambda h, x: (inner(h) + inner(x), inner(h)), Real(3) ** 2)

    def looped(h: Wire, xs: Wire) -> tuple[Wire, ...]:
        (last,), (every,) = cl.scan(body, [h], [xs])
        return last, every

    def written_out(h: Wire, xs: Wire) -> tuple[Wire, ...]:
        rows = []
        for i in range(4):
            h, row = place(body, [h, xs[i]])
            rows.append(row)
        return h, cl.stack(rows)

    loop, plain = (trace(f, Real(3) @ Real(4, 3)) for f in (looped, written_out))
    alike(loop, plain)
    alike(reverse(loop), reverse(plain))


def test_it_comes_back_from_json_and_from_its_repr() -> None:
    box = with_backward(get, put)
    for again in (cl.loads(cl.dumps(box)), eval(repr(box), vars(cl))):
        assert again == box
        assert hash(again) == hash(box)
        assert reverse(again) == reverse(box)
        alike(again, get)


def test_boxes_with_other_passes_are_other_boxes() -> None:
    there, back = trace(cl.sign, Real(3)), [trace(lambda x, d, c=c: d * c, Real(3) ** 2) for c in (1.0, 2.0)]
    one, two = (with_backward(there, each) for each in back)
    assert one != two
    both = trace(lambda x: one(x) + two(x), Real(3))
    close(run(reverse(both), X, np.ones(3)), [np.full(3, 3.0)])


def test_a_straight_through_estimator_learns() -> None:
    through = with_backward(trace(cl.sign, Real(3)), trace(lambda x, d: d, Real(3) ** 2))
    loss = trace(lambda w: cl.sum((through(w) - cl.constant([1.0, -1.0, 1.0])) ** 2.0), Real(3))
    step = cl.compile(trace(lambda w: w - 0.3 * place(cl.gradient(loss), [w]), Real(3)))
    w = X
    for _ in range(20):
        w = step(w)
    np.testing.assert_array_equal(np.sign(w), [1.0, -1.0, 1.0])


def test_the_check_tells_that_it_is_another_derivative() -> None:
    with pytest.raises(DerivativeMismatch, match="with_backward"):
        cl.check(with_backward(get, put))
    assert cl.check(with_backward(trace(cl.tanh, Real(3)), reverse(trace(cl.tanh, Real(3)))))


def test_what_has_no_cotangents_gets_none() -> None:
    there = trace(lambda b, x: x, Bits(2) @ Real(3))
    box = with_backward(there, trace(lambda b, x, d: d * 2.0, Bits(2) @ Real(3) ** 2))
    assert reverse(box).cod == Real(3)
    nothing = with_backward(trace(lambda: cl.constant(1.0), cl.Ty()), cl.discard(Real()))
    assert reverse(nothing).cod == cl.Ty()
    close(run(trace(lambda x: x + nothing(), Real()), np.array(2.0)), [3.0])


@pytest.mark.parametrize(
    ("there", "back", "said"),
    [
        (get, get, "with_backward: the backward pass must be"),
        (get, put >> cl.discard(Real(3)) @ cl.identity(Real(3)), "not Real"),
        (
            trace(cl.tanh, Real(3)),
            trace(lambda x, d: d, Real(3) @ Real(2)),
            r"must be Real\(3\) @ Real\(3\) -> Real\(3\)",
        ),
        (3, put, "expected a diagram"),
        (get, None, "expected a diagram"),
    ],
)
def test_passes_that_do_not_fit(there: Any, back: Any, said: str) -> None:
    with pytest.raises(TypeMismatch, match=said) as error:
        with_backward(there, back)
    assert "\n" not in str(error.value)


def test_dimensions_inside() -> None:
    there = trace(lambda x: cl.sum(cl.broadcast_to(x, ("n",))), Real())
    box = with_backward(there, trace(lambda x, d: d, Real() ** 2))
    with pytest.raises(InputMismatch, match="dimension 'n' is not known"):
        cl.compile(box)
    with pytest.raises(TypeMismatch, match="dimension 'n' already"):
        cl.batch(box, "n", ["x0"])
    assert isinstance(box, Box)
