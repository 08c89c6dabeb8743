"""The Bayesian inverse of a Gaussian kernel: what the input was, given the output; defined on the support only.

>>> prior, kernel = Gaussian(np.zeros((1, 0)), [0.0], [[1.0]]), Gaussian([[1.0]], [0.0], [[1.0]])
>>> inverse = invert_gaussian(kernel, prior).kernel
>>> print(inverse.A.round(6), inverse.b, inverse.S.round(6))
[[0.5]] [0.] [[0.5]]

Source: K. Cho and B. Jacobs, Disintegration and Bayesian inversion via string diagrams (arXiv 1709.00322); that the
inverse lives on the support: D. Braithwaite and J. Hedges, Dependent Bayesian lenses (arXiv 2209.14728).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.errors import ShapeMismatch
from catlearn.interpreters.markov.gaussian.algebra import _check_state, compose, tidy
from catlearn.interpreters.markov.gaussian.support import Support, support_of

__all__ = ["Inverse", "invert_gaussian"]

CERTAIN = 1e-18
"""The part of its prior variance below which an inverse's direction counts as certain."""


class Inverse(NamedTuple):
    """An inverse kernel, and the support of what it may be asked about.

    Attributes:
        kernel: from the output back to the input.
        support: where it is one; elsewhere its numbers mean nothing.
    """

    kernel: Gaussian
    support: Support

    def at(self, value: Any) -> Gaussian:
        """The state of the input, given a value of the output.

        Raises:
            OffSupport: when the prior rules the value out; it says how far.

        >>> prior, twice = Gaussian(np.zeros((1, 0)), [0.0], [[1.0]]), Gaussian([[2.0]], [0.0], [[0.0]])
        >>> given = invert_gaussian(twice, prior).at([3.0])
        >>> given.b.tolist(), given.S.tolist()
        ([1.5], [[0.0]])
        """
        value = np.atleast_1d(np.asarray(value, np.float64))
        self.support.check(value, "the outcome")
        kernel = self.kernel
        return Gaussian(np.zeros((len(kernel.b), 0)), kernel.A @ value + kernel.b, kernel.S)


def invert_gaussian(kernel: Gaussian, prior: Gaussian) -> Inverse:
    """The inverse of a kernel at a prior state of its input, and the support of its output.

    Raises:
        TypeMismatch: when the prior is no state.
        ShapeMismatch: when the kernel reads something else than the prior gives.

    >>> prior, noise = Gaussian(np.zeros((2, 0)), [0.0, 0.0], np.eye(2)), np.zeros((2, 2))
    >>> invert_gaussian(Gaussian([[1.0, 1.0], [2.0, 2.0]], [0.0, 0.0], noise), prior).support.dimension
    1
    """
    _check_state(prior)
    if kernel.A.shape[1] != len(prior.b):
        raise ShapeMismatch(f"the kernel reads {kernel.A.shape[1]} numbers, the prior has {len(prior.b)}")
    pushed = compose(prior, kernel)
    support = support_of(pushed.b, pushed.S)
    gain = (support.whitener @ (kernel.A @ prior.S)).T
    back = gain @ support.whitener
    # Joseph's form: a sum, so that little noise beside a wide prior is not lost in a difference.
    left = np.eye(len(prior.b)) - back @ kernel.A
    noise = left @ prior.S @ left.T + back @ kernel.S @ back.T
    kept = tidy(noise, np.sqrt(prior.S.diagonal()), CERTAIN)
    return Inverse(Gaussian(back, prior.b - back @ pushed.b, kept), support)
