"""How each generator is written in the operations that programs have: a rule for every name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.types import Ob
from catlearn.errors import InputMismatch, TypeMismatch
from catlearn.interpreters.program.algebra import broadcast, const, elementwise, permute, reduced, reshape
from catlearn.interpreters.program.node import Assembly, Shape
from catlearn.interpreters.program.products import contract

__all__ = ["LOWERINGS", "Lowering", "Sizes", "lowering", "shape_of"]

Sizes = Mapping[str, int]
Lowering = Callable[[Assembly, Box, Sizes, list[int], Shape], int | list[int]]

LOWERINGS: dict[str, Lowering] = {}
"""For each generator, how it is written as nodes."""


def lowering(name: str) -> Callable[[Lowering], Lowering]:
    """Register how boxes of this name are written as nodes."""

    def register(rule: Lowering) -> Lowering:
        LOWERINGS[name] = rule
        return rule

    return register


def shape_of(ob: Ob, sizes: Sizes) -> Shape:
    """The shape of an object when its named dimensions have these sizes. Raises `InputMismatch`, `TypeMismatch`."""
    if ob.kind != "Real":
        raise TypeMismatch(f"{ob} carries no real array, so programs cannot hold it; for a model of kernels take infer")
    try:
        return tuple(size if isinstance(size, int) else sizes[size] for size in ob.sizes)
    except KeyError as error:
        raise InputMismatch(
            f"the size of dimension {error.args[0]!r} is not known, as no input has it; write it as a number"
        ) from None


def _plain(op: str, attr: Callable[[Any], Any] = lambda data: None) -> None:
    @lowering(op)
    def rule(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
        return elementwise(asm, op, *args, attr=attr(box.data))


_PLAIN = "neg exp log log1p expm1 sqrt sin cos tanh abs sign step relu sigmoid add sub mul div maximum at_least equals"
for _op in (*_PLAIN.split(), "select"):
    _plain(_op)


@lowering("power")
def _power(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    (x,), (c,) = args, box.data
    simple: dict[float, Callable[[], int]] = {
        0.0: lambda: broadcast(asm, const(asm, 1.0), shape),
        1.0: lambda: x,
        2.0: lambda: elementwise(asm, "mul", x, x),
        3.0: lambda: elementwise(asm, "mul", elementwise(asm, "mul", x, x), x),
        0.5: lambda: elementwise(asm, "sqrt", x),
        -1.0: lambda: elementwise(asm, "div", const(asm, 1.0), x),
    }
    return simple[c]() if c in simple else elementwise(asm, "power", x, attr=c)


@lowering("stop")
def _stop(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    return args[0]


@lowering("softplus")
def _softplus(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    """max(x, 0) + log(1 + exp(-|x|)), which never overflows."""
    (x,) = args
    small = elementwise(asm, "exp", elementwise(asm, "neg", elementwise(asm, "abs", x)))
    return elementwise(asm, "add", elementwise(asm, "relu", x), elementwise(asm, "log1p", small))


@lowering("scale")
def _scale(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    factor, *over = box.data
    count = prod(sizes[name] for name in over)
    if count == 0:
        raise InputMismatch(f"a mean along dimension {over[0]!r} of size 0 has no value")
    return elementwise(asm, "mul", const(asm, factor / count), args[0])


@lowering("shift")
def _shift(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    return elementwise(asm, "add", const(asm, box.data[0]), args[0])


@lowering("constant")
def _constant(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    value = box.data[0]
    if isinstance(value, tuple):
        return asm.add("array", (), value, shape)
    return broadcast(asm, const(asm, value), shape)


@lowering("sum")
def _sum(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    return reduced(asm, "sum", args[0], box.data)


def _check_some(asm: Assembly, box: Box, x: int) -> None:
    if any(asm.nodes[x].shape[axis] == 0 for axis in box.data):
        raise InputMismatch(f"{box.name}: there is no largest element along an axis of size 0")


@lowering("max")
def _max(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    _check_some(asm, box, args[0])
    return reduced(asm, "max", args[0], box.data)


@lowering("logsumexp")
def _logsumexp(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    """m + log(sum(exp(x - m))) with m the largest element, or a finite number where that is infinite."""
    (x,) = args
    _check_some(asm, box, x)
    whole = asm.nodes[x].shape
    largest = elementwise(asm, "finite", reduced(asm, "max", x, box.data))
    aligned = reshape(asm, largest, tuple(1 if i in box.data else s for i, s in enumerate(whole)))
    total = reduced(asm, "sum", elementwise(asm, "exp", elementwise(asm, "sub", x, aligned)), box.data)
    return elementwise(asm, "add", largest, elementwise(asm, "log", total))


@lowering("broadcast")
def _broadcast(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    axes = box.data[1]
    order = sorted(range(len(axes)), key=axes.__getitem__)
    turned = permute(asm, args[0], order)
    return broadcast(asm, reshape(asm, turned, tuple(s if i in axes else 1 for i, s in enumerate(shape))), shape)


@lowering("reshape")
def _reshape(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    return reshape(asm, args[0], shape)


@lowering("permute")
def _permute(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    return permute(asm, args[0], box.data)


@lowering("einsum")
def _einsum(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    return contract(asm, box.data, *args)


WHOLE = (None, None, None)


@lowering("slice")
def _slice(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    whole = all(part == WHOLE for part in box.data)
    return args[0] if whole else asm.add("slice", (args[0],), box.data, shape)


@lowering("pad")
def _pad(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    parts = box.data[0]
    return args[0] if all(part == WHOLE for part in parts) else asm.add("pad", (args[0],), parts, shape)


def _gather(name: str) -> None:
    @lowering(name)
    def rule(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
        axis, indices, *_ = box.data
        if not indices:
            return broadcast(asm, const(asm, 0.0), shape)
        return asm.add(name, (args[0],), (axis, indices), shape)


_gather("take")
_gather("put")


@lowering("inverse")
def _inverse(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    (x,) = args
    return elementwise(asm, "div", const(asm, 1.0), x) if shape[-1] == 1 else asm.add("inverse", (x,), None, shape)


@lowering("log_determinant")
def _log_determinant(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
    (x,) = args
    if asm.nodes[x].shape[-1] == 1:
        return elementwise(asm, "log", elementwise(asm, "abs", reshape(asm, x, shape)))
    return asm.add("log_determinant", (x,), None, shape)


def _kernel(name: str, attr: Callable[[Any], Any] = lambda data: data) -> None:
    @lowering(name)
    def rule(asm: Assembly, box: Box, sizes: Sizes, args: list[int], shape: Shape) -> int:
        return asm.add(name, tuple(args), attr(box.data), shape)


_KERNELS = "concatenate im2col col2im max_pool unpool pooled"
for _op in _KERNELS.split():
    _kernel(_op)
