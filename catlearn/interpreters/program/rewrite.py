"""Rewrites from program to program; each keeps the meaning and is tested to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import prod

from catlearn.interpreters.program.algebra import elementwise, reduced, reshape
from catlearn.interpreters.program.node import Assembly, Node, Program
from catlearn.interpreters.program.products import contract, sum_of_product
from catlearn.interpreters.program.scales import settle_scales

__all__ = ["accumulate", "fuse_sums", "optimize", "sums_as_products", "turned_outside"]

Replace = Callable[[Assembly, Node, list[int]], int | None]


def optimize(program: Program) -> Program:
    """All rewrites, in order."""
    before = None
    while before is not program:
        before, program = program, fuse_sums(program)  # what was fused may be summed again
    return sums_as_products(settle_scales(program))


def fuse_sums(program: Program) -> Program:
    """A sum of a product that nothing else reads becomes one contraction, which needs no array for the product.

    A sum of a sum or difference of such products is taken apart for it, and a sum of a sum along other axes is one sum.
    """
    sums = _Sums(program)
    return _rebuild(program, sums.replace) if any(map(sums.fits, program.nodes)) else program


class _Sums:
    """The sums of a program, and how they are taken into what they are sums of."""

    def __init__(self, program: Program) -> None:
        self.nodes = program.nodes
        found = any(node.op == "sum" for node in self.nodes)
        self.fusible = {first: _fusible(program, first) if found else [] for first in (False, True)}

    def fits(self, node: Node) -> bool:
        """Whether a node is a sum that can be taken into what it is a sum of."""
        return node.op == "sum" and self._fusible(node.args[0], node.attr)

    def replace(self, asm: Assembly, node: Node, at: list[int]) -> int | None:
        """The node of a sum, without one of what it is a sum of."""
        return self._summed(asm, node.args[0], node.attr, at) if self.fits(node) else None

    def _fusible(self, i: int, axes: Sequence[int]) -> bool:
        return self.fusible[tuple(axes) == (0,)][i]

    def _summed(self, asm: Assembly, i: int, axes: Sequence[int], at: list[int]) -> int:
        # A stack instead of recursion: a sum may have many thousands of terms.
        todo: list[tuple[int, bool]] = [(i, False)]
        done: list[int] = []
        while todo:
            k, parts_done = todo.pop()
            op, args = self.nodes[k].op, self.nodes[k].args
            if parts_done:
                right, left = done.pop(), done.pop()
                done.append(elementwise(asm, op, left, right))
            elif op in ("add", "sub") and self._fusible(k, axes):
                todo += [(k, True), (args[1], False), (args[0], False)]
            else:
                done.append(self._term(asm, k, axes, at))
        return done.pop()

    def _term(self, asm: Assembly, i: int, axes: Sequence[int], at: list[int]) -> int:
        node = self.nodes[i]
        if not self._fusible(i, axes):
            return reduced(asm, "sum", at[i], axes)
        if node.op == "sum":
            left_over = [k for k in range(len(self.nodes[node.args[0]].shape)) if k not in node.attr]
            return self._summed(asm, node.args[0], sorted((*node.attr, *(left_over[k] for k in axes))), at)
        left, right = (at[a] for a in node.args)
        if node.op == "mul":
            return sum_of_product(asm, left, right, node.shape, axes)
        reads, out = ("bmk,bkn", "bmn") if node.op == "matmul" else node.attr.split("->")
        return contract(asm, f"{reads}->{''.join(c for k, c in enumerate(out) if k not in axes)}", left, right)


def _fusible(program: Program, first: bool) -> list[bool]:
    """For each node, whether it can be made summed already; `first` says whether along the first axis alone."""
    uses = Counter(i for node in program.nodes for i in node.args) + Counter(program.outputs)
    nodes, found = program.nodes, list[bool]()
    for i, node in enumerate(nodes):
        inner = [nodes[a] for a in node.args]
        known = all(n.op != "const" for n in inner)
        if uses[i] > 1:
            found.append(False)
        elif node.op in ("add", "sub"):
            whole = known and all(n.shape == node.shape for n in inner)
            found.append(whole and any(found[a] for a in node.args))
        else:
            plain = node.op == "mul" and known
            found.append(plain or node.op in ("einsum", "sum") or (node.op == "matmul" and first))
    return found


SHORT = 256
"""Sums over last axes longer than this are left to numpy, which adds in pairs and so loses less."""


def sums_as_products(program: Program) -> Program:
    """Sums over the first or the last axes of several become products with ones, which are much quicker."""
    nodes = program.nodes

    def fits(node: Node) -> bool:
        if node.op != "sum" or node.size == 0 or nodes[node.args[0]].op in ("permute", "slice"):
            return False
        shape, count = nodes[node.args[0]].shape, len(node.attr)
        last = tuple(range(len(shape) - count, len(shape)))
        short = prod(shape[i] for i in last) <= SHORT
        return bool(node.shape) and (node.attr == tuple(range(count)) or (node.attr == last and short))

    def replace(asm: Assembly, node: Node, at: list[int]) -> int | None:
        if not fits(node):
            return None
        x = at[node.args[0]]
        total, kept = asm.nodes[x].size // node.size, node.size
        ones = asm.add("ones", (), None, (total,))
        if node.attr[0] == 0:
            flat = asm.add("dot", (ones, reshape(asm, x, (total, kept))), None, (kept,))
        else:
            flat = asm.add("dot", (reshape(asm, x, (kept, total)), ones), None, (kept,))
        return reshape(asm, flat, node.shape)

    return _rebuild(program, replace) if any(map(fits, nodes)) else program


def turned_outside(body: Program, first: int) -> tuple[Program, list[tuple[int, tuple[int, ...]]]]:
    """A loop's body whose transposes of the inputs from `first` on, the same in every step, are inputs themselves.

    Gives the body, and for each new input which old one it is with its axes in which order. Made once and copied, a
    transposed matrix is quicker to multiply by than one that is turned in every step.
    """
    same = dict(zip(body.inputs[first:], range(first, len(body.inputs)), strict=True))
    turned = {
        i: (same[node.args[0]], node.attr)
        for i, node in enumerate(body.nodes)
        if node.op == "permute" and node.args[0] in same and not set(body.outputs) & {i}
    }
    places = {i: len(body.inputs) + k for k, i in enumerate(turned)}
    nodes = tuple(
        Node("input", (), places[i], node.shape) if i in places else node for i, node in enumerate(body.nodes)
    )
    names = (*body.names, *(f"{body.names[k]}_turned{i}" for i, (k, _) in turned.items()))
    return Program(nodes, (*body.inputs, *turned), body.outputs, names), list(turned.values())


ACCUMULATED = 32_768
"""Products with fewer elements than this are added by numpy: entering BLAS by another door costs some microseconds."""


def accumulate(program: Program, reuse: Mapping[int, int]) -> Program:
    """A large matrix product that is only added to an input, which the sum is to overwrite, is added by BLAS itself."""
    nodes = program.nodes
    uses = Counter(i for node in nodes for i in node.args) + Counter(program.outputs)
    sums = {program.outputs[k]: program.inputs[j] for k, j in reuse.items()}

    def product(node: Node, given: int) -> Node | None:
        if node.op != "add" or given not in node.args:
            return None
        (other,) = [a for a in node.args if a != given] or [given]
        found = nodes[other]
        flat = found.op == "dot" and found.shape == node.shape and all(len(nodes[a].shape) == 2 for a in found.args)
        return found if flat and uses[other] == 1 and found.size >= ACCUMULATED else None

    chosen = {nodes[i]: (given, found) for i, given in sums.items() if (found := product(nodes[i], given))}
    if not chosen:
        return program

    def replace(asm: Assembly, node: Node, at: list[int]) -> int | None:
        if node not in chosen:
            return None
        given, found = chosen[node]
        return asm.add("add_dot", (at[given], *(at[a] for a in found.args)), None, node.shape)

    return _rebuild(program, replace)


def _rebuild(program: Program, replace: Replace) -> Program:
    """The same nodes again, but for those that `replace` has another for."""
    asm, at = Assembly(), list[int]()
    for node in program.nodes:
        new = replace(asm, node, at)
        at.append(asm.add(node.op, tuple(at[i] for i in node.args), node.attr, node.shape) if new is None else new)
    return asm.finish([at[i] for i in program.inputs], [at[i] for i in program.outputs], program.names)
