"""The numpy line of each operation: the table that an emitter is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from catlearn.interpreters.program.emitter import Emitter
from catlearn.interpreters.program.node import Node

__all__ = ["ELEMENTWISE", "FUNCTIONS", "INFIX", "LINES", "SCALARS", "UFUNCS", "VIEWS", "scalar", "view"]

SAME_NAME = "exp log log1p expm1 sqrt sin cos tanh sign"
FUNCTIONS = "greater maximum minimum power dot matmul einsum copyto concatenate"
"""What generated code takes from numpy beyond the functions in `UFUNCS`."""

UFUNCS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "neg": "negative",
    "abs": "absolute",
    "equals": "equal",
    "at_least": "greater_equal",
    **{op: op for op in SAME_NAME.split()},
}
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
VIEWS = frozenset({"reshape", "permute", "slice"})
ELEMENTWISE = frozenset({*UFUNCS, "step", "maximum", "relu", "power", "finite"})


def scalar(node: Node, args: list[str]) -> str:
    """The expression of a number, or nothing where only an array will do."""
    if node.op in INFIX:
        return f"{args[0]} {INFIX[node.op]} {args[1]}"
    rule = SCALARS.get(node.op)
    return rule(node, args) if rule else ""


def _of(name: str) -> Callable[[Node, list[str]], str]:
    return lambda node, args: f"{name}({', '.join(args)})"


SCALARS: dict[str, Callable[[Node, list[str]], str]] = {
    "neg": lambda node, args: f"-{args[0]}",
    "step": lambda node, args: f"float64({args[0]} > 0.0)",
    "equals": lambda node, args: f"float64({args[0]} == {args[1]})",
    "at_least": lambda node, args: f"float64({args[0]} >= {args[1]})",
    "relu": lambda node, args: f"maximum({args[0]}, 0.0)",
    "maximum": lambda node, args: f"maximum({args[0]}, {args[1]})",
    "power": lambda node, args: f"power({args[0]}, {node.attr})",
    "finite": lambda node, args: f"maximum(minimum({args[0]}, largest), -largest)",
    "sum": lambda node, args: f"add_reduce({args[0]}, None)",
    "max": lambda node, args: f"maximum_reduce({args[0]}, None)",
    "dot": lambda node, args: f"dot({args[0]}, {args[1]})",
    "log_determinant": lambda node, args: f"log_determinant({args[0]})",
    **{op: _of(f) for op, f in UFUNCS.items() if op not in ("neg", "equals", "at_least")},
}


def view(node: Node, source: str) -> str:
    """The expression of a view."""
    if node.op == "reshape":
        return f"{source}.reshape({node.shape})"
    if node.op == "permute":
        return f"{source}.transpose({node.attr})" if node.attr != (1, 0) else f"{source}.T"
    return f"{source}[{', '.join(map(part, node.attr))}]"


def part(bounds: tuple[int | None, int | None, int | None]) -> str:
    """A slice as it is written."""
    start, stop, step = bounds
    return ":" if stop is None else f"{start}:{stop}" + (f":{step}" if step != 1 else "")


Line = Callable[[Emitter, Node, list[str], str], str]


def _call(name: str, *more: str) -> Line:
    """A call with the inputs, then what the node's attribute says, then the output."""
    return lambda emitter, node, args, out: f"{name}({', '.join([*args, *more, out])})"


def _with(name: str, attr: Callable[[Emitter, Any], Sequence[object]]) -> Line:
    return lambda emitter, node, args, out: f"{name}({', '.join([*args, *map(str, attr(emitter, node.attr)), out])})"


def _reduce(name: str) -> Line:
    def line(emitter: Emitter, node: Node, args: list[str], out: str) -> str:
        axes = node.attr[0] if len(node.attr) == 1 else node.attr
        return f"{name}({args[0]}, {axes}, None, {out})"

    return line


def _slices(parts: Sequence[tuple[int | None, int | None, int | None]]) -> str:
    return "(" + "".join(f"slice({', '.join(map(str, p))}), " for p in parts) + ")"


def _indices(emitter: Emitter, indices: tuple[int, ...]) -> str:
    return emitter.array(indices, (len(indices),))


def _put(emitter: Emitter, node: Node, args: list[str], out: str) -> str:
    axis, indices = node.attr
    name = "put_once" if len(set(indices)) == len(indices) else "put"
    return f"{name}({args[0]}, {axis}, {_indices(emitter, indices)}, {out})"


LARGE = 4096

LINES: dict[str, Line] = {
    **{op: _call(f) for op, f in UFUNCS.items()},
    "step": _call("greater", "0.0"),
    # numpy deprecates the position of out for these two.
    "maximum": lambda emitter, node, args, out: f"maximum({args[0]}, {args[1]}, out={out})",
    "relu": lambda emitter, node, args, out: f"maximum({args[0]}, 0.0, out={out})",
    "power": _with("power", lambda emitter, c: [c]),
    "sum": _reduce("add_reduce"),
    "max": _reduce("maximum_reduce"),
    # dot fills its output with zeros first, which costs more than matmul's longer way to BLAS where that is large.
    "dot": lambda emitter, node, args, out: f"{'matmul' if node.size >= LARGE else 'dot'}({args[0]}, {args[1]}, {out})",
    "matmul": _call("matmul"),
    "add_dot": _call("add_dot"),
    "einsum": lambda emitter, node, args, out: f'einsum("{node.attr}", {args[0]}, {args[1]}, out={out})',
    "call": lambda emitter, node, args, out: f"copyto({out}, {emitter.function(node.attr)}({', '.join(args)}))",
    "copy": lambda emitter, node, args, out: f"copyto({out}, {args[0]})",
    "broadcast": lambda emitter, node, args, out: f"copyto({out}, {args[0]})",
    "concatenate": lambda emitter, node, args, out: f"concatenate(({', '.join(args)},), {node.attr}, {out})",
    "pad": _with("pad", lambda emitter, parts: [_slices(parts)]),
    "take": _with("take", lambda emitter, data: [data[0], _indices(emitter, data[1])]),
    "put": _put,
    "finite": lambda emitter, node, args, out: (
        f"minimum({args[0]}, largest, out={out}); maximum({out}, -largest, out={out})"
    ),
    **{op: _call(op) for op in ("sigmoid", "select", "inverse", "log_determinant")},
    **{op: _with(op, lambda emitter, data: data) for op in ("im2col", "max_pool", "unpool", "pooled")},
    "col2im": _with("col2im", lambda emitter, data: data[:4]),
}
"""For each operation that gives an array, its line."""
