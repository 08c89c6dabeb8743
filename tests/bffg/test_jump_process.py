"""Markov jump processes against matrix exponentials and solved equations."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import catlearn as cl
from catlearn.diagrams.theories.markov.kernel import find_kernel
from catlearn.diagrams.theories.markov.processes.jump_process import JumpProcess, MarkovJump
from catlearn.errors import (
    CatlearnError,
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    ShapeMismatch,
    TypeMismatch,
)

X = cl.Finite("a", "b", "c")
P0 = [0.5, 0.3, 0.2]


def random_rates(random, k=3):
    q = random.exponential(size=(k, k))
    np.fill_diagonal(q, 0.0)
    return q - np.diag(q.sum(axis=1))


def changing(t):
    a, b = 0.5 + t, 1.0 / (1.0 + t)
    return [[-a - 0.2, a, 0.2], [b, -2 * b, b], [0.0, 1.0, -1.0]]


def solved(rates, length, start=0.0):
    """The table of a process with changing rates, by Kolmogorov's forward equation."""
    found = solve_ivp(
        lambda t, p: (p.reshape(3, 3) @ np.array(rates(start + t))).ravel(),
        (0, length),
        np.eye(3).ravel(),
        rtol=1e-10,
        atol=1e-12,
    )
    return found.y[:, -1].reshape(3, 3)


def near(estimate, truth):
    assert abs(np.exp(estimate.value) / truth - 1.0) < 4 * estimate.standard_error + 1e-12


@settings(derandomize=True, deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), s=st.floats(0, 2), t=st.floats(0, 2))
def test_tables_are_matrix_exponentials_and_compose(seed, s, t):
    q = random_rates(np.random.default_rng(seed))
    both = MarkovJump(q).transition([s, t, s + t])
    for k, length in enumerate((s, t, s + t)):
        assert np.allclose(both[..., k], expm(q * length), atol=1e-12)
    assert np.allclose(both[..., 0] @ both[..., 1], both[..., 2], atol=1e-12)


def test_a_bridge_is_exact():
    q = random_rates(np.random.default_rng(0))
    step = cl.kernel("x", X, X, forward=MarkovJump(q))
    d = cl.state("start", X, P0) >> step(0.4) >> step(1.1)
    opt = cl.bffg(d)
    back = opt.backward({"x#2": "c"})
    first, second = expm(0.4 * q), expm(1.1 * q)
    assert back.exact
    assert len(back.plan.kinds) == 2
    assert np.isclose(np.exp(back.log_evidence), (P0 @ first @ second)[2], rtol=1e-12)
    assert np.allclose(np.exp(back["x"].log), second[:, 2], rtol=1e-12)
    paths = opt.forward(back, n=20000, seed=1)
    assert np.ptp(paths.log_weights) == 0
    truth = (P0 @ first) * second[:, 2] / (P0 @ first @ second)[2]
    for k, outcome in enumerate("abc"):
        found = paths.probability("x", outcome)
        assert abs(found.value - truth[k]) < 4 * found.standard_error


def test_evidence_is_the_same_under_random_guides():
    random = np.random.default_rng(3)
    q = random_rates(random)
    truth = (P0 @ expm(0.5 * q) @ expm(0.5 * q))[1]
    for seed in range(3):
        step = cl.kernel("x", X, X, forward=MarkovJump(q), guide=MarkovJump(random_rates(random)))
        opt = cl.bffg(cl.state("start", X, P0) >> step(0.5) >> step(0.5))
        near(opt.forward(opt.backward({"x#2": "b"}), n=20000, seed=seed).log_evidence, truth)


def test_constant_rates_in_steps_are_exact_under_any_guide():
    random = np.random.default_rng(4)
    q = random_rates(random)
    for n, guide in ((1, MarkovJump(random_rates(random))), (7, MarkovJump(random_rates(random)))):
        step = cl.kernel("x", X, X, forward=JumpProcess(q, steps=n), guide=guide)
        opt = cl.bffg(cl.state("start", X, P0) >> step(0.3) >> step(1.0))
        paths = opt.forward(opt.backward({"x#2": "b"}), n=20000, seed=n)
        near(paths.log_evidence, (P0 @ expm(1.3 * q))[1])
    own = cl.bffg(cl.state("start", X, P0) >> cl.kernel("x", X, X, forward=JumpProcess(q, 1.3, steps=5)))
    paths = own.forward(own.backward({"x": "b"}), n=100)
    assert abs(np.ptp(paths.log_weights)) < 1e-12
    assert np.isclose(paths.log_evidence.value, np.log((P0 @ expm(1.3 * q))[1]))


def test_changing_rates_against_the_forward_equation():
    truth = P0 @ solved(changing, 1.5) @ solved(changing, 0.5, 1.5)
    boxes = [
        cl.kernel("x", X, X, forward=JumpProcess(changing, 1.5, steps=60)),
        cl.kernel("x", X, X, forward=JumpProcess(changing, 0.5, steps=60, start=1.5)),
    ]
    opt = cl.bffg(cl.state("start", X, P0) >> boxes[0] >> boxes[1])
    back = opt.backward({"x#2": "c"})
    assert not back.exact
    paths = opt.forward(back, n=20000, seed=2)
    near(paths.log_evidence, truth[2])
    middle = (P0 @ solved(changing, 1.5)) * solved(changing, 0.5, 1.5)[:, 2] / truth[2]
    for k, outcome in enumerate("abc"):
        found = paths.probability("x", outcome)
        assert abs(found.value - middle[k]) < 4 * found.standard_error


def test_the_error_of_steps_is_of_second_order():
    truth = solved(changing, 1.0)
    errors = []
    for n in (5, 10, 20):
        process = JumpProcess(changing, 1.0, steps=n).process
        tables = process.tables(np.ones(1))[..., 0]
        errors.append(abs(np.linalg.multi_dot(list(tables)) - truth).max())
    assert 3.5 < errors[0] / errors[1] < 4.5
    assert 3.5 < errors[1] / errors[2] < 4.5


def test_the_weight_is_the_integral_of_generators():
    """On a path that stays, the weight of many steps is the integral of (L - L~) g / g there."""
    random = np.random.default_rng(7)
    q, other = random_rates(random), random_rates(random)
    n, length = 4000, 0.7
    step = cl.kernel("x", X, X, forward=JumpProcess(q, length, steps=n), guide=MarkovJump(other))
    opt = cl.bffg(step)
    back = opt.backward({"x": {"a": 1.0, "b": 0.3, "c": 0.5}})
    still = [np.zeros((1, 1, 1)), np.full((n, 1, 1), -8.0)]
    paths = opt.forward(back, innovations=still, inputs={opt.variables[0]: "a"})
    assert paths["x"][0] == 0
    times = (np.arange(n) + 0.5) * length / n
    g = np.stack([expm(other * (length - t)) @ [1.0, 0.3, 0.5] for t in times])
    integral = np.mean([(q[0] @ v - other[0] @ v) / v[0] for v in g]) * length
    entered = np.log((expm(other * length) @ [1.0, 0.3, 0.5])[0])
    assert np.isclose(paths.log_weights[0], entered + integral, atol=1e-3)


def test_innovations_repeat_and_durations_are_one_group():
    step = cl.kernel("x", X, X, forward=JumpProcess(changing, steps=10))
    opt = cl.bffg(cl.state("s", X, P0) >> cl.copy(X) >> (step(0.5) @ step(1.0)))
    back = opt.backward({"x": "a", "x#2": "c"})
    assert len(back.plan.groups) == 2
    paths = opt.forward(back, n=50, seed=3)
    again = opt.forward(back, innovations=paths.innovations)
    assert (paths.log_weights == again.log_weights).all()
    assert (paths["s"] == again["s"]).all()
    free = opt.forward(opt.backward({}), n=50)
    assert abs(free.log_weights).max() < 1e-12
    truth = sum(P0[k] * solved(changing, 0.5)[k, 0] * solved(changing, 1.0)[k, 2] for k in range(3))
    many = opt.forward(back, n=20000, seed=4).log_evidence
    assert abs(np.exp(many.value) / truth - 1) < 4 * many.standard_error + 1e-3


def test_what_cannot_be_is_told():
    one_way = [[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0], [0.0, 0.0, 0.0]]
    opt = cl.bffg(cl.state("s", X, [0, 0, 1]) >> MarkovJump(one_way).box("x", X))
    with pytest.raises(ImpossibleEvidence):
        opt.backward({"x": "a"})


def test_kernels_can_be_read_back():
    for kernel in (MarkovJump([[-1, 1], [2, -2]], 0.5), JumpProcess([[-1, 1], [2, -2]], 0.5, 7, 1.0)):
        assert find_kernel(type(kernel).__name__).from_data(*json.loads(json.dumps(kernel.data()))) == kernel


Q = [[-1.0, 1.0], [2.0, -2.0]]
BAD = [
    (lambda: MarkovJump([[1.0, -1.0], [2.0, -2.0]]), NotNormalized),
    (lambda: MarkovJump([[-1.0, 1.5], [2.0, -2.0]]), NotNormalized),
    (lambda: MarkovJump([[-np.inf, np.inf], [2.0, -2.0]]), NotNormalized),
    (lambda: MarkovJump([[-1.0, 1.0]]), ShapeMismatch),
    (lambda: MarkovJump("fast"), ShapeMismatch),
    (lambda: MarkovJump([]), ShapeMismatch),
    (lambda: MarkovJump(lambda t: Q), TypeMismatch),
    (lambda: MarkovJump(Q, -1.0), InputMismatch),
    (lambda: MarkovJump(Q).lasting("long"), InputMismatch),
    (lambda: MarkovJump(Q).box("x", X), ShapeMismatch),
    (lambda: MarkovJump(Q).box("x", cl.Real()), TypeMismatch),
    (lambda: MarkovJump([[-1e9, 1e9], [0, 0]]).transition(), NotSupported),
    (lambda: JumpProcess(Q, steps=0), InputMismatch),
    (lambda: JumpProcess(Q, start=-1.0), InputMismatch),
    (lambda: JumpProcess(Q, np.nan), InputMismatch),
    (lambda: JumpProcess(lambda t: [[1.0 + t, -1.0], [0, 0]]), NotNormalized),
    (lambda: JumpProcess(lambda t: np.zeros((2 + (t > 0), 2 + (t > 0)))).average(), ShapeMismatch),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_what_does_not_fit_is_a_typed_error_of_one_line(case):
    make, kind = BAD[case]
    with pytest.raises(kind) as caught:
        make()
    assert isinstance(caught.value, CatlearnError)
    assert "\n" not in str(caught.value)


def test_steps_of_truth_and_guide_are_as_many():
    Y = cl.Finite("a", "b")
    d = cl.kernel("x", Y, Y, forward=JumpProcess(Q, steps=3), guide=JumpProcess(Q, steps=4))
    with pytest.raises(InputMismatch, match="x: has 3 steps"):
        cl.bffg(d).backward({})
