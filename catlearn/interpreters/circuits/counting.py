"""Counting bits: for each sample, how many of a group of packed bits are 1. What turns votes into numbers.

Words are added in lanes: three words fit lanes of 2 bits, five of those lanes of 4, and seventeen of those a byte, so
that 255 words are counted by a few additions of whole arrays, 64 samples a word.

>>> words = np.array([[0b011], [0b001], [0b110], [0b010]], np.uint64)
>>> tally(words, 2)[:, :3]
array([[2, 1, 0],
       [0, 2, 1]], dtype=int32)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import InputMismatch
from catlearn.interpreters.circuits.packed import Words

__all__ = ["tally"]

_PAIRS, _FOURS, _BYTES = (np.uint64(k) for k in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F))
_ONE, _TWO, _FOUR = map(np.uint64, (1, 2, 4))


def tally(words: Words, groups: int) -> NDArray[np.int32]:
    """How many bits of each group are 1, for each sample.

    Args:
        words: (bits, words) of uint64; the bits of a group follow one another.
        groups: how many groups of the same size there are.

    Returns:
        (groups, 64 * words) of int32.

    Raises:
        InputMismatch: when the bits do not make that many groups.
    """
    if groups < 1 or len(words) % groups:
        raise InputMismatch(f"{len(words)} bits do not make {groups} groups of one size")
    grouped = words.reshape(groups, -1, words.shape[1])
    counts = np.zeros((groups, 64 * words.shape[1]), np.int32)
    for start in range(0, grouped.shape[1], 255):
        counts += _bytes(grouped[:, start : start + 255])
    return counts


def _bytes(words: Words) -> NDArray[np.uint8]:
    """The counts of at most 255 words a group, (groups, each, words) to (groups, 64 * words)."""
    groups, _, across = words.shape
    padded = _padded(words, 3)
    counts = np.empty((groups, 8 * across, 8), np.uint8)
    for odd, pairs in enumerate((padded & _PAIRS, padded >> _ONE & _PAIRS)):
        for high, fours in enumerate(_split(_sums(pairs, 3), 5, _FOURS, _TWO)):
            for top, eights in enumerate(_split(_sums(fours, 5), 1, _BYTES, _FOUR)):
                # Bit s of a byte went to the lanes whose choices are s's own bits: odd, high, top.
                sample = odd | high << 1 | top << 2
                counts[:, :, sample] = np.add.reduce(eights, axis=1).astype("<u8", copy=False).view(np.uint8)
    return counts.reshape(groups, -1)


def _split(lanes: Words, each: int, mask: np.uint64, shift: np.uint64) -> tuple[Words, Words]:
    """Every second lane, as lanes twice as wide; then the others. Padded so that `each` of them can be added."""
    padded = _padded(lanes, each)
    return padded & mask, padded >> shift & mask


def _sums(words: Words, each: int) -> Words:
    """The sums of `each` words that follow one another."""
    groups, count, across = words.shape
    found: Words = np.add.reduce(words.reshape(groups, count // each, each, across), axis=2)
    return found


def _padded(words: Words, multiple: int) -> Words:
    missing = -words.shape[1] % multiple
    return np.pad(words, ((0, 0), (0, missing), (0, 0))) if missing else words
