"""Which part a box or a wire plays, and so which color it gets.

A role is given to boxes, by their place in the folded wiring, and to inputs, by their name. Wires get theirs from the
two ends: a wire into the backward pass from anywhere else is a residual, any other wire is like what it comes from.

>>> from catlearn import Box, Ty, diagram
>>> X, D = Ty("X"), Ty("D")
>>> f, back = Box("f", X, X), Box("R[f]", X @ D, D)
>>> @diagram
... def both(x: X, dy: D) -> D:
...     return back(f(x), dy)
>>> dict(passes(both, ["dy"]))
{'dy': 'backward', 0: 'forward', 1: 'backward'}
>>> wire_role("forward", "backward"), wire_role("backward", ""), wire_role("forward", "forward")
('residual', 'backward', 'forward')
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.wiring import flatten, names
from catlearn.errors import DrawingError, short

__all__ = ["Role", "Roles", "assign", "passes", "wire_role"]

Role = Literal["forward", "backward", "parameter", "residual", "error"]
Roles = Mapping[int | str, str] | Callable[[int, Box], str | None]
"""Roles of boxes by number in `flatten(d)` and of inputs by name; or a function of the number and the box."""


@dataclass(frozen=True)
class Assigned:
    """The role of every box of the folded wiring, and of every input; "" for none."""

    boxes: tuple[str, ...]
    inputs: tuple[str, ...]


def passes(d: Diagram, against: Collection[str]) -> Mapping[int | str, str]:
    """The roles of a diagram made of two passes: what depends on the inputs named in `against` is the backward pass.

    Raises:
        DrawingError: when an input of that name is not there.

    >>> from catlearn import Real, reverse, sin, trace
    >>> dict(passes(reverse(trace(lambda x: sin(x), Real(), "f", ["x"])), ["dy"]))
    {'dy': 'backward', 0: 'forward', 1: 'backward'}
    """
    inputs = names(d)
    against = _named("passes", against, inputs)
    wiring = flatten(d)
    reached = [name in against for name in inputs]
    roles: dict[int | str, str] = {name: "backward" for name in inputs if name in against}
    for k, (_, reads, gives) in enumerate(wiring.steps()):
        hit = any(reached[wire] for wire in reads)
        reached.extend(hit for _ in gives)
        roles[k] = "backward" if hit else "forward"
    return MappingProxyType(roles)


def assign(d: Diagram, roles: Roles | None, parameters: Collection[str]) -> Assigned:
    """The roles of all boxes and inputs, from what the user gave.

    Raises:
        DrawingError: when a role, a box or an input is not there.
    """
    inputs, boxes = names(d), flatten(d).boxes
    given: dict[int | str, str | None] = dict.fromkeys(_named("parameters", parameters, inputs), "parameter")
    if callable(roles):
        given |= {k: roles(k, box) for k, box in enumerate(boxes)}
    elif not isinstance(roles, Mapping | None):
        raise DrawingError(f"roles: give a dictionary or a function of a number and a box, not {short(roles)}")
    else:
        given |= roles or {}
    for key, role in given.items():
        _check_role(key, role, inputs, len(boxes))
    return Assigned(
        tuple(given.get(k) or "" for k in range(len(boxes))), tuple(given.get(name) or "" for name in inputs)
    )


def wire_role(maker: str, reader: str) -> str:
    """The role of a wire between two ends with these roles."""
    return "residual" if reader == "backward" != maker and maker != "error" else maker


def _named(what: str, wanted: Collection[str], inputs: tuple[str, ...]) -> Collection[str]:
    """Names of inputs, if they are there."""
    wanted = (wanted,) if isinstance(wanted, str) else wanted
    if not isinstance(wanted, Collection):
        raise DrawingError(f"{what}: give names of inputs, as in ['w'], not {short(wanted)}")
    for name in wanted:
        if name not in inputs:
            raise DrawingError(f"{what}: there is no input {name!r}; the inputs are {', '.join(inputs) or 'none'}")
    return wanted


def _check_role(key: int | str, role: str | None, inputs: tuple[str, ...], boxes: int) -> None:
    if isinstance(key, str):
        _named("roles", (key,), inputs)
    elif not isinstance(key, int) or not 0 <= key < boxes:
        raise DrawingError(f"roles: there is no box {key!r}; the boxes are 0 to {boxes - 1}")
    if role is not None and role not in ("", *get_args(Role)):
        raise DrawingError(f"roles: {key!r} has the role {short(role)}; the roles are {', '.join(get_args(Role))}")
