"""Outputs that overwrite an input: which may, and what that asks of the arrays of a call.

>>> import numpy as np
>>> from catlearn import Real, compile, diagram
>>> @diagram
... def step(w: Real(3), d: Real(3)):
...     return w - 0.5 * d
>>> w = np.ones(3)
>>> compile(step, reuse={0: "w"})(w, np.ones(3)) is w, w
(True, array([0.5, 0.5, 0.5]))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import InputMismatch

__all__ = ["apart", "overwritten"]


def overwritten(d: Diagram, inputs: Sequence[str], reuse: Mapping[int, str]) -> dict[int, int]:
    """For outputs that overwrite an input, its number; numbers (arrays without axes) cannot be overwritten.

    Raises:
        InputMismatch: when there is no such output or input, when their types differ, or two want the same input.
    """
    if not isinstance(reuse, Mapping):
        raise InputMismatch(f"compile: reuse must say which output overwrites which input, as in {{0: 'w'}}: {reuse!r}")
    found = {}
    for k, name in reuse.items():
        known = isinstance(k, int) and not isinstance(k, bool) and 0 <= k < len(d.cod) and name in inputs
        if not known or d.cod[k] != d.dom[inputs.index(name)]:
            raise InputMismatch(f"compile: output {k!r} cannot reuse input {name!r}; their types must be the same")
        if d.cod.obs[k].sizes:
            found[k] = inputs.index(name)
    if len(set(found.values())) < len(found):
        raise InputMismatch("compile: two outputs cannot reuse the same input")
    return found


def apart(where: str, names: Sequence[str], arrays: Sequence[Any], over: Sequence[int]) -> Sequence[Any]:
    """The arrays of a call, so that to overwrite some of them changes none of the others.

    An input that lies in the memory of one that is overwritten is copied first.

    Raises:
        InputMismatch: when an array to be overwritten is read-only, or shares memory with another such array or within
            itself; the message names the input.
    """
    for i in over:
        if not arrays[i].flags.writeable:
            raise InputMismatch(f"{where}: input {names[i]} is overwritten, but its array is read-only; copy it first")
    # Arrays that own their memory overlap only where they are one.
    if len({id(a) for a in arrays}) == len(arrays) and all(a.base is None for a in arrays):
        return arrays
    made = list(arrays)
    for i in over:
        if any(n > 1 and not step for n, step in zip(made[i].shape, made[i].strides, strict=True)):
            raise InputMismatch(
                f"{where}: input {names[i]} is overwritten, but its elements share memory; copy it first"
            )
        for j, other in enumerate(made):
            if j == i or not np.may_share_memory(made[i], other):
                continue
            if j not in over:
                made[j] = other.copy()
            elif np.shares_memory(made[i], other):
                said = (
                    f"inputs {names[i]} and {names[j]} are both overwritten, but share memory; copy one of them first"
                )
                raise InputMismatch(f"{where}: {said}")
    return made
