r"""What `catlearn infer` does: evidence out of files, and answers as a table or as JSON.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "seen.json").write_text('{"wet": "yes"}')
...     _ = Path(folder, "soft.json").write_text('{"warm": {"no": 0.5, "yes": 1}}')
...     read_evidence(Path(folder, "seen.json"), Path(folder, "soft.json"))
{'wet': 'yes', 'warm': {'no': 0.5, 'yes': 1}}
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from catlearn.errors import FileProblem, InputMismatch, short

__all__ = ["answer", "costs_as_json", "read_evidence", "read_object", "show_answer"]


def read_evidence(hard: Path | None, soft: Path | None) -> dict[str, Any]:
    """Evidence as inference takes it, from a file `{variable: state}` and a file `{variable: {state: likelihood}}`.

    Where both speak of a variable, its state is weighed with the likelihood that the soft evidence gives it.

    Raises:
        FileProblem: when a file cannot be read, or is no JSON object; it names the line.
        InputMismatch: when a value is not of that form.
    """
    found: dict[str, Any] = {}
    for name, value in (read_object(hard) if hard is not None else {}).items():
        if isinstance(value, list | dict):
            raise InputMismatch(f"{hard}: {name}: give one state, not {short(value)}; likelihoods go into --soft")
        found[name] = value
    for name, value in (read_object(soft) if soft is not None else {}).items():
        if not isinstance(value, dict):
            raise InputMismatch(f"{soft}: {name}: give a likelihood for each state, not {short(value)}")
        seen = found.get(name)
        found[name] = value if seen is None else {str(seen): value.get(str(seen), 0.0)}
    return found


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file. Raises `FileProblem` when it cannot be read, or is none; it names the line."""
    try:
        read = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except OSError as error:
        raise FileProblem(f"cannot read {path}: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise FileProblem(f"{path}, line {error.lineno}: is not JSON ({error.msg})") from None
    except RecursionError:
        raise FileProblem(f"{path}: is nested too deep; write {{variable: state}}") from None
    except ValueError as error:
        raise FileProblem(f"{path}: is not JSON ({error})") from None
    if not isinstance(read, dict):
        raise FileProblem(f"{path}: holds {short(read)}; write one object, as in {{'wet': 'yes'}}")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for k, (name, _) in enumerate(pairs) if name in dict(pairs[:k]))
        raise ValueError(f"{twice!r} is given twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def answer(found: Any) -> dict[str, Any]:
    """A posterior as plain data: `{"log_evidence": x, "posterior": {variable: {state: p}}}`.

    Where a variable has no states, it has its mean and variance, or else its distribution as text.
    """
    posterior = {name: _plain(marginal) for name, marginal in found.items()}
    return {"log_evidence": float(found.log_evidence), "posterior": posterior}


def _plain(marginal: Any) -> dict[str, Any]:
    if isinstance(marginal, Mapping):
        return dict(marginal)
    if hasattr(marginal, "mean") and hasattr(marginal, "variance"):
        return {name: np.asarray(getattr(marginal, name)).tolist() for name in ("mean", "variance")}
    return {"distribution": repr(marginal)}


def costs_as_json(forecast: Any) -> str:
    """A forecast as JSON; what is too large for a number is written as "inf"."""
    found = {name: value if math.isfinite(value) else str(value) for name, value in asdict(forecast).items()}
    return json.dumps(found)


def show_answer(given: Mapping[str, Any]) -> None:
    """Print an answer: the log-evidence, and a table of every variable's distribution."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    table.add_column("variable", overflow="fold")
    table.add_column("state", overflow="fold")
    table.add_column("probability", justify="right", overflow="fold")
    for name, marginal in given["posterior"].items():
        for k, (state, value) in enumerate(marginal.items()):
            # Names are shown as they are: in brackets, rich would take them for colors.
            table.add_row(Text("" if k else name), Text(state), _text(value))
    console = Console()
    # Without evidence it is 0 but for the last bit.
    console.print(f"log-evidence {round(given['log_evidence'], 12) + 0.0:.6g}", highlight=False)
    console.print(table)


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else short(value)
