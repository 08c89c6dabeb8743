"""Substitution models against matrix exponentials and cogent3; rates of sites."""

from __future__ import annotations

import pickle
import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from catlearn import Finite, Ty
from catlearn.diagrams.theories.markov.processes.rates import SiteRates
from catlearn.diagrams.theories.markov.processes.substitution import (
    DNA,
    GTR,
    HKY85,
    JC69,
    K80,
    Stationary,
    Substitution,
    transitions,
)
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, TypeMismatch

numbers = st.floats(0.05, 20.0)
times = st.lists(st.floats(0.0, 30.0), min_size=1, max_size=4)


@st.composite
def models(draw):
    count = draw(st.integers(2, 6))
    exchange = draw(st.lists(numbers, min_size=count * (count - 1) // 2, max_size=count * (count - 1) // 2))
    weights = np.array(draw(st.lists(numbers, min_size=count, max_size=count)))
    return Substitution(exchange, weights / weights.sum())


@given(models(), times)
def test_tables_are_matrix_exponentials(model, durations):
    found = model.transition(durations)
    assert (found >= 0).all()
    for k, duration in enumerate(durations):
        np.testing.assert_allclose(found[:, :, k], expm(model.rates * duration), atol=1e-11)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, rtol=1e-13)


@given(models())
def test_rates_are_reversible_and_of_unit_speed(model):
    Q, pi = model.rates, model.frequencies
    np.testing.assert_allclose(pi[:, None] * Q, (pi[:, None] * Q).T, atol=1e-14)
    np.testing.assert_allclose(Q.sum(axis=1), 0.0, atol=1e-13 * np.abs(Q).max())
    assert -(pi @ np.diag(Q)) == pytest.approx(1.0)


@given(models(), st.floats(1e-12, 1e-6))
def test_rare_changes_keep_their_digits(model, duration):
    Q = model.rates
    series = Q * duration + Q @ Q * duration**2 / 2 + Q @ Q @ Q * duration**3 / 6
    off = ~np.eye(len(Q), dtype=bool)
    found = model.transition([duration])[:, :, 0]
    np.testing.assert_allclose(found[off], series[off], rtol=1e-9)


def test_jukes_and_cantor_in_closed_form():
    t = np.array([0.0, 0.1, 3.0])
    found = JC69().transition(t)
    np.testing.assert_allclose(found[0, 0], 0.25 + 0.75 * np.exp(-4 * t / 3), rtol=1e-14)
    np.testing.assert_allclose(found[0, 3], 0.25 - 0.25 * np.exp(-4 * t / 3), atol=1e-16)


@pytest.mark.parametrize("name", ["JC69", "K80", "HKY85", "GTR"])
def test_models_are_those_of_cogent3(name):
    cogent3 = pytest.importorskip("cogent3")
    pi = [0.1, 0.2, 0.3, 0.4] if name in ("HKY85", "GTR") else [0.25] * 4
    six = [1.5, 0.7, 1.0, 0.4, 2.0, 1.3]
    ours = {"JC69": JC69(), "K80": K80(3.0), "HKY85": HKY85(3.0, pi), "GTR": GTR(six, pi)}[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lf = cogent3.get_model(name).make_likelihood_function(cogent3.make_tree("(a:0.3,b:0.3);"))
        lf.set_motif_probs(dict(zip("TCAG", pi, strict=True)))
        if name in ("K80", "HKY85"):
            lf.set_param_rule("kappa", init=3.0)
        if name == "GTR":
            for pair, value in zip(["C/T", "A/T", "A/C", "C/G", "A/G"], [1.5, 0.7, 0.4, 2.0, 1.3], strict=True):
                lf.set_param_rule(pair, init=value)
        theirs = lf.get_psub_for_edge("a")
        table = np.array([[theirs[x, y] for y in "TCAG"] for x in "TCAG"])
    np.testing.assert_allclose(ours.transition([0.3])[:, :, 0], table, rtol=1e-10)


def test_kernels_are_values():
    model = HKY85(2.0, [0.1, 0.2, 0.3, 0.4], 0.5)
    again = Substitution.from_data(*model.data())
    assert again == model
    assert hash(again) == hash(model)
    assert model.lasting(0.25) != model
    assert model.lasting(0.5) == model
    assert pickle.loads(pickle.dumps(model)) == model
    assert Stationary.from_data(*Stationary(*model.process.key).data()) == Stationary(*model.process.key)
    assert model.box("edge").cod == DNA
    assert model.stationary("root").dom == Ty()


def test_tables_of_several_kernels():
    kernels = [JC69(0.1), K80(2.0, 0.2), JC69(0.3)]
    found = transitions(kernels)
    for k, each in enumerate(kernels):
        np.testing.assert_allclose(found[:, :, k], each.transition(), rtol=1e-14)


def test_numbers_that_are_no_model():
    with pytest.raises(ShapeMismatch, match="one for each pair"):
        Substitution([1.0, 1.0], [0.25] * 4)
    with pytest.raises(NotNormalized, match="sum to 0.9"):
        HKY85(2.0, [0.2, 0.2, 0.2, 0.3])
    with pytest.raises(NotNormalized, match="above 0"):
        HKY85(2.0, [0.0, 0.5, 0.25, 0.25])
    with pytest.raises(NotNormalized, match="from 0 up"):
        K80(float("nan"))
    with pytest.raises(NotNormalized, match="nothing ever changes"):
        GTR([0.0] * 6, [0.25] * 4)
    with pytest.raises(ShapeMismatch, match="GTR"):
        GTR([1.0], [0.5, 0.5])
    with pytest.raises(ShapeMismatch, match="list of numbers"):
        GTR("abc", [0.25] * 4)
    for duration in (-1.0, float("nan"), float("inf"), "long", None):
        with pytest.raises(InputMismatch, match="duration"):
            JC69().lasting(duration)
    with pytest.raises(InputMismatch, match="durations"):
        JC69().transition([-1.0])
    with pytest.raises(ShapeMismatch, match="4 letters"):
        JC69().box("edge", Finite("no", "yes"))
    with pytest.raises(TypeMismatch, match="one wire"):
        JC69().box("edge", Ty("X"))


@pytest.mark.parametrize("shape", [0.2, 1.0, 7.5])
def test_rates_are_means_or_medians_of_a_gamma_distribution(shape):
    from scipy.integrate import quad
    from scipy.stats import gamma

    law = gamma(shape, scale=1 / shape)
    cuts = [law.ppf(q) for q in (0.25, 0.5, 0.75)]
    parts = [quad(lambda x: x * law.pdf(x), *each)[0] for each in pairwise(cuts)]
    np.testing.assert_allclose(SiteRates(shape).rates[1:3], np.array(parts) * 4, rtol=1e-6)
    middles = law.ppf([0.125, 0.375, 0.625, 0.875])
    np.testing.assert_allclose(SiteRates(shape, median=True).rates, middles / middles.mean(), rtol=1e-10)


@given(st.floats(0.05, 100.0), st.integers(1, 8), st.booleans(), st.floats(0.0, 0.9))
def test_rates_have_mean_one(shape, categories, median, invariant):
    found = SiteRates(shape, categories, median, invariant)
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.rates @ found.weights == pytest.approx(1.0)


def test_rates_that_are_none():
    for wrong in ({"shape": 0.0}, {"shape": float("nan")}, {"categories": 0}, {"invariant": 1.0}):
        with pytest.raises(InputMismatch):
            SiteRates(**wrong)
