"""Gaussian kernels as plain values: one after another, side by side, marginals, conditions, densities.

A state is a kernel without inputs: its `b` is the mean and its `S` the covariance.

>>> height = Gaussian(np.zeros((1, 0)), [170.0], [[49.0]])
>>> weight = Gaussian([[0.9]], [-85.0], [[25.0]])
>>> print(compose(height, weight).b.round(6), compose(height, weight).S.round(6))
[68.] [[64.69]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.errors import InputMismatch, ShapeMismatch, TypeMismatch
from catlearn.interpreters.markov.gaussian.support import support_of

__all__ = ["ROUNDING", "compose", "condition", "graph_of", "log_density", "marginal", "tensor"]

ROUNDING = 1e-14
"""What is left of a variance after subtraction, as a part of it, when only rounding is left."""

Array = NDArray[np.float64]


def compose(first: Gaussian, second: Gaussian) -> Gaussian:
    """`first` and then `second`; pushes a state forward when `first` is one.

    Raises:
        ShapeMismatch: when the second reads another number of numbers than the first gives.

    >>> compose(Gaussian([[2.0]], [1.0], [[1.0]]), Gaussian([[3.0]], [0.0], [[1.0]]))
    Gaussian(((6.0,),), (3.0,), ((10.0,),))
    """
    if second.A.shape[1] != len(first.b):
        raise ShapeMismatch(f"the first kernel gives {len(first.b)} numbers, the second reads {second.A.shape[1]}")
    noise = second.A @ first.S @ second.A.T + second.S
    size = np.abs(second.A) @ np.sqrt(first.S.diagonal()) + np.sqrt(second.S.diagonal())
    return Gaussian(second.A @ first.A, second.A @ first.b + second.b, tidy(noise, size, ROUNDING))


def tensor(upper: Gaussian, lower: Gaussian) -> Gaussian:
    """Both side by side, independent of one another.

    >>> one = Gaussian([[2.0]], [1.0], [[1.0]])
    >>> tensor(one, one).S.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    offset = np.concatenate([upper.b, lower.b])
    return Gaussian(_blocks(upper.A, lower.A), offset, _blocks(upper.S, lower.S))


def marginal(kernel: Gaussian, keep: Sequence[int]) -> Gaussian:
    """Only these outputs, in this order.

    >>> marginal(Gaussian(np.zeros((2, 0)), [1.0, 2.0], [[1.0, 0.5], [0.5, 3.0]]), [1])
    Gaussian(((),), (2.0,), ((3.0,),))
    """
    kept = _coordinates(kernel, keep)
    return Gaussian(kernel.A[kept], kernel.b[kept], kernel.S[np.ix_(kept, kept)])


def condition(state: Gaussian, coordinates: Sequence[int], values: Any) -> Gaussian:
    """The state of the other coordinates, in their order, given the values of these.

    Raises:
        OffSupport: when the state rules the values out; it says how far they are from what it allows.
        TypeMismatch: when the kernel is no state.

    >>> both = Gaussian(np.zeros((2, 0)), [0.0, 0.0], [[1.0, 1.0], [1.0, 2.0]])
    >>> given = condition(both, [1], [4.0])
    >>> print(f"{given.b[0]:.6f} {given.S[0, 0]:.6f}")
    2.000000 0.500000
    """
    _check_state(state)
    seen = _coordinates(state, coordinates)
    rest = np.setdiff1d(np.arange(len(state.b)), seen)
    support = support_of(state.b[seen], state.S[np.ix_(seen, seen)])
    support.check(np.atleast_1d(values), "what was seen")
    gain = support.whitener @ state.S[np.ix_(seen, rest)]
    mean = state.b[rest] + support.whiten(np.atleast_1d(values)) @ gain
    left = state.S[np.ix_(rest, rest)] - gain.T @ gain
    return Gaussian(np.zeros((len(rest), 0)), mean, tidy(left, np.sqrt(state.S.diagonal()[rest]), ROUNDING))


def log_density(state: Gaussian, value: Any) -> float:
    """The log-density of a state at a value, against the Lebesgue measure of its support.

    Raises:
        OffSupport: when the value is off the support; it says how far.
        TypeMismatch: when the kernel is no state.

    >>> print(f"{log_density(Gaussian(np.zeros((1, 0)), [0.0], [[1.0]]), [0.0]):.6f}")
    -0.918939
    """
    _check_state(state)
    support = support_of(state.b, state.S)
    support.check(np.atleast_1d(value))
    return float(support.log_density(np.atleast_1d(value)))


def graph_of(prior: Gaussian, kernel: Gaussian) -> Gaussian:
    """The joint state of the prior's value and what the kernel makes of it: `prior >> copy >> (identity @ kernel)`.

    >>> graph_of(Gaussian(np.zeros((1, 0)), [0.0], [[1.0]]), Gaussian([[2.0]], [1.0], [[1.0]])).S.tolist()
    [[1.0, 2.0], [2.0, 5.0]]
    """
    n, m = len(prior.b), len(kernel.b)
    both = Gaussian(np.vstack([np.eye(n), kernel.A]), np.concatenate([np.zeros(n), kernel.b]), np.zeros((n + m, n + m)))
    pushed = compose(prior, both)
    return Gaussian(pushed.A, pushed.b, pushed.S + _blocks(np.zeros((n, n)), kernel.S))


def tidy(covariance: Array, size: Array, floor: float) -> Array:
    """A covariance without the directions that are only rounding: no more than a floor when measured by `size`."""
    units = np.multiply.outer(size, size)
    units[units == 0] = 1.0
    values, vectors = np.linalg.eigh((covariance + covariance.T) / (2 * units))
    if values.min(initial=np.inf) > (least := max(floor, ROUNDING * values.max(initial=0.0))):
        return np.asarray((covariance + covariance.T) / 2)
    vectors = vectors * np.sqrt(np.where(values > least, values, 0.0))
    kept = vectors @ vectors.T
    certain = kept.diagonal() <= least
    kept[certain], kept[:, certain] = 0.0, 0.0
    return np.asarray(kept * units)


def _blocks(upper: Array, lower: Array) -> Array:
    made = np.zeros((upper.shape[0] + lower.shape[0], upper.shape[1] + lower.shape[1]))
    made[: upper.shape[0], : upper.shape[1]] = upper
    made[upper.shape[0] :, upper.shape[1] :] = lower
    return made


def _coordinates(kernel: Gaussian, wanted: Sequence[int]) -> NDArray[np.intp]:
    n = len(kernel.b)
    if len(set(wanted)) < len(wanted) or not all(0 <= i < n for i in wanted):
        raise InputMismatch(f"coordinates {list(wanted)}: give different numbers from 0 to {n - 1}")
    return np.array(wanted, np.intp)


def _check_state(kernel: Gaussian) -> None:
    if kernel.A.shape[1]:
        raise TypeMismatch(
            f"a kernel that reads {kernel.A.shape[1]} numbers is no state; push a state through it first"
        )
