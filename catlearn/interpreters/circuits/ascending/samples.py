"""What a circuit learns from, packed once: the bits that its inputs read, and those that it should give.

>>> from catlearn.interpreters.circuits.ascending.models import lookup_table
>>> read_samples(lookup_table(2, 1), ("x",), [[0, 1], [1, 1], [0, 0]], [1, 0, 1])
Samples(3 of 2 bits, with 1 bits wanted)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.boolean.semiring import width
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.packed import Words, pack

__all__ = ["Samples", "read_inputs", "read_samples", "spread"]

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, eq=False)
class Samples:
    """Packed samples.

    Attributes:
        inputs: the bits of all inputs that are not learned, one after the other. (bits, words).
        targets: the bits wanted of the output. (bits, words).
        count: how many samples there are.
    """

    inputs: Words
    targets: Words
    count: int

    def __repr__(self) -> str:
        return f"Samples({self.count} of {len(self.inputs)} bits, with {len(self.targets)} bits wanted)"


def read_samples(model: Diagram, given: Sequence[str], x: Any, y: Any) -> Samples:
    """Samples for the inputs of these names, and what is wanted.

    Args:
        model: the circuit that reads them.
        given: the inputs that are not learned.
        x: (samples, bits); where there are several such inputs, a dictionary of arrays.
        y: (samples, bits of the output); (samples,) will do for one bit.

    Raises:
        InputMismatch: for what is not bits, for other widths, or other numbers of samples.
    """
    inputs, count = read_inputs(model, given, x)
    if not count:
        raise InputMismatch("ascent: there are no samples; give one or more")
    targets = _rows("targets", y, width(model.cod.obs[0]))
    if len(targets) != count:
        raise InputMismatch(f"ascent: there are {count} samples and {len(targets)} targets; give one target a sample")
    return Samples(inputs, pack(targets).words, count)


def read_inputs(model: Diagram, given: Sequence[str], x: Any) -> tuple[Words, int]:
    """The packed bits of inputs of these names, and how many samples they are; see `read_samples`."""
    arrays = x if isinstance(x, Mapping) else dict.fromkeys(given, x) if len(given) == 1 else {}
    if set(arrays) != set(given) or not given:
        raise InputMismatch(f"ascent: give samples as a dictionary of arrays for the inputs {', '.join(given)}")
    widths = dict(zip(names(model), map(width, model.dom.obs), strict=True))
    rows = [_rows(name, arrays[name], widths[name]) for name in given]
    if len({len(array) for array in rows}) > 1:
        counts = ", ".join(f"{len(array)} of {name}" for name, array in zip(given, rows, strict=True))
        raise InputMismatch(f"ascent: there must be as many samples of each input, not {counts}")
    return np.concatenate([pack(array).words for array in rows]), len(rows[0])


def _rows(name: str, value: Any, bits: int) -> NDArray[Any]:
    """An array of one row a sample."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise InputMismatch(f"ascent: {name} is no array ({error}); give one row of bits a sample") from None
    if array.ndim == 1 and bits == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != bits:
        raise InputMismatch(f"ascent: {name} must have the shape (samples, {bits}), not {array.shape}")
    return array


def spread(bits: NDArray[np.bool_], words: int) -> Words:
    """The same bits for every sample. (bits, words)."""
    found = np.zeros((len(bits), words), np.uint64)
    found[bits] = ALL
    return found
