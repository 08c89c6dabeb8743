"""Bad and extreme input: a typed error of one line, or an answer that brute force gives too."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction
from threading import Thread

import numpy as np
import pytest

import catlearn as cl
from catlearn import Finite, Real, Ty
from catlearn.errors import (
    CatlearnError,
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    ShapeMismatch,
    TypeMismatch,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.bffg import centered
from tests.bffg.models import gaussian_model

X, D = Real(), Finite("a", "b")
ROOT = cl.gaussian_state("x", X, 0.0, 1.0)
COIN = cl.state("x", D, [0.5, 0.5])
SEE = cl.gaussian("y", X, X, 1.0, 0.0, 1.0)
OPT = cl.bffg(ROOT >> SEE)


def said(error: type[CatlearnError], run, *words: str) -> None:
    with pytest.raises(error) as caught:
        run()
    assert "\n" not in str(caught.value)
    assert all(word in str(caught.value) for word in words)


BAD = [True, "1", b"1", 1j, [1, 2], (), {}, math.inf, -math.inf, 10**400, np.ma.masked, [np.ma.masked], object()]


@pytest.mark.parametrize("value", BAD, ids=[type(v).__name__ + str(k) for k, v in enumerate(BAD)])
def test_what_is_no_number_is_refused(value) -> None:
    said(InputMismatch, lambda: OPT.backward({"y": value}), "y")


@pytest.mark.parametrize("value", [1, np.int8(1), np.float32(1), [1], [[1.0]], np.array(1.0), Fraction(1)])
def test_what_is_a_number_is_read(value) -> None:
    assert OPT.backward({"y": value}).log_evidence == pytest.approx(-0.25 - 0.5 * math.log(4 * math.pi))


def test_dictionaries_are_asked_for() -> None:
    back = OPT.backward({"y": 1.0})
    for wrong in ([1], "ab", 3):
        said(InputMismatch, lambda wrong=wrong: OPT.backward({"y": 1.0}, params=wrong), "params")
        said(InputMismatch, lambda wrong=wrong: OPT.forward(back, 5, inputs=wrong), "inputs")
        said(InputMismatch, lambda wrong=wrong: back.at(wrong), "params")
    for wrong in (3, "x"):
        said(InputMismatch, lambda wrong=wrong: OPT.forward(back, 5, keep=wrong), "keep")
    said(UnknownVariable, lambda: OPT.forward(back, 5, keep=[["x"]]), "x")
    for x in ("a", [1, 2], math.nan):
        said(InputMismatch, lambda x=x: back["x"].at(x))


def test_innovations_are_checked() -> None:
    back = OPT.backward({"y": 1.0})
    made = OPT.forward(back, 5).innovations
    for wrong in ("abc", 3, [[["a"]]], [z[..., :0] for z in made], [z * math.nan for z in made]):
        said(InputMismatch, lambda wrong=wrong: OPT.forward(back, innovations=wrong), "innovations")
    said(CatlearnError, lambda: OPT.forward(back, n=10**13), "memory")


def test_one_sample_has_no_finite_error() -> None:
    paths = OPT.forward(OPT.backward({"y": 1.0}), n=1)
    assert math.isinf(paths.log_evidence.standard_error)
    assert "nan" not in repr(paths)


@pytest.mark.parametrize("value", [set(), {}, {"a": 0.0}, {"a": 0, "b": 0}])
def test_nothing_is_likely(value) -> None:
    said(ImpossibleEvidence, lambda: cl.bffg(COIN).backward({"x": value}), "x")


def test_likelihoods_are_numbers() -> None:
    for value, error in [({"a": "1"}, InputMismatch), ({"a": True}, InputMismatch), ({"a": None}, NotNormalized)]:
        said(error, lambda value=value: cl.bffg(COIN).backward({"x": value}), "x")
    assert cl.bffg(COIN).backward({"x": frozenset({"a"})}).log_evidence == pytest.approx(math.log(0.5))


def test_an_observed_input_is_what_was_observed() -> None:
    opt = cl.bffg(cl.gaussian("y", Real(2), X, [1.0, 1.0], 0.0, 1.0))
    back = opt.backward({"x0": [1.0, 3.0], "y": 2.0})
    density = -2.0 - 0.5 * math.log(2 * math.pi)
    paths = opt.forward(back, n=10)
    assert (paths["x0"] == [1.0, 3.0]).all()
    assert paths.log_evidence.value == pytest.approx(density)
    assert opt.forward(back, n=10, inputs={"x0": [1.0, 3.0]}).log_evidence.value == pytest.approx(density)
    said(ImpossibleEvidence, lambda: opt.forward(back, n=10, inputs={"x0": [1.0, 2.0]}), "x0")
    part = opt.forward(opt.backward({"x0": [1.0, None], "y": 2.0}), n=4000, seed=1)
    assert (part["x0"][:, 0] == 1.0).all()
    assert part.mean("x0").value[1] == pytest.approx(1.0, abs=0.1)
    assert part.log_evidence.value == pytest.approx(0.0, abs=1e-9)


def test_inputs_are_checked() -> None:
    real, finite = cl.bffg(SEE), cl.bffg(cl.channel("c", D, D, [[0.9, 0.1], [0.2, 0.8]]))
    for value in (True, np.ma.masked, math.nan, "a", None, [1, 2]):
        said(InputMismatch, lambda value=value: real.forward(real.backward({"y": 1.0}), 5, inputs={"x0": value}), "x0")
    for value in (0, None, ["a"], np.array(["a", "b"])):
        back = finite.backward({"c": "a"})
        said(UnknownOutcome, lambda value=value, back=back: finite.forward(back, 5, inputs={"x0": value}), "x0")


@pytest.mark.parametrize("noise", [1e-6, 1e-12, 1e-20, 1e-100, 1e-300])
@pytest.mark.parametrize("value", [1.0, 1e3])
def test_precise_observations_lose_no_digits(noise: float, value: float) -> None:
    far = cl.gaussian_state("x", X, value, 1.0) >> cl.gaussian("y", X, X, 1.0, 0.0, noise)
    exact = -0.5 * math.log(2 * math.pi * (1.0 + noise)) - 0.5 * 0.25 / (1.0 + noise)
    assert cl.bffg(far).backward({"y": value + 0.5}).log_evidence == pytest.approx(exact, abs=1e-6)


def test_mixed_scales_lose_no_digits() -> None:
    random = np.random.default_rng(0)
    done = 0
    for _ in range(60):
        s0, S, Sy = (10.0 ** random.integers(-8, 9) for _ in range(3))
        A = 10.0 ** random.integers(-4, 5)
        z, y = 10.0 ** random.integers(-4, 5, 2) * random.normal(size=2)
        seen = cl.gaussian("z", X, X, A, 0.0, S) @ cl.gaussian("y", X, X, 1.0, 0.0, Sy)
        model = cl.gaussian_state("x", X, 0.0, s0) >> cl.copy() >> seen
        a, b, c = (
            Fraction(A) ** 2 * Fraction(s0) + Fraction(S),
            Fraction(A) * Fraction(s0),
            Fraction(s0) + Fraction(Sy),
        )
        det = a * c - b * b
        form = (c * Fraction(z) ** 2 - 2 * b * Fraction(z) * Fraction(y) + a * Fraction(y) ** 2) / det
        exact = -math.log(2 * math.pi) - 0.5 * math.log(det) - 0.5 * float(form)
        assert cl.bffg(model).backward({"z": z, "y": y}).log_evidence == pytest.approx(exact, rel=1e-6, abs=1e-6)
        done += 1
    assert done == 60


@pytest.mark.parametrize("seed", range(12))
def test_a_pass_from_another_origin_gives_the_same_evidence(seed: int, monkeypatch) -> None:
    seen = gaussian_model(np.random.default_rng(seed), 6, parents=1 + seed % 2)
    exact = cl.bffg(seen.model, joint=True).backward(seen.data).log_evidence
    monkeypatch.setattr(centered, "CLOSE", 0.0)
    assert cl.bffg(seen.model, joint=True).backward(seen.data).log_evidence == pytest.approx(exact, rel=1e-8, abs=1e-8)
    assert exact == pytest.approx(seen.log_evidence, rel=1e-6, abs=1e-6)


def test_a_linearized_guide_of_an_observed_input_is_made_there() -> None:
    opt = cl.bffg(cl.kernel("y", X, X, forward=cl.Nonlinear(lambda x: x**3, 0.1)))
    paths = opt.forward(opt.backward({"x0": 2.0, "y": 8.0}), n=200, seed=1)
    assert paths.log_evidence.value == pytest.approx(-0.5 * math.log(0.2 * math.pi))


def test_numbers_of_a_wire_may_be_of_very_different_sizes() -> None:
    units = np.array([1e-8, 1.0, 1e8])
    opt = cl.bffg(cl.gaussian("y", Real(3), Real(3), np.eye(3), np.zeros(3), np.diag(units**2)))
    back = opt.backward({"y": units.tolist()})
    assert back["x0"].mean == pytest.approx(units)
    paths = opt.forward(back, n=2000, seed=1)
    assert paths.mean("x0").value / units == pytest.approx([1.0] * 3, abs=0.1)
    assert paths.log_evidence.value == pytest.approx(0.0, abs=1e-6)


def test_rounding_is_told_where_it_cannot_be_helped() -> None:
    model = ROOT >> cl.kernel("z", X, X, forward=cl.Gaussian(1.0, 0.0, 1e-20), guide=cl.Gaussian(1.0, 0.0, 2e-20))
    with pytest.warns(RuntimeWarning, match="rounding may put the log-evidence off"):
        cl.bffg(model).backward({"z": 1.0})


@pytest.mark.parametrize("value", [1e160, 1e308, -1e308])
def test_numbers_too_large_are_typed(value: float) -> None:
    said(CatlearnError, lambda: OPT.backward({"y": value}))


def test_ten_thousand_readers_of_one_wire() -> None:
    n, random = 10_000, np.random.default_rng(0)
    opt, y = cl.bffg(cl.graph(Ty(), [(ROOT, [])] + [(SEE, [0])] * n, [0])), random.normal(size=n)
    back = opt.backward(dict(zip(opt.variables[1:], y.tolist(), strict=True)))
    form = y @ y - y.sum() ** 2 / (n + 1)
    assert back.log_evidence == pytest.approx(-0.5 * (n * math.log(2 * math.pi) + math.log(n + 1) + form), rel=1e-12)
    channel = cl.channel("c", D, D, [[0.9, 0.1], [0.2, 0.8]])
    finite, b = cl.bffg(cl.graph(Ty(), [(COIN, [])] + [(channel, [0])] * n, [0])), int((y > 0.5).sum())
    back = finite.backward({name: "ab"[k] for name, k in zip(finite.variables[1:], (y > 0.5).tolist(), strict=True)})
    logs = [math.log(p) * (n - b) + math.log(1 - p) * b for p in (0.9, 0.2)]
    assert back.log_evidence == pytest.approx(np.logaddexp(*logs) + math.log(0.5), rel=1e-12)


@pytest.mark.parametrize(
    "box",
    [
        cl.kernel("z", D, D, forward=cl.Table([[0.5, 0.5]] * 2), guide=cl.Table([[1, 0], [0.5, 0.5]])),
        cl.kernel("z", D, D, forward=cl.MarkovJump([[-1, 1], [1, -1]]), guide=cl.MarkovJump([[0, 0], [1, -1]])),
        cl.kernel("z", D, D, forward=cl.JumpProcess([[-1, 1], [1, -1]]), guide=cl.MarkovJump([[0, 0], [1, -1]])),
    ],
)
def test_a_guide_that_rules_out_what_can_be_is_refused(box) -> None:
    said(NotSupported, lambda: cl.bffg(COIN >> box).backward({"z": "b"}), "z: its guide rules out")


def test_functions_of_parameters_are_told_by_name() -> None:
    said(TypeMismatch, lambda: cl.kernel("z", X, X, forward=max), "z")
    said(TypeMismatch, lambda: cl.kernel("z", X, X, forward=eval("lambda s, /: s")), "z", "'s'")
    said(TypeMismatch, lambda: cl.kernel("z", X, X, forward=cl.Gaussian(1.0, 0.0, 1.0), guide="g"), "z")
    box = cl.kernel("z", X, X, forward=lambda s: cl.Gaussian(1.0, 0.0, s))
    for s, error in [(-1.0, NotNormalized), (math.nan, NotNormalized), ("a", ShapeMismatch), ([1.0], ShapeMismatch)]:
        said(error, lambda s=s: cl.bffg(ROOT >> box).backward({"z": 1.0}, {"s": s}), "z: ")


def test_durations_are_numbers_of_numpy_too() -> None:
    box = cl.kernel("z", X, X, forward=cl.LinearSDE(0.0, 0.0, 1.0))
    assert box(np.float32(0.5)) == box(0.5)
    assert box(np.int64(2)) == box(2)


def masked(x):
    return np.ma.masked_greater(x, 0.0)


def test_masked_numbers_of_functions_are_refused() -> None:
    model = ROOT >> cl.kernel("z", X, X, forward=cl.Nonlinear(masked, 0.1))
    said(ShapeMismatch, lambda: cl.bffg(model).backward({"z": 1.0}), "z: mean")


@pytest.mark.parametrize(
    "wrong",
    [lambda y, x: "a", lambda y, x: None, lambda y, x: x + 0j, lambda y, x: np.zeros(7), lambda y, x: x[:, None]],
)
def test_densities_are_checked(wrong) -> None:
    opt = cl.bffg(ROOT >> cl.kernel("y", X, X, forward=cl.Observation(wrong)))
    said(ShapeMismatch, lambda: opt.forward(opt.backward({"y": 1.0}), 10), "y: log_density")


@pytest.mark.parametrize("wrong", [lambda x, z: 1.0, lambda x, z: None, lambda x, z: x * np.nan])
def test_draws_are_checked(wrong) -> None:
    opt = cl.bffg(ROOT >> cl.kernel("y", X, X, forward=cl.Observation(lambda y, x: -((y - x) ** 2), wrong)))
    said(CatlearnError, lambda: opt.forward(opt.backward({}), 10), "y: draw")


def test_few_effective_samples_are_told() -> None:
    far = cl.kernel("z", X, X, forward=cl.Gaussian(1.0, 0.0, 1.0), guide=cl.Gaussian(-1.0, 0.0, 1.0))
    opt = cl.bffg(cl.gaussian_state("x", X, 0.0, 100.0) >> far)
    with pytest.warns(RuntimeWarning, match="worth only .* guides nearer"):
        opt.forward(opt.backward({"z": 10.0}), n=1000, seed=1)


def test_threads_share_a_smoother() -> None:
    opt = cl.bffg(cl.graph(Ty(), [(ROOT, [])] + [(SEE, [0])] * 12, [0]))
    given = [dict.fromkeys(opt.variables[1 : 1 + k], float(k)) for k in range(12)]
    exact, wrong = [cl.bffg(opt.diagram).backward(data).log_evidence for data in given], list[object]()

    def work(start: int) -> None:
        for k in range(24):
            at = (7 * start + k) % 12
            try:
                if opt.backward(given[at]).log_evidence != exact[at]:
                    wrong.append(at)
            except Exception as error:
                wrong.append(error)

    threads = [Thread(target=work, args=(k,)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_both_passes_are_pickled() -> None:
    back = OPT.backward({"y": 1.0})
    again = pickle.loads(pickle.dumps(back))
    assert again.log_evidence == back.log_evidence
    one, other = OPT.forward(back, 5, seed=1), again.smoother.forward(again, 5, seed=1)
    assert (one["x"] == other["x"]).all()
