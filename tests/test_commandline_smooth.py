"""`catlearn smooth` prints what bffg gives in Python, and says in one line what is wrong with its files."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import catlearn as cl
from catlearn.commandline import main
from catlearn.commandline.outcome import BAD_INPUT, FAILED
from catlearn.commandline.source import read_value

MODELS = """
from catlearn import Finite, Gaussian, Real, bffg, channel, copy, gaussian, gaussian_state, identity
from catlearn import kernel, state, unroll

X, Y = Real(2), Real()
S = [[1.0, 0.3], [0.3, 0.5]]
first = gaussian_state("x", X, [0.0, 1.0], [[1.0, 0.0], [0.0, 1.0]])
move = gaussian("x", X, X, [[0.9, 0.3], [0.0, 0.7]], [0.1, 0.2], S)
see = gaussian("y", X, Y, [1.0, -0.5], 0.3, 0.4)
chain = unroll(first, move, see, 4)
opt = bffg(chain)

def made():
    print("building")
    return chain

def made_smoother():
    return opt

def broken():
    raise ValueError("no model today")

def wants(n):
    return chain

wrong = kernel("x", X, X, forward=Gaussian([[0.9, 0.3], [0.0, 0.7]], [0.1, 0.2], S),
               guide=Gaussian([[0.6, 0.0], [0.0, 0.9]], [0.0, 0.0], S))
guided = unroll(first, wrong, see, 4)
hopeless = unroll(gaussian_state("x", Y, 0.0, 1.0),
                  kernel("x", Y, Y, forward=Gaussian([[1.0]], [0.0], [[1e-4]]),
                         guide=Gaussian([[1.0]], [3.0], [[1e-4]])),
                  gaussian("y", Y, Y, 1.0, 0.0, 1e-4), 4)
rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
grass = rain >> copy() >> (identity() @ wet)
start = kernel("z", Y, Y, forward=lambda sigma: Gaussian([[1.0]], [0.0], [[sigma**2]]))
surely = state("sure", Finite("no", "yes"), [1.0, 0.0])
number = 3
file_ = gaussian_state("file", Y, 0.0, 1.0)
clash = gaussian_state("log_weights", Y, 0.0, 1.0)
"""
DATA = {"y": 1.0, "y#2": None, "y#3": 5, "x": [None, 2.0]}


@pytest.fixture
def files(workdir: Path) -> Path:
    Path("model.py").write_text(MODELS)
    Path("data.json").write_text(json.dumps(DATA))
    Path("wet.json").write_text('{"wet": {"wet": 1, "dry": 0.25}}')
    return workdir


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(["smooth", *arguments])
    return code, *capsys.readouterr()


def in_json(capsys, *arguments: str) -> dict:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def in_python(name: str, data: dict, n: int = 1000, seed: int = 0, **options) -> cl.Paths:
    opt = cl.bffg(read_value(f"model.py:{name}")[2])
    return opt.forward(opt.backward(data, options.pop("params", None)), n, seed, **options)


def expected(paths: cl.Paths) -> dict:
    posterior: dict[str, dict] = {}
    for name in paths.samples:
        if name in paths.outcomes:
            posterior[name] = dict(paths.marginal(name))
            continue
        mean, deviation = paths.mean(name), np.sqrt(paths.variance(name).value)
        numbers = {"mean": mean.value, "deviation": deviation, "standard_error": mean.standard_error}
        posterior[name] = {key: np.asarray(value).tolist() for key, value in numbers.items()}
    return {
        "log_evidence": paths.log_evidence.value,
        "standard_error": paths.standard_error,
        "ess": paths.ess,
        "samples": len(paths),
        "posterior": posterior,
    }


@pytest.mark.parametrize("name", ["chain", "guided"])
def test_json_is_exactly_what_python_gives(capsys, files: Path, name: str) -> None:
    found = in_json(capsys, f"model.py:{name}", "--data", "data.json", "--samples", "700", "--seed", "3")
    assert found == expected(in_python(name, DATA, 700, 3))
    assert found == in_json(capsys, f"model.py:{name}", "--data", "data.json", "--samples", "700", "--seed", "3")


def test_an_exact_model_has_the_exact_evidence(capsys, files: Path) -> None:
    found = in_json(capsys, "model.py:chain", "--data", "data.json")
    exact = cl.infer(read_value("model.py:chain")[2]).posterior({**DATA, "x": [np.nan, 2.0]})
    assert found["log_evidence"] == pytest.approx(exact.log_evidence, abs=1e-10)
    assert found["standard_error"] < 1e-10
    assert found["posterior"]["y"] == {"mean": 1.0, "deviation": 0.0, "standard_error": 0.0}
    assert found["posterior"]["x"]["mean"][1] == 2.0
    for name, marginal in exact.items():
        mean, error = (np.asarray(found["posterior"][name][key]) for key in ("mean", "standard_error"))
        assert (np.abs(mean - marginal.mean) <= 5 * error + 1e-9).all()


def test_finite_variables_have_probabilities(capsys, files: Path) -> None:
    found = in_json(capsys, "model.py:grass", "--data", "wet.json", "--samples", "4000")
    assert found == expected(in_python("grass", {"wet": {"wet": 1, "dry": 0.25}}, 4000))
    exact = cl.infer(read_value("model.py:grass")[2]).posterior({"wet": {"wet": 1, "dry": 0.25}})
    assert found["posterior"]["rain"] == pytest.approx(dict(exact["rain"]), abs=0.05)
    assert found["log_evidence"] == pytest.approx(exact.log_evidence, abs=1e-10)


@pytest.mark.parametrize("name", ["made", "opt", "made_smoother"])
def test_a_function_or_a_smoother_is_a_model_too(capsys, files: Path, name: str) -> None:
    code, out, err = run(capsys, f"model.py:{name}", "--data", "data.json", "--json")
    assert (code, err) == (0, "building\n" if name == "made" else "")
    assert json.loads(out) == in_json(capsys, "model.py:chain", "--data", "data.json")


def test_a_saved_diagram_is_one_too(capsys, files: Path) -> None:
    cl.save(read_value("model.py:grass")[2], "grass.json")
    assert in_json(capsys, "grass.json", "--data", "wet.json") == in_json(
        capsys, "model.py:grass", "--data", "wet.json"
    )


def test_inputs_and_parameters(capsys, files: Path) -> None:
    Path("z.json").write_text('{"z": 1.0}')
    found = in_json(capsys, "model.py:start", "--data", "z.json", "--input", "x0=0.25", "--param", "sigma=0.5")
    normal = -0.5 * (np.log(2 * np.pi * 0.25) + 0.75**2 / 0.25)
    assert found["log_evidence"] == pytest.approx(normal, abs=1e-12)
    assert found["posterior"]["x0"]["mean"] == 0.25
    found = in_json(capsys, "model.py:move", "--input", "x0=[1, -2]", "--seed", "5")
    assert found == expected(in_python("move", {}, seed=5, inputs={"x0": [1, -2]}))
    found = in_json(capsys, "model.py:wet", "--input", "x0=yes")["posterior"]
    assert found["x0"] == {"no": 0.0, "yes": 1.0}


def test_the_table_names_every_variable(capsys, files: Path) -> None:
    code, out, err = run(capsys, "model.py:chain", "--data", "data.json")
    found = in_json(capsys, "model.py:chain", "--data", "data.json")
    assert (code, err) == (0, "")
    assert f"log-evidence {found['log_evidence']:.6g} ± " in out
    assert "effective sample size 1000.0 of 1000\n" in out
    for name, marginal in found["posterior"].items():
        assert f" {name} " in out
        for mean, deviation in zip(np.ravel(marginal["mean"]), np.ravel(marginal["deviation"]), strict=True):
            assert f"{mean:.6g} ± {deviation:.3g} " in out
    out = run(capsys, "model.py:grass", "--data", "wet.json")[1]
    assert all(f" {outcome} " in out for outcome in ("no", "yes", "dry", "wet"))


def test_samples_and_weights_are_saved(capsys, files: Path) -> None:
    in_json(capsys, "model.py:guided", "--data", "data.json", "-o", "paths.npz", "--seed", "2")
    paths = in_python("guided", DATA, seed=2)
    with np.load("paths.npz") as saved:
        assert set(saved.files) == {*paths.samples, "log_weights"}
        assert np.array_equal(saved["log_weights"], paths.log_weights)
        assert all(np.array_equal(saved[name], paths[name]) for name in paths.samples)
    in_json(capsys, "model.py:file_", "-o", "file.npz")
    with np.load("file.npz") as saved:
        assert saved["file"].shape == (1000,)
    code, out, err = run(capsys, "model.py:clash", "-o", "clash.npz")
    assert (code, out) == (BAD_INPUT, "")
    assert "'log_weights'" in err
    assert not Path("clash.npz").exists()


def test_messages_are_drawn(capsys, files: Path) -> None:
    in_json(capsys, "model.py:chain", "--data", "data.json", "--draw", "messages.svg")
    texts = [node.text for node in ET.parse("messages.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert {"= 1", "= 5", "= 2", "flat"} <= set(texts)
    assert any("±" in str(text) for text in texts)


# What is wrong


def test_few_effective_samples_are_told_of(capsys, files: Path) -> None:
    Path("data.json").write_text('{"y#4": 2.0}')
    code, out, err = run(capsys, "model.py:hopeless", "--data", "data.json", "--json")
    assert code == 0
    assert json.loads(out)["ess"] < 100
    assert err.startswith("catlearn: the effective sample size is ")
    assert err.count("\n") == 1
    assert run(capsys, "model.py:chain", "--samples", "20")[2] == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"yy": 1}', "there is no variable 'yy'; did you mean 'y'"),
        ('{"y": "much"}', "data.json: y: give numbers, with null for missing ones, not 'much'"),
        ('{"y": true}', "data.json: y: give numbers"),
        ('{"x": [1, "nan"]}', "data.json: x: give numbers"),
        ('{"y": {"a": 1}}', "data.json: y: give numbers"),
        ('{"x": [1, 2, 3]}', "x: give 2 finite numbers"),
        ('{"x": 1}', "x: give 2 finite numbers"),
        ('{"x": [[1], [2, 3]]}', "x: give 2 finite numbers"),
        ('{"y": NaN}', "NaN is no number"),
        ('{"y": 1e999}', "y: give a finite number"),
        ('{"y": 1, "y": 2}', "'y' is given twice"),
        ('{"y": 1\n "x" 2}', "data.json, line 2: is not JSON"),
        ("[1, 2]", "data.json: holds [1, 2]"),
        ("", "data.json, line 1: is not JSON"),
        (None, "cannot read data.json: No such file"),
    ],
)
def test_bad_data_is_one_line_and_code_2(capsys, files: Path, text: str | None, said: str) -> None:
    Path("data.json").unlink() if text is None else Path("data.json").write_text(text)
    code, out, err = run(capsys, "model.py:chain", "--data", "data.json", "-o", "paths.npz", "--draw", "a.svg")
    assert (code, out) == (BAD_INPUT, "")
    assert err.startswith("catlearn: ")
    assert err.count("\n") == 1
    assert said in err
    assert not Path("paths.npz").exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("grass", '{"wet": "damp"}', "wet has no outcome 'damp'"),
        ("grass", '{"wet": ["wet"]}', "data.json: wet: give one outcome"),
        ("grass", '{"wet": {"wet": -1}}', "likelihoods are numbers from 0 up"),
        ("grass", '{"wet": {"wet": "much"}}', "wet"),
        ("grass", '{"wet": true}', "wet: give an outcome"),
        ("grass", '{"wet": {"wet": 0}}', "gives no outcome a likelihood above 0"),
        ("surely", '{"sure": "yes"}', "sure: what was observed after it has probability zero"),
    ],
)
def test_bad_outcomes_are_one_line_and_code_2(capsys, files: Path, name: str, text: str, said: str) -> None:
    Path("data.json").write_text(text)
    code, out, err = run(capsys, f"model.py:{name}", "--data", "data.json")
    assert (code, out) == (BAD_INPUT, "")
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["model.py:number"], BAD_INPUT, "'number' is no diagram but a int"),
        (["model.py:nothing"], BAD_INPUT, "has no 'nothing'"),
        (["model.py:wants"], BAD_INPUT, "'wants' is no diagram but a function"),
        (["model.py:broken"], BAD_INPUT, "ValueError: no model today"),
        (["nowhere.py:chain"], BAD_INPUT, "cannot read nowhere.py"),
        (["model.py"], BAD_INPUT, "names no diagram"),
        (["model.py:chain", "--samples", "1"], BAD_INPUT, "samples"),
        (["model.py:chain", "--seed", "-1"], BAD_INPUT, "seed"),
        (["model.py:chain", "--input", "x0=1"], BAD_INPUT, "there is no input 'x0'"),
        (["model.py:chain", "--param", "sigma=1"], BAD_INPUT, "there is no parameter 'sigma'"),
        (["model.py:start", "--input", "x0=1"], BAD_INPUT, "sigma"),
        (["model.py:start", "--param", "sigma=wide"], BAD_INPUT, "--param sigma=wide: give a finite number"),
        (["model.py:start", "--param", "sigma=NaN"], BAD_INPUT, "give a finite number"),
        (["model.py:start", "--param", "sigma"], BAD_INPUT, "write a name and a value"),
        (["model.py:start", "--param", "sigma=1", "--param", "sigma=2"], BAD_INPUT, "sigma is 1 already"),
        (["model.py:start", "--param", "sigma=1", "--input", "x0=[1,2]"], BAD_INPUT, "x0 needs a finite number"),
        (["model.py:start", "--param", "sigma=1", "--input", "x0=true"], BAD_INPUT, "give a finite number"),
        (["model.py:wet", "--input", "x0=maybe"], BAD_INPUT, "x0 has no outcome 'maybe'"),
        (["model.py:start", "--param", "sigma=1"], FAILED, "the input 'x0': what was observed does not fix it"),
        (["model.py:chain", "--draw", "picture"], BAD_INPUT, "end its name in .svg"),
        (["model.py:chain", "-o", "no/paths.npz"], BAD_INPUT, "no"),
    ],
)
def test_bad_arguments_are_one_line(capsys, files: Path, arguments: list[str], code: int, said: str) -> None:
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert err.startswith("catlearn: ")
    assert err.count("\n") == 1
    assert said in err
