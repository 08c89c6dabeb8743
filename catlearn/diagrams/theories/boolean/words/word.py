"""What the functions on whole words share: reading their arguments, and folding what they draw into one box.

A word is a wire of bits, the lowest first. It stands for a number from 0 up unless a function says `signed`; then the
highest bit counts negatively (two's complement). A whole number beside a word is a word of the same width.

>>> from catlearn import Bits, trace
>>> trace(lambda a: word_pair("plus", a, 5)[1], Bits(4)).wiring.boxes[0].data
(1, 0, 1, 0)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from inspect import Parameter, signature
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.boolean.bits import constant
from catlearn.diagrams.theories.boolean.semiring import width
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, WireError, short

__all__ = ["bits_of", "folded", "one_bit", "word", "word_pair"]


def bits_of(x: Wire) -> int:
    """How many bits a word has."""
    return width(x.ob)


def word(name: str, value: Any) -> Wire:
    """An argument of the function `name` that is a word. Raises `WireError` for anything but a wire of bits."""
    if not isinstance(value, Wire) or value.ob.kind != "Bits":
        raise WireError(f"{name}: reads words, which are wires of Bits, not {short(value)}")
    return value


def word_pair(name: str, a: Any, b: Any) -> tuple[Wire, Wire]:
    """Two words of one width, one of which may be given as a number.

    Raises:
        WireError: where neither is a wire of bits.
        ShapeMismatch: where their widths differ, or the number does not fit.
    """
    like = word(name, a if isinstance(a, Wire) else b)
    left, right = (x if isinstance(x, Wire) else _number(name, x, bits_of(like)) for x in (a, b))
    if bits_of(word(name, left)) != bits_of(word(name, right)):
        raise ShapeMismatch(f"{name}: {left.ob} and {right.ob} have other widths; lengthen one by extended(x, width)")
    return left, right


def _number(name: str, value: Any, width: int) -> Wire:
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise WireError(f"{name}: {short(value)} is neither a wire of Bits nor a whole number")
    if not 0 <= value < 1 << width:
        raise ShapeMismatch(f"{name}: {short(value)} is no number of {width} bits, which go from 0 up")
    return constant(value, width=width)


def one_bit(name: str, value: Any) -> Wire:
    """An argument that is a single bit: a wire of it, or 0, 1, False or True.

    Raises:
        WireError, ShapeMismatch: for anything else.
    """
    if isinstance(value, int | np.integer | np.bool_) and value in (0, 1):
        return constant([int(value)])
    read = word(name, value)
    if bits_of(read) != 1:
        raise ShapeMismatch(f"{name}: reads a single bit here, not {read.ob}")
    return read


def folded(name: str, draw: Callable[..., Any], *wires: Wire) -> Any:
    """What `draw` draws on wires like these, as one box on these; it is drawn once for wires of one type."""
    return place(_box(name, draw, tuple(wire.ob for wire in wires)), wires)


@lru_cache(maxsize=4096)
def _box(name: str, draw: Callable[..., Any], obs: tuple[Ob, ...]) -> Box:
    inputs = signature(draw).parameters.values()
    listed = any(p.kind is Parameter.VAR_POSITIONAL for p in inputs)
    names = [f"x{i}" for i in range(len(obs))] if listed else [p.name for p in inputs][: len(obs)]
    inside = trace(draw, Ty.of(obs), name, names)
    return Box(name, inside.dom, inside.cod, (), inside)
