"""A quadratic message about several wires, replaced by a product of one for each.

What a product misses is made up for by weights, and those must not grow without bound where the message is small. So
of each wire's own precision, the others being free, the product takes an equal share: then it is nowhere narrower than
the message itself. A message that only knows a sum of two wires says nothing of either alone, and its product nothing.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from catlearn.interpreters.bffg.messages import Canonical, Floats
from catlearn.interpreters.bffg.small import dot

__all__ = ["apart"]

ROUNDING = 1e-12


def apart(message: Canonical, sizes: tuple[int, ...]) -> tuple[Canonical, ...]:
    """One message for each of the wires, of so many numbers each, that are stacked in the message.

    The message divided by the product of these is bounded.

    >>> both = Canonical(np.zeros(1), np.array([[2.0], [0.0]]), np.array([[2.0, 1.0], [1.0, 2.0]])[..., None])
    >>> [part.H[0, 0].round(2).tolist() for part in apart(both, (1, 1))]
    [[0.75], [0.75]]
    """
    if len(sizes) < 2:
        return (message,) * len(sizes)
    ends = np.cumsum([0, *sizes])
    top = dot(_inverse(message.H), message.F)
    found = []
    for k, (start, end) in enumerate(pairwise(ends)):
        on = np.zeros(len(top), bool)
        on[start:end] = True
        own = message.H[on][:, on] - _product(message.H[on][:, ~on], _inverse(message.H[~on][:, ~on]))
        H = (own + own.swapaxes(0, 1)) / (2 * len(sizes))
        F = dot(H, top[on])
        c = -0.5 * (top[on] * F).sum(axis=0)
        if not k:
            c = c + message.c + 0.5 * (message.F * top).sum(axis=0)
        found.append(Canonical(c, F, H))
    return tuple(found)


def _inverse(H: Floats) -> Floats:
    found: Floats = np.moveaxis(np.linalg.pinv(np.moveaxis(H, -1, 0), rcond=ROUNDING, hermitian=True), 0, -1)
    return found


def _product(G: Floats, inverse: Floats) -> Floats:
    """`G inverse G'`."""
    found: Floats = np.einsum("ikm,klm,jlm->ijm", G, inverse, G)
    return found
