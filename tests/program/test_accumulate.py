"""A product that is added to an input it overwrites: the same numbers as without, however the arrays lie in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import catlearn as cl
from catlearn import Real, Ty, Wire
from catlearn.interpreters.program.kernels import add_dot
from catlearn.interpreters.program.rewrite import ACCUMULATED

M, K, N = 200, 7, 190
assert M * N >= ACCUMULATED
PLAIN = Real(M, N) @ Real(M, K) @ Real(K, N)


def lie_c(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x)


def lie_f(x: np.ndarray) -> np.ndarray:
    return np.asfortranarray(x)


def scattered(x: np.ndarray) -> np.ndarray:
    wide = np.zeros([2 * n for n in x.shape], x.dtype)
    view = wide[(slice(None, None, 2),) * x.ndim]
    view[...] = x
    return view


def part_of_rows(x: np.ndarray) -> np.ndarray:
    wide = np.zeros((*x.shape[:-1], x.shape[-1] + 3), x.dtype)
    wide[..., :-3] = x
    return wide[..., :-3]


def backward(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x[::-1])[::-1]


def unaligned(x: np.ndarray) -> np.ndarray:
    made = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    made[...] = x
    return made


CASES: dict[str, tuple[Callable[..., Any], Ty, bool]] = {
    "x + ab": (lambda x, a, b: x + a @ b, PLAIN, True),
    "ab + x": (lambda x, a, b: a @ b + x, PLAIN, True),
    "x + a'b": (lambda x, a, b: x + cl.transpose(a) @ b, Real(M, N) @ Real(K, M) @ Real(K, N), True),
    "x + ab'": (lambda x, a, b: x + a @ cl.transpose(b), Real(M, N) @ Real(M, K) @ Real(N, K), True),
    "x + xa": (lambda x, a: x + x @ a, Real(M, M) @ Real(M, M), True),
    "x + xx": (lambda x: x + x @ x, Real(M, M), True),
    "nothing to sum": (lambda x, a, b: x + a @ b, Real(M, N) @ Real(M, 0) @ Real(0, N), True),
    "x read again": (lambda x, a, b: (x + a @ b, cl.sum(x * x)), PLAIN, True),
    "ab read again": (lambda x, a, b: (x + a @ b, cl.sum(cl.exp(a @ b))), PLAIN, False),
    "x - ab": (lambda x, a, b: x - a @ b, PLAIN, False),
    "small": (lambda x, a, b: x + a @ b, Real(5, 4) @ Real(5, 3) @ Real(3, 4), False),
    "ab repeated": (
        lambda x, a, b: x + cl.broadcast_to(a @ b, (3, M, N)), Real(3, M, N) @ Real(M, K) @ Real(K, N), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("lie", [lie_c, lie_f, scattered, part_of_rows, backward, unaligned], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES)
def test_the_sum_is_the_same_with_and_without(case: str, dtype: str, lie: Callable[..., np.ndarray]) -> None:
    function, dom, accumulated = CASES[case]
    d = cl.trace(function, dom, "f", [f"i{k}" for k in range(len(dom))])
    rng = np.random.default_rng(0)
    inputs = [lie(rng.standard_normal(ob.sizes).astype(dtype)) for ob in dom.obs]
    wanted = cl.compile(d, dtype)(*inputs)
    f = cl.compile(d, dtype, reuse={0: "i0"})
    found = f(*inputs)
    assert ("add_dot" in f.source) == accumulated
    if len(d.cod) == 1:
        wanted, found = (wanted,), (found,)
    assert found[0] is inputs[0]
    tolerance = 1e-10 if dtype == "float64" else 1e-3
    for y, z in zip(found, wanted, strict=True):
        assert y.dtype == z.dtype == dtype
        np.testing.assert_allclose(y, z, rtol=tolerance, atol=tolerance)


def test_the_kernel_adds_into_what_it_is_given() -> None:
    rng = np.random.default_rng(0)
    x, a, b = rng.standard_normal((4, 5)), rng.standard_normal((4, 3)), rng.standard_normal((3, 5))
    wanted, out = x + a @ b, np.empty((4, 5))
    add_dot(x, a, b, out)
    np.testing.assert_allclose(out, wanted)
    add_dot(x, a, b, x)
    np.testing.assert_allclose(x, wanted)


@cl.diagram(w=Real(M, N), x=Real("n", M), d=Real("n", N))
def step(w: Wire, x: Wire, d: Wire) -> Wire:
    return w + cl.einsum("nm,nk->mk", x, d * -0.1)


@pytest.mark.parametrize("n", [0, 1, 8])
def test_a_training_step_of_any_batch(n: int) -> None:
    rng = np.random.default_rng(n)
    w, x, d = rng.standard_normal((M, N)), rng.standard_normal((n, M)), rng.standard_normal((n, N))
    wanted, f = w - 0.1 * x.T @ d, cl.compile(step, reuse={0: "w"})
    assert f(w, x, d) is w
    np.testing.assert_allclose(w, wanted, atol=1e-12)


def test_what_is_added_counts_as_it_did() -> None:
    plain, over = cl.compile(cl.trace(lambda x, a, b: x + a @ b, PLAIN)), cl.trace(lambda x, a, b: x + a @ b, PLAIN)
    assert cl.compile(over, reuse={0: "x0"}).cost().operations == plain.cost().operations
