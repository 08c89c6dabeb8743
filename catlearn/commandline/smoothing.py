r"""What `catlearn smooth` reads: a model, its data, values of inputs and of parameters.

>>> from tempfile import TemporaryDirectory
>>> text = "from catlearn import Real, gaussian_state\nmodel = gaussian_state('x', Real(), 0.0, 1.0)"
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "model.py").write_text(text)
...     smoother = read_smoother(f"{folder}/model.py:model")
>>> smoother, read_inputs(["x=2"], smoother)
(<bffg of 1 boxes, 1 wires>, {'x': 2})
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catlearn.commandline.inferring import read_object
from catlearn.commandline.source import as_model, is_network, read_model, read_value, result
from catlearn.errors import InputMismatch, short
from catlearn.interpreters.bffg.smoother import Smoother, bffg

__all__ = ["read_data", "read_inputs", "read_parameters", "read_smoother"]


def read_smoother(spec: str) -> Smoother:
    """The model at `FILE.py:NAME`: a diagram, a `Smoother`, or a function of no arguments that gives one; or a file.

    Raises:
        InputMismatch: when it is none of these.
        FileProblem: when the file cannot be read, or raises an error when it is run, or the function does.
    """
    if is_network(spec):
        return bffg(read_model(spec).diagram)
    file, name, value = read_value(spec)
    value = result(file, value)
    return value if isinstance(value, Smoother) else bffg(as_model(file, name, value).diagram)


def read_data(path: Path | None, smoother: Smoother) -> dict[str, Any]:
    """What was observed, from a file `{variable: value, list with null, or {outcome: likelihood}}`.

    Raises:
        FileProblem: when the file cannot be read, or is no JSON object; it names the line.
        InputMismatch: when what should be numbers is not.
    """
    data = {} if path is None else read_object(path)
    for name, value in data.items():
        wire = smoother.number.get(name)
        if wire is not None and smoother.wiring.obs[wire].kind != "Finite":
            _check_numbers(f"{path}: {name}", value)
        elif isinstance(value, list):
            raise InputMismatch(f"{path}: {name}: give one outcome, or {{outcome: likelihood}}, not {short(value)}")
    return data


def _check_numbers(where: str, value: Any) -> None:
    """Numbers are numbers: a text or a truth value would be read as one, too."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, list):
            _check_numbers(where, part)
        elif part is not None and (isinstance(part, bool) or not isinstance(part, int | float)):
            raise InputMismatch(f"{where}: give numbers, with null for missing ones, not {short(part)}")


def read_inputs(given: Sequence[str], smoother: Smoother) -> dict[str, Any]:
    """Values of inputs from texts `NAME=VALUE`: outcomes on finite wires, numbers or lists of them on others."""
    found: dict[str, Any] = {}
    for text in given:
        name, value = _pair("--input", text, found)
        wire = smoother.number.get(name)
        finite = wire is not None and smoother.wiring.obs[wire].kind == "Finite"
        found[name] = value if finite else _number(f"--input {text}", value)
    return found


def read_parameters(given: Sequence[str]) -> dict[str, Any]:
    """Values of parameters from texts `NAME=NUMBER`.

    >>> read_parameters(["sigma=0.5", "theta=[1, 2]"])
    {'sigma': 0.5, 'theta': [1, 2]}
    """
    found: dict[str, Any] = {}
    for text in given:
        name, value = _pair("--param", text, found)
        found[name] = _number(f"--param {text}", value)
    return found


def _pair(option: str, text: str, found: Mapping[str, Any]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise InputMismatch(f"{option} {text[:80]}: write a name and a value, as in {option} x=1.5")
    if name in found:
        raise InputMismatch(f"{option} {text[:80]}: {name} is {short(found[name])} already; give it once")
    return name, value


def _number(where: str, text: str) -> Any:
    said = InputMismatch(f"{where[:80]}: give a finite number, or a list of them as in x=[1,2]")
    try:
        value = json.loads(text)
        read = np.asarray(value, np.float64)
    except (ValueError, TypeError, RecursionError, OverflowError):
        raise said from None
    if value is None or isinstance(value, bool | str | dict) or not np.isfinite(read).all():
        raise said
    return value
