"""Gaussian kernels that depend on named outcomes: one Gaussian for each outcome of the finite inputs.

>>> from catlearn import Finite, Real
>>> sex = Finite("female", "male")
>>> height = conditional_gaussian("height", sex, Real(), {"female": (165.0, 42.0), "male": (178.0, 50.0)})
>>> height.dom, height.cod
(Finite("female", "male"), Real())
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.gaussian import Gaussian, read_gaussian
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import ShapeMismatch, TypeMismatch, UnknownOutcome, nearest, short

__all__ = ["ConditionalGaussian", "conditional_gaussian"]


class ConditionalGaussian(Kernel):
    """A Gaussian kernel for each outcome of the finite inputs, those of the last input changing fastest.

    `ConditionalGaussian(parts)` takes a sequence of kernels `Gaussian` of one shape.
    """

    def __init__(self, parts: Any) -> None:
        self.parts: tuple[Gaussian, ...] = tuple(parts)
        if wrong := [part for part in self.parts if not isinstance(part, Gaussian)]:
            raise TypeMismatch(f"a conditional Gaussian is made of Gaussians, not {short(wrong[0])}")
        if not self.parts or len({part.A.shape for part in self.parts}) > 1:
            raise ShapeMismatch("a conditional Gaussian needs one or more Gaussians, all of one shape")

    def data(self) -> tuple[Any, ...]:
        """The Gaussians, in a tuple."""
        return (self.parts,)

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: as many Gaussians as the finite wires of `dom` have outcomes together."""
        finite, real = split(dom)
        if len(self.parts) != prod(len(ob.sizes) for ob in finite.obs):
            outcomes = prod(len(ob.sizes) for ob in finite.obs)
            raise ShapeMismatch(f"{name}: {finite or '()'} has {outcomes} outcomes, but there are {len(self.parts)}")
        self.parts[0].check(name, real, cod)


def conditional_gaussian(name: str, dom: Ty, cod: Ty, parts: Mapping[Any, Any]) -> Box:
    """The box of a Gaussian that depends on finite inputs.

    Args:
        name: the box's name; the variable on its output wire is called so.
        dom: wires `Finite`, and wires `Real()` and `Real(n)`, in any order.
        cod: wires `Real()` and `Real(n)`.
        parts: for each outcome (for each tuple of outcomes, where there are several finite wires) a tuple
            `(A, b, S)`, or `(b, S)` where there are no real inputs; see `gaussian`.

    Raises:
        UnknownOutcome: when an outcome is not named, or one is that the wires do not have.
        TypeMismatch, ShapeMismatch, NotNormalized: as for `gaussian`.

    >>> from catlearn import Finite, Real
    >>> switch = conditional_gaussian("y", Finite("off", "on") @ Real(), Real(), {"off": (0, 0, 1), "on": (2, 0, 1)})
    >>> switch.data[0].parts[1]
    Gaussian(((2.0,),), (0.0,), ((1.0,),))
    """
    if not isinstance(dom, Ty) or not isinstance(parts, Mapping):
        raise TypeMismatch(f"{name}: give a type such as Finite('no', 'yes') @ Real(), and a dictionary by outcome")
    finite, real = split(dom)
    keys = [key if len(finite) != 1 else key[0] for key in product(*(ob.sizes for ob in finite.obs))]
    for key in parts:
        if key not in keys:
            raise UnknownOutcome(f"{name}: there is no outcome {key!r}{nearest(key, keys)}")
    if missing := [key for key in keys if key not in parts]:
        raise UnknownOutcome(f"{name}: there is no Gaussian for the outcome {missing[0]!r}; add one")
    made = [_part(name, key, real, cod, parts[key]) for key in keys]
    return place_kernel(name, dom, cod, ConditionalGaussian(made))


def split(dom: Ty) -> tuple[Ty, Ty]:
    """The finite wires of a type, and the others.

    >>> from catlearn import Finite, Real
    >>> split(Real() @ Finite("no", "yes") @ Real(2))
    (Finite("no", "yes"), Real() @ Real(2))
    """
    finite: list[Ob] = [ob for ob in dom.obs if ob.kind == "Finite"]
    return Ty.of(finite), Ty.of(ob for ob in dom.obs if ob.kind != "Finite")


def _part(name: str, key: Any, real: Ty, cod: Ty, given: Any) -> Gaussian:
    if isinstance(given, Gaussian):
        return given
    if not isinstance(given, tuple | list) or len(given) not in ((3,) if real.obs else (2, 3)):
        raise TypeMismatch(f"{name}: give (A, b, S) for {key!r}, not {short(given)}")
    A, b, S = given if len(given) == 3 else (None, *given)
    return read_gaussian(f"{name}, given {key!r}", real, cod, A, b, S)
