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
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from catlearn.diagrams.bridges.bif import read_bif
from catlearn.diagrams.bridges.json import load
from catlearn.diagrams.bridges.linear_gaussian import read_linear_gaussian
from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.para import Para
from catlearn.diagrams.wiring import names
from catlearn.errors import FileProblem, InputMismatch, TypeMismatch

__all__ = ["Model", "read_model"]


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
    if spec.endswith((".json", ".bif", ".bif.gz")):
        d = _read_network(spec)
        return Model(str(getattr(d, "name", "") or Path(spec).stem), d)
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
    return _as_model(file, name, space[name])


def _read_network(spec: str) -> Diagram:
    if not spec.endswith(".json"):
        return read_bif(spec)
    try:
        content = json.loads(Path(spec).read_bytes())
    except (OSError, ValueError, RecursionError):
        content = None  # whoever reads it next says what is wrong
    gaussian = isinstance(content, dict) and "nodes" in content and "catlearn" not in content
    return read_linear_gaussian(spec) if gaussian else load(spec)


def _as_model(file: str, name: str, value: Any) -> Model:
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
        # A file that goes elsewhere must not take the names of the other files with it.
        with contextlib.redirect_stdout(sys.stderr), contextlib.chdir("."):
            exec(compile(text, str(path), "exec"), module.__dict__)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise FileProblem(_explain(path, error)) from error
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
    return module.__dict__


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
