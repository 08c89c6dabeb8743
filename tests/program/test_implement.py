"""Boxes with a function of the user's own: it runs anywhere a generator does, and what it answers is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import catlearn as cl
from catlearn import Box, Diagram, Real, Ty, Wire
from catlearn.diagrams.theories.smooth.generator import GENERATORS, same
from catlearn.errors import InputMismatch, NotSupported
from catlearn.interpreters.program.lowerings import LOWERINGS

X = np.arange(3.0) + 1.0
THREE = Real(3)


@pytest.fixture(autouse=True)
def tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test adds to the tables is gone after it."""
    for table in (GENERATORS, LOWERINGS):
        for name in ("mine", "cubic"):
            monkeypatch.setitem(table, name, None)
            monkeypatch.delitem(table, name)


def mine(function: Callable[..., Any], dom: Ty = THREE, cod: Ty = THREE, data: Any = ()) -> Box:
    cl.implement("mine", function)
    return Box("mine", dom, cod, data)


@pytest.fixture
def cubic() -> Callable[..., Wire]:
    """x**3 as a generator, with its reverse derivative in generators that were there."""
    cl.implement("cubic", lambda data, x: x**3)
    return cl.generator("cubic", same, lambda data, x, y, d: 3.0 * x * x * d)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0, 2)], ids=str)
def test_a_generator_of_ones_own_runs_and_is_turned_round(cubic: Callable[..., Wire], shape: tuple[int, ...]) -> None:
    d, x = cl.trace(lambda x: cubic(x) + 1.0, Real(*shape)), np.random.default_rng(0).standard_normal(shape)
    np.testing.assert_allclose(cl.compile(d)(x), x**3 + 1.0)
    np.testing.assert_allclose(cl.compile(cl.reverse(d))(x, 2.0 * x), 6.0 * x**3)
    many = cl.compile(cl.batch(d, "n", ["x0"]))(np.stack([x, x]))
    np.testing.assert_allclose(many, np.stack([x, x]) ** 3 + 1.0)


def test_it_runs_in_a_loop(cubic: Callable[..., Wire]) -> None:
    body = cl.trace(lambda h, x: cubic(h) * x, Real(2) ** 2)
    d = cl.trace(lambda h, xs: cl.scan(body, [h], [xs])[0][0], Real(2) @ Real(3, 2))
    wanted, xs = np.ones(2), np.full((3, 2), 0.5)
    for x in xs:
        wanted = wanted**3 * x
    np.testing.assert_allclose(cl.compile(d)(np.ones(2), xs), wanted)
    assert cl.check(d)


def test_it_is_given_the_data_and_all_inputs() -> None:
    d = mine(lambda data, x, y: data[0] * x + y, Real(3) ** 2, data=(2.0,))
    np.testing.assert_array_equal(cl.compile(d)(X, X), 3.0 * X)
    np.testing.assert_array_equal(cl.compile(mine(lambda data: X, Ty()))(), X)
    assert cl.compile(mine(lambda data, x: x * 2, Real(), Real()))(2.0) == 4.0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "answer", [[1, 0, 1], X > 1, X.astype(np.float32), X.astype(">f8"), X[::-1], np.int8([1, 2, 3])]
)
def test_an_answer_may_be_anything_that_holds_real_numbers(answer: Any, dtype: str) -> None:
    made = cl.compile(mine(lambda data, x: answer), dtype)(X)
    assert made.dtype == dtype
    np.testing.assert_array_equal(made, np.asarray(answer, float))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, r"\(\) of object"),
        ("abc", "<U3"),
        (X * 1j, "complex128"),
        (X[:2], r"\(2,\) of float64, not real numbers \(3,\)"),
        (1.0, r"\(\)"),
        ([[1.0], [1.0, 2.0]], "rows of one length"),
        (np.ma.masked_array(X, [1, 0, 0]), "masked"),
    ],
)
def test_an_answer_that_is_no_array_of_the_boxs_shape_is_an_error(answer: Any, said: str) -> None:
    with pytest.raises(InputMismatch, match=said) as error:
        cl.compile(mine(lambda data, x: answer))(X)
    assert str(error.value).startswith("mine: ")
    assert "\n" not in str(error.value)


def test_what_belongs_to_the_caller_cannot_be_changed() -> None:
    def greedy(data: Any, x: Any) -> Any:
        x += 1.0
        return x

    x = X.copy()
    with pytest.raises(ValueError, match="read-only"):
        cl.compile(mine(greedy))(x)
    np.testing.assert_array_equal(x, X)
    made = cl.compile(mine(lambda data, x: x))(x)
    assert not np.shares_memory(made, x)


def test_an_error_of_the_function_is_the_callers_and_the_program_still_runs() -> None:
    def careful(data: Any, x: Any) -> Any:
        if x[0] < 0:
            raise ZeroDivisionError("below zero")
        return x

    f = cl.compile(mine(careful) >> cl.trace(cl.exp, Real(3)))
    with pytest.raises(ZeroDivisionError, match="below zero"):
        f(-X)
    np.testing.assert_allclose(f(X), np.exp(X))


def test_a_function_may_call_the_program_it_is_in() -> None:
    def inner(data: Any, x: Any) -> Any:
        return f(x - 1.0) + x if x[0] > 0 else x

    f = cl.compile(cl.trace(cl.exp, Real(3)) >> cl.trace(cl.log, Real(3)) >> mine(inner))
    np.testing.assert_allclose(f(np.full(3, 2.0)), np.full(3, 3.0), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "function"), [("tanh", abs), ("scan", abs), (3, abs), ("mine", None), ("mine", "abs")]
)
def test_a_kernel_needs_a_name_of_its_own_and_a_function(name: Any, function: Any) -> None:
    with pytest.raises(InputMismatch, match="implement"):
        cl.implement(name, function)
    np.testing.assert_allclose(cl.compile(cl.trace(cl.tanh, Real(3)))(X), np.tanh(X))


@pytest.mark.parametrize("cod", [Ty(), Real(3) ** 2])
def test_a_box_with_a_kernel_has_one_output(cod: Ty) -> None:
    d: Diagram = mine(lambda data, x: x, cod=cod)
    with pytest.raises(NotSupported, match="mine: boxes that are implemented so have one output"):
        cl.compile(d)
