"""Mixed models against quadrature, scipy and going through all cases by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from catlearn import Box, Finite, Real, Ty, channel, copy, effect, graph, identity, state
from catlearn.diagrams.bridges.json import dumps, loads
from catlearn.diagrams.theories.markov.conditional_gaussian import ConditionalGaussian, conditional_gaussian
from catlearn.diagrams.theories.markov.gaussian import Gaussian, gaussian, gaussian_state
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    ShapeMismatch,
    TooLarge,
    TypeMismatch,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.markov.gaussian.mixed import infer_mixed
from catlearn.interpreters.markov.gaussian.mixed_network import is_mixed

X, SEX, CLASS = Real(), Finite("f", "m"), Finite("a", "b", "c")
PARTS = {"f": (165.0, 42.0), "m": (178.0, 50.0)}


def model():
    """A finite child of sex, a height of sex, and a weight of height, sex and class."""
    sex, kind = state("sex", SEX, [0.4, 0.6]), channel("kind", SEX, CLASS, [[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]])
    height = conditional_gaussian("height", SEX, X, PARTS)
    slopes = {
        (s, k): (0.5 + 0.1 * i + 0.2 * j, -10.0 * i, 20.0 + j) for i, s in enumerate("fm") for j, k in enumerate("abc")
    }
    weight = conditional_gaussian("weight", SEX @ X @ CLASS, X, slopes)
    return graph(Ty(), [(sex, []), (kind, [0]), (height, [0]), (weight, [0, 2, 1])], [0, 1, 2, 3]), slopes


def by_quadrature(weight):
    """For each sex and class, the probability and density of a weight, heights summed numerically."""
    _, slopes = model()
    prior = np.array([0.4, 0.6])[:, None] * np.array([[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]])
    found, means = np.zeros((2, 3)), np.zeros((2, 3))
    for i, s in enumerate("fm"):
        for j, k in enumerate("abc"):
            (m, v), (a, b, w) = PARTS[s], slopes[s, k]

            def density(h, m=m, v=v, a=a, b=b, w=w):
                return norm.pdf(h, m, v**0.5) * norm.pdf(weight, a * h + b, w**0.5)

            found[i, j] = prior[i, j] * quad(density, 100, 250, points=[m], epsabs=0, epsrel=1e-11, limit=200)[0]
            means[i, j] = prior[i, j] * quad(lambda h: h * density(h), 100, 250, points=[m], epsabs=0, limit=200)[0]
    return found, means.sum() / found.sum()


def test_posteriors_are_those_of_quadrature() -> None:
    q = infer_mixed(model()[0])
    for weight in (90.0, 120.0):
        wanted, mean = by_quadrature(weight)
        found = q.posterior({"weight": weight})
        assert found.log_evidence == pytest.approx(np.log(wanted.sum()), abs=1e-8)
        np.testing.assert_allclose(found["sex"].probabilities, wanted.sum(axis=1) / wanted.sum(), atol=1e-8)
        np.testing.assert_allclose(found["kind"].probabilities, wanted.sum(axis=0) / wanted.sum(), atol=1e-8)
        assert found["height"].mean == pytest.approx(mean, abs=1e-6)
        assert found["weight"].mean == weight
        assert found["weight"].variance == 0.0
        assert quad(found["height"].density, 100, 250, limit=200)[0] == pytest.approx(1.0)


def test_soft_evidence_sets_and_effects() -> None:
    d, _ = model()
    q = infer_mixed(d)
    whole = q.posterior({"height": 170.0})
    for evidence, ratio in (
        ({"sex": "m"}, [0.0, 1.0]),
        ({"sex": {"f": 0.5, "m": 2.0}}, [0.5, 2.0]),
        ({"sex": {"f", "m"}}, [1, 1]),
    ):
        found = q.posterior({"height": 170.0, **evidence})
        wanted = whole["sex"].probabilities * ratio
        np.testing.assert_allclose(found["sex"].probabilities, wanted / wanted.sum(), atol=1e-12)
        assert found.log_evidence == pytest.approx(whole.log_evidence + np.log(wanted.sum()), abs=1e-12)
    seen = d >> (effect("seen", SEX, [0.5, 2.0]) @ identity(CLASS @ X @ X))
    assert infer_mixed(seen).log_evidence() == pytest.approx(np.log(0.4 * 0.5 + 0.6 * 2.0))
    assert q.posterior([{"sex": "m"}, {}])[1].log_evidence == pytest.approx(0.0, abs=1e-12)
    assert q.log_evidence([{"sex": "m"}, {"sex": None}]) == pytest.approx((np.log(0.6), 0.0))


def test_a_mixture_has_the_moments_of_its_parts() -> None:
    random = np.random.default_rng(0)
    parts = {"f": ([0.0, 1.0], np.eye(2)), "m": ([2.0, 0.0], [[2.0, 1.0], [1.0, 1.0]])}
    found = infer_mixed(state("s", SEX, [0.25, 0.75]) >> conditional_gaussian("v", SEX, Real(2), parts)).posterior()[
        "v"
    ]
    draws = np.where(
        random.random((200_000, 1)) < 0.25,
        random.multivariate_normal(*parts["f"], 200_000),
        random.multivariate_normal(*parts["m"], 200_000),
    )
    np.testing.assert_allclose(found.mean, draws.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(found.covariance, np.cov(draws.T), atol=0.03)
    np.testing.assert_array_equal(found.variance, found.covariance.diagonal())
    np.testing.assert_allclose(found.deviation**2, found.variance)
    assert found.density([[0.0, 0.0], [1.0, 1.0]]).shape == (2,)
    np.testing.assert_allclose(found.weights, [0.25, 0.75])


def test_a_point_outweighs_a_density() -> None:
    switch = conditional_gaussian("y", SEX, X, {"f": (0.0, 0.0), "m": (0.0, 1.0)})
    q = infer_mixed(state("s", SEX, [0.1, 0.9]) >> copy() >> (identity() @ switch))
    found = q.posterior({"y": 0.0})
    assert found["s"]["f"] == 1.0
    assert found.log_evidence == pytest.approx(np.log(0.1))
    assert q.posterior({"y": 1.0})["s"]["m"] == 1.0
    assert q.posterior()["y"].log_density(0.0) == pytest.approx(np.log(0.1))
    with pytest.raises(ImpossibleEvidence, match="y cannot be 1 "):
        q.posterior({"y": 1.0, "s": "f"})
    with pytest.raises(ImpossibleEvidence, match="finite variables has probability zero"):
        q.posterior({"s": {"f": 0.0}})


def test_a_gaussian_parent_and_a_finite_model_without_switches() -> None:
    plain = gaussian_state("x", X, 1.0, 2.0) @ state("coin", SEX, [0.5, 0.5])
    found = infer_mixed(plain).posterior({"coin": "m"})
    assert (found["x"].mean, found["x"].variance, list(found)) == (1.0, pytest.approx(2.0), ["coin", "x"])
    assert is_mixed(plain)
    assert not is_mixed(gaussian_state("x", X, 1.0, 2.0))
    assert not is_mixed(identity(X))


def test_kernels_are_values_that_survive_json() -> None:
    d, _ = model()
    assert loads(dumps(d)) == d
    kernel = conditional_gaussian("h", SEX, X, PARTS).data[0]
    assert kernel == ConditionalGaussian(*kernel.data())
    part = Gaussian([[1.0]], [0.0], [[1.0]])
    assert conditional_gaussian("h", SEX @ X, X, {"f": part, "m": (1, 0, 1)}).data[0].parts == (part, part)


def test_bad_input_is_named() -> None:
    q = infer_mixed(model()[0])
    for evidence, error, words in [
        ({"sexx": "m"}, UnknownVariable, "did you mean 'sex'"),
        ({"sex": "male"}, UnknownOutcome, "sex: there is no outcome 'male'"),
        ({"sex": 3}, UnknownOutcome, "sex: there is no outcome 3"),
        ({"sex": {"m": -1.0}}, NotNormalized, "sex: a likelihood is"),
        ({"height": [1.0, 2.0]}, InputMismatch, "not columns"),
        ("m", InputMismatch, "evidence is a dictionary"),
    ]:
        with pytest.raises(error, match=words):
            q.posterior(evidence)
    with pytest.raises(UnknownVariable, match="did you mean 'height'"):
        q.posterior()["heigt"]
    for make, error, words in [
        (lambda: conditional_gaussian("h", SEX, X, {"f": (0, 1)}), UnknownOutcome, "no Gaussian for the outcome 'm'"),
        (lambda: conditional_gaussian("h", SEX, X, {"g": (0, 1)}), UnknownOutcome, "there is no outcome 'g'"),
        (lambda: conditional_gaussian("h", SEX, X, {"f": 0, "m": 1}), TypeMismatch, r"give \(A, b, S\) for 'f'"),
        (
            lambda: conditional_gaussian("h", SEX, X, {"f": (0, 1), "m": (0, -1)}),
            NotNormalized,
            "h, given 'm': S is no",
        ),
        (lambda: conditional_gaussian("h", SEX, X, []), TypeMismatch, "a dictionary by outcome"),
        (lambda: ConditionalGaussian([]), ShapeMismatch, "one or more Gaussians"),
        (lambda: ConditionalGaussian([1]), TypeMismatch, "made of Gaussians"),
        (lambda: infer_mixed(Box("f", Ty(), X)), NotSupported, "f is neither"),
        (lambda: infer_mixed(identity(X)), TypeMismatch, "a model has no inputs"),
        (lambda: infer_mixed(coins(17)), TooLarge, "17 finite variables have 131,072 outcomes together"),
    ]:
        with pytest.raises(error, match=words):
            make()
    kernel = ConditionalGaussian([Gaussian([[1.0]], [0.0], [[1.0]])])
    with pytest.raises(ShapeMismatch, match="has 2 outcomes, but there are 1"):
        kernel.check("h", SEX @ X, X)


def coins(n):
    d = gaussian("g", Ty(), X, None, 0.0, 1.0)
    for i in range(n):
        d = d @ state(f"coin{i}", SEX, [0.5, 0.5])
    return d
