"""Bayesian learning: batch = sequential = any chunking in any order, against closed forms and brute force."""

from itertools import product
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn import Finite, Para, Real, channel, copy, diagram, identity, infer, learn, sin, state
from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    ShapeMismatch,
    TooLarge,
    TypeMismatch,
    UnknownOutcome,
)
from catlearn.interpreters.markov.conjugate import (
    Bernoulli,
    Beta,
    Categorical,
    Conjugate,
    Dirichlet,
    Gamma,
    NegativeBinomial,
    Normal,
    NormalKnownVariance,
    Poisson,
)

quick = settings(derandomize=True, deadline=None, max_examples=25)
M, N, X, Y = Finite("m0", "m1", "m2"), Finite("n0", "n1"), Finite("u", "v"), Finite("a", "b", "c")


def tables(seed):
    random = np.random.default_rng(seed)
    return (
        random.dirichlet(np.ones(6)).reshape(3, 2),
        random.dirichlet(np.ones(2), (3, 2)),
        random.dirichlet(np.ones(3), (2, 2)),
    )


def finite(seed):
    """A channel `M @ N @ X -> Y` with a hidden variable in it."""
    prior, hidden, seen = tables(seed)
    first = channel("hidden", M @ X, N, hidden)
    last = channel("seen", N @ N, Y, seen)

    @diagram
    def model(m: M, n: N, x: X):
        return last(first(m, x), n)

    return state("theta", M @ N, prior), model


def brute(seed, xs, ys):
    """Posterior and log-evidence by multiplying out, sample by sample."""
    prior, hidden, seen = tables(seed)
    weights = np.log(prior)
    for x, y in zip(xs, ys, strict=True):
        for m, n in product(range(3), range(2)):
            likely = 1.0 if y is None else sum(hidden[m, x, h] * seen[h, n, y] for h in range(2))
            weights[m, n] += log(likely)
    top = weights.max()
    total = top + log(np.exp(weights - top).sum())
    return np.exp(weights - total), total


@given(seed=st.integers(0, 200), n=st.integers(1, 40), chunk=st.integers(1, 9))
@quick
def test_a_finite_parameter_is_learned_exactly_in_any_chunks_and_order(seed, n, chunk):
    random = np.random.default_rng(seed)
    prior, model = finite(seed)
    xs = random.integers(0, 2, n).tolist()
    ys = [None if random.random() < 0.2 else int(k) for k in random.integers(0, 3, n)]
    x, y = [X.obs[0].sizes[k] for k in xs], [None if k is None else Y.obs[0].sizes[k] for k in ys]
    learned = learn.bayes(model, prior).fit(x, y)
    expected, total = brute(seed, xs, ys)
    assert np.allclose(learned.posterior.data[0].values, expected, rtol=1e-11, atol=1e-13)
    assert learned.log_evidence == pytest.approx(total, abs=1e-10)
    order = random.permutation(n)
    shuffled = learn.bayes(Para(M @ N, model), prior)
    shuffled.fit([x[i] for i in order], [y[i] for i in order], mode="sequential", chunk=chunk)
    assert np.allclose(shuffled.posterior.data[0].values, learned.posterior.data[0].values, rtol=1e-12, atol=0)
    assert shuffled.log_evidence == pytest.approx(learned.log_evidence, rel=1e-12)
    # One after the other, the posterior being the next prior, by value: the definition.
    step, evidence = prior, 0.0
    for each, other in zip(x, y, strict=True):
        one = learn.bayes(model, step).fit([each], [other])
        step, evidence = one.posterior, evidence + one.log_evidence
    assert np.allclose(step.data[0].values, expected, rtol=1e-10, atol=1e-12)
    assert evidence == pytest.approx(total, abs=1e-9)


def test_a_finite_channel_agrees_with_inference_and_predicts():
    prior, model = finite(7)
    learned = learn.bayes(model, prior).fit(["u", "v", "v"], ["a", "c", "b"])
    answer = learned.predict(["u", "v"])
    posterior, hidden, seen = learned.posterior.data[0].values, *tables(7)[1:]
    for i in range(2):
        expected = np.einsum("mn,mh,hny->y", posterior, hidden[:, i], seen)
        assert np.allclose(answer.probabilities[i], expected, atol=1e-13)
    same = infer(prior >> (identity() @ identity())).posterior()
    assert list(same) == ["theta.0", "theta.1"]
    assert learned.samples == 3
    assert "3 samples" in repr(learned)


def test_a_hundred_thousand_samples_do_not_underflow():
    coin = channel("flip", M, N, [[0.5, 0.5], [0.501, 0.499], [0.9, 0.1]])
    prior = state("bias", M, [0.3, 0.3, 0.4])
    counts = np.array([50_100, 49_900])
    data = np.repeat(["n0", "n1"], counts)
    learned = learn.bayes(coin, prior).fit(data)
    weights = np.log([0.3, 0.3, 0.4]) + np.log([[0.5, 0.5], [0.501, 0.499], [0.9, 0.1]]) @ counts
    expected = np.exp(weights - weights.max())
    assert np.allclose(learned.posterior.data[0].values, expected / expected.sum(), rtol=1e-9)
    assert learned.log_evidence == pytest.approx(weights.max() + log(expected.sum()), rel=1e-13)
    shuffled = learn.bayes(coin, prior).fit(np.random.default_rng(0).permutation(data), chunk=777)
    assert shuffled.posterior == learned.posterior


def test_a_prior_that_is_a_diagram_and_several_outputs_and_inputs():
    prior = state("m", M, [0.2, 0.3, 0.5]) >> copy() >> (identity() @ channel("n", M, N, [[0.5, 0.5], [1, 0], [0, 1]]))
    both = channel(
        "both",
        M @ N @ X @ N,
        Y @ N,
        np.random.default_rng(1).dirichlet(np.ones(6), (3, 2, 2, 2)).reshape(3, 2, 2, 2, 3, 2),
    )
    given = Para(M @ N, both)
    learner = learn.bayes(given, prior)
    learner.fit({"x2": ["u", "v"], "x3": ["n1", "n0"]}, {"both.0": ["a", None], "both.1": ["n0", "n1"]})
    table = both.data[0].values
    start = np.array([0.2, 0.3, 0.5])[:, None] * [[0.5, 0.5], [1, 0], [0, 1]]
    weights = start * table[:, :, 0, 1, 0, 0] * table[:, :, 1, 0, :, 1].sum(-1)
    assert np.allclose(learner.posterior.data[0].values, weights / weights.sum(), atol=1e-14)
    predicted = learner.predict({"x2": ["u"], "x3": ["n0"]})
    assert set(predicted) == {"both.0", "both.1"}
    expected = np.einsum("mn,mny->y", weights / weights.sum(), table[:, :, 0, 0].sum(-1))
    assert np.allclose(predicted["both.0"].probabilities[0], expected, atol=1e-14)


def test_data_that_cannot_be_is_refused_and_nothing_is_learned():
    sure = channel("seen", M, Y, [[1, 0, 0], [1, 0, 0], [0, 1, 0]])
    learner = learn.bayes(sure, state("m", M, [0.5, 0.5, 0]))
    with pytest.raises(ImpossibleEvidence, match="seen = c is impossible for every parameter"):
        learner.fit(["a", "c"])
    with pytest.raises(ImpossibleEvidence, match="no value of the parameter"):
        learner.fit(["a", "b"])
    assert learner.samples == 0
    assert learner.fit(["a"]).posterior.data[0].values.tolist() == [0.5, 0.5, 0]


def test_conjugate_likelihoods():
    learner = learn.bayes(Poisson(), Gamma(2, 1))
    assert learner.fit([3, 0, 2]).fit([5], mode="sequential") is learner
    assert learner.posterior == Gamma(12, 5)
    assert learner.log_evidence == pytest.approx(
        Conjugate(Poisson(), Gamma(2, 1)).log_evidence([3, 0, 2, 5]), abs=1e-12
    )
    assert learner.predict() == NegativeBinomial(12, 5)
    assert learner.prior == Gamma(2, 1)
    boxed = learn.bayes(Bernoulli().box("flip"), Beta(1, 1).box("p")).fit([1, 0, 1], chunk=2)
    assert boxed.posterior == Beta(3, 2).box("p")
    names = learn.bayes(Categorical("a", "b"), Dirichlet([1, 1])).fit(["a", "a", "b"], mode="sequential")
    assert names.posterior == Dirichlet([3, 2])
    assert names.predict()["a"] == pytest.approx(0.6)


def regression(seed, n, width=3):
    random = np.random.default_rng(seed)
    factor = random.normal(size=(width + 1, width + 1))
    x = random.normal(size=(n, width))
    return (
        factor @ factor.T,
        random.normal(size=width + 1),
        x,
        x @ random.normal(size=width) + 0.3 * random.normal(size=n),
    )


@diagram
def line(w: Real(3), b: Real(), x: Real(3)):
    return w @ x + b


@given(seed=st.integers(0, 500), n=st.integers(1, 30), chunk=st.integers(1, 7))
@quick
def test_linear_regression_is_the_closed_form_in_any_chunks_and_order(seed, n, chunk):
    S, m, x, y = regression(seed, n)
    prior = gaussian_state("w", Real(3) @ Real(), m, S)
    learned = learn.bayes(line, prior, noise=0.09).fit(x, y)
    A = np.column_stack([x, np.ones(n)])
    # The dense formulae: the joint of parameter and data, conditioned.
    C = A @ S @ A.T + 0.09 * np.eye(n)
    gain = np.linalg.solve(C, A @ S).T
    kernel = learned.posterior.data[0]
    assert np.allclose(kernel.b, m + gain @ (y - A @ m), rtol=1e-8, atol=1e-9)
    assert np.allclose(kernel.S, S - gain @ A @ S, rtol=1e-8, atol=1e-9)
    residual = y - A @ m
    evidence = -0.5 * (residual @ np.linalg.solve(C, residual) + np.linalg.slogdet(2 * np.pi * C)[1])
    assert learned.log_evidence == pytest.approx(evidence, rel=1e-9, abs=1e-8)
    order = np.random.default_rng(seed).permutation(n)
    other = learn.bayes(line, prior, noise=0.09).fit(x[order], y[order], chunk=chunk)
    assert np.allclose(other.posterior.data[0].b, kernel.b, rtol=1e-11, atol=1e-11)
    assert other.log_evidence == pytest.approx(learned.log_evidence, rel=1e-11)
    new = np.ones((2, 3))
    mean = np.append(new[0], 1.0) @ kernel.b
    variance = np.append(new[0], 1.0) @ kernel.S @ np.append(new[0], 1.0) + 0.09
    predicted = learned.predict(new)
    assert np.allclose(predicted.mean, mean)
    assert np.allclose(predicted.variance, variance)
    assert np.allclose(predicted.deviation**2, variance)


def test_the_model_of_supervised_learning_is_learned_as_it_stands():
    _, _, x, y = regression(0, 200)
    model = learn.supervised(line, learn.quadratic, learn.gradient_descent(0.3), batch=200, inputs=["x"]).fit(
        x, y, epochs=200
    )
    wide = gaussian_state("w", Real(3), 0.0, 1e8 * np.eye(3)) @ gaussian_state("b", Real(), 0.0, 1e8)
    learned = learn.bayes(line, wide, noise=0.09).fit(x, y)
    assert np.allclose(learned.predict(x[:20]).mean, model.predict(x[:20]), atol=1e-6)


def test_regression_with_vector_outputs_correlated_noise_and_a_singular_prior():
    @diagram
    def model(w: Real(2), x: Real(2)):
        return w * x

    R, S = np.array([[0.5, 0.2], [0.2, 0.4]]), np.array([[1.0, 1.0], [1.0, 1.0]])
    x, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([[1.0, 2.5], [0.4, -0.8]])
    learned = learn.bayes(model, gaussian_state("w", Real(2), 0.0, S), noise=R).fit(x, y, mode="sequential")
    A = np.vstack([np.diag(row) for row in x])
    C = A @ S @ A.T + np.kron(np.eye(2), R)
    gain = np.linalg.solve(C, A @ S).T
    kernel = learned.posterior.data[0]
    assert np.allclose(kernel.b, gain @ y.ravel())
    assert np.allclose(kernel.S, S - gain @ A @ S)
    assert kernel.S[0, 0] == pytest.approx(kernel.S[0, 1])
    assert learned.predict(x).mean.shape == (2, 2)
    evidence = -0.5 * (y.ravel() @ np.linalg.solve(C, y.ravel()) + np.linalg.slogdet(2 * np.pi * C)[1])
    assert learned.log_evidence == pytest.approx(evidence)


def test_gaussian_boxes_and_normal_families_agree():
    box = gaussian("y", Real(), Real(), 1.0, 0.0, 0.5)
    data = [0.3, 1.2, -0.4]
    one = learn.bayes(box, gaussian_state("m", Real(), 1.0, 2.0)).fit(data)
    two = learn.bayes(NormalKnownVariance(0.5), Normal(1.0, 2.0)).fit(data)
    assert one.posterior.data[0].b[0] == pytest.approx(two.posterior.mean)
    assert one.posterior.data[0].S[0, 0] == pytest.approx(two.posterior.variance)
    assert one.log_evidence == pytest.approx(two.log_evidence)
    assert one.predict().variance[0] == pytest.approx(two.predict().variance)
    given = gaussian("y", Real() @ Real(2), Real(), [1.0, 2.0, 3.0], 0.5, 0.25)
    seen = learn.bayes(given, gaussian_state("m", Real(), 0.0, 1.0)).fit([[1.0, 0.0]], [3.5])
    assert seen.posterior.data[0].b[0] == pytest.approx((3.5 - 0.5 - 2.0) / 1.25)


def test_learners_say_what_does_not_fit():
    prior, model = finite(0)
    w = gaussian_state("w", Real(3) @ Real(), 0.0, np.eye(4))

    @diagram
    def bent(w: Real(3), b: Real(), x: Real(3)):
        return sin(w @ x) + b

    cases = [
        (TypeMismatch, "a prior is a state", lambda: learn.bayes(model, [0.5, 0.5])),
        (TypeMismatch, "the prior gives", lambda: learn.bayes(model, state("m", N, [0.5, 0.5]))),
        (InputMismatch, "leave out noise", lambda: learn.bayes(model, prior, noise=1.0)),
        (InputMismatch, "leave out noise", lambda: learn.bayes(Poisson(), Gamma(1, 1), noise=1.0)),
        (InputMismatch, "noise=0.25", lambda: learn.bayes(line, w)),
        (InputMismatch, "a covariance of shape", lambda: learn.bayes(line, w, noise=np.eye(2))),
        (NotNormalized, "positive definite", lambda: learn.bayes(line, w, noise=0.0)),
        (
            NotSupported,
            "p: an exact posterior needs",
            lambda: learn.bayes(gaussian("y", Real(), Real(), 1, 0, 1), Beta(1, 1).box("p")),
        ),
        (NotSupported, "no conjugate pair", lambda: learn.bayes(Poisson(), Beta(1, 1))),
        (ShapeMismatch, "outcomes", lambda: learn.bayes(Categorical("a", "b"), Dirichlet([1, 1, 1]))),
        (NotSupported, "not linear", lambda: learn.bayes(bent, w, noise=1.0).fit([[1, 2, 3]], [1.0])),
        (InputMismatch, "mode is", lambda: learn.bayes(model, prior).fit(["u"], ["a"], mode="all")),
        (InputMismatch, "chunk must be", lambda: learn.bayes(model, prior).fit(["u"], ["a"], chunk=0)),
        (InputMismatch, "no samples", lambda: learn.bayes(model, prior).fit([], [])),
        (InputMismatch, "no samples", lambda: learn.bayes(Poisson(), Gamma(1, 1)).fit([])),
        (InputMismatch, "sample 0 is missing", lambda: learn.bayes(model, prior).fit([None], ["a"])),
        (InputMismatch, "as many of each", lambda: learn.bayes(model, prior).fit(["u", "v"], ["a"])),
        (InputMismatch, "as many of each", lambda: learn.bayes(line, w, noise=1.0).fit(np.ones((2, 3)), [1.0])),
        (InputMismatch, "by name", lambda: learn.bayes(model, prior).fit({"z": ["u"]}, ["a"])),
        (InputMismatch, "a list of outcomes", lambda: learn.bayes(model, prior).fit("u", ["a"])),
        (UnknownOutcome, "sample 0: seen has no outcome", lambda: learn.bayes(model, prior).fit(["u"], ["z"])),
        (InputMismatch, "target", lambda: learn.bayes(line, w, noise=1.0).fit(np.ones((2, 3)), np.ones((2, 1)))),
        (InputMismatch, "the channel has no inputs", lambda: learn.bayes(Poisson(), Gamma(1, 1)).fit([1], [2])),
        (InputMismatch, "call predict", lambda: learn.bayes(Poisson(), Gamma(1, 1)).predict([1])),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message):
            call()
    big = state("m", M, [1, 0, 0])
    for _ in range(13):
        big = big @ state("m", M, [1, 0, 0])
    with pytest.raises(TooLarge, match="learn it in parts"):
        learn.bayes(channel("y", big.cod[:1], Y, [[1, 0, 0]] * 3) @ identity(big.cod[1:]), big)


@pytest.mark.parametrize("wide", [1.0, 1e12, 1e20])
def test_a_wide_prior_costs_no_digits(wide):
    @diagram
    def line(w: Real(2), x: Real(2)):
        return w @ x

    prior = gaussian_state("w", Real(2), 0.0, wide * np.eye(2))
    found = learn.bayes(line, prior, noise=0.5).fit([[1.0, 2.0]], [1.0])
    x, given = np.array([1.0, 2.0]), found.posterior.data[0]
    assert given.b == pytest.approx(x / (5.0 + 0.5 / wide), rel=1e-12)
    # Across x nothing is learned; along it the noise's part stays.
    across = np.array([2.0, -1.0])
    kept = given.S @ across
    assert kept == pytest.approx(wide * across, rel=1e-12)
    assert found.log_evidence == pytest.approx(-0.5 * (1 / (5 * wide + 0.5) + log(2 * np.pi * (5 * wide + 0.5))))


def test_samples_beyond_floats_are_refused():
    @diagram
    def line(w: Real(1), x: Real(1)):
        return w @ x

    with pytest.raises(InputMismatch, match="beyond 1e"):
        learn.bayes(line, gaussian_state("w", Real(1), 0.0, 1.0), noise=1.0).fit([[1e200]], [1.0])
