"""Boxes with several inputs: exact joint messages, and products that weights make up for."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import (
    Finite,
    Gaussian,
    Real,
    Table,
    Ty,
    channel,
    copy,
    gaussian,
    gaussian_state,
    identity,
    state,
    unfolded,
)
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.errors import NotSupported, TypeMismatch, UnknownOutcome
from catlearn.interpreters.bffg.joint import arranging
from catlearn.interpreters.bffg.joint.carried import Carried, Layout
from catlearn.interpreters.bffg.joint.scopes import scopes
from catlearn.interpreters.bffg.smoother import bffg
from tests.bffg.models import finite_answer, gaussian_model, near, with_random_tables, witnessed
from tests.bffg.test_gaussian import check_moments
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, floats, morphism, row

SEEDS = st.integers(0, 10**6)
X = Finite("no", "yes")
Y = Real()


def network(rng: Random, size: int, effects: bool = False):
    return morphism(rng, Ty(), boxes=size, effects=effects, least=2)


@given(RANDOMS)
@settings(max_examples=60)
def test_evidence_of_a_network_is_exact(rng: Random):
    model = network(rng, 6, effects=True)
    if not list(oracle.worlds(model)):
        return
    data = witnessed(rng, model)
    back = bffg(floats(model), joint=True).backward(data)
    assert back.exact
    assert back.projected == ()
    assert np.isclose(back.log_evidence, np.log(finite_answer(model, data)[0]), rtol=1e-10, atol=1e-12)


@given(RANDOMS)
@settings(max_examples=25)
def test_evidence_and_posterior_are_those_of_exact_inference(rng: Random):
    model = floats(network(rng, 5))
    data = witnessed(rng, model)
    opt, exact = bffg(model), cl.infer(model).posterior(data)
    back = opt.backward(data)
    assert np.isclose(back.log_evidence, exact.log_evidence, rtol=1e-10, atol=1e-12)
    for name, ob in zip(opt.variables, unfolded(model).obs, strict=True):
        if name in data:
            continue
        for outcome in ob.sizes:
            share = exact[name][outcome]
            if share > 1e-9:
                both = opt.backward({**data, name: outcome}).log_evidence
                assert np.isclose(both - back.log_evidence, np.log(share), rtol=1e-9, atol=1e-9)


@given(RANDOMS, st.sampled_from([None, False]))
@settings(max_examples=30)
def test_samples_of_a_network_are_of_the_posterior(rng: Random, joint):
    model = network(rng, 4)
    data = witnessed(rng, model, 0.3)
    total, shares = finite_answer(model, data)
    for d in (floats(model), with_random_tables(rng, model)):
        opt = bffg(d, joint=joint)
        paths = opt.forward(opt.backward(data), n=4000, seed=3)
        assert near(paths.log_evidence, np.log(total), 4.5)
        for name, share, ob in zip(opt.variables, shares, unfolded(d).obs, strict=True):
            for outcome, p in zip(ob.sizes, share, strict=True):
                found = paths.probability(name, outcome)
                assert abs(found.value - p) <= 4.5 * found.standard_error + 2e-3, name


@given(SEEDS)
@settings(max_examples=60)
def test_evidence_of_a_network_of_numbers_is_exact(seed):
    random = np.random.default_rng(seed)
    found = gaussian_model(random, int(random.integers(2, 7)), parents=3)
    back = bffg(found.model, joint=True).backward(found.data)
    assert back.exact
    np.testing.assert_allclose(back.log_evidence, found.log_evidence, rtol=1e-8, atol=1e-8)


@given(SEEDS)
@settings(max_examples=20)
def test_samples_of_a_network_of_numbers_have_the_moments_of_the_posterior(seed):
    random = np.random.default_rng(seed)
    found = gaussian_model(random, int(random.integers(2, 5)), parents=3)
    opt = bffg(found.model)
    back = opt.backward(found.data)
    paths = opt.forward(back, n=4000, seed=1)
    assert not (paths.log_weights - back.log_evidence).any()
    check_moments(found, opt, paths)


@given(SEEDS)
@settings(max_examples=12)
def test_projected_numbers_keep_their_weight(seed):
    random = np.random.default_rng(seed)
    found = gaussian_model(random, 3, widths=(1, 2), parents=2, share=0.6)
    opt = bffg(found.model, joint=False)
    back = opt.backward(found.data)
    paths = opt.forward(back, n=20000, seed=1)
    assert near(paths.log_evidence, found.log_evidence, 4.5)
    if paths.ess > 200:
        mean = found.posterior()[0]
        for name, at in zip(opt.variables, found.rows, strict=True):
            estimate = paths.mean(name)
            assert (abs(np.ravel(estimate.value) - mean[at]) <= 4.5 * np.ravel(estimate.standard_error) + 1e-6).all()


@given(SEEDS)
@settings(max_examples=20)
def test_weights_of_projected_numbers_are_bounded(seed):
    random = np.random.default_rng(seed)
    found = gaussian_model(random, 3, widths=(1, 2), parents=2, share=1.0)
    back = bffg(found.model, joint=False).backward(found.data)
    for group, pulled in zip(back.plan.groups, back.filtered.pulled, strict=True):
        rule = back.rules[group.kind]
        if len(rule.ins) < 2:
            continue
        whole, parts = pulled.residual[0].message, pulled.residual[1]
        for k in range(len(group.boxes)):
            rest = whole.H[..., k].copy()
            start = 0
            for part in parts:
                end = start + len(part.F)
                rest[start:end, start:end] -= part.H[..., k]
                start = end
            scale = max(1.0, float(np.abs(whole.H[..., k]).max()))
            assert np.linalg.eigvalsh(rest)[0] > -1e-9 * scale


@given(SEEDS)
@settings(max_examples=10)
def test_guides_at_joint_boxes_only_make_weights(seed):
    random = np.random.default_rng(seed)

    def nearby(box, kernel):
        return Gaussian(kernel.A * 0.9, kernel.b + 0.1, kernel.S + 0.3 * np.eye(len(kernel.b)))

    found = gaussian_model(random, 3, widths=(1, 2), parents=2, guide=nearby)
    opt = bffg(found.model)
    back = opt.backward(found.data)
    assert not back.exact
    assert near(opt.forward(back, n=20000, seed=2).log_evidence, found.log_evidence, 4.5)


def test_a_projection_without_its_weight_is_wrong():
    table = [[[0.95, 0.05], [0.3, 0.7]], [[0.05, 0.95], [0.95, 0.05]]]
    prior = state("a", X, [0.3, 0.7]) @ state("b", X, [0.2, 0.8])
    model = (
        prior
        >> copy(X @ X)
        >> (channel("odd", X @ X, X, table) @ channel("sum", X @ X, X, np.array(table)[::-1] * 0.4 + 0.3))
    )
    data = {"odd": "yes", "sum": "no"}
    exact, shares = finite_answer(model, data)
    opt = bffg(model, joint=False)
    back = opt.backward(data)
    assert back.projected == ("odd", "sum")
    assert not back.exact
    with pytest.raises(NotSupported, match="the message at odd was projected"):
        assert back.log_evidence
    paths = opt.forward(back, n=20000, seed=1)
    assert near(paths.log_evidence, np.log(exact))
    bare = (paths["a"] == 1).mean()
    assert near(paths.probability("a", "yes"), shares[0][1])
    assert abs(bare - shares[0][1]) > 0.05
    assert abs(np.exp(back.log_guide) / exact - 1) > 0.05


def test_both_say_what_became_of_messages():
    model = (gaussian_state("a", Y, 0.0, 1.0) @ gaussian_state("b", Y, 0.0, 1.0)) >> gaussian(
        "y", Y @ Y, Y, [1.0, 1.0], 0.0, 1.0
    )
    assert "exact joint messages" in repr(bffg(model))
    assert "messages projected at y" in repr(bffg(model, joint=False))
    assert "projected at y" in repr(bffg(model, joint=False).backward({"y": 1.0}))
    assert bffg(model).backward({"y": 1.0}).projected == ()
    alone = gaussian_state("a", Y, 0.0, 1.0) >> gaussian("y", Y, Y, 1.0, 0.0, 1.0)
    assert repr(bffg(alone)) == "<bffg of 2 boxes, 2 wires>"
    free = cl.kernel("y", Y @ Y, Y, forward=lambda s: Gaussian([[1.0, 1.0]], [0.0], [[s]]))
    assert "several inputs" in repr(bffg((gaussian_state("a", Y, 0.0, 1.0) @ gaussian_state("b", Y, 0.0, 1.0)) >> free))


def test_parameters_reach_joint_boxes():
    start = gaussian_state("a", Y, 0.0, 1.0) @ gaussian_state("b", Y, 0.0, 1.0)
    opt = bffg(start >> cl.kernel("y", Y @ Y, Y, forward=lambda s: Gaussian([[1.0, 1.0]], [0.0], [[s]])))
    for s in (0.5, 2.0):
        found = opt.backward({"y": 1.5}, params={"s": s})
        assert found.log_evidence == pytest.approx(-0.5 * (1.5**2 / (2 + s) + np.log(2 * np.pi * (2 + s))))


def hidden_chains(count: int, length: int):
    """Chains side by side, all of which one wire sees at each step."""
    wire, random = cl.Ty.of(X.obs * count), np.random.default_rng(0)
    start = state("c0", X, [0.5, 0.5])
    for k in range(1, count):
        start = start @ state(f"c{k}", X, [0.5, 0.5])
    step = channel("c", X, X, [[0.8, 0.2], [0.3, 0.7]])
    moves = step
    for _ in range(1, count):
        moves = moves @ step
    look = channel("y", wire, X, random.dirichlet(np.ones(2), 2**count).reshape((2,) * count + (2,)))
    model = start
    for _ in range(length):
        model = model >> moves >> copy(wire) >> (identity(wire) @ look)
        model = model >> cl.permutation(wire @ X, range(count))
    return model


def test_chains_that_are_seen_together():
    model = hidden_chains(4, 30)
    data = {f"y#{t + 1}" if t else "y": "yes" if t % 3 else "no" for t in range(30)}
    exact = cl.infer(model).posterior(data).log_evidence
    assert bffg(model).backward(data).log_evidence == pytest.approx(exact, rel=1e-10)


def test_what_is_too_large_is_projected_and_nothing_else(monkeypatch):
    model = hidden_chains(3, 4)
    data = {"y": "yes", "y#3": "no"}
    exact = cl.infer(model).posterior(data).log_evidence
    monkeypatch.setattr(arranging, "MOST", {"Finite": 8})
    opt = bffg(model)
    back = opt.backward(data)
    assert back.projected
    assert near(opt.forward(back, n=20000, seed=1).log_evidence, exact)
    monkeypatch.setattr(arranging, "LIMIT", {"Finite": 8})
    with pytest.raises(NotSupported, match="kept exact"):
        bffg(model, joint=True).backward(data)


def test_a_scope_stays_within_its_size():
    wiring = unfolded(hidden_chains(3, 4))
    kinds = ["Finite"] * len(wiring.boxes)
    found = scopes(wiring, kinds, {"Finite": 8})
    assert max(map(len, found.together)) <= 3
    assert scopes(wiring, kinds, {"Finite": 2**10}).together != found.together
    assert not any(scopes(wiring, kinds, {}).together)


def test_inputs_that_are_read_together():
    random = np.random.default_rng(2)
    table = random.dirichlet(np.ones(2), (2, 2))
    opt = bffg(channel("y", X @ X, X, table))
    back = opt.backward({"y": "yes"})
    found = opt.forward(back, n=4, inputs={"x0": "yes", "x1": "no"})
    assert found.log_evidence.value == pytest.approx(np.log(table[1, 0, 1]))
    assert found["x0"].tolist() == [1] * 4
    assert found["x1"].tolist() == [0] * 4
    drawn = opt.forward(back, n=20000, seed=1)
    assert drawn.log_evidence.value == pytest.approx(np.log(table[..., 1].sum()))
    both = ((drawn["x0"] == 1) & (drawn["x1"] == 0)).mean()
    assert abs(both - table[1, 0, 1] / table[..., 1].sum()) < 4 * 0.5 / np.sqrt(20000)
    with pytest.raises(NotSupported, match="x0 and x1 together; give all"):
        opt.forward(back, inputs={"x0": "yes"})
    with pytest.raises(UnknownOutcome, match="x1"):
        opt.forward(back, inputs={"x0": "yes", "x1": "perhaps"})


def test_inputs_of_numbers_that_are_read_together():
    opt = bffg(gaussian("y", Y @ Real(2), Real(3), np.arange(9.0).reshape(3, 3) ** 1.5 / 9, 0.0, np.eye(3)))
    back = opt.backward({"y": [1.0, 2.0, 3.0]})
    x = np.array([0.3, -1.0, 2.0])
    rest = np.array([1.0, 2.0, 3.0]) - (np.arange(9.0).reshape(3, 3) ** 1.5 / 9) @ x
    found = opt.forward(back, n=2, inputs={"x0": x[0], "x1": x[1:]})
    assert found.log_evidence.value == pytest.approx(-0.5 * rest @ rest - 1.5 * np.log(2 * np.pi))
    np.testing.assert_allclose(found["x1"], [x[1:]] * 2)
    drawn = opt.forward(back, n=4000, seed=1)
    top = np.linalg.solve(np.arange(9.0).reshape(3, 3) ** 1.5 / 9, [1.0, 2.0, 3.0])
    deviation = drawn["x1"].std(axis=0)
    assert (abs(drawn["x1"].mean(axis=0) - top[1:]) < 4.5 * deviation / np.sqrt(4000)).all()


def test_one_wire_read_twice():
    twice = copy(X) >> channel("y", X @ X, X, np.random.default_rng(0).dirichlet(np.ones(2), (2, 2)))
    model = state("s", X, [0.3, 0.7]) >> twice
    back = bffg(model).backward({"y": "no"})
    assert back.log_evidence == pytest.approx(np.log(finite_answer(model, {"y": "no"})[0]))
    assert bffg(model, joint=False).backward({"y": "no"}).exact
    numbers = gaussian_state("s", Y, 1.0, 1.0) >> copy(Y) >> gaussian("y", Y @ Y, Y, [1.0, 2.0], 0.0, 1.0)
    assert bffg(numbers).backward({"y": 3.0}).log_evidence == pytest.approx(-0.5 * np.log(2 * np.pi * 10))


def test_innovations_repeat_joint_samples():
    model = hidden_chains(2, 3)
    opt = bffg(model)
    back = opt.backward({"y": "yes"})
    paths = opt.forward(back, n=50, seed=4)
    again = opt.forward(back, innovations=paths.innovations)
    for name in opt.variables:
        np.testing.assert_array_equal(paths[name], again[name])
    few = opt.forward(back, n=50, seed=4, keep=["c"])
    np.testing.assert_array_equal(few["c"], paths["c"])


def test_a_message_of_one_of_several_wires():
    random = np.random.default_rng(1)
    table = random.dirichlet(np.ones(2), (2, 2))
    model = (state("a", X, [0.5, 0.5]) @ state("b", X, [0.9, 0.1])) >> channel("y", X @ X, X, table)
    back = bffg(model).backward({"y": "yes"})
    np.testing.assert_allclose(np.exp(back["a"].log), table[..., 1] @ [0.9, 0.1])
    np.testing.assert_allclose(np.exp(back["b"].log), table[..., 1].mean(axis=0))
    assert len(list(back)) == 3
    numbers = (gaussian_state("a", Y, 0.0, 1.0) @ gaussian_state("b", Y, 0.0, 1.0)) >> gaussian(
        "y", Y @ Y, Real(2), [[1.0, 1.0], [0.0, 1.0]], 0.0, np.eye(2)
    )
    assert bffg(numbers).backward({"y": [1.0, 2.0]})["b"].mean == pytest.approx(2.0)


def test_what_carries_other_wires_stands_in_no_diagram():
    with pytest.raises(TypeMismatch, match="bffg makes of other kernels"):
        place_kernel("k", X, X, Carried(None, Layout(((2,),), (), (), ((0,),))))


def test_kinds_that_cannot_be_joined():
    mixed = cl.kernel("k", Y, Y, forward=Gaussian([[1.0]], [0.0], [[1.0]]))
    assert bffg(gaussian_state("x", Y, 0.0, 1.0) >> mixed, joint=True).backward({"k": 1.0}).exact
    with pytest.raises(TypeMismatch, match="joint is True, False or None"):
        bffg(mixed, joint="yes")


@given(RANDOMS)
@settings(max_examples=20)
def test_soft_evidence_within_joint_wires(rng: Random):
    model = network(rng, 4)
    obs, names = unfolded(model).obs, cl.variables(model)
    soft = {i: np.array([float(v) for v in row(rng, (len(ob.sizes),), 0.2, normal=False)]) for i, ob in enumerate(obs)}
    total = sum(float(w) * np.prod([soft[i][k] for i, k in enumerate(at)]) for at, w in oracle.worlds(model))
    if not total:
        return
    data = {names[i]: dict(zip(obs[i].sizes, v.tolist(), strict=True)) for i, v in soft.items()}
    assert np.isclose(bffg(floats(model)).backward(data).log_evidence, np.log(total), rtol=1e-10, atol=1e-12)


def test_a_table_given_as_a_guide_is_joined_too():
    random = np.random.default_rng(6)
    truth, guide = (Table(random.dirichlet(np.ones(2), (2, 2))) for _ in range(2))
    start = state("a", X, [0.5, 0.5]) @ state("b", X, [0.9, 0.1])
    plain, led = (start >> cl.kernel("y", X @ X, X, truth, g) for g in (None, guide))
    exact = bffg(plain).backward({"y": "yes"}).log_evidence
    opt = bffg(led)
    assert near(opt.forward(opt.backward({"y": "yes"}), n=20000, seed=1).log_evidence, exact)
