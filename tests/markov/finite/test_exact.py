"""Inference in fractions, against enumeration; and that posteriors are derivatives of log-evidence, on the nose."""

from __future__ import annotations

from fractions import Fraction
from math import log, prod

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catlearn import Finite, Real, Ty, channel, copy, diagram, effect, identity, infer, state, tanh
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import Graph, Wiring, unfolded
from catlearn.errors import ImpossibleEvidence, InputMismatch, UnknownBox, UnknownOutcome
from catlearn.interpreters.markov.finite.rational import evaluate, exactly, fractions
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, floats, models

law = settings(max_examples=50, deadline=None, derandomize=True)
X = Finite("a", "b")


def some_evidence(model, rng):
    """Findings of all kinds, and the factor that each puts on each outcome."""
    found, factors = {}, {}
    for name, ob in zip(variables(model), unfolded(model).obs, strict=True):
        kind, size = rng.random(), len(ob.sizes)
        if kind < 0.2:
            factors[name] = [int(i == size - 1) for i in range(size)]
            found[name] = ob.sizes[-1]
        elif kind < 0.4:
            factors[name] = [Fraction(rng.randint(1, 3), 3) for _ in range(size)]
            found[name] = dict(zip(ob.sizes, factors[name], strict=True))
        elif kind < 0.6:
            factors[name], found[name] = [1] * size, set(ob.sizes)
    return found, factors


def expected(model, factors):
    """The weight of every world after the findings."""
    names = variables(model)
    at = {names.index(name): row for name, row in factors.items()}
    for world, weight in oracle.worlds(model):
        if total := prod((row[world[v]] for v, row in at.items()), start=weight):
            yield world, total


@law
@given(models(effects=True, least=2), RANDOMS)
def test_all_answers_are_those_of_enumeration(model, rng):
    evidence, factors = some_evidence(model, rng)
    worlds = list(expected(model, factors))
    q = infer(model, exact=True)
    if not worlds:
        with pytest.raises(ImpossibleEvidence):
            q.posterior(evidence)
        return
    total = sum(weight for _, weight in worlds)
    answer = q.posterior(evidence)
    assert answer.evidence == total == q.evidence(evidence)
    assert answer.log_evidence == pytest.approx(log(total))
    assert q.log_evidence(evidence) == answer.log_evidence
    for v, name in enumerate(q.variables):
        for i, p in enumerate(answer[name].probabilities):
            assert p == sum((w for at, w in worlds if at[v] == i), Fraction(0)) / total
    pair = rng.sample(range(len(q.variables)), min(2, len(q.variables)))
    if not pair:
        return
    joint = q.joint([q.variables[v] for v in pair], evidence).probabilities
    for at in np.ndindex(joint.shape):
        assert joint[at] == sum((w for world, w in worlds if tuple(world[v] for v in pair) == at), Fraction(0)) / total


@law
@given(models(effects=True, least=2), RANDOMS)
def test_floats_agree_with_fractions(model, rng):
    evidence, factors = some_evidence(model, rng)
    assume(list(expected(model, factors)))
    exact, rough = infer(model, exact=True).posterior(evidence), infer(floats(model)).posterior(evidence)
    assert rough.log_evidence == pytest.approx(exact.log_evidence, abs=1e-12)
    for name in exact:
        np.testing.assert_allclose(rough[name].probabilities, exact[name].probabilities.astype(float), atol=1e-13)


@law
@given(models(effects=True, least=2), st.integers(0, 10**6))
def test_posteriors_of_families_are_derivatives_of_log_evidence(model, where):
    """Evidence is linear in each number of a table, so that a difference quotient is the derivative, in fractions."""
    assume(list(oracle.worlds(model)))
    q, wiring, steps = infer(model, exact=True), unfolded(model), list(unfolded(model).steps())
    families, total = q.families(), q.evidence()
    made = [k for k, (box, reads, out) in enumerate(steps) if len(out) and len(set(reads)) == len(reads)]
    assume(made)
    k = made[where % len(made)]
    box, _, out = steps[k]
    values = np.array(box.data[0].values)
    at = np.unravel_index(where % values.size, values.shape)
    values[at] += 1
    box = type(box)(box.name, box.dom, box.cod, (Table(values),))
    boxes = (*wiring.boxes[:k], box, *wiring.boxes[k + 1 :])
    moved = infer(Graph(Wiring(Ty(), boxes, wiring.arguments, wiring.outputs)), exact=True)
    try:
        slope = moved.evidence() - total
    except ImpossibleEvidence:
        slope = -total
    assert families[q.variables[out[0]]][at] == (values[at] - 1) * slope / total


def test_finite_differences_of_log_evidence_in_floats():
    rain = state("rain", X, [0.75, 0.25])
    wet = np.array([[0.9, 0.1], [0.2, 0.8]])

    def model(table):
        return rain >> copy() >> (identity() @ channel("wet", X, X, table))

    families = infer(model(wet)).families({"wet": "b"})
    for row in range(2):
        step = 1e-6 * np.array([[-1.0, 1.0] if i == row else [0.0, 0.0] for i in range(2)])
        up, down = (infer(model(wet + sign * step)).log_evidence({"wet": "b"}) for sign in (1, -1))
        slopes = families["wet"][row] / wet[row]
        assert (up - down) / 2e-6 == pytest.approx(slopes[1] - slopes[0], rel=1e-8)


def test_only_what_is_asked_for():
    model = state("rain", X, [0.8, 0.2]) >> copy() >> (identity() @ channel("wet", X, X, [[0.9, 0.1], [0.2, 0.8]]))
    assert infer(model, asked=["rain"], exact=True).variables == ("rain",)


def test_rows_are_answered_one_by_one():
    model = state("rain", X, [0.8, 0.2]) >> copy() >> (identity() @ channel("wet", X, X, [[0.9, 0.1], [0.2, 0.8]]))
    q = infer(model, exact=True)
    third = Fraction(1, 3)
    for table in (
        {"wet": ["b", None]},
        [{"wet": "b"}, {}],
        {"wet": np.array([[0.0, 1.0], [1.0, 1.0]])},
        {"wet": np.array(["b", None], object)},
    ):
        answer = q.posterior(table)
        assert answer["rain"]["a"].tolist() == [third, Fraction(4, 5)]
        assert answer.evidence.tolist() == [Fraction(6, 25), 1]
    assert q.posterior({"wet": []})["rain"].probabilities.shape == (0, 2)
    with pytest.raises(UnknownOutcome, match="row 1"):
        q.posterior({"wet": ["b", "c"]})
    with pytest.raises(ImpossibleEvidence, match="row 1: wet with no outcome possible"):
        q.posterior([{"wet": "b"}, {"wet": set()}])


def test_numbers_are_read_as_they_are_written():
    assert fractions([0.1, np.float64(0.2), 3]).tolist() == [Fraction(1, 10), Fraction(1, 5), 3]
    assert Table([np.float64(0.1), Fraction(9, 10)]).values.tolist() == [Fraction(1, 10), Fraction(9, 10)]
    # A likelihood is no distribution: it stays as it is.
    assert exactly(effect("e", X, [0.1, 0.2])).wiring.boxes[0].data[0].values.tolist() == [
        Fraction(1, 10),
        Fraction(1, 5),
    ]


def test_fractions_in_a_model_are_floats_where_floats_are_asked_for():
    model = state("x", X, [Fraction(1, 3), Fraction(2, 3)]) >> copy() >> (identity() @ effect("e", X, [Fraction(3), 6]))
    answer = infer(model).posterior({"x": {"a": Fraction(1, 2), "b": 1}})
    assert answer["x"]["a"] == pytest.approx(1 / 9)
    assert answer.evidence == pytest.approx(4.5)


def test_a_table_on_a_wire_that_is_read_twice():
    same = channel("same", X @ X, X, [[[1, 0], [0.5, 0.5]], [[0.5, 0.5], [Fraction(1, 4), Fraction(3, 4)]]])
    answer = infer(state("x", X, [0.5, 0.5]) >> copy() >> same, exact=True).posterior()
    assert answer["same"]["a"] == Fraction(5, 8)


def test_errors():
    q = infer(state("x", X, [0.5, 0.5]), exact=True)
    with pytest.raises(InputMismatch, match="different variables"):
        q.joint(["x", "x"])
    with pytest.raises(ImpossibleEvidence):
        q.joint(["x"], {"x": set()})

    @diagram
    def curved(x: Real(2)):
        return tanh(x)

    with pytest.raises(UnknownBox, match="tanh has no rule in fractions"):
        evaluate(curved, [fractions([1, 2])])
