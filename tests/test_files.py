"""Files are written whole or not at all, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catlearn.errors import FileProblem
from catlearn.files import check_path, write_beside


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_there(tmp_path: Path) -> None:
    path = write_beside(tmp_path / "a", b"\0\xff")
    assert (path, path.read_bytes()) == (tmp_path / "a", b"\0\xff")
    assert write_beside(str(path), "é\n").read_bytes() == b"\xc3\xa9\n"
    assert names(tmp_path) == ["a"]


def test_a_path_may_be_bytes_or_relative(workdir: Path) -> None:
    write_beside(b"a", b"1")
    write_beside("b c", b"2")
    assert names(workdir) == ["a", "b c"]


def test_a_file_keeps_its_mode_and_a_link_its_place(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_beside(link, b"new")
    assert link.is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_link_to_nowhere_is_filled(tmp_path: Path) -> None:
    (link := tmp_path / "link").symlink_to(tmp_path / "later")
    write_beside(link, b"new")
    assert (tmp_path / "later").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("none/a", "there is no folder none; make it first"),
        ("file/a", "there is no folder file"),
        ("folder", "it is there and is not a file; give another name"),
        ("pipe", "it is there and is not a file"),
        ("", "it is there and is not a file"),
        ("a\0b", "is not the name of a file"),
        (3, "is not the name of a file"),
        (None, "is not the name of a file"),
        ("n" * 300, "File name too long"),
        ("lost", "No such file or directory; nothing was changed"),
    ],
)
def test_a_path_that_cannot_be_written(path: object, said: str, workdir: Path) -> None:
    (workdir / "folder").mkdir()
    (workdir / "file").touch()
    (workdir / "lost").symlink_to(workdir / "none" / "a")
    os.mkfifo(workdir / "pipe")
    before = names(workdir)
    with pytest.raises(FileProblem) as caught:
        write_beside(path, b"new")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert names(workdir) == before
    if path != "lost":
        with pytest.raises(FileProblem):
            check_path(path)


def test_text_that_is_no_text(tmp_path: Path) -> None:
    (path := tmp_path / "a").write_bytes(b"old")
    with pytest.raises(FileProblem, match="character 2 is none that UTF-8 has"):
        write_beside(path, "ab\ud800")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


FULL = """
import resource, sys
from catlearn.errors import FileProblem
from catlearn.files import write_beside
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    write_beside(sys.argv[1], bytes(200_000))
except FileProblem as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    (path := tmp_path / "a").write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == f"cannot write {path}: File too large; nothing was changed\n"
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


ENDLESS = """
import itertools, sys
from catlearn.files import write_beside
for i in itertools.count():
    write_beside(sys.argv[1], bytes([i % 256]) * 1_000_000)
"""


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for k in range(4):
        writer = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)])
        path.unlink(missing_ok=True)
        while not path.exists():
            assert writer.poll() is None
            time.sleep(0.002)
        time.sleep(0.003 * k)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        content = path.read_bytes()
        assert content == content[:1] * 1_000_000


def test_an_interrupt_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path := tmp_path / "a").write_bytes(b"old")

    def interrupted(number: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_beside(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]
