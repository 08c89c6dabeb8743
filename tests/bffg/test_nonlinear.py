"""Gaussian noise around any function: against quadrature and a fine-grid filter, under several guides."""

import numpy as np
import pytest

from catlearn import Gaussian, Real, Ty, bffg, gaussian, gaussian_state, kernel, unroll
from catlearn.diagrams.theories.markov.processes.linear_sde import LinearSDE
from catlearn.diagrams.theories.markov.processes.nonlinear import Linearized, Nonlinear
from catlearn.errors import Diverged, NotNormalized, NotSupported, ShapeMismatch, TypeMismatch

X = Real()
GRID = np.linspace(-9.0, 9.0, 1801)


def density(y, mean, variance):
    return np.exp(-0.5 * (y - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def move(x):
    return 0.9 * x + 0.5 * np.sin(x)


def spread(x):
    return 0.2 + 0.2 * np.cos(x) ** 2


def grid_filter(values, variance, see, noise):
    """The log-evidence of a chain from N(0, 1), and the mean of its last state."""
    dx, p, total = GRID[1] - GRID[0], density(GRID, 0.0, 1.0), 0.0
    step = density(GRID[:, None], move(GRID)[None], variance(GRID)[None]) * dx
    for k, y in enumerate(values):
        p = p if not k else step @ p
        p = p * density(y, see(GRID), noise)
        z = p.sum() * dx
        total, p = total + np.log(z), p / z
    return total, (GRID * p).sum() * dx


def model(count, variance, guides, see=lambda x: x + 0.1 * x**2):
    x = kernel("x", X, X, forward=Nonlinear(move, variance), guide=guides[0])
    y = kernel("y", X, X, forward=Nonlinear(see, 0.5), guide=guides[1])
    return unroll(gaussian_state("x", X, 0.0, 1.0), x, y, count)


GUIDES = [
    (None, None),
    (Gaussian([[1.0]], [0.0], [[0.4]]), Gaussian([[1.0]], [0.1], [[0.6]])),
    (LinearSDE(-0.1, 0.0, 0.4), Linearized()),
    (Linearized(), LinearSDE(0.1, 0.0, 0.7)),
]


@pytest.mark.parametrize("variance", [0.3, spread])
@pytest.mark.parametrize("guides", GUIDES)
def test_a_state_space_model_against_a_grid(guides, variance):
    values = [0.4, 1.2, 2.0, 1.1, 0.3]
    at = variance if callable(variance) else lambda x: variance + 0 * x
    wanted, mean = grid_filter(values, at, lambda x: x + 0.1 * x**2, 0.5)
    opt = bffg(model(5, variance, guides))
    seen = [name for name in opt.variables if name.startswith("y")]
    found = opt.forward(opt.backward(dict(zip(seen, values, strict=True))), n=20_000, seed=3)
    assert abs(found.log_evidence.value - wanted) < 4 * found.standard_error
    assert found.standard_error < 0.05
    last = [name for name in opt.variables if name.startswith("x")][-1]
    assert abs(found.mean(last).value - mean) < 4 * found.mean(last).standard_error


def test_a_linear_mean_has_no_weights():
    A, S = np.array([[0.5, 0.2], [-0.3, 0.9]]), np.array([[1.0, 0.3], [0.3, 0.5]])
    wire, y = Real(2), [0.3, -1.0]
    start = gaussian_state("r", wire, [0.0, 1.0], np.eye(2))
    wanted = bffg(start >> gaussian("x", wire, wire, A, [0.1, 0.2], S)).backward({"x": y}).log_evidence
    for jacobian in (None, lambda x: np.broadcast_to(A[..., None], (2, 2, x.shape[1]))):
        step = Nonlinear(lambda x: A @ x + np.array([[0.1], [0.2]]), S, jacobian)
        opt = bffg(start >> kernel("x", wire, wire, forward=step))
        found = opt.forward(opt.backward({"x": y}), n=50, seed=1)
        assert np.allclose(found.log_weights, wanted, rtol=1e-6)


def test_several_inputs_and_an_output_seen_in_part():
    two = Nonlinear(lambda x, y: np.stack([x * y[0], x + y[1]]), lambda x, y: np.eye(2) * 0.5)
    start = gaussian_state("x", X, 1.0, 0.1) @ gaussian_state("y", Real(2), [0.5, 0.0], 0.1 * np.eye(2))
    opt = bffg(start >> kernel("z", X @ Real(2), Real(2), forward=two))
    found = opt.forward(opt.backward({"z": [0.8, None]}), n=50_000, seed=1)
    random = np.random.default_rng(0)
    x, y = 1 + np.sqrt(0.1) * random.normal(size=10**6), 0.5 + np.sqrt(0.1) * random.normal(size=10**6)
    wanted = density(0.8, x * y, 0.5)
    error = np.hypot(found.standard_error, wanted.std() / wanted.mean() / 1000)
    assert abs(found.log_evidence.value - np.log(wanted.mean())) < 4 * error
    assert np.isclose(found.mean("z").value[0], 0.8)


def test_two_kernels_in_one_stack():
    first, second = (kernel(name, X, X, forward=Nonlinear(f, 0.3)) for name, f in (("a", np.sin), ("b", np.tanh)))
    start = gaussian_state("x", X, 0.5, 0.2) @ gaussian_state("y", X, -0.5, 0.2)
    opt = bffg(start >> (first @ second))
    found = opt.forward(opt.backward({"a": 0.9, "b": -0.2}), n=20_000, seed=4)
    dx = GRID[1] - GRID[0]
    wanted = sum(
        np.log((density(GRID, m, 0.2) * density(y, f(GRID), 0.3)).sum() * dx)
        for m, y, f in ((0.5, 0.9, np.sin), (-0.5, -0.2, np.tanh))
    )
    assert abs(found.log_evidence.value - wanted) < 4 * found.standard_error


def run(forward, dom=X, cod=X, y=0.5):
    start = gaussian_state("r", dom, np.zeros(2) if dom.obs[0].sizes else 0.0, np.eye(2 if dom.obs[0].sizes else 1))
    opt = bffg(start >> kernel("step", dom, cod, forward=forward))
    return opt.forward(opt.backward({"step": y}), n=10)


@pytest.mark.parametrize(
    ("forward", "error", "said"),
    [
        (Nonlinear(lambda x: x * np.nan, 1.0), Diverged, "step: mean gives nan at x ="),
        (Nonlinear(lambda x: x[:-1], 1.0), ShapeMismatch, r"step: mean gives the shape .* it needs"),
        (Nonlinear(lambda x: "no", 1.0), ShapeMismatch, "step: mean gives 'no'"),
        (Nonlinear(np.sin, lambda x: x - 1e9), NotNormalized, "step: covariance is no covariance"),
        (Nonlinear(np.sin, lambda x: np.ones((2, 2, 2))), ShapeMismatch, "step: covariance gives the shape"),
        (Nonlinear(np.sin, 0.0), NotSupported, "step: .*no noise"),
    ],
)
def test_bad_functions_are_told_by_the_box(forward, error, said):
    with pytest.raises(error, match=said):
        run(forward)


def test_bad_kernels_are_refused():
    with pytest.raises(TypeMismatch, match="mean is a function"):
        Nonlinear(3.0, 1.0)
    with pytest.raises(ShapeMismatch, match="square"):
        Nonlinear(np.sin, [[1.0, 2.0]])
    with pytest.raises(ShapeMismatch, match=r"step: covariance has shape \(2, 2\)"):
        kernel("step", X, X, forward=Nonlinear(np.sin, np.eye(2)))
    with pytest.raises(TypeMismatch, match="step: a Nonlinear has inputs"):
        kernel("step", Ty(), X, forward=Nonlinear(np.sin, 1.0))
    with pytest.raises(ShapeMismatch, match="step: mean gives the shape"):
        run(Nonlinear(lambda x: x[0], 1.0), Real(2), Real(2), [0.1, 0.2])


def test_inputs_cannot_be_changed():
    def spoil(x):
        x *= 0.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        run(Nonlinear(spoil, 1.0))
