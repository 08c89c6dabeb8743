"""The training curve: a picture of the losses, with matplotlib if it is there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from catlearn.errors import DrawingError, FileProblem, MissingExtra
from catlearn.interpreters.gradients.curve import curve
from tests.gradients.models import liner, points

STARTS = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.mark.parametrize("ending", STARTS)
def test_it_is_drawn_the_same_each_time(ending: str, tmp_path: Path) -> None:
    paths = [curve(tmp_path / f"{i}{ending}", [3.0, 2.0, 1.5], [4.0, None, 3.0]) for i in range(2)]
    first, second = (path.read_bytes() for path in paths)
    assert first.startswith(STARTS[ending])
    assert first == second


@pytest.mark.parametrize("losses", [[1.0], [1.0, -2.0], [0.0, 0.0], [1e-300, 1e300]])
def test_any_losses_can_be_drawn(losses: list[float], tmp_path: Path) -> None:
    assert curve(tmp_path / "a.svg", losses).stat().st_size > 1000


def test_a_learner_draws_its_own(tmp_path: Path) -> None:
    model = liner().fit(*points(), epochs=2, validation=points(9, 1))
    assert model.curve(str(tmp_path / "a.SVG")).exists()


def test_what_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DrawingError, match="there is no loss to draw yet; call fit first"):
        liner().curve(tmp_path / "a.svg")
    with pytest.raises(DrawingError, match=r"end its name in \.svg, \.png, \.pdf"):
        curve(tmp_path / "a.txt", [1.0])
    with pytest.raises(FileProblem, match="there is no folder"):
        curve(tmp_path / "none" / "a.svg", [1.0])
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r'pip install "catlearn-diagrams\[demo\]"'):
        curve(tmp_path / "a.svg", [1.0])
    assert list(tmp_path.iterdir()) == []
