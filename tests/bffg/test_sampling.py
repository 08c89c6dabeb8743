"""`cl.sample` of models: posteriors of parameters against a grid, of wires against exact answers."""

from __future__ import annotations

import numpy as np
import pytest

import catlearn as cl
from catlearn import Gaussian, Real
from catlearn.errors import InputMismatch, UnknownVariable

X = Real()
DATA = {"y": 0.8, "y#2": 1.9, "y#3": 2.2}
PRIOR = cl.conjugate.Gamma(3.0, 3.0)


def model(guide=None) -> cl.Graph:
    step = cl.kernel("x", X, X, forward=lambda variance: Gaussian(1.0, 0.2, variance), guide=guide)
    return cl.unroll(cl.gaussian_state("x", X, 0.0, 1.0), step, cl.gaussian("y", X, X, 1.0, 0.0, 0.3), 3)


def on_a_grid() -> tuple[float, float]:
    """The posterior means of the variance and of the last state."""
    opt, grid = cl.bffg(model()), np.linspace(0.01, 6.0, 400)
    backs = [opt.backward(DATA, {"variance": v}) for v in grid]
    weights = np.exp([back.log_evidence + PRIOR.log_density(v) for back, v in zip(backs, grid, strict=True)])
    still = [np.zeros_like(z) for z in opt.forward(backs[0], 1).innovations]
    last = [opt.forward(back, innovations=still)["x#3"][0] for back in backs]
    return float(np.average(grid, weights=weights)), float(np.average(last, weights=weights))


@pytest.mark.parametrize("guide", [None, lambda variance: Gaussian(1.0, 0.0, variance + 0.2)])
def test_parameters_and_wires_have_their_posterior(guide) -> None:
    variance, last = on_a_grid()
    found = cl.sample(model(guide), DATA, {"variance": PRIOR}, steps=1500, chains=2, seed=3, keep=["x#3"])
    for name, exact in (("variance", variance), ("x#3", last)):
        mean = found.mean(name)
        assert abs(mean.value - exact) < 4 * mean.standard_error
        assert mean.standard_error < 0.15


def test_what_does_not_fit() -> None:
    with pytest.raises(UnknownVariable, match="'variance' has no prior"):
        cl.sample(model(), DATA, steps=5)
    with pytest.raises(UnknownVariable, match="no parameter 'sigma'"):
        cl.sample(model(), DATA, {"sigma": PRIOR}, steps=5)
    with pytest.raises(UnknownVariable, match="no variable 'z'"):
        cl.sample(model(), DATA, {"variance": PRIOR}, steps=5, keep=["z"])
    with pytest.raises(InputMismatch, match="keep is a list"):
        cl.sample(model(), DATA, {"variance": PRIOR}, steps=5, keep="x")
