"""Kernels with a guide: what happens, and a tractable kernel near it that is used to look back.

Backward filtering reads the guide, forward guiding the true kernel; see van der Meulen and Schauer, "Automatic backward
filtering forward guiding for Markov processes and graphical models" (arXiv:2010.03509).

>>> from catlearn import Finite, Gaussian, Real, Table
>>> X = Real()
>>> step = kernel("step", X, X, forward=Gaussian([[0.9]], [0.0], [[1.0]]), guide=Gaussian([[1.0]], [0.0], [[1.0]]))
>>> guided_of(step).guide
Gaussian(((1.0,),), (0.0,), ((1.0,),))
"""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, kernel_of, place_kernel
from catlearn.diagrams.types import Ty
from catlearn.errors import InputMismatch, TypeMismatch, short

__all__ = ["Guided", "KernelBox", "Lasting", "Spec", "guided_of", "kernel", "parameters_of"]

Spec = Kernel | Callable[..., Kernel]
"""A kernel, or a function of named parameters that gives one."""


@runtime_checkable
class Lasting(Protocol):
    """A kernel that is a process run for some time."""

    @property
    def duration(self) -> float:
        """For how long it runs."""

    def lasting(self, duration: float) -> Kernel:
        """The same process, run for another time."""


class Guided(Kernel):
    """A true kernel and its guide.

    Args:
        forward: what happens, a kernel; or a function of named parameters that gives one.
        guide: what is used to look back, likewise; None for the default: the kernel itself where messages through it
            have a closed form, otherwise what the kind of `forward` says.
        duration: replaces the duration of both, where they are processes; None leaves them as they are.
    """

    def __init__(self, forward: Spec, guide: Spec | None = None, duration: float | None = None) -> None:
        for part in (forward, guide):
            if not (part is None or isinstance(part, Kernel) or callable(part)) or (part is None and part is forward):
                raise TypeMismatch(
                    f"a kernel, or a function of parameters that gives one, is needed, not {short(part)}"
                )
        self.forward, self.guide, self.duration = forward, guide, duration

    def data(self) -> tuple[Any, ...]:
        """The two and the duration."""
        return self.forward, self.guide, self.duration

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`."""
        for part in (self.forward, self.guide):
            if isinstance(part, Kernel):
                part.check(name, dom, cod)

    def lasting(self, duration: float) -> Self:
        """The same with another duration."""
        return type(self)(self.forward, self.guide, duration)


class KernelBox(Box):
    """The box of a kernel. Called with a number, it is the same box whose process runs for that time."""

    def __call__(self, *wires: Any, unfold: bool = False, **named: Any) -> Any:
        """Place it on wires, as any diagram; or, with one number, give the box that lasts so long."""
        if len(wires) == 1 and not named and isinstance(wires[0], int | float | np.integer | np.floating):
            return self._lasting(wires[0])
        return super().__call__(*wires, unfold=unfold, **named)

    def _lasting(self, duration: float | np.integer[Any] | np.floating[Any]) -> KernelBox:
        length = float(duration)
        if not 0.0 <= length < math.inf:
            raise InputMismatch(f"{self.name}: a duration is a number from 0 up, not {short(duration)}")
        held = kernel_of(self)
        process = held.forward if isinstance(held, Guided) else held
        if isinstance(process, Kernel) and not isinstance(process, Lasting):
            raise TypeMismatch(f"{self.name}: a {type(process).__name__} does not run for a time; only processes do")
        assert isinstance(held, Guided | Lasting)
        return KernelBox(self.name, self.dom, self.cod, (held.lasting(length),))


def kernel(name: str, dom: Ty, cod: Ty, forward: Spec, guide: Spec | None = None) -> KernelBox:
    """The box of a kernel, with the guide that messages are pulled back through.

    Args:
        name: the box's name; the variable on its output wire is called so.
        dom, cod: the types of its wires.
        forward: the true kernel, such as `Table`, `Gaussian`, `Nonlinear` or `SDE`; or a function of named parameters
            that gives one, as in `forward=lambda sigma: Gaussian([[1.0]], [0.0], [[sigma**2]])`.
        guide: the kernel for the way back, likewise. Whatever it is, weights make up for it; the nearer it is to
            `forward`, the less they vary. Without one it is `forward` itself where that is finite or linear-Gaussian;
            where `forward` is smooth, it is linearized and refined.

    Raises:
        TypeMismatch, ShapeMismatch: when the kernel does not fit the wires.

    >>> from catlearn import Gaussian, Real
    >>> kernel("noisy", Real(), Real(), forward=Gaussian([[1.0]], [0.0], [[0.5]])).cod
    Real()
    """
    if not isinstance(forward, Kernel) and not callable(forward):
        raise TypeMismatch(f"{name}: forward is a kernel such as Gaussian or SDE, not {short(forward)}")
    try:
        made = Guided(forward, guide)
        for part in (forward, guide):
            parameters_of(part)
    except TypeMismatch as error:
        raise TypeMismatch(f"{name}: {error}") from None
    return KernelBox(name, dom, cod, place_kernel(name, dom, cod, made).data)


def guided_of(box: Box) -> Guided | None:
    """The true kernel and the guide of a box; None where it has no kernel. A plain kernel has no guide of its own."""
    held = kernel_of(box)
    return held if isinstance(held, Guided) or held is None else Guided(held)


def parameters_of(spec: Spec | None) -> tuple[str, ...]:
    """The names of the parameters that a kernel depends on.

    >>> parameters_of(lambda mu, sigma: None)
    ('mu', 'sigma')
    """
    if spec is None or isinstance(spec, Kernel):
        return tuple(getattr(spec, "parameters", ()))
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    try:
        found = signature(spec).parameters
    except ValueError:
        raise TypeMismatch(f"a function of named parameters is needed, and {short(spec)} tells no names") from None
    if nameless := [name for name, p in found.items() if p.kind is Parameter.POSITIONAL_ONLY]:
        raise TypeMismatch(f"a function of named parameters is needed, and {nameless[0]!r} cannot be given by name")
    return tuple(name for name, p in found.items() if p.kind in kinds)
