"""Layers and losses, written with the generators: each is an ordinary diagram that can be drawn and reversed.

>>> from catlearn import Real, relu, trace
>>> trace(lambda x, w: max_pool(relu(conv2d(x, w)), 2), Real(28, 28, 1) @ Real(3, 3, 1, 8)).cod
Real(13, 13, 8)
"""

from __future__ import annotations

from catlearn.diagrams.theories.smooth import linear, reductions
from catlearn.diagrams.theories.smooth.arithmetic import exp, show, sqrt
from catlearn.diagrams.theories.smooth.arrays import einsum, logsumexp, matmul, mean, reshape, sum, transpose
from catlearn.diagrams.trace import Wire
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
    """x - logsumexp(x) along an axis."""
    return x - logsumexp(x, axis, keepdims=True)


def softmax(x: Wire, axis: int = -1) -> Wire:
    """exp(x) / sum(exp(x)) along an axis, without overflow."""
    return exp(log_softmax(x, axis))


def cross_entropy(logits: Wire, target: Wire, axis: int = -1) -> Wire:
    """Softmax cross-entropy of logits against target probabilities (one-hot rows for classes), along an axis."""
    return logsumexp(logits, axis) * sum(target, axis) - sum(logits * target, axis)


def squared_error(x: Wire, target: Wire) -> Wire:
    """Half the squared distance: 0.5 * sum((x - target)**2)."""
    difference = x - target
    return sum(difference * difference) * 0.5


def layer_norm(x: Wire, gain: Wire, bias: Wire, epsilon: float = 1e-5) -> Wire:
    """Normalize the last axis to mean 0 and variance 1, then scale and shift: Ba et al., arXiv:1607.06450."""
    centered = x - mean(x, -1, keepdims=True)
    variance = mean(centered * centered, -1, keepdims=True)
    return centered / sqrt(variance + epsilon) * gain + bias


def attention(query: Wire, key: Wire, value: Wire) -> Wire:
    """Scaled dot-product attention: Vaswani et al., arXiv:1706.03762.

    Shapes: query (m, d), key (n, d), value (n, v) give (m, v); with heads as a first axis on all three.
    """
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
    """
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
    """The largest element of each window of an image (..., height, width, channels); windows do not overlap."""
    return reductions.max_pool_(x, data=_two("max_pool: a window", window))


def _two(what: str, value: int | tuple[int, int]) -> tuple[int, int]:
    """A number for both directions, or one for each."""
    found = (value, value) if isinstance(value, int) else value
    if not isinstance(found, tuple | list) or [type(n) for n in found] != [int, int]:
        raise ShapeMismatch(f"{what} is a whole number or two of them, not {value!r}")
    return found[0], found[1]
