"""A diagram of Gaussian boxes as variables, their coordinates in one long vector, and that vector's distribution.

>>> from catlearn import Real, copy, identity
>>> from catlearn.diagrams.theories.markov.gaussian import gaussian, gaussian_state
>>> d = gaussian_state("x", Real(), 1.0, 4.0) >> copy() >> (identity() @ gaussian("y", Real(), Real(), 2.0, 0.0, 1.0))
>>> network = network_of(d)
>>> network.variables, network.mean, network.covariance.tolist()
(('x', 'y'), array([1., 2.]), [[4.0, 8.0], [8.0, 17.0]])
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.gaussian import Gaussian, real_width
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import NotNormalized, NotSupported, TooLarge, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.markov.gaussian.algebra import ROUNDING
from catlearn.interpreters.markov.gaussian.support import support_of

__all__ = ["Factor", "GaussianNetwork", "is_gaussian", "network_of"]

MOST = 8192
"""The most numbers that are held together with all their covariances: half a gigabyte."""

Array = NDArray[np.float64]


class Factor(NamedTuple):
    """One box: its kernel, and the numbers of the variables that it reads and that it gives."""

    kernel: Gaussian
    reads: tuple[int, ...]
    gives: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class GaussianNetwork:
    """The variables of a diagram and the kernels between them.

    Attributes:
        variables: their names; boxes are in an order in which they can run.
        shapes: for each variable, () for a number and (n,) for a vector.
        factors: the boxes.
    """

    variables: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    factors: tuple[Factor, ...]

    @cached_property
    def starts(self) -> list[int]:
        """Where each variable's coordinates begin, and how many there are in all."""
        return [0, *np.cumsum([shape[0] if shape else 1 for shape in self.shapes]).tolist()]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.variables)}

    def number(self, variable: object) -> int:
        """The number of a variable. Raises `UnknownVariable`, naming the nearest."""
        found = self._numbers.get(variable) if isinstance(variable, str) else None
        if found is None:
            raise UnknownVariable(f"there is no variable {short(variable)}{nearest(variable, self.variables)}")
        return found

    def coordinates(self, several: tuple[int, ...]) -> NDArray[np.intp]:
        """The coordinates of these variables, in order."""
        ranges = [np.arange(self.starts[i], self.starts[i + 1]) for i in several]
        return np.concatenate(ranges) if ranges else np.zeros(0, np.intp)

    @property
    def mean(self) -> Array:
        """The mean of all coordinates."""
        return self._joint[0]

    @property
    def spread(self) -> Array:
        """What brings independent standard normals, one for each source of noise, to all coordinates less the mean.

        Its rows may have sizes far apart; the covariance `spread @ spread.T` would lose the small ones.
        Raises `TooLarge` where there are more than 8,192 coordinates.
        """
        return self._joint[1]

    @property
    def covariance(self) -> Array:
        """The covariance of all coordinates. Raises `TooLarge` where there are more than 8,192."""
        return self.spread @ self.spread.T

    @cached_property
    def _joint(self) -> tuple[Array, Array]:
        n = self.starts[-1]
        if n > MOST:
            raise TooLarge(
                f"{n:,} numbers have {n * n * 8 / 2**30:.1f} GiB of covariances, and at most {MOST:,} are taken; "
                "ask about a part of the model"
            )
        noises = [support_of(factor.kernel.b, factor.kernel.S).spread for factor in self.factors]
        mean, spread, used = np.zeros(n), np.zeros((n, sum(noise.shape[1] for noise in noises))), 0
        with np.errstate(over="ignore", invalid="ignore"):
            for (kernel, reads, gives), noise in zip(self.factors, noises, strict=True):
                read, given, more = self.coordinates(reads), self.coordinates(gives), used + noise.shape[1]
                mean[given] = kernel.A @ mean[read] + kernel.b
                spread[given, :used] = _carried(kernel.A, spread[read, :used])
                spread[given, used:more] = noise
                used = more
            sizes = np.linalg.norm(spread, axis=1)
        if not np.isfinite(mean + sizes).all():
            raise NotNormalized("the model's means or variances are beyond floats; measure in other units")
        return mean, spread


def _carried(A: Array, spread: Array) -> Array:
    """What a matrix makes of a spread; entries where only rounding is left are nothing."""
    found = A @ spread
    found[np.abs(found) <= ROUNDING * (np.abs(A) @ np.abs(spread))] = 0.0
    return found


def is_gaussian(model: Diagram) -> bool:
    """Whether a diagram is a state of which every box is Gaussian.

    >>> from catlearn import Real
    >>> from catlearn.diagrams.theories.markov.gaussian import gaussian_state
    >>> is_gaussian(gaussian_state("x", Real(), 0.0, 1.0))
    True
    """
    wiring = unfolded(model)
    return (
        not wiring.dom.obs and bool(wiring.boxes) and all(isinstance(kernel_of(box), Gaussian) for box in wiring.boxes)
    )


def network_of(model: Diagram) -> GaussianNetwork:
    """The network of a diagram `Ty() -> B`, folded boxes opened; copies and discards are free.

    Raises:
        TypeMismatch: when the diagram has inputs.
        NotSupported: when a box is not Gaussian; it names the box.

    >>> from catlearn import Real
    >>> from catlearn.diagrams.theories.markov.gaussian import gaussian
    >>> network_of(gaussian("y", Real(), Real(), 1.0, 0.0, 1.0))
    Traceback (most recent call last):
    ...
    catlearn.errors.TypeMismatch: a model has no inputs, but this one reads Real(); put a state before it
    """
    model = as_diagram(model)
    wiring = unfolded(model)
    if wiring.dom.obs:
        raise TypeMismatch(f"a model has no inputs, but this one reads {wiring.dom!r}; put a state before it")
    factors = []
    for box, reads, gives in wiring.steps():
        kernel = kernel_of(box)
        if not isinstance(kernel, Gaussian):
            raise NotSupported(f"{box.name} is no Gaussian box; make it by gaussian or gaussian_state")
        factors.append(Factor(kernel, tuple(reads), tuple(gives)))
    shapes = [(real_width("a wire", ob),) if ob.sizes else () for ob in wiring.obs]
    return GaussianNetwork(variables(model), tuple(shapes), tuple(factors))
