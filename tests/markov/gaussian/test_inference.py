"""Inference in linear-Gaussian diagrams against the dense joint distribution, made another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn import Box, Real, Ty, copy, graph, identity
from catlearn.diagrams.bridges.json import dumps, loads
from catlearn.diagrams.theories.markov.gaussian import Gaussian, gaussian, gaussian_state
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    ShapeMismatch,
    TooLarge,
    TypeMismatch,
    UnknownVariable,
)
from catlearn.interpreters.markov.gaussian.inference import GaussianInference, infer_gaussian
from catlearn.interpreters.markov.gaussian.network import is_gaussian
from catlearn.interpreters.markov.gaussian.smoothed_chain import smooth_chain
from tests.markov.gaussian.dense import condition

SEEDS = st.integers(0, 2**32 - 1)
X = Real()


def random_model(random, count=6, certain=0.3):
    """Boxes on random earlier wires, scalar and vector ones, some without noise; all wires leave."""
    steps, widths = [], []
    for k in range(count):
        reads = random.choice(k, min(k, random.integers(0, 3)), replace=False).tolist() if k else []
        n = int(random.choice([0, 2]))
        m = n or 1
        S = np.zeros((m, m)) if random.random() < certain else (root := random.normal(size=(m, m))) @ root.T
        A = random.integers(-2, 3, (m, sum(widths[i] or 1 for i in reads))).astype(float)
        dom = Ty.of(ob for i in reads for ob in (Real(widths[i]) if widths[i] else X).obs)
        box = gaussian(f"v{k}", dom, Real(n) if n else X, A, random.normal(size=m), S)
        steps.append((box, reads))
        widths.append(n)
    return graph(Ty(), steps, range(count)), steps, widths


def dense(steps, widths):
    """The joint mean and covariance by solving (1 - B) x = a + noise."""
    ends = np.cumsum([0, *(w or 1 for w in widths)])
    at = [np.arange(ends[i], ends[i + 1]) for i in range(len(widths))]
    B, a, S = np.zeros((ends[-1], ends[-1])), np.zeros(ends[-1]), np.zeros((ends[-1], ends[-1]))
    for k, (box, reads) in enumerate(steps):
        kernel = box.data[0]
        if reads:
            B[np.ix_(at[k], np.concatenate([at[i] for i in reads]))] = kernel.A
        a[at[k]], S[np.ix_(at[k], at[k])] = kernel.b, kernel.S
    whole = np.linalg.inv(np.eye(ends[-1]) - B)
    covariance = whole @ S @ whole.T
    covariance[np.abs(covariance) < 1e-12] = 0.0  # of what is certain only rounding is left
    return whole @ a, covariance, at


@settings(max_examples=80)
@given(seed=SEEDS, share=st.sampled_from([0.0, 0.3, 0.7]))
def test_posteriors_are_those_of_the_dense_joint(seed, share) -> None:
    random = np.random.default_rng(seed)
    model, steps, widths = random_model(random)
    mean, covariance, at = dense(steps, widths)
    values, vectors = np.linalg.eigh(covariance)
    x = mean + vectors @ (np.sqrt(np.where(values > 1e-9, values, 0.0)) * random.normal(size=len(mean)))
    row = np.where(random.random(len(x)) < share, x, np.nan)
    evidence = {f"v{i}": row[at[i]] if w else row[at[i][0]] for i, w in enumerate(widths)}
    seen = np.flatnonzero(~np.isnan(row))
    wanted, left, _ = condition(mean, covariance, seen, row[seen])
    found = infer_gaussian(model).posterior(evidence)
    for i, w in enumerate(widths):
        np.testing.assert_allclose(np.atleast_1d(found[f"v{i}"].mean), wanted[at[i]], atol=1e-6)
        np.testing.assert_allclose(np.atleast_1d(found[f"v{i}"].variance), left.diagonal()[at[i]], atol=1e-6)
        assert np.shape(found[f"v{i}"].covariance) == ((w, w) if w else ())
    both = infer_gaussian(model).joint(["v1", "v0"], evidence)
    where = np.concatenate([at[1], at[0]])
    np.testing.assert_allclose(both.covariance, left[np.ix_(where, where)], atol=1e-6)
    np.testing.assert_allclose(both.mean, wanted[where], atol=1e-6)


@settings(max_examples=30)
@given(seed=SEEDS)
def test_log_evidence_is_scipys_and_the_chain_rule_holds(seed) -> None:
    random = np.random.default_rng(seed)
    model, steps, widths = random_model(random, certain=0.0)
    mean, covariance, at = dense(steps, widths)
    q, x = infer_gaussian(model), random.multivariate_normal(mean, covariance)
    evidence = {f"v{i}": x[at[i]] if w else x[at[i][0]] for i, w in enumerate(widths)}
    some = {name: evidence[name] for name in ("v0", "v2", "v5")}
    where = np.concatenate([at[0], at[2], at[5]])
    assert q.log_evidence(some) == pytest.approx(condition(mean, covariance, where, x[where])[2], abs=1e-7)
    first = q.posterior({"v0": evidence["v0"]})
    rest, left = np.delete(mean, at[0]), np.delete(np.delete(covariance, at[0], 0), at[0], 1)
    rest, left, _ = condition(mean, covariance, at[0], x[at[0]])
    given_first = condition(rest, left, at[3], x[at[3]])[2]
    both = q.log_evidence({"v0": evidence["v0"], "v3": evidence["v3"]})
    assert both == pytest.approx(first.log_evidence + given_first, abs=1e-6)


@settings(max_examples=20)
@given(seed=SEEDS)
def test_rows_are_answered_as_one_by_one(seed) -> None:
    random = np.random.default_rng(seed)
    model, _, widths = random_model(random, certain=0.0)
    q, rows = infer_gaussian(model), []
    for _ in range(7):
        row = {}
        for i, w in enumerate(widths):
            value = np.where(random.random(w or 1) < 0.5, np.nan, random.normal(size=w or 1))
            row[f"v{i}"] = value if w else value[0]
        rows.append(row)
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    one_by_one = [q.posterior(row) for row in rows]
    for found in (q.posterior(rows), q.posterior(columns), q.posterior(Frame(columns) if not any(widths) else rows)):
        for name in q.variables:
            np.testing.assert_allclose(found[name].mean, [each[name].mean for each in one_by_one], atol=1e-9)
            wanted = [each[name].covariance for each in one_by_one]
            np.testing.assert_allclose(found[name].covariance, wanted, atol=1e-9)
        np.testing.assert_allclose(found.log_evidence, [each.log_evidence for each in one_by_one], atol=1e-9)


class Frame:
    """As much of a data frame as is asked for."""

    def __init__(self, columns):
        self.columns, self.values = list(columns), columns

    def __getitem__(self, name):
        return self.values[name]

    def to_dict(self):
        return self.values


def chain(random, T, d, p, same, seen=lambda t: True, rank=None):
    """A chain as a diagram; with `same`, the same boxes at every step."""

    def noise(n, rank):
        root = random.normal(size=(n, n if rank is None else rank))
        return root @ root.T

    def boxes():
        A = random.normal(size=(d, d)) * 0.7 / np.sqrt(d)
        move = gaussian("x", Real(d), Real(d), A, random.normal(size=d), noise(d, rank))
        return move, gaussian("y", Real(d), Real(p), random.normal(size=(p, d)), random.normal(size=p), noise(p, None))

    move, look = boxes()
    steps, state, outputs = [(gaussian_state("x", Real(d), random.normal(size=d), noise(d, rank)), [])], 0, []
    for t in range(T):
        if t:
            steps.append((move, [state]))
            state = len(steps) - 1
        outputs.append(state)
        if seen(t):
            steps.append((look, [state]))
            outputs.append(len(steps) - 1)
        move, look = (move, look) if same else boxes()
    return graph(Ty(), steps, outputs)


@settings(max_examples=60)
@given(
    seed=SEEDS,
    T=st.integers(3, 6),
    d=st.integers(1, 3),
    p=st.integers(1, 2),
    same=st.booleans(),
    rank=st.sampled_from([None, 1]),
    every=st.integers(1, 2),
    states=st.booleans(),
)
def test_chains_are_answered_as_any_other_network(seed, T, d, p, same, rank, every, states) -> None:
    random = np.random.default_rng(seed)
    q = infer_gaussian(chain(random, T, d, p, same, lambda t: t % every == 0, rank))
    assert q.chain is not None
    general = GaussianInference(q.network, None)
    draws = general.sample(1, seed=seed)
    evidence = {}
    for name in q.variables:
        if name.startswith("y") or (states and random.random() < 0.3):
            value = draws[name][0]
            evidence[name] = np.where(random.random(value.shape) < 0.3, np.nan, value)
    found, wanted = q.posterior(evidence), general.posterior(evidence)
    assert found.log_evidence == pytest.approx(wanted.log_evidence, abs=1e-5)
    for name in q.variables:
        np.testing.assert_allclose(found[name].mean, wanted[name].mean, atol=1e-6)
        np.testing.assert_allclose(found[name].covariance, wanted[name].covariance, atol=1e-6)


@settings(max_examples=40)
@given(seed=SEEDS, T=st.integers(3, 6), d=st.integers(1, 3), p=st.integers(1, 2), every=st.integers(1, 2))
def test_states_that_are_seen_are_observations_without_noise(seed, T, d, p, every) -> None:
    random = np.random.default_rng(seed)
    q = infer_gaussian(chain(random, T, d, p, True, lambda t: t % every == 0))
    assert q.chain is not None
    general = GaussianInference(q.network, None)
    row = np.concatenate([value.ravel() for value in general.sample(1, seed=seed).values()])
    row[random.random(len(row)) < 0.5] = np.nan
    evidence = {name: row[q.network.coordinates((i,))] for i, name in enumerate(q.variables)}
    found, wanted = smooth_chain(q.network, q.chain, row), general.posterior(evidence)
    assert found.log_evidence == pytest.approx(wanted.log_evidence, abs=1e-6)
    for i, name in enumerate(q.variables):
        np.testing.assert_allclose(found.means[i], wanted[name].mean, atol=1e-6)
        np.testing.assert_allclose(found.covariances[i], wanted[name].covariance, atol=1e-6)


def test_what_is_no_chain() -> None:
    random = np.random.default_rng(0)
    a, f = gaussian_state("a", X, 0.0, 1.0), gaussian("f", X, X, 1.0, 0.0, 1.0)
    two = gaussian("two", X @ X, X, [1.0, 1.0], 0.0, 1.0)
    for steps in (
        [(a, []), (f, [0])],
        [(a, []), (f, [0]), (two, [0, 1]), (f, [2])],
        [(a, []), (f, [0]), (f, [1]), (f, [0]), (f, [3])],
        [(a, []), (a, []), (f, [0]), (f, [2])],
        [
            (a, []),
            (gaussian("v", X, Real(2), [1, 1], 0, np.eye(2)), [0]),
            (gaussian("w", Real(2), X, [1, 1], 0, 1), [1]),
        ],
    ):
        q = infer_gaussian(graph(Ty(), steps, range(len(steps))))
        assert q.chain is None
        assert len(q.posterior()) == len(steps)
    assert infer_gaussian(chain(random, 4, 2, 1, True, lambda t: False)).chain is not None


def test_long_chains_are_answered_where_the_joint_is_too_large() -> None:
    random = np.random.default_rng(0)
    model = chain(random, 3000, 2, 2, True)
    q = infer_gaussian(model)
    found = q.posterior({"y": [0.0, 1.0], "y#3000": [1.0, 0.0]})
    assert np.isfinite(found.log_evidence)
    with pytest.raises(TooLarge, match="12,000 numbers have 1.1 GiB of covariances, and at most 8,192 are taken"):
        q.joint(["x", "x#2"])


def test_draws_follow_the_posterior() -> None:
    random = np.random.default_rng(3)
    model, _, _ = random_model(random)
    line = chain(random, 3, 1, 1, True)
    last = {"v5": 0.0} if model.cod[-1] == X else {}
    for q, evidence in ((infer_gaussian(model), last), (infer_gaussian(line), {"y#2": [1.0]})):
        found, draws = q.posterior(evidence), q.sample(40_000, evidence, seed=1)
        for name in q.variables:
            size = 1 + np.abs(found[name].covariance).max()
            np.testing.assert_allclose(draws[name].mean(axis=0), found[name].mean, atol=0.03 * size)
            np.testing.assert_allclose(np.cov(draws[name].T), found[name].covariance, atol=0.05 * size)
        one, two = (q.sample(2, evidence, seed=1) for _ in range(2))
        assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_copied_wire_is_one_variable_and_a_folded_box_is_open() -> None:
    x = gaussian_state("x", X, 1.0, 2.0)
    twice = gaussian("twice", X @ X, X, [1.0, 1.0], 0.0, 0.0)
    inside = x >> copy(X) >> twice
    for model in (inside, Box("folded", Ty(), X, (), inside)):
        found = infer_gaussian(model).posterior()
        assert list(found) == ["x", "twice"]
        assert found["twice"].mean == 2.0
        assert found["twice"].variance == pytest.approx(8.0)


def test_impossible_evidence_names_the_variable() -> None:
    x = gaussian_state("x", X, 1.0, 2.0)
    q = infer_gaussian(x >> copy() >> (identity() @ gaussian("twice", X, X, 2.0, 0.0, 0.0)))
    found = q.posterior({"x": 3.0, "twice": 6.0})
    assert found["twice"].variance == 0.0
    with pytest.raises(ImpossibleEvidence, match="twice cannot be 7 with what was seen before it; off by 0.447214"):
        q.posterior({"x": 3.0, "twice": 7.0})
    with pytest.raises(ImpossibleEvidence, match="row 1: twice cannot be 5"):
        q.posterior({"x": [3.0, 3.0], "twice": [6.0, 5.0]})


def test_impossible_evidence_in_a_chain_names_the_variable_too() -> None:
    same = gaussian("same", X, X, 1.0, 0.0, 0.0)
    steps = [(gaussian_state("x", X, 1.0, 2.0), []), (same, [0]), (same, [1]), (same, [2])]
    q = infer_gaussian(graph(Ty(), steps, range(4)))
    assert q.chain is not None
    found = q.posterior({"x": 3.0})
    assert found["same#3"].mean == pytest.approx(3.0, rel=1e-14)
    assert [each.variance for each in found.values()] == [0.0] * 4
    with pytest.raises(ImpossibleEvidence, match="same#2 cannot be 4 with what was seen before it"):
        q.posterior({"x": 3.0, "same#2": 4.0})


def test_bad_input_is_named() -> None:
    x = gaussian_state("x", X, 1.0, 2.0)
    v = gaussian_state("v", Real(2), 0.0, np.eye(2))
    q = infer_gaussian(x @ v)
    for evidence, error, words in [
        ({"z": 1.0}, UnknownVariable, "there is no variable 'z'"),
        ({"x": "high"}, InputMismatch, "x: 'high' is no number"),
        ({"x": np.inf}, InputMismatch, "x: a value is infinite"),
        ({"v": [1.0]}, InputMismatch, r"v: a value has shape \(2,\)"),
        (
            {"x": [1.0], "v": [[1.0, 2.0], [3.0, 4.0]]},
            InputMismatch,
            "columns of evidence have different lengths: 1, 2",
        ),
        ([{"x": [1.0]}], InputMismatch, "a row of a list of rows holds one value"),
        ([1.0], InputMismatch, "a row of evidence is a dictionary"),
        ("x", InputMismatch, "evidence is a dictionary"),
    ]:
        with pytest.raises(error, match=words):
            q.posterior(evidence)
    with pytest.raises(UnknownVariable, match="did you mean 'x'"):
        q.posterior()["x "]
    with pytest.raises(InputMismatch, match="n is a whole number from 0 up"):
        q.sample(-1)
    with pytest.raises(InputMismatch, match="one row of evidence, not 2"):
        q.sample(1, {"x": [1.0, 2.0]})
    with pytest.raises(InputMismatch, match="ask row by row"):
        q.joint(["x"], {"x": [1.0, None]})
    with pytest.raises(NotSupported, match="f is no Gaussian box"):
        infer_gaussian(x >> Box("f", X, X))
    with pytest.raises(TypeMismatch, match="a model has no inputs"):
        infer_gaussian(identity(X))
    assert not is_gaussian(identity(X))


def test_no_rows_give_no_answers() -> None:
    q = infer_gaussian(gaussian_state("x", X, 1.0, 2.0))
    found = q.posterior([])
    assert found["x"].mean.shape == found.log_evidence.shape == (0,)
    line = infer_gaussian(chain(np.random.default_rng(0), 4, 2, 1, True))
    assert line.posterior([])["x#2"].mean.shape == (0, 2)
    with pytest.raises(InputMismatch, match="there are no rows of evidence"):
        q.joint(["x"], [])


def test_kernels_are_values_that_survive_json() -> None:
    box = gaussian("y", X @ Real(2), Real(2), [[1, 2, 3], [4, 5, 6]], [0.1, -0.0], [[2.0, 1.0], [1.0, 0.5]])
    again = loads(dumps(box))
    assert again == box
    assert hash(again.data[0]) == hash(box.data[0])
    assert box.data[0] == Gaussian(*box.data[0].data())
    with pytest.raises(ValueError, match="read-only"):
        box.data[0].A[0, 0] = 1.0


def test_makers_name_what_is_wrong() -> None:
    for make, error, words in [
        (lambda: gaussian("y", X, X, [[1.0, 2.0]], 0.0, 1.0), ShapeMismatch, r"y: A has shape \(1, 2\); these wires"),
        (lambda: gaussian("y", X, X, 1.0, [0.0, 0.0], 1.0), ShapeMismatch, r"y: b has shape \(2,\)"),
        (
            lambda: gaussian_state("y", Real(2), 0.0, 1.0),
            ShapeMismatch,
            r"y: S has shape \(\); these wires need \(2, 2\)",
        ),
        (lambda: gaussian_state("y", X, np.nan, 1.0), NotNormalized, "y: b holds nan"),
        (lambda: gaussian_state("y", Real(2), 0, [[1, 2], [2, 1]]), NotNormalized, "least eigenvalue is -1"),
        (lambda: gaussian_state("y", Real(2), 0, [[1, 2], [0, 1]]), NotNormalized, "not symmetric, by 2"),
        (lambda: gaussian_state("y", Real(2), 0, [[1e6, 0], [0, -1e-4]]), NotNormalized, "least eigenvalue is -0.0001"),
        (lambda: gaussian_state("y", Real("n"), 0.0, 1.0), TypeMismatch, "a Gaussian is for wires"),
        (lambda: gaussian_state("y", Ty("X"), 0.0, 1.0), TypeMismatch, "a Gaussian is for wires"),
        (lambda: gaussian_state("y", "X", 0.0, 1.0), TypeMismatch, "give types such as Real"),
        (lambda: Gaussian([[1.0]], [0.0], [[1.0, 0.0]]), ShapeMismatch, "A, b and S have shapes"),
        (lambda: Gaussian([["a"]], [0.0], [[1.0]]), ShapeMismatch, "A holds numbers"),
    ]:
        with pytest.raises(error, match=words):
            make()
    rounded = gaussian_state("y", Real(2), 0.0, [[1.0, 1.0], [1.0 + 1e-15, 1.0]])
    assert np.array_equal(rounded.data[0].S, rounded.data[0].S.T)


@pytest.mark.parametrize("wide", [1e6, 1e12, 1e18])
def test_little_noise_beside_a_wide_prior_keeps_its_digits(wide: float) -> None:
    look = gaussian("y", X, X, 1.0, 0.0, 1.0)
    q = infer_gaussian(gaussian_state("x", X, 0.0, wide) >> copy() >> (look @ look))
    answer, precision = q.posterior({"y": 1.0, "y#2": 3.0}), 2.0 + 1.0 / wide
    assert answer["x"].mean == pytest.approx(4.0 / precision, rel=1e-7)
    assert answer["x"].variance == pytest.approx(1.0 / precision, rel=1e-7)
    spread = 10.0 - 16.0 / precision + np.log(wide * precision) + 2.0 * np.log(2 * np.pi)
    assert answer.log_evidence == pytest.approx(-0.5 * spread, rel=1e-12)


def test_what_is_masked_is_missing_and_what_is_beyond_floats_is_refused() -> None:
    q = infer_gaussian(gaussian_state("x", X, 0.0, 1.0) @ gaussian_state("v", X, 0.0, 1.0))
    assert q.posterior({"x": np.ma.masked_array([5, 7], [True, False])})["x"].mean.tolist() == [0.0, 7.0]
    with pytest.raises(ImpossibleEvidence, match="row 1: what was seen is too far"):
        q.posterior({"x": [1.0, 1e300]})
    for value in (10**400, np.array([1j])):
        with pytest.raises(InputMismatch, match="x: .* is no number"):
            q.posterior({"x": value})
    with pytest.raises(NotNormalized, match="beyond floats"):
        infer_gaussian(gaussian_state("x", X, 1e300, 1.0) >> gaussian("y", X, X, 1e300, 0.0, 1.0)).posterior()
    with pytest.raises(NotNormalized, match="b holds nan"):
        gaussian_state("x", X, np.ma.masked, 1.0)
    with pytest.raises(NotNormalized, match="beyond 1e"):
        gaussian_state("x", Real(2), 0.0, [[1e308, -1e308], [1e308, 1e308]])
    for A, S in ((5.0, 3.0), ([1.0, 2.0], [1.0])):
        with pytest.raises(ShapeMismatch, match="they need"):
            Gaussian(A, [], S)


def test_questions_that_make_no_sense_are_refused() -> None:
    q = infer_gaussian(gaussian_state("x", X, 0.0, 1.0))
    with pytest.raises(InputMismatch, match="joint: give a list"):
        q.joint(3)
    for seed in (-1, 1.5, "a"):
        with pytest.raises(InputMismatch, match="seed is a whole number"):
            q.sample(1, seed=seed)
    assert q.sample(np.int64(2), seed=np.int64(1))["x"].shape == (2,)


def test_a_chain_of_no_numbers() -> None:
    nothing, step = np.zeros((0, 0)), gaussian("x", Real(0), Real(0), np.zeros((0, 0)), [], np.zeros((0, 0)))
    look = gaussian("y", Real(0), X, np.zeros((1, 0)), 1.0, 2.0)
    move = copy(Real(0)) >> (look @ step)
    model = gaussian_state("x", Real(0), [], nothing) >> move >> (identity(X) @ move) >> (identity(X @ X) @ move)
    answer = infer_gaussian(model).posterior({"y": 3.0})
    assert answer["x#2"].mean.shape == (0,)
    assert answer["y#2"].mean == pytest.approx(1.0)
