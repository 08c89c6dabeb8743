"""The demo learns what it claims, in the time it claims, and leaves its files whole."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from catlearn import demo
from catlearn.commandline import main
from catlearn.errors import FileProblem, MissingExtra

FILES = {"model.svg", "reverse.svg", "learner.svg", "training.svg", "demo.json", "digits.safetensors"}


def test_the_command_learns_and_leaves_its_files(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--out", "some/where"]) == 0
    out = capsys.readouterr().out
    folder = Path("some/where")
    assert {path.name for path in folder.iterdir()} == FILES
    found = json.loads((folder / "demo.json").read_text())
    assert found["test_accuracy"] >= 0.97
    assert found["seconds"] < 20
    assert found["train_loss"] < 0.05
    assert (found["train_samples"], found["test_samples"]) == (1437, 360)
    assert f"{found['test_accuracy']:.2%}" in out
    assert f"{found['seconds']:.2f}" in out
    assert all(name in out for name in FILES)
    for name in FILES:
        if name.endswith(".svg"):
            assert ET.parse(folder / name).getroot().tag.endswith("svg")


def test_the_figures_are_those_of_the_saved_model(workdir: Path) -> None:
    found = demo.run("out", seed=1)
    data = demo.digits()
    model = demo.learner(1).load("out/digits.safetensors")
    assert model.accuracy(data.x_test, data.y_test) == found.test_accuracy
    guessed = model.predict(data.x_test).argmax(1)
    assert float(np.mean(guessed == data.y_test)) == found.test_accuracy


def test_what_is_held_out_is_not_trained_on() -> None:
    data = demo.digits()
    seen = {row.tobytes() for row in data.x}
    assert len(data.x) + len(data.x_test) == 1797
    # A few digits of the set are drawn alike; the rows that are held out are other rows.
    assert sum(row.tobytes() in seen for row in data.x_test) < 3


def test_the_step_is_drawn_with_few_boxes() -> None:
    from catlearn import flatten

    closed = demo.learner().closed
    assert [box.name for box in flatten(closed.folded).boxes] == [
        "network", "softmax_cross_entropy", "rate", "R[softmax_cross_entropy]", "R[network]", "momentum, put",
    ]  # fmt: skip
    assert closed.folded == closed.step


@pytest.mark.parametrize(("module", "library"), [("sklearn.datasets", "scikit-learn"), ("matplotlib", "matplotlib")])
def test_a_missing_library_is_one_line_that_names_the_extra(
    workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, module: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra):
        demo.run("out")
    assert main(["demo"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert library in err
    assert "[demo]" in err
    assert not Path("out").exists()


def test_a_folder_that_cannot_be_made(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").write_text("here")
    with pytest.raises(FileProblem, match="taken"):
        demo.run("taken")
    assert main(["demo", "--out", "taken/below"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_poor_result_is_code_1(
    workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "EPOCHS", 1)
    monkeypatch.setattr(demo, "learner", short_learner)
    assert main(["demo"]) == 1
    assert "only" in capsys.readouterr().err


def short_learner(seed: int):
    from catlearn import learn

    return learn.supervised(demo.network, learn.softmax_cross_entropy, learn.gradient_descent(0.001), seed=seed)
