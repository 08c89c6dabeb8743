"""What a box of the Markov theory does: a kernel, kept as the box's data.

Kernels are values: equal when they say the same, hashable, and never changed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any, Self

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.types import Ty
from catlearn.errors import TypeMismatch, short

__all__ = ["KERNELS", "Kernel", "find_kernel", "kernel_of", "place_kernel"]

KERNELS: dict[str, type[Kernel]] = {}
"""Every kind of kernel by the name of its class, so that files can be read back."""


class Kernel(ABC):
    """How the outputs of a box are distributed given its inputs; the base of all kinds of kernels.

    A subclass is known by its name; `data` gives the arguments that make an equal one.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        KERNELS[cls.__name__] = cls

    @abstractmethod
    def data(self) -> tuple[Any, ...]:
        """Plain data (tuples, numbers, strings) of which `from_data` makes an equal kernel."""

    @classmethod
    def from_data(cls, *data: Any) -> Self:
        """The kernel of such data."""
        return cls(*data)

    @abstractmethod
    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """Raise `TypeMismatch` or `ShapeMismatch` when a box of this name and these types cannot carry the kernel."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and isinstance(other, Kernel) and self.data() == other.data()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.data()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.data()))})"


ELSEWHERE = (
    "gaussian conditional_gaussian sampled families.priors families.likelihoods families.predictives guided given"
    " processes.substitution processes.interacting processes.jump_process processes.gamma_process processes.observation"
    " processes.linear_sde processes.nonlinear processes.sde"
)
"""Modules of this folder with kernels that nobody may have imported yet."""


def find_kernel(kind: str) -> type[Kernel] | None:
    """The kind of kernel of a name; None where there is none.

    >>> find_kernel("Gaussian")
    <class 'catlearn.diagrams.theories.markov.gaussian.Gaussian'>
    """
    if kind not in KERNELS:
        for module in ELSEWHERE.split():
            import_module(f"{__package__}.{module}")
    return KERNELS.get(kind)


def place_kernel(name: str, dom: Ty, cod: Ty, kernel: Kernel) -> Box:
    """The box of a kernel, when its types fit."""
    if not isinstance(name, str) or not name:
        raise TypeMismatch(f"a kernel's name is a word such as 'rain', not {short(name)}")
    for ty in (dom, cod):
        if not isinstance(ty, Ty):
            raise TypeMismatch(f"{name}: give types such as Finite('no', 'yes'), not {short(ty)}")
    kernel.check(name, dom, cod)
    return Box(name, dom, cod, (kernel,))


def kernel_of(box: Box) -> Kernel | None:
    """The kernel of a box; None where it has none."""
    data: Any = box.data
    found = data[0] if isinstance(data, tuple) and len(data) == 1 else None
    return found if isinstance(found, Kernel) else None
