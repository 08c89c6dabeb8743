"""Conjugate families: their parameter maps, evidence and predictives against quadrature and sums."""

from math import exp, fsum, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from catlearn import Finite, Real, copy, dumps, identity, loads
from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.families.special import log_choose, log_factorial, log_rise
from catlearn.errors import (
    FileProblem,
    InputMismatch,
    NotNormalized,
    NotSupported,
    ShapeMismatch,
    TypeMismatch,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.markov.conjugate import (
    Bernoulli,
    Beta,
    BetaBinomial,
    Binomial,
    Categorical,
    Conjugate,
    Dirichlet,
    DirichletMultinomial,
    Discrete,
    Exponential,
    Gamma,
    Lomax,
    Multinomial,
    NegativeBinomial,
    Normal,
    NormalInverseGamma,
    NormalKnownVariance,
    NormalUnknownVariance,
    Poisson,
    StudentT,
    infer_conjugate,
)

quick = settings(derandomize=True, deadline=None, max_examples=40)
ROUND = {"derandomize": True, "deadline": None}
positive = st.floats(0.2, 30.0)

ONE_NUMBER = [
    (Bernoulli(), Beta(1.5, 2.5), [1, 0, 1, 1], (0, 1)),
    (Binomial(4), Beta(0.7, 1.2), [0, 4, 2], (0, 1)),
    (Poisson(), Gamma(2.0, 1.5), [3, 0, 5], (0, np.inf)),
    (Exponential(), Gamma(3.0, 0.5), [0.1, 2.5, 0.0], (0, np.inf)),
    (NormalKnownVariance(0.5), Normal(1.0, 2.0), [0.3, -1.0, 2.0], (-np.inf, np.inf)),
]
PAIRS = [
    *[each[:3] for each in ONE_NUMBER],
    (Categorical("a", "b", "c"), Dirichlet([1.0, 0.5, 2.0]), ["a", "c", "c", "b"]),
    (Multinomial(3, 2), Dirichlet([1.0, 2.0]), [[3, 0], [1, 2]]),
    (NormalUnknownVariance(), NormalInverseGamma(0.5, 2.0, 3.0, 1.5), [0.3, -1.0, 2.0, 0.7]),
]
ids = [type(pair[0]).__name__ for pair in PAIRS]


def density(d, x):
    return float(np.exp(d.log_density(x)))


@pytest.mark.parametrize(("likelihood", "prior", "data", "ends"), ONE_NUMBER, ids=ids[:5])
def test_the_parameter_map_is_bayes_rule_by_quadrature(likelihood, prior, data, ends):
    def weight(p):
        return density(prior, p) * exp(fsum(float(likelihood.log_density(x, p)) for x in data))

    total, _ = integrate.quad(weight, *ends, epsabs=1e-14, epsrel=1e-10, limit=200)
    pair = Conjugate(likelihood, prior)
    posterior = pair.posterior(data)
    assert type(posterior) is type(prior)
    assert pair.log_evidence(data) == pytest.approx(log(total), abs=1e-7)
    for p in (0.2, 0.55, 0.9):
        assert density(posterior, p) == pytest.approx(weight(p) / total, rel=1e-6)
    mean, _ = integrate.quad(lambda p: p * weight(p), *ends, epsabs=1e-14, epsrel=1e-10, limit=200)
    assert posterior.mean == pytest.approx(mean / total, rel=1e-6)


def test_the_parameter_map_of_two_parameters_by_quadrature():
    likelihood, prior, data = NormalUnknownVariance(), NormalInverseGamma(0.5, 2.0, 3.0, 1.5), [0.3, -1.0, 2.0]

    def weight(mean, variance):
        parts = [float(likelihood.log_density(x, mean, variance)) for x in data]
        return exp(float(prior.log_density((mean, variance))) + fsum(parts))

    total, _ = integrate.dblquad(weight, 1e-6, 60, -15, 15, epsabs=1e-10, epsrel=1e-8)
    pair = Conjugate(likelihood, prior)
    assert pair.log_evidence(data) == pytest.approx(log(total), abs=1e-4)
    for at in ((0.0, 1.0), (0.8, 0.4)):
        assert density(pair.posterior(data), at) == pytest.approx(weight(*at) / total, rel=1e-4)


def test_the_parameter_map_of_a_dirichlet_by_quadrature():
    pair = Conjugate(Multinomial(3, 3), Dirichlet([1.5, 2.0, 2.5]))
    data = [[1, 1, 1], [0, 2, 1]]

    def weight(q, p):
        point = np.array([p, q, 1 - p - q])
        parts = [float(pair.likelihood.log_density(x, point)) for x in data]
        return density(pair.prior, point) * exp(fsum(parts))

    total, _ = integrate.dblquad(weight, 0, 1, 0, lambda p: 1 - p, epsabs=1e-12)
    assert pair.log_evidence(data) == pytest.approx(log(total), abs=1e-6)
    assert density(pair.posterior(data), [0.2, 0.5, 0.3]) == pytest.approx(weight(0.5, 0.2) / total, rel=1e-6)


@pytest.mark.parametrize(("likelihood", "prior", "data"), PAIRS, ids=ids)
def test_sequential_is_batch_is_any_chunking_and_evidence_is_a_chain_of_predictives(likelihood, prior, data):
    pair = Conjugate(likelihood, prior)
    whole, total = pair.learn(data)
    step, chained = pair, 0.0
    for x in data:
        chained += float(np.squeeze(step.predictive.log_density(x)))
        step = step.update([x])
    assert np.allclose(flat(step.prior), flat(whole), rtol=1e-12, atol=1e-12)
    assert total == pytest.approx(chained, abs=1e-11)
    assert pair.learn(data[::-1]) == (whole, total)
    parts = pair.update(data[:2]).update(data[2:]).prior
    assert np.allclose(flat(parts), flat(whole), rtol=1e-12)
    assert pair.learn([])[0] == prior
    assert pair.log_evidence([]) == 0.0


def flat(kernel):
    return np.concatenate([np.ravel(part) for part in kernel.data()])


@given(a=positive, b=positive, data=st.lists(st.integers(0, 1), min_size=1, max_size=30), seed=st.integers(0, 99))
@quick
def test_counts_are_exact_in_any_order_and_chunking(a, b, data, seed):
    pair = Conjugate(Bernoulli(), Beta(1.0, 2.0))
    order = np.random.default_rng(seed).permutation(data)
    cut = seed % len(data)
    assert (
        pair.posterior(data)
        == pair.update(order[:cut]).posterior(order[cut:])
        == Beta(1.0 + sum(data), 2.0 + len(data) - sum(data))
    )
    wide = Conjugate(Bernoulli(), Beta(a, b))
    assert np.allclose(flat(wide.posterior(data)), flat(wide.update(order[:cut]).posterior(order[cut:])), rtol=1e-14)


PREDICTIVES = [
    (BetaBinomial(6, 1.3, 0.7), range(7), stats.betabinom(6, 1.3, 0.7)),
    (NegativeBinomial(2.5, 1.5), range(400), stats.nbinom(2.5, 1.5 / 2.5)),
    (Lomax(3.5, 2.0), None, stats.lomax(3.5, scale=2.0)),
    (StudentT(5.0, 1.0, 0.5), None, stats.t(5.0, 1.0, 0.5)),
    (Normal(1.0, 4.0), None, stats.norm(1.0, 2.0)),
    (Beta(2.0, 3.5), None, stats.beta(2.0, 3.5)),
    (Gamma(2.0, 3.5), None, stats.gamma(2.0, scale=1 / 3.5)),
]


@pytest.mark.parametrize(("ours", "support", "theirs"), PREDICTIVES, ids=[type(p[0]).__name__ for p in PREDICTIVES])
def test_distributions_agree_with_scipy_sum_to_one_and_are_sampled(ours, support, theirs):
    x = np.array(list(support)) if support else theirs.ppf([0.01, 0.2, 0.5, 0.9])
    expected = theirs.logpmf(x) if support else theirs.logpdf(x)
    assert np.allclose(ours.log_density(x), expected, rtol=1e-9, atol=1e-9)
    assert ours.mean == pytest.approx(theirs.mean())
    assert ours.variance == pytest.approx(theirs.var())
    if support:
        assert np.exp(ours.log_density(x)).sum() == pytest.approx(1.0, abs=1e-12)
        assert ours.log_density([0.5, -1.0, np.nan]).tolist() == [-np.inf] * 3
    drawn = ours.sample(20_000, seed=3)
    assert drawn.mean() == pytest.approx(ours.mean, abs=4 * np.sqrt(ours.variance / 20_000))
    assert np.array_equal(drawn, ours.sample(20_000, seed=3))


def test_a_dirichlet_multinomial_sums_to_one():
    d = DirichletMultinomial(4, (0.5, 1.5, 2.0))
    points = [[i, j, 4 - i - j] for i in range(5) for j in range(5 - i)]
    p = np.exp(d.log_density(points))
    assert p.sum() == pytest.approx(1.0, abs=1e-12)
    assert np.allclose(p @ np.array(points), d.mean)
    assert np.allclose(p @ np.array(points) ** 2 - d.mean**2, d.variance)
    assert d.log_density([[1, 1, 1], [5, -1, 0]]).tolist() == [-np.inf] * 2
    assert d.sample(3).sum(axis=1).tolist() == [4, 4, 4]


@pytest.mark.parametrize(("likelihood", "prior", "data"), PAIRS, ids=ids)
def test_the_predictive_is_what_the_joint_draws(likelihood, prior, data):
    random, n = np.random.default_rng(5), 40_000
    parameter = prior.draw(random, n)
    drawn = likelihood.draw(random, n, *(parameter if isinstance(parameter, tuple) else (parameter,)))
    predictive = Conjugate(likelihood, prior).predictive
    if isinstance(predictive, Discrete):
        assert np.allclose(np.bincount(drawn) / n, predictive.probabilities, atol=0.01)
    else:
        spread = np.sqrt(np.asarray(predictive.variance) / n)
        assert np.all(np.abs(drawn.mean(axis=0) - predictive.mean) < 4.5 * spread)


@pytest.mark.parametrize(("likelihood", "prior", "data"), PAIRS, ids=ids)
def test_boxes_are_written_and_read(likelihood, prior, data):
    model = prior.box("p") >> likelihood.box("x")
    assert loads(dumps(model)) == model
    assert loads(dumps(prior.box("p"))).data == (prior,)
    text = dumps(model).replace(type(prior).__name__, "Nothing")
    with pytest.raises(FileProblem):
        loads(text)


def test_a_diagram_of_independent_observations():
    flip, heads = Bernoulli().box("flip", Finite("tails", "heads")), Binomial(3).box("heads")
    model = Beta(2, 2).box("p") >> copy(n=4) >> (identity() @ flip @ flip @ heads)
    q = infer_conjugate(model)
    assert q.variables == ("p", "flip", "flip#2", "heads")
    answer = q.posterior({"flip": "heads", "heads": 2, "flip#2": None})
    assert answer["p"] == Beta(5, 3)
    assert answer["flip#2"]["heads"] == pytest.approx(5 / 8)
    one = Conjugate(Bernoulli(), Beta(2, 2))
    other = Conjugate(Binomial(3), one.posterior([1]))
    assert answer.log_evidence == pytest.approx(one.log_evidence([1]) + other.log_evidence([2]))
    assert list(q.posterior()) == list(q.variables)
    assert q.log_evidence() == 0.0
    with pytest.raises(UnknownVariable, match="no variable .heads."):
        answer["heads"]


def test_several_priors_and_a_prior_of_two_wires():
    normal = NormalInverseGamma(0, 1, 2, 2).box("m") >> copy(n=2) >> (NormalUnknownVariance().box("x") @ identity())
    q = infer_conjugate(normal @ (Gamma(1, 1).box("rate") >> Poisson().box("calls")))
    answer = q.posterior({"x": 1.5, "calls": 4})
    assert answer["m"] == Conjugate(NormalUnknownVariance(), NormalInverseGamma(0, 1, 2, 2)).posterior([1.5])
    assert answer["rate"] == Gamma(5, 2)
    assert "log-evidence" in repr(answer)


def test_what_has_no_conjugate_answer_points_to_likelihood_weighting():
    p = Beta(1, 1).box("p")
    with pytest.raises(NotSupported, match="likelihood weighting"):
        infer_conjugate(p >> Poisson().box("n"))
    with pytest.raises(NotSupported, match="g: an exact answer is for boxes of"):
        infer_conjugate(p >> Box("g", Real(), Real()))
    with pytest.raises(NotSupported, match="n: an exact answer needs a likelihood that reads all of one prior"):
        infer_conjugate(Gamma(1, 1).box("r") >> Exponential().box("t") >> Poisson().box("n"))
    with pytest.raises(TypeMismatch, match="put a prior before it"):
        infer_conjugate(Poisson().box("n"))
    q = infer_conjugate(p >> Bernoulli().box("flip"))
    with pytest.raises(NotSupported, match="p is a parameter"):
        q.posterior({"p": 0.5})
    with pytest.raises(UnknownVariable, match="did you mean 'flip'"):
        q.posterior({"flp": "yes"})
    with pytest.raises(UnknownOutcome, match="yess"):
        q.posterior({"flip": "yess"})
    with pytest.raises(InputMismatch, match="dictionary"):
        q.posterior([1])
    calls = infer_conjugate(Gamma(1, 1).box("rate") >> Poisson().box("calls"))
    with pytest.raises(InputMismatch, match="Conjugate takes many"):
        calls.posterior({"calls": [1, 2]})


BAD_DATA = [
    (Bernoulli(), Beta(1, 1), [0, 2], "observation 1 is 2.0; it must be 0 or 1"),
    (Bernoulli(), Beta(1, 1), [0, None], "leave out what is missing"),
    (Bernoulli(), Beta(1, 1), [0, np.nan], "observation 1 is nan"),
    (Binomial(3), Beta(1, 1), [4], "a whole number from 0 to 3"),
    (Binomial(3), Beta(1, 1), [[1, 2]], r"shape \(observations,\), not \(1, 2\)"),
    (Poisson(), Gamma(1, 1), [1.5], "a whole number from 0 up"),
    (Poisson(), Gamma(1, 1), [-1], "a whole number from 0 up"),
    (Exponential(), Gamma(1, 1), [0.5, -0.5], "observation 1 is -0.5"),
    (Multinomial(3, 2), Dirichlet([1, 1]), [[1, 1]], "that sum to 3"),
    (Multinomial(3, 2), Dirichlet([1, 1]), [[1, 1, 1]], r"shape \(observations, 2\)"),
    (NormalKnownVariance(1), Normal(0, 1), ["a"], "observations are numbers"),
    (NormalKnownVariance(1), Normal(0, 1), [np.inf], "observation 0 is inf"),
]


@pytest.mark.parametrize(("likelihood", "prior", "data", "message"), BAD_DATA)
def test_bad_data_is_refused(likelihood, prior, data, message):
    with pytest.raises(InputMismatch, match=message):
        Conjugate(likelihood, prior).posterior(data)


def test_bad_parameters_and_pairs_are_refused():
    for make in (
        lambda: Beta(0, 1),
        lambda: Beta(1, np.nan),
        lambda: Gamma(1, -1),
        lambda: Dirichlet([1, 0]),
        lambda: Dirichlet([1]),
        lambda: Dirichlet(3),
        lambda: Normal(np.inf, 1),
        lambda: Normal(0, 0),
        lambda: NormalInverseGamma(0, 1, 1, 0),
        lambda: Beta(True, 1),
        lambda: StudentT(0, 0, 1),
        lambda: NormalKnownVariance(-1),
    ):
        with pytest.raises(NotNormalized):
            make()
    for make in (
        lambda: Binomial(-1),
        lambda: Binomial(2.5),
        lambda: Multinomial(3, 1),
        lambda: Beta(1, 1).sample(-1),
        lambda: Beta(1, 1).sample(1, seed=-1),
    ):
        with pytest.raises(InputMismatch):
            make()
    with pytest.raises(TypeMismatch, match="two or more outcomes"):
        Categorical("a")
    with pytest.raises(NotSupported, match="takes Beta"):
        Conjugate(Bernoulli(), Gamma(1, 1))
    with pytest.raises(NotSupported, match="is none of"):
        Conjugate(Beta(1, 1), Beta(1, 1))
    with pytest.raises(ShapeMismatch, match="has 2 outcomes"):
        Conjugate(Categorical("a", "b"), Dirichlet([1, 1, 1]))
    with pytest.raises(UnknownOutcome, match="observation 1"):
        Conjugate(Categorical("a", "b"), Dirichlet([1, 1])).posterior(["a", "c"])
    with pytest.raises(TypeMismatch, match="p: Beta is"):
        Beta(1, 1).box("p", Real(2))
    with pytest.raises(TypeMismatch, match="two outcomes"):
        Bernoulli().box("flip", Finite("a", "b", "c"))
    with pytest.raises(InputMismatch, match="a probability is a number from 0 to 1"):
        Bernoulli().log_density(1, 1.5)
    with pytest.raises(InputMismatch, match="sum to"):
        Categorical("a", "b").log_density(0, [0.5, 0.6])


def test_huge_counts_neither_overflow_nor_lose_digits():
    pair = Conjugate(Binomial(10**15), Beta(1.0, 1.0))
    # Every number of successes is as probable as any other.
    assert pair.log_evidence([3 * 10**14]) == pytest.approx(-log(10**15 + 1), rel=1e-12)
    late = Conjugate(Bernoulli(), Beta(1e12, 3e12))
    assert late.log_evidence([1]) == pytest.approx(log(0.25), rel=1e-12)
    assert float(late.predictive.log_density(1)) == pytest.approx(log(0.25), rel=1e-12)
    often = Conjugate(Bernoulli(), Beta(1, 1))
    assert np.isfinite(often.log_evidence(np.ones(100_000)))
    assert often.log_evidence(np.ones(100_000)) == pytest.approx(-log(100_001), rel=1e-12)
    assert Conjugate(Poisson(), Gamma(1e-3, 1e-3)).posterior([10**9]).mean == pytest.approx(1e9, rel=1e-2)


@given(a=st.floats(1e-3, 1e14), n=st.floats(0, 1e6))
@quick
def test_log_rise_agrees_with_many_digits(a, n):
    import mpmath

    with mpmath.workdps(60):
        exact = float(mpmath.loggamma(mpmath.mpf(a) + mpmath.mpf(n)) - mpmath.loggamma(mpmath.mpf(a)))
    assert float(log_rise(a, n)) == pytest.approx(exact, rel=1e-11, abs=1e-12)


def test_choose_and_factorial():
    assert np.allclose(np.exp(log_choose(5, [0, 1, 2, 5])), [1, 5, 10, 1])
    assert np.allclose(np.exp(log_factorial([0, 1, 4])), [1, 1, 24])


def test_other_observations_and_what_is_printed():
    pair = Conjugate(Poisson().box("n"), Gamma(1, 1).box("rate"))
    assert pair == Conjugate(Poisson(), Gamma(1, 1))
    assert pair.posterior(3) == Gamma(4, 2)
    assert Conjugate(Multinomial(3, 2), Dirichlet([1, 1])).posterior([]) == Dirichlet([1, 1])
    with pytest.raises(InputMismatch, match="masked"):
        pair.posterior(np.ma.array([1, 2], mask=[0, 1]))
    with pytest.raises(InputMismatch, match="no array"):
        pair.posterior([[1], [1, 2]])
    assert repr(Conjugate(Categorical("a", "b"), Dirichlet([1, 3])).predictive) == "Discrete(a=0.25, b=0.75)"
    for d in (
        DirichletMultinomial(2, (1, 2)),
        NormalInverseGamma(0, 1, 2, 3),
        StudentT(4, 0, 1),
        NegativeBinomial(1, 1),
    ):
        assert loads(dumps(d.box("x"))).data == (d,)
    assert Dirichlet([1, 3]).variance.tolist() == [0.0375, 0.0375]


def test_a_discrete_prediction():
    d = Conjugate(Categorical("a", "b"), Dirichlet([1, 3])).predictive
    assert d == {"a": 0.25, "b": 0.75}
    assert np.exp(d.log_density(["a", "b"])).tolist() == pytest.approx([0.25, 0.75])
    assert set(d.sample(50, seed=1)) == {"a", "b"}
    with pytest.raises(UnknownOutcome):
        d.log_density("c")
    with pytest.raises(InputMismatch):
        d.sample(-1)


def test_moments_that_do_not_exist_are_said_so():
    assert Lomax(1, 1).mean == np.inf == StudentT(2, 0, 1).variance
    assert np.isnan(StudentT(1, 0, 1).mean)
    assert np.isnan(StudentT(1, 0, 1).variance)
    assert NormalInverseGamma(0, 1, 1, 1).mean.tolist() == [0, np.inf]


def test_huge_counts_and_tiny_shapes_give_no_warnings():
    assert float(log_rise(1e300, 3.0)) == pytest.approx(3.0 * np.log(1e300))
    assert np.isfinite(Conjugate(Binomial(3), Beta(1e-300, 1e300)).log_evidence([1]))
    with np.errstate(all="raise", under="ignore"):
        assert NormalInverseGamma(0.0, 1.0, 1e-3, 1.0).sample(50)[1].max() == np.inf
