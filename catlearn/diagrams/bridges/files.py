"""Files that are written whole or not at all.

>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as folder:
...     write_beside(Path(folder, "a.txt"), "hello")
...     Path(folder, "a.txt").read_text(encoding="utf-8")
'hello'
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path

from catlearn.errors import FileProblem

__all__ = ["write_beside"]


def write_beside(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file beside its place, then put it there in one go: a full disk keeps the old file.

    Raises `FileProblem`, which names the file.
    """
    try:
        target = Path(os.path.realpath(path))
        beside = target.parent / f".{secrets.token_hex(8)}.part"
    except (ValueError, TypeError) as error:
        raise FileProblem(f"{path!r}: not the name of a file ({error}); give another") from None
    try:
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, beside)
        beside.replace(target)
    except OSError as error:
        raise FileProblem(f"{path}: not written ({error.strerror}); make room there or choose another place") from error
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
