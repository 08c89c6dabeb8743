"""How anything gets into a file and text out of it: written beside, then renamed, so that the old one survives.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     write_beside(Path(folder) / "a.svg", b"<svg/>").read_bytes()
b'<svg/>'
"""

from __future__ import annotations

import contextlib
import gzip
import os
import secrets
import shutil
import zlib
from pathlib import Path

from catlearn.errors import FileProblem, short

__all__ = ["as_path", "check_new", "check_path", "read_text", "write_beside"]


def as_path(path: str | bytes | os.PathLike[str]) -> Path:
    """A name of a file as a path. Raises `FileProblem`.

    >>> as_path(b"a.svg") == as_path("a.svg") == Path("a.svg")
    True
    """
    try:
        return Path(os.fsdecode(path))
    except (ValueError, TypeError) as error:
        raise FileProblem(f"{short(path)} is not the name of a file ({error}); give another") from None


def check_path(path: str | os.PathLike[str]) -> Path:
    """The path, if a file can be there.

    Raises:
        FileProblem: when its folder is missing, or something that is not a file is there.
    """
    path = as_path(path)
    try:
        os.path.realpath(path)
        folder, other = path.parent.is_dir(), path.exists() and not path.is_file()
    except ValueError as error:
        raise FileProblem(f"{str(path)!r} is not the name of a file ({error}); give another") from None
    except OSError as error:
        raise FileProblem(f"cannot write {path}: {error.strerror or error}; give another name") from None
    if not folder:
        raise FileProblem(f"cannot write {path}: there is no folder {path.parent}; make it first")
    if other:
        raise FileProblem(f"cannot write {path}: it is there and is not a file; give another name")
    return path


def check_new(path: str | os.PathLike[str], overwrite: bool = False) -> Path:
    """The path, if a file can be there and none is yet, or it may be written over.

    Raises:
        FileProblem: when there is a file already, and for what `check_path` refuses.

    >>> from tempfile import NamedTemporaryFile
    >>> with NamedTemporaryFile() as file:
    ...     check_new(file.name, overwrite=True) == Path(file.name)
    True
    """
    checked = check_path(path)
    if checked.exists() and not overwrite:
        raise FileProblem(f"{checked} is there already; give another name, or allow to write over it (overwrite)")
    return checked


def read_text(path: Path) -> str:
    """The text of a file, gzipped or not, as UTF-8.

    Raises:
        FileProblem: when it cannot be read, is cut short, or is no text.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     read_text(write_beside(Path(folder) / "a.gz", gzip.compress(b"some text")))
    'some text'
    """
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FileProblem(f"{path}: is no whole gzip file ({error}); get it again") from None
    except OSError as error:
        raise FileProblem(f"{path}: cannot be read ({error.strerror}); check the name and who may read it") from None
    except UnicodeDecodeError as error:
        raise FileProblem(f"{path}: is not text in UTF-8 (byte {error.start}); save it as such") from None
    except ValueError as error:
        raise FileProblem(f"{str(path)!r}: not the name of a file ({error}); give another") from None


def write_beside(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file whole or not at all; gives its path. Text is written as UTF-8.

    Raises:
        FileProblem: when it cannot be written; an old file of that name is as it was.
    """
    path = check_path(path)
    try:
        made = content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise FileProblem(f"cannot write {path}: character {error.start} is none that UTF-8 has; remove it") from None
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        os.replace(beside, target)
    except OSError as error:
        raise FileProblem(f"cannot write {path}: {error.strerror or error}; nothing was changed") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
    return path
