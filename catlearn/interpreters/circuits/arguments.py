"""What a compiled circuit is called on: arrays checked, broadcast and laid out as one row for each sample.

>>> from catlearn.interpreters.circuits.packed import boolean
>>> given = read_arguments("f", [Input("a", 2, boolean), Input("b", 1, boolean)], [[[1, 0], [1, 1]], [1]])
>>> given.samples, given.rows[1].tolist()
(2, [[True], [True]])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch

__all__ = ["Given", "Input", "arranged", "one_or_all", "read_arguments"]

Rows = NDArray[Any]
"""(samples, width)."""


@dataclass(frozen=True)
class Input:
    """An input of a circuit.

    Attributes:
        name, width: what it is called and how many elements it has.
        check: makes elements of an array, or raises an error that says what is wrong there; its second argument is what
            an index of the last axis is called.
    """

    name: str
    width: int
    check: Callable[[NDArray[Any], str], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Given:
    """The inputs of a call.

    Attributes:
        rows: for each input, (samples, width).
        axes: the leading axes of the arrays given.
        bare: whether the axis of the width was left out.
    """

    rows: tuple[Rows, ...]
    axes: tuple[int, ...]
    bare: bool

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return prod(self.axes)

    def shaped(self, output: Rows) -> Rows:
        """An output (samples, width) with the axes of the inputs, without that of a width of 1 if theirs had none."""
        width = () if self.bare and output.shape[1] == 1 else (output.shape[1],)
        found: Rows = output.reshape((*self.axes, *width))
        return found


def arranged(name: str, inputs: Sequence[Input], args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    """The arguments of a call in the order of the inputs.

    Raises:
        InputMismatch: for one too many, one missing, one given twice, or a name that no input has.
    """
    names = [each.name for each in inputs]
    listed = f"its inputs are {', '.join(names) or 'none'}"
    if len(args) > len(names):
        raise InputMismatch(f"{name}: {len(args)} inputs given, but {_cut(listed)}")
    given = dict(zip(names, args, strict=False))
    for key, value in kwargs.items():
        if key in given:
            raise InputMismatch(f"{name}: input {key} is given twice; {_cut(listed)}")
        if key not in names:
            raise InputMismatch(f"{name}: there is no input {key}; {_cut(listed)}")
        given[key] = value
    missing = [key for key in names if key not in given]
    if missing:
        raise InputMismatch(f"{name}: input {missing[0]} is missing; {_cut(listed)}")
    return [given[key] for key in names]


def read_arguments(name: str, inputs: Sequence[Input], values: Sequence[Any]) -> Given:
    """The values given for inputs.

    Args:
        name: what is called, for errors.
        inputs: what it reads.
        values: what was given for each.

    Raises:
        InputMismatch: naming the input, and the column where only that is wrong.
    """
    arrays = [_checked(name, each, value) for each, value in zip(inputs, values, strict=True)]
    bare = bool(inputs) and all(each.width == 1 for each in inputs) and not _has_widths(arrays)
    if bare:
        arrays = [array[..., None] for array in arrays]
    for each, array in zip(inputs, arrays, strict=True):
        if array.ndim == 0 or array.shape[-1] != each.width:
            raise InputMismatch(
                f"{name}: input {each.name} is an array (..., {each.width}), lowest bit first, not one of {array.shape}"
            )
    axes = _axes(name, inputs, arrays)
    rows = tuple(np.broadcast_to(a, (*axes, a.shape[-1])).reshape(prod(axes), a.shape[-1]) for a in arrays)
    return Given(rows, axes, bare)


def one_or_all(outputs: list[Any]) -> Any:
    """The single output, or all as a tuple."""
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


def _checked(name: str, each: Input, value: Any) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputMismatch(
            f"{name}: input {each.name} has rows of different lengths; give an array (..., {each.width})"
        ) from None
    return each.check(array, f"{name}: input {each.name}, column")


def _has_widths(arrays: Sequence[NDArray[Any]]) -> bool:
    """Whether arrays for inputs of one element end in its axis: (samples, 1) or (1,), not (samples,) or ()."""
    return all(array.shape[-1:] == (1,) for array in arrays)


def _axes(name: str, inputs: Sequence[Input], arrays: Sequence[NDArray[Any]]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(array.shape[:-1] for array in arrays))
    except ValueError:
        shapes = ", ".join(f"{each.name} {array.shape}" for each, array in zip(inputs, arrays, strict=True))
        raise InputMismatch(f"{name}: inputs have different numbers of samples: {_cut(shapes)}") from None


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:196]} ..."
