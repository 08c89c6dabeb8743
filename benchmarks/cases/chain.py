"""Case f: a chain of 1,000 elementwise operations on vectors of 1,000 numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import catlearn as cl
from benchmarks.case import Case
from catlearn import Real, Wire

__all__ = ["chain"]

LINKS = 250
SHIFTS = [0.1 * (k % 7) for k in range(LINKS)]


def plain(m: Any, x: Any, y: Any) -> Any:
    """The sum of the last vector."""
    for k, shift in enumerate(SHIFTS):
        x = m.sin(x * y + shift) * 0.9 if k % 2 else m.tanh(x + y) * 1.1 - 0.05
    return m.sum(x)


def diagram() -> cl.Diagram:
    """The diagram of value and gradient."""

    @cl.diagram(x=Real(1000), y=Real(1000))
    def total(x: Wire, y: Wire) -> Wire:
        return plain(cl, x, y)

    return cl.value_and_gradient(total)


def hand(x: Any, y: Any) -> tuple[Any, ...]:
    """Value and gradient in numpy."""
    tape = []
    for k, shift in enumerate(SHIFTS):
        if k % 2:
            angle = x * y
            angle += shift
            tape.append((x, angle))
            x = np.sin(angle)
            x *= 0.9
        else:
            bent = np.tanh(x + y)
            tape.append((bent, bent))
            x = bent * 1.1
            x -= 0.05
    value, dx, dy = x.sum(), np.ones_like(x), np.zeros_like(y)
    for k in reversed(range(LINKS)):
        before, kept = tape[k]
        if k % 2:
            slope = np.cos(kept)
            slope *= 0.9
            slope *= dx
            dy += slope * before
            dx = slope * y
        else:
            slope = kept * kept
            np.subtract(1.0, slope, out=slope)
            slope *= 1.1
            slope *= dx
            dy += slope
            dx = slope
    return value, dx, dy


def chain() -> Case:
    """The chain on fixed random vectors."""
    random = np.random.default_rng(0)
    arrays = random.standard_normal(1000), random.standard_normal(1000) * 0.5
    return Case("f chain", "1,000 operations on 1,000", diagram, arrays, 2, hand, plain)
