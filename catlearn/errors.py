"""Every error a user can meet: typed, one line, naming the thing and what to do next.

>>> from catlearn import Box, Ty
>>> Box("f", Ty("X"), Ty("Y")) >> Box("g", Ty("Z"), Ty("X"))
Traceback (most recent call last):
...
catlearn.errors.TypeMismatch: f >> g: wire 0 of f's output is Ty("Y") but g reads Ty("Z")
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "CatlearnError",
    "ControlFlow",
    "DerivativeMismatch",
    "Diverged",
    "DrawingError",
    "FileProblem",
    "ImpossibleEvidence",
    "InputMismatch",
    "MissingExtra",
    "NoAttribute",
    "NotNormalized",
    "NotSupported",
    "OffSupport",
    "ShapeMismatch",
    "TooLarge",
    "TypeMismatch",
    "UnknownBox",
    "UnknownOutcome",
    "UnknownVariable",
    "WireError",
    "nearest",
    "short",
]


class CatlearnError(Exception):
    """The base of all errors that catlearn raises on purpose."""


class TypeMismatch(CatlearnError, TypeError):
    """Two ends that were joined have different types or different numbers of wires."""


class ShapeMismatch(CatlearnError, ValueError):
    """A generator was asked for sizes that it cannot have."""


class WireError(CatlearnError, TypeError):
    """A wire was used outside the diagram it belongs to, or where no wire can be used."""


class ControlFlow(CatlearnError, TypeError):
    """A wire was used as a Python value: in `if`, `for`, `bool()`, `float()` or `len()`."""


class NoAttribute(WireError, AttributeError):
    """A wire was asked for something that only arrays have, such as `x.sum()`."""


class UnknownBox(CatlearnError, LookupError):
    """A theory or an interpreter has no row for a box."""


class InputMismatch(CatlearnError, ValueError):
    """An array given at run time has the wrong shape, dtype, name or number."""


class UnknownVariable(CatlearnError, KeyError):
    """A variable was asked for, or observed, that the model does not have."""

    __str__ = Exception.__str__


class UnknownOutcome(CatlearnError, KeyError):
    """An outcome was named that a variable does not have."""

    __str__ = Exception.__str__


class NotNormalized(CatlearnError, ValueError):
    """Numbers that are no distribution: negative, not finite, or not summing to one."""


class ImpossibleEvidence(CatlearnError, ValueError):
    """What was observed has probability zero under the model."""


class OffSupport(CatlearnError, ValueError):
    """An inverse was asked about an outcome that its prior rules out; a Bayesian inverse is defined on the support."""


class FileProblem(CatlearnError, OSError):
    """A file could not be read or written, or does not hold what it should."""


class NotSupported(CatlearnError, NotImplementedError):
    """A request that is well formed but that catlearn does not carry out."""


class TooLarge(CatlearnError, MemoryError):
    """Arrays do not fit in memory, or have more axes or elements than numpy can count."""


class MissingExtra(CatlearnError, ImportError):
    """An optional package is needed; the message names the extra that brings it."""


class DrawingError(CatlearnError, RuntimeError):
    """A picture could not be made; the DOT text still can be."""


class Diverged(CatlearnError, ArithmeticError):
    """Training met a loss that is not finite; the last good state is kept."""


class DerivativeMismatch(CatlearnError, AssertionError):
    """A derivative differs from finite differences, or a law does not hold."""


def nearest(name: object, names: Iterable[object]) -> str:
    """What an error adds about a name that is not there: the nearest one that is, or some of them.

    >>> nearest("raim", ["rain", "wet"]), nearest("x", ["rain", "wet"])
    ("; did you mean 'rain'?", '; there are rain, wet')
    """
    known = [str(n) for n in names]
    folded = {n.casefold(): n for n in known}
    if close := get_close_matches(str(name).casefold(), folded, 1):
        return f"; did you mean {folded[close[0]]!r}?"
    return f"; there are {', '.join(known[:5])}{', ...' if len(known) > 5 else ''}" if known else ""


def short(value: object) -> str:
    """What an error shows of a value: one line of its repr, cut where it is long.

    >>> short("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ..."
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:56]} ..."
