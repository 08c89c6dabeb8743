"""Kernels that are known by how to draw from them, and by their density where there is one.

Values run along the wires as arrays with one row for each draw: `Real()` carries (n,), `Real(3)` carries (n, 3), and
`Finite` wires carry the numbers of outcomes, (n,).

>>> import numpy as np
>>> from catlearn import Real
>>> def noisy(random, count, x):
...     return x + random.normal(size=count)
>>> box = Sampler(noisy).box("y", Real(), Real())
>>> box.data[0].draw(np.random.default_rng(0), 3, np.zeros(3)).shape
(3,)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.types import Ty
from catlearn.errors import NotSupported, TypeMismatch, short

__all__ = ["Sampled", "Sampler"]

Array = NDArray[Any]


class Sampled(Kernel):
    """A kernel that can be drawn from; the base of `Sampler` and of the families of distributions."""

    @property
    def has_density(self) -> bool:
        """Whether `log_density` is there, so that the output may be observed."""
        return True

    @abstractmethod
    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Any:
        """As many draws as inputs have rows: an array for one output, a tuple of arrays for several."""

    @abstractmethod
    def log_density(self, output: Any, *inputs: Any) -> Array:
        """The logarithm of the density (of the probability, for counts and outcomes) of each row of the output."""


class Sampler(Sampled):
    """A kernel of two functions of yours.

    Args:
        draw: `draw(random, count, *inputs)` gives `count` draws from the distribution that belongs to each row of the
            inputs: an array with `count` rows, or a tuple of arrays where the box has several outputs. `random` is a
            `numpy.random.Generator`; what does not use it is a deterministic function. Inputs cannot be changed.
        log_density: `log_density(output, *inputs)` gives the log-density of each row; only needed where the output is
            observed. Several outputs come as a tuple.

    Raises:
        TypeMismatch: for what cannot be called.

    Two samplers are equal when their functions are the same objects. A function has no place in a JSON file.

    >>> Sampler(lambda random, count: random.exponential(size=count)).has_density
    False
    """

    def __init__(self, draw: Callable[..., Any], log_density: Callable[..., Any] | None = None) -> None:
        if not callable(draw) or not (log_density is None or callable(log_density)):
            wrong = draw if not callable(draw) else log_density
            raise TypeMismatch(f"a sampler is made of functions draw(random, count, *inputs), not {short(wrong)}")
        self._draw, self._log_density = draw, log_density

    def data(self) -> tuple[Any, ...]:
        """The two functions."""
        return self._draw, self._log_density

    @property
    def has_density(self) -> bool:
        """See `Sampled.has_density`."""
        return self._log_density is not None

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: any wires of numbers, as long as something comes out."""
        if not cod:
            raise TypeMismatch(f"{name}: a sampler draws something; give it an output")

    def box(self, name: str, dom: Ty, cod: Ty) -> Box:
        """The box that draws so, from the wires of `dom` to those of `cod`."""
        return place_kernel(name, dom, cod, self)

    def draw(self, random: np.random.Generator, count: int, *inputs: Array) -> Any:
        """See `Sampled.draw`."""
        return self._draw(random, count, *inputs)

    def log_density(self, output: Any, *inputs: Any) -> Array:
        """See `Sampled.log_density`. Raises `NotSupported` where none was given."""
        if self._log_density is None:
            raise NotSupported("this sampler has no density; make it with Sampler(draw, log_density)")
        return np.asarray(self._log_density(output, *inputs))
