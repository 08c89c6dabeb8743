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

from collections.abc import Callable, Mapping, Sequence
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.wiring import Wiring, names, unfolded
from catlearn.errors import InputMismatch
from catlearn.interpreters.gradients.data import as_real

__all__ = ["initial"]

Array = NDArray[np.float64]
THROUGH = {"broadcast", "concatenate", "neg", "pad", "permute", "reshape", "scale", "slice", "stop", "take"}
"""Boxes that a parameter is followed through, to what it is used for."""


def initial(
    model: Diagram, learned: Sequence[str], seed: int, given: Mapping[str, object] | None = None
) -> dict[str, Array]:
    """First values for the learned inputs of a model.

    Args:
        model: the model, for one sample.
        learned: names of its inputs.
        seed: of the random numbers; the same seed gives the same values.
        given: values for some of them, which are copied.

    Raises:
        InputMismatch: for a given value of the wrong shape or name, or a parameter whose shape is not all numbers.
    """
    if not isinstance(given, Mapping | None):
        raise InputMismatch(f"initial: values are given by name, as in {{{learned[0]!r}: ...}}, not as {given!r}")
    wiring, inputs, values = unfolded(model), names(model), dict(given or {})
    if unknown := [name for name in values if name not in learned]:
        raise InputMismatch(f"initial: {unknown[0]!r} is no learned input; those are {', '.join(learned)}")
    generator, use = np.random.default_rng(seed), _uses(wiring)
    found = {}
    for name in learned:
        wire = inputs.index(name)
        sizes = wiring.dom.obs[wire].sizes
        shape = tuple(size for size in sizes if isinstance(size, int))
        if wiring.dom.obs[wire].kind != "Real" or len(shape) != len(sizes):
            ty = wiring.dom[wire]
            raise InputMismatch(f"initial: {name} is {ty!r}; a learned input is Real with numbers for sizes")
        # Drawn also where a value is given, so that the others are the same with and without it.
        drawn = _draw(*use(wire), shape, generator)
        found[name] = _given(name, values[name], shape) if name in values else drawn
    return found


def _given(name: str, value: object, shape: tuple[int, ...]) -> Array:
    array = as_real(f"initial: {name}", value)
    if array.shape != shape:
        raise InputMismatch(f"initial: {name} must have the shape {shape}, not {array.shape}")
    return array


def _draw(kind: str, fan: int, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    if kind == "product":
        return generator.normal(0.0, sqrt(2.0 / max(fan, 1)), shape)
    return np.full(shape, 1.0 if kind == "scale" else 0.0)


def _uses(wiring: Wiring) -> Callable[[int], tuple[str, int]]:
    """What a wire is used for first, and for products the sum of what goes in and out for one element."""
    steps, readers = list(wiring.steps()), wiring.consumers()

    def use(wire: int) -> tuple[str, int]:
        k, port = readers[wire][0] if readers[wire] else (-1, 0)
        if k < 0:
            return "shift", 0
        box, _, made = steps[k]
        if box.name == "einsum":
            inputs, out = box.data.split("->")
            sizes = zip(inputs.split(",")[port], box.dom.obs[port].sizes, strict=True)
            counted = {letter: size for letter, size in sizes if isinstance(size, int)}
            return "product", sum(prod(n for c, n in counted.items() if (c in out) is kept) for kept in (True, False))
        if box.name == "scan":
            return _uses(unfolded(box.data[0]))(port)
        if box.name in ("mul", "div"):
            return "scale", 0
        return use(made[0]) if box.name in THROUGH else ("shift", 0)

    return use
