"""From a program on numbers alone to Python source with the functions of `math`: no arrays, no calls to numpy.

>>> from catlearn import Real, compile, diagram, exp
>>> @diagram
... def f(x: Real(), y: Real()):
...     return exp(x * y) + x
>>> print(compile(f).source)
def program(x=None, y=None, *more):
    if more: return numbers(x, y, *more)
    try:
        v2 = x * y
        if type(v2) is not float: return numbers(x, y, *more)
        v4 = x + (exp(v2))
        return v4
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return numbers(x, y)
"""

from __future__ import annotations

from collections import Counter
from math import isfinite

from catlearn.interpreters.program.emit_numpy import parameters
from catlearn.interpreters.program.node import Node, Program

__all__ = ["LINES", "emit_math", "fits"]

FUNCTIONS = "exp log log1p expm1 sqrt sin cos tanh"
"""The functions that generated code takes from `math`."""

LINES = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "neg": "-{}",
    "abs": "abs({})",
    "relu": "({0} if {0} > 0.0 else 0.0 * {0})",
    "step": "(1.0 if {} > 0.0 else 0.0)",
    "maximum": "({0} if {0} >= {1} else {1})",
    "at_least": "(1.0 if {} >= {} else 0.0)",
    "equals": "(1.0 if {} == {} else 0.0)",
    "select": "({1} if {0} else {2})",
    **{op: op + "({})" for op in FUNCTIONS.split()},
}
"""For each operation on numbers, its expression."""

LONGEST = 300
"""A longer expression gets a line of its own, so that Python's parser is never asked for too much."""


def fits(program: Program) -> bool:
    """Whether a program is on numbers alone and has only operations that `math` can do."""
    known = {*LINES, "input", "const", "power"}
    return all(node.shape == () and node.op in known for node in program.nodes)


def emit_math(program: Program) -> str:
    """The source of a program on numbers. What is not a number, and what `math` refuses, it hands on to `numbers`."""
    names = parameters(program)
    letter = "v"
    while any(name.startswith(letter) for name in names):
        letter += "v"
    at, lines, inner = dict(zip(program.inputs, names, strict=True)), list[str](), _inlined(program)
    telling = _telling(program)
    check = f"return numbers({', '.join([*names, '*more'])})"
    for i, node in enumerate(program.nodes):
        if node.op == "const":
            at[i] = _literal(float(node.attr[0]))
        elif node.op != "input":
            found = _expression(node, [at[a] for a in node.args])
            if i in inner and i != telling and len(found) < LONGEST:
                at[i] = f"({found})"
            else:
                at[i] = f"{letter}{i}"
                lines.append(f"        {at[i]} = {found}")
            if i == telling:
                lines.append(f"        if type({at[i]}) is not float: {check}")
    return "\n".join([
        f"def program({', '.join([*(f'{name}=None' for name in names), '*more'])}):",
        f"    if {'' if telling is not None else _all_floats(names)}more: {check}",
        "    try:",
        *lines,
        f"        return {', '.join(at[i] for i in program.outputs) or '()'}",
        "    except (TypeError, ValueError, OverflowError, ZeroDivisionError):",
        f"        return numbers({', '.join(names)})",
    ])  # fmt: skip


def _telling(program: Program) -> int | None:
    """The first node that is a float only if all inputs are numbers, as plain arithmetic on them: one look instead of
    one for each input. None where there is no such node.
    """
    shows: list[frozenset[int]] = []
    everything = frozenset(program.inputs)
    for i, node in enumerate(program.nodes):
        parts = [shows[a] for a in node.args] if node.op in ARITHMETIC else []
        shows.append(frozenset({i}) if node.op == "input" else frozenset().union(*parts))
        if len(everything) > 1 and shows[i] == everything:
            return i
    return None


ARITHMETIC = frozenset({"add", "sub", "mul", "div", "neg"})


def _all_floats(names: list[str]) -> str:
    return f"not {' is '.join([*(f'type({name})' for name in names), 'float'])} or " if names else ""


def _inlined(program: Program) -> set[int]:
    """Nodes that are read once, by an expression that writes them once: these need no name."""
    uses = Counter(i for node in program.nodes for i in node.args) + Counter(program.outputs)
    twice = {op for op, line in LINES.items() if line.count("{0}") > 1 or line.count("{1}") > 1}
    read = {i for node in program.nodes if node.op not in twice for i in node.args}
    return {i for i in read if uses[i] == 1}


def _literal(value: float) -> str:
    written = repr(value) if isfinite(value) else f"float({str(value)!r})"
    return f"({written})" if written.startswith("-") else written


def _expression(node: Node, args: list[str]) -> str:
    return f"{args[0]} ** {node.attr}" if node.op == "power" else LINES[node.op].format(*args)
