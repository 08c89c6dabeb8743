"""The commutative semirings that circuits are made over: bits, numbers modulo n, numbers that saturate.

A wire carries `width` elements of one semiring. Its object says which: `Bits(w)` is Z_2, `Modular(n, w)` is Z_n (a
field where n is prime), `Saturating(n, w)` has the numbers 0 to n - 1 with sums and products cut off at n - 1.

>>> from catlearn import Bits, Modular, Saturating
>>> [semiring(ty.obs[0]) for ty in (Bits(8), Modular(5, 2), Saturating(4, 2))]
[Semiring(size=2, saturating=False), Semiring(size=5, saturating=False), Semiring(size=4, saturating=True)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catlearn.diagrams.types import Ob
from catlearn.errors import ShapeMismatch

__all__ = ["KINDS", "Semiring", "semiring", "widened", "width"]

KINDS = ("Bits", "Modular", "Saturating")
"""The kinds of objects whose wires carry elements of a semiring."""


@dataclass(frozen=True)
class Semiring:
    """A finite commutative semiring on the numbers 0 to `size - 1`: Wilson and Zanasi, arXiv:2203.06430.

    >>> Semiring(5).add(3, 4), Semiring(5).multiply(3, 4), Semiring(4, True).add(3, 2)
    (2, 2, 3)
    """

    size: int
    saturating: bool = False

    def reduce(self, x: Any) -> Any:
        """A number from 0 up, or an array of such, as an element."""
        # In plain arithmetic, so that arrays go through as they are.
        return x - (x - self.size + 1) * (x >= self.size) if self.saturating else x % self.size

    def add(self, x: Any, y: Any) -> Any:
        """The sum of two elements, or of arrays of them."""
        return self.reduce(x + y)

    def multiply(self, x: Any, y: Any) -> Any:
        """The product of two elements, or of arrays of them."""
        return self.reduce(x * y)

    @property
    def has_negatives(self) -> bool:
        """Whether it is a ring, so that differences make sense."""
        return not self.saturating or self.size == 1

    def __str__(self) -> str:
        return f"{'Sat' if self.saturating else 'Z'}_{self.size}"


def semiring(ob: Ob) -> Semiring | None:
    """The semiring of a wire; None where it carries something else."""
    if ob.kind == "Bits" and len(ob.sizes) == 1:
        return Semiring(2)
    if ob.kind in KINDS and len(ob.sizes) == 2 and isinstance(ob.sizes[0], int):
        return Semiring(ob.sizes[0], ob.kind == "Saturating")
    return None


def width(ob: Ob) -> int:
    """How many elements a wire carries. Raises `ShapeMismatch` where its object gives no number.

    >>> from catlearn import Bits
    >>> width(Bits(8).obs[0])
    8
    """
    found = ob.sizes[-1]
    if not isinstance(found, int):
        raise ShapeMismatch(f"{ob}: circuits need a number for the width; write a function that makes the diagram of n")
    return found


def widened(ob: Ob, width: int) -> Ob:
    """The object of a wire over the same semiring with another width.

    >>> from catlearn import Bits
    >>> widened(Bits(8).obs[0], 3) == Bits(3).obs[0]
    True
    """
    return Ob(ob.kind, (*ob.sizes[:-1], width))
