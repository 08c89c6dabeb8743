"""Linear-Gaussian kernels: the outputs are a linear map of the inputs, a constant, and normal noise.

Wires are `Real()` (numbers) or `Real(n)` (lists of numbers); several wires are one vector, stacked in order.

>>> from catlearn import Real, copy, identity
>>> height = gaussian_state("height", Real(), 170.0, 49.0)
>>> weight = gaussian("weight", Real(), Real(), 0.9, -85.0, 25.0)
>>> (height >> copy() >> (identity() @ weight)).cod
Real() @ Real()
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import CatlearnError, NotNormalized, ShapeMismatch, TypeMismatch, short

__all__ = ["Gaussian", "check_covariance", "gaussian", "gaussian_state", "real_width"]

ROUNDING = 1e-7
"""How far a covariance may be from symmetric, and its least eigenvalue below zero, measured by its deviations."""

LARGEST = 1e300
"""No variance may be larger, so that sums of them are floats."""

Array = NDArray[np.float64]


class Gaussian(Kernel):
    """The kernel `y = A x + b + noise` with `noise ~ N(0, S)`; S may be singular.

    Args:
        A: the matrix, of shape (outputs, inputs); a state has no inputs.
        b: the constant, of shape (outputs,).
        S: the noise's covariance, of shape (outputs, outputs).

    For one input and one output all three may be numbers. They are kept as read-only arrays of float64. Asymmetry of
    rounding in S is taken out.

    Raises:
        ShapeMismatch: when the shapes do not fit one another.
        NotNormalized: when a number is not finite, or S is not symmetric or not positive semi-definite.

    >>> Gaussian(2.0, 1.0, 0.25)
    Gaussian(((2.0,),), (1.0,), ((0.25,),))
    >>> Gaussian([[1.0], [0.0]], [0.0, 0.0], [[1.0, 2.0], [2.0, 1.0]])
    Traceback (most recent call last):
    ...
    catlearn.errors.NotNormalized: S is no covariance: its least eigenvalue is -1
    """

    def __init__(self, A: Any, b: Any, S: Any) -> None:
        matrix, offset, noise = _numbers("A", A), _numbers("b", b), _numbers("S", S)
        if not (matrix.ndim or offset.ndim or noise.ndim):
            matrix, offset, noise = matrix.reshape(1, 1), offset.reshape(1), noise.reshape(1, 1)
        n = len(offset) if offset.ndim == 1 else -1
        if n == 0 and not matrix.size and not noise.size:
            matrix, noise = matrix.reshape(0, *matrix.shape[-1:]), noise.reshape(0, 0)
        if matrix.ndim != 2 or len(matrix) != n or noise.shape != (n, n):
            shapes = f"{matrix.shape}, {offset.shape} and {noise.shape}"
            raise ShapeMismatch(f"A, b and S have shapes {shapes}; they need (m, n), (m,) and (m, m)")
        self.A, self.b, self.S = matrix, offset, check_covariance("S", noise)
        for array in (self.A, self.b, self.S):
            array.flags.writeable = False

    def data(self) -> tuple[Any, ...]:
        """The three arrays as nested tuples."""
        return _tuples(self.A.tolist()), _tuples(self.b.tolist()), _tuples(self.S.tolist())

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: wires `Real()` and `Real(n)` whose sizes add up to the shape of A."""
        sizes = [sum(real_width(name, ob) for ob in ty.obs) for ty in (cod, dom)]
        if self.A.shape != tuple(sizes):
            raise ShapeMismatch(
                f"{name}: a kernel {dom or '()'} -> {cod or '()'} has a matrix A of shape {tuple(sizes)}, "
                f"not {self.A.shape}"
            )

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        return self.A.shape, self.A.tobytes(), self.b.tobytes(), self.S.tobytes()

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Gaussian) and self._key == other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[Any, ...]:
        return Gaussian, (np.array(self.A), np.array(self.b), np.array(self.S))


def gaussian(name: str, dom: Ty, cod: Ty, A: Any, b: Any, S: Any) -> Box:
    """The box of `y = A x + b + noise`, `noise ~ N(0, S)`, from the wires of `dom` to those of `cod`.

    Args:
        name: the box's name; the variable on its output wire is called so.
        dom, cod: wires `Real()` and `Real(n)`.
        A: a matrix of shape (outputs, inputs); a list is one row or one column, where there is only one.
        b: a list of as many numbers as there are outputs, or a number that stands for all of them.
        S: the covariance of the noise; a number where there is one output.

    Raises:
        TypeMismatch: when a wire does not carry numbers.
        ShapeMismatch: when a shape does not fit the wires.
        NotNormalized: when S is not symmetric or not positive semi-definite, or a number is not finite.

    >>> from catlearn import Real
    >>> gaussian("position", Real(2), Real(), [1.0, 0.0], 0.0, 0.5).data[0]
    Gaussian(((1.0, 0.0),), (0.0,), ((0.5,),))
    """
    return place_kernel(name, dom, cod, read_gaussian(name, dom, cod, A, b, S))


def gaussian_state(name: str, cod: Ty, mean: Any, covariance: Any) -> Box:
    """The normal distribution over the wires of `cod`: a box without inputs. Arguments and errors: see `gaussian`.

    >>> from catlearn import Real
    >>> gaussian_state("x", Real(2), [0.0, 1.0], [[1.0, 0.5], [0.5, 1.0]]).cod
    Real(2)
    >>> gaussian_state("x", Real(), 0.0, -1.0)
    Traceback (most recent call last):
    ...
    catlearn.errors.NotNormalized: x: S is no covariance: its least eigenvalue is -1
    """
    return place_kernel(name, Ty(), cod, read_gaussian(name, Ty(), cod, None, mean, covariance))


def read_gaussian(name: str, dom: Ty, cod: Ty, A: Any, b: Any, S: Any) -> Gaussian:
    """The kernel of numbers as users give them for such wires; None stands for no matrix. Errors: see `gaussian`."""
    for ty in (dom, cod):
        if not isinstance(ty, Ty):
            raise TypeMismatch(f"{name}: give types such as Real() or Real(3), not {short(ty)}")
    n, m = (sum(real_width(name, ob) for ob in ty.obs) for ty in (dom, cod))
    try:
        matrix = np.zeros((m, n)) if A is None else _shaped("A", A, (m, n))
        offset = _numbers("b", b)
        offset = np.full(m, offset.item()) if offset.ndim == 0 else offset
        return Gaussian(matrix, _shaped("b", offset, (m,)), _shaped("S", S, (m, m)))
    except CatlearnError as error:
        raise type(error)(f"{name}: {error}") from None


def real_width(name: str, ob: Ob) -> int:
    """How many numbers a wire of a box carries: 1 for `Real()`, n for `Real(n)`. Raises `TypeMismatch` for others.

    >>> from catlearn import Real
    >>> [real_width("f", ob) for ob in (Real() @ Real(3)).obs]
    [1, 3]
    """
    if ob.kind != "Real" or len(ob.sizes) > 1 or not all(isinstance(size, int) for size in ob.sizes):
        raise TypeMismatch(f"{name}: a Gaussian is for wires Real() and Real(3), not {Ty.of((ob,))!r}")
    return int(ob.sizes[0]) if ob.sizes else 1


def check_covariance(name: str, S: Array) -> Array:
    """A covariance, or a stack of them, exactly symmetric. Raises `NotNormalized` where one is none.

    >>> check_covariance("S", np.eye(2)).shape
    (2, 2)
    """
    lower = np.swapaxes(S, -1, -2)
    units = _units(S)
    if np.abs(S).max(initial=0.0) > LARGEST:
        raise NotNormalized(f"{name} is no covariance: it holds numbers beyond {LARGEST:g}; measure in larger units")
    if np.any(np.abs(S - lower) > ROUNDING * units):
        raise NotNormalized(f"{name} is no covariance: it is not symmetric, by {np.abs(S - lower).max():.3g}")
    S = (S + lower) / 2
    try:
        np.linalg.cholesky(S)
    except np.linalg.LinAlgError:
        if np.any(np.linalg.eigvalsh(S / units) < -ROUNDING):
            least = float(np.linalg.eigvalsh(S).min())
            raise NotNormalized(f"{name} is no covariance: its least eigenvalue is {least:.6g}") from None
    return S


def _units(S: Array) -> Array:
    """What each entry is measured by: the deviations it belongs to, or 1e-4 of the largest where that is more."""
    variances = np.diagonal(S, axis1=-2, axis2=-1)
    largest = np.abs(S).max(axis=(-2, -1), initial=0.0)[..., None]
    deviations = np.sqrt(np.maximum(variances, np.where(largest > 0, 1e-8 * largest, 1.0)))
    return np.asarray(deviations[..., :, None] * deviations[..., None, :])


def _numbers(name: str, values: Any) -> Array:
    try:
        found = floats(values) + 0.0  # no -0.0: equal kernels have equal bytes
    except ValueError:
        raise ShapeMismatch(f"{name} holds numbers in rows of one length, not {short(values)}") from None
    if not np.isfinite(found).all():
        raise NotNormalized(f"{name} holds {found[~np.isfinite(found)].flat[0]}; its numbers must be finite")
    return found


def _shaped(name: str, values: Any, shape: tuple[int, ...]) -> Array:
    """The numbers in a shape that they fill, where only axes of length 1 are left out."""
    found = _numbers(name, values)
    if found.shape != shape and [n for n in found.shape if n != 1] == [n for n in shape if n != 1]:
        return found.reshape(shape)
    if found.shape != shape:
        raise ShapeMismatch(f"{name} has shape {found.shape}; these wires need {shape}")
    return found


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
