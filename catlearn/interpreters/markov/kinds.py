"""Which kernels a diagram is made of: finite tables or linear Gaussians; inversion and lenses are the same for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, NotSupported, short
from catlearn.interpreters.markov.finite.kind import FINITE
from catlearn.interpreters.markov.gaussian.kind import GAUSSIAN

__all__ = ["Kind", "check_tolerance", "kind_of"]


class Kind(Protocol):
    """A family of kernels that is closed under composition, marginals and inversion."""

    def state(self, ty: Ty, given: Any, name: str = "prior") -> Diagram:
        """A diagram `Ty() -> ty`, from one or from what users write for a state."""

    def outcome(self, ty: Ty, given: Any) -> Diagram | None:
        """The state that is surely this outcome; None where the value is no outcome."""

    def invert(self, d: Diagram, prior: Diagram, name: str) -> Box:
        """The inverse `B -> A` of a diagram `A -> B` at a state of A."""

    def disintegrate(self, joint: Diagram, keep: Sequence[int], names: Sequence[str]) -> tuple[Box, Box]:
        """The state of some outputs, and a channel from them to the others."""

    def normalize(self, d: Diagram, name: str) -> Box:
        """The state that a diagram `Ty() -> B` is in proportion to, as one box."""

    def validity(self, d: Diagram, given: Any) -> Any:
        """How probable an effect is under a state."""

    def observe(self, d: Diagram, given: Any, name: str) -> Box:
        """A state after an effect. Raises `ImpossibleEvidence` or `OffSupport` where nothing is left."""

    def check(self, predicted: Diagram, seen: Diagram) -> None:
        """Raise `OffSupport` where a state leaves the support of another one."""

    def support(self, d: Diagram) -> Any:
        """The support of a state."""

    def read(self, d: Diagram, names: Sequence[str]) -> Any:
        """The distribution that a state is, as users see it."""

    def split(self, d: Diagram, count: int) -> tuple[Diagram, Diagram]:
        """The states of the first wires and of the others. Raises `TypeMismatch` where they are not independent."""

    def same(self, f: Diagram, g: Diagram, prior: Diagram, tolerance: float) -> bool:
        """Whether two diagrams are equal up to a tolerance on the support of a prior."""

    def factors(self, channel: Box, count: int, tolerance: float) -> bool:
        """Whether a channel's first outputs are independent of the others, given its inputs, up to a tolerance."""


def kind_of(*diagrams: Diagram) -> Kind:
    """The kind of the kernels in diagrams; where there is not a wire at all, finite.

    Raises:
        NotSupported: for wires that are neither `Finite` nor `Real`, and for both together.
    """
    found = {ob.kind for d in diagrams for ob in unfolded(d).obs}
    if found <= {"Finite"}:
        return FINITE
    if found == {"Real"}:
        return GAUSSIAN
    said = " and ".join(sorted(found))
    raise NotSupported(f"inversion is for wires that are all Finite or all Real, not {said}; take cl.infer for others")


def check_tolerance(tolerance: Any) -> None:
    """Raise `InputMismatch` for what is no number from 0 up."""
    if not (isinstance(tolerance, int | float | np.number) and tolerance >= 0):
        raise InputMismatch(f"a tolerance is a number from 0 up, not {short(tolerance)}")
