"""Saved learners: whole or refused, and never mistaken for another."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import catlearn as cl
from catlearn import Real, trace
from catlearn.errors import FileProblem
from catlearn.interpreters.gradients import State, adam, gradient_descent, momentum, quadratic, supervised
from catlearn.interpreters.gradients.state import digest
from tests.gradients.models import OPTIMIZERS, classes, liner, netter, points, same


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_saved_learner_comes_back(name: str, tmp_path: Path) -> None:
    model = liner(OPTIMIZERS[name]()).fit(*points(), epochs=2, validation=points(9))
    path = model.save(tmp_path / "a.safetensors")
    other = liner(OPTIMIZERS[name](), seed=7).load(path)
    assert same(model, other)
    assert other.save(tmp_path / "b").read_bytes() == path.read_bytes()


def test_a_new_learner_can_be_saved(tmp_path: Path) -> None:
    model = netter(seed=3)
    assert same(netter().load(model.save(tmp_path / "a")), model)


def test_the_file_can_be_read_by_others(tmp_path: Path) -> None:
    model = liner(momentum(0.1)).fit(*points(), epochs=1)
    arrays = load_file(model.save(tmp_path / "a.safetensors"))
    assert sorted(arrays) == ["now/optimizer/state_b", "now/optimizer/state_w", "now/parameters/b", "now/parameters/w"]
    np.testing.assert_array_equal(arrays["now/parameters/w"], model.parameters["w"])


def test_a_state_cannot_be_changed() -> None:
    state = netter().state
    with pytest.raises(ValueError, match="read-only"):
        state.parameters["w1"][0] = 1.0
    with pytest.raises(AttributeError):
        state.epoch = 3


def test_parameters_are_copies() -> None:
    model = netter()
    model.parameters["w1"][:] = 0.0
    assert model.parameters["w1"].any()


def test_a_digest_tells_diagrams_apart() -> None:
    steps = [m.closed.step for m in (liner(), liner(gradient_descent(0.2)), liner(adam()), netter())]
    assert len({digest(step) for step in steps}) == 4
    assert digest(liner().closed.step) == digest(liner().closed.step)


@pytest.mark.parametrize("name", ["a/b", "w w", "é", "w\n", '"', "", "__metadata__", "self", "target", "now/w"])
def test_names_may_hold_any_characters(name: str, tmp_path: Path) -> None:
    d = trace(lambda w, b, x: w @ x + b, Real(2) @ Real() @ Real(2), "", [name or "x9", "b", "x"])
    model = supervised(d, quadratic, adam(0.1)).fit(*points(), epochs=2)
    assert same(supervised(d, quadratic, adam(0.1)).load(model.save(tmp_path / "a")), model)
    assert model.predict(points()[0]).shape == (70,)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    d = trace(lambda w, x: w @ x, Real(2) @ Real(2), "", ["\ud800", "x"])
    with pytest.raises(FileProblem, match="no text that a file can hold; rename it"):
        supervised(d, quadratic, adam(0.1)).save(tmp_path / "a")


def whole(tmp_path: Path) -> tuple[Path, dict[str, np.ndarray], dict[str, Any]]:
    """A saved learner: its file, its arrays and its header."""
    path = liner(momentum(0.1)).fit(*points(), epochs=2).save(tmp_path / "a.safetensors")
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    return path, load_file(path), json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["catlearn"])


W = "now/parameters/w"
DAMAGE: dict[str, tuple[Callable[[dict[str, Any], dict[str, Any]], object], str]] = {
    "an array is missing": (lambda a, h: a.pop(W), "there is no array now/parameters/w"),
    "another shape": (lambda a, h: a.update({W: np.zeros(3)}), "is no array of float64 of shape (2,)"),
    "another type": (lambda a, h: a.update({W: np.zeros(2, np.float32)}), "is no array of float64"),
    "not finite": (lambda a, h: a.update({W: np.array([1.0, np.inf])}), "numbers that are not finite"),
    "no progress": (lambda a, h: h.pop("now"), "is damaged"),
    "progress is a list": (lambda a, h: h.update(now=[]), "is damaged"),
    "losses are missing": (lambda a, h: h["now"].update(losses=[1.0]), "2 epochs and 10 steps, with 1 losses"),
    "losses are no numbers": (lambda a, h: h["now"].update(losses=["a", "b"]), "is damaged"),
    "losses are a number": (lambda a, h: h["now"].update(losses=3), "is damaged"),
    "a negative seed": (lambda a, h: h["now"].update(seed=-1), "is damaged"),
    "the best is no state": (lambda a, h: h.update(best=None), "is damaged"),
    "another learner": (lambda a, h: h.update(learner="0"), "is of another model, loss or optimizer"),
    "another format": (lambda a, h: h.update(format="state 2"), "is not a saved learner"),
    "no header": (lambda a, h: h.clear(), "is not a saved learner"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_file_made_by_hand_is_refused_and_nothing_changes(how: str, tmp_path: Path) -> None:
    path, arrays, header = whole(tmp_path)
    change, said = DAMAGE[how]
    change(arrays, header)
    save_file(arrays, path, metadata={"catlearn": json.dumps(header)})
    model = liner(momentum(0.1))
    before = model.state
    with pytest.raises(FileProblem) as caught:
        model.load(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert model.state is before


@pytest.mark.parametrize("header", ["{", "[]", "3", '"a"', "null"])
def test_a_header_that_is_none_is_refused(header: str, tmp_path: Path) -> None:
    path, arrays, _ = whole(tmp_path)
    save_file(arrays, path, metadata={"catlearn": header})
    with pytest.raises(FileProblem, match="is damaged"):
        liner(momentum(0.1)).load(path)


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 9, 100, -1])
def test_a_file_cut_short_is_refused(cut: int, tmp_path: Path) -> None:
    path, _, _ = whole(tmp_path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileProblem, match="is not a whole safetensors file"):
        liner(momentum(0.1)).load(path)


@pytest.mark.parametrize("content", [b"garbage" * 99, b"\xff" * 64, b"\0" * 64, b"{}"])
def test_garbage_is_refused(content: bytes, tmp_path: Path) -> None:
    (path := tmp_path / "a").write_bytes(content)
    with pytest.raises(FileProblem, match="is not a whole safetensors file"):
        liner().load(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="there is no such file"):
        liner().load(tmp_path / "none")
    with pytest.raises(FileProblem, match="there is no such file"):
        liner().load(tmp_path)
    with pytest.raises(FileProblem, match="3 is not the name of a file"):
        liner().load(3)
    save_file({"w": np.zeros(2, np.float16)}, tmp_path / "other")
    with pytest.raises(FileProblem, match="is not a saved learner"):
        liner().load(tmp_path / "other")


@pytest.mark.parametrize("other", [lambda: liner(adam()), lambda: liner(momentum(0.2)), netter])
def test_the_state_of_another_learner_is_refused(other: Callable[[], Any], tmp_path: Path) -> None:
    path, _, _ = whole(tmp_path)
    with pytest.raises(FileProblem, match="is of another model, loss or optimizer; build the same learner to load it"):
        other().load(path)


def test_the_best_state_is_saved_as_well(tmp_path: Path) -> None:
    model = netter().fit(*classes(), epochs=2)
    best = model.state
    model.fit(*classes(), epochs=1)
    model.state = replace(model.state, best=best)
    other = netter().load(model.save(tmp_path / "a"))
    assert isinstance(other.state.best, State)
    assert other.state.best.losses == best.losses
    for a, b in zip(other.state.best.arrays, best.arrays, strict=True):
        np.testing.assert_array_equal(a, b)


def test_arrays_in_any_order_of_memory_are_saved_right(tmp_path: Path) -> None:
    start = np.arange(20.0).reshape(4, 5).T
    model = netter(start={"w1": start})
    np.testing.assert_array_equal(netter().load(model.save(tmp_path / "a")).parameters["w1"], start)


def test_the_picture_of_a_learner_is_unaffected_by_its_file(tmp_path: Path) -> None:
    """A digest is of the diagram alone: a learner that was traced again loads the same file."""
    path = liner().save(tmp_path / "a")

    @cl.diagram
    def line(w: Real(2), b: Real(), x: Real(2)):
        return w @ x + b

    assert supervised(line, quadratic, gradient_descent(0.1), batch=5).load(path).state.step == 0
