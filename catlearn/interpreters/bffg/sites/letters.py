"""What was seen at each site: letters, ambiguity codes and gaps as likelihoods of the outcomes.

>>> from catlearn.diagrams.theories.markov.processes.substitution import DNA
>>> row = read_row("human", "TCR-", DNA.obs[0])
>>> row.vectors[row.codes]
array([[1., 0., 0., 0.],
       [0., 1., 0., 0.],
       [0., 0., 1., 1.],
       [1., 1., 1., 1.]])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.types import Ob
from catlearn.errors import ImpossibleEvidence, InputMismatch, ShapeMismatch, UnknownOutcome, nearest, short

__all__ = ["Row", "read_row"]

Array = NDArray[Any]

IUPAC = {
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
"""Which letters each ambiguity code of nucleic acids stands for."""
MISSING = "-?"
"""Signs of what was not seen."""


@dataclass(frozen=True, eq=False)
class Row:
    """The sites of one variable.

    Attributes:
        vectors: likelihoods that occur, (A, K), the largest of each 1; one array for all rows of one alphabet.
        codes: for each site the row of `vectors`, (S,).
        logs: for each site the logarithm of what its likelihoods were divided by, (S,); None where that is 1.
    """

    vectors: Array
    codes: Array
    logs: Array | None = None


def read_row(name: str, given: Any, ob: Ob) -> Row:
    """The sites of a variable, from any of the forms that users give.

    Args:
        name: the variable.
        given: a string with a letter for each site; a list with an outcome for each, None where nothing was seen; an
            array (S,) of the numbers of outcomes, -1 where nothing was seen; or likelihoods of all outcomes, (S, K).
        ob: the object on the wire.

    Letters are read in either case. For DNA and RNA the codes of IUPAC stand for any of their letters, "-", "?" and
    "N" for all of them. In other alphabets "-" and "?" do, where they are no outcomes.

    Raises:
        UnknownOutcome: when there is no such letter or outcome; it names the variable and the site.
        InputMismatch, ShapeMismatch: when `given` has none of these forms.
        ImpossibleEvidence: when all likelihoods of a site are zero.
    """
    if isinstance(given, str):
        return _letters(name, given, ob)
    if isinstance(given, np.ndarray) and given.dtype.kind in "iu" and given.ndim == 1:
        return _numbers(name, given, ob)
    if isinstance(given, np.ndarray) and given.dtype.kind == "U" and given.ndim == 1:
        return _outcomes(name, given.tolist(), ob)
    if isinstance(given, bytes | bytearray):
        raise InputMismatch(f"{name}: give text, not bytes, as in {short(given)}.decode()")
    if isinstance(given, Sequence) and all(isinstance(v, str) or v is None for v in given):
        return _outcomes(name, given, ob)
    if isinstance(given, Sequence) and all(isinstance(v, int | np.integer) and not isinstance(v, bool) for v in given):
        if wrong := [at for at, v in enumerate(given) if not -1 <= v < len(ob.sizes)]:
            raise _no_number(name, given[wrong[0]], wrong[0], len(ob.sizes))
        return _numbers(name, np.array(given, np.int64), ob)
    return _likelihoods(name, given, ob)


@lru_cache(maxsize=64)
def _alphabet(ob: Ob) -> tuple[Array, Mapping[str, int]]:
    """All likelihoods that letters stand for, the outcomes' own first and then that of nothing; and the letters."""
    outcomes = [str(outcome) for outcome in ob.sizes]
    count = len(outcomes)
    vectors = [*np.eye(count), np.ones(count)]
    letters = {outcome: k for k, outcome in enumerate(outcomes) if len(outcome) == 1}
    folded = {outcome.upper() for outcome in letters}
    if len(folded) == len(letters):
        letters |= {letter.swapcase(): k for letter, k in letters.items() if len(letter.swapcase()) == 1}
    letters |= {sign: count for sign in MISSING if sign not in letters}
    if folded in ({*"ACGT"}, {*"ACGU"}):
        letters |= {other: letters[own] for own in folded & {*"TU"} for other in "TUtu"}
        for code, stands in IUPAC.items():
            letters |= {code: len(vectors), code.lower(): len(vectors)}
            vectors.append(np.eye(count)[[letters[letter] for letter in stands]].sum(axis=0))
    found = np.array(vectors)
    found.flags.writeable = False
    return found, letters


def _letters(name: str, given: str, ob: Ob) -> Row:
    vectors, letters = _alphabet(ob)
    if any(len(str(outcome)) != 1 for outcome in ob.sizes):
        raise InputMismatch(f"{name}: its outcomes are no single letters; give a list such as {list(ob.sizes[:2])}")
    points = np.frombuffer(given.encode("utf-32-le", "surrogatepass"), np.uint32)
    known = np.full(1 + max([int(points.max(initial=0)), *map(ord, letters)]), -1, np.int16)
    known[[ord(letter) for letter in letters]] = list(letters.values())
    codes = known[points]
    if codes.size and codes.min() < 0:
        at = int(np.argmin(codes))
        stands = f"letters are {''.join(map(str, ob.sizes))}, and {MISSING} where nothing was seen"
        raise UnknownOutcome(f"{name}: {given[at]!r} at site {at} is no letter of its alphabet; {stands}")
    return Row(vectors, codes.astype(np.intp))


def _numbers(name: str, given: Array, ob: Ob) -> Row:
    count = len(ob.sizes)
    wrong = (given < -1) | (given >= count) if given.dtype.kind == "i" else given >= count
    if wrong.any():
        at = int(np.argmax(wrong))
        raise _no_number(name, given[at], at, count)
    codes = given.astype(np.intp)
    codes[codes < 0] = count
    return Row(_alphabet(ob)[0], codes)


def _no_number(name: str, value: Any, site: int, count: int) -> UnknownOutcome:
    said = f"they are 0 to {count - 1}, and -1 where nothing was seen"
    return UnknownOutcome(f"{name}: there is no outcome number {short(int(value))} at site {site}; {said}")


def _outcomes(name: str, given: Sequence[str | None], ob: Ob) -> Row:
    places: dict[str | None, int] = {str(outcome): k for k, outcome in enumerate(ob.sizes)}
    places[None] = len(ob.sizes)
    for at, value in enumerate(given):
        if value not in places:
            raise UnknownOutcome(f"{name}: there is no outcome {short(value)} at site {at}{nearest(value, ob.sizes)}")
    return Row(_alphabet(ob)[0], np.array([places[value] for value in given], np.intp))


def _likelihoods(name: str, given: Any, ob: Ob) -> Row:
    count = len(ob.sizes)
    said = f"a string, a list of outcomes or likelihoods of shape (sites, {count})"
    try:
        found = floats(given)
    except ValueError:
        raise InputMismatch(f"{name}: give {said}, not {short(given)}") from None
    if found.ndim != 2 or found.shape[1] != count:
        raise ShapeMismatch(f"{name}: give {said}, not an array of shape {found.shape}")
    if not (np.isfinite(found).all() and (found >= 0).all()):
        at = int(np.argmin((np.isfinite(found) & (found >= 0)).all(axis=1)))
        raise InputMismatch(f"{name}: a likelihood of site {at} is negative or not finite; likelihoods are from 0 up")
    tops = found.max(axis=1, initial=0.0)
    if len(tops) and not tops.all():
        raise ImpossibleEvidence(f"{name}: all likelihoods of site {int(np.argmin(tops))} are zero")
    vectors, codes = np.unique(found / tops[:, None], axis=0, return_inverse=True)
    return Row(vectors, codes.reshape(-1).astype(np.intp), np.log(tops))
