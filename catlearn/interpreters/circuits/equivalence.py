"""Are two circuits the same function? Proved, or refuted by an input for which they differ.

Both are built from the same inputs in one collection of gates, in which equal gates are made once, and outputs are
XORed: the *miter* of hardware tools. What is left, if anything is, is searched for an input that gives 1.

>>> from catlearn import Bits, diagram
>>> @diagram
... def f(a: Bits(1), b: Bits(1)):
...     return a | b
>>> @diagram
... def g(a: Bits(1), b: Bits(1)):
...     return a ^ b ^ (a & b)
>>> @diagram
... def h(a: Bits(1), b: Bits(1)):
...     return a ^ b
>>> prove_equal(f, g)
True
>>> prove_equal(f, h)
Counterexample(inputs={'a': 1, 'b': 1}, left={'y': 1}, right={'y': 0})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.miter import as_numbers, miter
from catlearn.interpreters.circuits.netlist import FALSE, TRUE, Netlist, Port
from catlearn.interpreters.circuits.table import LARGEST

__all__ = ["Counterexample", "Method", "prove_equal", "satisfy"]

Method = Literal["auto", "exhaustive", "sat", "bdd"]
_METHODS = ("auto", "exhaustive", "sat", "bdd")


@dataclass(frozen=True)
class Counterexample:
    """An input for which two circuits differ; it counts as false.

    Attributes:
        inputs: for each input port, its value as a whole number, of which bit k is bit k of the port.
        left, right: for each output port, what the first circuit gives there and what the second one does, likewise.
    """

    inputs: Mapping[str, int]
    left: Mapping[str, int]
    right: Mapping[str, int]

    def __bool__(self) -> bool:
        return False


def prove_equal(a: Diagram | Netlist, b: Diagram | Netlist, method: Method = "auto") -> Literal[True] | Counterexample:
    """True, if two circuits give the same outputs for every input; otherwise a counterexample, which is falsy.

    Inputs are matched by their names, outputs too if they bear the same names, and otherwise in their order.

    Args:
        a, b: the circuits.
        method: "exhaustive" tries all inputs, up to 20 bits; "sat" asks a SAT solver (the extra `sat`); "bdd" compares
            decision diagrams (the extra `bdd`). "auto" is the first for at most 20 input bits, else the second.

    Raises:
        InputMismatch: when the ports differ; it names one that does.
        TooLarge: for "exhaustive" with more than 20 input bits.
        MissingExtra: when the method's package is not installed.
    """
    left, right = netlist(a), netlist(b)
    asked = miter(left, right)
    found = _find(asked.circuit, method)
    if found is None:
        return True
    other = [found[k] for k in asked.places]
    return Counterexample(
        as_numbers(left.inputs, found),
        as_numbers(left.outputs, left.at(found)),
        as_numbers(right.outputs, right.at(other)),
    )


def satisfy(circuit: Diagram | Netlist, output: str | None = None, method: Method = "auto") -> dict[str, int] | None:
    """An input for which an output of one bit is 1, as a whole number for each port; None where there is none.

    Args:
        circuit: what is asked.
        output: the name of an output bit, as `y` or `y[3]`; may be left out where there is one only.
        method: as `prove_equal` has it.

    Raises:
        InputMismatch: when there is no such output bit.
        TooLarge, MissingExtra: as `prove_equal`.

    >>> from catlearn import Bits, diagram
    >>> @diagram
    ... def f(a: Bits(3), b: Bits(1)):
    ...     return a[1] & a[2] & ~b
    >>> satisfy(f)
    {'a': 6, 'b': 0}
    """
    read = netlist(circuit)
    bits = read.output_bits
    if output is None and len(bits) == 1:
        output = bits[0]
    if output not in bits:
        raise InputMismatch(f"{read.name}: say which output bit is to be 1: one of {', '.join(bits[:8])}, not {output}")
    gates = Gates(read.inputs)
    root = gates.place(read, [literal for k in range(len(read.inputs)) for literal in gates.port(k)])
    asked = gates.finish([Port("y")], [root[bits.index(output)]], read.name)
    found = _find(asked, method)
    return None if found is None else as_numbers(read.inputs, found)


def _find(circuit: Netlist, method: str) -> list[int] | None:
    """The input bits of a sample for which a circuit of one output gives 1."""
    if method not in _METHODS:
        raise InputMismatch(f"no method {method!r} of proof; take one of {', '.join(_METHODS)}")
    root = int(circuit.roots[0])
    if root <= TRUE:
        # It has folded to a constant: there is nothing to search, and no extra is needed.
        return None if root == FALSE else [0] * circuit.entering
    if method == "auto":
        method = "exhaustive" if circuit.entering <= LARGEST else "sat"
    found: list[int] | None = import_module(f"catlearn.interpreters.circuits.{method}").solve(circuit)
    return found
