"""Gates from definitions in any order: each signal is made after those that it reads; circles and gaps are found.

>>> from catlearn.interpreters.circuits.gates import Gates
>>> gates = Gates([Port("a", 2)])
>>> a, b = gates.port(0)
>>> found = Definitions({"a": a, "b": b}, "f.blif")
>>> found.define("y", ["a", "n"], lambda x: gates.both(*x), line=3)
>>> found.define("n", ["b"], lambda x: x[0] ^ 1, line=4)
>>> found.literal("y", line=2) == gates.both(a, b ^ 1)
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from catlearn.errors import FileProblem
from catlearn.interpreters.circuits.netlist import Port

__all__ = ["Definitions", "Port", "problem"]

Make = Callable[[list[int]], int]


def problem(file: str, line: int, what: str) -> FileProblem:
    """The error for a line of a file."""
    return FileProblem(f"{file}, line {line}: {what}")


@dataclass
class Definitions:
    """What the signals of a file are, gathered first and made afterwards.

    Attributes:
        known: the literals of signals that have been made; those of the inputs to begin with.
        file: its name, for errors.
        where: what errors call the place of a definition.
    """

    known: dict[str, int]
    file: str
    _waiting: dict[str, tuple[Sequence[str], Make, int]] = field(default_factory=dict)

    def define(self, signal: str, reads: Sequence[str], make: Make, line: int) -> None:
        """Say what a signal is: made of the literals of others. Raises FileProblem when it is defined already."""
        if signal in self.known or signal in self._waiting:
            raise problem(self.file, line, f"{signal} is defined a second time; keep one definition")
        self._waiting[signal] = (reads, make, line)

    def literal(self, signal: str, line: int) -> int:
        """The literal of a signal that a line reads, and of all that it needs; without recursion, for chains are long.

        Raises:
            FileProblem: when a signal is not defined, or depends on itself.
        """
        stack, open_ = [(signal, line)], set()
        while stack:
            name, asked = stack[-1]
            if name in self.known:
                stack.pop()
                continue
            if name not in self._waiting:
                raise problem(self.file, asked, f"{name} is read but defined nowhere; the file may be cut short")
            reads, make, here = self._waiting[name]
            missing = [each for each in reads if each not in self.known]
            if not missing:
                self.known[name] = make([self.known[each] for each in reads])
                stack.pop()
            elif name in open_:
                raise problem(self.file, here, f"{name} depends on itself; a circuit has no cycles")
            else:
                open_.add(name)
                stack += [(each, here) for each in missing]
        return self.known[signal]
