"""Inverses and determinants: what the tests of all generators do not say of them."""

from __future__ import annotations

import numpy as np
import pytest

import catlearn as cl
from catlearn import Real, trace
from catlearn.diagrams.theories.smooth.linear_algebra import inverse, log_determinant, solve
from catlearn.errors import ShapeMismatch

invert = trace(inverse, Real("k", "n", "n"))
logdet = trace(log_determinant, Real("k", "n", "n"))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_stacks_of_any_size(n: int, dtype: str) -> None:
    x = np.random.default_rng(n).normal(size=(3, n, n)) + 3 * np.eye(n)
    given = x.astype(dtype)
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    found = cl.compile(invert, dtype=dtype)(given)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, np.linalg.inv(x), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(
        cl.compile(logdet, dtype=dtype)(given), np.linalg.slogdet(x)[1], rtol=tolerance, atol=tolerance
    )


def test_a_matrix_without_an_inverse_gives_no_numbers_and_spoils_no_other() -> None:
    x = np.array([np.eye(2), np.ones((2, 2)), 2 * np.eye(2)])
    found = cl.compile(invert)(x)
    assert np.isnan(found[1]).all()
    np.testing.assert_array_equal(found[[0, 2]], [np.eye(2), np.eye(2) / 2])
    assert cl.compile(logdet)(x)[1] == -np.inf
    assert np.isnan(cl.compile(trace(inverse, Real(2, 2)))(np.ones((2, 2)))).all()


def test_a_negative_determinant_counts_by_its_size() -> None:
    f = trace(log_determinant, Real(2, 2))
    x = np.array([[0.0, 2.0], [3.0, 0.0]])
    assert cl.compile(f)(x) == pytest.approx(np.log(6.0))
    np.testing.assert_allclose(cl.compile(cl.gradient(f))(x), np.linalg.inv(x).T)


@pytest.mark.parametrize("right", [(3,), (3, 2), (4, 3, 2)])
def test_solve(right: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 3)) + 3 * np.eye(3), rng.normal(size=right)
    f = trace(solve, Real(3, 3) @ Real(*right))
    np.testing.assert_allclose(a @ cl.compile(f)(a, b), b)
    assert cl.check(f, [a, b]).worst < 1e-6


def test_the_inverse_is_made_once_for_value_and_gradient() -> None:
    @cl.diagram
    def f(x: Real(3, 3), v: Real(3)):
        return log_determinant(x) + v @ (inverse(x) @ v)

    source = cl.compile(cl.value_and_gradient(f)).source
    assert source.count("inverse(") == 1


def test_costs_are_counted() -> None:
    assert cl.compile(invert).cost(k=2, n=3).operations == 2 * 2 * 27
    assert cl.compile(logdet).cost(k=2, n=3).operations == 2 * 2 * 27 // 3


def test_errors_name_the_shape() -> None:
    with pytest.raises(ShapeMismatch, match="inverse of .2, 3.: .* square matrix"):
        trace(solve, Real(2, 3) @ Real(3))
    with pytest.raises(ShapeMismatch, match="inner sizes"):
        trace(solve, Real(2, 2) @ Real(3))
