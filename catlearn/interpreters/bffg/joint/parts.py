"""One of several wires that are kept together: its samples, its message, and what was observed of it.

>>> from catlearn import Finite
>>> part = Part((2, 3), 1, Finite("a", "b", "c").obs[0])
>>> part.samples(np.array([0, 1, 5])).tolist()      # of outcomes of both together, 3 a + b
[0, 1, 2]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ob
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, LogVector, Message, Seen
from catlearn.interpreters.bffg.observed import Observations

__all__ = ["Part", "relocated"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Part:
    """Where a wire is found on a joint wire.

    Attributes:
        sizes: of all that are kept together.
        at: which of them it is.
        ob: what it carries.
    """

    sizes: tuple[int, ...]
    at: int
    ob: Ob

    @property
    def rows(self) -> slice:
        """Its numbers among all numbers."""
        start = sum(self.sizes[: self.at])
        return slice(start, start + self.sizes[self.at])

    def samples(self, block: Array) -> Array:
        """Its samples, of those of all together: (d, ...) for numbers, (...) for outcomes."""
        if self.ob.kind != "Finite":
            return block[self.rows]
        after: int = int(np.prod(self.sizes[self.at + 1 :], dtype=int))
        found: Array = block // after % self.sizes[self.at]
        return found

    def message(self, together: AnyMessage, place: int) -> Message:
        """What a message about all together says of it.

        On a finite wire that is the mean over the outcomes of the others, on one of numbers the others are likeliest.
        """
        if isinstance(together, LogVector):
            v = together.v[:, place].reshape(self.sizes)
            mean = v.mean(axis=tuple(k for k in range(len(self.sizes)) if k != self.at))
            return LogVector(together.c[place : place + 1], mean[:, None]).scaled()
        said = together.message if isinstance(together, Seen) else together
        assert isinstance(said, Canonical)
        c, F, H = float(said.c[place]), said.F[:, place], said.H[..., place]
        on = np.zeros(len(F), bool)
        on[self.rows] = True
        inverse = np.linalg.pinv(H[~on][:, ~on], hermitian=True)
        gain = H[on][:, ~on] @ inverse
        c += 0.5 * float(F[~on] @ inverse @ F[~on])
        return Canonical(
            np.array([c]), (F[on] - gain @ F[~on])[:, None], (H[on][:, on] - gain @ H[~on][:, on])[..., None]
        )


def relocated(
    found: Sequence[Observations], wire: NDArray[np.int64], parts: Mapping[int, Part]
) -> tuple[Observations, ...]:
    """What was observed of wires, as observations of the wires on which they are found."""
    if not parts:
        return tuple(found)
    made: list[Observations] = []
    together: dict[int, tuple[Array, Array]] = {}
    for each in found:
        apart = np.array([w not in parts for w in each.wires.tolist()], bool)
        if apart.any():
            made.append(Observations(each.mask, wire[each.wires[apart]], each.values[:, apart]))
        for k in np.flatnonzero(~apart).tolist():
            w = int(each.wires[k])
            _enter(together, int(wire[w]), parts[w], each.mask, each.values[:, k])
    for new, (mask, values) in together.items():
        made.append(Observations(tuple(mask.tolist()), np.array([new]), values[:, None]))
    return tuple(made)


def _enter(
    together: dict[int, tuple[Array, Array]], new: int, part: Part, mask: tuple[bool, ...], values: Array
) -> None:
    if part.ob.kind == "Finite":
        whole = together.setdefault(new, (np.zeros(0, bool), np.ones(int(np.prod(part.sizes)))))[1]
        outcomes = part.samples(np.arange(len(whole)))
        whole *= values[outcomes]
        return
    count = sum(part.sizes)
    on, whole = together.setdefault(new, (np.zeros(count, bool), np.full(count, np.nan)))
    on[part.rows], whole[part.rows] = mask, values
