"""The progress bar: silent unless there is a terminal or it is asked for, and never on standard output."""

from __future__ import annotations

import io
import sys

import pytest

from catlearn.interpreters.gradients.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(show: bool | None) -> None:
    with progress(2, show) as tell:
        tell(0.5, None)
        tell(0.25, 0.125)


@pytest.mark.parametrize("show", [None, False])
def test_it_is_silent_away_from_a_terminal(show: bool | None, capfd: pytest.CaptureFixture[str]) -> None:
    told(show)
    assert capfd.readouterr() == ("", "")


def test_it_is_shown_when_asked_for(capfd: pytest.CaptureFixture[str]) -> None:
    told(True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "2/2" in err
    assert "loss 0.25, validation 0.125" in err


def test_it_is_shown_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    told(None)
    assert "2/2" in sys.stderr.getvalue()
    monkeypatch.setattr(sys, "stderr", Terminal())
    told(False)
    assert sys.stderr.getvalue() == ""


def test_a_program_may_have_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    told(None)


def test_an_error_inside_is_passed_on() -> None:
    with pytest.raises(KeyboardInterrupt), progress(2, True):
        raise KeyboardInterrupt
