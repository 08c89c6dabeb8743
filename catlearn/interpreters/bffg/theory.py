"""Backward filtering forward guiding as a row of the table of theories: the pass against the wires comes first.

Against run messages, along run weighted samples. Copying samples is adding messages, and a discard is the message zero.
The residual of a box is the messages at its two ends. That gives a functor to optics, as Schauer, van der Meulen and
Wang show ("Compositionality in algorithms for smoothing", arXiv:2303.13865); of products it is only lax: a message at
several wires together is no product of messages, and where the guides are not the dynamics nothing more is claimed.

>>> from catlearn import Real, gaussian, optic
>>> X = Real()
>>> found = optic(gaussian("k", X, X, 1.0, 0.0, 1.0), BFFG)
>>> found.phase, found.close().dom
('against', Ty(Ob('Message', ('Real',))) @ Real())
"""

from __future__ import annotations

from catlearn.diagrams.diagram import Box, Diagram, copy, identity, reorder
from catlearn.diagrams.optic import Optic, Pair, Theory
from catlearn.diagrams.theories.markov.guided import guided_of
from catlearn.diagrams.types import Ob, Ty
from catlearn.errors import UnknownBox

__all__ = ["BACKWARD", "BFFG", "COMBINE", "FORWARD"]

BACKWARD, FORWARD, COMBINE = "B", "F", "combine"
"""What the boxes of the two passes are called: `B[step]` and `F[step]`."""


def _message(ob: Ob) -> Ob:
    return Ob("Message", (ob.kind, *ob.sizes))


def _pair(ob: Ob) -> Pair:
    return Ty.of((ob,)), Ty.of((_message(ob),))


def _combine(ty: Ty, n: int) -> Diagram:
    return Box(COMBINE, ty**n, ty)


def _rule(box: Box) -> Optic:
    if guided_of(box) is None:
        raise UnknownBox(f"{box.name}: this box has no kernel; make it with cl.kernel, cl.channel or cl.gaussian")
    after, before = (Ty.of(map(_message, ty.obs)) for ty in (box.cod, box.dom))
    pull = Box(f"{BACKWARD}[{box.name}]", after, before, (box,))
    first = copy(after) >> (pull @ identity(after)) >> (copy(before) @ identity(after))
    first = first >> reorder([before, before, after], [0, 2, 1])
    second = Box(f"{FORWARD}[{box.name}]", after @ before @ box.dom, box.cod, (box,))
    return Optic((box.dom, before), (box.cod, after), after @ before, first, second, "against")


BFFG = Theory("against", _pair, _rule, _combine)
"""The theory of backward filtering forward guiding, for `catlearn.optic`."""
