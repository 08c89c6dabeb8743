"""Generators of linear algebra: the inverse of a square matrix and the logarithm of its determinant.

Both are for stacks of matrices as well: the last two axes are those of the matrix. A matrix without an inverse gives
no numbers: its inverse holds NaN (inf for a single number) and the logarithm is -inf, as `1 / 0` and `log(0)` do.

>>> import numpy as np
>>> from catlearn import Real, compile, gradient, trace
>>> compile(trace(lambda x: inverse(x), Real(2, 2)))([[2.0, 0.0], [0.0, 4.0]])
array([[0.5 , 0.  ],
       [0.  , 0.25]])
>>> compile(gradient(trace(lambda x: log_determinant(x), Real(2, 2))))([[2.0, 0.0], [0.0, 4.0]])
array([[0.5 , 0.  ],
       [0.  , 0.25]])
"""

from __future__ import annotations

from typing import Any

from catlearn.diagrams.theories.smooth.arithmetic import as_wire
from catlearn.diagrams.theories.smooth.arrays import matmul, transpose
from catlearn.diagrams.theories.smooth.elementwise import mul
from catlearn.diagrams.theories.smooth.generator import Generator, Shape, generator
from catlearn.diagrams.theories.smooth.linear import back, neg
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch

__all__ = ["inverse", "log_determinant", "solve"]


def _square(data: Any, shape: Shape) -> Shape:
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeMismatch("the last two axes must be those of a square matrix")
    return shape


def _turned(x: Wire) -> Wire:
    """Every matrix of a stack transposed."""
    rank = len(x.shape)
    return transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def _inverse_reverse(data: Any, x: Wire, y: Wire, d: Wire) -> Wire:
    turned = _turned(y)
    return neg(matmul(matmul(turned, d), turned))


def _log_determinant_reverse(data: Any, x: Wire, y: Wire, d: Wire) -> Wire:
    rank = len(x.shape)
    return mul(back(d, x, (rank - 2, rank - 1)), _turned(inverse(x)))


# The inverse of the last two axes; d(X^-1) = -X^-1 dX X^-1.
inverse: Generator = generator("inverse", _square, _inverse_reverse)

# log |det X| of the last two axes; d log |det X| = tr(X^-1 dX).
log_determinant: Generator = generator(
    "log_determinant", lambda data, shape: _square(data, shape)[:-2], _log_determinant_reverse
)


def solve(a: Any, b: Any) -> Wire:
    """The x of `a @ x = b`, for a square matrix or a stack of them; b is a vector, a matrix, or a stack of matrices.

    Raises `ShapeMismatch` where a is not square, or the sizes do not fit.

    >>> from catlearn import Real, compile, trace
    >>> compile(trace(lambda a, b: solve(a, b), Real(2, 2) @ Real(2)))([[2.0, 0.0], [0.0, 4.0]], [1.0, 1.0])
    array([0.5 , 0.25])
    """
    return matmul(inverse(as_wire(a)), b)
