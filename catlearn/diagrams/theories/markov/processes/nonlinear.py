"""Gaussian noise around any function: `y ~ N(mean(x), covariance(x))`.

>>> import numpy as np
>>> from catlearn import Real, kernel
>>> step = kernel("x", Real(), Real(), forward=Nonlinear(np.sin, 0.1))
>>> step.cod
Real()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import check_covariance, real_width
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.types import Ty
from catlearn.errors import CatlearnError, NotNormalized, ShapeMismatch, TypeMismatch, short

__all__ = ["Linearized", "Nonlinear"]


class Nonlinear(Kernel):
    """The kernel `y ~ N(mean(x), covariance(x))`, with functions of yours that read all samples at once.

    On a wire `Real()` n samples are an array (n,), on a wire `Real(d)` an array (d, n): samples come last, so that
    formulae such as `x[0] * x[1]` need no thought of them.

    Args:
        mean: `mean(x)` gives the means: (n,) where the output is one wire `Real()`, otherwise (e, n) for the e numbers
            of all outputs. With several inputs it is `mean(x1, x2, ...)`, and so below.
        covariance: a number, standing for itself times the identity; a matrix (e, e); or a function of x that gives
            (n,) for one wire `Real()`, otherwise a number, a matrix (e, e) or one for each sample (e, e, n).
        jacobian: `jacobian(x)` gives the derivatives of the mean, (e, d, n) for the d numbers of all inputs; (n,) where
            both are 1. Without it, by central differences. It only makes guides, never weights.

    Raises:
        TypeMismatch: for what is no function.
        ShapeMismatch, NotNormalized: when a constant covariance is none.

    Two are equal when their functions are the same objects. A function has no place in a JSON file.

    >>> Nonlinear(lambda x: x**2, [[1.0, 0.0], [0.0, -1.0]])
    Traceback (most recent call last):
    ...
    catlearn.errors.NotNormalized: covariance is no covariance: its least eigenvalue is -1
    """

    def __init__(self, mean: Callable[..., Any], covariance: Any, jacobian: Callable[..., Any] | None = None) -> None:
        for what, part in (("mean", mean), ("jacobian", jacobian)):
            if not callable(part) and (part is not None or what == "mean"):
                raise TypeMismatch(f"{what} is a function of samples, not {short(part)}")
        self.mean, self.jacobian = mean, jacobian
        self.covariance = covariance if callable(covariance) else read_covariance(covariance)

    def data(self) -> tuple[Any, ...]:
        """See `Kernel.data`."""
        fixed = self.covariance
        return self.mean, fixed if callable(fixed) else _plain(fixed.tolist()), self.jacobian

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: at least one input and one output, all wires `Real()` and `Real(n)`."""
        if not len(dom) or not len(cod):
            raise TypeMismatch(f"{name}: a Nonlinear has inputs and outputs; without inputs, take cl.gaussian_state")
        e = [real_width(name, ob) for ob in (*dom.obs, *cod.obs)][len(dom) :]
        if not callable(self.covariance) and self.covariance.ndim and len(self.covariance) != sum(e):
            raise ShapeMismatch(f"{name}: covariance has shape {self.covariance.shape}; {cod} needs {(sum(e), sum(e))}")


class Linearized(Kernel):
    """A guide: the true kernel, linearized where the messages lead. `Nonlinear` and `SDE` have it where none is given.

    Its points are found by turns with the messages, in so many rounds as `bffg(diagram, rounds)` says.

    >>> Linearized()
    Linearized()
    """

    def data(self) -> tuple[Any, ...]:
        """See `Kernel.data`: there is none."""
        return ()

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: any wires of numbers."""
        for ob in (*dom.obs, *cod.obs):
            real_width(name, ob)


def read_covariance(values: Any) -> NDArray[np.float64]:
    """A constant covariance: a number from 0 up, or a matrix. Raises `ShapeMismatch` and `NotNormalized`.

    >>> read_covariance(2)
    array(2.)
    """
    try:
        found = np.asarray(floats(values) + 0.0)
    except ValueError:
        raise ShapeMismatch(f"covariance is a number, a matrix or a function, not {short(values)}") from None
    if found.ndim not in (0, 2) or (found.ndim and found.shape[0] != found.shape[1]):
        raise ShapeMismatch(f"covariance is a number or a square matrix, not of shape {found.shape}")
    if not np.isfinite(found).all():
        raise NotNormalized(f"covariance holds finite numbers, not {short(values)}")
    try:
        checked = check_covariance("covariance", found.reshape(found.shape or (1, 1)))
    except CatlearnError as error:
        raise type(error)(str(error)) from None
    return checked.reshape(found.shape)


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list) else value
