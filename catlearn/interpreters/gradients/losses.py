"""Losses: maps from a prediction and a target to a number, for one sample (CFGBL, arXiv:2103.01931, section 2.3).

A loss is made for the type of the prediction; the target has the same type.

>>> from catlearn import Real
>>> quadratic(Real(3)).cod
Real()
"""

from __future__ import annotations

from collections.abc import Callable

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.boolean.bits import add, negate
from catlearn.diagrams.theories.boolean.semiring import semiring
from catlearn.diagrams.theories.smooth.arrays import sum
from catlearn.diagrams.theories.smooth.library import cross_entropy, squared_error
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph
from catlearn.errors import TypeMismatch

__all__ = ["Loss", "displacement", "dot_product", "quadratic", "softmax_cross_entropy"]

Loss = Callable[[Ty], Diagram]
"""From the type of a prediction to a diagram `prediction @ target -> Real()`, or to bits for `displacement`."""


def _one_wire(name: str, ty: Ty) -> None:
    if len(ty) != 1 or ty.obs[0].kind != "Real":
        raise TypeMismatch(f"{name}: a prediction must be one real array, not {ty!r}; write a loss diagram of your own")


def quadratic(ty: Ty) -> Graph:
    """Half the squared distance, `0.5 * sum((prediction - target)**2)`."""
    _one_wire("quadratic", ty)
    return trace(squared_error, ty @ ty, "quadratic", ["prediction", "target"])


def softmax_cross_entropy(ty: Ty) -> Graph:
    """Cross-entropy of softmax(prediction) against a target of probabilities, along the last axis.

    Predictions with more axes (a class for every pixel or token) give the sum over them.
    """
    _one_wire("softmax_cross_entropy", ty)
    if not ty.obs[0].sizes:
        raise TypeMismatch("softmax_cross_entropy: a prediction needs an axis of classes, as in Real(10)")
    return trace(lambda p, t: sum(cross_entropy(p, t)), ty @ ty, "softmax_cross_entropy", ["prediction", "target"])


def dot_product(ty: Ty) -> Graph:
    """`sum(prediction * target)`: how far the prediction goes in the direction of the target.

    Deep dreaming makes it large, with a learning rate that asks for more of it; the usual rates ask for less.
    """
    _one_wire("dot_product", ty)

    def dot(prediction: Wire, target: Wire) -> Wire:
        return sum(prediction * target)

    return trace(dot, ty @ ty, "dot_product", ["prediction", "target"])


def displacement(ty: Ty) -> Graph:
    """`prediction - target`, for circuits: on bits the XOR, each bit that is wrong (arXiv:2101.10488).

    Saturating numbers have no differences; there a displacement of your own is needed, as a diagram.

    >>> from catlearn import Bits
    >>> displacement(Bits(3)).cod
    Bits(3)
    """
    over = semiring(ty.obs[0]) if len(ty) == 1 else None
    if over is None or not over.has_negatives:
        raise TypeMismatch(
            f"displacement: a prediction must be one wire of Bits or Modular, not {ty!r}; write your own"
        )
    return trace(lambda p, t: add(p, negate(t)), ty @ ty, "displacement", ["prediction", "target"])
