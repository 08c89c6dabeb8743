"""Interacting particles against the exact answer on their joint states."""

from __future__ import annotations

import json
from itertools import product

import networkx as nx
import numpy as np
import pytest
from scipy.special import ndtri

import catlearn as cl
from catlearn.diagrams.theories.markov.kernel import find_kernel
from catlearn.diagrams.theories.markov.processes.epidemic import contacts, epidemic
from catlearn.diagrams.theories.markov.processes.interacting import (
    SIR,
    Frozen,
    Interacting,
    OnOwn,
    by_count,
    sir_step,
)
from catlearn.errors import (
    CatlearnError,
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    ShapeMismatch,
    TypeMismatch,
    UnknownOutcome,
    UnknownVariable,
)

TOWN = {"ann": ["bob", "cid"], "bob": ["ann"], "cid": ["ann"]}
FIRST = [0.6, 0.3, 0.1]
SEEN = {"test:ann@3": "positive", "test:cid@2": "negative", "bob@1": "S", "bob@3": {"I": 0.5, "R": 1.0}}
TESTS = [("ann", 3), ("cid", 2)]


def model(guide=None, infection=0.4, **options):
    return epidemic(TOWN, 3, infection, 0.2, FIRST, tests=TESTS, guide=guide, outside=0.05, **options)


def exact(infection=0.4, recovery=0.2, outside=0.05):
    """The evidence, and the distribution of everybody at step 1, by enumeration of joint states."""
    states = list(product(range(3), repeat=3))
    near = [[1, 2], [0], [0]]

    def move(own, count):
        stays = (1 - outside) * (1 - infection) ** count
        return [[stays, 1 - stays, 0], [0, 1 - recovery, recovery], [0, 0, 1]][own]

    rows = [[move(x[k], sum(x[j] == 1 for j in near[k])) for k in range(3)] for x in states]
    step = np.array([[np.prod([row[k][y[k]] for k in range(3)]) for y in states] for row in rows])
    likelihood = np.ones((4, len(states)))
    for i, (a, b, c) in enumerate(states):
        likelihood[1, i] *= b == 0
        likelihood[2, i] *= 0.1 if c == 1 else 0.99
        likelihood[3, i] *= (0.9 if a == 1 else 0.01) * [0.0, 0.5, 1.0][b]
    back = [likelihood[3]]
    for t in (2, 1, 0):
        back.append(likelihood[t] * (step @ back[-1]))
    back.reverse()
    ahead = np.array([np.prod([FIRST[k] for k in x]) for x in states])
    at_1 = (ahead @ step) * back[1]
    shares = [[sum(p for p, x in zip(at_1, states, strict=True) if x[k] == s) for s in range(3)] for k in range(3)]
    return float(ahead @ back[0]), np.array(shares) / at_1.sum()


def near(estimate, truth):
    assert abs(np.exp(estimate.value) / truth - 1.0) < 4 * estimate.standard_error


GUIDES = [None, Frozen(0.7), Frozen(0), OnOwn([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.1, 0.1, 0.8]])]


@pytest.mark.parametrize("guide", GUIDES)
def test_evidence_and_posterior_are_exact_whatever_the_guide(guide):
    opt = cl.bffg(model(guide))
    paths = opt.forward(opt.backward(SEEN), n=20000, seed=2)
    truth, at_1 = exact()
    near(paths.log_evidence, truth)
    for k, name in enumerate(["ann", "bob", "cid"]):
        for s, outcome in enumerate("SIR"):
            found = paths.probability(f"{name}@1", outcome)
            assert abs(found.value - at_1[k, s]) < 4 * found.standard_error + 1e-12


def test_evidence_is_the_same_under_random_guides():
    random, truth = np.random.default_rng(5), exact()[0]
    for seed in range(4):
        guide = OnOwn(random.dirichlet(np.ones(3), size=3) * 0.9 + 0.1 / 3)
        opt = cl.bffg(model(guide))
        near(opt.forward(opt.backward(SEEN), n=20000, seed=seed).log_evidence, truth)


@pytest.mark.parametrize("guide", [Frozen(0.4), Frozen(2), OnOwn(np.full((3, 3), 1 / 3))])
def test_one_step_is_exact_under_any_guide(guide):
    """A fine grid of uniforms instead of random ones: weights times the guide's message are the truth's message."""
    kernel = sir_step(0.3, 0.2, 2)
    box = cl.kernel("next", SIR**3, SIR, forward=kernel, guide=guide)
    opt = cl.bffg(box)
    back = opt.backward({"next": {"S": 0.3, "I": 1.0, "R": 0.05}})
    grid = ndtri((np.arange(4000) + 0.5) / 4000)[None, None]
    empty = np.zeros((1, 1, 4000))
    names = opt.variables[:3]
    for own, a, b in product("SIR", repeat=3):
        at = dict(zip(names, (own, a, b), strict=True))
        paths = opt.forward(back, innovations=[empty, empty, empty, grid], inputs=at)
        row = kernel.table["SIR".index(own), (a == "I") + (b == "I")]
        assert np.isclose(np.exp(paths.log_weights).mean(), row @ [0.3, 1.0, 0.05], rtol=1e-9)
        after = np.bincount(paths["next"], minlength=3) / 4000
        assert np.allclose(after, row * [0.3, 1.0, 0.05] / (row @ [0.3, 1.0, 0.05]), atol=1e-3)


def test_the_default_guide_is_better_than_one_that_forgets_neighbours():
    ess = []
    for guide in (None, OnOwn(np.full((3, 3), 1 / 3))):
        opt = cl.bffg(model(guide))
        ess.append(opt.forward(opt.backward(SEEN), n=4000, seed=1).ess)
    assert ess[0] > 2 * ess[1]
    assert ess[0] > 2000


def test_without_neighbours_nothing_is_left_to_weights():
    opt = cl.bffg(epidemic({"ann": []}, 2, 0.5, 0.25, "I", tests=[("ann", 2)]))
    back = opt.backward({"test:ann@2": "negative"})
    assert back.exact
    assert np.isclose(np.exp(back.log_evidence), 0.75**2 * 0.1 + (1 - 0.75**2) * 0.99)


def test_a_guide_that_is_the_truth_leaves_no_weights():
    table = np.random.default_rng(1).dirichlet(np.ones(2), size=2)
    kernel = Interacting(np.stack([table] * 3, axis=1), "yes")
    X = cl.Finite("no", "yes")
    boxes = {name: cl.state(name, X, [0.5, 0.5]) for name in "abc"}
    d = (boxes["a"] @ boxes["b"] @ boxes["c"]) >> cl.kernel("next", X**3, X, forward=kernel, guide=OnOwn(table))
    opt = cl.bffg(d)
    paths = opt.forward(opt.backward({"next": "yes"}), n=50)
    assert np.ptp(paths.log_weights) < 1e-12
    assert np.isclose(paths.log_evidence.value, np.log(table[:, 1].mean()))


def test_innovations_repeat_and_nothing_observed_weighs_nothing():
    opt = cl.bffg(model())
    back = opt.backward(SEEN)
    paths = opt.forward(back, n=64, seed=3)
    again = opt.forward(opt.backward(SEEN), innovations=paths.innovations)
    assert all((paths[name] == again[name]).all() for name in opt.variables)
    assert (paths.log_weights == again.log_weights).all()
    assert abs(opt.forward(opt.backward({}), n=64).log_weights).max() < 1e-12


def test_parameters_kernels_that_differ_and_networks():
    opt = cl.bffg(epidemic(TOWN, 3, "beta", "gamma", FIRST, tests=TESTS, outside=0.05))
    assert opt.parameters == ("beta", "gamma")
    back = opt.backward(SEEN, params={"beta": 0.7, "gamma": 0.3})
    near(opt.forward(back, n=20000, seed=1).log_evidence, exact(0.7, 0.3)[0])
    with pytest.raises(UnknownVariable, match="gamma"):
        opt.backward(SEEN, params={"beta": 0.7})
    g = nx.path_graph(3)
    assert contacts(g) == contacts(nx.to_numpy_array(g)) == {
        "person0": ("person1",), "person1": ("person0", "person2"), "person2": ("person1",)
    }  # fmt: skip


def test_boxes_of_different_kernels_are_one_group():
    kernels = [sir_step(0.2, 0.5, 1), sir_step(0.9, 0.5, 3)]
    boxes = [cl.kernel(f"y{k}", SIR**2, SIR, forward=kernel) for k, kernel in enumerate(kernels)]
    starts = [cl.state(f"x{k}", SIR, FIRST) for k in range(4)]
    d = starts[0] @ starts[1] @ starts[2] @ starts[3] >> boxes[0] @ boxes[1]
    opt = cl.bffg(d)
    back = opt.backward({"y0": "I", "y1": "I"})
    assert len(back.plan.groups) == 2
    one = [0.3 * 0.5 + 0.6 * 0.3 * p for p in (0.2, 0.9)]
    near(opt.forward(back, n=20000).log_evidence, one[0] * one[1])


def test_what_cannot_be_is_told():
    opt = cl.bffg(epidemic(TOWN, 2, 0.4, 0.2, "S"))
    with pytest.raises(ImpossibleEvidence):
        opt.backward({"ann@0": "S", "ann@1": "R"})
    back = opt.backward({"ann@2": "I"})
    with pytest.raises(ImpossibleEvidence):
        opt.forward(back, n=10)


def test_kernels_can_be_read_back():
    kernel = sir_step(0.2, 0.5, 1)
    again = find_kernel("Interacting").from_data(*json.loads(json.dumps(kernel.data())))
    assert again == kernel
    assert find_kernel("Frozen").from_data(*Frozen(0.5).data()) == Frozen(0.5)


X = cl.Finite("no", "yes")
BAD = [
    (lambda: sir_step(1.2, 0.1, 2), NotNormalized),
    (lambda: sir_step(-0.1, 0.1, 2), NotNormalized),
    (lambda: sir_step("often", 0.1, 2), NotNormalized),
    (lambda: sir_step(float("nan"), 0.1, 2), NotNormalized),
    (lambda: Interacting([[[0.5, 0.6]], [[0, 1]]], "yes"), NotNormalized),
    (lambda: Interacting([[[-0.5, 1.5]], [[0, 1]]], "yes"), NotNormalized),
    (lambda: Interacting([[0.5, 0.5], [0, 1]], "yes"), ShapeMismatch),
    (lambda: Interacting([[[1.0]], [[0, 1]]], "yes"), ShapeMismatch),
    (lambda: Interacting([[[1, 0]], [[0, 1]]], ()), TypeMismatch),
    (lambda: sir_step(0.1, 0.1, 1).box("x", SIR, 2), ShapeMismatch),
    (lambda: sir_step(0.1, 0.1, 1).box("x", X, 1), ShapeMismatch),
    (lambda: sir_step(0.1, 0.1, 1).box("x", SIR, 1, X), UnknownOutcome),
    (lambda: sir_step(0.1, 0.1, 1).box("x", cl.Real(), 1), TypeMismatch),
    (lambda: cl.kernel("x", SIR @ SIR @ X, SIR, forward=sir_step(0.1, 0.1, 2)), TypeMismatch),
    (lambda: cl.kernel("x", SIR**2, SIR, forward=sir_step(0.1, 0.1, 2), guide=Frozen(1.5)), InputMismatch),
    (lambda: cl.kernel("x", SIR**2, SIR, forward=sir_step(0.1, 0.1, 2), guide=OnOwn(np.eye(2))), ShapeMismatch),
    (lambda: Frozen(-1), InputMismatch),
    (lambda: Frozen("two"), InputMismatch),
    (lambda: OnOwn([[0.5, 0.4], [0, 1]]), NotNormalized),
    (lambda: by_count(lambda own, n: {"maybe": 1.0}, X, "yes", 1), UnknownOutcome),
    (lambda: epidemic({}, 1, 0.1, 0.1), InputMismatch),
    (lambda: epidemic({"ann": ["zoe"]}, 1, 0.1, 0.1), InputMismatch),
    (lambda: epidemic("town", 1, 0.1, 0.1), TypeMismatch),
    (lambda: epidemic([[0, 1]], 1, 0.1, 0.1), TypeMismatch),
    (lambda: epidemic(TOWN, 0, 0.1, 0.1), InputMismatch),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, {"zoe": "I"}), InputMismatch),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, {"ann": "ill"}), UnknownOutcome),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, [0.5, 0.5]), InputMismatch),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, [0.5, 0.6, 0.1]), NotNormalized),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, tests=[("ann", 2)]), InputMismatch),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, tests=[("zoe", 1)]), InputMismatch),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, tests=["ann"]), InputMismatch),
    (lambda: epidemic(TOWN, 1, 0.1, 0.1, sensitivity=1.5), NotNormalized),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_what_does_not_fit_is_a_typed_error_of_one_line(case):
    make, kind = BAD[case]
    with pytest.raises(kind) as caught:
        make()
    assert isinstance(caught.value, CatlearnError)
    assert "\n" not in str(caught.value)
