"""Every example runs as a script would, and finds what its first lines promise."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Small matrices gain nothing from threads, and tests share their cores."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def run(workdir: Path, capsys: pytest.CaptureFixture[str]):
    def run_example(name: str):
        found = import_module(f"examples.{name}").main("made")
        assert capsys.readouterr().out.count("\n") <= 5
        for picture in Path("made").glob("*.svg"):
            assert ET.parse(picture).getroot().tag.endswith("svg")
        return found, {path.name for path in Path("made").iterdir()}

    return run_example


def test_each_has_a_test() -> None:
    assert EXAMPLES
    assert [name for name in EXAMPLES if f"test_{name}" not in globals()] == []


def test_digits(run) -> None:
    found, files = run("digits")
    assert found["accuracy"] >= 0.97
    assert found["same_after_loading"]
    assert files == {f"digits-{x}.svg" for x in ("model", "reverse", "learner", "training")} | {"digits.safetensors"}


def test_convnet(run) -> None:
    found, files = run("convnet")
    assert found["accuracy"] >= 0.97
    assert found["ratio"] <= 4
    assert files == {"convnet.svg"}


def test_deep_dream(run) -> None:
    found, files = run("deep_dream")
    assert found["before"] < 0.2
    assert found["after"] > 0.9
    assert found["worst"] > 0.8
    assert files == {"dream-step.svg", "dream.png"}


def test_feedback_alignment(run) -> None:
    found, files = run("feedback_alignment")
    assert found["random"] >= 0.95
    assert abs(found["angles"][0] - 90) < 5
    assert found["angles"][-1] < 60
    assert files == {"feedback-step.svg"}


def test_discopy_model(run) -> None:
    found, files = run("discopy_model")
    assert found["accuracy"] >= 0.97
    assert found["same"]
    assert found["boxes"] == 4
    assert files == {"discopy-model.svg", "discopy-reverse.svg"}


def test_missing_values(run) -> None:
    found, files = run("missing_values")
    assert found["accuracy"] >= 0.9
    assert found["rounds"] < 100
    assert files == {"diagnosis.svg"}


def test_nile(run) -> None:
    found, files = run("nile")
    assert found["log_likelihood"] == pytest.approx(-640.3805, abs=1e-4)
    assert found["apart"] < 1e-8
    # The first dam at Aswan was built from 1899 on.
    assert found["fall"] == 1899
    assert found["ess"] == pytest.approx(2000)
    assert files == {"nile.svg", "nile-messages.svg"}


@pytest.mark.skipif(find_spec("skbio") is None, reason="its tree comes with scikit-bio, which is not installed")
def test_tree_trait(run) -> None:
    found, files = run("tree_trait")
    assert found["tips"] == 100
    assert found["apart"] < 1e-8
    assert 0.88 <= found["inside"] <= 1
    assert files == {"tree-trait.svg"}


def test_tree_trait_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    example = import_module("examples.tree_trait")
    monkeypatch.setattr(example, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="pip install scikit-bio"):
        example.main()


def test_brca1(run) -> None:
    pytest.importorskip("cogent3")
    found, files = run("brca1")
    assert found["log_evidence"] == pytest.approx(found["cogent3"], rel=1e-11)
    assert 3.5 < found["kappa"] < 5.5
    assert found["sure"] > 0.8
    assert files == {"brca1.svg"}


def test_sir(run) -> None:
    found, files = run("sir")
    assert found["told"] > 0.75
    assert found["ess"] > 50
    assert found["errors_apart"] < 4
    assert files == {"sir.svg"}


def test_gamma_bridge(run) -> None:
    found, files = run("gamma_bridge")
    assert abs(found["log_evidence"] - found["exact"]) < 4 * found["standard_error"]
    assert found["ess"] > 500
    assert files == {"gamma_bridge.svg"}


def test_reverse_derivative_ascent(run) -> None:
    found, files = run("reverse_derivative_ascent")
    # The figures of the paper; for the fifth, the example needs MNIST.
    assert found == {"2 binary": 49 / 50, "2 one-hot": 49 / 50, "3 binary": 55 / 75, "3 one-hot": 55 / 75}
    assert files == {"ascent-step.svg", "ascent-circuit.svg"}
