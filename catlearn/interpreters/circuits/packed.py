"""Bits of many samples, 64 to a word: how circuits hold what they read and give.

Row k of the words is bit k; sample s is bit `s % 64`, counted from the lowest, of word `s // 64`. Bits past the last
sample have no meaning.

>>> bits = np.array([[1, 0, 1], [0, 0, 1]], bool)
>>> packed = pack(bits)
>>> packed.words[:, 0] & np.uint64(3)
array([1, 0, 3], dtype=uint64)
>>> bool((unpack(packed) == bits).all())
True
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch, short

__all__ = ["Packed", "Words", "pack", "pack_block", "unpack"]

Words = NDArray[np.uint64]
"""(bits, words): 64 samples to a word."""

_BLOCK = 2048
_ONE = np.uint64(1)


@dataclass(frozen=True, eq=False)
class Packed:
    """Bits of a number of samples, packed. A circuit that is given these gives these.

    Attributes:
        words: (bits, words) of uint64, with 64 samples to a word.
        samples: how many samples there are; the last word may be filled in part.

    Raises:
        InputMismatch: for words of another shape or dtype, or too few for that many samples.

    >>> Packed(np.zeros((3, 2), np.uint64), 100)
    Packed(3 bits of 100 samples)
    """

    words: Words
    samples: int

    def __post_init__(self) -> None:
        words = self.words
        if not isinstance(words, np.ndarray) or words.ndim != 2 or words.dtype != np.uint64:
            raise InputMismatch(f"packed bits are an array (bits, words) of uint64, not {short(words)}")
        if words.shape[1] != (self.samples + 63) // 64:
            raise InputMismatch(
                f"{self.samples} samples take {(self.samples + 63) // 64} words a bit, but there are {words.shape[1]}"
            )

    @property
    def bits(self) -> int:
        """How many bits a sample has."""
        return len(self.words)

    def __repr__(self) -> str:
        return f"Packed({self.bits} bits of {self.samples} samples)"


def pack(bits: Any) -> Packed:
    """Pack rows of bits.

    Args:
        bits: (samples, bits) of booleans, or of whole numbers that are 0 or 1.

    Raises:
        InputMismatch: when it has not two axes or anything but 0 and 1; the message names the column.
    """
    try:
        given = np.asarray(bits)
    except ValueError:
        raise InputMismatch("the rows of bits to pack have different lengths; give an array (samples, bits)") from None
    if given.ndim != 2:
        raise InputMismatch(f"bits to pack have the axes (samples, bits), not the shape {given.shape}")
    checked = boolean(given, "column")
    samples, count = checked.shape
    words = np.empty((count, (samples + 63) // 64), np.uint64)
    for start in range(0, samples, _BLOCK):
        block = pack_block(checked[start : start + _BLOCK])
        words[:, start // 64 : start // 64 + block.shape[1]] = block
    return Packed(words, samples)


def unpack(packed: Packed) -> NDArray[np.bool_]:
    """The bits of each sample, (samples, bits) of bool."""
    little = packed.words.astype("<u8", copy=False)
    rows = np.unpackbits(little.view(np.uint8), axis=1, count=packed.samples, bitorder="little")
    return np.ascontiguousarray(rows.T).view(np.bool_)


def boolean(given: NDArray[Any], what: str) -> NDArray[np.bool_]:
    """An array of 0 and 1 as booleans; `what` is how the error calls an index of the last axis.

    Raises:
        InputMismatch: for anything but 0 and 1.
    """
    if given.dtype == np.bool_:
        return given
    if given.dtype.kind not in "iuf":
        raise InputMismatch(f"bits are booleans, or 0 and 1, not {given.dtype}; encode the values first")
    made: NDArray[np.bool_] = given != 0
    wrong = given != made
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0].tolist())
        raise InputMismatch(
            f"{what} {where[-1] if where else 0} holds {short(given[where].item())}, which is no bit; encode it first, "
            "for example by a threshold (x > 0.5) or the encoders of catlearn.circuits.Classifier"
        )
    return made


def pack_block(bits: NDArray[np.bool_]) -> Words:
    """Pack at most a few thousand rows: (samples, bits) of bool to (bits, words), with zeros past the last sample.

    The bytes of eight samples are shifted into one: eight columns at once, as a word. Then whole bytes are transposed,
    which costs an eighth of transposing bits.
    """
    samples, count = bits.shape
    filled = bits
    if samples % 64 or count % 8 or not bits.flags.c_contiguous:
        filled = np.zeros((samples + -samples % 64, count + -count % 8), np.bool_)
        filled[:samples, :count] = bits
    octets = filled.view(np.uint64).reshape(len(filled) // 8, 8, filled.shape[1] // 8)
    gathered = octets[:, 7] << _ONE
    for k in range(6, 0, -1):
        gathered |= octets[:, k]
        gathered <<= _ONE
    gathered |= octets[:, 0]
    turned = np.ascontiguousarray(gathered.view(np.uint8).T[:count])
    words = turned.view("<u8")
    return words if sys.byteorder == "little" else words.astype(np.uint64)
