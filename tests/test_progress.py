from __future__ import annotations

import sys

import pytest

from catlearn import progress as module
from catlearn.progress import progress


@pytest.mark.parametrize("show", [False, None])
def test_without_a_terminal_nothing_is_printed(capsys, show):
    with progress("planning", 15.0, show=show) as tell:
        tell(10.0, "found")
    assert capsys.readouterr() == ("", "")


def test_without_a_console_nothing_happens(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    with progress("planning", 15.0) as tell:
        tell(10.0, "found")


def test_work_that_is_soon_done_shows_no_bar(capsys):
    with progress("planning", 15.0, show=True) as tell:
        tell(0.5, "found")
    assert capsys.readouterr() == ("", "")


def test_long_work_shows_a_bar_on_standard_error(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(module, "monotonic", iter([0.0, 2.5, 5.0]).__next__)
    with progress("planning", 15.0, show=True) as tell:
        tell(2.5, "0.1 s a run")
        tell(5.0, "0.05 s a run")
    said = capsys.readouterr()
    assert said.out == ""
    assert "planning" in said.err
