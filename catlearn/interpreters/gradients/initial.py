"""Where learning starts: the first values of parameters, read off the diagram.

A parameter that is summed against something (the weights of a product) starts at random, with the variance of Glorot
and Bengio (2010): 2 / (fan in + fan out). One that scales (the gain of a normalization) starts at one, one that is
added (a bias) at zero.

>>> from catlearn import Real, diagram
>>> @diagram
... def layer(w: Real(10, 64), b: Real(10), x: Real(64)):
...     return w @ x + b
>>> values = initial(layer, ["w", "b"], seed=0)
>>> values["w"].shape, float(values["b"].sum())
((10, 64), 0.0)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.wiring import Wiring, names, unfolded
from catlearn.errors import InputMismatch

__all__ = ["initial"]

Array = NDArray[np.float64]


def initial(model: Diagram, learned: Sequence[str], seed: int, given: Mapping[str, object] | None = None) -> dict[str, Array]:
    """First values for the learned inputs of a model.

    Args:
        model: the model, for one sample.
        learned: names of its inputs.
        seed: of the random numbers; the same seed gives the same values.
        given: values for some of them, which are copied.

    Raises:
        InputMismatch: for a given value of the wrong shape or name, or a parameter whose shape is not all numbers.
    """
    wiring, inputs, values = unfolded(model), names(model), dict(given or {})
    if unknown := [name for name in values if name not in learned]:
        raise InputMismatch(f"initial: {unknown[0]!r} is no learned input; those are {', '.join(learned)}")
    generator = np.random.default_rng(seed)
    found = {}
    for name in learned:
        sizes = wiring.dom.obs[inputs.index(name)].sizes
        shape = tuple(size for size in sizes if isinstance(size, int))
        if len(shape) != len(sizes):
            raise InputMismatch(f"initial: {name} has the shape {sizes}; a learned input needs numbers for sizes")
        found[name] = (
            _given(name, values[name], shape) if name in values else _draw(wiring, inputs.index(name), shape, generator)
        )
    return found


def _given(name: str, value: object, shape: tuple[int, ...]) -> Array:
    array = np.array(value, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise InputMismatch(f"initial: {name} must be finite numbers of shape {shape}, not {array.shape}")
    return array


def _draw(wiring: Wiring, wire: int, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    kind, fan = _use(wiring, wire, shape)
    if kind == "product":
        return generator.normal(0.0, sqrt(2.0 / max(fan, 1)), shape)
    return np.full(shape, 1.0 if kind == "scale" else 0.0)


def _use(wiring: Wiring, wire: int, shape: tuple[int, ...]) -> tuple[str, int]:
    """What a wire is used for first, and for products the sum of what goes in and out for one element."""
    for box, reads, made in wiring.steps():
        if wire not in reads:
            continue
        if box.name == "einsum":
            spec, port = box.data, reads.index(wire)
            term, out = spec.split("->")[0].split(",")[port], spec.split("->")[1]
            sizes = dict(zip(term, shape, strict=True))
            return "product", sum(prod(n for c, n in sizes.items() if (c in out) is kept) for kept in (True, False))
        if box.name == "scan":
            return _use(unfolded(box.data[0]), reads.index(wire), shape)
        if box.name in ("mul", "div"):
            return "scale", 0
        if box.name in ("reshape", "broadcast", "permute", "stop"):
            inner = tuple(size for size in box.cod.obs[0].sizes if isinstance(size, int))
            return _use(wiring, made[0], inner)
        return "shift", 0
    return "shift", 0
