"""Para: maps with a parameter that is kept apart, as in Cruttwell et al., arXiv:2103.01931, Definition 2.1.

A parametrized map from A to B is a diagram `P @ A -> B` that remembers which of its inputs are the parameter.

>>> from catlearn import Box, Ty
>>> P, Q, X, Y = Ty("P"), Ty("Q"), Ty("X"), Ty("Y")
>>> net = Para(P, Box("f", P @ X, Y)) >> Para(Q, Box("g", Q @ Y, X))
>>> net.parameter, net.dom, net.cod
(Ty("P", "Q"), Ty("X"), Ty("X"))
"""

from __future__ import annotations

from dataclasses import dataclass

from catlearn.diagrams.diagram import Diagram, identity, reorder
from catlearn.diagrams.types import Ty
from catlearn.errors import TypeMismatch, short

__all__ = ["Para"]


@dataclass(frozen=True)
class Para:
    """A diagram `parameter @ dom -> cod` with its parameter kept apart.

    Raises:
        TypeMismatch: when the diagram's first wires are not the parameter.
    """

    parameter: Ty
    diagram: Diagram

    def __post_init__(self) -> None:
        if not isinstance(self.parameter, Ty) or not isinstance(self.diagram, Diagram):
            raise TypeMismatch(f"para: needs a type and a diagram, not {short(self.parameter)}, {short(self.diagram)}")
        if self.diagram.dom[: len(self.parameter)] != self.parameter:
            raise TypeMismatch(f"para: {self.diagram.dom} does not begin with the parameter {self.parameter}")

    @property
    def dom(self) -> Ty:
        """The input, without the parameter."""
        return self.diagram.dom[len(self.parameter) :]

    @property
    def cod(self) -> Ty:
        """The output."""
        return self.diagram.cod

    def __rshift__(self, other: Para) -> Para:
        """One after the other; the parameters stand side by side, the first one's first."""
        if not isinstance(other, Para):
            return NotImplemented
        p, q, a = self.parameter, other.parameter, self.dom
        swapped = reorder([p, q, a], [1, 0, 2])
        return Para(p @ q, swapped >> (identity(q) @ self.diagram) >> other.diagram)

    def __matmul__(self, other: Para) -> Para:
        if not isinstance(other, Para):
            return NotImplemented
        parts = [self.parameter, other.parameter, self.dom, other.dom]
        return Para(parts[0] @ parts[1], reorder(parts, [0, 2, 1, 3]) >> (self.diagram @ other.diagram))

    def reparametrize(self, map: Diagram) -> Para:
        """Let another parameter stand for this one, through `map : Q -> parameter`: a 2-cell of Para."""
        return Para(map.dom, (map @ identity(self.dom)) >> self.diagram)
