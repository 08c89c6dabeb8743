"""Exact answers against the joint distribution written out; and what happens at the edges."""

import pickle
from copy import copy as shallow_copy
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn import Box, Finite, Ty, channel, copy, discard, effect, graph, identity, infer, state
from catlearn.errors import ImpossibleEvidence, InputMismatch, TypeMismatch, UnknownBox, UnknownOutcome, UnknownVariable
from catlearn.interpreters.markov.finite import engine
from catlearn.interpreters.markov.finite.underflow import SAFE
from tests.markov.finite.models import dense, marginal, random_evidence, random_model

quick = settings(derandomize=True, deadline=None, max_examples=60)
seeds = st.integers(0, 2**32 - 1)

NIGHT = Finite("no", "yes")
rain = state("rain", NIGHT, [0.8, 0.2])
wet = channel("wet", NIGHT, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
model = rain >> copy() >> (identity() @ wet)


@quick
@given(seeds, seeds)
def test_posteriors_are_those_of_the_joint_distribution(seed, other):
    d = random_model(seed)
    evidence, q = random_evidence(other, d), infer(d)
    total = dense(d, evidence)
    if not total.sum() > 0:
        with pytest.raises(ImpossibleEvidence):
            q.posterior(evidence)
        return
    found = q.posterior(evidence)
    assert found.log_evidence == pytest.approx(np.log(total.sum()), abs=1e-10)
    assert q.log_evidence(evidence) == pytest.approx(found.log_evidence, abs=1e-10)
    for v, name in enumerate(q.variables):
        assert found[name].probabilities == pytest.approx(marginal(total, v), abs=1e-12)


@quick
@given(seeds, seeds)
def test_joints_and_most_probable_outcomes(seed, other):
    d = random_model(seed)
    evidence, q = random_evidence(other, d), infer(d)
    total = dense(d, evidence)
    if not total.sum() > 0 or not q.variables:
        return
    random = np.random.default_rng(seed)
    chosen = [int(v) for v in random.permutation(len(q.variables))[: random.integers(1, 4)]]
    rest = tuple(v for v in range(total.ndim) if v not in chosen)
    expected = total.sum(axis=rest).transpose(np.argsort(np.argsort(chosen))) / total.sum()
    assert q.joint([q.variables[v] for v in chosen], evidence).probabilities == pytest.approx(expected, abs=1e-12)
    best = q.most_probable(evidence)
    where = tuple(q.network.outcomes[v].index(best[name]) for v, name in enumerate(q.variables))
    assert total[where] == pytest.approx(total.max(), rel=1e-12)
    assert best.log_probability == pytest.approx(np.log(total.max()), abs=1e-10)


@quick
@given(seeds, seeds)
def test_a_table_of_rows_is_answered_as_row_by_row(seed, other):
    d = random_model(seed)
    q = infer(d)
    found = [random_evidence(other + k, d) for k in range(5)]
    rows = [row for row in found if dense(d, row).sum() > 0]
    if not rows:
        return
    many = q.posterior(rows)
    assert many.log_evidence.shape == (len(rows),)
    for i, row in enumerate(rows):
        one = q.posterior(row)
        assert many.log_evidence[i] == pytest.approx(one.log_evidence, abs=1e-10)
        for name in q.variables:
            assert many[name].probabilities[i] == pytest.approx(one[name].probabilities, abs=1e-12)


@quick
@given(seeds, seeds)
def test_the_derivative_is_that_of_finite_differences(seed, other):
    d = random_model(seed, boxes=4, zeros=0.0)
    evidence, q = random_evidence(other, d), infer(d)
    if not dense(d, evidence).sum() > 0:
        return
    slopes, families = q.derivative(evidence), q.families(evidence)
    for k, factor in enumerate(q.network.factors):
        if factor.made:
            name = q.variables[factor.made[0]]
            assert families[name] == pytest.approx(factor.table * slopes[name], abs=1e-12)
            at = np.unravel_index(seed % factor.table.size, factor.table.shape)
            high, low = (np.log(dense(d, evidence, moved(k, at, by)).sum()) for by in (1e-6, -1e-6))
            assert slopes[name][at] == pytest.approx((high - low) / 2e-6, rel=1e-5, abs=1e-5)


def moved(k, at, by):
    """Tables as they are, but for one number of the k-th."""

    def table(number, values):
        values = values.copy()
        if number == k:
            values[at] += by
        return values

    return table


@settings(derandomize=True, deadline=None, max_examples=10)
@given(seeds, seeds)
def test_samples_are_distributed_as_the_posterior(seed, other):
    d = random_model(seed)
    evidence, q = random_evidence(other, d), infer(d)
    total = dense(d, evidence)
    if not total.sum() > 0:
        return
    drawn = q.sample(4000, evidence, seed=1)
    for v, name in enumerate(q.variables):
        shares = np.array([drawn[name].count(o) for o in q.network.outcomes[v]]) / 4000
        expected = np.clip(marginal(total, v), 0, 1)
        assert (np.abs(shares - expected) <= 5 * np.sqrt(expected * (1 - expected) / 4000) + 1e-12).all()


def test_samples_repeat_with_their_seed():
    q = infer(model)
    assert q.sample(50, seed=7) == q.sample(50, seed=7) != q.sample(50, seed=8)
    assert q.sample(0) == {"rain": [], "wet": []}


@quick
@given(seeds, seeds)
def test_barren_boxes_change_nothing(seed, other):
    d = random_model(seed)
    evidence, q = random_evidence(other, d), infer(d)
    if not q.variables or not dense(d, evidence).sum() > 0:
        return
    asked = [q.variables[seed % len(q.variables)]]
    seen = {name: value for name, value in evidence.items() if value is not None}
    pruned = infer(d, asked=asked, observed=seen)
    assert len(pruned.variables) <= len(q.variables)
    found, full = pruned.posterior(seen), q.posterior(seen)
    assert found[asked[0]].probabilities == pytest.approx(full[asked[0]].probabilities, abs=1e-12)
    assert found.log_evidence == pytest.approx(full.log_evidence, abs=1e-10)


def long_chain(length, sharp=1e-8):
    """A chain that hardly ever changes its mind, seen to change it every time: evidence about sharp ** length."""
    step = channel("next", NIGHT, NIGHT, [[1 - sharp, sharp], [sharp, 1 - sharp]])
    first = state("next", NIGHT, [0.5, 0.5])
    boxes = [(first, []), *((step, [k]) for k in range(length - 1))]
    return graph(Ty(), boxes, list(range(length)))


def test_what_would_underflow_does_not():
    d = long_chain(200)
    q = infer(d)
    evidence = {name: ("no", "yes")[k % 2] for k, name in enumerate(q.variables) if k != 100}

    found = q.posterior(evidence)
    assert found.log_evidence < SAFE
    total = np.log(0.5) + 197 * np.log(1e-8) + _missing_link()
    assert found.log_evidence == pytest.approx(total, rel=1e-12)

    many = q.posterior([evidence, {}])
    assert many.log_evidence == pytest.approx([total, 0.0], rel=1e-12, abs=1e-12)
    assert many["next#101"].probabilities[0] == pytest.approx(found["next#101"].probabilities)
    assert q.most_probable(evidence).log_probability == pytest.approx(total, rel=1e-2)
    assert q.sample(3, evidence)["next#2"] == ["yes"] * 3


def _missing_link():
    """From yes, through one that was not seen, to yes: either it stayed twice or it changed twice."""
    return np.log((1 - 1e-8) ** 2 + 1e-16)


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda q: q.posterior({"wett": "wet"}), UnknownVariable, "did you mean 'wet'?"),
        (lambda q: q.posterior({"wet": "we"}), UnknownOutcome, "wet has no outcome 'we'; did you mean 'wet'?"),
        (lambda q: q.posterior({"wet": {"wet": -1}}), InputMismatch, "from 0 up, not -1"),
        (lambda q: q.posterior({"wet": {"wet": float("nan")}}), InputMismatch, "from 0 up, not nan"),
        (lambda q: q.posterior({"wet": {}}), ImpossibleEvidence, "wet with no outcome possible"),
        (lambda q: q.posterior({"wet": ["wet"], "rain": []}), InputMismatch, "wet has 1, rain has 0"),
        (lambda q: q.posterior(["wet"]), InputMismatch, "a list of dictionaries"),
        (lambda q: q.posterior("wet"), InputMismatch, "evidence is a dictionary"),
        (lambda q: q.posterior({"wet": ["wet", "x"]}), UnknownOutcome, "row 1: wet has no outcome 'x'"),
        (lambda q: q.posterior({"wet": np.ones((2, 3))}), InputMismatch, "shape (2, 2), not (2, 3)"),
        (lambda q: q.posterior({"wet": -np.ones((2, 2))}), InputMismatch, "from 0 up"),
        (lambda q: q.joint("wet"), InputMismatch, "give a list of variables, not 'wet'"),
        (lambda q: q.joint([]), InputMismatch, "list of different variables"),
        (lambda q: q.joint(["wet", "wet"]), InputMismatch, "list of different variables"),
        (lambda q: q.joint(["wet"])["we"], UnknownOutcome, "wet has no outcome 'we'"),
        (lambda q: q.joint(["wet"])["wet", "no"], UnknownOutcome, "an outcome for each of wet"),
        (lambda q: q.sample(-1), InputMismatch, "from 0 up, not -1"),
        (lambda q: q.sample(2.5), InputMismatch, "from 0 up, not 2.5"),
        (lambda q: q.sample(1, seed="a"), InputMismatch, "seed is a whole number"),
        (lambda q: q.posterior({"wet": {"wet": 10**400}}), InputMismatch, "wet: a likelihood is a number"),
        (lambda q: q.posterior({"wet": np.ones((1, 2), object)}), InputMismatch, "an array of numbers, not of object"),
        (lambda q: q.log_evidence([{"wet": "wet"}]), InputMismatch, "tables are for posterior"),
        (lambda q: q.joint(3), InputMismatch, "give a list of variables, not 3"),
        (lambda q: q.joint([["wet"]]), UnknownVariable, "did you mean 'wet'?"),
        (lambda q: q.joint(["wet"])[1], UnknownOutcome, "wet has no outcome 1"),
        (lambda q: q.most_probable()[["wet"]], UnknownVariable, "did you mean 'wet'?"),
        (lambda q: infer(q.model, asked="wet"), InputMismatch, "asked: give a list of variables, not 'wet'"),
        (lambda q: infer(q.model, plan_seconds="1"), InputMismatch, "plan_seconds= is a number from 0 up, not '1'"),
        (lambda q: infer(q.model, memory_limit=None), InputMismatch, "memory_limit= is a number from 0 up, not None"),
        (lambda q: q.posterior()["snow"], UnknownVariable, "there is no variable 'snow'"),
        (lambda q: q.posterior()["rain"]["maybe"], UnknownOutcome, "there is no outcome 'maybe'"),
    ],
)
def test_bad_questions_are_refused_in_one_line(ask, error, said):
    with pytest.raises(error) as caught:
        ask(infer(model))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("d", "error", "said"),
    [
        (wet, TypeMismatch, "put a state before it"),
        (Box("f", Ty(), NIGHT), UnknownBox, "'f' is no"),
    ],
)
def test_what_is_no_model_is_refused(d, error, said):
    with pytest.raises(error, match=said):
        infer(d)


def test_a_contradiction_is_named():
    never = channel("never", NIGHT, NIGHT, [[1.0, 0.0], [0.0, 1.0]])
    other = state("other", NIGHT, [0.5, 0.5])
    q = infer((rain >> copy() >> (identity() @ never)) @ other)
    with pytest.raises(ImpossibleEvidence, match="rain = no with never = yes has probability 0"):
        q.posterior({"rain": "no", "other": "yes", "never": "yes"})
    with pytest.raises(ImpossibleEvidence, match=r"row 1 and 1 more: rain = no with never = yes"):
        q.posterior({"rain": ["yes", "no", "no"], "other": ["yes"] * 3, "never": ["yes"] * 3})
    for question in (q.log_evidence, q.families, q.derivative, q.most_probable):
        with pytest.raises(ImpossibleEvidence):
            question({"rain": "no", "never": "yes"})
    with pytest.raises(ImpossibleEvidence):
        q.sample(1, {"rain": "no", "never": "yes"})
    with pytest.raises(ImpossibleEvidence):  # though it has nothing to do with what is asked for
        q.joint(["other"], {"rain": "no", "never": "yes"})
    with pytest.raises(ImpossibleEvidence, match="effects contradict"):
        infer(rain >> effect("none", NIGHT, [0, 0])).posterior()


def test_effects_are_part_of_the_model():
    seen = rain >> copy() >> (identity() @ effect("umbrella", NIGHT, [1.0, 9.0]))
    found = infer(seen).posterior()
    assert found.evidence == pytest.approx(0.8 + 1.8)
    assert found["rain"]["yes"] == pytest.approx(1.8 / 2.6)


def test_small_diagrams():
    assert infer(identity(Ty())).posterior().log_evidence == 0.0
    assert infer(rain >> discard()).posterior({"rain": "yes"})["rain"].most_probable == "yes"
    twice = infer(rain @ rain).posterior({"rain#2": "no"})
    assert twice["rain"]["yes"] == pytest.approx(0.2)
    assert twice["rain#2"]["yes"] == 0.0


def test_a_box_that_reads_a_wire_twice():
    both = channel("both", NIGHT @ NIGHT, NIGHT, [[[1, 0], [0.5, 0.5]], [[0.5, 0.5], [0, 1]]])
    found = infer(rain >> copy() >> both).posterior()
    assert found["both"].probabilities == pytest.approx([0.8, 0.2])


def test_many_rows_in_chunks(monkeypatch):
    q = infer(model)
    expected = q.posterior({"wet": ["wet", "dry", None] * 30})
    monkeypatch.setattr(engine, "CHUNK", 200)
    again = infer(model)
    assert again._engine.chunk < 30
    found = again.posterior({"wet": ["wet", "dry", None] * 30})
    assert (found["rain"].probabilities == expected["rain"].probabilities).all()


def test_a_long_contradiction_is_not_listed_whole():
    some = effect("some", Ty.of([*NIGHT.obs] * 12), 1 - np.eye(2**12)[-1].reshape([2] * 12))
    q = infer(graph(Ty(), [*[(rain, [])] * 12, (some, range(12))], range(12)))
    with pytest.raises(ImpossibleEvidence, match="rain#8 = yes and 4 more findings has probability 0"):
        q.posterior(dict.fromkeys(q.variables, "yes"))


def test_what_was_asked_can_be_kept_and_sent_elsewhere():
    q = infer(model)
    answers = q.posterior({"wet": "wet"}), q.joint(["rain"]), q.most_probable(), q.posterior([{}])
    for kept in (pickle.loads(pickle.dumps(q)), deepcopy(q), shallow_copy(q)):
        assert kept.posterior({"wet": "wet"}) == answers[0]
        assert kept.joint(["rain"])["yes"] == answers[1]["yes"]
    for answer in answers:
        assert repr(pickle.loads(pickle.dumps(answer))) == repr(answer)


def test_data_frames_mark_what_is_missing_in_their_own_way():
    class Missing:
        """What pandas shows for it; it is neither None nor NaN."""

    class Column(list):
        def isna(self):
            return [isinstance(value, Missing) for value in self]

    class Frame:
        def __init__(self, **data):
            self.columns, self.data = list(data), data

        def __getitem__(self, name):
            return Column(self.data[name])

        def __len__(self):
            return 3

    die = infer(state("die", Finite("1", "2", "3"), [0.2, 0.3, 0.5]))
    found = die.posterior(Frame(die=[1.0, np.float64("nan"), Missing()]))["die"].probabilities
    assert found == pytest.approx(np.array([[1, 0, 0], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]]))
    assert len(die.posterior(Frame()).log_evidence) == 3
    twice = Frame(die=[1, 2, 3])
    twice.columns = ["die", "die"]
    with pytest.raises(InputMismatch, match="one column for each variable"):
        die.posterior(twice)


def test_rows_come_as_columns_rows_or_frames():
    class Frame:
        columns = ("wet",)

        def __getitem__(self, name):
            return np.array(["wet", "dry", float("nan")], object)

    q = infer(model)
    columns = q.posterior({"wet": ["wet", "dry", None]})["rain"].probabilities
    rows = q.posterior([{"wet": "wet"}, {"wet": "dry"}, {}])["rain"].probabilities
    soft = q.posterior({"wet": np.array([[0, 1], [1, 0], [1, 1]])})["rain"].probabilities
    assert (columns == rows).all()
    assert (columns == soft).all()
    assert (columns == q.posterior(Frame())["rain"].probabilities).all()
    assert len(q.posterior([]).log_evidence) == 0
