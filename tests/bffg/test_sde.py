"""Diffusions: evidence against a grid under many guides, trees, whole paths, and the weights of continuous time."""

import numpy as np
import pytest

from catlearn import Gaussian, Real, bffg, copy, gaussian, gaussian_state, kernel
from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion, LinearSDE, OrnsteinUhlenbeck
from catlearn.diagrams.theories.markov.processes.sde import SDE
from catlearn.errors import Diverged, InputMismatch, NotNormalized, NotSupported, ShapeMismatch, TypeMismatch
from catlearn.interpreters.bffg.rules.sde import SDERule

X = Real()
GRID = np.linspace(-7.0, 7.0, 1001)
STEPS = 16


def density(y, mean, variance):
    return np.exp(-0.5 * (y - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def chain(b, sigma, duration, g):
    """The message at the start of a diffusion in steps, of the message g at its end, both on the grid."""
    dt, dx = duration / STEPS, GRID[1] - GRID[0]
    step = density(GRID[None], (GRID + dt * b(GRID))[:, None], (sigma(GRID) ** 2 * dt)[:, None]) * dx
    for _ in range(STEPS):
        g = step @ g
    return g


def well(x):
    return x - x**3


def even(x):
    return 0.7 + 0 * x


def wide(x):
    return 0.6 + 0.2 * np.sin(x)


GUIDES = [
    None,
    BrownianMotion(0.5),
    OrnsteinUhlenbeck(0.5, 0.8, 0.6),
    LinearSDE(lambda t: -t, np.sin, lambda t: 0.4 + t / 5),
]


def diffusion(b, sigma, guide, **options):
    constant = sigma(0.0) == sigma(1.0)
    spread = float(sigma(0.0)) if constant else lambda t, x: sigma(x)
    return kernel("x", X, X, forward=SDE(lambda t, x: b(x), spread, steps=STEPS, **options), guide=guide)


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize(("b", "sigma"), [(np.tanh, even), (well, even), (np.cos, wide)])
def test_evidence_against_a_grid(b, sigma, guide):
    opt = bffg(
        gaussian_state("r", X, 0.2, 0.1) >> diffusion(b, sigma, guide)(0.8) >> gaussian("y", X, X, 1.0, 0.0, 0.2)
    )
    found = opt.forward(opt.backward({"y": 0.9}), n=20_000, seed=1)
    wanted = np.log(
        (density(GRID, 0.2, 0.1) * chain(b, sigma, 0.8, density(0.9, GRID, 0.2))).sum() * (GRID[1] - GRID[0])
    )
    assert abs(found.log_evidence.value - wanted) < 4 * found.standard_error
    assert found.ess > 4000


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize(("b", "sigma"), [(np.tanh, even), (np.cos, wide)])
def test_an_end_that_is_observed_itself(b, sigma, guide):
    opt = bffg(gaussian_state("r", X, 0.2, 0.1) >> diffusion(b, sigma, guide))
    found = opt.forward(opt.backward({"x": 0.9}), n=20_000, seed=1)
    dt, dx = 1.0 / STEPS, GRID[1] - GRID[0]
    last = density(0.9, GRID + dt * b(GRID), sigma(GRID) ** 2 * dt)
    step = density(GRID[None], (GRID + dt * b(GRID))[:, None], (sigma(GRID) ** 2 * dt)[:, None]) * dx
    for _ in range(STEPS - 1):
        last = step @ last
    assert (
        abs(found.log_evidence.value - np.log((density(GRID, 0.2, 0.1) * last).sum() * dx)) < 4 * found.standard_error
    )
    assert np.all(found["x"] == 0.9)


def test_a_branching_diffusion_against_a_grid():
    move = diffusion(np.sin, even, None)
    see = gaussian("y", X, X, 1.0, 0.0, 0.3)
    tree = gaussian_state("r", X, 0.0, 0.5) >> move(0.5) >> copy(X)
    tree = tree >> ((move(0.7) >> see) @ (move(0.2) >> copy(X) >> ((move(0.4) >> see) @ (move(1.0) >> see))))
    opt = bffg(tree)
    leaves = [name for name in opt.variables if name.startswith("y")]
    values = dict(zip(leaves, [0.5, 1.2, -0.1], strict=True))
    found = opt.forward(opt.backward(values), n=20_000, seed=2)
    ends = [density(y, GRID, 0.3) for y in values.values()]
    inner = chain(np.sin, even, 0.4, ends[1]) * chain(np.sin, even, 1.0, ends[2])
    root = chain(np.sin, even, 0.5, chain(np.sin, even, 0.7, ends[0]) * chain(np.sin, even, 0.2, inner))
    wanted = np.log((density(GRID, 0.0, 0.5) * root).sum() * (GRID[1] - GRID[0]))
    assert abs(found.log_evidence.value - wanted) < 4 * found.standard_error
    assert found.ess > 10_000


def test_a_linear_drift_guides_itself():
    B, spread, wire = np.array([[-1.0, 0.5], [-0.5, -0.3]]), np.array([[0.5, 0.0], [0.3, 0.4]]), Real(2)
    for sigma in (spread, lambda t, x: spread):
        step = kernel("x", wire, wire, forward=SDE(lambda t, x: B @ x + 0.1, sigma, steps=30))
        model = (
            gaussian_state("r", wire, [0.0, 1.0], np.eye(2)) >> step >> gaussian("y", wire, X, [1.0, -1.0], 0.0, 0.1)
        )
        opt = bffg(model)
        found = opt.forward(opt.backward({"y": 0.4}), n=100, seed=1)
        assert np.ptp(found.log_weights) < 1e-6
    exact = kernel("x", wire, wire, forward=LinearSDE(B, 0.1, spread @ spread.T))
    start, end = gaussian_state("r", wire, [0.0, 1.0], np.eye(2)), gaussian("y", wire, X, [1.0, -1.0], 0.0, 0.1)
    wanted = bffg(start >> exact >> end).backward({"y": 0.4}).log_evidence
    assert abs(found.log_evidence.value - wanted) < 0.02


def test_guided_by_the_exact_equation_weights_vanish_with_the_steps():
    guide, deviations = OrnsteinUhlenbeck(1.0, 0.5, 0.8), []
    for steps in (20, 80, 320):
        move = kernel("x", X, X, forward=SDE(lambda t, x: 0.5 - x, np.sqrt(0.8), steps=steps), guide=guide)
        opt = bffg(gaussian_state("r", X, 0.0, 1.0) >> move >> gaussian("y", X, X, 1.0, 0.0, 0.1))
        deviations.append(opt.forward(opt.backward({"y": 1.0}), n=2000, seed=1).log_weights.std())
    assert deviations[2] < deviations[1] < deviations[0] < 0.2
    assert deviations[2] < 0.02


def test_weights_come_near_the_integral_of_continuous_time():
    steps, y, noise = 2000, 1.1, 0.09
    move = kernel("x", X, X, forward=SDE(lambda t, x: np.tanh(x), 1.0, steps=steps), guide=BrownianMotion(1.2))
    opt = bffg(move >> gaussian("y", X, X, 1.0, 0.0, noise))
    back = opt.backward({"y": y})
    start = opt.variables[0]
    paths = opt.forward(back, n=200, seed=1, inputs={start: 0.25})
    group = next(k for k, g in enumerate(back.plan.groups) if isinstance(back.rules[g.kind], SDERule))
    rule = back.rules[back.plan.groups[group].kind]
    z = paths.innovations[len(back.plan.inputs) + group]
    times, path = rule.path(back.filtered.pulled[group], (np.full((1, 1, 200), 0.25),), z)
    assert np.allclose(path[-1, 0, 0], paths["x"])
    x, t = path[:-1, 0, 0], times[:-1]
    H = 1 / (noise + 1.2 * (1 - t))
    r = H * (y - x)
    integral = (np.tanh(x) * r - 0.5 * (1 - 1.2) * (H - r**2)).sum(axis=0) / steps
    assert np.abs(paths.log_weights - back[start].at(0.25) - integral).max() < 0.05


def test_grids_are_refined_and_time_is_passed():
    assert np.allclose(SDE(np.add, 1.0, steps=2, refined=True).process.grid, [0.0, 0.75, 1.0])
    seen = []

    def drift(t, x):
        seen.append(np.shape(t))
        return np.sin(t) + 0 * x

    move = kernel("x", X, X, forward=SDE(drift, 0.5, steps=50), guide=BrownianMotion(0.25))
    opt = bffg(gaussian_state("r", X, 0.0, 0.3) >> copy(X) >> (move(1.0) @ move(2.0)))
    found = opt.forward(opt.backward({}), n=20_000, seed=1)
    means = [found.mean(name).value for name in opt.variables[1:]]
    assert np.allclose(means, 1 - np.cos([1.0, 2.0]), atol=0.03)
    assert np.allclose(found.log_weights, 0.0, atol=1e-9)
    assert (40_000,) in seen or (20_000,) in seen or any(len(shape) for shape in seen)


def test_blocks_of_samples_do_not_change_anything(monkeypatch):
    opt = bffg(gaussian_state("r", X, 0.0, 0.3) >> diffusion(np.sin, wide, None) >> gaussian("y", X, X, 1.0, 0.0, 0.2))
    back = opt.backward({"y": 0.3})
    whole = opt.forward(back, n=50, seed=1)
    monkeypatch.setattr("catlearn.interpreters.bffg.rules.sde_paths.BLOCK", 7)
    parts = opt.forward(back, innovations=whole.innovations)
    assert np.allclose(whole["x"], parts["x"], rtol=1e-12)
    assert np.allclose(whole.log_weights, parts.log_weights, rtol=1e-12)


def test_no_time_moves_nothing():
    move = diffusion(np.sin, even, OrnsteinUhlenbeck(1.0, 0.0, 1.0))
    opt = bffg(gaussian_state("r", X, 0.5, 0.3) >> move(0.0) >> gaussian("y", X, X, 1.0, 0.0, 0.2))
    found = opt.forward(opt.backward({"y": 0.3}), n=50, seed=1)
    assert np.allclose(found["x"], found["r"])
    assert np.allclose(found.log_weights, np.log(density(0.3, 0.5, 0.5)))
    with pytest.raises(NotSupported, match="x: .*no noise"):
        bffg(gaussian_state("r", X, 0.5, 0.3) >> move(0.0)).backward({"x": 0.3})


def run(forward, wire=X, guide=None):
    start = gaussian_state("r", wire, np.zeros(2) if wire.obs[0].sizes else 0.0, np.eye(2 if wire.obs[0].sizes else 1))
    opt = bffg(start >> kernel("move", wire, wire, forward=forward, guide=guide))
    return opt.forward(opt.backward({"move": [0.1, 0.2] if wire.obs[0].sizes else 0.5}), n=10)


@pytest.mark.parametrize("guide", [None, BrownianMotion()])
@pytest.mark.parametrize(
    ("drift", "dispersion", "error", "said"),
    [
        (lambda t, x: x * np.nan, 1.0, Diverged, "move: drift .*finite|move: drift gives nan"),
        (lambda t, x: x[:-1], 1.0, ShapeMismatch, "move: drift gives the shape"),
        (lambda t, x: None, 1.0, ShapeMismatch, "move: drift gives None|move: drift gives the shape"),
        (lambda t, x: x, lambda t, x: np.ones((3, 3, 3)), ShapeMismatch, "move: dispersion gives the shape"),
        (lambda t, x: x, lambda t, x: np.inf * x, Diverged, "move: dispersion gives"),
        (lambda t, x: -1e9 * x**3 - 1e9, 1.0, Diverged, "move: drift"),
        (lambda t, x: -x, 0.0, NotSupported, "move: .*no noise"),
    ],
)
def test_bad_functions_are_told_by_the_box(drift, dispersion, error, said, guide):
    with pytest.raises(error, match=said):
        run(SDE(drift, dispersion, steps=10), guide=guide)


def test_bad_kernels_are_refused():
    with pytest.raises(TypeMismatch, match="drift is a function"):
        SDE(1.0, 1.0)
    with pytest.raises(InputMismatch, match="steps"):
        SDE(np.add, 1.0, steps=True)
    with pytest.raises(ShapeMismatch, match="dispersion is a number or a matrix"):
        SDE(np.add, [1.0, 2.0])
    with pytest.raises(NotNormalized, match="finite"):
        SDE(np.add, np.inf)
    with pytest.raises(ShapeMismatch, match="move: dispersion has shape"):
        kernel("move", Real(2), Real(2), forward=SDE(np.add, np.eye(3)))
    with pytest.raises(TypeMismatch, match="move: a process keeps"):
        kernel("move", X, Real(2), forward=SDE(np.add, 1.0))
    opt = bffg(kernel("x", X, X, forward=SDE(np.add, 1.0), guide=Gaussian([[1.0]], [0.0], [[1.0]])))
    with pytest.raises(NotSupported, match="x: there is no rule for SDE guided by Gaussian"):
        opt.backward({"x": 0.0})
    with pytest.raises(Diverged, match="move: its guide grows beyond bounds"):
        run(SDE(lambda t, x: -x, 1.0, duration=1e4, steps=10), guide=LinearSDE(5.0, 0.0, 1.0))
    with pytest.raises(ShapeMismatch, match="move: drift gives the shape"):
        run(SDE(lambda t, x: x[0], 1.0, steps=10), Real(2))
