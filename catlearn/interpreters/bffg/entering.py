"""How samples enter a diagram: by values that are given, or drawn from the messages at its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import (
    ImpossibleEvidence,
    InputMismatch,
    NotSupported,
    TooLarge,
    UnknownOutcome,
    UnknownVariable,
    nearest,
    short,
)
from catlearn.interpreters.bffg.backward import size_of
from catlearn.interpreters.bffg.forward import normals_shapes
from catlearn.interpreters.bffg.messages import AnyMessage, Seen
from catlearn.interpreters.bffg.reading import Likelihoods, Quadratic

if TYPE_CHECKING:
    from catlearn.interpreters.bffg.smoother import Backward

__all__ = ["enter", "read_innovations", "read_mapping", "shapes"]

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
        return _innovations(back, given)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InputMismatch(f"forward: n is how many samples, a number from 1 up, not {short(n)}")
    try:
        random = np.random.Generator(np.random.SFC64(seed))
    except (TypeError, ValueError):
        raise InputMismatch(f"forward: a seed is a whole number from 0 up, not {short(seed)}") from None
    try:
        return tuple(random.standard_normal(shape) for shape in shapes(back, int(n)))
    except (MemoryError, ValueError):
        raise TooLarge(
            f"forward: the innovations of {n:,} samples do not fit in memory; draw fewer at a time"
        ) from None


def _innovations(back: Backward, given: Any) -> tuple[Floats, ...]:
    try:
        read = tuple(np.asarray(z, np.float64) for z in given)
    except (TypeError, ValueError):
        read = ()
    count = read[0].shape[-1] if read and read[0].ndim == 3 else 1
    if not count or [z.shape for z in read] != shapes(back, count):
        said = "these innovations are not those of this model and data; take them from paths.innovations"
        raise InputMismatch(f"forward: {said}")
    if not all(np.isfinite(z).all() for z in read):
        raise InputMismatch("forward: these innovations are not all finite; take them from paths.innovations")
    return read


def read_mapping(what: str, given: Any, of: str) -> dict[str, Any]:
    """A dictionary that a user gave; None is an empty one. Raises `InputMismatch` for anything else."""
    if given is not None and not isinstance(given, Mapping):
        raise InputMismatch(f"{what}: give a dictionary from {of}, not {short(given)}")
    return dict(given or {})


def enter(back: Backward, inputs: Mapping[str, Any] | None, z: Sequence[Floats]) -> tuple[dict[int, Any], float]:
    """The samples at the diagram's inputs, and the logarithm of what their messages come to."""
    given = read_mapping("forward: inputs", inputs, "inputs to their values")
    names = back.smoother.variables[: len(back.smoother.wiring.dom)]
    for name in given:
        if name not in names:
            raise UnknownVariable(f"forward: there is no input {name!r}{nearest(name, names)}")
    made: dict[int, Any] = {}
    total = 0.0
    for b, group, normals in zip(back.plan.inputs, back.joined.inputs, z, strict=False):
        message = back.message(b)
        there = [
            _read(names[wire], back.smoother.wiring.obs[wire], given[names[wire]])
            for wire in group
            if names[wire] in given
        ]
        called = " and ".join(names[wire] for wire in group)
        if there and len(there) < len(group):
            raise NotSupported(f"forward: messages are about {called} together; give all of them in inputs=, or none")
        parts = back.joined.parts.get(group[0])
        sizes = None if parts is None else parts.sizes
        seen = back.filtered.messages[b]
        if there:
            entry = _given(called, message, there, sizes, normals)
            _check_seen(called, seen, entry[0])
        elif isinstance(seen, Seen) and any(seen.mask):
            entry = _completed(called, seen, normals)
        else:
            entry = _drawn(called, message, normals)
        made[b], total = entry[0], total + entry[1]
    return made, total


def _read(name: str, ob: Ob, value: Any) -> Floats:
    """A value of an input as numbers; that of an outcome is one number."""
    if ob.kind == "Finite":
        if not isinstance(value, str) or value not in ob.sizes:
            raise UnknownOutcome(f"forward: {name} has no outcome {short(value)}{nearest(value, ob.sizes)}")
        return np.array([float(ob.sizes.index(value))])
    size = size_of(Ty.of((ob,)))
    try:
        read = np.asarray(value, np.float64).reshape(-1)
    except (TypeError, ValueError):
        read = np.empty(0)
    if len(read) != size or not np.isfinite(read).all() or isinstance(value, bool) or np.ma.is_masked(value):
        raise InputMismatch(f"forward: {name} needs {_finite(size)}, not {short(value)}")
    return read


def _given(
    called: str, message: Quadratic | Likelihoods, there: Sequence[Floats], sizes: tuple[int, ...] | None, z: Floats
) -> Entry:
    read = np.concatenate(there)
    if isinstance(message, Quadratic):
        return np.broadcast_to(read[:, None, None], z.shape), message.at(read)
    k = int(np.ravel_multi_index(read.astype(int).tolist(), sizes or (len(message.outcomes),)))
    if message.log[k] == -np.inf:
        raise ImpossibleEvidence(f"forward: what was observed cannot be when {called} is so")
    return np.full(z.shape[1:], k), float(message.log[k])


def _check_seen(called: str, seen: AnyMessage | None, given: NDArray[Any]) -> None:
    """See that a given input is what was observed of it."""
    if isinstance(seen, Seen) and any(seen.mask):
        on = np.array(seen.mask)
        if (given[on, :, :1] != seen.values[on][..., None]).any():
            raise ImpossibleEvidence(
                f"forward: {called} was observed, and inputs= says something else; give one of them"
            )


def _completed(called: str, seen: Seen, z: Floats) -> Entry:
    """An input that was observed in part: the rest is drawn from its message."""
    on, rest = np.array(seen.mask), seen.rest()
    whole = np.empty(z.shape)
    whole[on] = seen.values[on][..., None]
    if on.all():
        return whole, float(rest.c[0])
    left = Quadratic(float(rest.c[0]), rest.F[:, 0], rest.H[..., 0], (int((~on).sum()),))
    whole[~on], total = _drawn(called, left, z[~on])
    return whole, total


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


def _finite(size: int) -> str:
    return "a finite number" if size == 1 else f"{size} finite numbers"
