"""What is in a file, unzipped where it is zipped, and never more than a limit.

>>> import gzip
>>> unzipped(Path("a.gz"), gzip.compress(b"some bytes"))
b'some bytes'
"""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from catlearn.errors import FileProblem, short

__all__ = ["LARGEST", "content", "named", "unzipped"]

LARGEST = 1 << 30
"""The most bytes that a file may unpack to: all of MNIST as floats is a fifth of it."""


def content(path: Path) -> bytes:
    """A file's bytes, unzipped if they are gzipped.

    Raises:
        FileProblem: when it cannot be read, is cut short, or unpacks to more than `LARGEST`.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise FileProblem(f"{path}: has more than {LARGEST >> 30} GB, which is no MNIST; name another")
        return unzipped(path, path.read_bytes())
    except FileProblem:
        raise
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise FileProblem(f"{path}: cannot be read ({said}); check the name and who may read it") from None


def unzipped(path: Path, data: bytes) -> bytes:
    """Bytes as they are, or unzipped if they are gzipped. Raises `FileProblem`, which names the path."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(LARGEST + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise FileProblem(f"{path}: is no whole gzip file ({error}); get it again") from None
    if len(found) > LARGEST:
        raise FileProblem(f"{path}: unpacks to more than {LARGEST >> 30} GB, which is no MNIST; name another")
    return found


def named(error: Exception) -> str:
    """What another library's error says, in one short line.

    >>> named(ValueError("a line" + chr(10) + "and another"))
    'ValueError: a line and another'
    """
    return f"{type(error).__name__}: {short(_Plain(error))}"


class _Plain:
    """Shown without quotes."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __repr__(self) -> str:
        return str(self.value)
