"""What a program costs, counted before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from catlearn.interpreters.program.emit_numpy import emit
from catlearn.interpreters.program.lines import VIEWS
from catlearn.interpreters.program.node import Node, Program

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True)
class Cost:
    """What one run of a program takes.

    Attributes:
        operations: additions, multiplications and function values, each counted as one.
        bytes: bytes read and written by all operations.
        peak: bytes of all arrays held at once: inputs, workspace and outputs.
    """

    operations: int
    bytes: int
    peak: int

    def __str__(self) -> str:
        return f"{self.operations:,} operations, {self.bytes:,} bytes moved, {self.peak:,} bytes at the peak"


STILL = VIEWS | {"input", "const", "array", "ones", "pick"}
MOVES = STILL | {"copy", "broadcast", "concatenate", "pad", "take", "im2col"}


def cost_of(program: Program, itemsize: int = 8) -> Cost:
    """The cost of a program whose numbers have `itemsize` bytes."""
    nodes = program.nodes
    held = sum(nodes[i].size for i in (*program.inputs, *program.outputs)) + emit(program).size
    return Cost(sum(operations(program, node) for node in nodes), _moved(program) * itemsize, held * itemsize)


CUBES = {"matmul": 2.0, "inverse": 2.0, "log_determinant": 2.0 / 3.0}
"""How many operations there are for each row, column and inner index of matrices that are multiplied or factored."""


def _moved(program: Program) -> int:
    """Elements read and written by all operations."""
    nodes, total = program.nodes, 0
    for node in nodes:
        if node.op == "scan":
            total += int(node.attr.length) * _moved(node.attr.body)
        elif node.op not in STILL:
            total += node.size + sum(nodes[i].size for i in node.args)
    return total


def operations(program: Program, node: Node) -> int:
    """Additions, multiplications and function values of one node."""
    shapes = [program.nodes[i].shape for i in node.args]
    if node.op in MOVES:
        return 0
    if any(program.nodes[i].op == "ones" for i in node.args):
        return max(map(prod, shapes))
    if node.op == "dot":
        return 2 * node.size * shapes[0][-1]
    if node.op == "add_dot":
        return node.size * (2 * shapes[1][-1] + 1)
    if node.op == "scan":
        return int(node.attr.length) * sum(operations(node.attr.body, inner) for inner in node.attr.body.nodes)
    if node.op in CUBES:
        return int(CUBES[node.op] * prod(shapes[0]) * shapes[-1][-1])
    if node.op == "einsum":
        reads = node.attr.split("->")[0].split(",")
        sizes = dict(zip("".join(reads), shapes[0] + shapes[1], strict=True))
        return 2 * prod(sizes.values())
    return max([node.size, *map(prod, shapes)])
