"""Wires whose type is told by what stands before them: `copy()`, `identity()` and `discard()` without a type.

>>> from catlearn import Box, Ty, copy, identity
>>> X, Y = Ty("X"), Ty("Y")
>>> f, g = Box("f", Ty(), X), Box("g", X, Y)
>>> f >> copy() >> (identity() @ g) == f >> copy(X) >> (identity(X) @ g)
True
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.types import Ty
from catlearn.errors import TypeMismatch

__all__ = ["Untyped"]


@dataclass(frozen=True)
class Untyped:
    """A piece of a diagram that has no type before a diagram comes before it: `diagram >> piece` is a diagram.

    Beside other pieces, each piece without a type is one wire; where there is only one, it takes all wires that the
    others leave.

    Args:
        parts: what stands side by side: diagrams, or functions that give one for a type.
        then: what comes after it.
    """

    parts: tuple[Diagram | Callable[[Ty], Diagram], ...]
    then: tuple[Untyped | Diagram, ...] = ()

    def at(self, dom: Ty) -> Diagram:
        """The diagram that this is on wires of a type.

        Raises:
            TypeMismatch: when there are too few wires, or too many to tell which piece takes which.
        """
        parts = [
            part if isinstance(part, Diagram) else part(ty)
            for part, ty in zip(self.parts, self._split(dom), strict=True)
        ]
        made = parts[0]
        for part in parts[1:]:
            made = made @ part
        for piece in self.then:
            made = made >> piece
        return made

    def _split(self, dom: Ty) -> list[Ty]:
        free = sum(not isinstance(part, Diagram) for part in self.parts)
        left = len(dom) - sum(len(part.dom) for part in self.parts if isinstance(part, Diagram))
        if left < 0 or free not in (1, left):
            raise TypeMismatch(
                f"{len(self.parts)} pieces side by side, {free} without a type, cannot share {dom or 'no wires'}; "
                "give the types, as in identity(Real(3))"
            )
        found, at = [], 0
        for part in self.parts:
            width = len(part.dom) if isinstance(part, Diagram) else left if free == 1 else 1
            found.append(dom[at : at + width])
            at += width
        return found

    def __rrshift__(self, before: Diagram) -> Diagram:
        return before >> self.at(before.cod) if isinstance(before, Diagram) else NotImplemented

    def __rshift__(self, after: Untyped | Diagram) -> Untyped:
        return Untyped(self.parts, (*self.then, after)) if isinstance(after, Untyped | Diagram) else NotImplemented

    def __matmul__(self, other: Untyped | Diagram) -> Untyped:
        if not isinstance(other, Untyped | Diagram):
            return NotImplemented
        return Untyped((*self._alone(), *_alone(other)))

    def __rmatmul__(self, other: Diagram) -> Untyped:
        return Untyped((*_alone(other), *self._alone())) if isinstance(other, Diagram) else NotImplemented

    def _alone(self) -> tuple[Diagram | Callable[[Ty], Diagram], ...]:
        return (self.at,) if self.then else self.parts


def _alone(piece: Untyped | Diagram) -> tuple[Diagram | Callable[[Ty], Diagram], ...]:
    return piece._alone() if isinstance(piece, Untyped) else (piece,)
