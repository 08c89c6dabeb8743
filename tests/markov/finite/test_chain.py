"""Discrete chains against enumeration of all paths, the contraction of the same model, and another library."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.diagrams.theories.markov.table import channel, effect, state
from catlearn.diagrams.theories.markov.unroll import unroll
from catlearn.diagrams.types import Finite, Ty
from catlearn.diagrams.wiring import graph
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    ShapeMismatch,
    TypeMismatch,
    UnknownOutcome,
)
from catlearn.interpreters.markov.finite.chains import logarithms as log_chain
from catlearn.interpreters.markov.finite.chains.dispatch import ChainEngine, chain_engine, is_chain
from catlearn.interpreters.markov.finite.chains.forward_backward import Chain, smooth, transitions
from catlearn.interpreters.markov.finite.chains.hidden_markov import hidden_markov
from catlearn.interpreters.markov.finite.chains.rows import smooth_rows
from catlearn.interpreters.markov.finite.engine import Engine
from catlearn.interpreters.markov.finite.inference import FiniteInference
from catlearn.interpreters.markov.finite.network import network

CHECK = settings(derandomize=True, deadline=None, max_examples=60)


def distributions(random, *shape, zeros=0.0):
    """Rows that sum to one, some of their entries zero."""
    found = random.gamma(0.7, size=shape) + 1e-3
    found[random.random(shape) < zeros] = 0.0
    found[..., 0] += found.sum(axis=-1) == 0
    return found / found.sum(axis=-1, keepdims=True)


@st.composite
def chains(draw):
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    size, steps = draw(st.integers(1, 3)), draw(st.integers(1, 5))
    zeros = draw(st.sampled_from([0.0, 0.4]))
    timed = draw(st.booleans())
    moves = distributions(random, *([steps - 1] if timed else []), size, size, zeros=zeros)
    seen = random.normal(size=(steps, size)) * draw(st.sampled_from([1.0, 30.0, 800.0]))
    seen[random.random(seen.shape) < zeros / 2] = -np.inf
    seen[random.random(steps) < 0.2] = 0.0
    return Chain(distributions(random, size, zeros=zeros), moves), seen


def enumerated(chain, seen):
    """Log-evidence, smoothed, filtered, pairs and the best path, from all paths."""
    steps, size = seen.shape
    with np.errstate(divide="ignore"):
        first, moves = np.log(chain.initial), [np.log(chain.at(t)) for t in range(steps - 1)]
    paths = np.array(list(product(range(size), repeat=steps)))
    logs = first[paths[:, 0]] + sum(seen[t, paths[:, t]] for t in range(steps))
    logs = logs + sum(moves[t][paths[:, t], paths[:, t + 1]] for t in range(steps - 1))
    top = logs.max()
    if top == -np.inf:
        return None
    weights = np.exp(logs - top)
    total = weights.sum()
    eye = np.eye(size)
    one = eye[paths]
    marginals = np.einsum("p,ptk->tk", weights / total, one)
    both = sum(np.einsum("p,pi,pj->ij", weights / total, one[:, t], one[:, t + 1]) for t in range(steps - 1))
    return top + np.log(total), marginals, both, top


@CHECK
@given(chains())
def test_forward_backward_is_the_sum_over_all_paths(drawn):
    chain, seen = drawn
    model = hidden_markov(chain.initial, chain.transition)
    wanted = enumerated(chain, seen)
    if wanted is None:
        for question in (model.smooth, model.filter, model.log_evidence, model.most_probable):
            with pytest.raises(ImpossibleEvidence, match="step"):
                question(seen)
        return
    log_evidence, marginals, both, best = wanted
    found = model.smooth(seen)
    assert found.log_evidence == pytest.approx(log_evidence, rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(found.probabilities, marginals, atol=1e-12)
    np.testing.assert_allclose(model.transitions(seen), both, atol=1e-12)
    np.testing.assert_allclose(sum(model.pairs(seen), np.zeros(chain.transition.shape[-2:])), both, atol=1e-12)
    path = model.most_probable(seen)
    assert path.log_probability == pytest.approx(best, rel=1e-12, abs=1e-12)
    for t in range(len(seen)):
        filtered = model.filter(seen[: t + 1])
        np.testing.assert_allclose(model.filter(seen).probabilities[t], filtered.probabilities[-1], atol=1e-12)
        before = enumerated(Chain(chain.initial, chain.transition), seen[: t + 1])
        np.testing.assert_allclose(filtered.probabilities[-1], before[1][-1], atol=1e-12)


def in_logarithms(chain, seen):
    """The slow way: log-evidence, smoothed, and expected transitions."""
    found = log_chain.forward(chain.initial, chain.transition, seen)
    ratio = log_chain.backward(chain.transition, seen, found)
    return found.sums.sum(), np.exp(found.logs + ratio)


@pytest.mark.parametrize("size", [2, 5, 40, 150])
@pytest.mark.parametrize("kind", ["quick", "slow", "never", "one way"])
@pytest.mark.parametrize("sharp", [0.1, 3.0])
def test_segments_give_what_one_long_pass_gives(size, kind, sharp):
    """Also for chains that forget slowly, and for those that never do."""
    random, steps = np.random.default_rng(size), 700
    moves = {
        "quick": distributions(random, size, size),
        "slow": 0.999 * np.eye(size) + 0.001 / size,
        "never": np.eye(size),
        "one way": np.triu(distributions(random, size, size)),
    }[kind]
    chain = Chain(np.full(size, 1 / size), moves / moves.sum(axis=1, keepdims=True))
    seen = random.normal(size=(steps, size)) * sharp
    log_evidence, smoothed = in_logarithms(chain, seen)
    found = smooth(chain, seen)
    assert found.log_evidence == pytest.approx(log_evidence, rel=1e-12)
    np.testing.assert_allclose(found.smoothed, smoothed, atol=1e-10)
    counts = transitions(chain, seen, found)
    np.testing.assert_allclose(counts.sum(axis=1), smoothed[:-1].sum(axis=0), atol=1e-8)
    np.testing.assert_allclose(counts.sum(axis=0), smoothed[1:].sum(axis=0), atol=1e-8)


def test_what_underflows_for_a_while_comes_back():
    """Two states that never change: the first half of what is seen speaks for one by far, the second for the other."""
    seen = np.zeros((4000, 2))
    seen[:2000, 0], seen[2000:, 1] = 1.0, 1.0
    seen[-1, 1] = 3.0
    found = smooth(Chain(np.array([0.5, 0.5]), np.eye(2)), seen)
    odds = np.exp(seen.sum(axis=0) - seen.sum(axis=0).max())
    np.testing.assert_allclose(found.smoothed, np.tile(odds / odds.sum(), (4000, 1)), rtol=1e-9)


def test_states_that_cannot_be_do_not_drown_the_others():
    seen = np.tile([0.0, 5.0], (1000, 1))
    found = smooth(Chain(np.array([1.0, 0.0]), np.eye(2)), seen)
    assert found.log_evidence == pytest.approx(0.0, abs=1e-9)
    np.testing.assert_allclose(found.smoothed, np.tile([1.0, 0.0], (1000, 1)))


def test_the_step_that_cannot_be_is_named():
    model = hidden_markov([0.5, 0.5], [[0.9, 0.1], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])
    questions = model.smooth, model.filter, model.log_evidence, model.most_probable, model.sample, model.transitions
    for question in questions:
        with pytest.raises(ImpossibleEvidence, match="step 57"):
            question([0] * 20 + [1] * 37 + [0] * 100)


@CHECK
@given(chains())
def test_samples_are_drawn_in_proportion(drawn):
    chain, seen = drawn
    wanted = enumerated(chain, seen)
    if wanted is None:
        return
    paths = hidden_markov(chain.initial, chain.transition).sample(seen, 4000, seed=1)
    frequencies = np.stack([(paths == k).mean(axis=0) for k in range(len(chain.initial))], axis=1)
    np.testing.assert_allclose(frequencies, wanted[1], atol=0.05)
    assert (frequencies[wanted[1] == 0] == 0).all()


def test_names_are_given_and_read():
    weather, mood = Finite("rain", "sun"), Finite("sad", "glad")
    boxes = [state("w", weather, [0.3, 0.7]), channel("w", weather, weather, [[0.7, 0.3], [0.2, 0.8]])]
    model = hidden_markov(*boxes, channel("m", weather, mood, [[0.8, 0.2], [0.1, 0.9]]))
    plain = hidden_markov([0.3, 0.7], [[0.7, 0.3], [0.2, 0.8]], [[0.8, 0.2], [0.1, 0.9]])
    named, numbers = ["sad", None, "glad", "sad"], [0, None, 1, 0]
    np.testing.assert_array_equal(model.smooth(named).probabilities, plain.smooth(numbers).probabilities)
    np.testing.assert_array_equal(model.smooth(np.array(named)).probabilities, plain.smooth(numbers).probabilities)
    path = [("rain", "sun").index(name) for name in model.most_probable(named).states]
    assert path == list(plain.most_probable(numbers).states)
    assert set(model.sample(named, 5).ravel()) <= {"rain", "sun"}
    timed = hidden_markov(boxes[0], [boxes[1]] * 3, [[0.8, 0.2], [0.1, 0.9]])
    np.testing.assert_allclose(timed.smooth(numbers).probabilities, plain.smooth(numbers).probabilities)
    np.testing.assert_allclose(timed.filter(numbers[:2]).probabilities, plain.filter(numbers[:2]).probabilities)


@pytest.mark.parametrize("seed", range(6))
def test_learning_never_makes_it_worse(seed):
    random = np.random.default_rng(seed)
    zeros = 0.3 if seed % 2 else 0.0
    tables = distributions(random, 3, zeros=0), distributions(random, 3, 3, zeros=zeros), distributions(random, 3, 4)
    sequences = [random.integers(0, 4, n).tolist() for n in (30, 1, 75)]
    sequences[0][3] = None
    found = hidden_markov(*tables).fit(sequences, iterations=40, tolerance=0.0)
    steps = np.diff(found.log_evidence)
    assert (steps > -1e-9).all()
    assert steps.sum() > 0.1
    assert (found.model.transition[tables[1] == 0] == 0).all()
    total = sum(found.model.log_evidence(sequence) for sequence in sequences)
    assert total == pytest.approx(found.log_evidence[-1])


def test_learning_of_log_likelihoods_leaves_the_emission():
    random = np.random.default_rng(0)
    model = hidden_markov([0.5, 0.5], [[0.6, 0.4], [0.4, 0.6]])
    found = model.fit([random.normal(size=(50, 2)) * 3], iterations=10)
    assert found.model.emission is None
    assert (np.diff(found.log_evidence) > -1e-9).all()


def test_what_cannot_be_learned_from_is_named():
    model = hidden_markov([1.0, 0.0], [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])
    with pytest.raises(ImpossibleEvidence, match="sequence 1: step 2"):
        model.fit([[0, 0], [0, 0, 1]])
    with pytest.raises(InputMismatch, match="list of sequences"):
        model.fit([])
    with pytest.raises(InputMismatch, match="change in time"):
        hidden_markov([1.0, 0.0], np.tile(np.eye(2), (3, 1, 1)), np.eye(2)).fit([[0, 0]])


@st.composite
def models(draw):
    """A chain as a diagram, with leaves and effects, and something observed."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    size, steps, seen = draw(st.integers(1, 3)), draw(st.integers(1, 6)), draw(st.integers(2, 3))
    state_type, leaf_type = Finite(*"abc"[:size]), Finite(*"uvw"[:seen])
    zeros = draw(st.sampled_from([0.0, 0.3]))
    move = channel("x", state_type, state_type, distributions(random, size, size, zeros=zeros))
    leaf = channel("y", state_type, leaf_type, distributions(random, size, seen, zeros=zeros))
    boxes, last, count, leaves = [(state("x", state_type, distributions(random, size)), [])], 0, 1, []
    for t in range(steps):
        if t:
            if draw(st.booleans()):
                move = channel("x", state_type, state_type, distributions(random, size, size, zeros=zeros))
            boxes.append((move, [last]))
            last, count = count, count + 1
        for _ in range(draw(st.integers(0, 2))):
            boxes.append((leaf, [last]))
            leaves.append(count)
            count += 1
        if draw(st.integers(0, 3)) == 0:
            boxes.append((effect("e", state_type, random.random(size) + 0.1), [last]))
        if leaves and draw(st.integers(0, 4)) == 0:
            boxes.append((effect("f", leaf_type, random.random(seen) + 0.1), [leaves[-1]]))
    model = graph(Ty(), boxes, range(count), "model")
    net = network(model)
    observed = draw(st.sets(st.integers(0, count - 1), max_size=4))
    return model, {net.variables[v]: str(random.choice(list(net.outcomes[v]))) for v in observed}


@CHECK
@given(models())
def test_a_chain_answers_as_its_contraction_does(drawn):
    model, evidence = drawn
    q = FiniteInference(model)
    assert isinstance(q._answers, Engine)
    try:
        wanted = q.posterior(evidence)
    except ImpossibleEvidence as error:
        wanted = str(error)
    assert is_chain(q.network)
    q._answers = ChainEngine(q.network, _states(q.network))
    if isinstance(wanted, str):
        for question in (q.posterior, q.log_evidence):
            with pytest.raises(ImpossibleEvidence) as caught:
                question(evidence)
            assert str(caught.value) == wanted
        return
    found = q.posterior(evidence)
    assert found.log_evidence == pytest.approx(wanted.log_evidence, abs=1e-12)
    assert q.log_evidence(evidence) == pytest.approx(wanted.log_evidence, abs=1e-12)
    assert list(found) == list(wanted)
    for name in wanted:
        np.testing.assert_allclose(found[name].probabilities, wanted[name].probabilities, atol=1e-12)


@CHECK
@given(models(), st.integers(0, 2**32))
def test_many_rows_are_answered_as_one_by_one(drawn, seed):
    model, _ = drawn
    q = FiniteInference(model)
    q._answers = ChainEngine(q.network, _states(q.network))
    random, net = np.random.default_rng(seed), q.network
    rows = [
        {
            v: str(random.choice(list(o)))
            for v, o in zip(net.variables, net.outcomes, strict=True)
            if random.random() < 0.2
        }
        for _ in range(5)
    ]
    possible = []
    for row in rows:
        try:
            possible.append((row, q.posterior(row)))
        except ImpossibleEvidence:
            with pytest.raises(ImpossibleEvidence, match="row 1"):
                q.posterior([{}, row])
    if possible:
        found = q.posterior([row for row, _ in possible])
        np.testing.assert_allclose(found.log_evidence, [one.log_evidence for _, one in possible], atol=1e-12)
        for name in found:
            wanted = [one[name].probabilities for _, one in possible]
            np.testing.assert_allclose(found[name].probabilities, wanted, atol=1e-12)


def test_rows_that_underflow_are_answered_alone():
    chain = Chain(np.array([0.5, 0.5]), np.eye(2))
    seen = np.zeros((4000, 3, 2))
    seen[:2000, 0, 0], seen[2000:, 0, 1], seen[:, 1, 1] = 1.0, 1.0, 0.001
    log_evidence, smoothed = smooth_rows(chain, seen)
    for row in range(3):
        found = smooth(chain, seen[:, row])
        assert log_evidence[row] == pytest.approx(found.log_evidence)
        np.testing.assert_allclose(smoothed[:, row], found.smoothed, rtol=1e-9)


def _states(net):
    from catlearn.interpreters.markov.finite.chains.dispatch import _states as states

    return states(net)


def test_a_long_chain_is_answered_without_a_plan():
    random, X, Y = np.random.default_rng(0), Finite(*"abc"), Finite("low", "high")
    tables = distributions(random, 3), distributions(random, 3, 3), distributions(random, 3, 2)
    boxes = state("x", X, tables[0]), channel("x", X, X, tables[1]), channel("y", X, Y, tables[2])
    q = FiniteInference(unroll(*boxes, 1000))
    sequence = random.integers(0, 2, 1000).tolist()
    names = [name for name in q.variables if name.startswith("y")]
    found = q.posterior({name: ("low", "high")[k] for name, k in zip(names, sequence, strict=True)})
    assert "plan" not in vars(q)
    wanted = hidden_markov(*tables).smooth(sequence)
    assert found.log_evidence == pytest.approx(wanted.log_evidence)
    states = [name for name in q.variables if name.startswith("x")]
    np.testing.assert_allclose([found[name].probabilities for name in states], wanted.probabilities, atol=1e-12)
    assert found["y#7"].probabilities.max() == 1.0


def test_what_is_no_chain():
    X, Y = Finite("a", "b"), Finite("u", "v", "w")
    first, move = state("x", X, [0.5, 0.5]), channel("x", X, X, [[0.5, 0.5], [0.1, 0.9]])
    leaf, other = channel("y", X, Y, [[0.2, 0.3, 0.5]] * 2), channel("z", Y, X, [[0.5, 0.5]] * 3)
    both = channel("b", X @ X, X, np.full((2, 2, 2), 0.5))
    joint = effect("e", X @ X, np.ones((2, 2)))
    for boxes in (
        [(first, []), (move, [0]), (leaf, [1]), (other, [2])],  # a state of another size
        [(first, []), (move, [0]), (move, [0]), (leaf, [1]), (leaf, [2])],  # two ways to go on
        [(first, []), (move, [0]), (both, [0, 1])],
        [(first, []), (move, [0]), (joint, [0, 1])],
        [(first, []), (first, [])],
    ):
        assert not is_chain(network(graph(Ty(), boxes, [0])))
    assert chain_engine(network(unroll(first, move, leaf, 5))) is None
    assert is_chain(network(unroll(first, move, leaf, 5)))
    assert is_chain(network(unroll(first, move, None, 5)))


def test_unrolled_chains_are_checked():
    X, Y = Finite("a", "b"), Finite("u", "v")
    first, move = state("x", X, [0.5, 0.5]), channel("x", X, X, [[0.5, 0.5], [0.1, 0.9]])
    with pytest.raises(ShapeMismatch, match="from 1 up"):
        unroll(first, move, None, 0)
    with pytest.raises(ShapeMismatch, match="3 boxes are needed as transition"):
        unroll(first, [move], None, 4)
    with pytest.raises(TypeMismatch, match="reads"):
        unroll(first, move, channel("y", Y, X, [[0.5, 0.5]] * 2), 3)
    with pytest.raises(TypeMismatch, match="begins with a state"):
        unroll(move, move, None, 3)
    with pytest.raises(TypeMismatch, match="emission is a box"):
        unroll(first, move, ["y"], 1)
    with pytest.raises(TypeMismatch, match="transition is a box such as cl.channel makes, or a list of them, not None"):
        unroll(first, None, None, 3)


def test_bad_tables_and_observations_are_named():
    with pytest.raises(NotNormalized, match="the transition has a row that sums to 0.9"):
        hidden_markov([0.5, 0.5], [[0.5, 0.4], [0.5, 0.5]])
    with pytest.raises(NotNormalized, match="no probability"):
        hidden_markov([1.5, -0.5], np.eye(2))
    with pytest.raises(ShapeMismatch, match="the transition has shape"):
        hidden_markov([0.5, 0.5], np.eye(3))
    with pytest.raises(ShapeMismatch, match="the emission"):
        hidden_markov([0.5, 0.5], np.eye(2), [[1.0], [0.5, 0.5]])
    with pytest.raises(TypeMismatch, match="cl.channel"):
        hidden_markov([0.5, 0.5], state("x", Finite("a", "b"), [0.5, 0.5]))
    model = hidden_markov([0.5, 0.5], np.eye(2), np.eye(2))
    for wrong in ("ab", [], np.zeros((0, 2)), np.zeros((3, 3)), np.full((1, 2), np.nan), 5):
        with pytest.raises(InputMismatch):
            model.smooth(wrong)
    for odd in ([0, 2], [0, "a"], [True]):
        with pytest.raises(UnknownOutcome, match="step"):
            model.smooth(odd)
    with pytest.raises(InputMismatch, match="log-likelihoods"):
        hidden_markov([0.5, 0.5], np.eye(2)).smooth([0, 1])
    with pytest.raises(InputMismatch, match="transitions for 1 steps"):
        hidden_markov([0.5, 0.5], [np.eye(2).tolist()], np.eye(2)).smooth([0, None, 0])


def test_another_library_agrees():
    hmm = pytest.importorskip("hmmlearn.hmm")
    random, size = np.random.default_rng(3), 6
    tables = distributions(random, size), distributions(random, size, size), distributions(random, size, 4)
    theirs = hmm.CategoricalHMM(size, init_params="", params="")
    theirs.startprob_, theirs.transmat_, theirs.emissionprob_ = tables
    sequence = random.integers(0, 4, 500)
    score, smoothed = theirs.score_samples(sequence[:, None])
    best, path = theirs.decode(sequence[:, None])
    model = hidden_markov(*tables)
    found = model.smooth(sequence)
    assert found.log_evidence == pytest.approx(score)
    np.testing.assert_allclose(found.probabilities, smoothed, atol=1e-9)
    assert model.most_probable(sequence).log_probability == pytest.approx(best)
    ours = np.array(model.most_probable(sequence).states)
    assert (ours != path).mean() < 0.1  # several paths may be equally probable


def test_odd_settings_of_a_hidden_markov_model_are_refused():
    model = hidden_markov([0.5, 0.5], [[0.9, 0.1], [0.2, 0.8]], [[0.7, 0.3], [0.4, 0.6]])
    for count in (-1, 1.5, "a"):
        with pytest.raises(InputMismatch, match="count is a whole number"):
            model.sample([0, 1], count)
    with pytest.raises(InputMismatch, match="seed is a whole number"):
        model.sample([0, 1], 1, -1)
    assert model.sample([0, 1], np.int64(2)).shape == (2, 2)
    for settings_, message in (({"iterations": -1}, "iterations is a whole"), ({"tolerance": None}, "tolerance is a")):
        with pytest.raises(InputMismatch, match=message):
            model.fit([[0, 1]], **settings_)
    with pytest.raises(InputMismatch, match="sequence 0: observations are a list"):
        model.fit([3])
    for numbers in (np.full((2, 2), -1.7e308), np.ma.masked_array(np.zeros((2, 2)), True)):
        with pytest.raises(InputMismatch, match="a log-likelihood is a number"):
            model.smooth(numbers)
    with pytest.raises(ShapeMismatch, match="the initial state is a table"):
        hidden_markov([10**400, 1], model.transition)
