"""`catlearn infer` prints what inference gives, and says in one line what is wrong with its files."""

from __future__ import annotations

import gzip
import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import catlearn as cl
from catlearn.commandline import main
from catlearn.commandline.outcome import BAD_INPUT
from catlearn.diagrams.bridges.bif import read_bif, write_bif
from catlearn.diagrams.theories.markov.variables import variables
from tests.networks import network

GREENHOUSE = Path(__file__).parent / "data" / "greenhouse.bif"
SEEN = {"alarm": "yes", "soil": "dry+cracked"}
SOFT = {"night": {"clear/frosty": 0.5, "cloudy": 0.25, "snow (wet)": 1}}
GAUSSIAN = {
    "nodes": ["a", "b"],
    "arcs": [["a", "b"]],
    "cpds": {
        "a": {"coefficients": {"(Intercept)": [1.0]}, "variance": [0.5], "parents": []},
        "b": {"coefficients": {"(Intercept)": [0.0], "a": [2.0]}, "variance": [0.25], "parents": ["a"]},
    },
}


MODELS = """
from catlearn import Finite, Real, copy, identity, state
from catlearn.diagrams.theories.markov.conditional_gaussian import conditional_gaussian
from catlearn.interpreters.markov.conjugate import Bernoulli, Beta

kind = state("kind", Finite("a", "b"), [0.25, 0.75])
size = conditional_gaussian("size", kind.cod, Real(), {"a": (1.0, 0.5), "b": (3.0, 0.5)})
mixed = kind >> copy() >> (identity() @ size)
coin = Beta(1, 1).box("p") >> copy() >> (identity() @ Bernoulli().box("flip"))
"""


@pytest.fixture
def files(workdir: Path) -> Path:
    Path("net.bif").write_bytes(GREENHOUSE.read_bytes())
    Path("seen.json").write_text(json.dumps(SEEN))
    Path("soft.json").write_text(json.dumps(SOFT))
    return workdir


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(["infer", *arguments])
    return code, *capsys.readouterr()


def in_json(capsys, *arguments: str) -> dict:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def by_hand(d, seen: dict[str, str], soft: dict[str, dict[str, float]]) -> tuple[float, dict[str, dict[str, float]]]:
    """The answer as a sum over all states of all variables."""
    names, obs = variables(d), d.wiring.obs
    found: dict[str, dict[str, float]] = {
        name: dict.fromkeys(ob.sizes, 0.0) for name, ob in zip(names, obs, strict=True)
    }
    total = 0.0
    for states in product(*(ob.sizes for ob in obs)):
        row = dict(zip(names, states, strict=True))
        p = float(all(row[name] == state for name, state in seen.items()))
        for name, likelihood in soft.items():
            p *= likelihood[row[name]]
        for box, reads, gives in d.wiring.steps():
            at = tuple(obs[k].sizes.index(states[k]) for k in (*reads, *gives))
            p *= box.data[0].values[at]
        total += p
        for name, state in row.items():
            found[name][state] += p
    return float(np.log(total)), {name: {s: p / total for s, p in each.items()} for name, each in found.items()}


@pytest.mark.parametrize(("seen", "soft"), [({}, {}), (SEEN, {}), ({}, SOFT), (SEEN, SOFT)])
def test_the_answer_is_that_of_all_states_summed(capsys, files: Path, seen: dict, soft: dict) -> None:
    options = [*(["--evidence", "seen.json"] if seen else []), *(["--soft", "soft.json"] if soft else [])]
    found = in_json(capsys, "net.bif", *options)
    log_evidence, posterior = by_hand(read_bif("net.bif"), seen, soft)
    assert list(found) == ["log_evidence", "posterior"]
    assert found["log_evidence"] == pytest.approx(log_evidence, abs=1e-12)
    assert found["posterior"].keys() == posterior.keys()
    for name, marginal in posterior.items():
        assert found["posterior"][name] == pytest.approx(marginal, abs=1e-12)


def test_json_has_every_digit_and_the_table_every_name(capsys, files: Path) -> None:
    found = in_json(capsys, "net.bif", "--evidence", "seen.json")
    expected = cl.infer(read_bif("net.bif")).posterior(SEEN)
    assert found == {"log_evidence": expected.log_evidence, "posterior": expected.to_dict()}
    code, out, err = run(capsys, "net.bif", "--evidence", "seen.json")
    assert (code, err) == (0, "")
    assert f"log-evidence {expected.log_evidence:.6g}\n" in out
    for name, marginal in expected.items():
        assert f" {name} " in out
        for state, p in marginal.items():
            assert f" {state} " in out
            assert f" {p:.6g} " in out


def test_without_evidence_the_log_evidence_is_0(capsys, files: Path) -> None:
    assert run(capsys, "net.bif")[1].startswith("log-evidence 0\n")


def test_a_network_comes_as_bif_compressed_saved_or_from_python(capsys, files: Path) -> None:
    d = read_bif("net.bif")
    write_bif(d, "net.bif.gz")
    cl.save(d, "net.json")
    Path("net.py").write_text("from catlearn.diagrams.bridges.bif import read_bif\nnet = read_bif('net.bif')\n")
    answers = [in_json(capsys, spec, "--evidence", "seen.json") for spec in ("net.bif.gz", "net.json", "net.py:net")]
    assert answers == [in_json(capsys, "net.bif", "--evidence", "seen.json")] * 3


def test_a_state_that_is_also_weighed(capsys, files: Path) -> None:
    Path("seen.json").write_text('{"night": "cloudy"}')
    both = in_json(capsys, "net.bif", "--evidence", "seen.json", "--soft", "soft.json")
    hard = in_json(capsys, "net.bif", "--evidence", "seen.json")
    assert both["log_evidence"] == pytest.approx(hard["log_evidence"] + np.log(0.25))
    assert both["posterior"]["soil"] == pytest.approx(hard["posterior"]["soil"])


def test_null_is_nothing_seen(capsys, files: Path) -> None:
    Path("seen.json").write_text('{"night": null}')
    assert in_json(capsys, "net.bif", "--evidence", "seen.json") == in_json(capsys, "net.bif")


def test_names_that_look_like_markup_are_shown_as_they_are(capsys, workdir: Path) -> None:
    cl.save(cl.state("[red]x[/red]", cl.Finite("[bold]", "b"), [0.5, 0.5]), "net.json")
    out = run(capsys, "net.json")[1]
    assert "[red]x[/red]" in out
    assert "[bold]" in out


def test_a_linear_gaussian_network_has_means_and_variances(capsys, workdir: Path) -> None:
    Path("net.json").write_text(json.dumps(GAUSSIAN))
    Path("seen.json").write_text('{"b": 3.0}')
    found = in_json(capsys, "net.json", "--evidence", "seen.json")
    # b ~ N(2, 4 / 2 + 1 / 4), and its covariance with a is 1.
    assert found["posterior"]["a"] == pytest.approx({"mean": 1 + 1 / 2.25, "variance": 0.5 - 1 / 2.25})
    assert found["posterior"]["b"] == pytest.approx({"mean": 3.0, "variance": 0.0}, abs=1e-12)
    assert found["log_evidence"] == pytest.approx(-0.5 * (np.log(2 * np.pi * 2.25) + 1 / 2.25))
    assert "variance" in run(capsys, "net.json", "--evidence", "seen.json")[1]


def test_the_linear_gaussian_networks_of_the_collection(capsys, workdir: Path) -> None:
    found = in_json(capsys, str(network("ecoli70")))
    assert len(found["posterior"]) == 46
    assert {tuple(each) for each in found["posterior"].values()} == {("mean", "variance")}


def test_mixed_and_conjugate_models_are_answered_too(capsys, workdir: Path) -> None:
    Path("model.py").write_text(MODELS)
    found = in_json(capsys, "model.py:mixed")["posterior"]
    assert found["kind"] == pytest.approx({"a": 0.25, "b": 0.75})
    assert found["size"] == pytest.approx({"mean": 0.25 * 1 + 0.75 * 3, "variance": 0.5 + 0.25 * 0.75 * 4})
    Path("seen.json").write_text('{"flip": "yes"}')
    found = in_json(capsys, "model.py:coin", "--evidence", "seen.json")
    assert found["log_evidence"] == pytest.approx(np.log(0.5))
    assert found["posterior"]["p"] == pytest.approx({"mean": 2 / 3, "variance": 1 / 18})
    for name in ("mixed", "coin"):
        assert run(capsys, f"model.py:{name}")[0] == 0


def test_a_forecast_is_only_for_tables(capsys, workdir: Path) -> None:
    Path("net.json").write_text(json.dumps(GAUSSIAN))
    code, out, err = run(capsys, "net.json", "--forecast")
    assert (code, out) == (1, "")
    assert "a forecast is for models of tables" in err


def test_a_forecast_runs_nothing(capsys, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from catlearn.interpreters.markov.finite.inference import FiniteInference

    def never(*_: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr(FiniteInference, "posterior", never)
    code, out, err = run(capsys, "net.bif", "--forecast")
    assert (code, err) == (0, "")
    assert "at the peak" in out
    numbers = in_json(capsys, "net.bif", "--forecast")
    assert all(isinstance(value, int | float) and value >= 0 for value in numbers.values())


def test_plan_seconds_are_taken(capsys, files: Path) -> None:
    found = in_json(capsys, "net.bif", "--plan-seconds", "0")["posterior"]["soil"]
    assert found == pytest.approx(in_json(capsys, "net.bif")["posterior"]["soil"])


@pytest.mark.parametrize("name", ["alarm", "child", "win95pts"])
def test_networks_of_the_collection_are_answered(capsys, workdir: Path, name: str) -> None:
    found = in_json(capsys, str(network(name)))
    assert found["log_evidence"] == pytest.approx(0, abs=1e-12)
    for marginal in found["posterior"].values():
        assert sum(marginal.values()) == pytest.approx(1, abs=1e-9)


# What is wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"alrm": "yes"}', "there is no variable 'alrm'; did you mean 'alarm'?"),
        ('{"alarm": "yse"}', "alarm has no outcome 'yse'; did you mean 'yes'?"),
        ('{"alarm": true}', "alarm has no outcome"),
        ('{"alarm": ["yes"]}', "seen.json: alarm: give one state, not ['yes']; likelihoods go into --soft"),
        ('{"alarm": {"yes": 1}}', "give one state"),
        ('{"alarm": "yes",\n "soil" "damp"}', "seen.json, line 2: is not JSON"),
        ('{"alarm": "yes", "alarm": "no"}', "'alarm' is given twice"),
        ('{"alarm": NaN}', "NaN is no number"),
        ('["alarm"]', "seen.json: holds ['alarm']; write one object"),
        ("", "seen.json, line 1: is not JSON"),
        ("[" * 100_000, "seen.json: is nested too deep"),
        (b"\xff", "seen.json: is not JSON"),
        (None, "cannot read seen.json: No such file"),
    ],
)
def test_bad_evidence_is_one_line_and_code_2(capsys, files: Path, text: str | bytes | None, said: str) -> None:
    path = Path("seen.json")
    path.unlink() if text is None else path.write_bytes(text if isinstance(text, bytes) else text.encode())
    code, out, err = run(capsys, "net.bif", "--evidence", "seen.json")
    assert (code, out) == (BAD_INPUT, "")
    assert err.startswith("catlearn: ")
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("soft", "said"),
    [
        ({"night": "cloudy"}, "soft.json: night: give a likelihood for each state, not 'cloudy'"),
        ({"night": {"cloudy": "much"}}, "a likelihood is a number from 0 up, not 'much'"),
        ({"night": {"cloudy": -1}}, "a likelihood is a number from 0 up, not -1"),
        ({"night": {"claudy": 1}}, "did you mean 'cloudy'?"),
    ],
)
def test_bad_soft_evidence_is_one_line_and_code_2(capsys, files: Path, soft: dict, said: str) -> None:
    Path("soft.json").write_text(json.dumps(soft))
    code, out, err = run(capsys, "net.bif", "--soft", "soft.json")
    assert (code, out) == (BAD_INPUT, "")
    assert said in err


def test_evidence_that_is_impossible_is_bad_input(capsys, workdir: Path) -> None:
    X = cl.Finite("no", "yes")
    cl.save(cl.state("sure", X, [1.0, 0.0]), "net.json")
    Path("seen.json").write_text('{"sure": "yes"}')
    code, out, err = run(capsys, "net.json", "--evidence", "seen.json")
    assert (code, out) == (BAD_INPUT, "")
    assert "sure" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("no.bif", None, "no.bif: cannot be read"),
        ("cut.bif", GREENHOUSE.read_bytes()[:-300], "cut.bif, line"),
        ("cut.bif.gz", gzip.compress(GREENHOUSE.read_bytes())[:-30], "cut.bif.gz: is no whole gzip file"),
        ("no.json", b"{}", "no.json"),
        ("none.json", None, "none.json"),
        ("deep.json", b"[" * 100_000, "deep.json"),
        ("half.json", b'{"nodes": ["a"], "arcs": []}', "half.json"),
        ("net.txt", b"", "names no diagram; write FILE.py:NAME"),
    ],
)
def test_a_bad_network_is_one_line_and_code_2(capsys, workdir: Path, name: str, content: bytes, said: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    code, out, err = run(capsys, name)
    assert (code, out) == (BAD_INPUT, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_diagram_with_inputs_or_without_kernels_is_refused(capsys, workdir: Path) -> None:
    X = cl.Finite("no", "yes")
    for d in (cl.channel("wet", X, X, np.eye(2)), cl.Box("f", cl.Ty(), X)):
        cl.save(d, "net.json")
        code, out, err = run(capsys, "net.json")
        assert (code, out) == (BAD_INPUT, "")
        assert err.count("\n") == 1


def test_other_commands_read_networks_too(capsys, files: Path) -> None:
    assert main(["draw", "net.bif", "-o", "net.svg"]) == 0
    assert "air temperature" in Path("net.svg").read_text()
