"""Chains sample what they should: against exact posteriors, grids and priors."""

from __future__ import annotations

import numpy as np
import pytest

from catlearn.diagrams.theories.markov.families.predictives import Lomax, StudentT
from catlearn.diagrams.theories.markov.families.priors import Beta, Dirichlet, Gamma, Normal
from catlearn.diagrams.theories.markov.sampled import Sampler
from catlearn.interpreters.bffg.mcmc.chain import State, advance, begin
from catlearn.interpreters.bffg.mcmc.parameters import parameters
from catlearn.interpreters.bffg.mcmc.plan import plan
from catlearn.interpreters.bffg.mcmc.sample import sample
from catlearn.interpreters.bffg.mcmc.scales import LINE, POSITIVE, SIMPLEX, UNIT
from catlearn.interpreters.bffg.mcmc.tuning import Tuning
from tests.bffg.mcmc.models import Constant, Messages, Walk

GRID = np.linspace(0.01, 8.0, 800)
PRIOR = Gamma(2.0, 1.0)


def near(estimate, exact):
    error = np.maximum(estimate.standard_error, 1e-12)
    assert np.all(np.abs(estimate.value - exact) < 4 * error), (estimate, exact)


def posterior(walk):
    """The posterior of sigma on a grid."""
    log = np.array([PRIOR.log_density(s) + walk.exact(s)[2] for s in GRID])
    p = np.exp(log - log.max())
    return p / p.sum()


@pytest.mark.parametrize("groups", [None, "each", [[1], [0]]])
def test_innovations_have_the_exact_posterior(groups) -> None:
    walk = Walk()
    found = sample(walk, steps=6000, keep=["path", "last"], groups=groups, chains=3, seed=2)
    mean, covariance, _ = walk.exact()
    L = walk.matrix()
    near(found.mean("path"), L @ mean)
    near(found.mean("last"), (L @ mean)[-1])
    away = found["path"] - L @ mean
    assert np.allclose(np.einsum("csi,csj->ij", away, away) / away[..., 0].size, L @ covariance @ L.T, atol=0.05)


@pytest.mark.parametrize("target", [Walk(), Messages()], ids=["weights", "messages"])
def test_parameters_have_the_posterior_of_a_grid(target) -> None:
    found = sample(target, {"sigma": PRIOR}, steps=6000, keep=["path"], seed=3)
    p = posterior(Walk())
    near(found.mean("sigma"), p @ GRID)
    paths = np.array([Walk().matrix(s) @ Walk().exact(s)[0] for s in GRID])
    near(found.mean("path"), p @ paths)
    spread = np.sqrt(p @ GRID**2 - (p @ GRID) ** 2)
    assert found["sigma"].std() == pytest.approx(spread, rel=0.1)


@pytest.mark.parametrize("step", [0.3, 1.0])
@pytest.mark.parametrize("groups", [None, "each"])
def test_a_step_leaves_the_posterior_as_it_is(step, groups) -> None:
    """Exact draws of sigma and the innovations stay exact draws after one step of every move."""
    walk, random, count = Walk(), np.random.default_rng(0), 3000
    work = plan(walk, {"sigma": PRIOR}, None, groups, ["path"], 0, 1, None)
    sigmas = random.choice(GRID, count, p=posterior(walk)) + random.uniform(-0.005, 0.005, count)
    walks = (Tuning(np.log(step), 0.4, mean=np.zeros(1), spread=np.eye(1)),)
    tunings = (Tuning(np.log(step), 0.2, ceiling=0.0),) * len(work.groups) + walks
    before, after = [], []
    for sigma in sigmas:
        mean, covariance, _ = walk.exact(sigma)
        z = random.multivariate_normal(mean, covariance)
        bits = np.random.PCG64(int(random.integers(2**60))).state
        weight = walk.log_weight([z], {"sigma": sigma})
        state = State(0, z, np.log([sigma]), weight, tunings, np.zeros(len(tunings), np.int64), bits)
        new, record = advance(work, state, 1)
        before.append([sigma, sigma**2, *z, *z**2, z[0] * z[2], z[0] * sigma])
        s, y = record.draws["sigma"][0], new.innovations
        after.append([s, s**2, *y, *y**2, y[0] * y[2], y[0] * s])
        assert new.log_weight == pytest.approx(walk.log_weight([y], {"sigma": s}))
    change = np.array(after) - np.array(before)
    assert (np.abs(change).mean(axis=0) > 0.01).all()
    assert (np.abs(change.mean(axis=0)) < 4 * change.std(axis=0) / np.sqrt(count)).all()


PRIORS = {
    "shape": Gamma(2.0, 3.0),
    "p": Beta(2.0, 5.0),
    "mu": Normal(1.0, 4.0),
    "shares": Dirichlet([2.0, 3.0, 4.0]),
    "wait": Lomax(6.0, 2.0),
    "t": StudentT(8.0, 0.0, 1.0),
    "mine": Sampler(lambda random, count: random.random(count), lambda x: np.where((x >= 0) & (x <= 1), 0.0, -np.inf)),
}


def test_without_weights_the_priors_come_back() -> None:
    blocks = [["shape", "p"], ["mu"], ["shares"], ["wait"], ["t", "mine"]]
    found = sample(Constant(), PRIORS, steps=4000, keep=["z"], chains=2, blocks=blocks, seed=4)
    for name, prior in PRIORS.items():
        near(found.mean(name), 0.5 if name == "mine" else prior.mean)
        near_squares = found[name].var(axis=(0, 1))
        assert np.allclose(near_squares, 1 / 12 if name == "mine" else prior.variance, rtol=0.2), name
    near(found.mean("z"), np.zeros(1))
    assert (found.acceptance["innovations"] == 1.0).all()
    assert (found.step_lengths["innovations"] == 1.0).all()
    assert ((found.acceptance["mu"] > 0.3) & (found.acceptance["mu"] < 0.6)).all()


def test_a_model_may_have_no_innovations() -> None:
    found = sample(Constant(count=0), {"mu": Normal(1.0, 4.0)}, steps=4000, seed=1)
    near(found.mean("mu"), 1.0)
    assert list(found.acceptance) == ["mu"]


@pytest.mark.parametrize(
    ("scale", "free"), [(LINE, [1.5]), (POSITIVE, [-2.0]), (UNIT, [0.7]), (UNIT, [-3.0]), (SIMPLEX, [0.3, -1.0, 2.0])]
)
def test_scales_are_bijections_with_their_jacobians(scale, free) -> None:
    y, h = np.array(free), 1e-6
    assert scale.free(scale.bound(y)) == pytest.approx(y)
    bound = lambda v: np.atleast_1d(scale.bound(v))[: len(y)]
    columns = [(bound(y + h * e) - bound(y - h * e)) / (2 * h) for e in np.eye(len(y))]
    assert scale.log_jacobian(y) == pytest.approx(np.log(abs(np.linalg.det(np.array(columns)))), abs=1e-6)


@pytest.mark.parametrize("far", [-800.0, 800.0])
def test_far_out_a_step_is_refused_and_nothing_overflows(far) -> None:
    both = parameters({"sigma": Gamma(2.0, 1.0), "p": Beta(0.5, 0.5), "shares": Dirichlet([0.5, 0.5])})
    assert both.at(np.array([far, far, far]))[1] == -np.inf


def test_steps_are_learned_in_the_warmup_alone() -> None:
    work = plan(Walk(), {"sigma": PRIOR}, None, None, [], 50, 1, None)
    first = begin(work, np.random.SeedSequence(1))
    half, _ = advance(work, first, 50)
    done, record = advance(work, half, 50)
    assert [t.log_step for t in half.tunings] == [t.log_step for t in done.tunings]
    assert [t.log_step for t in half.tunings] != [t.log_step for t in first.tunings]
    assert half.accepted.sum() == 0 < done.accepted.sum()
    assert len(record.log_weights) == 50
