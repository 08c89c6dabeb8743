"""Every example runs as a script would, and finds what its first lines promise."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
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


def test_these_are_all() -> None:
    assert EXAMPLES == ["convnet", "deep_dream", "digits", "discopy_model", "feedback_alignment", "missing_values"]


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
