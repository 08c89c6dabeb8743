"""What a drawing says of every wire: of messages and of samples.

>>> from catlearn import Real, bffg, copy, gaussian, gaussian_state, identity
>>> X = Real()
>>> model = gaussian_state("x", X, 0.0, 1.0) >> copy() >> (identity() @ gaussian("y", X, X, 1.0, 0.0, 1.0))
>>> opt = bffg(model)
>>> of_messages(opt.backward({"y": 2.0}))
{'x': {'mean': 2.0, 'deviation': 1.0}, 'y': 2.0}
>>> of_messages(opt.backward({}))
{'x': None, 'y': None}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catlearn.interpreters.bffg.reading import Likelihoods, Quadratic, Remainder

if TYPE_CHECKING:
    from catlearn.interpreters.bffg.paths import Paths
    from catlearn.interpreters.bffg.smoother import Backward

__all__ = ["of_messages", "of_samples", "spread"]

Floats = NDArray[Any]
NONE = 1e-14
"""Curvature that is smaller than this, next to the largest, is none."""
PART = 1e-9
NOTHING: tuple[tuple[bool, ...], None] = ((), None)


def of_messages(back: Backward) -> dict[str, Any]:
    """For each variable what `draw` takes: probabilities, mean and deviation, what was observed, or None."""
    number = back.smoother.number
    seen = {int(wire): (each.mask, each.values[:, k]) for each in back.observed for k, wire in enumerate(each.wires)}
    return {name: _message(message, *seen.get(number[name], NOTHING)) for name, message in back.items()}


def _message(message: Quadratic | Likelihoods, mask: tuple[bool, ...], values: Floats | None) -> Any:
    if isinstance(message, Remainder) and values is None:
        return {"mean": message.end - message.shape / message.rate, "deviation": message.shape**0.5 / message.rate}
    if isinstance(message, Quadratic):
        return _spread(message, mask, values)
    if values is not None and np.count_nonzero(values) == 1:
        return message.outcomes[int(values.argmax())]
    return None if np.ptp(message.log) == 0 else dict(message)


def _spread(message: Quadratic, mask: tuple[bool, ...], values: Floats | None) -> Any:
    """Mean and deviation of each number; those that were observed have none, and the others are given them."""
    if values is None:
        mean, deviation = spread(message.F, message.H)
    else:
        on = np.array(mask)
        mean, deviation = values.copy(), np.zeros(len(on))
        shifted = message.F[~on] - message.H[~on][:, on] @ values[on]
        mean[~on], deviation[~on] = spread(shifted, message.H[~on][:, ~on])
    if values is None and not message.H.any():
        return None
    mean, deviation = mean.reshape(message.sizes), deviation.reshape(message.sizes)
    return {"mean": mean.tolist(), "deviation": deviation.tolist()} if deviation.any() else mean.tolist()


def spread(F: Floats, H: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each number of which the message knows something; NaN and infinity for the others.

    >>> spread(np.array([4.0, 0.0]), np.diag([4.0, 0.0]))
    (array([ 1., nan]), array([0.5, inf]))
    """
    values, vectors = np.linalg.eigh(H)
    curved = values > NONE * max(values.max(initial=0.0), 0.0)
    loose = (vectors[:, ~curved] ** 2).sum(axis=1) > PART
    inverse = (vectors[:, curved] / values[curved]) @ vectors[:, curved].T
    return np.where(loose, np.nan, inverse @ F), np.where(loose, np.inf, np.sqrt(np.diagonal(inverse)))


def of_samples(paths: Paths) -> dict[str, Any]:
    """For each variable its weighted mean and deviation, or the probabilities of its outcomes."""
    return {name: _estimate(paths, name) for name in paths.samples}


def _estimate(paths: Paths, name: str) -> Mapping[str, Any] | str:
    if name not in paths.outcomes:
        deviation = np.sqrt(paths.variance(name).value)
        return {"mean": np.asarray(paths.mean(name).value).tolist(), "deviation": deviation.tolist()}
    marginal = dict(paths.marginal(name))
    best = max(marginal, key=lambda outcome: float(marginal[outcome]))
    return best if marginal[best] > 1 - 1e-12 else marginal
