"""Case e: two convolutions with pooling on 32 images; channels last, as the diagrams have them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import catlearn as cl
from benchmarks.case import Case
from catlearn import Real, Wire

__all__ = ["convolution"]


def diagram() -> cl.Diagram:
    """The diagram of value and gradient."""

    @cl.diagram(
        w=Real(3, 3, 1, 8), b=Real(8), v=Real(3, 3, 8, 16), c=Real(16), u=Real(400, 10), d=Real(10),
        x=Real(28, 28, 1), y=Real(10),
    )  # fmt: skip
    def sample(w: Wire, b: Wire, v: Wire, c: Wire, u: Wire, d: Wire, x: Wire, y: Wire) -> Wire:
        h = cl.max_pool(cl.relu(cl.conv2d(x, w) + b), 2)
        h = cl.max_pool(cl.relu(cl.conv2d(h, v) + c), 2)
        return cl.cross_entropy(cl.reshape(h, 400) @ u + d, y)

    losses = cl.batch(sample, "n", over=["x", "y"])
    return cl.value_and_gradient(losses >> cl.trace(cl.mean, losses.cod), wrt=["w", "b", "v", "c", "u", "d"])


def windows(x: Any) -> Any:
    """The 3 x 3 windows of images, one row each."""
    n, h, w, c = x.shape
    view = sliding_window_view(x, (3, 3), (1, 2)).transpose(0, 1, 2, 4, 5, 3)
    return view.reshape(n * (h - 2) * (w - 2), 9 * c)


def unwindow(rows: Any, n: int, h: int, w: int, c: int) -> Any:
    """Every window added in its place."""
    parts, image = rows.reshape(n, h - 2, w - 2, 3, 3, c), np.zeros((n, h, w, c))
    for i in range(3):
        for j in range(3):
            image[:, i : i + h - 2, j : j + w - 2] += parts[:, :, :, i, j]
    return image


def corners(x: Any) -> list[Any]:
    """The four elements of every 2 x 2 window."""
    h, w = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
    return [x[:, i:h:2, j:w:2] for i in (0, 1) for j in (0, 1)]


def pool(x: Any) -> Any:
    """The largest element of every 2 x 2 window."""
    a, b, c, d = corners(x)
    return np.maximum(np.maximum(a, b), np.maximum(c, d))


def unpool(x: Any, y: Any, dy: Any) -> Any:
    """The cotangent at the places where the largest element stood."""
    back = np.zeros_like(x)
    for source, target in zip(corners(x), corners(back), strict=True):
        np.multiply(source == y, dy, out=target)
    return back


def hand(w: Any, b: Any, v: Any, c: Any, u: Any, d: Any, x: Any, y: Any) -> tuple[Any, ...]:
    """Value and gradient in numpy; the rectifier comes after pooling, where there is a quarter to do."""
    n = len(x)
    rows1 = windows(x)
    a1 = rows1 @ w.reshape(9, 8)
    a1 += b
    a1 = a1.reshape(n, 26, 26, 8)
    p1 = pool(a1)
    rows2 = windows(np.maximum(p1, 0.0))
    a2 = rows2 @ v.reshape(72, 16)
    a2 += c
    a2 = a2.reshape(n, 11, 11, 16)
    p2 = pool(a2)
    flat = np.maximum(p2, 0.0).reshape(n, 400)
    logits = flat @ u
    logits += d
    logits -= logits.max(1, keepdims=True)
    p = np.exp(logits)
    total = p.sum(1)
    value = (np.log(total).sum() - np.vdot(logits, y)) / n
    p /= total[:, None]
    p -= y
    p /= n
    dp2 = (p @ u.T).reshape(p2.shape)
    dp2 *= p2 > 0
    da2 = unpool(a2, p2, dp2).reshape(-1, 16)
    dp1 = unwindow(da2 @ v.reshape(72, 16).T, n, 13, 13, 8)
    dp1 *= p1 > 0
    da1 = unpool(a1, p1, dp1).reshape(-1, 8)
    return (
        value, (rows1.T @ da1).reshape(w.shape), da1.sum(0), (rows2.T @ da2).reshape(v.shape), da2.sum(0),
        flat.T @ p, p.sum(0),
    )  # fmt: skip


def plain(np: Any, w: Any, b: Any, v: Any, c: Any, u: Any, d: Any, x: Any, y: Any) -> Any:
    """The mean loss in plain array code: nine products for each convolution."""

    def convolve(x: Any, w: Any) -> Any:
        n, h, k, ci = x.shape
        parts = [x[:, i : i + h - 2, j : j + k - 2].reshape(-1, ci) @ w[i, j] for i in range(3) for j in range(3)]
        return sum(parts[1:], parts[0]).reshape(n, h - 2, k - 2, -1)

    def pool(x: Any) -> Any:
        n, h, k, ch = x.shape
        blocks = x[:, : h // 2 * 2, : k // 2 * 2].reshape(n, h // 2, 2, k // 2, 2, ch)
        return np.max(blocks, axis=(2, 4))

    hidden = pool(np.maximum(convolve(x, w) + b, 0.0))
    hidden = pool(np.maximum(convolve(hidden, v) + c, 0.0))
    logits = hidden.reshape(len(x), 400) @ u + d
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return (np.sum(np.log(np.sum(np.exp(shifted), axis=1))) - np.sum(shifted * y)) / len(x)


def with_torch(torch: Any, w: Any, b: Any, v: Any, c: Any, u: Any, d: Any, x: Any, y: Any) -> Any:
    """The mean loss with torch's own layers."""
    f = torch.nn.functional
    hidden = f.max_pool2d(torch.relu(f.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b)), 2)
    hidden = f.max_pool2d(torch.relu(f.conv2d(hidden, v.permute(3, 2, 0, 1), c)), 2)
    return f.cross_entropy(hidden.permute(0, 2, 3, 1).reshape(len(x), 400) @ u + d, y)


def convolution() -> Case:
    """32 images of 28 x 28."""
    random = np.random.default_rng(0)
    normal = random.standard_normal
    arrays = (
        normal((3, 3, 1, 8)) * 0.2, np.full(8, 0.01), normal((3, 3, 8, 16)) * 0.1, np.full(16, 0.01),
        normal((400, 10)) * 0.05, np.zeros(10), normal((32, 28, 28, 1)), np.eye(10)[random.integers(0, 10, 32)],
    )  # fmt: skip
    return Case("e convolution", "32 images of 28 x 28", diagram, arrays, 6, hand, plain, with_torch)
