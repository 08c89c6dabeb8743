"""Formulas of diagrams, diagrams of formulas, and the reverse derivative against symbolic differentiation."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import pytest
import sympy as s
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Box, Diagram, Finite, Real, Ty, identity, reverse, trace
from catlearn.diagrams.bridges.sympy import from_sympy, inputs_of, to_sympy
from catlearn.errors import InputMismatch, NotSupported, TypeMismatch, UnknownBox
from tests.smooth.strategies import EXAMPLES, KINKED, NUMBERED, SIZES, Example, arrays, close, run, smooth

X, Y, Z = s.symbols("x y z", real=True)
few = settings(max_examples=20)


def flat(values: Any) -> list[Any]:
    """All elements of symbols and arrays, in order."""
    return [x for value in values for x in (s.flatten(value.tolist()) if isinstance(value, s.NDimArray) else [value])]


def evaluated(formulas: Any, symbols: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Put numbers in formulas, by sympy alone."""
    numbers = dict(zip(flat(symbols), map(s.Float, np.concatenate([np.ravel(x) for x in inputs] or [[]])), strict=True))
    made = [[float(s.sympify(e).subs(numbers)) for e in flat([f])] for f in formulas]
    shapes = [f.shape if isinstance(f, s.NDimArray) else () for f in formulas]
    return [np.array(row).reshape(shape) for row, shape in zip(made, shapes, strict=True)]


def assert_formulas(d: Diagram, inputs: list[np.ndarray]) -> None:
    found = evaluated(to_sympy(d, SIZES), inputs_of(d, SIZES), inputs)
    close(found, run(d, *inputs), 1e-9)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_generator_has_a_formula(example: Example) -> None:
    assert_formulas(example.diagram, example.inputs())


@few
@given(smooth(max_boxes=3, makers=KINKED))
def test_formulas_mean_what_the_diagram_does(d: Diagram) -> None:
    assert_formulas(d, arrays(d.dom))


def test_loops_are_unrolled() -> None:
    @cl.diagram
    def cell(h: Real(2), x: Real(), w: Real(2)):
        new = cl.sin(h * w + x)
        return new, cl.sum(new) * x

    ahead = trace(lambda h, xs, w: cl.scan(cell, [h], [xs], [w])[1], Real(2) @ Real("n") @ Real(2))
    assert_formulas(ahead, arrays(ahead.dom))
    f = trace(
        lambda h, xs: cl.scan(trace(lambda h, x: cl.sin(h * x), Real() @ Real()), [h], [xs], backward=True)[0],
        Real() @ Real(3),
        "f",
        ["h", "x"],
    )
    h, x = inputs_of(f)
    assert to_sympy(f) == (s.sin(x[0] * s.sin(x[1] * s.sin(h * x[2]))),)


def symbolic_reverse(d: Diagram) -> list[Any]:
    """The cotangents of the inputs, by symbolic differentiation of the formula."""
    inputs = inputs_of(reverse(d))
    w = flat(inputs[len(d.dom) :])
    total = sum((a * b for a, b in zip(flat(to_sympy(d)), w, strict=True)), s.Integer(0))
    return [s.diff(total, x) for x in flat(inputs[: len(d.dom)])]


SMOOTH_ONES = [
    "add",
    "sub",
    "neg",
    "mul",
    "div",
    "exp",
    "log",
    "log1p",
    "expm1",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "softplus",
    "shift",
    "scale",
    "power",
]
SMOOTH_ONES += [
    "sum",
    "broadcast",
    "reshape",
    "permute",
    "slice",
    "pad",
    "take",
    "put",
    "concatenate",
    "einsum",
    "logsumexp",
    "constant",
]


@pytest.mark.parametrize(
    "example",
    [e for e in EXAMPLES if e.name in SMOOTH_ONES and all(isinstance(n, int) for shape in e.shapes for n in shape)],
    ids=str,
)
def test_reverse_of_generators_is_the_symbolic_derivative(example: Example) -> None:
    d = example.diagram
    found, wanted = flat(to_sympy(reverse(d))), symbolic_reverse(d)
    assert [s.simplify((a - b).rewrite(s.exp)) for a, b in zip(found, wanted, strict=True)] == [0] * len(wanted)


@few
@given(smooth(max_boxes=3, shapes=NUMBERED[:2]), st.integers(0, 5))
def test_reverse_is_the_symbolic_derivative(d: Diagram, seed: int) -> None:
    wanted, back = symbolic_reverse(d), reverse(d)
    inputs = arrays(back.dom, seed)
    numbers = evaluated(wanted, inputs_of(back), inputs)
    close(np.concatenate([np.ravel(y) for y in run(back, *inputs)] or [[]]), numbers, 1e-9)


def test_a_gradient_to_read() -> None:
    f = trace(lambda x, y: cl.tanh(x * y) + x**3, Real() @ Real(), "f", ["x", "y"])
    x, y = inputs_of(f)
    assert to_sympy(f) == (x**3 + s.tanh(x * y),)
    _, dx, dy = to_sympy(cl.value_and_gradient(f))
    assert s.simplify(dx - s.diff(to_sympy(f)[0], x)) == 0
    assert s.simplify(dy - s.diff(to_sympy(f)[0], y)) == 0
    assert inputs_of(identity(Real(2, 1)))[0].shape == (2, 1)


def test_numbers_stay_exact_where_they_are_simple() -> None:
    f = trace(lambda x: (x * 0.5, x + 0.1, cl.constant(float("inf")) * 1.0), Real(), "f", ["x"])
    (x,) = inputs_of(f)
    half, tenth, infinite = to_sympy(f)
    assert half == x / 2
    assert tenth == x + s.Float(0.1)
    assert infinite == s.oo


FORMULAS = [
    X + Y + 1,
    X - Y,
    2 * s.pi * X / Y,
    s.pi / (X * Y**2),
    X * Y * Z - X / 3,
    X**3 + s.sqrt(Y) + 1 / X,
    X ** s.Rational(-1, 2),
    X**2.5,
    X**Y,
    2**X,
    s.exp(-(X**2)) * s.sin(Y) * s.cos(Z),
    s.log(X + Y) ** 2,
    s.tanh(X * Y) + s.Abs(Y - 1) + s.sign(X),
    s.Max(X, Y, 1),
    s.Min(X, Y),
    s.Max(0, X - 1),
    s.Piecewise((X, X > Y), (Y, True)),
    s.Piecewise((X, X < 1), (X**2, X <= 1.2), (3, True)),
    s.Piecewise((X, X >= Y), (-Y, True)),
    s.Piecewise((X, s.Eq(X, Y)), (2, True)),
    s.Piecewise((X, s.Ne(X, Y)), (2, True)),
    (X + Y) * s.exp(X + Y),
    s.Integer(3),
    s.pi + s.E,
    X,
]


@pytest.mark.parametrize("formula", FORMULAS, ids=str)
def test_formulas_become_diagrams(formula: Any) -> None:
    d = from_sympy(formula, [X, Y, Z])
    assert (d.dom, d.cod, d.names) == (Real() ** 3, Real(), ("x", "y", "z"))
    for seed in range(3):
        point = list(np.random.default_rng(seed).uniform(0.5, 1.5, 3))
        close(run(d, *point), [float(formula.subs(dict(zip((X, Y, Z), point, strict=True))))], 1e-12)
        slopes = [s.diff(formula, x).subs(dict(zip((X, Y, Z), point, strict=True))) for x in (X, Y, Z)]
        close(run(reverse(d), *point, 1.0), [float(v.subs(s.DiracDelta(0), 0)) for v in slopes], 1e-9)


@pytest.mark.parametrize("formula", FORMULAS[:13], ids=str)
def test_there_and_back(formula: Any) -> None:
    (found,) = to_sympy(from_sympy(formula, [X, Y, Z]))
    point = {X: 0.7, Y: 1.3, Z: 0.4}
    assert float((found - formula).subs(point)) == pytest.approx(0.0, abs=1e-12)


def test_equal_parts_are_computed_once() -> None:
    d = from_sympy((s.exp(X * Y), s.exp(X * Y) + 1), [X, Y])
    assert [box.name for box in d.wiring.boxes] == ["mul", "exp", "shift"]
    assert d.cod == Real() @ Real()
    assert from_sympy((), []).cod == Ty()


def test_indexed_symbols_can_be_inputs() -> None:
    f = trace(lambda x: cl.sum(x * x), Real(2))
    elements = flat(inputs_of(f))
    d = from_sympy(to_sympy(f), elements)
    close(run(d, 2.0, 3.0), [13.0])
    assert d.names == ("x0", "x1")


@pytest.mark.parametrize(
    ("formula", "symbols", "error", "message"),
    [
        (s.gamma(X), [X], NotSupported, "no generator stands for the function gamma, in gamma.x."),
        (s.Function("f")(X), [X], NotSupported, "no generator stands for the function f"),
        (s.I * X, [X], NotSupported, "I is no real number"),
        (s.zoo + 0, [X], NotSupported, "zoo is no real number"),
        (X + Y, [X], InputMismatch, "y is not among the symbols, which are x; list it there"),
        (X, [], InputMismatch, "x is not among the symbols, which are none"),
        (X, [X, X], InputMismatch, "the symbol x is given twice"),
        ((-2) ** X, [X], NotSupported, "-2.0 to a power that is no number has no real value"),
        ("__import__('os').getcwd()", [X], NotSupported, "is no expression of sympy; if it is text, parse it first"),
        (object(), [X], NotSupported, "is no expression of sympy"),
        (X, X, InputMismatch, "the symbols are a list"),
        (reduce(lambda f, _: s.sin(f, evaluate=False), range(2000), X), [X], NotSupported, "nested too deep"),
        (s.Piecewise((X, X > 0)), [X], NotSupported, "has no value where no condition holds"),
        (s.Piecewise((X, (X > 0) & (Y > 0)), (Y, True)), [X, Y], NotSupported, "one comparison for each piece"),
    ],
)
def test_formulas_that_no_diagram_is_are_named(formula: Any, symbols: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        from_sympy(formula, symbols)
    assert "\n" not in str(caught.value)


def test_diagrams_without_a_formula_are_named() -> None:
    with pytest.raises(UnknownBox, match="no formula for the box 'mystery'"):
        to_sympy(Box("mystery", Real(), Real()))
    with pytest.raises(InputMismatch, match="give the size of dimension 'n', as in sizes={'n': 3}"):
        to_sympy(identity(Real("n")))
    with pytest.raises(TypeMismatch, match='Finite."a", "b". carries no real array'):
        to_sympy(identity(Finite("a", "b")))
    for sizes in ({"n": -1}, {"n": "two"}, [2]):
        with pytest.raises(InputMismatch, match="^to_sympy: .*size"):
            to_sympy(identity(Real("n")), sizes)  # type: ignore[arg-type]
