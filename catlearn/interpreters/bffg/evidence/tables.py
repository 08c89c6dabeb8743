"""The numbers of all kernels of a model, written once: known arrays, or wires that parameters move.

Kernels that one diagram makes with different fixed numbers, as edges of different lengths, are made all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import permutation
from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.given import Given
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.theories.smooth.arithmetic import constant
from catlearn.diagrams.theories.smooth.arrays import reshape, take
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.trace import place
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Wiring, names, prune, unfolded
from catlearn.interpreters.bffg.evidence.concrete import Exact
from catlearn.interpreters.bffg.evidence.jobs import Job
from catlearn.interpreters.program.compile import compile

__all__ = ["Part", "Tables", "key_of", "known_of"]

Array = NDArray[np.float64]
Key = tuple[Any, ...]
Indices = Sequence[int]


def key_of(job: Job) -> Key:
    """What kernels share that are written together."""
    kernel = job.kernel
    if isinstance(kernel, Given):
        return kernel.kind, id(kernel.make), job.pattern.part_shapes
    return type(kernel), job.pattern.part_shapes


@dataclass(frozen=True, eq=False)
class Part:
    """One argument of kernels: the same for all of them, or with a first axis along them."""

    value: Wire | Array
    stacked: bool

    def at(self, indices: Indices) -> Part:
        """The argument of these kernels, in order; one without the axis where it is the same for all."""
        if not self.stacked:
            return self
        if isinstance(self.value, Wire):
            return self._wire_at(self.value, indices)
        rows = self.value[list(indices)]
        same = bool((rows == rows[0]).all())
        return Part(rows[0] if same else rows, not same)

    def _wire_at(self, wire: Wire, indices: Indices) -> Part:
        if len(set(indices)) == 1:
            return Part(wire[indices[0]], False)
        whole = list(indices) == list(range(int(wire.shape[0])))
        return Part(wire if whole else take(wire, indices), True)

    @property
    def array(self) -> Array | None:
        """The numbers, where they are known and the same for all."""
        return None if self.stacked or isinstance(self.value, Wire) else self.value

    def wire(self, shape: tuple[int, ...]) -> Wire:
        """The argument as a wire whose last axes have this shape."""
        if isinstance(self.value, Wire):
            return self.value
        return constant(self.value.reshape((*self.value.shape[: self.stacked], *shape)))


class Tables:
    """The arguments of the kernels of some jobs, written in the diagram that is being drawn.

    Attributes:
        index: for every job, which one of the kernels with its key it has.
        parts: for every key, the arguments.
    """

    def __init__(self, jobs: Sequence[Job], parameters: Mapping[str, Wire]) -> None:
        kernels: dict[Key, dict[Any, Exact]] = {}
        places: dict[Key, dict[Any, int]] = {}
        self.index: list[int] = []
        shapes: dict[Key, tuple[tuple[int, ...], ...]] = {}
        for job in jobs:
            key, own = key_of(job), job.kernel.fixed if isinstance(job.kernel, Given) else id(job.kernel)
            kernels.setdefault(key, {}).setdefault(own, job.kernel)
            at = places.setdefault(key, {})
            self.index.append(at.setdefault(own, len(at)))
            shapes[key] = job.pattern.part_shapes
        self.parts = {key: _parts([*found.values()], shapes[key], parameters) for key, found in kernels.items()}


def _parts(kernels: list[Exact], shapes: Sequence[tuple[int, ...]], parameters: Mapping[str, Wire]) -> list[Part]:
    first = kernels[0]
    if isinstance(first, Given):
        return _given([k for k in kernels if isinstance(k, Given)], shapes, parameters)
    rows = [_constants(kernel) for kernel in kernels]
    return [Part(np.stack(column).astype(float), True) for column in zip(*rows, strict=True)]


def _constants(kernel: Exact) -> list[Array]:
    if isinstance(kernel, Gaussian):
        return [kernel.A, kernel.b, kernel.S]
    return [kernel.values] if isinstance(kernel, Table) else []


def _given(kernels: list[Given], shapes: Sequence[tuple[int, ...]], parameters: Mapping[str, Wire]) -> list[Part]:
    make, n = kernels[0].make, len(kernels)
    fixed = {name: [dict(k.fixed)[name] for k in kernels] for name, _ in kernels[0].fixed}
    moving = {name: values for name, values in fixed.items() if len(set(values)) > 1}
    wide = batch(make, n, over=moving) if moving else make
    wires = [
        constant(np.array(moving[name])) if name in moving
        else constant(fixed[name][0]) if name in fixed else parameters[name]
        for name in names(make)
    ]  # fmt: skip
    made = place(wide, wires, unfold=True)
    outputs, known = made if isinstance(made, tuple) else (made,), known_of(kernels)
    parts = [] if len(outputs) == len(shapes) else [Part(np.zeros(shapes[0]), False)]
    for k, (wire, shape) in enumerate(zip(outputs, shapes[-len(outputs) :], strict=True)):
        stacked = wire.shape != make.cod.obs[k].sizes
        lead = (n,) if stacked else ()
        parts.append(known[k] if k in known else Part(reshape(wire, (*lead, *shape)), stacked))
    if not all(shapes[0]):  # a state has no matrix
        parts[0] = Part(np.zeros(shapes[0]), False)
    return parts


def known_of(kernels: Sequence[Given]) -> dict[int, Part]:
    """Of kernels that one diagram makes, the arguments that no parameter moves, as numbers."""
    make, fixed = kernels[0].make, dict(kernels[0].fixed)
    moved = _reached(unfolded(make), [i for i, name in enumerate(names(make)) if name not in fixed])
    still = [k for k, wire in enumerate(unfolded(make).outputs.tolist()) if wire not in moved]
    if not still:
        return {}
    run = compile(prune(make >> permutation(make.cod, still)))
    zeros = {name: np.zeros([int(s) for s in ob.sizes]) for name, ob in kernels[0].parameters.items()}
    rows = [run(*({**zeros, **dict(k.fixed)}[name] for name in names(make))) for k in kernels]
    columns = zip(*(row if isinstance(row, tuple) else (row,) for row in rows), strict=True)
    return {k: Part(np.stack(column), True) for k, column in zip(still, columns, strict=True)}


def _reached(wiring: Wiring, start: Sequence[int]) -> set[int]:
    """The wires that depend on some of the first ones."""
    found = set(start)
    for _, reads, made in wiring.steps():
        if not found.isdisjoint(reads):
            found.update(made)
    return found
