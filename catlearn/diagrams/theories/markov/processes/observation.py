"""Observations of any density: leaves of a diagram, looked back on through Gaussian or exponential guides.

>>> import numpy as np
>>> from catlearn import Real
>>> count = Observation(lambda y, x: y * x - np.exp(x))        # a Poisson number, its rate exp(x)
>>> count.box("count").cod
Real()
>>> InverseGamma(2.0).log_density(np.array([1.0]), np.array([0.0])).round(4)
array([-1.])
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.gaussian import Gaussian, real_width
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.types import Real, Ty
from catlearn.errors import InputMismatch, NotNormalized, ShapeMismatch, TypeMismatch, short

__all__ = ["InverseGamma", "Laplace", "Leaf", "LogNormal", "Observation", "Tilt"]

Array = NDArray[Any]


class Leaf(Kernel):
    """A kernel that is known by the density of what it gives; its output is there to be observed.

    Values come in rows: `Real()` carries (n,), `Real(d)` carries (n, d).
    """

    @abstractmethod
    def log_density(self, y: Array, x: Array) -> Array:
        """The logarithm of the density of each row of y, given that of x; -inf where it cannot be."""

    def draw(self, x: Array, z: Array) -> Array | None:
        """Outputs for each row of x, made of standard normals z with as many numbers; None where there is no way."""
        return None

    @property
    def positive(self) -> bool:
        """Whether outputs are above 0."""
        return False

    def box(self, name: str, dom: Ty | None = None, cod: Ty | None = None) -> Box:
        """The box of it; without types from `Real()` to `Real()`."""
        return place_kernel(name, Real() if dom is None else dom, Real() if cod is None else cod, self)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one wire of numbers to one wire of numbers."""
        if any(len(ty) != 1 or ty.obs[0].kind != "Real" or len(ty.obs[0].sizes) > 1 for ty in (dom, cod)):
            said = "an observation reads one wire Real() or Real(n), and gives one"
            raise TypeMismatch(f"{name}: {said}, not {dom or '()'} -> {cod or '()'}")


class Observation(Leaf):
    """An observation of a density of yours.

    Args:
        log_density: `log_density(y, x)`, for rows; see `Leaf`. With a density that is not normalized the evidence is
            off by that factor.
        draw: `draw(x, z)` makes outputs of standard normals, needed only where one is not observed but asked for.

    Raises:
        TypeMismatch: for what cannot be called.

    Its default guide is `Laplace`. A function has no place in a JSON file.
    """

    def __init__(self, log_density: Callable[..., Any], draw: Callable[..., Any] | None = None) -> None:
        if not callable(log_density) or not (draw is None or callable(draw)):
            wrong = draw if callable(log_density) else log_density
            raise TypeMismatch(
                f"an observation is made of functions log_density(y, x) and draw(x, z), not {short(wrong)}"
            )
        self._log_density, self._draw = log_density, draw

    def data(self) -> tuple[Any, ...]:
        """The two functions."""
        return self._log_density, self._draw

    def log_density(self, y: Array, x: Array) -> Array:
        """See `Leaf.log_density`."""
        return _real("log_density", self._log_density(y, x))

    def draw(self, x: Array, z: Array) -> Array | None:
        """See `Leaf.draw`."""
        return None if self._draw is None else _real("draw", self._draw(x, z))


class InverseGamma(Leaf):
    """A positive number whose inverse is Gamma distributed: the density `s**a / Gamma(a) * y**(-a - 1) * exp(-s / y)`.

    Args:
        shape: a, above 0.
        scale: a factor above 0.
        link: "exp" for `s = scale * exp(x)`, as for the logarithm x of a variance; "linear" for `s = scale * x`, as for
            a Gamma process: then x is above 0, and the default guide is a `Tilt`.

    Raises:
        NotNormalized: for a shape or scale that is no finite number above 0.
        InputMismatch: for another link.

    >>> InverseGamma(2.0, link="linear")
    InverseGamma(2.0, 1.0, 'linear')
    """

    def __init__(self, shape: float, scale: float = 1.0, link: str = "exp") -> None:
        self.shape, self.scale, self.link = _above("shape", shape), _above("scale", scale), link
        if link not in ("exp", "linear"):
            raise InputMismatch(f"the link of an inverse Gamma observation is 'exp' or 'linear', not {short(link)}")

    def data(self) -> tuple[Any, ...]:
        """The arguments."""
        return self.shape, self.scale, self.link

    @property
    def positive(self) -> bool:
        """See `Leaf.positive`."""
        return True

    def log_density(self, y: Array, x: Array) -> Array:
        """See `Leaf.log_density`."""
        from scipy.special import gammaln

        a = self.shape
        with np.errstate(divide="ignore", invalid="ignore"):
            log_scale = np.log(self.scale) + (x if self.link == "exp" else np.log(x))
            rest = -np.exp(log_scale) / y - gammaln(a) - (a + 1.0) * np.log(y)
        known = a * log_scale + rest
        return np.where((y > 0) & ~np.isnan(log_scale), known, -np.inf)

    def draw(self, x: Array, z: Array) -> Array:
        """See `Leaf.draw`."""
        from scipy.special import gammaincinv, ndtr

        s = self.scale * (np.exp(x) if self.link == "exp" else x)
        return np.asarray(s / gammaincinv(self.shape, ndtr(-z)))

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: one number to one number."""
        super().check(name, dom, cod)
        if dom.obs[0].sizes or cod.obs[0].sizes:
            raise TypeMismatch(f"{name}: an inverse Gamma observation is Real() -> Real(), not {dom} -> {cod}")


class LogNormal(Kernel):
    """Positive numbers whose logarithms are `A x + b + noise` with `noise ~ N(0, S)`: exact, without weights.

    The arguments are those of `Gaussian`, and so are the errors.

    >>> LogNormal([[1.0]], [0.0], [[0.25]])
    LogNormal(((1.0,),), (0.0,), ((0.25,),))
    """

    def __init__(self, A: Any, b: Any, S: Any) -> None:
        self.log = Gaussian(A, b, S)

    def data(self) -> tuple[Any, ...]:
        """The arguments as nested tuples."""
        return self.log.data()

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`; as for a `Gaussian`."""
        self.log.check(name, dom, cod)

    def box(self, name: str, dom: Ty | None = None, cod: Ty | None = None) -> Box:
        """The box of it; without types from `Real()` to `Real()`."""
        return place_kernel(name, Real() if dom is None else dom, Real() if cod is None else cod, self)


class _Near(Kernel):
    """A guide that is the log-density near an anchor."""

    def __init__(self, anchor: Any = None) -> None:
        self.anchor = None if anchor is None else _anchor(anchor)

    def data(self) -> tuple[Any, ...]:
        """The anchor."""
        return (self.anchor,)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: the anchor has as many numbers as the wire."""
        size = sum(real_width(name, ob) for ob in dom.obs)
        if self.anchor is not None and len(self.anchor) != size:
            raise InputMismatch(f"{name}: the anchor has {len(self.anchor)} numbers, but {dom or '()'} carries {size}")


class Laplace(_Near):
    """The guide of a `Leaf` that is quadratic: value, slope and curvature of the log-density at an anchor.

    Args:
        anchor: where; a number or a list. None for the path without noise, found in rounds with the messages.

    Raises:
        InputMismatch: for what is no finite number.

    >>> Laplace(0.5)
    Laplace((0.5,))
    """


class Tilt(_Near):
    """The guide of a `Leaf` that is an exponential, `exp(c + F x)`, such as Gamma processes pull back.

    Args:
        anchor: where it touches the density; a number or a list. None for the path without noise, found in rounds with
            the messages; then it never rises, so that a Gamma process can have any number of them.

    Raises:
        InputMismatch: for what is no finite number.

    >>> Tilt()
    Tilt(None)
    """


def _real(what: str, given: Any) -> Array:
    try:
        found = np.asarray(given)
    except ValueError:
        found = np.empty((), object)
    if found.dtype.kind not in "biuf" or np.ma.is_masked(given):
        raise ShapeMismatch(f"{what} gives {short(given)}, which is no array of real numbers")
    return np.asarray(found, np.float64)


def _above(what: str, value: Any) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = -1.0
    if not 0.0 < found < float("inf"):
        raise NotNormalized(
            f"the {what} of an inverse Gamma observation is a finite number above 0, not {short(value)}"
        )
    return found


def _anchor(value: Any) -> tuple[float, ...]:
    try:
        found = floats(value).reshape(-1)
    except ValueError:
        found = np.array([np.nan])
    if not np.isfinite(found).all() or not len(found):
        raise InputMismatch(f"an anchor is a finite number or a list of them, not {short(value)}")
    return tuple(found.tolist())
