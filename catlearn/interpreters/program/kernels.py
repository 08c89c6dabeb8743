"""What generated numpy code calls beyond numpy: functions that write their last argument, `out`."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["KERNELS"]

Array = NDArray[Any]


def sigmoid(x: Array, out: Array) -> None:
    """1 / (1 + exp(-x)); where exp would overflow the result is 0 to the last digit."""
    np.maximum(x, -709.0 if out.dtype == np.float64 else -87.0, out=out)
    np.negative(out, out=out)
    np.exp(out, out=out)
    np.add(out, 1.0, out=out)
    np.divide(1.0, out, out=out)


def add_dot(x: Array, a: Array, b: Array, out: Array) -> None:
    """x + a @ b; where out is x, BLAS adds the product to it and no array is made for that."""
    if out is x and out.flags.carray and out.size and a.size:
        gemm = _gemm(out.dtype.char)
        # BLAS has columns where numpy has rows: it is given the transposes, out' += b' a'.
        (left, left_turned), (right, right_turned) = _columns(b), _columns(a)
        gemm(1.0, left, right, 1.0, out.T, left_turned, right_turned, True)
    else:
        np.add(x, np.matmul(a, b), out=out)


@cache
def _gemm(kind: str) -> Any:
    from scipy.linalg import blas

    return blas.dgemm if kind == "d" else blas.sgemm


def _columns(x: Array) -> tuple[Array, bool]:
    """A matrix of whose transpose BLAS is told, as it lies in memory; and whether BLAS is to turn it."""
    return (x, True) if x.flags.f_contiguous and not x.flags.c_contiguous else (np.ascontiguousarray(x).T, False)


def select(condition: Array, a: Array, b: Array, out: Array) -> None:
    """a where the condition is not 0, else b."""
    # Into a new array: out may be one of the inputs.
    np.copyto(out, np.where(condition, a, b))


def pad(x: Array, parts: tuple[slice, ...], out: Array) -> None:
    """Zeros, with x in one part."""
    out.fill(0.0)
    out[parts] = x


def take(x: Array, axis: int, indices: Array, out: Array) -> None:
    """The elements at these places along an axis."""
    np.take(x, indices, axis=axis, out=out, mode="clip")


def put(x: Array, axis: int, indices: Array, out: Array) -> None:
    """Zeros, with every element added at its place."""
    out.fill(0.0)
    places: Any = (slice(None),) * axis + (indices,)
    np.add.at(out, places, x)


def put_once(x: Array, axis: int, indices: Array, out: Array) -> None:
    """`put` where no place is used twice."""
    out.fill(0.0)
    out[(slice(None),) * axis + (indices,)] = x


def im2col(x: Array, kh: int, kw: int, sh: int, sw: int, out: Array) -> None:
    """The windows of images (..., h, w, c), as rows (..., h', w', kh * kw * c)."""
    windows = sliding_window_view(x, (kh, kw), axis=(-3, -2))[..., ::sh, ::sw, :, :, :]
    target = out.reshape(*windows.shape[:-3], kh, kw, windows.shape[-3])
    target[...] = np.moveaxis(windows, -3, -1)


def col2im(d: Array, kh: int, kw: int, sh: int, sw: int, out: Array) -> None:
    """Every window added in its place."""
    c = out.shape[-1]
    oh, ow = d.shape[-3:-1]
    rows = d.reshape(*d.shape[:-1], kh, kw, c)
    out.fill(0.0)
    for i in range(kh):
        for j in range(kw):
            part = out[..., i : i + sh * oh : sh, j : j + sw * ow : sw, :]
            np.add(part, rows[..., i, j, :], out=part)


def _corners(x: Array, y: Array, kh: int, kw: int) -> list[Array]:
    """For each place in a window, the elements of x there."""
    h, w = y.shape[-3:-1]
    return [x[..., i : kh * h : kh, j : kw * w : kw, :] for i in range(kh) for j in range(kw)]


def max_pool(x: Array, kh: int, kw: int, out: Array) -> None:
    """The largest element of each window."""
    first, *rest = _corners(x, out, kh, kw)
    if not rest:
        np.copyto(out, first)
        return
    np.maximum(first, rest[0], out=out)
    for corner in rest[1:]:
        np.maximum(out, corner, out=out)


def unpool(x: Array, y: Array, d: Array, kh: int, kw: int, out: Array) -> None:
    """d at the places of x where the largest element y was found, 0 elsewhere."""
    if y.shape[-3] * kh != x.shape[-3] or y.shape[-2] * kw != x.shape[-2]:
        out.fill(0.0)
    for source, target in zip(_corners(x, y, kh, kw), _corners(out, y, kh, kw), strict=True):
        np.multiply(source == y, d, out=target)


def pooled(x: Array, y: Array, v: Array, kh: int, kw: int, out: Array) -> None:
    """The sum of v over the places of each window where the largest element y was found."""
    out.fill(0.0)
    for source, part in zip(_corners(x, y, kh, kw), _corners(v, y, kh, kw), strict=True):
        np.add(out, (source == y) * part, out=out)


def inverse(x: Array, out: Array) -> None:
    """The inverse of each matrix of a stack; NaN where there is none."""
    try:
        np.copyto(out, np.linalg.inv(x))
    except np.linalg.LinAlgError:
        if x.ndim == 2:
            out.fill(np.nan)
            return
        for each, target in zip(x, out, strict=True):
            inverse(each, target)


def log_determinant(x: Array, out: Array | None = None) -> Any:
    """The logarithm of the absolute determinant of each matrix of a stack."""
    found = np.linalg.slogdet(x)[1]
    if out is not None:
        np.copyto(out, found)
    return found


KERNELS = {
    f.__name__: f
    for f in (
        add_dot,
        sigmoid,
        select,
        pad,
        take,
        put,
        put_once,
        im2col,
        col2im,
        max_pool,
        unpool,
        pooled,
        inverse,
        log_determinant,
    )
}
"""Every function here, by the name that generated code calls it by."""
