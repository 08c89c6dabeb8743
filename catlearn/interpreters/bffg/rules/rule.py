"""What is said of a kind of kernel: how messages are pulled back through it, and samples pushed along it.

A rule holds all boxes of one kind and size, stacked along the last axis of its arrays, and reads a level of them at
once. `RULES` has a row for each pair of a true kernel and a guide.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.types import Ty
from catlearn.interpreters.bffg.messages import AnyMessage, Message, Seen

__all__ = ["RULES", "Pulled", "Rule", "Stack", "rule_for"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Stack:
    """The boxes that a rule is made of.

    Attributes:
        names: of the m boxes, for errors.
        forward, guide: the different kernels among them.
        which: (m,) the number of each box's pair in these.
        durations: (m,) for how long a process runs; NaN where the kernel says it itself.
        dom, cod: their types.
        seen: for each output wire, which of its numbers are observed.
    """

    names: tuple[str, ...]
    forward: tuple[Kernel, ...]
    guide: tuple[Kernel, ...]
    which: NDArray[np.int64]
    durations: NDArray[np.float64]
    dom: Ty
    cod: Ty
    seen: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True, eq=False)
class Pulled:
    """What the backward pass leaves at some boxes.

    Attributes:
        messages: for each input wire, the messages at it; None where they are zero.
        residual: what the forward pass needs.
        constant: (m,) for boxes without inputs, the logarithm of what their message comes to.
    """

    messages: tuple[Message | None, ...]
    residual: Any
    constant: Array | None = None


class Rule(ABC):
    """The boxes of one kind, m of them."""

    @property
    @abstractmethod
    def normals(self) -> int:
        """How many standard normals each box needs for one sample."""

    @property
    @abstractmethod
    def exact(self) -> bool:
        """Whether all log-weights are zero."""

    @property
    def linearized(self) -> bool:
        """Whether the guides are linearizations, which `anchored` makes."""
        return False

    @property
    def samples(self) -> int:
        """From how many samples `anchored` is made; 1 is the path without noise."""
        return 1

    def anchored(self, inputs: tuple[Array, ...]) -> Rule:
        """The rule with guides that are linearized where the boxes' inputs are; only where `linearized`.

        Inputs are (d, m), or (m,) on finite wires; with a last axis for samples where `samples` is not 1.
        """
        raise NotImplementedError

    @property
    def between(self) -> bool:
        """Whether `anchored_between` is made use of, and not `anchored`."""
        return False

    def anchored_between(self, inputs: tuple[Array, ...], outputs: tuple[Array, ...]) -> Rule:
        """The rule with guides that are linearized between the boxes' inputs and outputs; only where `between`."""
        raise NotImplementedError

    @classmethod
    def key(cls, forward: Kernel, guide: Kernel, box: Box) -> Hashable:
        """Boxes whose keys differ are not stacked together."""
        return ()

    @classmethod
    @abstractmethod
    def of(cls, stack: Stack) -> Rule:
        """The rule of these boxes. Raises a typed error that names the box, where one is not possible."""

    @abstractmethod
    def part(self, at: slice) -> Rule:
        """Some of the boxes."""

    def takes(self, out: tuple[AnyMessage, ...]) -> NDArray[np.bool_]:
        """(m,) whether each box can pull back messages `Remaining`, as some of these are."""
        return np.zeros(out[0].message.c.shape if isinstance(out[0], Seen) else out[0].c.shape, bool)

    @abstractmethod
    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """Messages at the outputs, pulled back through the guides."""

    @abstractmethod
    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """Samples at the outputs, and log-weights (m, s); None for zeros.

        Samples are (d, m, s) on wires of numbers, and numbers of outcomes (m, s) on finite ones; z is (normals, m, s).
        """


RULES: dict[tuple[type[Kernel], type[Kernel]], type[Rule]] = {}
"""The rule for each pair of kinds: the true kernel and the guide."""


def rule_for(forward: Kernel, guide: Kernel) -> type[Rule] | None:
    """The rule of a pair of kernels; None where there is none."""
    for kind in type(forward).__mro__:
        for other in type(guide).__mro__:
            if (found := RULES.get((kind, other))) is not None:
                return found
    return None
