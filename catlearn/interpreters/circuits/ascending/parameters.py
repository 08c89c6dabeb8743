"""What of a circuit is learned, where it starts, and how far it goes: what `ascent` is asked for, checked.

>>> from catlearn.interpreters.circuits.ascending.models import lookup_table
>>> model = lookup_table(1, 2)
>>> widths = widths_of(model, learned_of(model, None))
>>> widths, by_name(widths, started(widths, {"t": [0, 1, 1, 0]}))
({'t': 4}, {'t': array([False,  True,  True, False])})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.boolean.semiring import width
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch, TypeMismatch, nearest, short

__all__ = ["by_name", "learned_of", "started", "steps_of", "widths_of"]

Flags = NDArray[np.bool_]


def learned_of(model: Diagram, learned: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names of what is learned: all inputs but the last, unless they are given.

    Raises:
        TypeMismatch: for a model that is no circuit with one output.
        InputMismatch: for names that it does not have, or that leave nothing to learn or to read samples.
    """
    called = getattr(model, "name", "") or "the model"
    if other := next((ob for ob in (*model.dom.obs, *model.cod.obs) if ob.kind != "Bits"), None):
        raise TypeMismatch(f"ascent: {called} has a wire {other}; the wires of what it learns are Bits")
    if len(model.cod) != 1:
        raise TypeMismatch(f"ascent: {called} has {len(model.cod)} outputs; concatenate them to one wire")
    inputs = names(model)
    found = inputs[:-1] if learned is None else (learned,) if isinstance(learned, str) else tuple(learned)
    for name in found:
        if name not in inputs:
            raise InputMismatch(f"ascent: {called} has no input {short(name)} to learn{nearest(name, inputs)}")
    if not found or len(found) >= len(inputs) or len(set(found)) < len(found):
        raise InputMismatch(f"ascent: of {', '.join(inputs)}, some are to be learned, once each, and some read samples")
    return found


def steps_of(steps: int | None, samples: int) -> int:
    """How many steps are made; None is one for each sample. Raises `InputMismatch` for what is no number."""
    if steps is None:
        return samples
    if not isinstance(steps, int | np.integer) or isinstance(steps, bool) or steps < 0:
        raise InputMismatch(f"ascent: steps is a number of samples from 0 up, not {short(steps)}")
    return min(int(steps), samples)


def widths_of(model: Diagram, learned: Sequence[str]) -> dict[str, int]:
    """How many bits each learned input has."""
    every = dict(zip(names(model), map(width, model.dom.obs), strict=True))
    return {name: every[name] for name in learned}


def started(widths: Mapping[str, int], start: Mapping[str, Any]) -> Flags:
    """All learned bits one after the other, as they start: 0 unless they are given.

    Raises:
        InputMismatch: for an input that is not learned, or other bits than it has.
    """
    if unknown := [name for name in start if name not in widths]:
        raise InputMismatch(
            f"ascent: {short(unknown[0])} is not learned, so it has no start{nearest(unknown[0], widths)}"
        )
    return np.concatenate([_bits(name, start.get(name, np.zeros(n, np.bool_)), n) for name, n in widths.items()])


def _bits(name: str, value: Any, n: int) -> Flags:
    try:
        found = np.asarray(value)
    except ValueError:  # rows of several lengths
        found = np.zeros(0)
    if found.shape != (n,) or found.dtype.kind not in "biu" or (found > 1).any() or (found < 0).any():
        raise InputMismatch(f"ascent: the start of {name} is {n} bits, not {short(value)}")
    return found.astype(np.bool_)


def by_name(widths: Mapping[str, int], bits: Flags) -> dict[str, Flags]:
    """The bits of each learned input, of all of them one after the other."""
    parts = np.split(bits, np.cumsum(list(widths.values()))[:-1])
    return dict(zip(widths, parts, strict=True))
