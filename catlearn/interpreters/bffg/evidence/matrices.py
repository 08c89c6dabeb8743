"""Matrices in a smooth diagram: wires, or numbers that are known beforehand, with which nothing is multiplied in vain.

A matrix of one number is a wire `Real()`, so that models on numbers become programs on numbers.

>>> from catlearn import Real, trace
>>> def twice(x):
...     m = Matrix(2, 2, x)
...     return (m @ Matrix.known(np.eye(2)) + m).value
>>> [box.name for box in trace(twice, Real(2, 2)).wiring.boxes]
['add']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.smooth.arithmetic import constant, log
from catlearn.diagrams.theories.smooth.arrays import matmul, reshape, take, transpose
from catlearn.diagrams.theories.smooth.linear import put, scale
from catlearn.diagrams.theories.smooth.linear_algebra import inverse, log_determinant
from catlearn.diagrams.wire import Wire

__all__ = ["Matrix", "compact"]

Array = NDArray[np.float64]


def compact(rows: int, columns: int) -> tuple[int, ...]:
    """The shape of the wire of a matrix."""
    return () if rows == columns == 1 else (rows, columns)


@dataclass(frozen=True, eq=False)
class Matrix:
    """A matrix: a wire of the shape `compact(rows, columns)`, or an array (rows, columns) that is known."""

    rows: int
    columns: int
    value: Wire | Array

    @classmethod
    def known(cls, array: Array) -> Matrix:
        """A matrix of numbers."""
        rows, columns = array.shape
        return cls(rows, columns, array)

    @classmethod
    def zero(cls, rows: int, columns: int) -> Matrix:
        """Zeros."""
        return cls.known(np.zeros((rows, columns)))

    @property
    def array(self) -> Array | None:
        """The numbers, where they are known."""
        return None if isinstance(self.value, Wire) else self.value

    @property
    def wire(self) -> Wire:
        """The matrix as a wire."""
        if isinstance(self.value, Wire):
            return self.value
        return constant(self.value.reshape(compact(self.rows, self.columns)))

    @property
    def single(self) -> bool:
        """Whether it is one number."""
        return self.rows == self.columns == 1

    @property
    def is_zero(self) -> bool:
        """Whether it is known to be zero."""
        return self.array is not None and not self.array.any()

    @property
    def is_identity(self) -> bool:
        """Whether it is known to be the identity."""
        array, square = self.array, self.rows == self.columns
        return array is not None and square and np.array_equal(array, np.eye(self.rows))

    @property
    def T(self) -> Matrix:
        """The transpose."""
        if self.array is not None:
            return Matrix.known(self.array.T)
        return self if self.single else Matrix(self.columns, self.rows, transpose(self.wire))

    def __add__(self, other: Matrix) -> Matrix:
        if self.array is not None and other.array is not None:
            return Matrix.known(self.array + other.array)
        if self.is_zero or other.is_zero:
            return other if self.is_zero else self
        return Matrix(self.rows, self.columns, self.wire + other.wire)

    def __sub__(self, other: Matrix) -> Matrix:
        if self.array is not None and other.array is not None:
            return Matrix.known(self.array - other.array)
        if other.is_zero:
            return self
        return Matrix(self.rows, self.columns, -other.wire if self.is_zero else self.wire - other.wire)

    def __mul__(self, factor: float) -> Matrix:
        if self.array is not None:
            return Matrix.known(self.array * factor)
        return Matrix(self.rows, self.columns, scale(self.wire, data=(factor,)))

    def __matmul__(self, other: Matrix) -> Matrix:
        if self.array is not None and other.array is not None:
            return Matrix.known(self.array @ other.array)
        if self.is_zero or other.is_zero:
            return Matrix.zero(self.rows, other.columns)
        if self.is_identity or other.is_identity:
            return other if self.is_identity else self
        if self.single or other.single:
            return Matrix(self.rows, other.columns, self.wire * other.wire)
        return Matrix(self.rows, other.columns, self._shrunk(matmul(self.wire, other.wire), other.columns))

    def _shrunk(self, wire: Wire, columns: int) -> Wire:
        return reshape(wire, compact(self.rows, columns))

    def inverse(self) -> Matrix:
        """The inverse of a square matrix."""
        if self.array is not None and np.linalg.matrix_rank(self.array) == self.rows:
            return Matrix.known(np.asarray(np.linalg.inv(self.array), np.float64))
        return Matrix(self.rows, self.columns, 1.0 / self.wire if self.single else inverse(self.wire))

    def log_determinant(self) -> Matrix:
        """The logarithm of a determinant that is positive."""
        if self.array is not None and np.linalg.matrix_rank(self.array) == self.rows:
            return Matrix.known(np.full((1, 1), np.linalg.slogdet(self.array)[1]))
        return Matrix(1, 1, log(self.wire) if self.single else log_determinant(self.wire))

    def symmetric(self) -> Matrix:
        """The same without the asymmetry of rounding."""
        return self if self.single or self.array is not None else (self + self.T) * 0.5

    def part(self, rows: Sequence[int], columns: Sequence[int]) -> Matrix:
        """Some rows and columns."""
        if self.array is not None:
            return Matrix.known(self.array[np.ix_(rows, columns)])
        if not (rows and columns):
            return Matrix.zero(len(rows), len(columns))
        if self.single and len(rows) == len(columns) == 1:
            return self
        wire = self.wire
        for axis, (chosen, size) in enumerate(((rows, self.rows), (columns, self.columns))):
            if tuple(chosen) != tuple(range(size)):
                wire = take(wire, chosen, axis)
        return Matrix(len(rows), len(columns), reshape(wire, compact(len(rows), len(columns))))

    def placed(self, rows: Sequence[int], columns: Sequence[int], shape: tuple[int, int]) -> Matrix:
        """Zeros of a shape, with every element of this one added at one of these rows and columns."""
        if self.array is not None:
            found = np.zeros(shape)
            np.add.at(found, np.ix_(rows, columns), self.array)
            return Matrix.known(found)
        wire = self.wire
        if shape == (1, 1) and self.single:
            return self
        wire = reshape(wire, (self.rows, self.columns))
        for axis, (chosen, size) in enumerate(zip((rows, columns), shape, strict=True)):
            if tuple(chosen) != tuple(range(size)):
                wire = put(wire, data=(axis, tuple(chosen), size))
        return Matrix(*shape, reshape(wire, compact(*shape)))
