"""The front door: data, parameters, inputs, innovations; and what is refused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from scipy.stats import multivariate_normal

import catlearn as cl
from catlearn import Finite, Gaussian, Real
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotNormalized,
    NotSupported,
    TypeMismatch,
    UnknownBox,
    UnknownOutcome,
    UnknownVariable,
)
from catlearn.interpreters.bffg.backward import filtered
from catlearn.interpreters.bffg.observed import at_blocks

X, Y, W = Real(), Real(2), Finite("dry", "wet")


def chain(steps: int = 4) -> cl.Graph:
    see = cl.gaussian("y", X, X, 1.0, 0.0, 0.5)
    return cl.unroll(cl.gaussian_state("x", X, 0.0, 1.0), cl.gaussian("x", X, X, 0.8, 0.1, 0.3), see, steps)


def grass() -> cl.Diagram:
    rain = cl.state("rain", Finite("no", "yes"), [0.8, 0.2])
    return rain >> cl.copy() >> (cl.identity() @ cl.channel("wet", rain.cod, W, [[0.9, 0.1], [0.2, 0.8]]))


def dense(model: cl.Diagram, data: dict[str, float]) -> float:
    """The log-density of the data under the joint normal distribution, by the samples' exact moments."""
    prior = cl.infer(model).posterior({})
    names = list(data)
    joint = cl.infer(model).joint(names)
    del prior
    return float(multivariate_normal(joint.mean, joint.covariance).logpdf(list(data.values())))


def test_evidence_is_that_of_the_joint_distribution() -> None:
    data = {"y": 0.3, "y#2": -1.0, "y#4": 2.0}
    assert cl.bffg(chain()).backward(data).log_evidence == pytest.approx(dense(chain(), data), abs=1e-12)


def test_nothing_observed_is_evidence_one() -> None:
    for model in (chain(), grass()):
        back = cl.bffg(model).backward({})
        assert back.log_evidence == pytest.approx(0.0, abs=1e-14)
        paths = cl.bffg(model)
        assert paths.forward(paths.backward({}), 10).log_weights == pytest.approx(np.zeros(10), abs=1e-13)


def test_the_same_innovations_give_the_same_samples() -> None:
    opt = cl.bffg(chain())
    back = opt.backward({"y#3": 1.0})
    one, other = opt.forward(back, 7, seed=3), opt.forward(back, 7, seed=3)
    again = opt.forward(back, innovations=one.innovations)
    for name in opt.variables:
        assert (one[name] == other[name]).all()
        assert (one[name] == again[name]).all()
    assert (opt.forward(back, 7, seed=4)["x"] != one["x"]).all()


def test_kept_variables_are_those_of_the_whole_run() -> None:
    opt = cl.bffg(chain())
    back = opt.backward({"y#3": 1.0})
    few = opt.forward(back, 5, seed=1, keep=["x#2"])
    assert list(few.samples) == ["x#2"]
    assert (few["x#2"] == opt.forward(back, 5, seed=1)["x#2"]).all()
    with pytest.raises(UnknownVariable, match="'x'; there are x#2"):
        few["x"]


def test_unkept_variables_take_no_memory() -> None:
    opt = cl.bffg(chain(60))
    back = opt.backward({"y#60": 1.0})
    z = opt.forward(back, 4000).innovations
    peaks = []
    for keep in (None, ()):
        tracemalloc.start()
        opt.forward(back, innovations=z, keep=keep)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] / 1.5


def test_the_evidence_alone_forgets_messages() -> None:
    opt = cl.bffg(chain(300))
    back = opt.backward({f"y#{k}": 0.1 for k in range(2, 301)})
    observed = at_blocks(back.plan, back.observed)
    left = filtered(back.plan, back.rules, observed, keep=False)
    assert left.constant == back.log_evidence
    assert not left.pulled
    assert all(message is None for message in left.messages)


def test_an_input_is_given_or_has_a_flat_prior() -> None:
    step, see = cl.gaussian("x", X, X, 1.0, 0.0, 2.0), cl.gaussian("y", X, X, 1.0, 0.0, 1.0)
    opt = cl.bffg(step >> see)
    back = opt.backward({"y": 5.0})
    root = opt.variables[0]
    assert opt.forward(back, 3, inputs={root: 4.0}).log_weights == pytest.approx(back[root].at(4.0))
    assert back[root].at(4.0) == pytest.approx(float(multivariate_normal(4.0, 3.0).logpdf(5.0)))
    flat = opt.forward(back, 20_000, seed=1)
    assert flat.log_evidence.value == pytest.approx(0.0, abs=1e-12)  # the integral over the root of a density at y
    assert abs(flat.mean(root).value - 5.0) < 4 * flat.mean(root).standard_error
    with pytest.raises(NotSupported, match="does not fix it"):
        opt.forward(opt.backward({}), 3)
    with pytest.raises(NotSupported, match="depends on the input"):
        _ = back.log_evidence


def test_a_finite_input_is_given_or_counted() -> None:
    opt = cl.bffg(cl.channel("wet", Finite("no", "yes"), W, [[0.9, 0.1], [0.2, 0.8]]))
    back = opt.backward({"wet": "wet"})
    root = opt.variables[0]
    assert opt.forward(back, 2, inputs={root: "yes"}).log_evidence.value == pytest.approx(np.log(0.8))
    assert opt.forward(back, 5000).log_evidence.value == pytest.approx(np.log(0.9))
    with pytest.raises(UnknownOutcome, match="maybe"):
        opt.forward(back, 2, inputs={root: "maybe"})


def test_parameters_enter_kernels() -> None:
    noisy = cl.kernel("y", X, X, forward=lambda scale: Gaussian([[1.0]], [0.0], [[scale**2]]))
    opt = cl.bffg(cl.gaussian_state("x", X, 0.0, 1.0) >> noisy)
    assert opt.parameters == ("scale",)
    back = opt.backward({"y": 2.0}, {"scale": 3.0})
    for at, scale in ((back, 3.0), (back.at({"scale": 0.5}), 0.5)):
        assert at.log_evidence == pytest.approx(float(multivariate_normal(0, 1 + scale**2).logpdf(2.0)))
    with pytest.raises(UnknownVariable, match="'scale' has no value"):
        opt.backward({"y": 2.0})
    with pytest.raises(UnknownVariable, match="did you mean 'scale'"):
        opt.backward({"y": 2.0}, {"scala": 1.0})


def test_a_parameter_that_gives_no_kernel() -> None:
    opt = cl.bffg(cl.kernel("y", X, X, forward=lambda a: a))
    with pytest.raises(TypeMismatch, match="y: a function of parameters gives a kernel"):
        opt.backward({}, {"a": 1.0})


def test_wide_data_and_missing_numbers() -> None:
    A, S = np.array([[1.0, 0.2], [0.0, 0.9]]), np.array([[1.0, 0.3], [0.3, 0.5]])
    model = cl.gaussian_state("x", Y, [0.0, 1.0], S) >> cl.gaussian("y", Y, Y, A, [0.1, 0.0], S)
    opt = cl.bffg(model)
    mean, cov = A @ [0.0, 1.0] + [0.1, 0.0], A @ S @ A.T + S
    whole = multivariate_normal(mean, cov).logpdf([0.5, -0.5])
    assert opt.backward({"y": [0.5, -0.5]}).log_evidence == pytest.approx(float(whole))
    half = multivariate_normal(mean[1], cov[1, 1]).logpdf(-0.5)
    for given in ([None, -0.5], np.array([np.nan, -0.5])):
        back = opt.backward({"y": given})
        assert back.log_evidence == pytest.approx(float(half))
        drawn = opt.forward(back, 20_000, seed=2)
        assert (drawn["y"][:, 1] == -0.5).all()
        expected = mean[0] + cov[0, 1] / cov[1, 1] * (-0.5 - mean[1])
        found = drawn.mean("y")
        assert abs(found.value[0] - expected) < 4 * found.standard_error[0]


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        ({"z": 1.0}, UnknownVariable, "there is no variable 'z'"),
        ({"y": "wet"}, InputMismatch, "y: give a finite number"),
        ({"y": [1.0, 2.0]}, InputMismatch, "y: give a finite number"),
        ({"y": True}, InputMismatch, "y: give a finite number"),
        ({"y": "2"}, InputMismatch, "y: give a finite number"),
        ({"y": np.inf}, InputMismatch, "y: give a finite number"),
        ({"y": np.ma.masked_array([1.0], [True])}, InputMismatch, "y: give a finite number"),
        ([1.0], InputMismatch, "give a dictionary"),
    ],
)
def test_data_that_do_not_fit(data: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        cl.bffg(chain()).backward(data)  # type: ignore[arg-type]


def test_finite_data_that_do_not_fit() -> None:
    opt = cl.bffg(grass())
    with pytest.raises(UnknownOutcome, match="did you mean 'wet'"):
        opt.backward({"wet": "wett"})
    with pytest.raises(NotNormalized, match="numbers from 0 up"):
        opt.backward({"wet": {"wet": -1.0}})
    with pytest.raises(ImpossibleEvidence, match="wet"):
        opt.backward({"wet": {"wet": 0.0}})
    soft = opt.backward({"wet": {"wet": 0.5, "dry": 0.25}})
    assert soft.log_evidence == pytest.approx(np.log(0.8 * 0.275 + 0.2 * 0.45))


def test_what_is_not_a_model() -> None:
    with pytest.raises(UnknownBox, match="f: this box has no kernel"):
        cl.bffg(cl.Box("f", X, X)).backward({})
    with pytest.raises(TypeMismatch):
        cl.bffg(3)  # type: ignore[arg-type]
    with pytest.raises(TypeMismatch, match="rounds"):
        cl.bffg(chain(), rounds=0)
    with pytest.raises(NotSupported, match="has no guide and no default"):
        cl.bffg(cl.Sampler(lambda random, n, x: x).box("f", X, X)).backward({})


def test_forward_arguments_that_do_not_fit() -> None:
    opt = cl.bffg(chain())
    back = opt.backward({})
    with pytest.raises(InputMismatch, match="n is how many"):
        opt.forward(back, 0)
    with pytest.raises(InputMismatch, match="a seed"):
        opt.forward(back, 1, seed=-1)
    with pytest.raises(InputMismatch, match="these innovations are not"):
        opt.forward(back, innovations=[np.zeros((1, 1, 1))])
    with pytest.raises(UnknownVariable, match="no variable 'z'"):
        opt.forward(back, 1, keep=["z"])
    with pytest.raises(UnknownVariable, match="no input 'x'"):
        opt.forward(back, 1, inputs={"x": 1.0})
    with pytest.raises(TypeMismatch, match="of this same object gave"):
        cl.bffg(chain()).forward(back, 1)


def test_an_exact_observation_of_a_box_without_noise() -> None:
    with pytest.raises(NotSupported, match="y: what it gives is observed, and has no noise"):
        cl.bffg(cl.gaussian_state("x", X, 0.0, 1.0) >> cl.gaussian("y", X, X, 1.0, 0.0, 0.0)).backward({"y": 1.0})
    opt = cl.bffg(cl.gaussian_state("x", X, 0.0, 1.0) >> cl.gaussian("y", X, X, 1.0, 0.0, 0.0))
    assert (opt.forward(opt.backward({"x": 2.0}), 3)["y"] == 2.0).all()


def test_durations() -> None:
    box = cl.kernel("y", X, X, forward=Gaussian([[1.0]], [0.0], [[1.0]]))
    with pytest.raises(InputMismatch, match="y: a duration is"):
        box(-1.0)


def test_paths_of_a_diffusion_begin_and_end_at_its_wires() -> None:
    move = cl.kernel("x", X, X, forward=cl.SDE(lambda t, x: x - x**3, 0.4, duration=2.0, steps=30))
    opt = cl.bffg(cl.unroll(cl.gaussian_state("x", X, 0.0, 1.0), move, cl.gaussian("y", X, X, 1.0, 0.0, 2.0), 3))
    paths = opt.forward(opt.backward({"y#3": 1.0}), 50, seed=1)
    times, found = paths.path("x#3")
    assert (times[0], times[-1], len(times), found.shape) == (0.0, 2.0, 31, (50, 31))
    assert found[:, 0] == pytest.approx(paths["x#2"])
    assert found[:, -1] == pytest.approx(paths["x#3"])
    with pytest.raises(NotSupported, match="is not what an SDE leads to"):
        paths.path("y#3")
    with pytest.raises(NotSupported, match="was not kept"):
        opt.forward(paths.back, 5, keep=["x#3"]).path("x#3")
