"""Numbers that are in print, in fractions; more of them are doctests of the modules.

Sources: K. Cho and B. Jacobs, arXiv:1709.00322; B. Jacobs, Structured probabilistic reasoning; A. Tversky and
D. Kahneman (1982), the cabs; J. Pearl, the burglar alarm; S. Russell and P. Norvig, the bags of candy.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from catlearn import Finite, Ty, channel, copy, discard, effect, identity, infer, state
from catlearn.interpreters.markov.effects import condition, validity
from catlearn.interpreters.markov.finite.weights import as_table
from catlearn.interpreters.markov.inversion import disintegrate
from catlearn.interpreters.markov.lens import bayes

B = Finite("yes", "no")
F = Fraction


def flip(name, p):
    return state(name, B, [F(p), 1 - F(p)])


def channel_of(name, dom, rows, cod=B):
    return channel(name, dom, cod, [[F(p) for p in row] for row in rows])


def binary(name, dom, chances):
    return channel_of(name, dom, [(F(p), 1 - F(p)) for p in chances])


def given(lens, prior, seen):
    return lens.at(prior).backward(seen).probabilities.tolist()


def test_a_test_of_a_rare_disease():
    lens, prior = bayes(binary("test", B, ["9/10", "1/20"])), flip("sick", "1/100")
    assert lens.at(prior).forward["yes"] == F(117, 2000)
    assert given(lens, prior, "yes") == [F(18, 117), F(99, 117)]


def test_the_cab_and_the_witness():
    witness = bayes(binary("witness", B, ["8/10", "2/10"]))
    assert given(witness, flip("green", "85/100"), "no") == [F(17, 29), F(12, 29)]


def test_two_urns():
    white = effect("white", B, [F(2, 9), F(5, 11)])
    assert condition(flip("coin", "1/2"), white).data[0].values.tolist() == [F(22, 67), F(45, 67)]


def test_two_diseases_and_a_test_of_one_of_them():
    both = state("both", B @ B, [[F(1, 6), F(1, 4)], [F(1, 3), F(1, 4)]])
    test = binary("test", B, ["9/10", "1/20"]) >> effect("positive", B, [F(1), 0])
    after = condition(both, test @ discard(B)) >> (discard(B) @ identity(B))
    assert as_table(after)[0] == F(40, 97)
    # The crossover: the other disease is what disintegration says of it, at the updated first one.
    first, across = disintegrate(both, [0])
    assert as_table(condition(first, test) >> across)[0] == F(40, 97)


def test_disease_and_mood_by_three_routes():
    both = state("both", B @ B, [[F(5, 100), F(40, 100)], [F(50, 100), F(5, 100)]])
    test = binary("test", B, ["9/10", "1/20"])
    positive = test >> effect("positive", B, [F(1), 0])
    updated = as_table(condition(both, discard(B) @ positive) >> (identity(B) @ discard(B)))
    sick, mood = disintegrate(both, [1])
    pushed = as_table(condition(sick, positive) >> mood)
    posterior = infer(both >> (identity(B) @ (copy(B) >> (identity(B) @ test))), exact=True).posterior({"test": "yes"})
    assert posterior.evidence == validity(both, discard(B) @ positive) == F(207, 400)
    assert updated[0] == pushed[0] == posterior["both.0"]["yes"] == F(26, 207)
    assert posterior["both.1"]["yes"] == condition(sick, positive).data[0].values[0] == F(22, 23)


def test_the_burglar_alarm():
    # The alarm and the burglary; the neighbor is no certain witness of the alarm.
    both = state("both", B @ B, [[F("0.000095"), F("0.009999")], [F("0.000005"), F("0.989901")]])
    heard = effect("heard", B, [F("0.8"), F("0.2")]) @ discard(B)
    assert float(validity(both, heard)) == pytest.approx(0.206056, abs=1e-6)
    burglary = as_table(condition(both, heard) >> (discard(B) @ identity(B)))
    assert float(burglary[0]) == pytest.approx(0.00037368, abs=1e-8)


def test_evenish_dice():
    die = Finite(*"123456")
    likelihood = [F(1, 5), F(9, 10), F(1, 10), F(9, 10), F(1, 10), F(4, 5)]
    fair = state("die", die, [F(1, 6)] * 6)
    assert validity(fair, likelihood) == F(1, 2)
    assert condition(fair, likelihood).data[0].values.tolist() == [F(p, 30) for p in (2, 9, 1, 9, 1, 8)]


def test_blood_and_medicine():
    medicine = Finite("0", "1", "2")
    lens = bayes(binary("pressure", medicine, ["2/3", "7/9", "5/8"]))
    prior = state("medicine", medicine, [F(3, 20), F(9, 20), F(2, 5)])
    assert lens.at(prior).forward["yes"] == F(7, 10)
    assert lens.at(condition(prior, {"1", "2"})).forward["yes"] == F(12, 17)
    assert given(lens, prior, "yes") == [F(1, 7), F(1, 2), F(5, 14)]
    soft = lens.at(prior).observe({"yes": F(95, 100), "no": F(5, 100)}).probabilities.astype(float)
    np.testing.assert_allclose(soft, [0.143382, 0.49632, 0.360294], atol=1e-5)


def test_bags_of_candy():
    bags = Finite(*"12345")
    candy = binary("lime", bags, ["0", "1/4", "1/2", "3/4", "1"])
    prior, lens = state("bag", bags, [F(n, 10) for n in (1, 2, 4, 2, 1)]), bayes(candy)
    found = []
    for _ in range(3):
        prior = lens.at(prior).backward("yes")
        found.append(prior.probabilities.tolist())
    assert found[0] == [0, F(1, 10), F(2, 5), F(3, 10), F(1, 5)]
    assert found[1] == [0, F(1, 26), F(4, 13), F(9, 26), F(4, 13)]
    assert found[2] == [0, F(1, 76), F(4, 19), F(27, 76), F(8, 19)]


def test_the_weather_and_what_one_does():
    sky, act = Finite("cloudy", "sunny", "rainy"), Finite("in", "out")
    rows = [("5/10", "2/10", "3/10"), ("15/100", "80/100", "5/100"), ("2/10", "2/10", "6/10")]
    step = channel_of("sky", sky, rows, sky)
    does = channel_of("act", sky, [("1/2", "1/2"), ("2/10", "8/10"), ("9/10", "1/10")], act)
    still = state("sky", sky, [F(1, 4), F(1, 2), F(1, 4)])
    assert np.array_equal(as_table(still >> step), as_table(still))
    model = state("start", sky, [F(1), 0, 0])
    for _ in range(3):
        model = model >> (identity(Ty.of(model.cod.obs[:-1])) @ (copy(sky) >> (does @ step)))
    q, seen = infer(model, exact=True), {"act": "out", "act#2": "in", "act#3": "in"}
    assert q.evidence(seen) == F("0.1674")
    last = q.posterior(seen)["sky#3"].probabilities.tolist()
    assert last == [F(1867, 6696), F(347, 1395), F(15817, 33480)]


def test_the_hallway():
    cells, walls = Finite(*"12345"), Finite("2", "3")
    quarters = [(3, 1, 0, 0, 0), (1, 2, 1, 0, 0), (0, 1, 2, 1, 0), (0, 0, 1, 2, 1), (0, 0, 0, 1, 3)]
    step = channel_of("cell", cells, [[F(n, 4) for n in row] for row in quarters], cells)
    sees = channel_of("walls", cells, [(0, 1), (1, 0), (1, 0), (1, 0), (0, 1)], walls)
    model = state("start", cells, [0, 0, F(1), 0, 0])
    for _ in range(6):
        model = model >> (identity(Ty.of(model.cod.obs[:-1])) @ (copy(cells) >> (sees @ step)))
    names = ["walls", *(f"walls#{k}" for k in range(2, 7))]
    seen = dict(zip(names, "223233", strict=True))
    q = infer(model, exact=True)
    assert q.evidence(seen) == F(3, 512)
    assert q.posterior(seen)["cell#6"].probabilities.tolist() == [F(3, 8), F(1, 8), 0, F(1, 8), F(3, 8)]
    best = infer(model).most_probable(seen)
    assert [best[name] for name in ("start", "cell", "cell#2", "cell#3", "cell#4", "cell#5")] == list("321211")
