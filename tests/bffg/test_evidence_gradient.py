"""The log-evidence as a smooth diagram: its value against dense normal distributions, its gradient against slopes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given as each
from hypothesis import settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

import catlearn as cl
from catlearn import Diagram, Finite, Gaussian, Real, Table, Ty
from catlearn.diagrams.theories.markov.given import Given, given
from catlearn.diagrams.theories.markov.guided import kernel
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.interpreters.bffg.evidence import groups
from catlearn.interpreters.bffg.evidence.concrete import at_parameters as at
from catlearn.interpreters.bffg.evidence.fisher import fisher_gradient
from catlearn.interpreters.bffg.evidence.log_evidence import log_evidence_diagram
from catlearn.interpreters.gradients.likelihood import maximum_likelihood
from catlearn.interpreters.gradients.optimizers import adam
from catlearn.interpreters.markov.gaussian.network import network_of

some = settings(derandomize=True, deadline=None, max_examples=40)
SEEDS = st.integers(0, 10_000)


def linear(n: int, m: int, seed: int) -> Diagram:
    """Arguments of a Gaussian that two parameters move; the noise may be singular."""
    rng = np.random.default_rng(seed)
    A, b, L = rng.normal(size=(m, n)), rng.normal(size=m), rng.normal(size=(m, m))
    if seed % 3 == 0:
        L[:, -1] = 0.0

    @cl.diagram
    def arguments(slope: Real(), spread: Real()):
        noise = cl.constant(L @ L.T + 0.1 * np.eye(m) * (seed % 3 != 0)) * cl.exp(spread)
        return (*([cl.constant(A) * cl.sin(slope + seed)] if n else []), cl.constant(b) + slope, noise)

    return arguments


def random_model(rng: np.random.Generator, boxes: int, tree: bool) -> Diagram:
    """Boxes that read wires made before them; all wires leave."""
    obs, steps = [], []
    pool = [Gaussian, "given", "given"]
    shared: dict[tuple[int, int], Given] = {}
    for k in range(boxes):
        count = 0 if k == 0 else int(rng.integers(1, 2 if tree else 4))
        reads = [int(i) for i in rng.integers(0, len(obs), size=min(count, len(obs)))] if obs else []
        cod = Ty.of(Real(*s).obs[0] for s in [[(), (2,), ()][i] for i in rng.integers(0, 3, size=rng.integers(1, 3))])
        dom = Ty.of(obs[i] for i in reads)
        n, m = (sum(ob.sizes[0] if ob.sizes else 1 for ob in ty.obs) for ty in (dom, cod))
        if pool[int(rng.integers(0, 3))] == "given":
            made = shared.setdefault((n, m), given(Gaussian, linear(n, m, int(rng.integers(0, 9)))))
        else:
            L = rng.normal(size=(m, m))
            made = Gaussian(rng.normal(size=(m, n)), rng.normal(size=m), L @ L.T)
        steps.append((kernel(f"v{k}", dom, cod, forward=made), reads))
        obs.extend(cod.obs)
    return cl.graph(Ty(), steps, range(len(obs)))


def seen(rng: np.random.Generator, model: Diagram, share: float = 0.4) -> dict:
    """Values for some variables, parts of vectors among them."""
    found = {}
    for name, ob in zip(variables(model), cl.unfolded(model).obs, strict=True):
        if rng.random() < share:
            value = rng.normal(size=ob.sizes)
            if ob.sizes and rng.random() < 0.3:
                value[int(rng.integers(ob.sizes[0]))] = np.nan
            found[name] = value
    return found


def dense(model: Diagram, data: dict) -> float:
    """The log-density of what was seen under the joint normal distribution."""
    net = network_of(model)
    values = np.full(net.starts[-1], np.nan)
    for name, value in data.items():
        i = net.number(name)
        values[net.starts[i] : net.starts[i + 1]] = value
    known = ~np.isnan(values)
    if not known.any():
        return 0.0
    C = net.covariance[np.ix_(known, known)]
    return float(multivariate_normal.logpdf(values[known], net.mean[known], C, allow_singular=False))


def regular(model: Diagram, data: dict) -> bool:
    """Whether what was seen of each box has a density given its inputs."""
    names = iter(variables(model))
    for box in model.wiring.boxes:
        values = [np.reshape(data.get(next(names), np.full(ob.sizes, np.nan)), -1) for ob in box.cod.obs]
        known = ~np.isnan(np.concatenate(values))
        S = box.data[0].S[np.ix_(known, known)]
        if known.any() and np.linalg.eigvalsh(S).min() < 1e-3:
            return False
    return True


PARAMS = {"slope": 0.3, "spread": -0.4}


def arguments_of(d: Diagram, params: dict) -> list:
    return [params[name] for name in cl.names(d)]


@some
@each(SEEDS, st.booleans(), st.integers(1, 7))
def test_it_is_the_density_of_the_joint_normal(seed: int, tree: bool, boxes: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, boxes, tree)
    data, plain = seen(rng, model), at(model, PARAMS)
    if regular(plain, data):
        d = log_evidence_diagram(model, data)
        found = cl.compile(d)(*arguments_of(d, PARAMS))
        assert found == pytest.approx(dense(plain, data), rel=1e-8, abs=1e-8)


@some
@each(SEEDS, st.booleans(), st.integers(1, 6))
def test_its_gradient_is_the_slope(seed: int, tree: bool, boxes: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, boxes, tree)
    data = seen(rng, model)
    d = log_evidence_diagram(model, data)
    if not cl.names(d) or not regular(at(model, PARAMS), data):
        return
    _, *gradient = cl.compile(cl.value_and_gradient(d))(*arguments_of(d, PARAMS))
    for name, slope in zip(cl.names(d), gradient, strict=True):
        h = 1e-4
        values = [dense(at(model, {**PARAMS, name: PARAMS[name] + k * h}), data) for k in (-2, -1, 1, 2)]
        wanted = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h)
        assert slope == pytest.approx(wanted, rel=1e-5, abs=1e-6)


def test_a_model_of_which_nothing_is_seen_has_evidence_one() -> None:
    d = log_evidence_diagram(random_model(np.random.default_rng(1), 5, True), {})
    assert cl.compile(d)(*arguments_of(d, PARAMS)) == 0.0


SOFT = ("one", "two", "three")


def table(sizes: tuple[int, ...], outputs: int, seed: int) -> Diagram:
    """A table that two parameters move."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=sizes)
    flat = (*sizes[: len(sizes) - outputs], int(np.prod(sizes[len(sizes) - outputs :])))

    @cl.diagram
    def made(heat: Real(), tilt: Real(3)):
        moved = cl.constant(logits.reshape(flat)) * cl.exp(heat) + cl.sum(tilt * tilt)
        return cl.reshape(cl.softmax(moved * tilt[0]), sizes)

    return made


def random_finite(rng: np.random.Generator, boxes: int) -> Diagram:
    obs, steps = [], []
    for k in range(boxes):
        reads = [int(i) for i in rng.integers(0, len(obs), size=rng.integers(1, 4))] if obs else []
        cod = Ty.of(Finite(*SOFT[: rng.integers(2, 4)]).obs[0] for _ in range(rng.integers(1, 3)))
        dom = Ty.of(obs[i] for i in reads)
        sizes = tuple(len(ob.sizes) for ob in (*dom.obs, *cod.obs))
        if rng.random() < 0.6:
            made = given(Table, table(sizes, len(cod), int(rng.integers(0, 9))))
        else:
            values = rng.dirichlet(np.ones(int(np.prod(sizes[len(dom) :]))), size=sizes[: len(dom)])
            made = Table(values.reshape(sizes))
        steps.append((kernel(f"v{k}", dom, cod, forward=made), reads))
        obs.extend(cod.obs)
    return cl.graph(Ty(), steps, range(len(obs)))


HEAT = {"heat": 0.2, "tilt": np.array([0.5, -0.3, 0.1])}


def finite_seen(rng: np.random.Generator, model: Diagram) -> dict:
    found = {}
    for name, ob in zip(variables(model), cl.unfolded(model).obs, strict=True):
        kind = rng.random()
        if kind < 0.3:
            found[name] = str(rng.choice(ob.sizes))
        elif kind < 0.4:
            found[name] = {outcome: float(rng.random()) for outcome in ob.sizes}
        elif kind < 0.45:
            found[name] = None
    return found


@some
@each(SEEDS, st.integers(1, 6))
def test_finite_evidence_is_that_of_exact_inference(seed: int, boxes: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_finite(rng, boxes)
    data = finite_seen(rng, model)
    d = log_evidence_diagram(model, data)
    wanted = cl.infer(at(model, HEAT)).log_evidence(data)
    assert cl.compile(d)(*arguments_of(d, HEAT)) == pytest.approx(wanted, rel=1e-10, abs=1e-12)
    if cl.names(d):
        assert cl.check(d, arguments_of(d, HEAT)).worst < 1e-5


def unrolled(monkeypatch: pytest.MonkeyPatch, make) -> Diagram:
    """The diagram without loops."""
    with monkeypatch.context() as patch:
        patch.setattr(groups, "SHORTEST", 10**9)
        return make()


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 12])
@pytest.mark.parametrize("missing", [(), (3,), (0, 1, 11)])
def test_a_hidden_markov_chain_is_a_loop(steps: int, missing: tuple, monkeypatch: pytest.MonkeyPatch) -> None:
    X, Y = Finite("a", "b"), Finite(*SOFT)
    move, see = (given(Table, table(sizes, 1, k)) for k, sizes in enumerate([(2, 2), (2, 3)]))
    first = kernel("x", Ty(), X, forward=Table([0.3, 0.7]))
    chain = cl.unroll(first, kernel("x", X, X, forward=move), kernel("y", X, Y, forward=see), steps)
    rng = np.random.default_rng(0)
    names = [name for name in variables(chain) if name.startswith("y")]
    data = {name: str(rng.choice(SOFT)) for i, name in enumerate(names) if i not in missing}
    d = log_evidence_diagram(chain, data)
    again = unrolled(monkeypatch, lambda: log_evidence_diagram(chain, data))
    results = [
        np.concatenate([np.ravel(v) for v in cl.compile(cl.value_and_gradient(each_))(**inputs(each_))])
        for each_ in (d, again)
    ]
    np.testing.assert_allclose(results[0], results[1], rtol=1e-11, atol=1e-13)
    assert results[0][0] == pytest.approx(cl.infer(at(chain, HEAT)).log_evidence(data))


def inputs(d: Diagram) -> dict:
    return {name: HEAT[name] for name in cl.names(d)}


@cl.diagram
def edge(log_sigma: Real(), pull: Real(), duration: Real()):
    """An Ornstein-Uhlenbeck process run for some time."""
    kept = cl.exp(-pull * duration)
    return kept, (1.0 - kept) * 0.5, cl.exp(log_sigma * 2.0) * (1.0 - kept * kept) / (pull * 2.0)


EDGE = {"log_sigma": 0.3, "pull": 0.7}


def tree(rng: np.random.Generator, leaves: int, plain: bool = False) -> tuple[Diagram, list[int]]:
    """A random tree of edges, each of its own length, or of the same where the length is drawn from two."""
    X = Real()
    step = kernel("x", X, X, forward=given(Gaussian, edge))
    steps, tips = [(kernel("root", Ty(), X, forward=Gaussian(np.zeros((1, 0)), [0.0], [[2.0]])), [])], [0]
    while len(tips) < leaves:
        w = tips.pop(int(rng.integers(len(tips))))
        for _ in range(2):
            steps.append((step(float(rng.choice([0.5, 1.0]) if plain else rng.exponential() + 0.1)), [w]))
            tips.append(len(steps) - 1)
    return cl.graph(Ty(), steps, range(len(steps))), tips


@some
@each(SEEDS, st.integers(1, 30), st.booleans())
def test_a_tree_of_edges_of_different_lengths(seed: int, leaves: int, plain: bool) -> None:
    rng = np.random.default_rng(seed)
    model, tips = tree(rng, leaves, plain)
    names = variables(model)
    data = {names[w]: float(rng.normal()) for w in tips}
    d = log_evidence_diagram(model, data)
    params = [EDGE[name] for name in cl.names(d)]
    value, *slopes = np.atleast_1d(cl.compile(cl.value_and_gradient(d))(*params))
    assert value == pytest.approx(dense(at(model, EDGE), data), rel=1e-9)
    for name, slope in zip(cl.names(d), slopes, strict=True):
        h = 1e-4
        values = [dense(at(model, {**EDGE, name: EDGE[name] + k * h}), data) for k in (-1, 1)]
        assert slope == pytest.approx((values[1] - values[0]) / (2 * h), rel=1e-5, abs=1e-5)


def test_equal_boxes_of_one_level_are_one_batch() -> None:
    rng, sizes = np.random.default_rng(0), []
    for leaves in (64, 256):
        model, tips = tree(rng, leaves)
        d = log_evidence_diagram(model, {variables(model)[w]: 1.0 for w in tips})
        sizes.append(len(cl.unfolded(d).boxes))
    assert sizes[1] < 2 * sizes[0]


def local_level(steps: int) -> Diagram:
    @cl.diagram
    def level(log_level: Real()):
        return cl.constant(1.0), cl.constant(0.0), cl.exp(log_level)

    @cl.diagram
    def irregular(log_irregular: Real()):
        return cl.constant(1.0), cl.constant(0.0), cl.exp(log_irregular)

    X = Real()
    first = kernel("level", Ty(), X, forward=Gaussian(np.zeros((1, 0)), [0.0], [[1e7]]))
    move, see = (
        kernel("level", X, X, forward=given(Gaussian, level)),
        kernel("y", X, X, forward=given(Gaussian, irregular)),
    )
    return cl.unroll(first, move, see, steps)


def named(values: np.ndarray) -> dict:
    return {"y" if i == 0 else f"y#{i + 1}": float(v) for i, v in enumerate(values)}


def test_the_nile_is_that_of_statsmodels() -> None:
    datasets = pytest.importorskip("statsmodels.datasets")
    models = pytest.importorskip("statsmodels.tsa.statespace.structural")
    volume = datasets.nile.load_pandas().data["volume"].to_numpy(float)
    theirs = models.UnobservedComponents(volume, "local level")
    theirs.initialize_known(np.zeros(1), np.full((1, 1), 1e7))
    theirs.loglikelihood_burn = 0
    model = local_level(len(volume))
    d = log_evidence_diagram(model, named(volume))
    at_ = np.log([15099.0, 1469.0])
    assert cl.compile(d)(log_irregular=at_[0], log_level=at_[1]) == pytest.approx(
        theirs.loglike(np.exp(at_)), rel=1e-10
    )
    fitted = maximum_likelihood(model, named(volume), {"log_irregular": 9.0, "log_level": 7.0})
    variances = [np.exp(fitted.parameters[name]) for name in ("log_irregular", "log_level")]
    assert variances == pytest.approx(theirs.fit(disp=0, method="bfgs", maxiter=500, gtol=1e-9).params, rel=1e-4)
    assert variances == pytest.approx([15099, 1469], rel=5e-4)
    slow = maximum_likelihood(model, named(volume), {"log_irregular": 9.0, "log_level": 7.0}, adam(0.05), steps=400)
    assert slow.parameters == pytest.approx(fitted.parameters, abs=1e-3)
    assert slow.log_evidences[-1] > slow.log_evidences[0]


def test_fisher_the_gradient_is_the_posterior_mean_of_the_complete_one() -> None:
    values = np.random.default_rng(3).normal(size=8).cumsum()
    model, params = local_level(8), {"log_irregular": 0.2, "log_level": -0.5}
    d = log_evidence_diagram(model, named(values))
    posterior = cl.infer(at(model, params)).joint([n for n in variables(model) if "level" in n], named(values))
    mean, cov = np.ravel(posterior.mean), np.reshape(posterior.covariance, (8, 8))
    second = cov + np.outer(mean, mean)
    moved = sum(second[t + 1, t + 1] + second[t, t] - 2 * second[t, t + 1] for t in range(7))
    missed = sum(values[t] ** 2 - 2 * values[t] * mean[t] + second[t, t] for t in range(8))
    wanted = {
        "log_level": -0.5 * (7 - moved / np.exp(params["log_level"])),
        "log_irregular": -0.5 * (8 - missed / np.exp(params["log_irregular"])),
    }
    found = cl.compile(cl.gradient(d))(**params)
    assert dict(zip(cl.names(d), map(float, found), strict=True)) == pytest.approx(wanted, rel=1e-9)


def test_fisher_with_weighted_samples() -> None:
    """Samples of the prior, weighted by the likelihood, stand for the posterior."""
    values, rng = np.array([0.3, -0.2, 0.4]), np.random.default_rng(0)
    model, params = local_level(3), {"log_irregular": 0.0, "log_level": -1.0}
    d = log_evidence_diagram(model, named(values))
    exact = dict(zip(cl.names(d), map(float, cl.compile(cl.gradient(d))(**params)), strict=True))
    posterior = cl.infer(at(model, params)).sample(20_000, named(values), seed=1)
    samples = {name: np.asarray(v) for name, v in posterior.items()} | {
        name: np.full(20_000, v) for name, v in named(values).items()
    }
    tilt = 0.5 * rng.normal(size=20_000)

    @cl.diagram
    def move(log_level: Real(), x: Real(), y: Real()):
        return ((y - x) * (y - x) / cl.exp(log_level) + log_level) * -0.5

    @cl.diagram
    def seen_(log_irregular: Real(), x: Real(), y: Real()):
        return ((y - x) * (y - x) / cl.exp(log_irregular) + log_irregular) * -0.5

    levels, ys = ["level", "level#2", "level#3"], ["y", "y#2", "y#3"]
    terms = [(move, {"x": a, "y": b}) for a, b in pairwise(levels)]
    terms += [(seen_, {"x": a, "y": b}) for a, b in zip(levels, ys, strict=True)]
    for weights in (np.zeros(20_000), tilt):
        found = fisher_gradient(terms, samples, weights, params)
        for name, value in exact.items():
            assert abs(found.gradient[name] - value) < 4.5 * found.standard_error[name]
            assert found.standard_error[name] < 0.03
