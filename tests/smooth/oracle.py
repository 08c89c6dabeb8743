"""What every generator means, written with autograd's numpy: an oracle that shares no code with catlearn's programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp
from autograd.extend import defvjp, primitive

from catlearn import Diagram, unfolded

Array = Any
Sizes = dict[str, int]


@primitive
def stop(x: Array) -> Array:
    return x


defvjp(stop, None)


def where(condition: Array) -> Array:
    return anp.where(condition, 1.0, 0.0)


def parts(slices: Any) -> tuple[slice, ...]:
    return tuple(slice(*part) for part in slices)


def taken(axis: int, indices: Sequence[int]) -> tuple[Any, ...]:
    return (slice(None),) * axis + (list(indices),)


def adjoint(function: Callable[[Array], Array], shape: tuple[int, ...], d: Array) -> Array:
    """The transpose of a linear function on arrays of a shape."""
    return make_vjp(function)(np.zeros(shape))[0](d)


def im2col(data: Any, x: Array) -> Array:
    kh, kw, sh, sw = data
    oh, ow = (x.shape[-3] - kh) // sh + 1, (x.shape[-2] - kw) // sw + 1
    ends = sh * (oh - 1) + 1, sw * (ow - 1) + 1
    windows = [x[..., i : i + ends[0] : sh, j : j + ends[1] : sw, :] for i in range(kh) for j in range(kw)]
    return anp.concatenate(windows, axis=-1)


def cells(data: Any, x: Array) -> Array:
    """An image cut in windows: axes (..., rows, kh, columns, kw, channels)."""
    (kh, kw), (*rest, h, w, c) = data, x.shape
    cut = x[..., : h // kh * kh, : w // kw * kw, :]
    return anp.reshape(cut, (*rest, h // kh, kh, w // kw, kw, c))


def uncut(data: Any, x: Array, cut: Array) -> Array:
    """Windows put together again, with zeros in the remainder."""
    (kh, kw), (*_, h, w, _) = data, x.shape
    whole = anp.reshape(cut, (*x.shape[:-3], h // kh * kh, w // kw * kw, x.shape[-1]))
    edges = [(0, 0)] * (len(x.shape) - 3) + [(0, h % kh), (0, w % kw), (0, 0)]
    return anp.pad(whole, edges, mode="constant")


def spread(y: Array) -> Array:
    return y[..., :, None, :, None, :]


def found(data: Any, x: Array, y: Array) -> Array:
    return where(cells(data, x) == spread(y))


def broadcast(data: Any, sizes: Sizes, x: Array) -> Array:
    shape, axes = tuple(sizes.get(s, s) for s in data[0]), data[1]
    turned = anp.transpose(x, sorted(range(len(axes)), key=axes.__getitem__))
    aligned = anp.reshape(turned, tuple(s if i in axes else 1 for i, s in enumerate(shape)))
    return aligned * anp.ones(shape)


def constant(data: Any, sizes: Sizes) -> Array:
    shape = tuple(sizes.get(s, s) for s in data[1])
    return np.reshape(data[0], shape) if isinstance(data[0], tuple) else np.full(shape, data[0])


def scan(data: Any, sizes: Sizes, *inputs: Array) -> tuple[Array, ...]:
    body, length, carries, sequences, backward = data
    steps = range(sizes.get(length, length))
    carry, seqs, shared = inputs[:carries], inputs[carries : carries + sequences], inputs[carries + sequences :]
    rows = []
    for i in reversed(steps) if backward else steps:
        made = meaning(body, (*carry, *(s[i] for s in seqs), *shared))
        carry, row = made[:carries], made[carries:]
        rows.append(row)
    rows = rows[::-1] if backward else rows
    return (*carry, *(anp.stack(column) for column in zip(*rows, strict=True)))


ORACLE: dict[str, Callable[..., Any]] = {
    "add": lambda data, s, a, b: a + b,
    "sub": lambda data, s, a, b: a - b,
    "neg": lambda data, s, a: -a,
    "scale": lambda data, s, a: a * data[0] / np.prod([s[name] for name in data[1:]]),
    "constant": constant,
    "sum": lambda data, s, a: anp.sum(a, axis=tuple(data)),
    "broadcast": broadcast,
    "reshape": lambda data, s, a: anp.reshape(a, tuple(s.get(n, n) for n in data)),
    "permute": lambda data, s, a: anp.transpose(a, data),
    "slice": lambda data, s, a: a[parts(data)],
    "pad": lambda data, s, a: adjoint(lambda x: x[parts(data[0])], tuple(s.get(n, n) for n in data[1]), a),
    "take": lambda data, s, a: a[taken(*data)],
    "put": lambda data, s, a: adjoint(
        lambda x: x[taken(*data[:2])], (*a.shape[: data[0]], data[2], *a.shape[data[0] + 1 :]), a
    ),
    "concatenate": lambda data, s, *a: anp.concatenate(a, axis=data),
    "im2col": lambda data, s, a: im2col(data, a),
    "col2im": lambda data, s, a: adjoint(
        lambda x: im2col(data[:4], x), (*a.shape[:-3], *data[4:], a.shape[-1] // (data[0] * data[1])), a
    ),
    "exp": lambda data, s, a: anp.exp(a),
    "log": lambda data, s, a: anp.log(a),
    "log1p": lambda data, s, a: anp.log1p(a),
    "expm1": lambda data, s, a: anp.expm1(a),
    "sqrt": lambda data, s, a: anp.sqrt(a),
    "sin": lambda data, s, a: anp.sin(a),
    "cos": lambda data, s, a: anp.cos(a),
    "tanh": lambda data, s, a: anp.tanh(a),
    "sigmoid": lambda data, s, a: 1.0 / (1.0 + anp.exp(-a)),
    "softplus": lambda data, s, a: anp.logaddexp(0.0, a),
    "relu": lambda data, s, a: anp.where(a > 0, a, 0.0),
    "abs": lambda data, s, a: anp.abs(a),
    "sign": lambda data, s, a: anp.sign(a),
    "step": lambda data, s, a: where(a > 0),
    "stop": lambda data, s, a: stop(a),
    "shift": lambda data, s, a: a + data[0],
    "power": lambda data, s, a: a ** data[0],
    "mul": lambda data, s, a, b: a * b,
    "div": lambda data, s, a, b: a / b,
    "maximum": lambda data, s, a, b: anp.maximum(a, b),
    "at_least": lambda data, s, a, b: where(a >= b),
    "equals": lambda data, s, a, b: where(a == b),
    "select": lambda data, s, m, a, b: anp.where(m != 0, a, b),
    "einsum": lambda data, s, a, b: anp.einsum(data, a, b),
    "max": lambda data, s, a: anp.max(a, axis=tuple(data)),
    "logsumexp": lambda data, s, a: anp.log(anp.sum(anp.exp(a), axis=tuple(data))),
    "max_pool": lambda data, s, a: anp.max(cells(data, a), axis=(-4, -2)),
    "unpool": lambda data, s, x, y, d: uncut(data, x, found(data, x, y) * spread(d)),
    "pooled": lambda data, s, x, y, v: anp.sum(found(data, x, y) * cells(data, v), axis=(-4, -2)),
    "inverse": lambda data, s, a: anp.linalg.inv(a),
    "log_determinant": lambda data, s, a: anp.linalg.slogdet(a)[1],
    "scan": scan,
}
"""Generator name -> function of (data, sizes of named dimensions, arrays)."""


def sizes_of(d: Diagram, arrays: Sequence[Array]) -> Sizes:
    named = {}
    for ob, array in zip(d.dom.obs, arrays, strict=True):
        named |= {size: n for size, n in zip(ob.sizes, array.shape, strict=True) if isinstance(size, str)}
    return named


def meaning(d: Diagram, arrays: Sequence[Array]) -> tuple[Array, ...]:
    """Run a smooth diagram, box by box, on arrays that autograd may be tracing."""
    wiring, at, sizes = unfolded(d), list(arrays), sizes_of(d, arrays)
    for box, reads, _ in wiring.steps():
        made = ORACLE[box.name](box.data, sizes, *(at[i] for i in reads))
        at.extend(made if isinstance(made, tuple) else (made,))
    return tuple(at[i] for i in wiring.outputs.tolist())


def pulled_back(d: Diagram, arrays: Sequence[Array], cotangents: Sequence[Array]) -> tuple[Array, ...]:
    """The cotangents of the inputs, by autograd."""

    def paired(inputs: tuple[Array, ...]) -> Array:
        # The zeros keep every input in the answer, for autograd complains of those that are not.
        made = sum((anp.sum(w * y) for w, y in zip(cotangents, meaning(d, inputs), strict=True)), 0.0)
        return made + sum(0.0 * anp.sum(x) for x in inputs)

    return tuple(make_vjp(paired)(tuple(arrays))[0](1.0)) if arrays else ()
