r"""What `catlearn circuit` reads and gives: circuits from diagrams and files, as texts, files or a verdict.

>>> from tempfile import TemporaryDirectory
>>> text = "from catlearn import Bits, diagram\n@diagram\ndef f(a: Bits(1), b: Bits(1)):\n    return a & ~b"
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "model.py").write_text(text)
...     found = read_circuit(f"{folder}/model.py:f")
>>> print(export(found, "anf"))
y = a ^ a&b
>>> facts(found)
{'name': 'f', 'inputs': {'a': 1, 'b': 1}, 'outputs': {'y': 1}, 'gates': 1, 'depth': 1, 'safe': True}
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from catlearn.commandline.outcome import FAILED
from catlearn.commandline.source import read_model
from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.boolean.safe import is_safe
from catlearn.errors import InputMismatch
from catlearn.interpreters import circuits
from catlearn.interpreters.circuits.netlist import Netlist

__all__ = ["FORMS", "Circuit", "chosen", "export", "facts", "read_circuit", "show_facts", "show_verdict", "verdict"]


@dataclass(frozen=True)
class Circuit:
    """A circuit that a user named: the diagram, and its gates."""

    diagram: Diagram
    gates: Netlist


READERS: dict[str, Callable[[str], Diagram]] = {
    ".blif": circuits.read_blif,
    ".aag": circuits.read_aiger,
    ".aig": circuits.read_aiger,
    ".pla": circuits.read_pla,
}

FORMS: dict[str, Callable[[Netlist], str | bytes]] = {
    "verilog": circuits.to_verilog,
    "blif": circuits.to_blif,
    "aiger": circuits.to_aiger,
    "dimacs": circuits.to_dimacs,
    "table": circuits.to_truth_table,
    "anf": lambda gates: str(circuits.anf(gates)),
}
"""What a circuit can be written as."""


def read_circuit(spec: str) -> Circuit:
    """The circuit at `FILE.py:NAME`, or in a `.json`, `.blif`, `.aag`, `.aig` or `.pla` file.

    Raises:
        InputMismatch: when the argument is none of these, or the file has no such diagram.
        FileProblem: when the file cannot be read; it names the line.
        TypeMismatch: when a wire of the diagram is not `Bits`.
    """
    reader = READERS.get(Path(spec).suffix.lower())
    diagram = read_model(spec).diagram if reader is None else reader(spec)
    return Circuit(diagram, circuits.netlist(diagram))


def export(circuit: Circuit, form: str, output: Path | None = None) -> str | bytes:
    """The circuit in one of FORMS; AIGER is binary where the file to write is called so (.aig)."""
    if form == "aiger" and output is not None and output.suffix == ".aig":
        return circuits.to_aiger(circuit.gates, binary=True)
    return FORMS[form](circuit.gates)


def facts(circuit: Circuit) -> dict[str, Any]:
    """What there is to say about a circuit, as plain data."""
    gates = circuit.gates
    return {
        "name": gates.name,
        "inputs": {port.name: port.width for port in gates.inputs},
        "outputs": {port.name: port.width for port in gates.outputs},
        "gates": len(gates),
        "depth": gates.depth,
        "safe": is_safe(circuit.diagram),
    }


def verdict(a: Circuit, b: Circuit) -> dict[str, Any]:
    """Whether two circuits give the same for every input; if not, an input for which they differ."""
    found = circuits.prove_equal(a.gates, b.gates)
    if found is True:
        return {"equal": True}
    return {"equal": False, "inputs": dict(found.inputs), "left": dict(found.left), "right": dict(found.right)}


def chosen(wanted: dict[str, bool]) -> str | None:
    """The one form that was asked for. Raises `InputMismatch` for several."""
    found = [form for form, yes in wanted.items() if yes]
    if len(found) > 1:
        raise InputMismatch(f"--{found[0]} and --{found[1]}: ask for one at a time")
    return found[0] if found else None


def show_facts(found: dict[str, Any], as_json: bool) -> None:
    """Print what there is to say about a circuit."""
    if as_json:
        typer.echo(json.dumps(found))
        return
    typer.echo(f"{found['name']}: {_ports(found['inputs'])} -> {_ports(found['outputs'])}")
    safe = "safe: the formal derivative is the difference" if found["safe"] else "not safe: an AND reads an input twice"
    typer.echo(f"{found['gates']} gates, depth {found['depth']}; {safe}")


def show_verdict(found: dict[str, Any], as_json: bool) -> int:
    """Print whether circuits are equal; gives the exit code."""
    if as_json:
        typer.echo(json.dumps(found))
    elif found["equal"]:
        typer.echo("equal")
    else:
        typer.echo(f"not equal: at {_values(found['inputs'])}")
        typer.echo(f"the first gives {_values(found['left'])}, the second {_values(found['right'])}")
    return 0 if found["equal"] else FAILED


def _ports(widths: dict[str, int]) -> str:
    return ", ".join(name if width == 1 else f"{name}[{width}]" for name, width in widths.items()) or "nothing"


def _values(values: dict[str, int]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in values.items()) or "no input"
