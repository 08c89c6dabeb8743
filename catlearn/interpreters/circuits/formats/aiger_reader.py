r"""Reading AIGER, ascii or binary, as a diagram.

>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     _ = Path(folder, "f.aag").write_text("aag 3 2 0 1 1\n2\n4\n7\n6 5 2\ni0 a\ni1 b\n")
...     read_aiger(f"{folder}/f.aag").names
('a', 'b')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from catlearn.diagrams.wiring import Graph
from catlearn.errors import FileProblem, NotSupported, short
from catlearn.files import as_path
from catlearn.interpreters.circuits.formats.definitions import Definitions, problem
from catlearn.interpreters.circuits.formats.signals import ports
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist
from catlearn.interpreters.circuits.raised import diagram_of

__all__ = ["read_aiger"]


def read_aiger(path: str | Path) -> Graph:
    """The circuit in an AIGER file of either kind, which its first word tells.

    Bits without a symbol are called i0, i1, ... and o0, o1, ...; where no input has one, they are one port `i`.

    Raises:
        FileProblem: when the file cannot be read, is cut short, has a cycle, or a literal that is defined nowhere or
            twice; it names the line.
        NotSupported: for latches and properties.
    """
    file = as_path(path)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise FileProblem(f"{file}: cannot be read ({said}); check the name and who may read it") from None
    return diagram_of(_Reader(content, str(file)).circuit(file.stem))


@dataclass
class _Reader:
    """A file, and how far it has been read."""

    content: bytes
    file: str
    at: int = 0
    line: int = 0
    symbols: dict[str, str] = field(default_factory=dict)

    def circuit(self, name: str) -> Netlist:
        """The whole file."""
        kind, (most, inputs, outputs, ands) = self.header()
        binary = kind == "aig"
        if most < inputs + ands or (binary and most != inputs + ands):
            raise problem(self.file, 1, f"{inputs} inputs and {ands} ANDs do not make {most} variables")
        if inputs + outputs + ands > len(self.content) * 8:
            raise problem(self.file, 1, f"{inputs + outputs + ands} lines are announced; the file is cut short")
        entering = [2 * k + 2 for k in range(inputs)] if binary else [self.literal(most) for _ in range(inputs)]
        if any(x & 1 or x < 2 for x in entering) or len(set(entering)) != inputs:
            raise problem(self.file, self.line, "the inputs are not different even literals from 2 on")
        leaving = [(self.literal(most), self.line) for _ in range(outputs)]
        found = [self.delta(inputs + k + 1) if binary else self.gate(most) for k in range(ands)]
        self.read_symbols(inputs, outputs)
        return self.built(name, entering, leaving, found)

    def next_line(self, what: str) -> str:
        """The next line. Raises FileProblem where the file ends."""
        end = self.content.find(b"\n", self.at)
        self.line += 1
        if end < 0:
            raise problem(self.file, self.line, f"the file is cut short; {what} should stand here")
        text = self.content[self.at : end].decode("utf-8", "replace").rstrip("\r")
        self.at = end + 1
        return text

    def numbers(self, text: str, count: int, what: str) -> list[int]:
        words = text.split(" ")
        if len(words) != count or not all(w.isascii() and w.isdigit() and len(w) < 11 for w in words):
            raise problem(self.file, self.line, f"{short(text)} is not {what}")
        return [int(word) for word in words]

    def header(self) -> tuple[str, tuple[int, int, int, int]]:
        """The kind; and the numbers of variables, inputs, outputs and ANDs."""
        text = self.next_line("a header such as aag 3 2 0 1 1")
        kind, *given = text.split(" ")
        if kind not in ("aag", "aig") or not 5 <= len(given) <= 9:
            raise problem(self.file, 1, f"{short(text)} is no header of AIGER, such as aag 3 2 0 1 1")
        numbers = self.numbers(" ".join(given), len(given), "a header of AIGER, such as aag 3 2 0 1 1")
        most, inputs, latches, outputs, ands, *more = numbers
        if latches or any(more):
            raise NotSupported(f"{self.file}: latches and properties are not read, only ANDs; unroll it first")
        return kind, (most, inputs, outputs, ands)

    def literal(self, most: int) -> int:
        """A line with one literal."""
        (found,) = self.numbers(self.next_line("a literal"), 1, "a literal")
        return self.checked(found, most)

    def checked(self, literal: int, most: int) -> int:
        if literal > 2 * most + 1:
            raise problem(self.file, self.line, f"the literal {literal} is past the last variable, {most}")
        return literal

    def gate(self, most: int) -> tuple[int, int, int, int]:
        """An AND in ascii: its literal, what it reads, and the line."""
        text = self.next_line("an AND")
        left, a, b = (self.checked(x, most) for x in self.numbers(text, 3, "an AND such as 6 5 2"))
        if left & 1 or left < 2:
            raise problem(self.file, self.line, f"{left} cannot be an AND, whose literal is even and not 0")
        return left, a, b, self.line

    def delta(self, variable: int) -> tuple[int, int, int, int]:
        """An AND in binary: two differences of seven bits a byte."""
        first = 2 * variable - self.number()
        second = first - self.number()
        if first >= 2 * variable or second < 0:
            raise FileProblem(f"{self.file}: byte {self.at}: the AND {2 * variable} reads what comes after it")
        return 2 * variable, first, second, self.line

    def number(self) -> int:
        found = shift = 0
        while True:
            if self.at >= len(self.content) or shift > 35:
                raise FileProblem(f"{self.file}: byte {self.at}: the file is cut short within its ANDs")
            byte = self.content[self.at]
            self.at += 1
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return found

    def read_symbols(self, inputs: int, outputs: int) -> None:
        """The names of inputs and outputs, up to the comment."""
        while self.at < len(self.content):
            text = self.next_line("a symbol or a comment")
            if text == "c":
                return
            place, _, name = text.partition(" ")
            known = {"i": inputs, "o": outputs}.get(place[:1], 0)
            if not (place[1:].isascii() and place[1:].isdigit() and int(place[1:]) < known and name):
                raise problem(self.file, self.line, f"{short(text)} is no symbol such as i0 name")
            if place in self.symbols or name in (n for p, n in self.symbols.items() if p[0] == place[0]):
                raise problem(self.file, self.line, f"{short(text)} names a bit, or uses a name, a second time")
            self.symbols[place] = name

    def named(self, letter: str, count: int) -> list[str]:
        """The names of the inputs or the outputs."""
        if count > 1 and not any(place[0] == letter for place in self.symbols):
            return [f"{letter}[{k}]" for k in range(count)]
        names = [self.symbols.get(f"{letter}{k}", f"{letter}{k}") for k in range(count)]
        if len(set(names)) != count:
            raise FileProblem(f"{self.file}: a symbol is the name of another bit without one; name all bits")
        return names

    def built(
        self, name: str, inputs: list[int], outputs: list[tuple[int, int]], ands: list[tuple[int, int, int, int]]
    ) -> Netlist:
        entering, order = ports(self.named("i", len(inputs)))
        gates = Gates(entering)
        bits = [literal for k in range(len(entering)) for literal in gates.port(k)]
        known = {"0": gates.FALSE} | {str(inputs[place] >> 1): bits[k] for k, place in enumerate(order)}
        found = Definitions(known, self.file)
        for left, a, b, line in ands:
            found.define(str(left >> 1), (str(a >> 1), str(b >> 1)), _and(gates, a & 1, b & 1), line)
        leaving, places = ports(self.named("o", len(outputs)))
        roots = [found.literal(str(outputs[k][0] >> 1), outputs[k][1]) ^ (outputs[k][0] & 1) for k in places]
        return gates.finish(leaving, roots, name)


def _and(gates: Gates, left: int, right: int) -> Callable[[list[int]], int]:
    """Makes an AND of literals, of which some are complemented."""
    return lambda literals: gates.both(literals[0] ^ left, literals[1] ^ right)
