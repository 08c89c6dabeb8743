"""Observations of any density, against quadrature."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln
from scipy.stats import gamma, invgamma, lognorm, norm

import catlearn as cl
from catlearn.diagrams.theories.markov.kernel import find_kernel
from catlearn.diagrams.theories.markov.processes.gamma_process import GammaProcess
from catlearn.diagrams.theories.markov.processes.observation import InverseGamma, Laplace, LogNormal, Observation, Tilt
from catlearn.errors import CatlearnError, InputMismatch, NotNormalized, NotSupported, OffSupport, TypeMismatch
from catlearn.interpreters.bffg.rules.observation import expansion

X = cl.Real()
PRIOR = cl.gaussian_state("x", X, 0.3, 0.8)


def poisson(y, x):
    return y * x - np.exp(x) - gammaln(y + 1)


def near(estimate, truth):
    assert abs(np.exp(estimate.value) / truth - 1.0) < 4 * estimate.standard_error + 1e-12


def integral(h):
    return quad(lambda x: norm.pdf(x, 0.3, np.sqrt(0.8)) * np.exp(h(x)), -8, 8, epsabs=1e-13)[0]


LEAVES = [
    (Observation(poisson), 3.0, lambda x: poisson(3.0, x)),
    (
        Observation(lambda y, x: -np.log(np.pi) - np.log1p((y - x) ** 2)),
        2.0,
        lambda x: -np.log(np.pi * (1 + (2 - x) ** 2)),
    ),
    (InverseGamma(2.5, 1.5), 0.7, lambda x: invgamma.logpdf(0.7, 2.5, scale=1.5 * np.exp(x))),
]


@pytest.mark.parametrize(("leaf", "y", "h"), LEAVES)
@pytest.mark.parametrize("guide", [None, Laplace(0.1), cl.Gaussian([[0.8]], [0.2], [[2.0]]), Tilt(0.4)])
def test_evidence_is_that_of_quadrature_whatever_the_guide(leaf, y, h, guide):
    opt = cl.bffg(PRIOR >> cl.kernel("y", X, X, forward=leaf, guide=guide))
    paths = opt.forward(opt.backward({"y": y}), n=40000, seed=1)
    near(paths.log_evidence, integral(h))
    if guide is None:
        mean = quad(lambda x: x * norm.pdf(x, 0.3, np.sqrt(0.8)) * np.exp(h(x)), -8, 8)[0] / integral(h)
        assert abs(paths.mean("x").value - mean) < 4 * paths.mean("x").standard_error
        assert paths.ess > 0.4 * 40000


def test_a_gaussian_density_has_no_weights():
    leaf = Observation(lambda y, x: norm.logpdf(y, 1.2 * x + 0.1, 0.7))
    for guide in (cl.Gaussian([[1.2]], [0.1], [[0.49]]), Laplace()):
        opt = cl.bffg(PRIOR >> cl.kernel("y", X, X, forward=leaf, guide=guide))
        paths = opt.forward(opt.backward({"y": 1.0}), n=100)
        assert np.ptp(paths.log_weights) < 1e-4
        assert np.isclose(paths.log_evidence.value, norm.logpdf(1.0, 0.46, np.sqrt(1.44 * 0.8 + 0.49)), atol=1e-5)


def test_log_normal_is_exact():
    opt = cl.bffg(PRIOR >> LogNormal([[1.2]], [0.1], [[0.49]]).box("y"))
    back = opt.backward({"y": 2.5})
    assert back.exact
    assert np.isclose(back.log_evidence, lognorm.logpdf(2.5, np.sqrt(1.44 * 0.8 + 0.49), scale=np.exp(0.46)))
    free = opt.forward(opt.backward({}), n=20000, seed=2)
    assert abs(np.log(free["y"]).mean() - 0.46) < 0.04
    two = LogNormal([[1.0], [0.5]], [0.0, 0.0], [[1.0, 0.3], [0.3, 0.5]]).box("y", X, cl.Real(2))
    both = cl.bffg(PRIOR >> two)
    part = both.backward({"y": [2.0, None]})
    assert np.isclose(part.log_evidence, lognorm.logpdf(2.0, np.sqrt(1.8), scale=np.exp(0.3)))
    assert np.allclose(both.forward(part, n=5)["y"][:, 0], 2.0)
    other = cl.kernel("y", X, X, forward=LogNormal([[1.2]], [0.1], [[0.49]]), guide=LogNormal([[1.0]], [0.0], [[0.8]]))
    guided = cl.bffg(PRIOR >> other)
    near(guided.forward(guided.backward({"y": 2.5}), n=20000).log_evidence, np.exp(back.log_evidence))


def test_stochastic_volatility_against_a_grid():
    """An autoregressive log-variance, seen through inverse Gamma numbers, three steps."""
    seen = [0.5, 2.0, 1.1]
    move = cl.gaussian("v", X, X, 0.9, 0.05, 0.3)
    chain = cl.unroll(cl.gaussian_state("v", X, 0.0, 1.0), move, InverseGamma(3.0, 2.0).box("r"), 3)
    opt = cl.bffg(chain)
    names = [name for name in opt.variables if name.startswith("r")]
    paths = opt.forward(opt.backward(dict(zip(names, seen, strict=True))), n=40000, seed=3)
    grid = np.linspace(-7, 7, 1401)
    step, p = norm.pdf(grid, (0.9 * grid + 0.05)[:, None], np.sqrt(0.3)) * 0.01, norm.pdf(grid) * 0.01
    for k, y in enumerate(seen):
        p = (p if k == 0 else p @ step) * invgamma.pdf(y, 3.0, scale=2.0 * np.exp(grid))
    near(paths.log_evidence, p.sum())
    assert paths.ess > 4000


def test_gamma_process_seen_through_inverse_gamma_numbers():
    a, b, y1, y2 = 3.0, 2.0, 0.8, 1.5
    grow = cl.kernel("x", X, X, forward=GammaProcess(a, b))
    leaf = InverseGamma(2.0, link="linear")
    d = (
        cl.gaussian_state("x0", X, 0.2, 0.0)
        >> grow(1.0)
        >> cl.copy(X)
        >> (leaf.box("y") @ (grow(1.0) >> leaf.box("z")))
    )

    def h(y, x):
        return invgamma.pdf(y, 2.0, scale=x)

    def later(x):
        return quad(lambda u: gamma.pdf(u, a, scale=1 / b) * h(y2, x + u), 0, 30)[0]

    truth = quad(lambda u: gamma.pdf(u, a, scale=1 / b) * h(y1, 0.2 + u) * later(0.2 + u), 0, 30)[0]
    opt = cl.bffg(d)
    near(opt.forward(opt.backward({"y": y1, "z": y2}), n=40000, seed=1).log_evidence, truth)
    at = cl.kernel("y", X, X, forward=leaf, guide=Tilt(1.5))
    first = cl.bffg(cl.gaussian_state("x0", X, 0.2, 0.0) >> grow(1.0) >> at)
    truth = quad(lambda u: gamma.pdf(u, a, scale=1 / b) * h(y1, 0.2 + u), 0, 30)[0]
    near(first.forward(first.backward({"y": y1}), n=40000, seed=1).log_evidence, truth)


def test_several_numbers_at_once():
    def log_density(y, x):
        return norm.logpdf(y, x[:, 0] * x[:, 1], 0.5)

    A = cl.Real(2)
    leaf = Observation(log_density)
    prior = cl.gaussian_state("x", A, [1.0, 0.5], [[0.2, 0.05], [0.05, 0.1]])
    opt = cl.bffg(prior >> leaf.box("y", A, X))
    paths = opt.forward(opt.backward({"y": 1.2}), n=40000, seed=2)
    z = np.random.default_rng(0).multivariate_normal([1.0, 0.5], [[0.2, 0.05], [0.05, 0.1]], size=400000)
    plain = np.exp(log_density(1.2, z))
    error = plain.std() / np.sqrt(len(plain)) / plain.mean()
    assert abs(np.exp(paths.log_evidence.value) / plain.mean() - 1) < 4 * (error + paths.log_evidence.standard_error)


def test_unobserved_leaves_weigh_nothing_and_are_drawn_where_they_can_be():
    leaf = InverseGamma(3.0, 2.0)
    opt = cl.bffg(PRIOR >> leaf.box("y"))
    paths = opt.forward(opt.backward({}), n=40000, seed=1)
    assert abs(paths.log_weights).max() < 1e-12
    truth = 2.0 * np.exp(0.3 + 0.4) / 2.0
    assert abs(paths["y"].mean() - truth) < 5 * paths["y"].std() / 200
    silent = cl.bffg(PRIOR >> Observation(poisson).box("y"))
    back = silent.backward({})
    with pytest.raises(NotSupported, match="y: is not observed"):
        silent.forward(back, n=10)
    assert len(silent.forward(back, n=10, keep=["x"])["x"]) == 10


def test_innovations_repeat_and_equal_leaves_are_one_group():
    leaf = Observation(poisson)
    d = PRIOR >> cl.copy(X, 3) >> (leaf.box("a") @ leaf.box("b") @ leaf.box("c"))
    opt = cl.bffg(d)
    back = opt.backward({"a": 1.0, "b": 2.0, "c": 0.0})
    assert len(back.plan.groups) == 2
    paths = opt.forward(back, n=20000, seed=3)
    near(paths.log_evidence, integral(lambda x: poisson(1.0, x) + poisson(2.0, x) + poisson(0.0, x)))
    again = opt.forward(opt.backward({"a": 1.0, "b": 2.0, "c": 0.0}), innovations=paths.innovations)
    assert (again.log_weights == paths.log_weights).all()


def test_expansion_is_value_slope_and_curvature():
    a = np.array([[0.3, 1.0], [0.5, -2.0]])
    value, slope, bend = expansion(lambda x: -np.cosh(x[0]) - x[0] * x[1] - x[1] ** 2, a)
    assert np.allclose(value, -np.cosh(a[0]) - a[0] * a[1] - a[1] ** 2)
    assert np.allclose(slope, [-np.sinh(a[0]) - a[1], -a[0] - 2 * a[1]], atol=1e-5)
    assert np.allclose(bend, [[np.cosh(a[0]), [1, 1]], [[1, 1], [2, 2]]], atol=1e-3)


def test_kernels_can_be_read_back():
    for kernel in (InverseGamma(2.0, 1.0, "linear"), LogNormal([[1.0]], [0.0], [[0.5]]), Laplace(0.5), Tilt()):
        assert find_kernel(type(kernel).__name__).from_data(*json.loads(json.dumps(kernel.data()))) == kernel


def seen(leaf, y, guide=None):
    return cl.bffg(PRIOR >> cl.kernel("y", X, X, forward=leaf, guide=guide)).backward({"y": y})


def watched():
    return cl.bffg(PRIOR >> LogNormal([[1.0]], [0.0], [[0.5]]).box("y") >> cl.gaussian("z", X, X, 1.0, 0.0, 1.0))


BAD = [
    (lambda: InverseGamma(0.0), NotNormalized, "shape"),
    (lambda: InverseGamma(1.0, -1.0), NotNormalized, "scale"),
    (lambda: InverseGamma(1.0, 1.0, "log"), InputMismatch, "link"),
    (lambda: InverseGamma(1.0).box("y", cl.Real(2), X), TypeMismatch, "y: "),
    (lambda: Observation("poisson"), TypeMismatch, "log_density"),
    (lambda: Observation(poisson).box("y", cl.Finite("a", "b"), X), TypeMismatch, "y: "),
    (lambda: LogNormal([[1.0]], [0.0], [[-0.5]]), NotNormalized, "S"),
    (lambda: Laplace("here"), InputMismatch, "anchor"),
    (lambda: Tilt(np.inf), InputMismatch, "anchor"),
    (lambda: cl.kernel("y", X, X, forward=Observation(poisson), guide=Laplace([0.0, 1.0])), InputMismatch, "y: "),
    (lambda: seen(InverseGamma(2.0), -1.0), OffSupport, "y: "),
    (lambda: seen(LogNormal([[1.0]], [0.0], [[0.5]]), 0.0), OffSupport, "y: "),
    (lambda: seen(InverseGamma(2.0, link="linear"), 1.0, Tilt(-1.0)), OffSupport, "y: "),
    (lambda: watched().backward({"z": 1.0}), NotSupported, "y: "),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_what_does_not_fit_is_a_typed_error_of_one_line(case):
    make, kind, said = BAD[case]
    with pytest.raises(kind, match=said) as caught:
        make()
    assert isinstance(caught.value, CatlearnError)
    assert "\n" not in str(caught.value)
