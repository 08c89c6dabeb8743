"""What is sampled: standard normals and parameters, with a weight.

A target has three methods: see `Target`. The posterior that a chain samples has, with respect to independent standard
normals (the innovations z) and to the prior of the parameters, the density `exp(log_weight(z, params))`, up to a
constant.

>>> class Noisy:  # y = x + noise was seen as 1.0, where x is the innovation itself
...     def innovations(self, seed):
...         return [np.random.default_rng(seed).standard_normal(1)]
...     def log_weight(self, innovations, params):
...         return float(-0.5 * (1.0 - innovations[0][0]) ** 2 / params["variance"])
...     def values(self, innovations, params):
...         return {"x": innovations[0][0]}
>>> weigh(given(Noisy(), {"variance": 2.0}), [np.zeros(1)])
-0.25
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf, isfinite, prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import Diverged, InputMismatch, ShapeMismatch, TypeMismatch, short

__all__ = ["Costly", "Given", "Layout", "Target", "check_target", "fresh", "given", "weigh"]

Array = NDArray[np.float64]


class Target(Protocol):
    """What chains need to know of a model with its data.

    The arrays of innovations that a chain hands over are read-only, and their numbers change with the next step: a
    target that wants to keep them copies them. Chains in threads ask one target at the same time.

    Where new parameters cost much, as messages do, see `Costly`.
    """

    def innovations(self, seed: int) -> Sequence[Array]:
        """Independent standard normals: arrays of float64 whose shapes are the same for every seed."""

    def log_weight(self, innovations: Sequence[Array], params: Mapping[str, Any]) -> float:
        """The logarithm of the weight of these innovations: of g at the root, and of what the forward pass weighs.

        It may be minus infinity.
        """

    def values(self, innovations: Sequence[Array], params: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the wires carry, by name: numbers or arrays whose shapes never change."""


class Costly(Protocol):
    """The other kind of target: one that prepares something, such as messages, for all steps with some parameters."""

    def innovations(self, seed: int) -> Sequence[Array]:
        """See `Target.innovations`."""

    def given(self, params: Mapping[str, Any]) -> Any:
        """An object with the methods `log_weight(innovations)` and `values(innovations)`: see `Target`."""


@dataclass(frozen=True, eq=False)
class Given:
    """A target with its parameters.

    Attributes:
        params: the parameters by name.
        log_weight, values: functions of the innovations.
    """

    params: Mapping[str, Any]
    log_weight: Callable[[Sequence[Array]], float]
    values: Callable[[Sequence[Array]], Mapping[str, Any]]


def given(target: Target | Costly, params: Mapping[str, Any]) -> Given:
    """A target with these parameters."""
    asked: Any = target
    if hasattr(asked, "given"):
        found = asked.given(params)
        return Given(params, found.log_weight, found.values)
    return Given(params, lambda z: asked.log_weight(z, params), lambda z: asked.values(z, params))


@dataclass(frozen=True)
class Layout:
    """Where the arrays of innovations lie in one long array.

    >>> layout = Layout(((2,), (2, 2)))
    >>> layout.size, layout.span([1])
    (6, [slice(2, 6, None)])
    """

    shapes: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return sum(map(prod, self.shapes))

    def span(self, which: Sequence[int]) -> list[slice]:
        """Where the arrays of these numbers are; neighbors are joined."""
        ends = list(accumulate(map(prod, self.shapes), initial=0))
        joined: list[slice] = []
        for i in sorted(which):
            if joined and joined[-1].stop == ends[i]:
                joined[-1] = slice(joined[-1].start, ends[i + 1])
            else:
                joined.append(slice(ends[i], ends[i + 1]))
        return joined

    def views(self, flat: Array) -> list[Array]:
        """The arrays in a long one: read-only, without copying."""
        found = [flat[self.span([i])[0]].reshape(shape) for i, shape in enumerate(self.shapes)]
        for view in found:
            view.flags.writeable = False
        return found


def check_target(target: Any) -> Target | Costly:
    """The target, when it has the methods of one. Raises `TypeMismatch`."""
    others = ("given",) if hasattr(target, "given") else ("log_weight", "values")
    for method in ("innovations", *others):
        if not callable(getattr(target, method, None)):
            raise TypeMismatch(f"sample: {short(target)} has no method {method}; give what can be sampled")
    found: Target | Costly = target
    return found


def fresh(target: Target | Costly, seed: int, layout: Layout | None = None) -> tuple[Layout, Array]:
    """New innovations, in one long array, and their layout. Raises `InputMismatch`, `ShapeMismatch`."""
    arrays = [np.asarray(each) for each in target.innovations(seed)]
    for i, array in enumerate(arrays):
        if array.dtype != np.float64 or not np.isfinite(array).all():
            raise InputMismatch(f"innovations[{i}]: give finite float64, not {array.dtype} as in {short(array)}")
    found = Layout(tuple(array.shape for array in arrays))
    if layout is not None and found != layout:
        raise ShapeMismatch(f"innovations: their shapes are {found.shapes} for one seed, {layout.shapes} for another")
    return found, np.concatenate([np.empty(0), *(array.ravel() for array in arrays)])


def weigh(fixed: Given, innovations: Sequence[Array]) -> float:
    """The log-weight. Raises `Diverged` when it is NaN or infinite, `InputMismatch` when it is no number."""
    found = fixed.log_weight(innovations)
    array = np.asarray(found)
    if array.size != 1 or array.dtype.kind not in "fiub":
        raise InputMismatch(f"log_weight: gave {short(found)}; it gives one number for one sample")
    value = float(array.item())
    if not isfinite(value) and value != -inf:
        said = (
            ", ".join(f"{name} = {short(each)}" for name, each in fixed.params.items()) or "a model without parameters"
        )
        raise Diverged(
            f"the log-weight is {value} at {said}; an impossible sample has the log-weight -inf, not {value}"
        )
    return value
