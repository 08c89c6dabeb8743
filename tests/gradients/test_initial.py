"""The first values of parameters: read off the diagram, the same for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import catlearn as cl
from catlearn import Diagram, Real, Ty, trace
from catlearn.errors import InputMismatch
from catlearn.interpreters.gradients import initial
from tests.gradients.models import net

LEARNED = ["w1", "b1", "w2", "b2"]


def test_weights_are_random_and_biases_zero() -> None:
    found = initial(net, LEARNED, seed=0)
    assert {name: a.shape for name, a in found.items()} == {"w1": (5, 4), "b1": (5,), "w2": (3, 5), "b2": (3,)}
    assert not found["b1"].any()
    assert not found["b2"].any()
    assert len(np.unique(found["w1"])) == 20


def test_the_same_seed_gives_the_same_values() -> None:
    first, again, other = (initial(net, LEARNED, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in LEARNED)
    assert not np.array_equal(first["w1"], other["w1"])


def test_the_spread_is_that_of_glorot_and_bengio() -> None:
    @cl.diagram
    def layer(w: Real(300, 200), x: Real(200)):
        return w @ x

    (w,) = initial(layer, ["w"], seed=0).values()
    assert abs(w.std() / np.sqrt(2 / (300 + 200)) - 1) < 0.01
    assert abs(w.mean()) < 0.001


def one(f: object, w: Ty, *others: Ty) -> np.ndarray:
    """The first values of the first input of a function."""
    names = [f"p{i}" for i in range(1 + len(others))]
    dom = Ty.of(ob for ty in (w, *others) for ob in ty.obs)
    return initial(trace(f, dom, "", names), ["p0"], seed=0)["p0"]


def is_random(w: np.ndarray) -> bool:
    return len(np.unique(w)) == w.size > 1


USED = {
    "turned": lambda w, x: cl.transpose(w) @ x,
    "scaled": lambda w, x: (0.1 * w) @ x,
    "negated": lambda w, x: -(w @ x),
    "reshaped": lambda w, x: cl.reshape(w, (2, 18)) @ cl.concatenate([x, x, x]),
    "cut": lambda w, x: w[:3] @ x,
}


@pytest.mark.parametrize("how", USED)
def test_weights_are_found_through_what_rearranges_them(how: str) -> None:
    assert is_random(one(USED[how], Real(6, 6), Real(6)))


def test_gains_are_one_and_shifts_zero() -> None:
    assert (one(lambda g, x: g * x, Real(4), Real(4)) == 1.0).all()
    assert (one(lambda b, x: b + x, Real(4), Real(4)) == 0.0).all()
    assert (one(lambda b, x: cl.tanh(x), Real(4), Real(4)) == 0.0).all()
    assert (one(lambda b: b, Real(4)) == 0.0).all()


def test_folded_diagrams_and_loops_are_looked_into() -> None:
    @cl.diagram
    def layer(w: Real(3, 3), x: Real(3)):
        return w @ x

    assert is_random(one(lambda w, x: cl.tanh(layer(w, x)), Real(3, 3), Real(3)))

    def cell(h, w, v):
        new = cl.tanh(w @ h + v @ h)
        return new, new

    body = trace(cell, Real(3) @ Real(3, 3) @ Real(3, 3))
    dom = Real(3, 3) @ Real(3) @ Real(5, 3, 3)
    loop = trace(lambda v, h, ws: cl.scan(body, [h], [ws], [v])[0][0], dom, "", ["v", "h", "ws"])
    found = initial(loop, ["v", "ws"], seed=0)
    assert is_random(found["v"])
    assert is_random(found["ws"]), "one weight matrix for each step"
    assert abs(found["ws"].std() / np.sqrt(2 / 6) - 1) < 0.4


def test_given_values_are_copied_and_leave_the_others_as_they_are() -> None:
    mine = np.arange(20).reshape(5, 4)
    found, plain = initial(net, LEARNED, 0, {"w1": mine, "b2": [1, 2, 3]}), initial(net, LEARNED, 0)
    np.testing.assert_array_equal(found["w1"], mine)
    assert found["w1"].dtype == np.float64
    np.testing.assert_array_equal(found["b2"], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(found["w2"], plain["w2"])
    mine[:] = 0
    assert found["w1"].any()


def test_numbers_and_empty_arrays_are_parameters_too() -> None:
    d = trace(lambda a, e, x: cl.sum(e @ x) + a, Real() @ Real(0, 2) @ Real(2), "", ["a", "e", "x"])
    found = initial(d, ["a", "e"], seed=0)
    assert (found["a"].shape, found["e"].shape) == ((), (0, 2))


def named() -> Diagram:
    return trace(lambda w, x: w @ x, Real("n", 2) @ Real(2), "", ["w", "x"])


@pytest.mark.parametrize(
    ("model", "learned", "given", "said"),
    [
        (net, LEARNED, {"w3": 0}, "'w3' is no learned input; those are w1, b1, w2, b2"),
        (net, ["w1"], {"x": np.zeros(4)}, "'x' is no learned input"),
        (net, LEARNED, {"b1": np.zeros(4)}, "b1 must have the shape (5,), not (4,)"),
        (net, LEARNED, {"b1": [1, 2, np.nan, 4, 5]}, "b1: the value at (2,) is nan"),
        (net, LEARNED, [1.0], "values are given by name, as in {'w1': ...}, not as [1.0]"),
        (net, LEARNED, {"b1": "zeros"}, "b1: must hold real numbers"),
        (net, LEARNED, {"b1": np.zeros(5, complex)}, "b1: must hold real numbers, not complex128"),
        (named(), ["w"], {}, 'w is Real("n", 2); a learned input is Real with numbers for sizes'),
        (cl.discard(Ty("X")), ["x0"], {}, 'x0 is Ty("X"); a learned input is Real'),
    ],
)
def test_what_cannot_be_learned(model: Diagram, learned: list[str], given: Any, said: str) -> None:
    with pytest.raises(InputMismatch) as caught:
        initial(model, learned, 0, given)
    assert said in str(caught.value)
