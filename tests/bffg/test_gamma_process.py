"""Gamma processes against densities, Kummer's function and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp1f1
from scipy.stats import beta, gamma, kstest

import catlearn as cl
from catlearn.diagrams.theories.markov.kernel import find_kernel
from catlearn.diagrams.theories.markov.processes.gamma_process import GammaProcess
from catlearn.errors import (
    CatlearnError,
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    TypeMismatch,
)

X = cl.Real()
START = cl.gaussian_state("x0", X, 1.0, 0.0)


def chain(*boxes):
    d = START
    for box in boxes:
        d = d >> box
    return d


def near(estimate, truth):
    assert abs(np.exp(estimate.value) / truth - 1.0) < 4 * estimate.standard_error + 1e-12


@settings(derandomize=True, deadline=None, max_examples=20)
@given(a=st.floats(1, 5), b=st.floats(0.2, 5), s=st.floats(0.5, 2), t=st.floats(0.5, 2), y=st.floats(1.1, 6))
def test_a_chain_to_an_observed_end_is_exact(a, b, s, t, y):
    wear = cl.kernel("x", X, X, forward=GammaProcess(a, b))
    opt = cl.bffg(chain(wear(s), wear(t)))
    back = opt.backward({"x#2": y})
    assert back.exact
    assert np.isclose(back.log_evidence, gamma.logpdf(y - 1, a * (s + t), scale=1 / b))
    assert np.isclose(back["x"].at(1.05), gamma.logpdf(y - 1.05, a * t, scale=1 / b))
    paths = opt.forward(back, n=2000, seed=1)
    assert np.ptp(paths.log_weights) == 0
    assert kstest((paths["x"] - 1) / (y - 1), beta(a * s, a * t).cdf).pvalue > 1e-4
    assert (paths["x#2"] == y).all()


def test_another_rate_is_made_up_for_and_kummer_agrees():
    a, b, r, s, t, left = 1.7, 2.0, 3.1, 0.8, 0.6, 2.2
    first = cl.kernel("x", X, X, forward=GammaProcess(a, r), guide=GammaProcess(a, b))
    last = cl.kernel("x", X, X, forward=GammaProcess(a, b))
    opt = cl.bffg(chain(first(s), last(t)))
    paths = opt.forward(opt.backward({"x#2": 1 + left}), n=20000, seed=1)
    truth = (r / b) ** (a * s) * gamma.pdf(left, a * (s + t), scale=1 / b)
    near(paths.log_evidence, truth * hyp1f1(a * s, a * (s + t), -(r - b) * left))


@pytest.mark.parametrize("guide", [0.7, 1.5, 4.0])
def test_evidence_is_the_same_under_any_rate_of_the_guide(guide):
    a, r = 2.0, 1.5
    box = cl.kernel("x", X, X, forward=GammaProcess(a, r), guide=GammaProcess(a, guide))
    opt = cl.bffg(chain(box(0.5), box(0.5), box(1.0)))
    back = opt.backward({"x#3": 3.0})
    paths = opt.forward(back, n=1000, seed=2)
    # The increments add up to what was observed, so that their ratios do not vary.
    assert np.allclose(paths.log_weights, gamma.logpdf(2.0, a * 2.0, scale=1 / r))
    assert back.exact == (guide == r)


def test_a_rate_that_depends_on_time_against_quadrature():
    a, rate, left = 1.5, (lambda t: 1.0 if t < 0.5 else 4.0), 1.2
    box = cl.kernel("x", X, X, forward=GammaProcess(a, rate, steps=2))
    opt = cl.bffg(chain(box))
    truth = quad(lambda u: gamma.pdf(u, a / 2) * gamma.pdf(left - u, a / 2, scale=0.25), 0, left)[0]
    near(opt.forward(opt.backward({"x": 1 + left}), n=40000, seed=3).log_evidence, truth)
    finer = cl.bffg(chain(cl.kernel("x", X, X, forward=GammaProcess(a, rate, steps=20))))
    near(finer.forward(finer.backward({"x": 1 + left}), n=40000, seed=3).log_evidence, truth)


def test_an_unobserved_process_is_drawn_from_the_truth():
    box = cl.kernel("x", X, X, forward=GammaProcess(1.5, 2.0, steps=3), guide=GammaProcess(1.5, 2.0))
    opt = cl.bffg(chain(box(2.0)))
    paths = opt.forward(opt.backward({}), n=5000, seed=1)
    assert abs(paths.log_weights).max() < 1e-12
    assert kstest(paths["x"] - 1, gamma(3.0, scale=0.5).cdf).pvalue > 1e-4


def test_observed_again_and_again_and_branches():
    a, b = 2.0, 3.0
    wear = cl.kernel("x", X, X, forward=GammaProcess(a, b))
    opt = cl.bffg(chain(wear(1.0), wear(0.5), wear(0.7)))
    back = opt.backward({"x": 1.4, "x#3": 2.0})
    truth = gamma.logpdf(0.4, a, scale=1 / b) + gamma.logpdf(0.6, 1.2 * a, scale=1 / b)
    assert np.isclose(back.log_evidence, truth)
    two = START >> cl.copy(X) >> (wear(1.0) @ (wear(0.5) >> wear(0.5)))
    both = cl.bffg(two)
    names = both.variables
    one_seen = both.backward({names[1]: 1.9})
    assert np.isclose(one_seen.log_evidence, gamma.logpdf(0.9, a, scale=1 / b))
    with pytest.raises(NotSupported, match="x0"):
        both.backward({names[1]: 1.9, names[3]: 1.5})
    alike = cl.bffg(START >> cl.copy(X) >> (wear(1.0) @ wear(1.0)))
    with pytest.raises(NotSupported, match="x0"):
        alike.backward({"x": 1.9, "x#2": 1.5})
    from_x0 = cl.bffg(cl.gaussian_state("x0", X, 1.0, 0.5) >> cl.copy(X) >> (wear(1.0) @ wear(0.5)))
    seen = from_x0.backward({"x0": 0.9, "x": 1.9, "x#2": 1.5})
    truth = (
        gamma.logpdf(1.0, a, scale=1 / b) + gamma.logpdf(0.6, a / 2, scale=1 / b) - 0.5 * np.log(2 * np.pi * 0.5) - 0.01
    )
    assert np.isclose(seen.log_evidence, truth)


def test_chains_side_by_side_that_end_differently():
    """One block of wires, some of which have an observed end and others not."""
    wear = cl.kernel("x", X, X, forward=GammaProcess(2.0, 3.0))
    one = cl.gaussian_state("s", X, 0.0, 0.0) >> wear(0.5) >> wear(0.5)
    opt = cl.bffg(one @ one @ one)
    back = opt.backward({"x#2": 0.8, "x#6": 0.4})
    truth = gamma.logpdf(0.8, 2, scale=1 / 3) + gamma.logpdf(0.4, 2, scale=1 / 3)
    assert np.isclose(back.log_evidence, truth)
    paths = opt.forward(back, n=500)
    assert (paths["x#2"] == 0.8).all()
    assert (paths["x"] < 0.8).all()
    assert kstest(paths["x#4"], gamma(2.0, scale=1 / 3).cdf).pvalue > 1e-4
    assert "Gamma variable" in repr(back["x"])
    assert back["x"].at(0.9) == -np.inf


def test_given_as_an_input():
    wear = cl.kernel("x", X, X, forward=GammaProcess(2.0, 3.0))
    opt = cl.bffg(wear(1.0))
    back, name = opt.backward({"x": 2.0}), opt.variables[0]
    paths = opt.forward(back, n=10, inputs={name: 0.5})
    assert np.allclose(paths.log_weights, gamma.logpdf(1.5, 2, scale=1 / 3))
    with pytest.raises(ImpossibleEvidence):
        opt.forward(back, n=10, inputs={name: 2.5})
    with pytest.raises(NotSupported, match="inputs="):
        opt.forward(back, n=10)


def test_innovations_repeat():
    box = cl.kernel("x", X, X, forward=GammaProcess(2.0, lambda t: 1 + t))
    opt = cl.bffg(chain(box, box))
    back = opt.backward({"x#2": 3.0})
    paths = opt.forward(back, n=20, seed=5)
    again = opt.forward(back, innovations=paths.innovations)
    assert (paths["x"] == again["x"]).all()
    assert (paths.log_weights == again.log_weights).all()


def test_an_end_below_the_start_cannot_be():
    wear = cl.kernel("x", X, X, forward=GammaProcess(2.0, 3.0))
    with pytest.raises(ImpossibleEvidence, match="x0"):
        cl.bffg(chain(wear, wear)).backward({"x#2": 0.5})
    with pytest.raises(ImpossibleEvidence, match="x"):
        cl.bffg(chain(wear, wear)).backward({"x": 2.0, "x#2": 1.5})


def test_kernels_can_be_read_back():
    kernel = GammaProcess(2.0, 3.0, 0.5, 4)
    assert find_kernel("GammaProcess").from_data(*kernel.data()) == kernel


WEAR = cl.kernel("x", X, X, forward=GammaProcess(2.0, 3.0))
NOISY = cl.gaussian("y", X, X, 1.0, 0.0, 0.1)
RANDOM = cl.gaussian_state("start", X, 0.0, 1.0)
BAD = [
    (lambda: GammaProcess(0.0, 1.0), NotNormalized, "shape"),
    (lambda: GammaProcess(1.0, -1.0), NotNormalized, "rate"),
    (lambda: GammaProcess("big", 1.0), NotNormalized, "shape"),
    (lambda: GammaProcess(1.0, lambda t: -t).constant(), NotNormalized, "rate at time"),
    (lambda: GammaProcess(1.0, 1.0, -1.0), InputMismatch, "duration"),
    (lambda: GammaProcess(1.0, 1.0, steps=0), InputMismatch, "steps"),
    (lambda: GammaProcess(1.0, 1.0, start=None), InputMismatch, "start"),
    (lambda: cl.kernel("x", cl.Real(2), cl.Real(2), forward=GammaProcess(1.0, 1.0)), TypeMismatch, "x: "),
    (lambda: cl.bffg(chain(WEAR >> NOISY)).backward({"y": 2.0}), NotSupported, "x: "),
    (lambda: cl.bffg(RANDOM >> WEAR).backward({"x": 2.0}), NotSupported, "start: "),
    (lambda: cl.bffg(chain(WEAR(0.0))).backward({"x": 2.0}), InputMismatch, "x: "),
    (
        lambda: cl.bffg(
            chain(cl.kernel("x", X, X, forward=GammaProcess(2.0, 3.0), guide=GammaProcess(2.5, 3.0)))
        ).backward({}),
        InputMismatch,
        "x: ",
    ),
    (
        lambda: cl.bffg(chain(cl.kernel("z", X, X, forward=GammaProcess(2.0, 1.0)), WEAR)).backward({"x": 2.0}),
        NotSupported,
        "z: ",
    ),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_what_does_not_fit_is_a_typed_error_of_one_line(case):
    make, kind, said = BAD[case]
    with pytest.raises(kind, match=said) as caught:
        make()
    assert isinstance(caught.value, CatlearnError)
    assert "\n" not in str(caught.value)


def test_beside_a_quadratic_message_is_an_error_that_names_the_wire():
    d = chain(WEAR) >> cl.copy(X) >> (WEAR @ NOISY)
    with pytest.raises(NotSupported, match="x: messages say"):
        cl.bffg(d).backward({"x#2": 3.0, "y": 1.5})
