"""Stochastic differential equations: `dX = drift(t, X) dt + dispersion(t, X) dW`.

>>> import numpy as np
>>> from catlearn import Real, kernel
>>> pull = kernel("x", Real(), Real(), forward=SDE(lambda t, x: np.sin(x), 0.5, duration=2.0, steps=50))
>>> pull(0.25).data[0].duration
0.25
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import real_width
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.processes.duration import check_process, read_duration
from catlearn.diagrams.types import Ty
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, TypeMismatch, short

__all__ = ["SDE", "Diffusion"]


@dataclass(frozen=True, eq=False)
class Diffusion:
    """What moves an `SDE`, shared by all its durations; see there."""

    drift: Callable[..., Any]
    dispersion: Any
    steps: int
    refined: bool

    @property
    def grid(self) -> NDArray[np.float64]:
        """The times of the grid, as parts of the duration, (steps + 1,)."""
        u = np.arange(self.steps + 1) / self.steps
        return u * (2.0 - u) if self.refined else u


class SDE(Kernel):
    """The kernel of `dX = drift(t, X) dt + dispersion(t, X) dW`, run for a duration in Euler and Maruyama's steps.

    The steps are the model: from one time of the grid to the next, `X + drift dt + dispersion sqrt(dt) z`. So the
    evidence is estimated without bias whatever the guide; what remains is how far the steps are from the equation,
    which is of the order of their length, and is seen by taking more of them.

    On a wire `Real()` n samples are an array (n,), on a wire `Real(d)` an array (d, n). The time `t` since the start is
    a number, or an array (n,) when edges of different durations are read at once.

    Args:
        drift: `drift(t, x)` gives an array of the shape of x.
        dispersion: a number, standing for itself times the identity; a matrix (d, k) for k Brownian motions; or a
            function of t and x that gives (n,) on a wire `Real()`, otherwise a number, (d, k) or (d, k, n).
        duration: a finite number from 0 up.
        steps: of how many steps it is made, whatever the duration.
        refined: whether steps grow shorter to the end, with times `u (2 - u)` of the duration for even u; that shows
            more of paths that are drawn to precise observations.

    Raises:
        TypeMismatch: when the drift is no function.
        InputMismatch: when the duration or the number of steps is none.
        ShapeMismatch, NotNormalized: when a constant dispersion is none.

    >>> SDE(lambda t, x: -x, 1.0, steps=0)
    Traceback (most recent call last):
    ...
    catlearn.errors.InputMismatch: steps is a whole number from 1 up, not 0
    """

    process: Diffusion
    duration: float

    def __init__(
        self, drift: Callable[..., Any], dispersion: Any, duration: float = 1.0, steps: int = 100, refined: bool = False
    ) -> None:
        if not callable(drift):
            raise TypeMismatch(f"drift is a function drift(t, x), not {short(drift)}")
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
            raise InputMismatch(f"steps is a whole number from 1 up, not {short(steps)}")
        spread = dispersion if callable(dispersion) else _constant(dispersion)
        self.process, self.duration = Diffusion(drift, spread, int(steps), bool(refined)), read_duration(duration)

    def lasting(self, duration: float) -> Self:
        """The same process for another duration, in as many steps. Raises `InputMismatch` where that is none.

        >>> SDE(lambda t, x: -x, 1.0).lasting(2).duration
        2.0
        """
        found = object.__new__(type(self))
        found.process, found.duration = self.process, read_duration(duration)
        return found

    def data(self) -> tuple[Any, ...]:
        """See `Kernel.data`."""
        held = self.process
        fixed = held.dispersion if callable(held.dispersion) else _plain(held.dispersion.tolist())
        return held.drift, fixed, self.duration, held.steps, held.refined

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one wire `Real()` or `Real(d)`, the same on both sides."""
        d, spread = real_width(name, check_process(name, dom, cod)), self.process.dispersion
        if not callable(spread) and spread.ndim and len(spread) != d:
            raise ShapeMismatch(f"{name}: dispersion has shape {spread.shape}; {cod} needs {d} rows")


def _constant(values: Any) -> NDArray[np.float64]:
    try:
        found = np.asarray(floats(values) + 0.0)
    except ValueError:
        raise ShapeMismatch(f"dispersion is a number, a matrix or a function, not {short(values)}") from None
    if found.ndim not in (0, 2) or not found.size:
        raise ShapeMismatch(f"dispersion is a number or a matrix (d, k), not of shape {found.shape}")
    if not np.isfinite(found).all():
        raise NotNormalized(f"dispersion holds finite numbers, not {short(values)}")
    return found


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list) else value
