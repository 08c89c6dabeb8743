"""Case a: an expression of about thirty operations on three numbers; nothing but the cost of calling things."""

from __future__ import annotations

import math
from typing import Any

import catlearn as cl
from benchmarks.case import Case
from catlearn import Real, Wire

__all__ = ["scalar"]


def expression(m: Any, x: Any, y: Any, z: Any) -> Any:
    """The expression, with the functions of the module `m`."""
    product = x * y
    shifted = product + z
    wave = m.sin(shifted)
    bell = m.exp(-(wave * wave))
    inner = bell * x + y
    bent = m.tanh(inner)
    size = bent * bent + 1.0
    depth = m.log(size)
    phase = m.cos(depth * z + product)
    mixed = phase * bell + wave * bent
    level = m.sqrt(mixed * mixed + 1.0) / size
    rest = level * shifted - inner * depth
    return rest * rest + phase * level


def diagram() -> cl.Diagram:
    """The diagram of value and gradient."""

    @cl.diagram(x=Real(), y=Real(), z=Real())
    def value(x: Wire, y: Wire, z: Wire) -> Wire:
        return expression(cl, x, y, z)

    return cl.value_and_gradient(value)


def hand(x: float, y: float, z: float) -> tuple[float, ...]:
    """Value and gradient with the `math` module."""
    product = x * y
    shifted = product + z
    wave = math.sin(shifted)
    bell = math.exp(-(wave * wave))
    inner = bell * x + y
    bent = math.tanh(inner)
    size = bent * bent + 1.0
    depth = math.log(size)
    angle = depth * z + product
    phase = math.cos(angle)
    mixed = phase * bell + wave * bent
    root = math.sqrt(mixed * mixed + 1.0)
    level = root / size
    rest = level * shifted - inner * depth
    value = rest * rest + phase * level
    d_rest = 2.0 * rest
    d_level = phase + d_rest * shifted
    d_inner = -d_rest * depth
    d_mixed = d_level / size * mixed / root
    d_angle = -(level + d_mixed * bell) * math.sin(angle)
    d_depth = d_angle * z - d_rest * inner
    d_size = d_depth / size - d_level * level / size
    d_bent = d_mixed * wave + 2.0 * bent * d_size
    d_inner += d_bent * (1.0 - bent * bent)
    d_bell = d_mixed * phase + d_inner * x
    d_wave = d_mixed * bent - 2.0 * wave * bell * d_bell
    d_shifted = d_rest * level + d_wave * math.cos(shifted)
    d_product = d_angle + d_shifted
    return (
        value,
        d_inner * bell + d_product * y,
        d_inner + d_product * x,
        d_angle * depth + d_shifted,
    )


def scalar() -> Case:
    """The case at fixed numbers."""
    return Case("a scalar", "30 operations", diagram, (0.7, -1.3, 0.4), 3, hand, expression)
