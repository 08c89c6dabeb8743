"""Functions of users, called with all samples of all boxes at once, and what they give back checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ty
from catlearn.errors import Diverged, ShapeMismatch, short
from catlearn.interpreters.bffg.rules.gaussian import widths

__all__ = ["Calls", "read", "time_of"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Calls:
    """The kernels of m boxes, whose functions are called.

    Attributes:
        names: of the boxes.
        kernels: the different objects that have the functions.
        which: (m,) the number of each box's.
        dom, cod: the types of the boxes.
    """

    names: tuple[str, ...]
    kernels: tuple[Any, ...]
    which: NDArray[np.int64]
    dom: Ty
    cod: Ty

    def part(self, at: slice) -> Calls:
        """Those of some of the boxes."""
        return replace(self, names=self.names[at], which=self.which[at])

    @property
    def scalar(self) -> bool:
        """Whether there is one output, of one number that is no list."""
        return len(self.cod) == 1 and not self.cod.obs[0].sizes

    def arguments(self, x: Array) -> list[Array]:
        """What functions read of samples (d, n): one array for each input. They cannot change it."""
        ends = np.cumsum(widths(self.dom)).tolist()
        parts = []
        for ob, end, width in zip(self.dom.obs, ends, widths(self.dom), strict=True):
            part = x[end - width : end] if ob.sizes else x[end - 1]
            part.flags.writeable = False
            parts.append(part)
        return parts

    def __call__(self, what: str, shape: Sequence[int | None], x: Array, t: Array | None = None) -> Array:
        """What the functions of this name give for samples x (d, m, s), at times t (m,): the shape, then (m, s).

        A length None in the shape is whatever the function says.

        Raises:
            ShapeMismatch: when a function gives another shape.
            Diverged: when it gives what is not finite.
        """
        if len(self.kernels) == 1:
            return self._of(self.kernels[0], what, shape, x, t, self.names[0])
        made: Array | None = None
        for k in np.unique(self.which).tolist():
            on = np.flatnonzero(self.which == k)
            times = None if t is None else t[on]
            found = self._of(self.kernels[k], what, shape, x[:, on], times, self.names[int(on[0])])
            if made is None:
                made = np.empty((*found.shape[:-2], *x.shape[1:]))
            if made.shape[:-2] != found.shape[:-2]:
                name = self.names[int(on[0])]
                raise ShapeMismatch(
                    f"{name}: {what} gives {found.shape[:-2]}, and that of another box {made.shape[:-2]}"
                )
            made[..., on, :] = found
        assert made is not None
        return made

    def _of(self, held: Any, what: str, shape: Sequence[int | None], x: Array, t: Array | None, name: str) -> Array:
        m, s = x.shape[1:]
        arguments: list[Any] = self.arguments(x.reshape(len(x), m * s))
        if t is not None:
            arguments.insert(0, time_of(t, s))
        with np.errstate(all="ignore"):
            try:
                given = getattr(held, what)(*arguments)
            except Exception as error:
                error.add_note(f"in {what}, a function of the box {name}")
                raise
            found = read(f"{name}: {what}", given, shape, m * s, self.scalar)
        if not np.isfinite(found).all():
            at = (
                np.flatnonzero(~np.isfinite(found).reshape(-1, m * s).all(axis=0))[0] if found.shape[-1] == m * s else 0
            )
            where = short(x.reshape(len(x), m * s)[:, at].tolist())
            raise Diverged(f"{name}: {what} gives {found[~np.isfinite(found)].flat[0]} at x = {where}; mend it there")
        return np.broadcast_to(found, (*found.shape[:-1], m * s)).reshape(*found.shape[:-1], m, s)


def time_of(t: Array, s: int) -> Any:
    """The time of each of s samples at m boxes; one number where all are the same."""
    return float(t[0]) if (t == t[0]).all() else np.repeat(t, s)


def read(where: str, given: Any, shape: Sequence[int | None], n: int, scalar: bool) -> Array:
    """What a function gave, as an array of this shape and a last axis of n, or 1 where it is the same for all.

    Args:
        shape: of one sample; None for any length.
        scalar: whether samples may come without the axes of the shape.

    Raises:
        ShapeMismatch: when it does not fit.

    >>> read("f: covariance", 2.0, (2, 2), 5, False)[..., 0].tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    try:
        found = np.asarray(given)
    except ValueError:
        found = np.empty((), object)
    if found.dtype.kind not in "biuf" or np.ma.is_masked(given):
        raise ShapeMismatch(f"{where} gives {short(given)}, which is no array of real numbers")
    found = np.asarray(found, np.float64)
    one = tuple(1 if size is None else size for size in shape)
    if not found.ndim:
        filled: Array = (np.eye(*one) if len(one) == 2 else np.ones(one))[..., None] * found
        return filled
    if scalar and found.shape in ((n,), (1,)):
        return found.reshape(*one, -1)
    constant = len(one) == 2 and found.ndim == 2 and not scalar
    whole = found[..., None] if constant else found
    fits = whole.ndim == len(one) + 1 and whole.shape[-1] in (1, n)
    if not fits or any(size not in (None, got) for size, got in zip(shape, whole.shape, strict=False)):
        wanted = (n,) if scalar else (*("k" if size is None else size for size in shape), n)
        raise ShapeMismatch(
            f"{where} gives the shape {found.shape} for {n} samples; it needs ({', '.join(map(str, wanted))})"
        )
    return whole
