"""How one box is run on many samples at once: draw its outputs, or weigh what was observed of them.

A value is an array with a row for each sample: numbers for `Real` wires, the numbers of outcomes for `Finite` ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.conditional_gaussian import ConditionalGaussian
from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.sampled import Sampled
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch, NotSupported, ShapeMismatch, UnknownBox, short
from catlearn.interpreters.markov.gaussian.support import support_of
from catlearn.interpreters.program.compile import compile

__all__ = ["Observed", "Ran", "run_box"]

Array = NDArray[Any]
Observed = Mapping[int, Array]
"""What was observed of a box, by output: one number or array for `Real` wires, a likelihood for `Finite` ones."""
Ran = tuple[list[Array], Array]
"""The outputs of a box, and the logarithm of what each sample's weight is multiplied by."""


def run_box(box: Box, inputs: Sequence[Array], seen: Observed, random: np.random.Generator, count: int) -> Ran:
    """Run a box on samples.

    Raises:
        UnknownBox: for a box that can neither be drawn from nor computed.
        NotSupported: for what was observed of a box without a density, or of some of several outputs.
        ShapeMismatch, InputMismatch: when a sampler's functions give something of another shape, or nan.
    """
    kernel = kernel_of(box)
    if kernel is None:
        return _compute(box, inputs, seen, count)
    outputs, more = _run(kernel, box, inputs, seen, random, count)
    if np.isnan(more).any() or np.any(more == np.inf):
        raise InputMismatch(f"{box.name}: its log-density is {more[np.isnan(more) | (more == np.inf)][0]} somewhere")
    return outputs, more


@singledispatch
def _run(kernel: Any, box: Box, inputs: Sequence[Array], seen: Observed, random: Any, count: int) -> Ran:
    raise UnknownBox(f"{box.name}: a {type(kernel).__name__} cannot be drawn from; make a Sampler of it")


@_run.register
def _(kernel: Table, box: Box, inputs: Sequence[Array], seen: Observed, random: Any, count: int) -> Ran:
    """Draw from the rows, weighed by what was observed: its probability is summed, so nothing is lost to chance."""
    table = kernel.values.astype(np.float64)
    rows = np.broadcast_to(table[tuple(inputs)], (count, *table.shape[len(inputs) :]))
    for port, likelihood in seen.items():
        shape = [1] * rows.ndim
        shape[1 + port] = len(likelihood)
        rows = rows * likelihood.reshape(shape)
    flat = rows.reshape(count, -1)
    total = flat.sum(axis=1)
    with np.errstate(divide="ignore"):
        more = np.log(total) if seen or not len(box.cod) else np.zeros(count)
    if not len(box.cod):
        return [], more
    sums = flat.cumsum(axis=1)
    chosen = (sums <= random.random((count, 1)) * sums[:, -1:]).sum(axis=1)
    # A row of zeros has weight zero, so whatever is chosen there does not count.
    codes = np.unravel_index(np.minimum(chosen, flat.shape[1] - 1), rows.shape[1:])
    return [np.asarray(code) for code in codes], more


@_run.register
def _(kernel: Gaussian, box: Box, inputs: Sequence[Array], seen: Observed, random: Any, count: int) -> Ran:
    return _gaussian(kernel, box, inputs, seen, random, count)


def _gaussian(kernel: Gaussian, box: Box, inputs: Sequence[Array], seen: Observed, random: Any, count: int) -> Ran:
    stacked = np.concatenate([_columns(each, count) for each in inputs] or [np.zeros((count, 0))], axis=1)
    means = stacked @ kernel.A.T + kernel.b
    noise = support_of(np.zeros(len(kernel.b)), kernel.S)
    if not seen:
        drawn = means + random.standard_normal((count, noise.dimension)) @ noise.spread.T
        return _split(drawn, box.cod.obs), np.zeros(count)
    given = [_fixed(each, count) for each in _all_of(box, seen)]
    found = np.concatenate([_columns(each, count) for each in given], axis=1)
    return given, noise.log_density(found - means)


@_run.register
def _(kernel: ConditionalGaussian, box: Box, inputs: Sequence[Array], seen: Observed, random: Any, count: int) -> Ran:
    """The samples of each combination of outcomes together, by its own Gaussian."""
    finite = [i for i, ob in enumerate(box.dom.obs) if ob.kind == "Finite"]
    real = [each for i, each in enumerate(inputs) if i not in finite]
    sizes = [len(box.dom.obs[i].sizes) for i in finite]
    which = np.ravel_multi_index(tuple(inputs[i] for i in finite), sizes) if finite else np.zeros(count, np.int64)
    outputs = [np.empty((count, *map(int, ob.sizes))) for ob in box.cod.obs]
    more = np.empty(count)
    for number in np.unique(which):
        rows = np.flatnonzero(which == number)
        part = _gaussian(kernel.parts[number], box, [each[rows] for each in real], seen, random, len(rows))
        more[rows] = part[1]
        for whole, each in zip(outputs, part[0], strict=True):
            whole[rows] = each
    return outputs, more


@_run.register
def _(kernel: Sampled, box: Box, inputs: Sequence[Array], seen: Observed, random: Any, count: int) -> Ran:
    hard = {port for port in seen if box.cod.obs[port].kind == "Real" or (seen[port] > 0).sum() <= 1}
    if hard and not kernel.has_density:
        raise NotSupported(
            f"{box.name} is observed, but has no density; give its sampler one: Sampler(draw, log_density)"
        )
    if hard:
        return _weighed(kernel, box, inputs, seen, count)
    try:
        drawn = kernel.draw(random, count, *inputs)
    except ValueError as error:  # numpy, say, refuses rates that are too large
        raise InputMismatch(f"{box.name}: {error}") from error
    outputs = _checked(box, drawn, count)
    more = np.zeros(count)
    with np.errstate(divide="ignore"):
        for port, likelihood in seen.items():
            more = more + np.log(likelihood)[outputs[port]]
    return outputs, more


def _weighed(kernel: Sampled, box: Box, inputs: Sequence[Array], seen: Observed, count: int) -> Ran:
    given, scale = [], 0.0
    for ob, value in zip(box.cod.obs, _all_of(box, seen), strict=True):
        if ob.kind == "Real":
            given.append(_fixed(value, count))
            continue
        if (value > 0).sum() > 1:
            raise NotSupported(f"{box.name}: observe all its outputs exactly, or each of them by likelihoods")
        with np.errstate(divide="ignore"):
            scale += float(np.log(value.max()))
        given.append(np.full(count, int(value.argmax())))
    density = kernel.log_density(given[0] if len(given) == 1 else tuple(given), *inputs)
    try:
        found = floats(density)
    except ValueError:
        raise InputMismatch(f"{box.name}: log_density gives numbers, not {short(density)}") from None
    if found.shape not in ((), (count,)):
        raise ShapeMismatch(f"{box.name}: log_density gave the shape {found.shape}, not ({count},)")
    return given, np.broadcast_to(found, (count,)) + scale


def _compute(box: Box, inputs: Sequence[Array], seen: Observed, count: int) -> Ran:
    """A box without a kernel is a smooth function: the same output for the same inputs."""
    if seen:
        raise NotSupported(f"{box.name} is observed, but has no density; observe something that it is computed from")
    try:
        found = compile(batch(box, "samples", over=names(box)) if inputs else box)(*inputs)
    except UnknownBox:
        raise UnknownBox(f"{box.name}: this box has no kernel; make it a cl.state, a cl.channel or a Sampler") from None
    outputs = found if isinstance(found, tuple) else (found,)
    shapes = [(count, *map(int, ob.sizes)) for ob in box.cod.obs]
    return [np.broadcast_to(each, shape) for each, shape in zip(outputs, shapes, strict=True)], np.zeros(count)


def _all_of(box: Box, seen: Observed) -> list[Array]:
    if len(seen) < len(box.cod):
        raise NotSupported(f"{box.name}: some of its outputs are observed; observe all of them, or none")
    return [seen[port] for port in range(len(box.cod))]


def _checked(box: Box, drawn: Any, count: int) -> list[Array]:
    """What a sampler drew, if it has the box's types."""
    parts = list(drawn) if isinstance(drawn, tuple) else [drawn]
    if len(parts) != len(box.cod):
        raise ShapeMismatch(f"{box.name}: its sampler gave {len(parts)} outputs, not {len(box.cod)}")
    return [_one(box.name, part, ob, count) for part, ob in zip(parts, box.cod.obs, strict=True)]


def _one(name: str, value: Any, ob: Ob, count: int) -> Array:
    found, shape = np.asarray(value), (count, *(ob.sizes if ob.kind == "Real" else ()))
    if found.shape != shape or found.dtype.kind not in "fiub":
        raise ShapeMismatch(f"{name}: its sampler gave {found.dtype} of shape {found.shape}, not numbers {shape}")
    if ob.kind == "Real":
        made = floats(value)
        if not np.isfinite(made).all():
            raise InputMismatch(f"{name}: its sampler gives finite numbers, not {made[~np.isfinite(made)][0]}")
        return made
    if not np.all((found >= 0) & (found < len(ob.sizes)) & (found == np.floor(found))):
        said = f"the numbers 0 to {len(ob.sizes) - 1} of outcomes"
        raise InputMismatch(f"{name}: its sampler gives {said}, not {short(found.tolist())}")
    return found.astype(np.int64)


def _columns(value: Array, count: int) -> Array:
    return np.asarray(value, np.float64).reshape(count, -1)


def _fixed(value: Array, count: int) -> Array:
    return np.broadcast_to(value, (count, *np.shape(value)))


def _split(stacked: Array, obs: Sequence[Ob]) -> list[Array]:
    parts, start = [], 0
    for ob in obs:
        width = int(ob.sizes[0]) if ob.sizes else 1
        part = stacked[:, start : start + width]
        parts.append(part if ob.sizes else part[:, 0])
        start += width
    return parts
