"""How samples enter a diagram: by values that are given, or drawn from the messages at its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotSupported,
    UnknownOutcome,
    UnknownVariable,
    nearest,
    short,
)
from catlearn.interpreters.bffg.backward import size_of
from catlearn.interpreters.bffg.forward import normals_shapes
from catlearn.interpreters.bffg.reading import Likelihoods, Quadratic

if TYPE_CHECKING:
    from catlearn.interpreters.bffg.smoother import Backward

__all__ = ["enter", "read_innovations", "shapes"]

Floats = NDArray[np.float64]
Entry = tuple[NDArray[Any], float]


def shapes(back: Backward, count: int) -> list[tuple[int, int, int]]:
    """The shapes of the innovations of so many samples: for each input, and then for each group of boxes."""
    at = [back.plan.types[b] for b in back.plan.inputs]
    inputs = [(1 if ty.obs[0].kind == "Finite" else size_of(ty), 1, count) for ty in at]
    return inputs + normals_shapes(back.plan, back.rules, count)


def read_innovations(back: Backward, n: Any, seed: Any, given: Sequence[Any] | None) -> tuple[Floats, ...]:
    """The innovations of n samples, drawn, or as they are given.

    Raises:
        InputMismatch: when n is no number from 1 up, or they are of other shapes.
    """
    if given is not None:
        read = tuple(np.asarray(z, np.float64) for z in given)
        count = read[0].shape[-1] if read and read[0].ndim == 3 else 1
        if [z.shape for z in read] != shapes(back, count):
            said = "these innovations are not those of this model and data; take them from paths.innovations"
            raise InputMismatch(f"forward: {said}")
        return read
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InputMismatch(f"forward: n is how many samples, a number from 1 up, not {short(n)}")
    try:
        random = np.random.Generator(np.random.SFC64(seed))
    except (TypeError, ValueError):
        raise InputMismatch(f"forward: a seed is a whole number from 0 up, not {short(seed)}") from None
    return tuple(random.standard_normal(shape) for shape in shapes(back, int(n)))


def enter(back: Backward, inputs: Mapping[str, Any] | None, z: Sequence[Floats]) -> tuple[dict[int, Any], float]:
    """The samples at the diagram's inputs, and the logarithm of what their messages come to."""
    given, names = dict(inputs or {}), back.smoother.variables[: len(back.plan.inputs)]
    for name in given:
        if name not in names:
            raise UnknownVariable(f"forward: there is no input {name!r}{nearest(name, names)}")
    made: dict[int, Any] = {}
    total = 0.0
    for b, name, normals in zip(back.plan.inputs, names, z, strict=False):
        message = back[name]
        entry = _given(name, message, given[name], normals) if name in given else _drawn(name, message, normals)
        made[b], total = entry[0], total + entry[1]
    return made, total


def _given(name: str, message: Quadratic | Likelihoods, value: Any, z: Floats) -> Entry:
    if isinstance(message, Likelihoods):
        if value not in message.outcomes:
            raise UnknownOutcome(f"forward: {name} has no outcome {value!r}{nearest(value, message.outcomes)}")
        k = message.outcomes.index(value)
        if message.log[k] == -np.inf:
            raise ImpossibleEvidence(f"forward: what was observed cannot be when {name} is {value!r}")
        return np.full(z.shape[1:], k), float(message.log[k])
    try:
        read = np.asarray(value, np.float64).reshape(-1)
    except (TypeError, ValueError):
        read = np.empty(0)
    if len(read) != len(z) or not np.isfinite(read).all():
        raise InputMismatch(f"forward: {name} needs {len(z)} finite numbers, not {short(value)}")
    return np.broadcast_to(read[:, None, None], z.shape), message.at(read)


def _drawn(name: str, message: Quadratic | Likelihoods, z: Floats) -> Entry:
    if isinstance(message, Likelihoods):
        from scipy.special import ndtr

        top = message.log.max()
        steps = np.cumsum(np.exp(message.log - top))
        return (ndtr(z[0])[..., None] > steps[:-1] / steps[-1]).sum(axis=-1), float(top + np.log(steps[-1]))
    if not np.isfinite(message.log_integral):
        said = "what was observed does not fix it; give its value in inputs=, or put a prior before the diagram"
        raise NotSupported(f"forward: the input {name!r}: {said}")
    mean = np.asarray(message.mean).reshape(-1)
    x = mean[:, None] + np.linalg.cholesky(message.covariance) @ z[:, 0]
    return x[:, None, :], message.log_integral
