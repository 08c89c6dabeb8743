"""How a command ends: with an exit code that scripts can use, and one line on standard error when something is wrong.

>>> ended(lambda: None), ended(lambda: 1)
(0, 1)
>>> from catlearn.errors import InputMismatch
>>> def bad():
...     raise InputMismatch("f: input x is missing")
>>> ended(bad)
2
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from catlearn.errors import (
    CatlearnError,
    DerivativeMismatch,
    Diverged,
    DrawingError,
    FileProblem,
    MissingExtra,
    NotSupported,
)
from catlearn.files import write_beside

__all__ = ["BAD_INPUT", "BROKEN_PIPE", "FAILED", "INTERRUPTED", "WorkFailed", "complain", "ended", "put"]

FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141
FAILURES = (DerivativeMismatch, Diverged, DrawingError, MissingExtra, NotSupported, MemoryError)


class WorkFailed(CatlearnError):
    """The input was good, but the work could not be done."""


def ended(action: Callable[[], object]) -> int:
    """Run a command and give its exit code; nothing that it raises gets past here.

    Codes: 0, or what the command gives; 1 when the work failed; 2 for bad usage or bad input; 130 when interrupted;
    141 when nobody reads the output any more.
    """
    try:
        code = action()
        if sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as stop:
        # typer ends like this when it meets a closed pipe.
        return _piped() if _is_pipe(stop.__context__) else stop.code if isinstance(stop.code, int) else FAILED
    except Exception as error:
        return _code(error)


def _code(error: Exception) -> int:
    if _is_pipe(error):
        return _piped()
    if hasattr(error, "format_message"):  # of the argument parser; typer carries one of its own or click's
        return complain(error.format_message(), BAD_INPUT)
    if type(error).__name__ == "Abort":
        return INTERRUPTED
    if isinstance(error, CatlearnError):
        return complain(str(error), FAILED if isinstance(error, (*FAILURES, WorkFailed)) else BAD_INPUT)
    if isinstance(error, OSError) and error.errno and error.filename is None:
        _silenced()
        return complain(f"cannot write the output: {error.strerror}", FAILED)
    if isinstance(error, MemoryError):
        return complain("there is not enough memory; try smaller sizes", FAILED)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}, line {frame.lineno}"
    return complain(f"a defect of catlearn, please report it: {type(error).__name__} in {where}: {error}", FAILED)


def complain(message: str, code: int) -> int:
    """Say what is wrong in one line on standard error; gives the code."""
    if sys.stderr is not None:
        print(f"catlearn: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    return code


def put(path: Path, content: bytes | str) -> None:
    """Write a file whole or not at all. Raises `WorkFailed`, as the path was found good before the work."""
    try:
        write_beside(path, content)
    except FileProblem as error:
        raise WorkFailed(str(error)) from error


def _is_pipe(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EPIPE


def _piped() -> int:
    _silenced()
    return BROKEN_PIPE


def _silenced() -> None:
    # Whatever is still to be written goes nowhere, or Python would complain about it at its very end.
    with contextlib.suppress(OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
