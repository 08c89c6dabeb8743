"""Learning tables: direct counting, a brute-force EM in plain Python, and gradients that find the same optimum."""

from itertools import product
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn import Finite, channel, copy, diagram, effect, flatten, identity, infer, learn, state
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    TypeMismatch,
    UnknownBox,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.gradients.counting.expected import ExpectedCounts

quick = settings(derandomize=True, deadline=None, max_examples=8)
A, B, C = Finite("a0", "a1"), Finite("b0", "b1", "b2"), Finite("c0", "c1")


def model(seed=0):
    random = np.random.default_rng(seed)
    a = state("a", A, random.dirichlet(np.ones(2)))
    b = channel("b", A, B, random.dirichlet(np.ones(3), 2))
    c = channel("c", A @ B, C, random.dirichlet(np.ones(2), (2, 3)))
    return (
        a
        >> copy(n=3)
        >> (identity() @ b @ identity())
        >> (identity() @ copy() @ identity())
        >> (identity() @ identity() @ (identity() @ identity()))
        >> _last(c)
    )


def _last(c):
    @diagram
    def tail(a: A, b: B, again: B, other: A):
        return a, b, c(other, again)

    return tail


def table_of(d, name):
    (box,) = {box for box in unfolded(d).boxes if box.name == name}
    return box.data[0].values


def sampled(seed, n, missing=0.0, hidden=()):
    drawn = infer(model(seed)).sample(n, seed=seed)
    random = np.random.default_rng(seed)
    return {
        name: [None if random.random() < missing else value for value in column]
        for name, column in drawn.items()
        if name not in hidden
    }


def codes(rows, name, outcomes):
    return [None if value is None else outcomes.index(value) for value in rows[name]] if name in rows else None


def divided(counts, before):
    sums = counts.sum(axis=-1, keepdims=True)
    return np.where(sums > 0, counts / np.maximum(sums, 1e-300), before)


def brute_em(start, rows, n, rounds):
    """EM written out over all completions of each row."""
    a, b, c = (table_of(start, name).copy() for name in "abc")
    outcomes = [("a0", "a1"), ("b0", "b1", "b2"), ("c0", "c1")]
    columns = [codes(rows, name, each) or [None] * n for name, each in zip("abc", outcomes, strict=True)]
    history = []
    for _ in range(rounds):
        counts, total = [np.zeros_like(a), np.zeros_like(b), np.zeros_like(c)], 0.0
        for row in zip(*columns, strict=True):
            worlds = [
                w
                for w in product(range(2), range(3), range(2))
                if all(s in (None, v) for s, v in zip(row, w, strict=True))
            ]
            weights = [a[i] * b[i, j] * c[i, j, k] for i, j, k in worlds]
            total += log(sum(weights))
            for (i, j, k), weight in zip(worlds, weights, strict=True):
                share = weight / sum(weights)
                counts[0][i] += share
                counts[1][i, j] += share
                counts[2][i, j, k] += share
        history.append(total)
        a, b, c = (divided(each, before) for each, before in zip(counts, (a, b, c), strict=True))
    return history, (a, b, c)


def test_complete_data_is_counted():
    rows = sampled(1, 400)
    learned = learn.tables(model(2), rows)
    a, b = np.array(codes(rows, "a", ("a0", "a1"))), np.array(codes(rows, "b", ("b0", "b1", "b2")))
    assert np.allclose(learned.tables["a"], np.bincount(a) / 400, atol=1e-14)
    counted = np.array([[np.sum((a == i) & (b == j)) for j in range(3)] for i in range(2)])
    assert np.allclose(learned.tables["b"], counted / counted.sum(axis=1, keepdims=True), atol=1e-14)
    assert learned.converged
    assert learned.rounds == 2
    exact = infer(learned.model).posterior(rows).log_evidence.sum()
    assert learned.log_likelihood == pytest.approx(exact, rel=1e-12)
    assert "converged" in repr(learned)


@given(seed=st.integers(0, 100), missing=st.sampled_from([0.0, 0.3, 0.6]), hide=st.booleans())
@quick
def test_em_is_em_written_out_and_never_falls(seed, missing, hide):
    rows, start = sampled(seed, 30, missing, ("b",) if hide else ()), model(seed + 1)
    learned = learn.tables(start, rows, rounds=6, tolerance=0.0)
    history, (a, b, c) = brute_em(start, rows, 30, learned.rounds)
    assert np.allclose(learned.log_likelihoods[: len(history)], history, atol=1e-10)
    for name, table in zip("abc", (a, b, c), strict=True):
        assert np.allclose(learned.tables[name], table, atol=1e-10)
    assert np.all(np.diff(learned.log_likelihoods) >= -1e-10)
    assert learned.log_likelihoods == learned.objective


def test_gradients_find_the_optimum_of_em():
    rows, start = sampled(3, 300, 0.3), model(4)
    em = learn.tables(start, rows, rounds=2000, tolerance=1e-13)
    found = learn.tables(start, rows, "gradient", rounds=1000, tolerance=1e-7, optimizer=learn.momentum(1.0))
    assert em.converged
    assert found.converged
    assert found.log_likelihood == pytest.approx(em.log_likelihood, abs=1e-6)
    for name in "abc":
        seen = slice(None) if name == "a" else em.tables["a"] > 1e-6
        assert np.allclose(found.tables[name][seen], em.tables[name][seen], atol=1e-3)
    for optimizer in (learn.nesterov(1.0), learn.adam(0.3), None):
        other = learn.tables(start, rows, method="gradient", optimizer=optimizer, rounds=300)
        assert other.log_likelihood == pytest.approx(em.log_likelihood, abs=2.0)


def test_the_derivative_is_that_of_finite_differences():
    rows, start = sampled(5, 20, 0.4), model(6)
    expect = ExpectedCounts(start, rows)
    tables = [np.array(table) for table in expect.tables]
    counts = expect(tables).counts
    for k, table in enumerate(tables):
        for at in np.ndindex(table.shape):
            step, values = 1e-6, []
            for sign in (1, -1):
                moved = [each.copy() for each in tables]
                moved[k][at] += sign * step
                values.append(expect(moved).log_likelihood)
            slope = (values[0] - values[1]) / (2 * step)
            assert counts[k][at] == pytest.approx(table[at] * slope, abs=1e-6)


def test_pseudocounts_are_a_dirichlet_prior():
    rows = sampled(1, 50)
    learned = learn.tables(model(2), rows, pseudocounts={"a": [3.0, 1.0], "b": 0.5})
    a = np.array(codes(rows, "a", ("a0", "a1")))
    assert np.allclose(learned.tables["a"], (np.bincount(a) + np.array([3.0, 1.0])) / 54)
    assert learned.objective[-1] != learned.log_likelihood
    partly = learn.tables(model(2), sampled(1, 50, 0.5), pseudocounts=0.7)
    assert np.all(np.diff(partly.objective) >= -1e-10)
    slow = learn.tables(model(2), sampled(1, 50, 0.5), pseudocounts=0.7, method="gradient", rounds=3000, tolerance=1e-7)
    partly = learn.tables(model(2), sampled(1, 50, 0.5), pseudocounts=0.7, rounds=2000, tolerance=1e-13)
    assert slow.objective[-1] == pytest.approx(partly.objective[-1], abs=1e-6)


def test_equal_boxes_share_their_table():
    start = state("x", A, [0.4, 0.6])
    step = channel("step", A, A, [[0.7, 0.3], [0.2, 0.8]])
    chain = start >> copy() >> (identity() @ (step >> copy())) >> (identity() @ identity() @ step)
    rows = {"x": ["a0", "a1", "a1"], "step": ["a0", "a0", "a1"], "step#2": ["a1", "a0", "a1"]}
    learned = learn.tables(chain, rows)
    moves = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert np.allclose(learned.tables["step"], moves / 3)
    assert learned.tables["step"] is learned.tables["step#2"]
    assert len({box for box in unfolded(learned.model).boxes if box.name == "step"}) == 1


def test_structure_and_names_stay_folded_boxes_too():
    cause = channel("cause", A, A, [[0.7, 0.3], [0.2, 0.8]])

    @diagram
    def inner(x: A):
        return cause(x)

    @diagram
    def outer():
        x = state("x", A, [0.4, 0.6])()
        return x, inner(x)

    learned = learn.tables(outer, {"x": ["a0", "a0"], "cause": ["a1", "a0"]})
    assert (learned.model.name, flatten(learned.model).boxes[1].name) == ("outer", "inner")
    assert infer(learned.model).variables == ("x", "cause")
    assert learned.tables["x"].tolist() == [1.0, 0.0]
    # Nothing was seen of cause given a1: its row is the old one.
    assert learned.tables["cause"].tolist() == [[0.5, 0.5], [0.2, 0.8]]
    assert table_of(outer, "cause").tolist() == [[0.7, 0.3], [0.2, 0.8]]


def test_only_some_tables_and_zeros_that_stay():
    rows = sampled(1, 100, 0.2)
    learned = learn.tables(model(2), rows, learn=["b"])
    assert list(learned.tables) == ["b"]
    assert np.array_equal(table_of(learned.model, "a"), table_of(model(2), "a"))
    zero = (
        state("z", B, [0.5, 0.5, 0.0])
        >> copy()
        >> (identity() @ channel("y", B, C, [[0.9, 0.1], [0.3, 0.7], [0.5, 0.5]]))
    )
    for method in ("em", "gradient"):
        found = learn.tables(zero, {"y": ["c0", "c1", "c1"]}, method=method, rounds=20)
        assert found.tables["z"][2] == 0.0
        assert np.allclose(found.tables["y"].sum(axis=1), 1)
    with pytest.raises(InputMismatch, match="gradients keep zeros"):
        learn.tables(zero, {"y": ["c0"]}, method="gradient", pseudocounts=1.0)
    free = learn.tables(zero, {"y": ["c0"]}, pseudocounts=1.0, rounds=3)
    assert free.tables["z"][2] > 0


def test_a_variable_that_is_read_twice_and_an_effect():
    x = state("x", A, [0.4, 0.6])
    twice = channel("y", A @ A, C, np.random.default_rng(0).dirichlet(np.ones(2), (2, 2)))
    both = x >> copy(n=3) >> (identity() @ twice)
    learned = learn.tables(both, {"x": ["a0", "a0", "a1"], "y": ["c0", "c1", "c1"]})
    assert np.allclose(learned.tables["y"][0, 0], 0.5)
    assert np.allclose(learned.tables["y"][1, 1], [0, 1])
    assert np.array_equal(learned.tables["y"][0, 1], table_of(both, "y")[0, 1])
    seen = x >> copy() >> (identity() @ effect("e", A, [2.0, 1.0]))
    found = learn.tables(seen, {"x": ["a0", "a1"]}, rounds=1)
    assert found.log_likelihoods[0] == pytest.approx(log(0.4 * 2) + log(0.6))


def test_hidden_variables_need_a_seed_which_makes_the_same_answer():
    classes = state("class", A, [0.5, 0.5])
    item = channel("item", A, B, [[1 / 3] * 3] * 2)
    other = channel("other", A, C, [[0.5, 0.5]] * 2)
    mixture = classes >> copy(n=3) >> (identity() @ item @ other)
    random = np.random.default_rng(1)
    rows = {"item": [], "other": []}
    for _ in range(300):
        k = int(random.random() < 0.4)
        rows["item"].append(f"b{random.choice(3, p=[[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]][k])}")
        rows["other"].append(f"c{int(random.random() < [0.1, 0.9][k])}")
    stuck = learn.tables(mixture, rows)
    best, same = (learn.tables(mixture, rows, seed=4, rounds=500) for _ in range(2))
    assert best.log_likelihood > stuck.log_likelihood + 10
    assert best.log_likelihoods == same.log_likelihoods
    assert best.model == same.model
    assert learn.tables(mixture, rows, seed=5, rounds=2).log_likelihoods[0] != best.log_likelihoods[0]


def test_many_rows_in_chunks_soft_ones_and_long_chains():
    rows = sampled(1, 5000, 0.5)
    learned = learn.tables(model(2), rows, rounds=3)
    exact = infer(learned.model).posterior(rows).log_evidence.sum()
    assert learned.log_likelihood == pytest.approx(exact, rel=1e-11)
    soft = {"a": np.random.default_rng(0).random((3000, 2)) * 5}
    found = learn.tables(model(2), soft, learn=["a"], rounds=1)
    assert found.log_likelihoods[0] == pytest.approx(infer(model(2)).posterior(soft).log_evidence.sum(), rel=1e-11)
    step = channel("step", A, A, [[0.7, 0.3], [0.2, 0.8]])
    chain = state("x", A, [0.4, 0.6])
    for _ in range(60):
        chain = (
            chain >> copy() >> (step @ channel("seen", A, B, [[1e-12, 0.3, 0.7 - 1e-12], [1e-13, 0.5, 0.5 - 1e-13]]))
        )
        chain = chain >> (identity() @ identity(B)) >> _first(A, B)
    names = [name for name in infer(chain).variables if name.startswith("seen")]
    low = learn.tables(chain, [dict.fromkeys(names, "b0")], rounds=2, tolerance=0.0)
    assert low.log_likelihoods[0] < -1500
    assert np.all(np.diff(low.log_likelihoods) >= -1e-10)


def _first(a, b):
    from catlearn import discard

    return identity(a) @ discard(b)


def test_no_column_at_all_and_a_progress_bar(capsys):
    found = learn.tables(model(2), [{"a": None}, {}], rounds=1, show=True)
    assert found.log_likelihood == pytest.approx(0.0)
    assert "loss" in capsys.readouterr().err


def test_bad_input_is_refused():
    rows, start = sampled(1, 5), model(2)
    never = state("x", A, [1.0, 0.0])
    cases = [
        (InputMismatch, "there are no rows", lambda: learn.tables(start, [])),
        (InputMismatch, "rows are columns", lambda: learn.tables(start, 5)),
        (UnknownVariable, "there is no variable 'z'", lambda: learn.tables(start, {"z": ["a0"]})),
        (UnknownOutcome, "a9", lambda: learn.tables(start, {"a": ["a9"]})),
        (UnknownBox, "there is no table 'z'", lambda: learn.tables(start, rows, learn=["z"])),
        (UnknownBox, "there is no table 'z'", lambda: learn.tables(start, rows, pseudocounts={"z": 1})),
        (InputMismatch, "nothing to learn", lambda: learn.tables(start, rows, learn=[])),
        (InputMismatch, "numbers from 0 up", lambda: learn.tables(start, rows, pseudocounts=-1)),
        (InputMismatch, "have the shape", lambda: learn.tables(start, rows, pseudocounts={"a": [1, 2, 3]})),
        (InputMismatch, "method is", lambda: learn.tables(start, rows, method="magic")),
        (InputMismatch, "rounds must be", lambda: learn.tables(start, rows, rounds=-1)),
        (InputMismatch, "seed must be", lambda: learn.tables(start, rows, seed=0.5)),
        (InputMismatch, "tolerance", lambda: learn.tables(start, rows, tolerance=-1)),
        (TypeMismatch, "optimizer", lambda: learn.tables(start, rows, optimizer=learn.adam())),
        (ImpossibleEvidence, "row 1: x = a1", lambda: learn.tables(never, {"x": ["a0", "a1"]})),
    ]
    for error, message, call in cases:
        with pytest.raises(error, match=message):
            call()


def test_names_and_pseudo_counts_of_odd_kinds_are_refused():
    model = state("rain", Finite("no", "yes"), [0.5, 0.5])
    for setting, message in (({"learn": 3}, "learn is a list"), ({"pseudocounts": 10**400}, "pseudo-counts have")):
        with pytest.raises(InputMismatch, match=message):
            learn.tables(model, {"rain": ["no"]}, **setting)
