"""Constructors of nodes that know the algebra: what is simpler is made in place of what was asked for.

Every function takes an assembly and nodes of it and gives a node of the same value. What they hold to:

- a broadcast is put off: elementwise operations read arrays that numpy broadcasts, and are done on the small shape;
- numbers are folded, and moved to the smallest array they can scale;
- views (reshape, permute) are merged; sums of products are products of matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from catlearn.interpreters.program.node import Assembly, Node, Shape

__all__ = ["broadcast", "const", "elementwise", "movable", "permute", "reduced", "remade", "reshape", "value_of"]

COMMUTATIVE = frozenset({"add", "mul", "maximum"})
_ONE = "neg exp log log1p expm1 sqrt sin cos tanh abs sign step relu sigmoid power finite"
_MORE = "add sub mul div maximum at_least equals select"
ELEMENTWISE = frozenset((*_ONE.split(), *_MORE.split()))
FOLD: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "neg": lambda a: -a,
}


def const(asm: Assembly, value: float) -> int:
    """A number."""
    # 0.0 == -0.0, so the sign is kept apart in the key that nodes are looked up by.
    return asm.add("const", (), (float(value), math.copysign(1.0, value)), ())


def movable(*factors: float) -> bool:
    """Whether arrays can be multiplied by these numbers earlier, later or together, and nothing overflows by that.

    Numbers far from 1 stay where they were written: `(x * 1e200) * 1e200` is 0 where x is, which `x * inf` is not.
    """
    return all(1e-12 <= abs(factor) <= 1e12 for factor in factors)


def value_of(asm: Assembly, i: int) -> float | None:
    """The number that a node is, also where it was broadcast; None if it is none."""
    node = asm.nodes[i]
    if node.op == "broadcast":
        return value_of(asm, node.args[0])
    return float(node.attr[0]) if node.op == "const" else None


def broadcast(asm: Assembly, x: int, shape: Shape) -> int:
    """Repeat an array along axes where its shape, aligned at the end, has 1 or nothing."""
    node = asm.nodes[x]
    if node.shape == shape:
        return x
    if node.op == "broadcast":
        return broadcast(asm, node.args[0], shape)
    if node.op == "reshape" and len(node.shape) <= len(shape):
        # Leading axes of size 1 come by themselves.
        inner = asm.nodes[node.args[0]]
        if inner.shape == node.shape[len(node.shape) - len(inner.shape) :] and len(inner.shape) < len(node.shape):
            return broadcast(asm, node.args[0], shape)
    return asm.add("broadcast", (x,), None, shape)


def joint(shapes: Sequence[Shape]) -> Shape:
    """The shape that arrays broadcast to."""
    longest = max(shapes, key=len, default=())
    if all(shape == longest or not shape for shape in shapes):
        return longest
    rank = len(longest)
    columns = zip(*((1,) * (rank - len(s)) + s for s in shapes), strict=True)
    return tuple(next((n for n in column if n != 1), 1) for column in columns)


def elementwise(asm: Assembly, op: str, *args: int, attr: Any = None) -> int:
    """An operation on every element. Where all inputs are broadcast, it is done on the small arrays."""
    nodes = asm.nodes
    given = [nodes[i] for i in args]
    shape = joint([node.shape for node in given])
    if any(node.op == "broadcast" for node in given):
        args = tuple([node.args[0] if node.op == "broadcast" else i for i, node in zip(args, given, strict=True)])
        small = joint([nodes[i].shape for i in args])
        return broadcast(asm, _elementwise(asm, op, args, attr, small), shape)
    return _elementwise(asm, op, args, attr, shape)


def _elementwise(asm: Assembly, op: str, args: tuple[int, ...], attr: Any, shape: Shape) -> int:
    rule = _SIMPLER.get(op)
    found = rule(asm, *args) if rule else None
    if found is not None:
        return found
    if op in FOLD and all(asm.nodes[i].op == "const" for i in args):
        return const(asm, FOLD[op](*(asm.nodes[i].attr[0] for i in args)))
    if op in COMMUTATIVE:
        # Numbers first, then in order of age: the other way round is the same node.
        a, b = args
        number, other = asm.nodes[a].op == "const", asm.nodes[b].op == "const"
        if (other and not number) or (a > b and number == other):
            args = (b, a)
    return asm.add(op, args, attr, shape)


def _is(asm: Assembly, i: int, number: float) -> bool:
    node = asm.nodes[i]
    return node.op == "const" and bool(node.attr[0] == number)


def _zeros_like(asm: Assembly, *args: int) -> int:
    return broadcast(asm, const(asm, 0.0), joint([asm.nodes[i].shape for i in args]))


def _whole(asm: Assembly, x: int, other: int) -> int:
    return broadcast(asm, x, joint([asm.nodes[x].shape, asm.nodes[other].shape]))


def _add(asm: Assembly, a: int, b: int) -> int | None:
    for x, y in ((a, b), (b, a)):
        if _is(asm, y, 0.0):
            return _whole(asm, x, y)
        if asm.nodes[y].op == "neg":
            return elementwise(asm, "sub", x, asm.nodes[y].args[0])
    return elementwise(asm, "mul", const(asm, 2.0), a) if a == b else None


def _sub(asm: Assembly, a: int, b: int) -> int | None:
    if _is(asm, b, 0.0):
        return _whole(asm, a, b)
    if _is(asm, a, 0.0):
        return _whole(asm, elementwise(asm, "neg", b), a)
    if asm.nodes[b].op == "neg":
        return elementwise(asm, "add", a, asm.nodes[b].args[0])
    return None


def _neg(asm: Assembly, a: int) -> int | None:
    node = asm.nodes[a]
    if node.op == "neg":
        return node.args[0]
    if node.op == "sub":
        return elementwise(asm, "sub", *node.args[::-1])
    if node.op == "mul" and asm.nodes[node.args[0]].op == "const":
        return elementwise(asm, "mul", const(asm, -asm.nodes[node.args[0]].attr[0]), node.args[1])
    return None


def _mul(asm: Assembly, a: int, b: int) -> int | None:
    for x, y in ((a, b), (b, a)):
        if _is(asm, y, 1.0):
            return _whole(asm, x, y)
        if _is(asm, y, 0.0):
            return _zeros_like(asm, x, y)
        if _is(asm, y, -1.0):
            return elementwise(asm, "neg", x)
        node = asm.nodes[x]
        if asm.nodes[y].op == "const" and node.op in ("neg", "mul", "div"):
            return _scale_inside(asm, asm.nodes[y].attr[0], node)
        if node.op == "neg":
            return elementwise(asm, "neg", elementwise(asm, "mul", node.args[0], y))
        if node.op == "mul" and asm.nodes[y].size < node.size:
            return _small_first(asm, node, y)
    return None


def _small_first(asm: Assembly, product: Node, y: int) -> int | None:
    """Large times small times small: the small ones are multiplied first."""
    for large, small in (product.args, product.args[::-1]):
        both = joint([asm.nodes[small].shape, asm.nodes[y].shape])
        if asm.nodes[large].shape == product.shape and prod(both) < prod(product.shape):
            return elementwise(asm, "mul", large, elementwise(asm, "mul", small, y))
    return None


def _scale_inside(asm: Assembly, c: float, node: Node) -> int | None:
    """c times a negative, product or quotient: c joins a number there, or the part that is smaller than the whole."""
    if node.op == "neg":
        return elementwise(asm, "mul", const(asm, -c), node.args[0])
    parts = list(node.args)
    numbers = [asm.nodes[i].attr[0] for i in parts if asm.nodes[i].op == "const"]
    if not movable(c, *numbers, *(c * number for number in numbers)):
        return None
    sizes = [asm.nodes[i].size for i in parts]
    for k in (0, 1) if node.op == "mul" else (0,):
        if asm.nodes[parts[k]].op == "const" or sizes[k] < node.size:
            parts[k] = elementwise(asm, "mul", const(asm, c), parts[k])
            return elementwise(asm, node.op, *parts)
    return None


def _div(asm: Assembly, a: int, b: int) -> int | None:
    if asm.nodes[b].op == "const" and movable(asm.nodes[b].attr[0]):
        return elementwise(asm, "mul", a, const(asm, 1.0 / asm.nodes[b].attr[0]))
    return _zeros_like(asm, a, b) if _is(asm, a, 0.0) else None


def _step(asm: Assembly, x: int) -> int | None:
    """Where relu(x) is made anyway, x is positive exactly where that is; then x itself need not be kept."""
    rectified = asm.find("relu", (x,), None, asm.nodes[x].shape)
    return None if rectified is None else asm.add("step", (rectified,), None, asm.nodes[x].shape)


def _exp(asm: Assembly, x: int) -> int | None:
    """exp(y - (m + log(s))) is exp(y - m) / s, where exp(y - m) is made anyway: so with softmax after logsumexp."""
    node = asm.nodes[x]
    if node.op != "sub":
        return None
    y, low = node.args
    small = asm.nodes[low].args[0] if asm.nodes[low].op == "reshape" else low
    if asm.nodes[small].op != "add":
        return None
    for m, total in (asm.nodes[small].args, asm.nodes[small].args[::-1]):
        if asm.nodes[total].op == "log" and asm.nodes[m].shape == asm.nodes[total].shape:
            difference = asm.find("sub", (y, reshape(asm, m, asm.nodes[low].shape)), None, node.shape)
            made = None if difference is None else asm.find("exp", (difference,), None, node.shape)
            if made is not None:
                share = elementwise(asm, "div", const(asm, 1.0), asm.nodes[total].args[0])
                return elementwise(asm, "mul", made, reshape(asm, share, asm.nodes[low].shape))
    return None


_SIMPLER: dict[str, Callable[..., int | None]] = {
    "add": _add, "sub": _sub, "neg": _neg, "mul": _mul, "div": _div, "step": _step, "exp": _exp,
}  # fmt: skip


def reshape(asm: Assembly, x: int, shape: Shape) -> int:
    """The same elements in row-major order in another shape."""
    node = asm.nodes[x]
    if node.shape == shape:
        return x
    if node.op == "reshape":
        return reshape(asm, node.args[0], shape)
    if node.op == "broadcast" and (small := _reshaped_broadcast(asm, node, shape)) is not None:
        return small
    if node.op in ("permute", "slice") and not _only_ones(node.shape, shape):
        # The elements do not lie one after another, so a view will not do.
        x = asm.add("copy", (x,), None, node.shape)
    return asm.add("reshape", (x,), None, shape)


def _only_ones(a: Shape, b: Shape) -> bool:
    """Whether two shapes differ by axes of size 1 only."""
    return [s for s in a if s != 1] == [s for s in b if s != 1]


def _reshaped_broadcast(asm: Assembly, node: Node, shape: Shape) -> int | None:
    """A reshape that only adds or drops axes of size 1 is done before the broadcast; so is any of a number."""
    inner = asm.nodes[node.args[0]]
    if inner.size == 1:
        return broadcast(asm, reshape(asm, node.args[0], ()), shape)
    if not _only_ones(node.shape, shape):
        return None
    aligned = (1,) * (len(node.shape) - len(inner.shape)) + inner.shape
    sizes = iter([small for small, full in zip(aligned, node.shape, strict=True) if full != 1])
    return broadcast(asm, reshape(asm, node.args[0], tuple(1 if s == 1 else next(sizes) for s in shape)), shape)


def permute(asm: Assembly, x: int, axes: Sequence[int]) -> int:
    """Axes in another order."""
    node, axes = asm.nodes[x], tuple(axes)
    if axes == tuple(range(len(axes))):
        return x
    if node.op == "permute":
        return permute(asm, node.args[0], [node.attr[i] for i in axes])
    shape = tuple(node.shape[i] for i in axes)
    if node.op == "broadcast":
        inner = asm.nodes[node.args[0]]
        aligned = reshape(asm, node.args[0], (1,) * (len(node.shape) - len(inner.shape)) + inner.shape)
        return broadcast(asm, permute(asm, aligned, axes), shape)
    kept = [i for i in axes if node.shape[i] != 1]
    if kept == sorted(kept):
        return reshape(asm, x, shape)
    return asm.add("permute", (x,), axes, shape)


def reduced(asm: Assembly, op: str, x: int, axes: Sequence[int]) -> int:
    """The sum or the maximum along axes, which are dropped."""
    node = asm.nodes[x]
    shape = tuple(s for i, s in enumerate(node.shape) if i not in axes)
    if all(node.shape[i] == 1 for i in axes):
        return reshape(asm, x, shape)
    if node.op == "broadcast":
        inner = asm.nodes[node.args[0]]
        aligned = (1,) * (len(node.shape) - len(inner.shape)) + inner.shape
        times = prod(node.shape[i] for i in axes if aligned[i] == 1)
        small = reduced(asm, op, reshape(asm, node.args[0], aligned), axes)
        if op == "sum" and times != 1:
            small = elementwise(asm, "mul", const(asm, float(times)), small)
        return broadcast(asm, small, shape)
    return asm.add(op, (x,), tuple(axes), shape)


def remade(asm: Assembly, node: Node, args: tuple[int, ...]) -> int:
    """An operation again on other nodes of the same shapes, with all that can now be simplified."""
    if node.op in ELEMENTWISE:
        return elementwise(asm, node.op, *args, attr=node.attr)
    if node.op == "broadcast":
        return broadcast(asm, args[0], node.shape)
    if node.op == "reshape":
        return reshape(asm, args[0], node.shape)
    if node.op == "permute":
        return permute(asm, args[0], node.attr)
    if node.op in ("sum", "max"):
        return reduced(asm, node.op, args[0], node.attr)
    return asm.add(node.op, args, node.attr, node.shape)
