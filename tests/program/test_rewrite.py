"""Every rewrite keeps the meaning of random programs, and does what it is for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Diagram, Real, Wire
from catlearn.interpreters.program.lower import lower
from catlearn.interpreters.program.node import Program
from catlearn.interpreters.program.rewrite import fuse_sums, optimize, sums_as_products
from catlearn.interpreters.program.scales import settle_scales
from tests.program import naive
from tests.smooth.oracle import meaning
from tests.smooth.strategies import SIZES, arrays, close, smooth

REWRITES = [fuse_sums, settle_scales, sums_as_products, optimize]
each = pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.__name__)
SEEDS = st.integers(0, 9)


def program(d: Diagram) -> Program:
    return lower(d, SIZES)


@given(smooth(max_boxes=8), SEEDS)
@settings(max_examples=150)
def test_lowering_keeps_the_meaning(d: Diagram, seed: int) -> None:
    inputs = arrays(d.dom, seed)
    with np.errstate(all="ignore"):
        close(naive.run(program(d), inputs), meaning(d, inputs))


@each
@given(smooth(max_boxes=8), SEEDS)
@settings(max_examples=100)
def test_a_rewrite_keeps_the_meaning(rewrite: Callable[[Program], Program], d: Diagram, seed: int) -> None:
    inputs, plain = arrays(d.dom, seed), program(d)
    with np.errstate(all="ignore"):
        close(naive.run(rewrite(plain), inputs), naive.run(plain, inputs))


@each
@given(smooth(max_boxes=4), SEEDS)
@settings(max_examples=60)
def test_a_rewrite_keeps_the_meaning_of_a_reverse_derivative(
    rewrite: Callable[[Program], Program], d: Diagram, seed: int
) -> None:
    back = cl.reverse(d)
    inputs, plain = arrays(back.dom, seed), program(back)
    with np.errstate(all="ignore"):
        close(naive.run(rewrite(plain), inputs), naive.run(plain, inputs))


@given(smooth(max_boxes=6))
@settings(max_examples=60)
def test_rewriting_again_changes_nothing_that_counts(d: Diagram) -> None:
    once = optimize(program(d))
    assert len(optimize(once).nodes) <= len(once.nodes)


def operations(function: Callable[..., Wire], *shapes: Real) -> Counter[str]:
    """How often each operation stands in the finished program of a function."""
    dom = cl.Ty.of(ob for shape in shapes for ob in shape.obs)
    made = optimize(program(cl.trace(function, dom)))
    return Counter(node.op for node in made.nodes if node.op not in ("input", "const"))


A, B = Real(30, 20), Real(20)


def test_factors_are_gathered_and_applied_to_the_smallest_array() -> None:
    assert operations(lambda x, y: 3.0 * ((2.0 * x) @ y), A, B) == {"mul": 1, "dot": 1}
    made = optimize(program(cl.trace(lambda x, y: 3.0 * ((2.0 * x) @ y), A @ B)))
    assert [node.shape for node in made.nodes if node.op == "mul"] == [(20,)]
    assert operations(lambda x, y: (0.5 * x * y) * 2.0, B, B) == {"mul": 1}


def test_signs_are_taken_in_by_sums() -> None:
    assert operations(lambda x, y: x + -(y * 2.0), B, B) == {"mul": 1, "sub": 1}
    assert operations(lambda x, y: -(-x * y) - x, B, B) == {"mul": 1, "sub": 1}
    assert operations(lambda x, y: -x - y, B, B) == {"neg": 1, "add": 1}


def test_a_factor_that_is_read_twice_is_applied_once() -> None:
    assert operations(lambda x, y: cl.exp((z := 2.0 * x) * y) + cl.tanh(z), B, B)["mul"] == 2


def test_a_sum_of_products_is_one_contraction() -> None:
    assert operations(lambda x, y: cl.sum(x * y), A, A) == {"reshape": 2, "dot": 1}
    assert operations(lambda x, y: cl.sum(x * y, 1), A, A) == {"einsum": 1}
    assert operations(lambda x, y: cl.sum(cl.sum(x * y, 1)), A, A) == {"reshape": 2, "dot": 1}
    assert operations(lambda x, y: cl.sum(cl.sum(x * y, 1) - cl.sum(x, 1)), A, A)["einsum"] == 0


def test_sums_of_first_and_last_axes_are_products_with_ones() -> None:
    assert operations(lambda x: cl.sum(x, 0), A) == {"ones": 1, "dot": 1}
    assert operations(lambda x: cl.sum(x, 1), A) == {"ones": 1, "dot": 1}
    assert operations(lambda x: cl.sum(x, 1), Real(3, 1000)) == {"sum": 1}
    assert operations(lambda x: cl.sum(x, 1), Real(3, 4, 5)) == {"sum": 1}
    assert operations(lambda x: cl.sum(cl.sum(x, 1), 0), Real(3, 4, 5)) == {"reshape": 1, "ones": 1, "dot": 1}


def test_a_loop_multiplies_by_a_transposed_matrix_that_was_turned_once() -> None:
    @cl.diagram(h=Real(3), x=Real(3), w=Real(3, 3))
    def cell(h: Wire, x: Wire, w: Wire) -> Wire:
        return cl.tanh(h @ cl.transpose(w) + x)

    cells = cl.batch(cell, 2, over=["h", "x"])

    @cl.diagram(h=Real(2, 3), xs=Real(5, 2, 3), w=Real(3, 3))
    def last(h: Wire, xs: Wire, w: Wire) -> Wire:
        return cl.scan(cells, [h], [xs], [w])[0][0]

    made = optimize(program(last))
    (loop,) = (node.attr for node in made.nodes if node.op == "scan")
    assert not any(node.op == "permute" for node in loop.body.nodes)
    h, xs, w = arrays(last.dom)
    found = cl.compile(last)(h, xs, w)
    for x in xs:
        h = np.tanh(h @ w.T + x)
    np.testing.assert_allclose(found, h, rtol=1e-12)


def test_softmax_does_not_take_the_exponential_twice() -> None:
    loss = cl.trace(lambda x, y: cl.sum(cl.cross_entropy(x, y)), A @ A)
    made = optimize(program(cl.value_and_gradient(loss)))
    assert sum(node.op == "exp" and len(node.shape) == 2 for node in made.nodes) == 1


def test_small_factors_are_multiplied_first() -> None:
    made = optimize(program(cl.trace(lambda x, y, z: (x * y) * z, A @ B @ B)))
    assert [node.shape for node in made.nodes if node.op == "mul"] == [(20,), (30, 20)]


def test_relu_need_not_keep_its_input() -> None:
    made = optimize(program(cl.reverse(cl.trace(lambda x, w: cl.exp(cl.relu(x @ w)), A @ B))))
    steps = [node for node in made.nodes if node.op == "step"]
    assert [made.nodes[node.args[0]].op for node in steps] == ["relu"]
