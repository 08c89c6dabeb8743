"""The public networks are got whole or not at all, and tests that want them are skipped without them."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests import networks


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATLEARN_NETWORKS", str(tmp_path / "kept" / "here"))
    return tmp_path / "kept" / "here"


def pretend(monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> list[list[str]]:
    """A pip that makes a wheel with these files; gives the commands that are run."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> None:
        calls.append(command)
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "pgmpy-1.1.2-py3-none-any.whl", "w") as wheel:
            for name in names:
                wheel.writestr(networks.INSIDE + name, name)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_they_are_unpacked_once(cache: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    calls = pretend(monkeypatch, networks.FILES)
    assert networks.main() == 0
    assert sorted(path.name for path in cache.iterdir()) == sorted(networks.FILES)
    assert networks.network("alarm").read_text() == "alarm.bif.gz"
    assert networks.network("magic-irri").read_text() == "magic-irri.json"
    assert networks.main() == 0
    assert len(calls) == 1
    assert "--no-deps" in calls[0]
    assert capsys.readouterr().out == f"networks: 28 are in {cache}\n" * 2


def test_only_those_that_are_missing_are_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, networks.FILES)
    cache.mkdir(parents=True)
    (cache / "alarm.bif.gz").write_text("mine")
    assert networks.main() == 0
    assert (cache / "alarm.bif.gz").read_text() == "mine"


@pytest.mark.parametrize("failure", ["pip", "wheel", "folder"])
def test_a_failure_is_one_line_and_leaves_nothing_half_done(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys, failure: str
) -> None:
    pretend(monkeypatch, networks.FILES[:1])
    if failure == "pip":
        error = subprocess.CalledProcessError(1, "pip", stderr="WARNING: retrying\nERROR: no network\n")
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: (_ for _ in ()).throw(error))
    if failure == "folder":
        cache.parent.write_text("a file")
    assert networks.main() == 1
    out = capsys.readouterr().out
    assert out.startswith("networks: 28 of 28 are not there (")
    assert out.count("\n") == 1
    assert "no network" in out or failure != "pip"
    with pytest.raises(pytest.skip.Exception, match="run: make networks"):
        networks.network("munin")


def test_a_name_that_is_none_is_a_mistake_of_the_test() -> None:
    with pytest.raises(ValueError, match="there is no network 'alram'"):
        networks.network("alram")
