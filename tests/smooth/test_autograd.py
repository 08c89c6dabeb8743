"""Gradients and Jacobians against autograd, on random diagrams and on models; and what a gradient costs."""

from __future__ import annotations

import numpy as np
import pytest
from autograd import jacobian as their_jacobian
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Diagram, Finite, Real, Ty, discard, identity, reverse, trace
from catlearn.errors import InputMismatch, NotSupported, TypeMismatch, UnknownBox
from tests.smooth.models import MODELS, chain
from tests.smooth.oracle import meaning, pulled_back
from tests.smooth.strategies import KINKED, NUMBERED, arrays, close, run, smooth, total

SEEDS = st.integers(0, 9)
SIZES = {"n": 7}
modeled = pytest.mark.parametrize("name", MODELS)


@given(smooth(makers=KINKED), SEEDS)
def test_programs_mean_what_the_oracle_says(f: Diagram, seed: int) -> None:
    inputs = arrays(f.dom, seed)
    close(run(f, *inputs), meaning(f, inputs), 1e-11)


@given(smooth(makers=KINKED), SEEDS)
def test_reverse_is_that_of_autograd(f: Diagram, seed: int) -> None:
    inputs, w = arrays(f.dom, seed), arrays(f.cod, seed + 1)
    wanted = pulled_back(f, inputs, w)
    close(run(reverse(f), *inputs, *w), wanted, 1e-10)
    close(meaning(reverse(f), [*inputs, *w]), wanted, 1e-10)


@settings(max_examples=40)
@given(smooth(makers=KINKED), SEEDS)
def test_gradient_is_that_of_autograd(f: Diagram, seed: int) -> None:
    g, inputs = total(f), arrays(f.dom, seed)
    value, *slopes = run(cl.value_and_gradient(g), *inputs)
    close([value], meaning(g, inputs), 1e-10)
    close(slopes, pulled_back(g, inputs, [np.ones(())]), 1e-10)
    close(run(cl.gradient(g), *inputs), slopes)


@settings(max_examples=40)
@given(smooth(shapes=NUMBERED), SEEDS, st.integers(0, 3))
def test_jacobian_is_that_of_autograd(f: Diagram, seed: int, which: int) -> None:
    if not f.cod:
        return
    f = f >> cl.permutation(f.cod, [which % len(f.cod)])
    inputs = arrays(f.dom, seed)

    def output(*xs: np.ndarray) -> np.ndarray:
        return meaning(f, xs)[0] + sum(0.0 * np.sum(x) for x in xs)

    found = run(cl.jacobian(f), *inputs)
    close(found, [their_jacobian(output, i)(*inputs) for i in range(len(inputs))], 1e-10)


@modeled
def test_gradients_of_models_are_those_of_autograd(name: str) -> None:
    f = MODELS[name]() if name != "chain" else chain(80)
    inputs = arrays(f.dom, 0, **SIZES)
    value, *slopes = run(cl.value_and_gradient(f), *inputs)
    close([value], meaning(f, inputs), 1e-11)
    close(slopes, pulled_back(f, inputs, [np.ones(())]), 1e-10)


@modeled
def test_gradients_are_cheap(name: str) -> None:
    """Value and gradient take at most four times the operations of the value (Griewank and Walther, section 4.6)."""
    f = MODELS[name]()
    sizes = {"n": 64} if "n" in {size for ob in f.dom.obs for size in ob.sizes} else {}
    value = cl.compile(f).cost(**sizes).operations
    both = cl.compile(cl.value_and_gradient(f)).cost(**sizes).operations
    assert value < both <= 4 * value + 50


def test_the_gradient_of_a_chain_grows_as_the_chain() -> None:
    short, long = (cl.compile(cl.value_and_gradient(chain(n))).cost().operations for n in (100, 1000))
    assert long <= 10.5 * short


def test_a_shared_wire_costs_one_addition() -> None:
    def powers(x: cl.Wire) -> cl.Wire:
        for _ in range(30):
            x = x * x
        return x

    f = trace(powers, Real())
    assert len(cl.value_and_gradient(f).wiring.boxes) <= 30 * 5 + 1


def test_discrete_inputs_have_no_cotangent() -> None:
    f = identity(Real(2)) @ discard(Finite("no", "yes"))
    assert reverse(f).dom == Real(2) @ Finite("no", "yes") @ Real(2)
    assert reverse(f).cod == Real(2)
    assert cl.forward(f).dom == Real(2) @ Finite("no", "yes") @ Real(2)
    passed = identity(Finite("no", "yes") @ Real(2))
    assert reverse(passed).dom == Finite("no", "yes") @ Real(2) @ Real(2)
    assert reverse(passed).cod == Real(2)
    g = discard(Finite("no", "yes")) @ trace(lambda x: cl.sum(x * x), Real(2))
    assert cl.value_and_gradient(g).cod == Real() @ Real(2)
    assert cl.hessian_vector(g).dom == Finite("no", "yes") @ Real(2) @ Real(2)
    assert cl.hessian_vector(g).cod == Real(2)


def test_names_of_derivatives() -> None:
    f = trace(lambda x, dy: (x * dy, x), Real() @ Real(), "f", ["x", "dy"])
    assert reverse(f).names == ("x", "dy", "dy0", "dy1")
    assert cl.forward(f).names == ("x", "dy", "dx", "ddy")
    g = trace(lambda x, dy: x * dy, Real() @ Real(), "g", ["x", "dy"])
    assert reverse(g).names == ("x", "dy", "dy_")
    assert (reverse(g).name, cl.forward(g).name) == ("R[g]", "D[g]")
    assert cl.hessian_vector(g, ["dy"]).names == ("x", "dy", "v_dy")
    assert cl.jacobian(g).names == ("x", "dy")


def test_wrt_chooses_and_orders() -> None:
    f = trace(lambda w, x, y: cl.sum(w * x) * y, Real(3) @ Real(3) @ Real(), "f", ["w", "x", "y"])
    w, x, y = arrays(f.dom)
    value, dy, dw = run(cl.value_and_gradient(f, wrt=["y", "w"]), w, x, y)
    close([value, dy, dw], [np.sum(w * x) * y, np.sum(w * x), x * y])
    close(run(cl.gradient(f, wrt=["x"]), w, x, y), [w * y])
    assert cl.value_and_gradient(f, wrt=[]).cod == Real()
    assert cl.gradient(f, wrt="x") == cl.gradient(f, wrt=["x"])
    assert cl.hessian_vector(f, wrt="x") == cl.hessian_vector(f, wrt=["x"])


def test_bad_requests_say_so() -> None:
    f = trace(lambda x: x * x, Real(3), "f", ["x"])
    with pytest.raises(TypeMismatch, match=r"f: a gradient needs one output Real\(\), not Real\(3\)"):
        cl.value_and_gradient(f)
    g = f >> trace(cl.sum, Real(3))
    with pytest.raises(InputMismatch, match="no input is called 'z'; there are x"):
        cl.gradient(g, wrt=["z"])
    with pytest.raises(InputMismatch, match="no input is called 'z'"):
        cl.hessian_vector(g, wrt=["z"])
    with pytest.raises(TypeMismatch, match="a Jacobian needs one output with numbers for sizes"):
        cl.jacobian(identity(Real("n")))
    with pytest.raises(TypeMismatch, match="a Jacobian needs one output"):
        cl.jacobian(identity(Real(2) @ Real(2)))
    with pytest.raises(UnknownBox, match="no generator 'mystery'"):
        reverse(cl.Box("mystery", Real(), Real()))
    cl.generator("dark_example", lambda data, shape: shape, None)
    with pytest.raises(NotSupported, match="dark_example: this generator has no reverse derivative"):
        reverse(trace(cl.GENERATORS["dark_example"], Real()))


def test_jacobians_of_what_does_not_depend_and_of_nothing() -> None:
    f = trace(lambda x, y: x, Real(2) @ Real(3))
    close(run(cl.jacobian(f), *arrays(f.dom)), [np.eye(2), np.zeros((2, 3))])
    none = trace(lambda x: x[:0], Real(2))
    assert run(cl.jacobian(none), np.ones(2))[0].shape == (0, 2)
    assert run(cl.jacobian(trace(cl.sum, Real(2))), np.ones(2))[0].tolist() == [1, 1]
    assert cl.jacobian(identity(Ty("X") @ Real()) >> discard(Ty("X")) @ identity(Real())).cod == Real()
