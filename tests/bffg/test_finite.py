"""Finite models: evidence and samples against all worlds, one by one, and against exact inference."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings

import catlearn as cl
from catlearn import Finite, Table, Ty, channel, copy, effect, identity, state
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    UnknownOutcome,
    UnknownVariable,
)
from tests.bffg.models import finite_answer, near, with_random_tables, witnessed
from tests.markov import oracle
from tests.markov.strategies import RANDOMS, floats, kernel, models, some_type

X = Finite("no", "yes")


def tree(rng: Random, size: int):
    """A random tree of kernels: each has one input, and what is made is read any number of times."""
    obs, steps = [], []
    for k in range(size):
        reads = [rng.randrange(len(obs))] if obs else []
        made = some_type(rng, 1, 2)
        steps.append((kernel(rng, f"k{k}", Ty.of(obs[i] for i in reads), made), reads))
        obs.extend(made.obs)
    return cl.graph(Ty(), steps, [len(obs) - 1])


@given(RANDOMS)
@settings(max_examples=60)
def test_evidence_of_a_tree(rng: Random):
    model = tree(rng, rng.randint(1, 5))
    data = witnessed(rng, model)
    back = cl.bffg(floats(model)).backward(data)
    assert back.exact
    assert back.projected == ()
    assert np.isclose(back.log_evidence, np.log(finite_answer(model, data)[0]), rtol=1e-10, atol=1e-12)
    assert np.isclose(back.log_evidence, cl.infer(floats(model)).posterior(data).log_evidence, rtol=1e-10, atol=1e-12)


@given(RANDOMS)
@settings(max_examples=25)
def test_samples_of_a_tree_are_of_the_posterior_whatever_the_guides(rng: Random):
    model = tree(rng, rng.randint(2, 5))
    data = witnessed(rng, model, 0.4)
    total, shares = finite_answer(model, data)
    for d in (floats(model), with_random_tables(rng, model)):
        opt = cl.bffg(d)
        paths = opt.forward(opt.backward(data), n=4000, seed=3)
        assert near(paths.log_evidence, np.log(total), 4.5)
        for name, share in zip(opt.variables, shares, strict=True):
            marginal = paths.marginal(name)
            outcomes = cl.unfolded(d).obs[opt.number[name]].sizes
            found = np.array([paths.probability(name, k).value for k in outcomes])
            error = np.array([paths.probability(name, k).standard_error for k in outcomes])
            assert (np.abs(found - share) <= 4.5 * error + 1e-3).all(), (name, marginal)


@given(RANDOMS)
@settings(max_examples=30)
def test_soft_evidence(rng: Random):
    model = tree(rng, 3)
    obs = cl.unfolded(model).obs
    wire = rng.randrange(len(obs))
    likelihood = {k: rng.choice([0.0, 0.3, 2.0, 1e-300]) for k in obs[wire].sizes} | {obs[wire].sizes[0]: 0.5}
    share = oracle.joint(model, [wire])
    total = sum(float(p) * likelihood[obs[wire].sizes[k]] for (k,), p in share.items())
    opt = cl.bffg(floats(model))
    if not total:
        with pytest.raises(ImpossibleEvidence):
            opt.backward({opt.variables[wire]: likelihood})
        return
    assert np.isclose(
        opt.backward({opt.variables[wire]: likelihood}).log_evidence, np.log(total), rtol=1e-10, atol=1e-12
    )


@given(models(effects=True, least=2))
@settings(max_examples=40)
def test_effects_are_evidence(model):
    total = sum(float(weight) for _, weight in oracle.worlds(model))
    if not total:
        with pytest.raises(ImpossibleEvidence):
            cl.bffg(floats(model)).backward({})
        return
    assert np.isclose(cl.bffg(floats(model)).backward({}).log_evidence, np.log(total), rtol=1e-10, atol=1e-12)


def test_long_chains_do_not_underflow():
    start, step = state("x", X, [0.5, 0.5]), channel("x", X, X, [[0.9, 0.1], [0.1, 0.9]])
    look = channel("y", X, X, [[0.999, 0.001], [0.002, 0.998]])
    model = cl.unroll(start, step, look, 3000)
    data = {f"y#{t + 1}" if t else "y": "no" if t % 2 else "yes" for t in range(3000)}
    back = cl.bffg(model).backward(data)
    assert np.isclose(back.log_evidence, cl.infer(model).posterior(data).log_evidence, rtol=1e-10)
    assert back.log_evidence < -2000


def test_a_message_of_an_input_is_the_likelihood_of_its_outcomes():
    wet = channel("wet", X, X, [[0.9, 0.1], [0.2, 0.8]])
    back = cl.bffg(copy(X) >> (wet @ wet)).backward({"wet": "yes"})
    np.testing.assert_allclose(np.exp(back["x0"].log), [0.1, 0.8])
    opt = back.smoother
    assert opt.forward(back, n=5, inputs={"x0": "yes"}).log_evidence.value == pytest.approx(np.log(0.8))
    assert opt.forward(back, n=5).log_evidence.value == pytest.approx(np.log(0.9))
    with pytest.raises(UnknownOutcome, match="maybe"):
        opt.forward(back, n=5, inputs={"x0": "maybe"})
    with pytest.raises(NotSupported, match="depends on the input 'x0'"):
        assert back.log_evidence


def test_bad_evidence_is_named():
    sure = state("sure", X, [1.0, 0.0]) >> copy(X) >> (identity(X) @ channel("next", X, X, np.eye(2)))
    opt = cl.bffg(sure)
    with pytest.raises(ImpossibleEvidence, match="sure|next"):
        opt.backward({"next": "yes"})
    with pytest.raises(UnknownOutcome, match="yess"):
        opt.backward({"next": "yess"})
    with pytest.raises(UnknownVariable, match="nxt"):
        opt.backward({"nxt": "yes"})
    with pytest.raises(NotNormalized, match="likelihoods"):
        opt.backward({"next": {"yes": -1.0}})
    with pytest.raises(InputMismatch, match="n is how many"):
        opt.forward(opt.backward({}), n=0)
    with pytest.raises(ImpossibleEvidence):
        cl.bffg(state("s", X, [1.0, 0.0]) >> effect("e", X, [0.0, 1.0])).backward({})


def test_a_guide_that_rules_out_what_is_possible_is_told_by_weights_or_an_error():
    truth, guide = Table([[0.5, 0.5], [0.5, 0.5]]), Table([[1.0, 0.0], [1.0, 0.0]])
    model = state("s", X, [0.5, 0.5]) >> cl.kernel("k", X, X, truth, guide)
    with pytest.raises(ImpossibleEvidence, match=r"[ks]: what was observed"):
        cl.bffg(model).backward({"k": "yes"})
