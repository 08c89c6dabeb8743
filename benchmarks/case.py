"""What a gradient benchmark is: a model for catlearn, by hand in numpy, and in plain array code for the peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import catlearn as cl
from catlearn import Diagram

__all__ = ["Case"]


@dataclass(frozen=True)
class Case:
    """A benchmark.

    Attributes:
        name: what the table calls it.
        size: its size in words.
        diagram: draws the diagram of value and gradient afresh, so that a first call can be timed.
        arrays: the inputs in the diagram's order; the first `wrt` of them are differentiated by.
        wrt: how many inputs are differentiated by.
        hand: the value and the gradient as one would write them in numpy.
        plain: `plain(np, *arrays)` is the value, `np` being numpy or a module like it, if peers can run it.
        torch: the same with torch, where that is written otherwise; `plain` otherwise.
        bound: ours over hand must not be more than this.
        reuse: for outputs that overwrite an input, its name.
    """

    name: str
    size: str
    diagram: Callable[[], Diagram]
    arrays: Sequence[Any]
    wrt: int
    hand: Callable[..., Any]
    plain: Callable[..., Any] | None = None
    torch: Callable[..., Any] | None = None
    bound: float = 1.05
    reuse: Mapping[int, str] | None = None

    def ours(self) -> Callable[..., Any]:
        """The diagram, drawn and compiled afresh."""
        return cl.compile(self.diagram(), reuse=self.reuse)

    def inputs(self) -> list[Any]:
        """The arrays, copied where somebody may overwrite them."""
        return [copy(a) for a in self.arrays] if self.reuse else list(self.arrays)
