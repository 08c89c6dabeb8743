r"""Which diagram a command is about: `FILE.py:NAME`, a file that `catlearn.save` wrote, or a Bayesian network.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "f.py").write_text("from catlearn import Box, Ty\nf = Box('f', Ty('X'), Ty('Y'))")
...     read_model(f"{folder}/f.py:f").diagram
Box("f", Ty("X"), Ty("Y"))
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from catlearn.diagrams.bridges.bif import read_bif
from catlearn.diagrams.bridges.json import load
from catlearn.diagrams.bridges.linear_gaussian import read_linear_gaussian
from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.para import Para
from catlearn.diagrams.wiring import names
from catlearn.errors import FileProblem, InputMismatch, TypeMismatch

__all__ = ["Model", "as_model", "is_network", "read_model", "read_value", "result"]


@dataclass(frozen=True)
class Model:
    """A diagram that a user named, and the names of those of its inputs that are parameters, where that is known."""

    name: str
    diagram: Diagram
    parameters: tuple[str, ...] = ()


def read_model(spec: str) -> Model:
    """The diagram at `FILE.py:NAME`, or in `FILE.json`, `FILE.bif` or `FILE.bif.gz`.

    NAME is a diagram, a `Para`, or a diagram of DisCoPy. The file is run, as Python would run a script. A JSON file is
    one that `catlearn.save` wrote, or a linear-Gaussian network.

    Raises:
        InputMismatch: when the argument is none of these, or the file has no such diagram.
        FileProblem: when the file cannot be read, or raises an error when it is run; it names the line.
    """
    if is_network(spec):
        d = _read_network(spec)
        return Model(str(getattr(d, "name", "") or Path(spec).stem), d)
    return as_model(*read_value(spec))


def is_network(spec: str) -> bool:
    """Whether this is a file that holds one diagram."""
    return spec.endswith((".json", ".bif", ".bif.gz"))


def read_value(spec: str) -> tuple[str, str, Any]:
    """What `FILE.py:NAME` names, whatever it is: the file, the name and the value. Errors: see `read_model`."""
    file, colon, name = spec.rpartition(":")
    if spec.endswith(".py") or not colon or not file.endswith(".py"):
        example = f"{spec}:NAME" if spec.endswith(".py") else "model.py:layer"
        found = _known(_run(Path(spec))) if spec.endswith(".py") else ""
        raise InputMismatch(
            f"{spec!r} names no diagram; write FILE.py:NAME, as in {example}, FILE.json or FILE.bif{found}"
        )
    space = _run(Path(file))
    if name not in space:
        raise InputMismatch(f"{file} has no {name!r}{_known(space)}")
    return file, name, space[name]


def result(file: str, value: Any) -> Any:
    """What a function of no arguments gives; other values as they are.

    Raises:
        FileProblem: when the function raises an error; it names the line.
    """
    if not isinstance(value, FunctionType) or signature(value).parameters:
        return value
    return _guarded(Path(file), value)


def _read_network(spec: str) -> Diagram:
    if not spec.endswith(".json"):
        return read_bif(spec)
    try:
        content = json.loads(Path(spec).read_bytes())
    except (OSError, ValueError, RecursionError):
        content = None  # whoever reads it next says what is wrong
    gaussian = isinstance(content, dict) and "nodes" in content and "catlearn" not in content
    return read_linear_gaussian(spec) if gaussian else load(spec)


def as_model(file: str, name: str, value: Any) -> Model:
    """A value of a user's file as a model. Raises `InputMismatch` when it is none."""
    if isinstance(value, Para):
        return Model(name, value.diagram, names(value.diagram)[: len(value.parameter)])
    try:
        return Model(name, as_diagram(value))
    except TypeMismatch:
        hint = "; write @catlearn.diagram above it" if callable(value) and not isinstance(value, type) else ""
        raise InputMismatch(f"{file}: {name!r} is no diagram but a {type(value).__name__}{hint}") from None


def _known(space: dict[str, Any]) -> str:
    found = [key for key, value in space.items() if isinstance(value, Diagram | Para)]
    return f"; its diagrams are {', '.join(found)}" if found else "; it has no diagrams"


def _run(path: Path) -> dict[str, Any]:
    """Run a user's file; gives its global names. What it prints goes to standard error."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror}") from None
    module, folder = ModuleType("catlearn_user_file"), os.path.realpath(path.parent)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    sys.path.insert(0, folder)
    try:
        _guarded(path, lambda: exec(compile(text, str(path), "exec"), module.__dict__))
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
    return module.__dict__


def _guarded(path: Path, action: Callable[[], Any]) -> Any:
    """Run what a user wrote in a file."""
    try:
        # A file that goes elsewhere must not take the names of the other files with it.
        with contextlib.redirect_stdout(sys.stderr), contextlib.chdir("."):
            return action()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise FileProblem(_explain(path, error)) from error


def _explain(path: Path, error: BaseException) -> str:
    """The file, the line and the error, in one line."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}, line {error.lineno}: SyntaxError: {error.msg}"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = f"{path}, line {lines[-1]}" if lines else str(path)
    said = ""
    with contextlib.suppress(Exception):
        said = f": {error}"
    return f"{where}: {type(error).__name__}{said}"
