"""Compiled diagrams as functions: whatever arrays they are given, they answer as numpy does or say what is wrong."""

from __future__ import annotations

import builtins
import keyword
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Diagram, Real, Wire
from catlearn.errors import InputMismatch, TooLarge
from catlearn.interpreters.program.emit_numpy import RESERVED
from tests.smooth.oracle import meaning
from tests.smooth.strategies import arrays, close, run, smooth

SEEDS = st.integers(0, 9)


def scattered(x: np.ndarray) -> np.ndarray:
    """The same numbers with others between them, last axis first."""
    if not x.ndim:
        return x
    wide = np.full([2 * n for n in x.shape[::-1]], 7.0)
    view = wide[(slice(None, None, 2),) * x.ndim].T
    view[...] = x
    return view


@given(smooth(max_boxes=6), SEEDS)
@settings(max_examples=100)
def test_arrays_may_lie_in_memory_as_they_like(d: Diagram, seed: int) -> None:
    inputs = arrays(d.dom, seed)
    with np.errstate(all="ignore"):
        close(run(d, *map(scattered, inputs)), meaning(d, inputs))


@given(smooth(max_boxes=6), SEEDS)
@settings(max_examples=100)
def test_outputs_are_new_arrays(d: Diagram, seed: int) -> None:
    inputs, f = arrays(d.dom, seed), cl.compile(d)
    kept = [x.copy() for x in inputs]
    with np.errstate(all="ignore"):
        first = list_of(f(*inputs))
        before = [y.copy() for y in first]
        second = list_of(f(*(x + 1.0 for x in inputs)))
        again = list_of(f(*inputs))
    for x, y in zip(inputs, kept, strict=True):
        np.testing.assert_array_equal(x, y)
    for x, y, z in zip(first, before, again, strict=True):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(x, z)
    everything = [*inputs, *first, *second, *again]
    for i, x in enumerate(everything):
        assert not any(np.shares_memory(x, y) for y in everything[i + 1 :])


def list_of(made: Any) -> list[np.ndarray]:
    return [np.asarray(y) for y in (made if isinstance(made, tuple) else (made,))]


@given(smooth(max_boxes=6), SEEDS)
@settings(max_examples=60)
def test_single_precision(d: Diagram, seed: int) -> None:
    inputs = [x.astype(np.float32) for x in arrays(d.dom, seed)]
    with np.errstate(all="ignore"):
        wanted = meaning(d, [x.astype(float) for x in inputs])
        found = list_of(cl.compile(d, np.float32)(*inputs))
    assert all(y.dtype == np.float32 for y in found)
    for y, z in zip(found, wanted, strict=True):
        if np.isfinite(z).all() and np.abs(z).max(initial=0.0) < 1e3:
            np.testing.assert_allclose(y, z, rtol=1e-2, atol=1e-2)


@cl.diagram(w=Real("m", "k"), b=Real("m"), x=Real("n", "k"))
def layer(w: Wire, b: Wire, x: Wire) -> Wire:
    return cl.tanh(cl.einsum("nk,mk->nm", x, w) + b)


@cl.diagram(w=Real("m", "k"), b=Real("m"), x=Real("n", "k"))
def energy(w: Wire, b: Wire, x: Wire) -> Wire:
    z = cl.relu(cl.einsum("nk,mk->nm", x, w) * 0.5 - b)
    return cl.sum(z * z) + cl.sum(z, 0) @ b - 2.0 * cl.sum(cl.sum(z, 1))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("k", [0, 1, 3])
@pytest.mark.parametrize("m", [0, 1, 4])
def test_axes_of_every_size(m: int, k: int, n: int) -> None:
    rng = np.random.default_rng(0)
    w, b, x = rng.standard_normal((m, k)), rng.standard_normal(m), rng.standard_normal((n, k))
    np.testing.assert_allclose(cl.compile(layer)(w, b, x), np.tanh(x @ w.T + b), rtol=1e-12)
    z = np.maximum(x @ w.T * 0.5 - b, 0.0)
    value = (z * z).sum() + z.sum(0) @ b - 2.0 * z.sum()
    dz = (2.0 * z + b - 2.0) * (z > 0)
    found = cl.compile(cl.value_and_gradient(energy))(w, b, x)
    wanted = value, 0.5 * dz.T @ x, z.sum(0) - dz.sum(0), 0.5 * dz @ w
    assert [np.shape(y) for y in found] == [np.shape(y) for y in wanted]
    close(found, wanted, 1e-12)


def test_an_axis_of_size_0_has_no_largest_element() -> None:
    f = cl.compile(cl.trace(lambda x: cl.logsumexp(x, 1), Real("n", "k")))
    with pytest.raises(InputMismatch, match="size 0"):
        f(np.zeros((3, 0)))
    assert f(np.zeros((0, 3))).shape == (0,)


numbers = st.floats(-1e3, 1e3) | st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan, 1e308, -1e308, 5e-324])


@cl.diagram(x=Real(), y=Real())
def formula(x: Wire, y: Wire) -> tuple[Wire, ...]:
    z = cl.exp(x) / y
    return z, cl.log(x * y), cl.sqrt(y) - cl.relu(x), cl.maximum(x, y) * 3.0, cl.logsumexp(cl.reshape(x, 1)), y


@given(numbers, numbers)
@settings(max_examples=200)
def test_numbers_that_math_refuses_are_what_numpy_makes_of_them(x: float, y: float) -> None:
    with np.errstate(all="ignore"):
        a, b = np.float64(x), np.float64(y)
        wanted = np.exp(a) / b, np.log(a * b), np.sqrt(b) - np.maximum(a, 0.0), np.maximum(a, b) * 3.0, a, b
        close(cl.compile(formula)(x, y), wanted, 1e-12)
        lifted = cl.compile(cl.batch(formula, "n", over=["x", "y"]))([x, 1.0], [y, 1.0])
    close([z[0] for z in lifted], wanted, 1e-12)


@cl.diagram(x=Real(), y=Real())
def plain(x: Wire, y: Wire) -> tuple[Wire, ...]:
    return cl.exp(x) * y, cl.log(y), x / y


def test_diagrams_on_numbers_take_all_kinds_of_numbers() -> None:
    f = cl.compile(plain)
    wanted = f(1.0, 2.0)
    assert all(type(z) is float for z in wanted)
    for given_ in [(1, 2), (np.float32(1), np.int8(2)), (np.array(1.0), True + 1), (np.float64(1), 2.0)]:
        assert f(*given_) == wanted
        assert f(x=given_[0], y=given_[1]) == wanted
        assert f(given_[0], y=given_[1]) == wanted
    with np.errstate(all="ignore"):
        assert f(1000.0, 0.0)[1] == -np.inf


SAID = [
    ((), {}, "missing"),
    ((1.0,), {}, "y' is missing"),
    ((1.0, None), {}, "y"),
    ((1.0, 2.0, 3.0), {}, "3 inputs"),
    (([1.0], 2.0), {}, r"x must have shape \(\), not \(1,\)"),
    (("one", 2.0), {}, "x must hold real numbers"),
    ((1.0, 2j), {}, "y must hold real numbers"),
    ((np.array([1.0]), 2.0), {}, "shape"),
]


@pytest.mark.parametrize(("args", "named", "said"), SAID)
def test_what_is_wrong_with_numbers_is_said_in_one_line(args: Any, named: Any, said: str) -> None:
    with pytest.raises(InputMismatch, match=said) as error:
        cl.compile(plain)(*args, **named)
    assert "\n" not in str(error.value)


W, B, X = np.ones((4, 3)), np.ones(4), np.ones((2, 3))


class Refuses:
    """What is an array for others, but raises."""

    def __array__(self, *args: Any, **named: Any) -> np.ndarray:
        raise RuntimeError("not\nnow")


WRONG = [
    ((W, B), {}, "x' is missing"),
    ((W, B, X, X), {}, "4 inputs"),
    ((W, B, X), {"q": X}, "no input 'q'"),
    ((W, B, X), {"w": W}, "w' is given twice"),
    ((W, np.ones(5), X), {}, r"b must have shape \(4,\), not \(5,\)"),
    ((W, B, np.ones((2, 4))), {}, "x must have shape"),
    ((W, B, np.ones(3)), {}, "x must"),
    ((1.0, B, X), {}, "w must be"),
    ((W, B, np.ones((2, 3), complex)), {}, "x must hold real numbers, not complex128"),
    ((W, B, [["a"] * 3]), {}, "x must hold real numbers"),
    ((W, B, [[1.0, 2.0, 3.0], [1.0]]), {}, "x is no array"),
    ((W, B, np.ones((2, 3), np.longdouble)), {}, "x must hold real numbers"),
    ((W, B, np.ma.masked_array(X, X > 0)), {}, "x has masked elements"),
    ((W, B, Refuses()), {}, "x is no array: not now"),
    ((W, B, [[10**400] * 3]), {}, "x must hold real numbers"),
    ((W, B, None), {}, "x must be"),
]


@pytest.mark.parametrize(("args", "named", "said"), WRONG)
def test_what_is_wrong_with_arrays_is_said_in_one_line(args: Any, named: Any, said: str) -> None:
    f = cl.compile(layer)
    for _ in range(2):
        with pytest.raises(InputMismatch, match=said) as error:
            f(*args, **named)
        assert "\n" not in str(error.value)
        assert f(W, B, X).shape == (2, 4)


def test_integers_and_booleans_are_taken_as_numbers() -> None:
    f = cl.compile(layer)
    np.testing.assert_array_equal(f(W.astype(int), B.astype(bool), X.astype(np.float32)), f(W, B, X))


@pytest.mark.parametrize("sizes", [(), (2, 3)], ids=str)
@pytest.mark.parametrize("names", [("v4", "v1"), ("t0", "exp"), ("slice", "numbers"), ("type", "more"), ("a b", "if")])
def test_inputs_may_have_any_names(sizes: tuple[int, ...], names: tuple[str, str]) -> None:
    def padded(np_: Any, z: Any) -> Any:
        return np_.pad(z, [(1, 0)] * len(sizes)) if sizes else z

    d = cl.trace(lambda x, y: padded(cl, cl.exp(x * y) / x) - 1.0, Real(*sizes) ** 2, "f", names)
    x, y = np.full(sizes, 0.5), np.full(sizes, 2.0)
    wanted = padded(np, np.exp(x * y) / x) - 1.0
    np.testing.assert_allclose(cl.compile(d)(x, y), wanted, rtol=1e-12)
    np.testing.assert_allclose(cl.compile(d)(**dict(zip(names, (x, y), strict=True))), wanted, rtol=1e-12)


def test_a_diagram_on_numbers_is_called_by_its_name_where_python_complains() -> None:
    for args, named, said in [((1.0, 2.0), {"q": 1.0}, "'q'"), ((1.0, 2.0), {"x": 1.0}, "'x'")]:
        with pytest.raises(TypeError, match=rf"^plain\(\) got .*{said}"):
            cl.compile(plain)(*args, **named)


STRANGE = [
    *keyword.kwlist, *keyword.softkwlist, *dir(builtins), *RESERVED, "self", "args", "named", "x0", "x1", "y0", "y1",
    "y0_", "tanh_", "if_", "__debug__", "é", "ﬁ", "fi", "Ⅷ", "Å", "", " ", "x=1", "a\nb", "1", "\0", "\ud800",
    "x" * 999,
]  # fmt: skip


@pytest.mark.parametrize("sizes", [(), (2,), ("n",)], ids=str)
def test_inputs_may_have_the_names_of_anything(sizes: tuple[Any, ...]) -> None:
    """Every name stands next to every other one once, as names made of others must not meet those."""
    names = [*dict.fromkeys(STRANGE)]
    d = cl.trace(lambda *ws: (cl.tanh(ws[0]), cl.exp(ws[-1])), Real(*sizes) ** len(names), "f", names)
    values = [np.full([2 for _ in sizes], 0.01 * i) for i in range(len(names))]
    f = cl.compile(d)
    assert f.names == cl.names(d)
    for found in (f(*values), f(**dict(zip(f.names, values, strict=True)))):
        close(found, [np.tanh(values[0]), np.exp(values[-1])])


PAIRS = [
    ("tanh", "tanh_"), ("tanh_", "tanh"), ("if", "x0"), ("x0", "if"), ("x1", "if"), ("a b", "x0"), ("ﬁ", "fi"),
    ("y0", "y0_"), ("y1_", "y1"), ("ValueError", "TypeError"), ("__debug__", "self"), ("self", "numbers"),
]  # fmt: skip


@pytest.mark.parametrize("sizes", [(), (2,), ("n",)], ids=str)
@pytest.mark.parametrize("names", PAIRS, ids=str)
def test_names_in_generated_code_do_not_meet(names: tuple[str, str], sizes: tuple[Any, ...]) -> None:
    d = cl.trace(lambda x, y: (cl.tanh(x), cl.log(y) - x), Real(*sizes) ** 2, "f", names)
    x, y = np.full([2 for _ in sizes], 0.5), np.full([2 for _ in sizes], 0.0)
    with np.errstate(all="ignore"):
        wanted = np.tanh(x), np.log(y) - x
        close(cl.compile(d)(x, y), wanted)
        close(cl.compile(d)(**dict(zip(names, (x, y), strict=True))), wanted)


@pytest.mark.parametrize("dtype", [np.array(3.0), [], {}, np.dtype(">f8"), 3])
def test_a_dtype_is_a_type_or_its_name(dtype: Any) -> None:
    with pytest.raises(InputMismatch, match="float64 or float32"):
        cl.compile(layer, dtype)


@pytest.mark.parametrize("n", [-1, "3", 2.5, None, True])
def test_a_size_is_a_whole_number(n: Any) -> None:
    f = cl.compile(layer)
    for ask in (f.cost, f.at):
        with pytest.raises(InputMismatch, match="layer: dimension n must be a whole number"):
            ask(m=2, k=3, n=n)
    assert f.cost(m=2, k=3, n=np.int64(4)) == f.cost(m=2, k=3, n=4)


def test_what_no_memory_holds_is_said_in_one_line() -> None:
    outer = cl.compile(cl.trace(lambda x: cl.tanh(cl.einsum("i,j->ij", x, x)), Real("n")))
    repeated = cl.compile(cl.trace(lambda x: cl.broadcast_to(x, (2**50,)), Real()))
    for f, x in ((outer, np.ones(2**25)), (repeated, 1.0)):
        with pytest.raises(TooLarge, match=r"no memory for arrays with [\d,]+ elements") as error:
            f(x)
        assert "\n" not in str(error.value)
        assert isinstance(error.value, MemoryError)
    for shape in ((1,) * 65, (2**40, 2**40)):
        with pytest.raises(TooLarge, match="numpy has no arrays"):
            cl.compile(cl.trace(lambda x, shape=shape: cl.reshape(cl.broadcast_to(x, shape), shape), Real()))
    assert outer.cost(n=10**9).peak > 8 * 10**18


@pytest.mark.parametrize("sizes", [(), (2,)], ids=str)
def test_diagrams_may_be_very_long(sizes: tuple[int, ...]) -> None:
    def long(x: Wire, y: Wire) -> Wire:
        z = x
        for _ in range(20_000):
            z = cl.sin(z) + y
        return z

    x, y = np.full(sizes, 0.5), np.full(sizes, 0.1)
    found = cl.compile(cl.trace(long, Real(*sizes) ** 2))(x, y)
    for _ in range(20_000):
        x = np.sin(x) + y
    np.testing.assert_allclose(found, x)


def test_sums_may_have_very_many_terms() -> None:
    def terms(x: Wire, y: Wire) -> Wire:
        z = x * y
        for i in range(5000):
            z = z + (x + float(i)) * y
        return cl.sum(z)

    found = cl.compile(cl.trace(terms, Real(3) ** 2))(np.ones(3), np.ones(3))
    np.testing.assert_allclose(found, 3.0 * (1.0 + sum(1.0 + i for i in range(5000))))


@cl.diagram(x=Real(2), y=Real(2))
def extreme(x: Wire, y: Wire) -> tuple[Wire, ...]:
    far = (x * 1e200) * 1e200, (x * 1e-200) * 1e200, (y * 1e-200) * 1e-200, x / 1e-320, (x * 1e20) * 1e20 * 1e-20
    return (*far, -(x * 1e300) / 1e-10, (x * 1e300) @ (y / 1e300))


@pytest.mark.parametrize("x", [[0.0, 0.0], [1e-280, -1e-290], [1.0, -2.0]], ids=str)
@pytest.mark.parametrize("y", [[1e300, 0.0], [1.0, 2.0]], ids=str)
def test_numbers_far_from_1_are_applied_where_they_are_written(x: list[float], y: list[float]) -> None:
    with np.errstate(all="ignore"):
        a, b = np.array(x), np.array(y)
        wanted = (
            (a * 1e200) * 1e200, (a * 1e-200) * 1e200, (b * 1e-200) * 1e-200, a / 1e-320, (a * 1e20) * 1e20 * 1e-20,
            -(a * 1e300) / 1e-10, (a * 1e300) @ (b / 1e300),
        )  # fmt: skip
        close(cl.compile(extreme)(a, b), wanted, 1e-12)
    small = cl.compile(cl.trace(lambda x: (x * 1e25) * 1e25, Real(2)), np.float32)
    np.testing.assert_allclose(small(np.float32([1e-38, 0.0])), [1e12, 0.0], rtol=1e-4)


@pytest.mark.parametrize("dtype", [int, "float16", complex, "nothing"])
def test_programs_are_in_single_or_double_precision(dtype: Any) -> None:
    with pytest.raises(InputMismatch, match="float64 or float32"):
        cl.compile(layer, dtype)


def test_a_function_may_run_in_many_threads_at_once() -> None:
    f = cl.compile(cl.value_and_gradient(energy))
    rng = np.random.default_rng(1)
    inputs = [
        (rng.standard_normal((6, 3)), rng.standard_normal(6), rng.standard_normal((n % 5 + 1, 3))) for n in range(40)
    ]
    wanted = [f(*given_) for given_ in inputs]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda given_: f(*given_), inputs * 5))
    for a, b in zip(found, wanted * 5, strict=True):
        for y, z in zip(a, b, strict=True):
            np.testing.assert_array_equal(y, z)


def test_an_input_that_is_overwritten_must_be_an_array_that_can_be() -> None:
    f = cl.compile(cl.trace(lambda w, d: w - 0.5 * d, Real(3) @ Real(3), "step", ["w", "d"]), reuse={0: "w"})
    w = np.ones(3)
    assert f(w, [2.0, 2.0, 0.0]) is w
    np.testing.assert_array_equal(w, [0.0, 0.0, 1.0])
    for wrong in ([1.0, 1.0, 1.0], np.ones(3, np.float32)):
        with pytest.raises(InputMismatch, match="input w is overwritten"):
            f(wrong, np.ones(3))
