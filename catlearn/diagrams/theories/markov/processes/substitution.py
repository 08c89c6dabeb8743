"""Substitution: how letters of a sequence change along an edge of a tree; JC69, K80, HKY85 and GTR.

A model is a kernel that lasts. Time is measured in expected substitutions per letter.

>>> model = HKY85(kappa=4.0, frequencies=[0.3, 0.2, 0.3, 0.2])
>>> model.transition([0.1])[:, :, 0].round(4)
array([[0.9172, 0.0497, 0.0199, 0.0132],
       [0.0746, 0.8923, 0.0199, 0.0132],
       [0.0199, 0.0132, 0.9172, 0.0497],
       [0.0199, 0.0132, 0.0746, 0.8923]])
>>> model.lasting(0.5).duration
0.5
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.processes.duration import read_duration
from catlearn.diagrams.theories.markov.processes.exchange import Exchange
from catlearn.diagrams.types import Finite, Ty
from catlearn.errors import ShapeMismatch, TypeMismatch

__all__ = ["DNA", "GTR", "HKY85", "JC69", "K80", "Stationary", "Substitution", "transitions"]

Array = NDArray[np.float64]

DNA = Finite("T", "C", "A", "G")
"""One letter of DNA."""


class Substitution(Kernel):
    """A time-reversible substitution model that lasts for a duration (Tavaré 1986).

    Letter i changes into j at a rate proportional to `exchangeability(i, j) * frequency(j)`, scaled such that one
    substitution is expected in a unit of time.

    Args:
        exchangeabilities: K (K - 1) / 2 numbers from 0 up, for the pairs of letters (0, 1), (0, 2), ..., (1, 2), ...
        frequencies: of the K letters in the long run; positive numbers that sum to one.
        duration: a finite number from 0 up.

    Raises:
        ShapeMismatch: when there are more or fewer exchangeabilities than pairs.
        NotNormalized: when a number is negative or not finite, or the frequencies do not sum to one.
        InputMismatch: when the duration is none.

    >>> Substitution([1.0], [0.5, 0.5], 0.25)
    Substitution((1.0,), (0.5, 0.5), 0.25)
    """

    process: Exchange
    duration: float

    def __init__(self, exchangeabilities: Any, frequencies: Any, duration: float = 1.0) -> None:
        self.process, self.duration = Exchange(exchangeabilities, frequencies), read_duration(duration)

    def lasting(self, duration: float) -> Self:
        """The same process for another duration. Raises `InputMismatch` where that is none.

        >>> JC69().lasting(2).duration
        2.0
        """
        found = object.__new__(type(self))
        found.process, found.duration = self.process, read_duration(duration)
        return found

    @property
    def frequencies(self) -> Array:
        """Of the letters in the long run, (K,)."""
        return self.process.frequencies

    @property
    def rates(self) -> Array:
        """The rate matrix, (K, K).

        >>> JC69().rates[0].round(3)
        array([-1.   ,  0.333,  0.333,  0.333])
        """
        return self.process.rates

    def transition(self, durations: Any = None) -> Array:
        """Tables for m durations, (K, K, m); without them for its own, (K, K).

        They cost one spectral decomposition, which is kept. Raises `InputMismatch` where a duration is none.

        >>> JC69(duration=0.1).transition().sum(axis=1)
        array([1., 1., 1., 1.])
        """
        return (
            self.process.transition([self.duration])[:, :, 0]
            if durations is None
            else self.process.transition(durations)
        )

    def box(self, name: str, ty: Ty = DNA) -> Box:
        """The box of this kernel on a wire of this type; errors as `check` raises.

        >>> JC69().box("edge").cod
        Finite("T", "C", "A", "G")
        """
        return place_kernel(name, ty, ty, self)

    def stationary(self, name: str, ty: Ty = DNA) -> Box:
        """The state in which letters have the frequencies of the model, such as they are at a root.

        The frequencies are those of this model, as numbers. Where they are parameters of the edges, the root is to
        follow them: `kernel("root", Ty(), DNA, forward=lambda pi: HKY85(2.0, pi).stationary("root"))`.

        >>> JC69().stationary("root").cod
        Finite("T", "C", "A", "G")
        """
        return place_kernel(name, Ty(), ty, Stationary(*self.process.key))

    def data(self) -> tuple[Any, ...]:
        """See `Kernel.data`."""
        return (*self.process.key, self.duration)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one finite wire, the same on both sides, with an outcome for each letter."""
        _check_letters(name, cod, len(self.frequencies))
        if dom != cod:
            raise TypeMismatch(f"{name}: a substitution keeps its type, but this is {dom or '()'} -> {cod}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Substitution):
            return False
        return self.duration == other.duration and self.process == other.process

    def __hash__(self) -> int:
        return hash((self.process.hash, self.duration))


class Stationary(Kernel):
    """The distribution that a substitution model of these numbers has in the long run. See `Substitution.stationary`.

    >>> Stationary([1.0], [0.25, 0.75]).frequencies
    array([0.25, 0.75])
    """

    def __init__(self, exchangeabilities: Any, frequencies: Any) -> None:
        self.process = Exchange(exchangeabilities, frequencies)

    @property
    def frequencies(self) -> Array:
        """Of the letters, (K,)."""
        return self.process.frequencies

    def data(self) -> tuple[Any, ...]:
        """See `Kernel.data`."""
        return self.process.key

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: no inputs and one finite wire."""
        _check_letters(name, cod, len(self.frequencies))
        if len(dom):
            raise TypeMismatch(f"{name}: a stationary state has no inputs, but this reads {dom}")


def JC69(duration: float = 1.0) -> Substitution:
    """All letters change alike (Jukes and Cantor 1969).

    >>> JC69().frequencies
    array([0.25, 0.25, 0.25, 0.25])
    """
    return Substitution([1.0] * 6, [0.25] * 4, duration)


def K80(kappa: float, duration: float = 1.0) -> Substitution:
    """Transitions, T to C and A to G and back, are `kappa` times as frequent as other changes (Kimura 1980).

    >>> K80(2.0).rates[0]
    array([-1.  ,  0.5 ,  0.25,  0.25])
    """
    return HKY85(kappa, [0.25] * 4, duration)


def HKY85(kappa: float, frequencies: Any, duration: float = 1.0) -> Substitution:
    """`K80` with other frequencies, in the order T, C, A, G (Hasegawa, Kishino and Yano 1985).

    >>> HKY85(2.0, [0.1, 0.2, 0.3, 0.4]).frequencies
    array([0.1, 0.2, 0.3, 0.4])
    """
    return Substitution([kappa, 1.0, 1.0, 1.0, 1.0, kappa], frequencies, duration)


def GTR(exchangeabilities: Any, frequencies: Any, duration: float = 1.0) -> Substitution:
    """The general time-reversible model of DNA (Tavaré 1986).

    Exchangeabilities are six, for TC, TA, TG, CA, CG and AG; only their ratios matter. Frequencies: of T, C, A, G.

    >>> GTR([2, 1, 1, 1, 1, 2], [0.25] * 4).rates[0]
    array([-1.  ,  0.5 ,  0.25,  0.25])
    """
    found = Substitution(exchangeabilities, frequencies, duration)
    if len(found.frequencies) != 4:
        raise ShapeMismatch(f"GTR has 6 exchangeabilities and 4 frequencies, not {len(found.frequencies)} frequencies")
    return found


def transitions(kernels: Sequence[Substitution]) -> Array:
    """The tables of m kernels of one size, (K, K, m): one decomposition for each different process.

    >>> transitions([JC69(0.1), K80(2.0, 0.1), JC69(0.2)]).shape
    (4, 4, 3)
    """
    groups: dict[Exchange, list[int]] = {}
    for k, kernel in enumerate(kernels):
        groups.setdefault(kernel.process, []).append(k)
    size = len(kernels[0].frequencies) if kernels else 0
    found = np.empty((size, size, len(kernels)))
    for process, places in groups.items():
        found[:, :, places] = process.transition([kernels[k].duration for k in places])
    return found


def _check_letters(name: str, cod: Ty, count: int) -> None:
    if len(cod) != 1 or cod.obs[0].kind != "Finite":
        raise TypeMismatch(f"{name}: a substitution model is for one wire such as DNA, not {cod or '()'}")
    if len(cod.obs[0].sizes) != count:
        raise ShapeMismatch(f"{name}: the model has {count} letters, but {cod} has {len(cod.obs[0].sizes)}")
