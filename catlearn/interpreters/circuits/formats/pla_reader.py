r"""Reading PLA as a diagram: for every output the OR of the rows that say 1.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "f.pla").write_text(".i 2\n.o 1\n.ilb a b\n.ob y\n1- 1\n-1 1\n.e\n")
...     [box.name for box in read_pla(f"{folder}/f.pla").wiring.boxes]
['or']
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from catlearn.diagrams.wiring import Graph
from catlearn.errors import FileProblem, short
from catlearn.files import as_path, read_text
from catlearn.interpreters.circuits.formats.cover import covered
from catlearn.interpreters.circuits.formats.definitions import problem
from catlearn.interpreters.circuits.formats.signals import ports
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.raised import diagram_of

__all__ = ["read_pla"]

_TYPES = ("f", "r", "fd", "fr", "dr", "fdr")


@dataclass
class _Content:
    """What the file says."""

    counts: dict[str, int] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    cubes: list[tuple[str, str]] = field(default_factory=list)
    ended: bool = False


def read_pla(path: str | Path) -> Graph:
    """The circuit in a PLA file. Where a row says that an output does not matter, or no row says anything, it is 0.

    Bits without names are called i[0], i[1], ... and o[0], o[1], ...

    Raises:
        FileProblem: when the file cannot be read, is cut short, or has a row of another width; it names the line.
    """
    file = as_path(path)
    return diagram_of(_built(_parsed(read_text(file), str(file)), str(file), file.stem))


def _parsed(text: str, file: str) -> _Content:
    content = _Content()
    for line, raw in enumerate(text.splitlines(), 1):
        words = raw.split("#", 1)[0].replace("|", " ").split()
        if not words:
            continue
        if content.ended:
            raise problem(file, line, f"{short(words[0])} stands after .e, the end")
        if words[0].startswith("."):
            _command(content, words, line, file)
        else:
            _row(content, "".join(words), line, file)
    if not content.ended:
        raise FileProblem(f"{file}: there is no .e, so it may be cut short; get it again, or add the line")
    return content


def _command(content: _Content, words: list[str], line: int, file: str) -> None:
    command, given = words[0], words[1:]
    if command in (".i", ".o", ".p"):
        if len(given) != 1 or not (given[0].isascii() and given[0].isdigit() and len(given[0]) < 10):
            raise problem(file, line, f"{command} takes a whole number, not {short(' '.join(given))}")
        content.counts[command] = int(given[0])
    elif command in (".ilb", ".ob"):
        content.names[command] = given
    elif command in (".e", ".end"):
        content.ended = True
    elif command == ".type":
        if not given or given[0] not in _TYPES or given[0] in ("r", "dr"):
            raise problem(file, line, f"the type {short(' '.join(given))} lists no rows where an output is 1; take fr")
    else:
        raise problem(file, line, f"{short(command)} is no command of PLA that is known here")


def _row(content: _Content, row: str, line: int, file: str) -> None:
    if not {".i", ".o"} <= content.counts.keys():
        raise problem(file, line, "a row stands before .i and .o, which say how wide it is")
    inputs, outputs = content.counts[".i"], content.counts[".o"]
    cube, values = row[:inputs].replace("2", "-"), row[inputs:]
    if len(row) != inputs + outputs or set(cube) - set("01-") or set(values) - set("01-~234"):
        raise problem(file, line, f"{short(row)} is no row of {inputs} of 0, 1, - and then {outputs} of 0, 1, -")
    content.cubes.append((cube, values))


def _built(content: _Content, file: str, name: str) -> Netlist:
    for command in (".i", ".o"):
        if command not in content.counts:
            raise FileProblem(f"{file}: there is no {command}, which says how many bits there are")
    if content.counts.get(".p", len(content.cubes)) != len(content.cubes):
        raise FileProblem(
            f"{file}: .p announces {content.counts['.p']} rows and there are {len(content.cubes)}; it may be cut short"
        )
    entering, order = ports(_names(content, ".i", ".ilb", "i", file))
    leaving, places = ports(_names(content, ".o", ".ob", "o", file))
    gates = Gates(entering)
    bits = [literal for k in range(len(entering)) for literal in gates.port(k)]
    literals = [bit for _, bit in sorted(zip(order, bits, strict=True))]
    roots = [covered(gates, [c for c, values in content.cubes if values[k] in "14"], literals) for k in places]
    return gates.finish(leaving, roots, name)


def _names(content: _Content, count: str, names: str, letter: str, file: str) -> list[str]:
    width = content.counts[count]
    found = content.names.get(names, [f"{letter}[{k}]" for k in range(width)] if width > 1 else [letter] * width)
    if len(found) != width or len(set(found)) != width:
        raise FileProblem(f"{file}: {names} gives {len(set(found))} different names, and {count} says {width}")
    return found
