"""The parts of the classifier: its optimizer against reverse derivative ascent, counting, encoding, choosing bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn.errors import InputMismatch, ShapeMismatch
from catlearn.interpreters.circuits.ascending.learner import closed_by
from catlearn.interpreters.circuits.ascending.models import lookup_table
from catlearn.interpreters.circuits.classifier import (
    Comparisons,
    Counters,
    Ensemble,
    Thermometer,
    Threshold,
    ascent,
    wish,
)
from catlearn.interpreters.circuits.classifier.addresses import addresses
from catlearn.interpreters.circuits.classifier.ballot import Ballot
from catlearn.interpreters.circuits.classifier.closed import closed_table
from catlearn.interpreters.circuits.classifier.learning import Recipe, State, learn
from catlearn.interpreters.circuits.classifier.pruning import useful
from catlearn.interpreters.circuits.classifier.subsets import random_subsets

quick = settings(derandomize=True, deadline=None, max_examples=40)
seeds = st.integers(0, 2**32 - 1)


@quick
@given(seeds, st.integers(1, 4))
def test_with_inertia_1_a_wish_is_the_step_of_reverse_derivative_ascent(seed, k):
    rng = np.random.default_rng(seed)
    table, row, wanted = rng.integers(2, size=2**k).astype(bool), int(rng.integers(2**k)), bool(rng.integers(2))
    counters = Counters(inertia=1)
    state = np.where(table, 0, -1).astype(np.int8)
    np.testing.assert_array_equal(counters.get(state), table)
    after = counters.get(counters.put(state, wish(np.full(2**k, wanted), row)))
    np.testing.assert_array_equal(after, ascent(table, row, wanted))
    step = cl.compile(closed_by(lookup_table(k, 1), ["t"], "formal").step)
    x = (row >> np.arange(k) & 1).astype(bool)
    np.testing.assert_array_equal(step(table, x, np.array([wanted]))[-1], after)


def test_a_step_on_one_sample_is_ascent_in_every_table():
    rng = np.random.default_rng(0)
    at = rng.integers(4, size=(1, 30)).astype(np.uint8)
    found = learn(at, np.array([1]), 3, 4, Recipe(Counters(1), margin=1.0, fraction=1.0, epochs=1), rng)
    blank = np.zeros(4, bool)
    for c in range(3):
        for table in range(30):
            wanted = ascent(blank, int(at[0, table]), True) if c == 1 else blank
            np.testing.assert_array_equal(found.entries[c, table], wanted)


@pytest.mark.parametrize("inertia", [1, 2, 3])
def test_the_learner_on_arrays_is_the_closed_learner_of_every_table(inertia):
    tables, inputs, classes, samples, passes = 5, 2, 3, 12, 4
    rng = np.random.default_rng(inertia)
    at = rng.integers(4, size=(samples, tables)).astype(np.uint8)
    labels = rng.integers(classes, size=samples)
    recipe = Recipe(Counters(inertia), margin=0.5, fraction=1.0, epochs=passes, batch=1)
    found = learn(at, labels, classes, 1 << inputs, recipe, np.random.default_rng(7))

    step = cl.compile(closed_table(inputs, classes, inertia).step)
    states = [tuple(np.zeros((2 * inertia + 1, classes << inputs), bool)) for _ in range(tables)]
    order = np.random.default_rng(7)
    for _ in range(passes):
        for sample in order.permutation(samples):
            # The learner on arrays draws these to choose tables; here they are all chosen.
            bits = [state[-1].reshape(-1, classes)[row] for state, row in zip(states, at[sample], strict=True)]
            votes, true = np.sum(bits, axis=0), int(labels[sample])
            rival = max((c for c in range(classes) if c != true), key=lambda c: votes[c])
            if votes[true] - votes[rival] < 0.5 * tables:
                order.random((1, tables), dtype=np.float32)
                wishes = np.arange(2 * classes) == np.array([[true], [classes + rival]])
                states = [
                    tuple(step(*state, (int(row) >> np.arange(inputs) & 1).astype(bool), wishes.any(0))[1:])
                    for state, row in zip(states, at[sample], strict=True)
                ]
            else:
                order.random((0, tables), dtype=np.float32)
    wanted = np.stack([state[-1].reshape(-1, classes).T for state in states], axis=1)
    np.testing.assert_array_equal(found.entries, wanted)
    assert 0 < wanted.mean() < 1


@quick
@given(seeds, st.sampled_from([1, 2, 5, 128, 129, 32_768]))
def test_wishes_in_place_are_the_lens_and_the_ballot_follows(seed, inertia):
    rng = np.random.default_rng(seed)
    counters = Counters(inertia)
    state = State.start(counters, 3, 5, 4)
    state.hidden[...] = rng.integers(-inertia, inertia, state.hidden.shape)
    state = State(counters, state.hidden, Ballot.of(state.entries))
    for _ in range(20):
        c, up = int(rng.integers(3)), bool(rng.integers(2))
        entries = np.flatnonzero(rng.random(20) < 0.5)
        move = np.zeros(20, np.int8)
        move[entries] = 1 if up else -1
        wanted = counters.put(state.hidden[c], move)
        state.wish(c, entries, up)
        np.testing.assert_array_equal(state.hidden[c], wanted)
        assert state.hidden.dtype == wanted.dtype == counters.dtype
    np.testing.assert_array_equal(state.ballot.words, Ballot.of(state.entries).words)


@pytest.mark.parametrize("classes", [2, 3, 10, 11, 27])
@pytest.mark.parametrize("tables", [1, 63, 200])
def test_votes_are_the_sums_of_bits(classes, tables):
    rng = np.random.default_rng(classes * tables)
    bits, reads = rng.random((70, 12)) < 0.5, random_subsets(np.arange(12), tables, 4, rng)
    entries = rng.random((classes, tables, 16)) < 0.9
    at = (bits[:, reads] << np.arange(4)).sum(2)
    np.testing.assert_array_equal(addresses(np.ascontiguousarray(bits.T), reads), at)
    wanted = entries[:, np.arange(tables), at].sum(2).T
    found = Ensemble(12, reads, entries)
    np.testing.assert_array_equal(found.ballot.count(at), wanted)
    np.testing.assert_array_equal(found.votes(bits), wanted)
    kept = np.arange(0, tables, 2)
    np.testing.assert_array_equal(
        found.only(kept).votes(bits) * 2, found.only(kept).beside(found.only(kept)).votes(bits)
    )


@quick
@given(seeds, st.integers(1, 6))
def test_tables_that_are_not_useful_change_no_lead(seed, tables):
    rng = np.random.default_rng(seed)
    entries = rng.random((3, tables, 2)) < 0.5
    entries[:, rng.random(tables) < 0.5] = True
    whole = Ensemble(4, rng.integers(4, size=(tables, 1)).astype(np.int32), entries)
    bits = np.array([[n >> k & 1 for k in range(4)] for n in range(16)], bool)
    less = whole.only(useful(whole)).votes(bits)
    np.testing.assert_array_equal(np.ptp(whole.votes(bits) - less, axis=1), 0)


@quick
@given(seeds, st.integers(1, 5))
def test_a_thermometer_rises_and_keeps_the_order(seed, levels):
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(30, 2)), int(rng.integers(3)))
    found = Thermometer(levels).fit(X)
    counts = np.stack([found.transform(X)[:, found.comparisons_.columns == c].sum(1) for c in range(2)], 1)
    for c in range(2):
        order = np.argsort(X[:, c], kind="stable")
        assert (np.diff(counts[order, c]) >= 0).all()
        assert counts[:, c].max() == min(levels, len(np.unique(X[:, c])) - 1) or len(np.unique(X[:, c])) > levels + 1
        if len(np.unique(X[:, c])) <= levels + 1:
            assert len(np.unique(counts[:, c])) == len(np.unique(X[:, c]))


@quick
@given(seeds, st.sampled_from([bool, np.uint8, np.int8, np.uint16, np.int32, np.int64, np.uint64, np.float32, float]))
def test_whole_numbers_reach_a_threshold_when_they_do_as_floats(seed, kind):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-200, 200, size=(30, 2)).astype(kind)
    at = rng.integers(-300, 300, size=8) + rng.choice([0, 0.25], size=8)
    inside = at[(at > rows.min()) & (at <= rows.max())]
    for thresholds in (at, inside):
        found = Comparisons(2, np.arange(len(thresholds)) % 2, thresholds)
        wanted = rows.astype(float)[:, found.columns] >= thresholds
        np.testing.assert_array_equal(found.bits(rows), wanted)


def test_neighboring_floats_are_told_apart():
    low = np.array([1.0, np.nextafter(1.0, 2.0), -1e308, 1e308])
    bits = Thermometer().fit_transform(low[:, None])
    assert bits.sum(1).tolist() == [1, 2, 0, 3]


def test_a_threshold_is_a_quarter_up_the_range():
    assert Threshold().fit([[0, 1], [1, 0]]).comparisons_.thresholds.tolist() == [0.25, 0.25]
    assert Threshold().fit([[0], [255]]).transform([[63], [64]]).tolist() == [[False], [True]]


def test_bits_that_are_none_are_named():
    found = Ensemble(2, np.array([[0, 1]], np.int32), np.ones((2, 1, 4), bool))
    with pytest.raises(InputMismatch, match="column 1 holds 0.5, which is no bit; encode it first"):
        found.votes([[0, 0.5]])
    with pytest.raises(InputMismatch, match=r"give bits of shape \(samples, 2\)"):
        found.votes([[0, 1, 1]])


def test_whoever_learns_without_a_whole_inertia_is_told():
    for wrong in (0, 1.5, True, 40_000):
        with pytest.raises(ShapeMismatch, match="inertia is"):
            Counters(wrong)


@quick
@given(seeds, st.integers(1, 9), st.integers(1, 30))
def test_subsets_are_of_distinct_bits_read_about_equally_often(seed, inputs, tables):
    live = np.arange(5, 15)
    reads = random_subsets(live, tables, inputs, np.random.default_rng(seed))
    assert reads.shape == (tables, inputs)
    assert all(len(set(row)) == inputs and set(row) <= set(live.tolist()) for row in reads.tolist())
