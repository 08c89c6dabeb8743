"""Where floats lose numbers that matter: every question is still answered as in fractions."""

import numpy as np
import pytest

from catlearn import Finite, Ty, as_table, channel, effect, graph, infer, invert, normalize, state
from catlearn.errors import ImpossibleEvidence, TooLarge

X = Finite("a", "b")
HALF = state("x", X, [0.5, 0.5])


def naive(count, likely=1e-3):
    """A class whose outcome b makes each of many features unlikely; and a last one that rules a out."""
    feature = channel("y", X, X, [[likely, 1 - likely], [1 - likely, likely]])
    boxes = [(HALF, []), *[(feature, [0])] * count, (channel("last", X, X, [[1.0, 0.0], [0.5, 0.5]]), [0])]
    return graph(Ty(), boxes, range(count + 2))


@pytest.mark.parametrize("count", [103, 200])
def test_what_is_unlikely_again_and_again_may_be_all_there_is(count):
    q = infer(naive(count))
    seen = {name: "b" for name in q.variables if name != "x"}
    total = 2 * np.log(0.5) + count * np.log(1e-3)
    found = q.posterior(seen)
    assert found.log_evidence == pytest.approx(total, rel=1e-12)
    assert q.log_evidence(seen) == pytest.approx(total, rel=1e-12)
    assert found.to_dict() == {"x": {"a": 0, "b": 1}, **{name: {"a": 0, "b": 1} for name in seen}}
    many = q.posterior([{}, seen])
    assert many.log_evidence == pytest.approx([0, total], rel=1e-12, abs=1e-12)
    assert many["x"].probabilities[1].tolist() == [0, 1]
    assert q.joint(["x", "y"], {**seen, "y": None}).probabilities == pytest.approx(np.array([[0, 0], [0.999, 0.001]]))
    assert q.sample(2, seen)["x"] == ["b", "b"]
    assert q.families(seen)["x"].tolist() == [0, 1]
    assert q.derivative(seen)["x"].tolist() == [0, 2]


def tiny_model(seed):
    """Tables with numbers down to 1e-300, and evidence that may have chosen those."""
    random, boxes, sizes = np.random.default_rng(seed), [], []
    for k in range(int(random.integers(3, 25))):
        reads = [int(i) for i in random.choice(k, min(k, int(random.integers(0, 3))), replace=False)] if k else []
        sizes.append(int(random.integers(1, 4)))
        shape = [sizes[i] for i in (*reads, k)]
        table = 10.0 ** -random.choice([1, 50, 150, 300], size=shape) * (random.random(shape) > 0.2)
        table[..., 0] = 0
        table[..., 0] = 1 - table.sum(axis=-1)
        dom = Ty.of(ob for i in reads for ob in Finite(*"abc"[: sizes[i]]).obs)
        boxes.append((channel(f"v{k}", dom, Finite(*"abc"[: sizes[k]]), table), reads))
    evidence = {}
    for k, size in enumerate(sizes):
        if random.random() < 0.3:
            evidence[f"v{k}"] = "abc"[int(random.integers(size))]
        elif random.random() < 0.2:
            evidence[f"v{k}"] = {name: float(10.0 ** -random.choice([0, 100, 300])) for name in "abc"[:size]}
    return graph(Ty(), boxes, range(len(boxes))), evidence


@pytest.mark.parametrize("seed", range(25))
def test_tiny_numbers_are_answered_as_in_fractions(seed):
    model, seen = tiny_model(seed)
    q, exact = infer(model, plan_seconds=0), infer(model, exact=True)
    try:
        expected = exact.posterior(seen)
    except ImpossibleEvidence:
        for question in (q.posterior, q.log_evidence, q.families, q.most_probable, lambda e: q.joint(["v0"], e)):
            with pytest.raises(ImpossibleEvidence):
                question(seen)
        return
    found, families, joint = q.posterior(seen), q.families(seen), q.joint(["v0", "v1"], seen)
    assert found.log_evidence == pytest.approx(float(expected.log_evidence), rel=1e-12, abs=1e-12)
    assert joint.probabilities == pytest.approx(np.float64(exact.joint(["v0", "v1"], seen).probabilities), abs=1e-12)
    for name in q.variables:
        assert found[name].probabilities == pytest.approx(np.float64(expected[name].probabilities), abs=1e-12)
        assert families[name] == pytest.approx(np.float64(exact.families(seen)[name]), abs=1e-12)
        assert not np.isnan(q.derivative(seen)[name]).any()
        assert all(expected[name][outcome] > 0 for outcome in q.sample(3, seen)[name])


def test_decimals_count_against_the_memory_limit():
    q = infer(naive(110), memory_limit=40_000)
    assert q.forecast().memory < 40_000
    assert q.posterior({"last": "b"})["x"]["b"] == 1
    with pytest.raises(TooLarge, match="the limit is 40"):
        q.posterior({name: "b" for name in q.variables if name != "x"})


def test_small_and_large_effects_of_a_diagram():
    def after(*likelihood):
        return graph(Ty(), [(HALF, []), *[(effect("e", X, likelihood), [0])] * 5], [0])

    assert normalize(after(1e-300, 1e-308)).data[0].values == pytest.approx([1, 1e-40], rel=1e-9)
    assert normalize(after(1e300, 1e308)).data[0].values == pytest.approx([1e-40, 1], rel=1e-9)
    assert invert(channel("c", X, X, np.eye(2)), after(1e-300, 1e-308)).data[0].values.tolist() == [[1, 0], [0, 1]]
    assert infer(after(1e300, 1e308)).posterior()["x"]["b"] == 1
    with pytest.raises(TooLarge, match="more than a number can say"):
        as_table(after(1e300, 1e308))
