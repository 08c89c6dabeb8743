"""Where factors go: numbers and signs that multiply arrays are gathered, and then applied where that costs least.

Products, sums and everything linear let a factor through. So each value is taken as a number times a node, and the
number is settled at the smallest array that the node is a product of; a sign is taken in by an addition.

>>> from catlearn import Real, compile, diagram
>>> @diagram
... def f(x: Real(5, 4), y: Real(4)):
...     return ((x * 2.0) @ y) * 3.0
>>> print(compile(f).source)
def program(x, y):
    multiply(6.0, y, t0)
    y0 = empty((5,))
    dot(x, t0, y0)
    return y0
"""

from __future__ import annotations

from collections import Counter
from sys import maxsize

from catlearn.interpreters.program.algebra import const, elementwise, movable, remade
from catlearn.interpreters.program.node import Assembly, Node, Program

__all__ = ["settle_scales"]

_MOVES = "reshape permute slice pad put take copy sum broadcast im2col col2im"
LINEAR = frozenset(_MOVES.split())
PRODUCTS = frozenset({"mul", "dot", "matmul", "einsum"})
DEPTH = 6  # how far down a product a place for a factor is looked for

Value = tuple[float, int]


def settle_scales(program: Program) -> Program:
    """The same program with its numerical factors gathered and put where they cost least."""
    nodes = program.nodes
    if not any(node.op == "neg" or (node.op == "mul" and nodes[node.args[0]].op == "const") for node in nodes):
        return program
    uses = Counter(i for node in nodes for i in node.args)
    pass_ = _Pass(program, uses)
    for i in range(len(nodes)):
        pass_.step(i)
    return pass_.asm.finish(
        [pass_.settled(i) for i in program.inputs], [pass_.settled(i) for i in program.outputs], program.names
    )


class _Pass:
    """The new program as it grows: for each old node a factor and a new node."""

    def __init__(self, program: Program, uses: Counter[int]) -> None:
        self.asm, self.nodes, self.uses = Assembly(), program.nodes, uses
        self.leaving = set(program.outputs)
        self.at: list[Value] = []
        self.applied: dict[Value, int] = {}
        self.once: set[int] = set()  # new nodes that one other reads

    def step(self, i: int) -> None:
        """Make the next node again."""
        before = len(self.asm.nodes)
        factor, base = self._scaled(self.nodes[i])
        often = self.uses[i] + (i in self.leaving) > 1
        if often and abs(factor) != 1.0:
            # Read more than once: apply the factor now, not in each of the places.
            opposite = self.applied.get((-factor, base))
            factor, base = (1.0, self._apply(factor, base)) if opposite is None else (-1.0, opposite)
        if base < before and self.nodes[i].op not in ("mul", "neg"):
            self.once.discard(base)  # another old node is the same
        elif base >= before and not often:
            self.once.add(base)
        self.at.append((factor, base))

    def settled(self, i: int) -> int:
        """The new node of the whole value of an old one."""
        return self._apply(*self.at[i])

    def _scaled(self, node: Node) -> Value:
        asm, op = self.asm, node.op
        if op == "mul" and (number := self._number(node.args[0])) is not None:
            factor, base = self.at[node.args[1]]
            return (number * factor, base) if movable(number * factor) else (number, self._apply(factor, base))
        given = [self.at[a] for a in node.args]
        if op == "neg":
            return -given[0][0], given[0][1]
        if all(factor == 1.0 for factor, _ in given):
            return 1.0, asm.add(op, tuple([base for _, base in given]), node.attr, node.shape)
        if op in ("add", "sub"):
            return self._sum(op, *given)
        if op in PRODUCTS and movable(given[0][0] * given[1][0]):
            (c, a), (d, b) = given
            return c * d, remade(asm, node, (a, b))
        if op == "div" and self._number(node.args[0]) is None and movable(given[0][0] / given[1][0]):
            (c, a), (d, b) = given
            return c / d, elementwise(asm, "div", a, b)
        if op in LINEAR:
            return given[0][0], remade(asm, node, (given[0][1],))
        return 1.0, remade(asm, node, tuple(self.settled(a) for a in node.args))

    def _number(self, i: int) -> float | None:
        """The number that an old node is, if one can scale by it and back."""
        node = self.nodes[i]
        number = float(node.attr[0]) if node.op == "const" else 0.0
        return number if movable(number) else None

    def _sum(self, op: str, left: Value, right: Value) -> Value:
        """A sum of two scaled values: a common factor stays outside, other factors but signs are applied."""
        (c, a), (d, b) = left, right if op == "add" else (-right[0], right[1])
        if abs(c) != abs(d):
            a, b = self._apply(abs(c), a), self._apply(abs(d), b)
            c, d = c / abs(c), d / abs(d)
        if c == d:
            return c, elementwise(self.asm, "add", a, b)
        return (c, elementwise(self.asm, "sub", a, b)) if c > 0.0 else (d, elementwise(self.asm, "sub", b, a))

    def _apply(self, factor: float, base: int) -> int:
        if factor == 1.0:
            return base
        found = self.applied.get((factor, base))
        if found is None:
            found = self._at_the_cheapest(factor, base, self._cheapest(factor, base, DEPTH)[1])
            self.applied[factor, base] = found
        return found

    def _cheapest(self, factor: float, i: int, depth: int) -> tuple[int, tuple[int, ...]]:
        """The size of the smallest array that node i is a product of and can take a factor, and the way there."""
        node = self.asm.nodes[i]
        if node.op == "const":
            number = node.attr[0]
            return 0 if movable(number, number * factor) else maxsize, ()
        best: tuple[int, tuple[int, ...]] = node.size, ()
        within = range(len(node.args)) if node.op in PRODUCTS else range(1) if node.op in {*LINEAR, "div"} else range(0)
        for k in within if depth else ():
            inner = node.args[k]
            size, way = self._cheapest(factor, inner, depth - 1 if inner in self.once else 0)
            if size < best[0]:
                best = size, (k, *way)
        return best

    def _at_the_cheapest(self, factor: float, i: int, way: tuple[int, ...]) -> int:
        node = self.asm.nodes[i]
        if not way:
            return elementwise(self.asm, "mul", const(self.asm, factor), i)
        args = list(node.args)
        args[way[0]] = self._at_the_cheapest(factor, args[way[0]], way[1:])
        return remade(self.asm, node, tuple(args))
