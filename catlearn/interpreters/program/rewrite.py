"""Rewrites from program to program; each keeps the meaning and is tested to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from catlearn.interpreters.program.node import Assembly, Node, Program
from catlearn.interpreters.program.products import contract, sum_of_product

__all__ = ["fuse_sums", "optimize"]

Replace = Callable[[Assembly, Node, list[int]], int | None]


def optimize(program: Program) -> Program:
    """All rewrites, in order."""
    return fuse_sums(program)


def fuse_sums(program: Program) -> Program:
    """A sum of a product that nothing else reads becomes one contraction, which needs no array for the product."""
    uses = Counter(i for node in program.nodes for i in node.args) + Counter(program.outputs)
    nodes = program.nodes

    def fused(node: Node) -> bool:
        if node.op != "sum" or uses[node.args[0]] > 1:
            return False
        product = nodes[node.args[0]]
        plain = product.op == "mul" and all(nodes[i].op != "const" for i in product.args)
        return plain or (product.op == "matmul" and node.attr == (0,))

    if not any(map(fused, nodes)):
        return program

    def replace(asm: Assembly, node: Node, at: list[int]) -> int | None:
        if not fused(node):
            return None
        product = nodes[node.args[0]]
        a, b = (at[i] for i in product.args)
        if product.op == "matmul":
            return contract(asm, "bmk,bkn->mn", a, b)
        return sum_of_product(asm, a, b, product.shape, node.attr)

    return _rebuild(program, replace)


def _rebuild(program: Program, replace: Replace) -> Program:
    """The same nodes again, but for those that `replace` has another for."""
    asm, at = Assembly(), list[int]()
    for node in program.nodes:
        new = replace(asm, node, at)
        at.append(asm.add(node.op, tuple(at[i] for i in node.args), node.attr, node.shape) if new is None else new)
    return asm.finish([at[i] for i in program.inputs], [at[i] for i in program.outputs], program.names)
