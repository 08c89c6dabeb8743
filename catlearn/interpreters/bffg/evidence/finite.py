"""One finite box on the way back: messages about its outputs become one about its inputs, as a diagram.

A message is `log g(k) = c + log v[k]`; v is scaled to a largest element of one, and what it was scaled by goes to c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from string import ascii_letters

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth.arithmetic import constant, full, log, maximum, stop_gradient
from catlearn.diagrams.theories.smooth.arrays import einsum, max, reshape, take
from catlearn.diagrams.wire import Wire

__all__ = ["FinitePattern"]

Indices = tuple[int, ...]
Shape = tuple[int, ...]
Part = Wire | NDArray[np.float64]
LEAST = 1e-300
"""What is divided by at least: for observations that cannot be, the log-evidence is -inf and nothing else."""


@dataclass(frozen=True)
class FinitePattern:
    """Which variables a box and the messages about its outputs speak of; variables are numbered.

    Attributes:
        sizes: for every variable, how many outcomes it has.
        inputs, outputs: the variables of the box's wires; an input may be there twice.
        seen: the outputs that something was seen of.
        messages: for every message, its variables.
        result: the variables of the new message.
    """

    sizes: Indices
    inputs: Indices
    outputs: Indices
    seen: Indices
    messages: tuple[Indices, ...]
    result: Indices

    def _shape(self, variables: Indices) -> Shape:
        return tuple(self.sizes[v] for v in variables)

    @property
    def part_shapes(self) -> tuple[Shape, ...]:
        """The shape of the table."""
        return (self._shape(self.inputs + self.outputs),)

    @property
    def message_shapes(self) -> tuple[tuple[Shape, ...], ...]:
        """The shape of v of every message that comes in."""
        return tuple((self._shape(message),) for message in self.messages)

    @property
    def result_shapes(self) -> tuple[Shape, ...]:
        """The shape of v of the new message."""
        return (self._shape(self.result),) if self.result else ()

    @property
    def seen_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the likelihoods of what was seen."""
        return tuple((self.sizes[v],) for v in self.seen)

    def step(
        self, parts: Sequence[Part], messages: Sequence[Sequence[Wire]], seen: Sequence[Wire]
    ) -> tuple[tuple[Wire, ...], Wire]:
        """The new message, and the constant that it adds to the log-evidence."""
        (part,) = parts
        table, variables = self._without_repeats(part if isinstance(part, Wire) else constant(part))
        factors: list[tuple[Indices, Wire]] = [((v,), wire) for v, wire in zip(self.seen, seen, strict=True)]
        factors += [(places, wires[0]) for places, wires in zip(self.messages, messages, strict=True)]
        for i, (places, wire) in enumerate(factors):
            wanted = {*self.result, *(v for later, _ in factors[i + 1 :] for v in later)}
            kept = tuple(v for v in dict.fromkeys((*variables, *places)) if v in wanted)
            table = einsum(f"{_term(variables)},{_term(places)}->{_term(kept)}", table, wire)
            variables = kept
        table = einsum(f"{_term(variables)}->{_term(self.result)}", table)
        if not self.result:
            return (), log(table)
        scale = stop_gradient(maximum(max(table), full((), LEAST)))
        return (table / scale,), log(scale)

    def _without_repeats(self, table: Wire) -> tuple[Wire, Indices]:
        """The table with one axis for each variable: where a variable is read twice, its diagonal."""
        axes = self.inputs + self.outputs
        different = tuple(dict.fromkeys(axes))
        if different == axes:
            return table, axes
        shape = self._shape(different)
        places = dict(zip(different, np.indices(shape), strict=True))
        flat = np.ravel_multi_index([places[v].ravel() for v in axes], self._shape(axes))
        return reshape(take(reshape(table, prod(self._shape(axes))), flat.tolist()), shape), different


def _term(variables: Indices) -> str:
    return "".join(ascii_letters[v] for v in variables)
