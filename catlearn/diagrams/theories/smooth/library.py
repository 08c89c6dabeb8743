"""Layers and losses, written with the generators: each is an ordinary diagram that can be drawn and reversed.

>>> from catlearn import Real, relu, trace
>>> trace(lambda x, w: max_pool(relu(conv2d(x, w)), 2), Real(28, 28, 1) @ Real(3, 3, 1, 8)).cod
Real(13, 13, 8)
"""

from __future__ import annotations

from catlearn.diagrams.theories.smooth import linear, reductions
from catlearn.diagrams.theories.smooth.arithmetic import as_wire, broadcast_to, common, exp, show, sqrt
from catlearn.diagrams.theories.smooth.arrays import einsum, logsumexp, matmul, mean, reshape, sum, transpose
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch

__all__ = [
    "attention",
    "conv2d",
    "cross_entropy",
    "layer_norm",
    "log_softmax",
    "max_pool",
    "softmax",
    "squared_error",
]


def log_softmax(x: Wire, axis: int = -1) -> Wire:
    """x - logsumexp(x) along an axis.

    The shape stays; errors are those of `logsumexp`.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: log_softmax(x), Real("n", 10)).cod
    Real("n", 10)
    """
    x = as_wire(x)
    return x - _again(logsumexp(x, axis), x, axis)


def _again(reduced: Wire, x: Wire, axis: int = -1) -> Wire:
    """What an axis of x was reduced to, all along that axis."""
    return linear.back(reduced, x, (axis % len(x.shape),))


def softmax(x: Wire, axis: int = -1) -> Wire:
    """exp(x) / sum(exp(x)) along an axis, without overflow.

    The shape stays; errors are those of `logsumexp`.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: softmax(x, axis=0), Real(10)).cod
    Real(10)
    """
    return exp(log_softmax(x, axis))


def cross_entropy(logits: Wire, target: Wire, axis: int = -1) -> Wire:
    """Softmax cross-entropy of logits against target probabilities (one-hot rows for classes), along an axis.

    The axis is summed away; `ShapeMismatch` where the shapes do not broadcast.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: cross_entropy(x, y), Real("n", 10) @ Real("n", 10)).cod
    Real("n")
    """
    logits, target = as_wire(logits), as_wire(target)
    shape = common(logits.shape, target.shape)
    logits, target = broadcast_to(logits, shape), broadcast_to(target, shape)
    return logsumexp(logits, axis) * sum(target, axis) - sum(logits * target, axis)


def squared_error(x: Wire, target: Wire) -> Wire:
    """Half the squared distance: 0.5 * sum((x - target)**2).

    A number; `ShapeMismatch` where the shapes do not broadcast.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: squared_error(x, y), Real(3) @ Real(3)).cod
    Real()
    """
    difference = as_wire(x) - target
    return sum(difference * difference) * 0.5


def layer_norm(x: Wire, gain: Wire, bias: Wire, epsilon: float = 1e-5) -> Wire:
    """Normalize the last axis to mean 0 and variance 1, then scale and shift: Ba et al., arXiv:1607.06450.

    The shape stays; `ShapeMismatch` where gain and bias do not broadcast with it.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: layer_norm(x, 1.0, 0.0), Real("n", 10)).cod
    Real("n", 10)
    """
    x = as_wire(x)
    if not x.shape:
        raise ShapeMismatch("layer_norm: a number has no last axis; give an array")
    centered = x - _again(mean(x, -1), x)
    deviation = sqrt(mean(centered * centered, -1) + epsilon)
    return centered / _again(deviation, x) * gain + bias


def attention(query: Wire, key: Wire, value: Wire) -> Wire:
    """Scaled dot-product attention: Vaswani et al., arXiv:1706.03762.

    Shapes: query (m, d), key (n, d), value (n, v) give (m, v); with heads as a first axis on all three.

    Raises `ShapeMismatch` where the sizes do not fit.

    >>> from catlearn import Real, trace
    >>> trace(attention, Real(5, 8) @ Real(7, 8) @ Real(7, 2)).cod
    Real(5, 2)
    """
    query, key, value = as_wire(query), as_wire(key), as_wire(value)
    d = query.shape[-1] if min(len(w.shape) for w in (query, key, value)) >= 2 else ""
    if isinstance(d, str) or key.shape[-1] != d or d == 0:
        shapes = ", ".join(show(w.shape) for w in (query, key, value))
        raise ShapeMismatch(f"attention: {shapes}: query and key need the same last size, a number")
    order = (*range(len(key.shape) - 2), len(key.shape) - 1, len(key.shape) - 2)
    scores = matmul(query, transpose(key, order)) * (1.0 / d**0.5)
    return matmul(softmax(scores), value)


def conv2d(x: Wire, w: Wire, stride: int | tuple[int, int] = 1) -> Wire:
    """Convolution (cross-correlation) without padding, by rows of windows.

    Shapes: image (..., height, width, channels), weights (kernel height, kernel width, channels, filters); gives
    (..., height', width', filters).

    Raises `ShapeMismatch` where channels differ, or the image is smaller than the kernel.

    >>> from catlearn import Real, trace
    >>> trace(lambda x, y: conv2d(x, y, stride=2), Real(9, 9, 3) @ Real(3, 3, 3, 8)).cod
    Real(4, 4, 8)
    """
    x, w = as_wire(x), as_wire(w)
    sizes = [size for size in w.shape if isinstance(size, int)]
    if len(w.shape) != 4 or len(x.shape) < 3 or x.shape[-1] != w.shape[2] or len(sizes) < 4:
        shapes = f"an image {show(x.shape)} and weights {show(w.shape)}"
        raise ShapeMismatch(f"conv2d: {shapes} need the same channels, and numbers for all sizes of the weights")
    kh, kw, channels, filters = sizes
    down, across = _two("conv2d: a stride", stride)
    windows = linear.im2col(x, data=(kh, kw, down, across))
    letters = "abcdefghij"[: len(windows.shape) - 1]
    return einsum(f"{letters}x,xy->{letters}y", windows, reshape(w, kh * kw * channels, filters))


def max_pool(x: Wire, window: int | tuple[int, int]) -> Wire:
    """The largest element of each window of an image (..., height, width, channels); windows do not overlap.

    A remainder is left out. Raises `ShapeMismatch` where the image is smaller than the window.

    >>> from catlearn import Real, trace
    >>> trace(lambda x: max_pool(x, 2), Real(9, 8, 3)).cod
    Real(4, 4, 3)
    """
    return reductions.max_pool_(as_wire(x), data=_two("max_pool: a window", window))


def _two(what: str, value: int | tuple[int, int]) -> tuple[int, int]:
    """A number for both directions, or one for each."""
    found = (value, value) if isinstance(value, int) else value
    if not isinstance(found, tuple | list) or [type(n) for n in found] != [int, int]:
        raise ShapeMismatch(f"{what} is a whole number or two of them, not {value!r}")
    return found[0], found[1]
