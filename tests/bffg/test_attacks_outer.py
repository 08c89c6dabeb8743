"""Bad and extreme input at the edges of BFFG: trees, sites, chains, evidence of parameters, the command."""

from __future__ import annotations

import copy
import pickle
import warnings
from concurrent.futures import ProcessPoolExecutor
from random import Random

import numpy as np
import pytest
from scipy.linalg import expm

import catlearn as cl
from catlearn import DNA, K80, Gaussian, Real, SiteRates, Ty, gaussian, gaussian_state, kernel, variables
from catlearn.diagrams.theories.markov.guided import KernelBox
from catlearn.diagrams.theories.markov.processes.exchange import Exchange
from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion
from catlearn.errors import (
    CatlearnError,
    FileProblem,
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    TypeMismatch,
    UnknownOutcome,
)
from catlearn.interpreters.bffg.evidence.concrete import at_parameters

X = Real()
PRIORS = {"variance": cl.conjugate.Gamma(4.0, 4.0)}
SEEDS = (
    "((human:6,chimp:6)apes:1,gibbon:7);",
    "('a b':1,\"c d\":2,e_f[&&NHX:x=1]:3)95:1;",
    "((a:1,b:1)0.9/3:2\n,(c:1e-3,d:.5)x:1)root;",
)


def noise(variance):
    return Gaussian([[1.0]], [0.0], [[variance]])


def noisy():
    return gaussian_state("x", X, 0.0, 1.0) >> kernel("y", X, X, forward=noise)


def drift(length):
    return gaussian("drift", X, X, 1.0, 0.0, length)


def test_broken_texts_are_trees_or_errors_of_one_line():
    random, trees = Random(1), 0
    for _ in range(1500):
        signs = list(random.choice(SEEDS))
        for _ in range(random.randint(0, 4)):
            at = random.randrange(len(signs))
            signs[at : at + random.randint(0, 1)] = random.choice("():,;[]'\"an1.e- \n\r\t_\0\ufeff\u2028é😀\ud800")
        said = ""
        try:
            trees += len(variables(cl.read_newick("".join(signs), drift, default_length=1.0))) > 1
        except CatlearnError as error:
            said = str(error)
        assert "\n" not in said
    assert trees > 300


@pytest.mark.parametrize("options", [{"default_length": "x"}, {"default_length": [1]}, {"default_length": 1j}])
def test_a_default_length_is_a_number(options):
    with pytest.raises(InputMismatch, match="default_length is .* a length is a finite number"):
        cl.read_newick("(a,b);", drift, **options)
    assert len(cl.read_newick("(a,b);", drift, default_length=np.float32(1.0)).cod) == 2


@pytest.mark.parametrize("leaf", [3, "seen"])
def test_a_leaf_is_a_box_or_a_function(leaf):
    with pytest.raises(TypeMismatch, match="leaf is a box, or a function"):
        cl.read_newick("(a:1,b:1);", drift, leaf=leaf)


def test_tables_of_rare_letters_are_matrix_exponentials():
    random = np.random.default_rng(0)
    for _ in range(40):
        n = int(random.integers(2, 6))
        frequencies = 10.0 ** random.uniform(-14, 0, n)
        frequencies /= frequencies.sum()
        found = Exchange(10.0 ** random.uniform(-1, 1, n * (n - 1) // 2), frequencies)
        times = 10.0 ** random.uniform(-6, 0, 3)
        tables = found.transition(times)
        assert tables.min() >= 0
        assert np.abs(tables.sum(axis=1) - 1).max() < 1e-10
        flow = frequencies[:, None, None] * tables
        assert np.abs(flow - flow.transpose(1, 0, 2)).max() < 1e-12
        for k, time in enumerate(times):
            if np.abs(found.rates * time).max() < 1e3:
                np.testing.assert_allclose(tables[:, :, k], expm(found.rates * time), atol=1e-10)


@pytest.mark.parametrize("frequencies", [[1e-300, 0.3, 0.3, 0.4], [5e-324, 5e-324, 0.5, 0.5], [1 - 1e-9, 1e-9]])
@pytest.mark.parametrize("time", [0.0, 1e-300, 1.0, 1e308])
def test_tables_of_the_rarest_letters_sum_to_one(frequencies, time):
    found = Exchange([1.0] * (len(frequencies) * (len(frequencies) - 1) // 2), frequencies).transition([time])
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12
    if time > 1e300:
        np.testing.assert_allclose(found[:, :, 0], np.tile(frequencies, (len(frequencies), 1)), rtol=1e-8, atol=1e-300)


@pytest.mark.parametrize("options", [{"shape": "x"}, {"shape": [1.0]}, {"shape": np.ones(2)}, {"invariant": "x"}])
def test_rates_of_sites_are_numbers(options):
    with pytest.raises(InputMismatch):
        SiteRates(**options)


@pytest.fixture
def tree():
    edge = kernel("drift", DNA, DNA, forward=lambda kappa: K80(kappa, 1.0))
    return cl.read_newick("((a:0.1,b:0.1):0.2,c:0.3);", edge, root=K80(1.0).stationary("root"))


ROWS = {"a": "ACGTA", "b": "ACGTG", "c": "RCT-A"}


def test_letters_may_come_as_arrays_and_in_any_case(tree):
    want = cl.sites(tree, ROWS).log_evidence({"kappa": 2.0})
    for row in (np.array(list("ACGTG")), tuple("ACGTG"), "acgug", np.array([2, 1, 3, 0, 3], np.uint8)):
        assert cl.sites(tree, {**ROWS, "b": row}).log_evidence({"kappa": 2.0}) == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize(
    ("row", "error", "said"),
    [
        ([10**30] * 5, UnknownOutcome, "b: there is no outcome number 1000000"),
        (b"ACGTG", InputMismatch, "b: give text, not bytes"),
        (np.array(list("ACGTN")), UnknownOutcome, "b: there is no outcome 'N' at site 4"),
        ("ACG\ud800G", UnknownOutcome, "at site 3 is no letter"),
        (np.full((5, 4), np.nan), InputMismatch, "negative or not finite"),
    ],
)
def test_rows_that_are_none(tree, row, error, said):
    with pytest.raises(error, match=said):
        cl.sites(tree, {**ROWS, "b": row})


def test_sites_say_what_they_ask_for(tree):
    found = cl.sites(tree, ROWS)
    with pytest.raises(TypeMismatch, match="params: give values by name"):
        found.backward(3)
    with pytest.raises(InputMismatch, match=r"as in \['root'\]"):
        found.backward({"kappa": 2.0}).marginals("root")


def test_the_warning_of_few_draws_points_at_the_caller():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cl.sample(noisy(), {"y": 1.0}, PRIORS, steps=10)
    (found,) = (each for each in caught if "effective sample size" in str(each.message))
    assert found.filename == __file__


@pytest.mark.filterwarnings("ignore:sample:RuntimeWarning")
@pytest.mark.parametrize("prior", [cl.conjugate.Normal(0.0, 1.0), cl.conjugate.Normal(-100.0, 1e-3)])
def test_a_prior_where_there_is_no_kernel(prior):
    with pytest.raises(NotNormalized, match=r"\(at variance = -.*\); give priors of the values"):
        cl.sample(noisy(), {"y": 2.0}, {"variance": prior}, steps=50)


@pytest.mark.parametrize("options", [{"keep": 3}, {"keep": "x"}, {"inputs": 3}, {"start": 3}])
def test_chains_say_what_they_ask_for(options):
    with pytest.raises(InputMismatch, match="sample: "):
        cl.sample(noisy(), {"y": 2.0}, PRIORS, steps=5, **options)


@pytest.mark.filterwarnings("ignore:sample:RuntimeWarning")
def test_chains_in_processes_are_the_same():
    options = {"steps": 30, "keep": ["x"], "seed": 4, "chains": 2}
    with ProcessPoolExecutor(1) as executor:
        there = cl.sample(noisy(), {"y": 2.0}, PRIORS, executor=executor, **options)
    here = cl.sample(noisy(), {"y": 2.0}, PRIORS, **options)
    assert np.array_equal(there["x"], here["x"])
    assert np.array_equal(there["variance"], here["variance"])


@pytest.mark.filterwarnings("ignore:sample:RuntimeWarning")
def test_a_checkpoint_with_any_bit_changed_is_refused(tmp_path):
    path, random = tmp_path / "chains", np.random.default_rng(0)
    options = {"steps": 60, "keep": ["x"], "seed": 4, "chains": 1, "checkpoint": path}
    want = cl.sample(noisy(), {"y": 2.0}, PRIORS, **options)
    whole = path.read_bytes()
    for at in random.integers(0, len(whole), 60).tolist():
        bad = bytearray(whole)
        bad[at] ^= 1 << int(random.integers(8))
        path.write_bytes(bytes(bad))
        with pytest.raises(FileProblem):
            cl.sample(noisy(), {"y": 2.0}, PRIORS, **options)
    path.write_bytes(whole)
    assert np.array_equal(cl.sample(noisy(), {"y": 2.0}, PRIORS, **options)["x"], want["x"])


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda d: pickle.loads(pickle.dumps(d))])
def test_diagrams_with_functions_are_copied_and_sent(again):
    box = kernel("drift", X, X, forward=BrownianMotion(2.0))
    edge = kernel("y", X, X, forward=noise)
    for d in (box, edge, noisy(), noisy() >> cl.copy(), cl.read_newick("(a:1,b:1)r;", lambda _: edge)):
        found = again(d)
        assert found == d
        assert found.names == d.names
        assert variables(found) == variables(d)
    assert isinstance(again(box), KernelBox)
    assert again(box)(0.5) == box(0.5)


@cl.diagram
def plain(mean: Real(), log_variance: Real()):
    return mean, cl.exp(log_variance)


def test_models_at_parameters_that_are_none():
    state = kernel("x", Ty(), X, forward=cl.given(Gaussian, plain))
    with pytest.raises(InputMismatch, match="params: give values by name"):
        at_parameters(state, None)
    with pytest.raises(NotNormalized, match="x: .*finite"):
        at_parameters(state, {"mean": 0.0, "log_variance": 1e4})
    for fixed in (3, {"mean": np.nan}, {"mean": [1]}, {"q": 1.0}):
        with pytest.raises(InputMismatch, match="given: "):
            cl.given(Gaussian, plain, fixed)


def test_a_model_without_parameters_is_at_its_best():
    model = gaussian_state("x", X, 0.0, 1.0) >> gaussian("y", X, X, 1.0, 0.0, 1.0)
    found = cl.learn.maximum_likelihood(model, {"y": 1.0}, {})
    assert found.parameters == {}
    assert found.standard_errors == {}
    assert found.log_evidence == pytest.approx(cl.bffg(model).backward({"y": 1.0}).log_evidence, abs=1e-12)


def test_all_weights_may_be_zero():
    answer = cl.Finite("no", "yes")
    never = kernel("k", answer, answer, forward=cl.Table([[1, 0], [1, 0]]), guide=cl.Table([[0.5, 0.5], [0.5, 0.5]]))
    model = cl.state("s", answer, [0.5, 0.5]) >> never
    opt = cl.bffg(model)
    with pytest.raises(ImpossibleEvidence, match="every sample has weight zero; guide them nearer"):
        opt.forward(opt.backward({"k": "yes"}), n=100)
    with pytest.raises(ImpossibleEvidence, match="probability zero at all of 100 draws"):
        cl.sample(model, {"k": "yes"}, steps=10)


@pytest.mark.parametrize("wrong", ["forward", "guide"])
def test_a_covariance_is_positive_semidefinite(wrong):
    good, spread = Gaussian(np.eye(2), [0.0, 0.0], np.eye(2)), [[1.0, 2.0], [2.0, 1.0]]
    kernels = {"forward": good, "guide": good, wrong: lambda scale: Gaussian(np.eye(2), [0.0, 0.0], scale * spread)}
    with pytest.raises(NotNormalized, match="S is no covariance: its least eigenvalue is -1"):
        Gaussian(np.eye(2), [0.0, 0.0], spread)
    model = gaussian_state("x", Real(2), np.zeros(2), np.eye(2)) >> kernel("y", Real(2), Real(2), **kernels)
    spread = np.array(spread)
    with pytest.raises(NotNormalized, match="y: S is no covariance"):
        cl.bffg(model).backward({"y": [1.0, 2.0]}, {"scale": 1.0})
