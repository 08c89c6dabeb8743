"""Which sample's step is the next to change something, and what it changes: 64 samples are asked at a time.

A step of ascent reads parameters and one sample. Most steps change nothing, for the answer is right already, or no
single bit would put it right; and what changes nothing may run beside others. So the step is evaluated on a window of
samples with the same parameters, and the first sample that asks for a change is where the parameters move on. That is
the same walk, step by step, as one sample after the other.

>>> import numpy as np
>>> from catlearn.interpreters.circuits.ascending.models import lookup_table
>>> from catlearn.interpreters.circuits.ascending.samples import read_samples
>>> model = lookup_table(1, 1)
>>> three = read_samples(model, ("x",), [[0], [1], [1]], [0, 0, 1])
>>> ByFlips(model, ("t",), ("x",), three).first(np.zeros(2, bool), 0, 3)
(2, array([False,  True]))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, permutation
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Graph, flatten, names
from catlearn.interpreters.circuits.ascending.samples import ALL, Samples, spread
from catlearn.interpreters.circuits.evaluator import Evaluator
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.packed import Packed, Words, unpack

__all__ = ["ByCircuit", "ByFlips", "Search", "moves", "ordered"]

Flags = NDArray[np.bool_]
ONE = np.uint64(1)
WIDEST = 1 << 12
"""The most samples of a window, and the most flips that are tried at once."""


class Search(Protocol):
    """Finds the first step that changes something."""

    def first(self, parameters: Flags, start: int, stop: int) -> tuple[int, Flags] | None:
        """The first sample of a range whose step changes these parameters, and which of them it flips."""


class ByCircuit:
    """Evaluates the learner's step, as `close` composes it, on packed samples."""

    def __init__(self, step: Diagram, samples: Samples) -> None:
        self._run: Callable[[Words], Words] = Evaluator(netlist(step))
        self._samples = samples

    def first(self, parameters: Flags, start: int, stop: int) -> tuple[int, Flags] | None:
        """See `Search`."""
        window = slice(start // 64, (stop + 63) // 64)
        data = [x[:, window] for x in (self._samples.inputs, self._samples.targets)]
        old = spread(parameters, data[0].shape[1])
        moved = self._run(np.concatenate([old, *data]))[len(data[1]) :] ^ old
        for sample in _asking(moved, start, stop):
            return sample, _column(moved, sample - 64 * window.start)
        return None


class ByFlips:
    """Finite differences: each parameter is flipped in a sample of its own, and the model runs on them all at once."""

    def __init__(self, model: Diagram, learned: Sequence[str], given: Sequence[str], samples: Samples) -> None:
        self._run: Callable[[Words], Words] = Evaluator(netlist(ordered(model, [*learned, *given])))
        self._samples = samples

    def first(self, parameters: Flags, start: int, stop: int) -> tuple[int, Flags] | None:
        """See `Search`."""
        window = slice(start // 64, (stop + 63) // 64)
        inputs, targets = (x[:, window] for x in (self._samples.inputs, self._samples.targets))
        answers = self._run(np.concatenate([spread(parameters, inputs.shape[1]), inputs]))
        # Where nothing is displaced, nothing is asked: the reverse derivative is additive in its cotangent.
        for sample in _asking(answers ^ targets, start, stop):
            at = sample - 64 * window.start
            answer, wanted = _column(answers, at), _column(targets, at)
            change = self._flipping(parameters, _column(inputs, at), answer, answer ^ wanted)
            if change.any():
                return sample, change
        return None

    def _flipping(self, parameters: Flags, x: Flags, answer: Flags, displaced: Flags) -> Flags:
        """For each parameter, whether flipping it flips an odd number of the answer's displaced bits."""
        parts = [np.zeros(0, np.bool_)]
        for start in range(0, len(parameters), WIDEST):
            flips = np.arange(min(WIDEST, len(parameters) - start))
            rows = spread(np.concatenate([parameters, x]), (len(flips) + 63) // 64)
            rows[start + flips, flips // 64] ^= ONE << (flips % 64).astype(np.uint64)
            moved = (self._run(rows) ^ np.where(answer, ALL, 0).astype(np.uint64)[:, None])[displaced]
            parity = np.bitwise_xor.reduce(moved, axis=0, keepdims=True)
            parts.append(unpack(Packed(parity, len(flips)))[:, 0])
        return np.concatenate(parts)


def ordered(model: Diagram, order: Sequence[str]) -> Graph:
    """The model with its inputs in this order."""
    inputs = names(model)
    dom = Ty.of(model.dom.obs[inputs.index(name)] for name in order)
    turned = permutation(dom, [list(order).index(name) for name in inputs]) >> model
    return Graph(flatten(turned), getattr(model, "name", ""), order)


def _asking(asked: Words, start: int, stop: int) -> Iterator[int]:
    """The samples of a range with any of their bits set, in order; the words begin at the word of `start`."""
    base = start // 64 * 64
    any_bit = np.bitwise_or.reduce(asked, axis=0, keepdims=True)
    flags = unpack(Packed(any_bit, 64 * any_bit.shape[1]))[: stop - base, 0]
    yield from (base + k for k in np.flatnonzero(flags).tolist() if base + k >= start)


def _column(words: Words, sample: int) -> Flags:
    """The bits of one sample."""
    found: Flags = (words[:, sample // 64] >> np.uint64(sample % 64) & ONE).astype(np.bool_)
    return found


def moves(search: Search, start: Flags, samples: int, tell: Callable[[float, str], Any]) -> Iterator[tuple[int, Flags]]:
    """Each step that changes something: its number, counted from 1, and the parameters after it."""
    parameters, at, size = start, 0, 64
    while at < samples:
        tell(at, "")
        stop = min(samples, at // 64 * 64 + size)
        found = search.first(parameters, at, stop)
        if found is None:
            at, size = stop, min(2 * size, WIDEST)
        else:
            at, size = found[0] + 1, 64
            parameters = parameters ^ found[1]
            yield at, parameters
