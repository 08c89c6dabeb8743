"""Likelihood weighting: estimates against exact answers, and what it refuses."""

from itertools import product

import numpy as np
import pytest

from catlearn import Finite, Real, Ty, channel, copy, dumps, effect, exp, identity, infer, state, trace
from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.conditional_gaussian import conditional_gaussian
from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
from catlearn.diagrams.theories.markov.sampled import Sampler
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotSupported,
    ShapeMismatch,
    TypeMismatch,
    UnknownBox,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.markov.conjugate import (
    Bernoulli,
    Beta,
    Categorical,
    Conjugate,
    Dirichlet,
    Gamma,
    Multinomial,
    NormalInverseGamma,
    NormalUnknownVariance,
    Poisson,
    infer_conjugate,
)
from catlearn.interpreters.markov.weighting.weighted import Weighted
from catlearn.interpreters.markov.weighting.weighting import likelihood_weighting

X, Y = Finite("no", "yes"), Finite("a", "b", "c")


def sprinkler():
    cloudy = state("cloudy", X, [0.5, 0.5])
    rain = channel("rain", X, X, [[0.8, 0.2], [0.2, 0.8]])
    sprinkler = channel("sprinkler", X, X, [[0.5, 0.5], [0.9, 0.1]])
    wet = channel("wet", X @ X, Y, [[[1, 0, 0], [0.1, 0.6, 0.3]], [[0.1, 0.5, 0.4], [0.01, 0.09, 0.9]]])
    return (
        cloudy
        >> copy(n=3)
        >> (identity() @ rain @ sprinkler)
        >> (identity() @ copy() @ identity())
        >> (identity() @ identity() @ wet)
    )


def close(estimate, exact, errors=4.0):
    return abs(estimate.value - exact) <= errors * estimate.standard_error + 1e-12


@pytest.mark.parametrize(
    "evidence",
    [{}, {"wet": "b"}, {"wet": {"b", "c"}, "cloudy": "no"}, {"rain": {"no": 0.2, "yes": 0.7}, "wet": {"a": 1, "c": 3}}],
)
def test_within_four_standard_errors_of_exact_answers_on_tables(evidence):
    found, exact = likelihood_weighting(sprinkler(), evidence, 20_000, seed=1), infer(sprinkler()).posterior(evidence)
    assert close(found.log_evidence, exact.log_evidence)
    for name, marginal in exact.items():
        for outcome, p in marginal.items():
            assert close(found.probability(name, outcome), p)
        assert np.allclose(list(found.marginal(name).values()), list(marginal.values()), atol=0.03)
    assert not found.exact
    assert "estimate, not exact" in repr(found)
    assert 1 <= found.ess <= len(found) + 1e-6


def test_effects_count_and_no_evidence_is_certain():
    model = state("x", X, [0.3, 0.7]) >> copy() >> (identity() @ effect("seen", X, [4.0, 1.0]))
    found = likelihood_weighting(model, samples=20_000)
    assert close(found.log_evidence, np.log(0.3 * 4 + 0.7))
    assert close(found.probability("x", "no"), 1.2 / 1.9)
    nothing = likelihood_weighting(state("x", X, [0.3, 0.7]), samples=100)
    assert (nothing.log_evidence.value, nothing.log_evidence.standard_error) == (0.0, 0.0)
    assert nothing.ess == pytest.approx(100)


def test_conjugate_models():
    flip = Bernoulli().box("flip")
    model = Beta(2, 3).box("p") >> copy(n=4) >> (identity() @ flip @ flip @ flip)
    evidence = {"flip": "yes", "flip#2": "yes"}
    found, exact = likelihood_weighting(model, evidence), infer_conjugate(model).posterior(evidence)
    assert close(found.log_evidence, exact.log_evidence)
    assert close(found.mean("p"), exact["p"].mean)
    assert close(found.variance("p"), exact["p"].variance)
    assert close(found.probability("flip#3", "yes"), exact["flip#3"]["yes"])
    rates = Gamma(2, 1).box("rate") >> copy() >> (identity() @ Poisson().box("calls"))
    seen = likelihood_weighting(rates, {"calls": 4})
    assert close(seen.mean("rate"), 3.0)
    assert close(seen.log_evidence, float(Conjugate(Poisson(), Gamma(2, 1)).predictive.log_density(4)))


def test_vectors_two_wires_and_numbers_of_outcomes():
    model = (
        Dirichlet([1, 2, 3]).box("p")
        >> copy(n=3)
        >> (identity() @ Categorical("a", "b", "c").box("ball") @ Multinomial(4, 3).box("balls"))
    )
    found = likelihood_weighting(model, {"ball": "a", "balls": [2, 1, 1]}, 40_000)
    mean = Dirichlet([4, 3, 4]).mean
    assert np.all(np.abs(found.mean("p").value - mean) < 4 * found.mean("p").standard_error)
    soft = likelihood_weighting(model, {"ball": {"a", "b"}}, 40_000)
    assert close(soft.log_evidence, np.log(0.5))
    prior, likelihood = NormalInverseGamma(0, 1, 3, 2), NormalUnknownVariance()
    normal = prior.box("m") >> copy(n=2) >> (identity(Real() @ Real()) @ likelihood.box("x"))
    seen = likelihood_weighting(normal, {"x": 1.5}, 40_000)
    posterior = Conjugate(likelihood, prior).posterior([1.5])
    assert close(seen.mean("m.0"), posterior.mean[0])
    assert close(seen.mean("m.1"), posterior.mean[1])
    assert "m.1" in repr(seen)


def test_gaussian_kernels_also_degenerate_ones():
    model = (
        gaussian_state("x", Real(2), [1.0, 0.0], [[1.0, 0.5], [0.5, 2.0]])
        >> copy()
        >> (identity() @ gaussian("y", Real(2), Real(), [1.0, 1.0], 0.5, 0.25))
    )
    found = likelihood_weighting(model, {"y": 2.0}, 40_000, seed=2)
    S, A = np.array([[1.0, 0.5], [0.5, 2.0]]), np.array([[1.0, 1.0]])
    gain = S @ A.T / (A @ S @ A.T + 0.25)
    assert np.all(
        np.abs(found.mean("x").value - (np.array([1.0, 0.0]) + gain[:, 0] * 0.5)) < 4 * found.mean("x").standard_error
    )
    twice = (
        gaussian_state("x", Real(), 0.0, 1.0) >> copy() >> (identity() @ gaussian("y", Real(), Real(), 2.0, 0.0, 0.0))
    )
    drawn = likelihood_weighting(twice, samples=50)
    assert np.allclose(drawn.samples["y"], 2 * drawn.samples["x"])


def test_gaussians_that_depend_on_outcomes():
    tall = {
        ("no", "no"): (1.0, 0.0, 1.0),
        ("no", "yes"): (1.0, 1.0, 1.0),
        ("yes", "no"): (2.0, 0.0, 0.5),
        ("yes", "yes"): (0, 3, 1),
    }
    height = conditional_gaussian("height", X @ Real() @ X, Real(), tall)
    model = (
        (state("a", X, [0.4, 0.6]) @ gaussian_state("z", Real(), 1.0, 2.0) @ state("b", X, [0.5, 0.5]))
        >> (copy(X) @ identity(Real()) @ copy(X))
        >> (identity(X) @ height @ identity(X))
    )
    found = likelihood_weighting(model, {"height": 2.0}, 40_000)
    weights = {}
    for i, j in product(range(2), range(2)):
        A, b, S = tall[("no", "yes")[i], ("no", "yes")[j]]
        mean, variance = A * 1.0 + b, A * A * 2.0 + S
        weights[i, j] = [0.4, 0.6][i] * 0.5 * np.exp(-0.5 * (2 - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)
    total = sum(weights.values())
    assert close(found.log_evidence, np.log(total))
    assert close(found.probability("a", "yes"), (weights[1, 0] + weights[1, 1]) / total)
    assert close(found.probability("b", "yes"), (weights[0, 1] + weights[1, 1]) / total)
    drawn = likelihood_weighting(model, samples=40_000).mean("height")
    assert close(drawn, 0.4 * 0.5 * (1 + 2) + 0.6 * 0.5 * (2 + 3))


def test_samplers_and_functions_of_ones_own():
    def noisy(random, count, x):
        return x + 0.5 * random.standard_normal(count)

    def log_density(y, x):
        return -0.5 * ((y - x) / 0.5) ** 2 - np.log(0.5 * np.sqrt(2 * np.pi))

    grow = trace(exp, Real(), "grow")
    model = (
        gaussian_state("x", Real(), 0.0, 0.25)
        >> copy()
        >> (identity() @ (grow >> Sampler(noisy, log_density).box("y", Real(), Real())))
    )
    found = likelihood_weighting(model, {"y": 1.5}, 50_000)
    x = np.linspace(-4, 4, 20_001)
    weight = np.exp(-0.5 * x**2 / 0.25) * np.exp(log_density(1.5, np.exp(x)))
    assert close(found.mean("x"), (x * weight).sum() / weight.sum())
    assert close(found.expectation(np.exp(found.samples["x"])), (np.exp(x) * weight).sum() / weight.sum())
    with pytest.raises(NotSupported, match="exp is observed, but has no density"):
        likelihood_weighting(model, {"exp": 1.0})
    with pytest.raises(NotSupported, match="y is observed, but has no density; give its sampler one"):
        likelihood_weighting(
            Sampler(lambda random, count: random.random(count)).box("y", Real()[:0], Real()), {"y": 0.5}
        )
    with pytest.raises(NotSupported, match="cannot be written"):
        dumps(model)


def test_two_outputs_of_a_sampler():
    def both(random, count):
        x = random.random(count)
        return x, (x > 0.25).astype(int)

    box = Sampler(both, lambda out: np.where(out[1] == 1, 0.0, -1.0)).box("s", Real()[:0], Real() @ X)
    found = likelihood_weighting(box, {"s.1": {"no": 1.0, "yes": 3.0}}, 20_000)
    assert close(found.log_evidence, np.log(0.25 + 3 * 0.75))
    with pytest.raises(NotSupported, match="observe all of them"):
        likelihood_weighting(box, {"s.0": 0.5})
    assert likelihood_weighting(box, {"s.0": 0.5, "s.1": "yes"}).log_evidence.value == 0.0


def test_standard_errors_cover():
    model = Beta(1, 1).box("p") >> copy() >> (identity() @ Bernoulli().box("flip"))
    runs = [likelihood_weighting(model, {"flip": "yes"}, 200, seed) for seed in range(300)]
    inside = [abs(run.mean("p").value - 2 / 3) < 1.96 * run.mean("p").standard_error for run in runs]
    assert 0.90 < np.mean(inside) < 0.99
    inside = [abs(run.log_evidence.value - np.log(0.5)) < 1.96 * run.log_evidence.standard_error for run in runs]
    assert 0.90 < np.mean(inside) < 0.99


def test_the_same_seed_gives_the_same_answer():
    one, same, other = (likelihood_weighting(sprinkler(), {"wet": "b"}, 100, seed) for seed in (3, 3, 4))
    assert np.array_equal(one.log_weights, same.log_weights)
    assert not np.array_equal(one.log_weights, other.log_weights)


def test_rare_evidence_says_that_samples_are_few():
    model = (
        Beta(1, 200).box("p")
        >> copy(n=4)
        >> (identity() @ (Bernoulli().box("a") @ Bernoulli().box("b") @ Bernoulli().box("c")))
    )
    found = likelihood_weighting(model, {"a": "yes", "b": "yes", "c": "yes"}, 500)
    assert found.ess < 100
    assert "too few to trust" in repr(found)


def test_bad_input_is_refused():
    model = sprinkler()
    with pytest.raises(ImpossibleEvidence, match="none of 100 samples agrees"):
        likelihood_weighting(model, {"wet": "b", "rain": "no", "sprinkler": "no"}, 100)
    with pytest.raises(UnknownVariable, match="did you mean 'rain'"):
        likelihood_weighting(model, {"rian": "no"})
    with pytest.raises(UnknownOutcome):
        likelihood_weighting(model, {"rain": "maybe"})
    with pytest.raises(InputMismatch, match="from 2 up"):
        likelihood_weighting(model, {}, 1)
    with pytest.raises(InputMismatch, match="dictionary"):
        likelihood_weighting(model, [1])
    with pytest.raises(TypeMismatch, match="put a state before it"):
        likelihood_weighting(Poisson().box("n"))
    with pytest.raises(UnknownBox, match="g: this box has no kernel"):
        likelihood_weighting(Beta(1, 1).box("p") >> Box("g", Real(), Real()))
    rates = Gamma(2, 1).box("rate") >> Poisson().box("calls")
    for value in ("many", [1, 2], np.nan):
        with pytest.raises(InputMismatch, match="calls is"):
            likelihood_weighting(rates, {"calls": value})
    with pytest.raises(ImpossibleEvidence):
        likelihood_weighting(rates, {"calls": 1.5})
    found = likelihood_weighting(rates, samples=10)
    with pytest.raises(TypeMismatch, match="no named outcomes"):
        found.probability("rate", "yes")
    with pytest.raises(TypeMismatch, match="ask for probability"):
        likelihood_weighting(model, samples=10).mean("rain")
    with pytest.raises(UnknownVariable):
        found.mean("x")
    with pytest.raises(TypeMismatch, match="each of the 10 samples"):
        found.expectation([1.0])


def test_what_samplers_give_is_checked():
    def run(draw, cod=None, evidence=None, log_density=None):
        box = Sampler(draw, log_density).box("y", Real()[:0], cod or Real())
        return likelihood_weighting(box, evidence, 10)

    with pytest.raises(ShapeMismatch, match="y: its sampler gave"):
        run(lambda random, count: random.random(count + 1))
    with pytest.raises(ShapeMismatch, match="gave 2 outputs"):
        run(lambda random, count: (random.random(count),) * 2)
    with pytest.raises(InputMismatch, match="numbers 0 to 1"):
        run(lambda random, count: np.full(count, 2), X)
    with pytest.raises(InputMismatch, match="y: its log-density is nan"):
        run(lambda random, count: random.random(count), None, {"y": 1.0}, lambda y: y * np.nan)
    with pytest.raises(ShapeMismatch, match="log_density gave"):
        run(lambda random, count: random.random(count), None, {"y": 1.0}, lambda y: np.zeros(3))
    with pytest.raises(InputMismatch, match="calls: "):
        likelihood_weighting(Gamma(1e25, 1).box("rate") >> Poisson().box("calls"), samples=10)
    with pytest.raises(TypeMismatch, match="functions"):
        Sampler(3)


def test_weights_are_scaled_against_underflow():
    found = Weighted({"x": np.arange(3.0)}, np.array([-2000.0, -2001.0, -np.inf]), {})
    assert found.mean("x").value == pytest.approx(np.exp(-1) / (1 + np.exp(-1)))
    assert found.log_evidence.value == pytest.approx(-2000 + np.log((1 + np.exp(-1)) / 3))


def test_a_sampler_cannot_change_its_inputs_nor_draw_what_is_no_number():
    X = Real()

    def changing(random, count, x):
        x += 7
        return x

    model = gaussian_state("x", X, 0.0, 1.0) >> copy() >> (identity() @ Sampler(changing).box("y", X, X))
    with pytest.raises(InputMismatch, match="y: .*read-only"):
        likelihood_weighting(model, samples=5)
    for wrong in (np.nan, np.inf):
        with pytest.raises(InputMismatch, match="s: its sampler gives finite numbers"):
            likelihood_weighting(Sampler(lambda _, n, w=wrong: np.full(n, w)).box("s", Ty(), X), samples=5)
    for wrong in ("abc", 1j):
        box = Sampler(lambda _, n: np.zeros(n), lambda x, w=wrong: w).box("s", Ty(), X)
        with pytest.raises(InputMismatch, match="s: log_density gives numbers"):
            likelihood_weighting(box, {"s": 1.0}, samples=5)
    plain = gaussian_state("x", X, 0.0, 1.0)
    with pytest.raises(InputMismatch, match="x is Real"):
        likelihood_weighting(plain, {"x": np.ma.masked_array(1.0, True)})
    with pytest.raises(ImpossibleEvidence, match="none of 5 samples"):
        likelihood_weighting(plain, {"x": 1e300}, samples=5)
    found = likelihood_weighting(plain, samples=5)
    with pytest.raises(UnknownVariable, match="no variable"):
        found.mean([])
    for values in ("a", [[1], [2, 3]]):
        with pytest.raises(TypeMismatch, match="expectation: give numbers"):
            found.expectation(values)
