r"""Reading BLIF as a diagram.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "f.blif").write_text(".inputs a b\n.outputs y\n.names a b y\n0- 0\n-0 0\n.end\n")
...     read_blif(f"{folder}/f.blif").wiring.boxes[0].name
'and'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catlearn.diagrams.wiring import Graph
from catlearn.errors import FileProblem, NotSupported, short
from catlearn.files import as_path, read_text
from catlearn.interpreters.circuits.formats.cover import covered
from catlearn.interpreters.circuits.formats.definitions import Definitions, problem
from catlearn.interpreters.circuits.formats.signals import ports
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.raised import diagram_of

__all__ = ["read_blif"]

_MORE = {".latch", ".subckt", ".gate", ".mlatch", ".search", ".exdc", ".start_kiss", ".cname"}


@dataclass
class _Table:
    """A .names of the file: the signals, the line, and the rows."""

    signals: list[str]
    line: int
    rows: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Model:
    """What the file says."""

    name: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    tables: list[_Table] = field(default_factory=list)
    ended: bool = False


def read_blif(path: str | Path) -> Graph:
    """The circuit in a BLIF file; tables may come in any order, and list where the output is 1 or where it is 0.

    Raises:
        FileProblem: when the file cannot be read, is cut short, has a cycle, or a signal that is defined nowhere or
            twice; it names the line.
        NotSupported: for latches, and models in models.
    """
    file = as_path(path)
    return diagram_of(_built(_parsed(read_text(file), str(file)), str(file)))


def _parsed(text: str, file: str) -> _Model:
    model = _Model()
    for line, words in _lines(text):
        if model.ended:
            raise NotSupported(f"{file}, line {line}: there is more than one model; keep one in a file")
        if words[0].startswith("."):
            _command(model, words, line, file)
        else:
            _row(model, words, line, file)
    if not model.ended:
        raise FileProblem(f"{file}: there is no .end, so it may be cut short; get it again, or add the line")
    return model


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The words of each line that has some, with those that a backslash joins, and the number of the first."""
    held: list[str] = []
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        body = line.split("#", 1)[0].rstrip()
        start = start if held else number
        held += body.removesuffix("\\").split()
        if not body.endswith("\\"):
            if held:
                yield start, held
            held = []
    if held:
        yield start, held


def _command(model: _Model, words: list[str], line: int, file: str) -> None:
    command, given = words[0], words[1:]
    if command == ".model":
        if model.name:
            raise NotSupported(f"{file}, line {line}: there is more than one model; keep one in a file")
        model.name = given[0] if given else "circuit"
    elif command == ".inputs":
        model.inputs += given
    elif command == ".outputs":
        model.outputs += ((name, line) for name in given)
    elif command == ".names":
        if not given:
            raise problem(file, line, ".names has no signal; the last one is the output")
        model.tables.append(_Table(given, line))
    elif command == ".end":
        model.ended = True
    elif command in _MORE:
        raise NotSupported(f"{file}, line {line}: {command} is not read, only tables (.names); flatten it first")
    else:
        raise problem(file, line, f"{short(command)} is no command of BLIF that is known here")


def _row(model: _Model, words: list[str], line: int, file: str) -> None:
    if not model.tables:
        raise problem(file, line, f"{short(words[0])} stands before any .names")
    table = model.tables[-1]
    reads = len(table.signals) - 1
    cube, value = ("", words[0]) if reads == 0 and len(words) == 1 else (words[0], words[-1])
    if len(words) != (2 if reads else 1) or len(cube) != reads or set(cube) - set("01-") or value not in ("0", "1"):
        raise problem(file, line, f"{short(' '.join(words))} is no row of {reads} of 0, 1, - and then 0 or 1")
    if table.rows and table.rows[0][1] != value:
        raise problem(file, line, "the table lists both where its output is 1 and where it is 0; list one")
    table.rows.append((cube, value))


def _built(model: _Model, file: str) -> Netlist:
    entering, order = ports(model.inputs)
    gates = Gates(entering)
    bits = [literal for k in range(len(entering)) for literal in gates.port(k)]
    known = {model.inputs[place]: bits[k] for k, place in enumerate(order)}
    if len(known) != len(model.inputs):
        twice = next(name for name in model.inputs if model.inputs.count(name) > 1)
        raise FileProblem(f"{file}: the input {twice} is listed a second time; keep one")
    found = Definitions(known, file)
    for table in model.tables:
        found.define(table.signals[-1], table.signals[:-1], _made(gates, table), table.line)
    names = [name for name, _ in model.outputs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FileProblem(f"{file}: the output {twice} is listed a second time; keep one")
    leaving, places = ports(names)
    roots = [found.literal(*model.outputs[place]) for place in places]
    return gates.finish(leaving, roots, model.name or "circuit")


def _made(gates: Gates, table: _Table) -> Callable[[list[int]], int]:
    cubes = [cube for cube, _ in table.rows]
    flip = int(bool(table.rows) and table.rows[0][1] == "0")
    return lambda literals: covered(gates, cubes, literals) ^ flip
