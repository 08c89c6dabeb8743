"""What every operation of a program means, one numpy expression each: no buffers, no rewriting, no generated code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from catlearn.interpreters.program.node import Node, Program
from tests.smooth.oracle import ORACLE

Array = Any


def finite(x: Array) -> Array:
    largest = np.finfo(np.float64).max
    return np.minimum(np.maximum(x, -largest), largest)


def broadcast(node: Node, x: Array) -> Array:
    return np.broadcast_to(x, node.shape)


def padded(parts: Any, node: Node, x: Array) -> Array:
    made = np.zeros(node.shape)
    made[tuple(slice(*part) for part in parts)] = x
    return made


def put(data: Any, node: Node, x: Array) -> Array:
    axis, indices = data
    made = np.zeros(node.shape)
    np.add.at(made, (slice(None),) * axis + (list(indices),), x)
    return made


SHARED = (
    "add sub neg mul div exp log log1p expm1 sqrt sin cos tanh abs sign step maximum at_least equals select relu"
    " sigmoid take im2col max_pool unpool pooled slice permute"
)

NAIVE: dict[str, Callable[..., Any]] = {
    **{op: lambda node, *args, op=op: ORACLE[op](node.attr, {}, *args) for op in SHARED.split()},
    "const": lambda node: np.array(node.attr[0]),
    "array": lambda node: np.array(node.attr, float).reshape(node.shape),
    "ones": lambda node: np.ones(node.shape),
    "power": lambda node, x: x**node.attr,
    "finite": lambda node, x: finite(x),
    "broadcast": broadcast,
    "copy": lambda node, x: x,
    "reshape": lambda node, x: np.reshape(x, node.shape),
    "sum": lambda node, x: np.sum(x, axis=node.attr),
    "max": lambda node, x: np.max(x, axis=node.attr),
    "dot": lambda node, a, b: np.dot(a, b),
    "matmul": lambda node, a, b: np.matmul(a, b),
    "einsum": lambda node, a, b: np.einsum(node.attr, a, b),
    "concatenate": lambda node, *args: np.concatenate(args, node.attr),
    "pad": lambda node, x: padded(node.attr, node, x),
    "put": lambda node, x: put(node.attr, node, x),
    "col2im": lambda node, x: ORACLE["col2im"]((*node.attr[:4], *node.shape[-3:-1]), {}, x),
}


def run(program: Program, inputs: Sequence[Array]) -> list[Array]:
    """Run a program node by node; every array must have the shape that its node says."""
    given, at = dict(zip(program.inputs, inputs, strict=True)), list[Array]()
    for i, node in enumerate(program.nodes):
        made = np.asarray(given[i] if node.op == "input" else NAIVE[node.op](node, *(at[a] for a in node.args)), float)
        assert made.shape == node.shape, (node, made.shape)
        at.append(made)
    return [at[i] for i in program.outputs]
