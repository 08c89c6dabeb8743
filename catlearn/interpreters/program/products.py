"""Products of arrays, from Einstein's notation to what BLAS does: a multiplication, a dot product, a matrix product.

The letters of a product fall into four classes: in both inputs and the output (batch), in both inputs only
(contracted), in one input and the output (left, right). Axes of size 1, and axes along which an input is only
repeated, are taken out first; they cost nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from catlearn.interpreters.program.algebra import broadcast, const, elementwise, permute, reduced, reshape
from catlearn.interpreters.program.node import Assembly, Shape

__all__ = ["contract", "sum_of_product"]


@dataclass(frozen=True)
class _Term:
    """An array with a letter for each axis."""

    node: int
    letters: str


def contract(asm: Assembly, spec: str, a: int, b: int) -> int:
    """The node of `einsum(spec, a, b)`."""
    reads, out = spec.split("->")
    s, t = reads.split(",")
    sizes = dict(zip(s + t, asm.nodes[a].shape + asm.nodes[b].shape, strict=True))
    left, right = _trim(asm, _Term(a, s)), _trim(asm, _Term(b, t))
    # An axis that is summed and along which both are only repeated counts as often as it is long.
    times = prod(sizes[c] for c in set(s + t) - set(left.letters + right.letters + out))
    left, right = _sum_alone(asm, left, right.letters + out), _sum_alone(asm, right, left.letters + out)
    core = "".join(c for c in out if c in left.letters or c in right.letters)
    result = _product(asm, left, right, core)
    if times != 1:
        result = elementwise(asm, "mul", const(asm, float(times)), result)
    aligned = reshape(asm, result, tuple(sizes[c] if c in core else 1 for c in out))
    return broadcast(asm, aligned, tuple(sizes[c] for c in out))


def sum_of_product(asm: Assembly, a: int, b: int, shape: Shape, axes: Sequence[int]) -> int:
    """The sum along axes of a product of two arrays that broadcast to `shape`, as one contraction."""
    letters = LETTERS[: len(shape)]
    out = "".join(c for i, c in enumerate(letters) if i not in axes)
    return contract(asm, f"{letters},{letters}->{out}", broadcast(asm, a, shape), broadcast(asm, b, shape))


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _trim(asm: Assembly, term: _Term) -> _Term:
    """Without axes of size 1, and without those along which the array is only repeated; and as it lies in memory."""
    node = asm.nodes[term.node]
    inner = asm.nodes[node.args[0]].shape if node.op == "broadcast" else node.shape
    aligned = (1,) * (len(node.shape) - len(inner)) + inner
    letters = "".join(c for c, size in zip(term.letters, aligned, strict=True) if size != 1)
    core = node.args[0] if node.op == "broadcast" else term.node
    small = reshape(asm, core, tuple(size for size in aligned if size != 1))
    turned = asm.nodes[small]
    if turned.op != "permute":
        return _Term(small, letters)
    return _Term(turned.args[0], "".join(letters[turned.attr.index(i)] for i in range(len(letters))))


def _sum_alone(asm: Assembly, term: _Term, others: str) -> _Term:
    """Sum over letters that nobody else has."""
    axes = [i for i, c in enumerate(term.letters) if c not in others]
    letters = "".join(c for c in term.letters if c in others)
    return _Term(reduced(asm, "sum", term.node, axes), letters) if axes else term


def _product(asm: Assembly, a: _Term, b: _Term, out: str) -> int:
    contracted = "".join(c for c in a.letters if c in b.letters and c not in out)
    batch = "".join(c for c in out if c in a.letters and c in b.letters)
    left = "".join(c for c in out if c in a.letters and c not in b.letters)
    right = "".join(c for c in out if c in b.letters and c not in a.letters)
    if not contracted:
        return elementwise(asm, "mul", _align(asm, a, out), _align(asm, b, out))
    if batch and not (left and right):
        shape = tuple(_sizes(asm, a, b)[c] for c in out)
        return asm.add("einsum", (a.node, b.node), f"{a.letters},{b.letters}->{out}", shape)
    if batch:
        return _stacked(asm, a, b, batch, left, right, contracted, out)
    flipped = not out.startswith(left) or (left and right and out.index(right[0]) < out.index(left[0]))
    if flipped:
        a, b, left, right = b, a, right, left
    # The order of the contracted axes is free: take one in which no array must be copied, if there is one.
    order = next((o for o in _orders(contracted, a, b) if _lies(a, left, o) and _lies(b, right, o)), contracted)
    x, y = _matrix(asm, a, left, order), _matrix(asm, b, order, right)
    m, n = asm.nodes[x].shape[: 1 if left else 0], asm.nodes[y].shape[1:] if right else ()
    flat = asm.add("dot", (x, y), None, (*m, *n))
    sizes = _sizes(asm, a, b)
    full = reshape(asm, flat, tuple(sizes[c] for c in left + right))
    return permute(asm, full, [(left + right).index(c) for c in out])


def _sizes(asm: Assembly, *terms: _Term) -> dict[str, int]:
    return {c: size for t in terms for c, size in zip(t.letters, asm.nodes[t.node].shape, strict=True)}


def _align(asm: Assembly, term: _Term, out: str) -> int:
    """Axes in the order of the output, with axes of size 1 where the term has none."""
    order = [term.letters.index(c) for c in out if c in term.letters]
    sizes = _sizes(asm, term)
    return reshape(asm, permute(asm, term.node, order), tuple(sizes.get(c, 1) for c in out))


def _orders(contracted: str, a: _Term, b: _Term) -> list[str]:
    return ["".join(c for c in t.letters if c in contracted) for t in (a, b)]


def _lies(term: _Term, free: str, contracted: str) -> bool:
    return term.letters in (free + contracted, contracted + free)


def _matrix(asm: Assembly, term: _Term, rows: str, columns: str) -> int:
    """The term as a matrix of these rows and columns, or a vector where one of them is empty."""
    sizes = _sizes(asm, term)
    shape = [prod(sizes[c] for c in part) for part in (rows, columns) if part]
    if term.letters == columns + rows and rows and columns:
        return permute(asm, reshape(asm, term.node, tuple(shape[::-1])), (1, 0))
    ordered = permute(asm, term.node, [term.letters.index(c) for c in rows + columns])
    return reshape(asm, ordered, tuple(shape))


def _stacked(asm: Assembly, a: _Term, b: _Term, batch: str, left: str, right: str, contracted: str, out: str) -> int:
    """A stack of matrix products, one for each index of the batch axes."""
    sizes = _sizes(asm, a, b)
    count, m, k, n = (prod(sizes[c] for c in part) for part in (batch, left, contracted, right))
    x = _stack_of(asm, a, batch, left, contracted, (count, m, k))
    y = _stack_of(asm, b, batch, contracted, right, (count, k, n))
    flat = asm.add("matmul", (x, y), None, (count, m, n))
    full = reshape(asm, flat, tuple(sizes[c] for c in batch + left + right))
    return permute(asm, full, [(batch + left + right).index(c) for c in out])


def _stack_of(asm: Assembly, term: _Term, batch: str, rows: str, columns: str, shape: tuple[int, ...]) -> int:
    if term.letters == batch + columns + rows:
        turned = reshape(asm, term.node, (shape[0], shape[2], shape[1]))
        return permute(asm, turned, (0, 2, 1))
    ordered = permute(asm, term.node, [term.letters.index(c) for c in batch + rows + columns])
    return reshape(asm, ordered, shape)
