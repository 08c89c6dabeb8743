"""A model of many steps from the kernels of one: a chain of states, each of which is seen.

>>> from catlearn import Finite, channel, state
>>> from catlearn.diagrams.theories.markov.variables import variables
>>> X, Y = Finite("rain", "sun"), Finite("sad", "glad")
>>> first = state("weather", X, [0.5, 0.5])
>>> move, seen = channel("weather", X, X, [[0.7, 0.3], [0.2, 0.8]]), channel("mood", X, Y, [[0.8, 0.2], [0.1, 0.9]])
>>> variables(unroll(first, move, seen, 2))
('weather', 'mood', 'weather#2', 'mood#2')
"""

from __future__ import annotations

from collections.abc import Sequence

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Graph, graph
from catlearn.errors import ShapeMismatch, TypeMismatch, short

__all__ = ["unroll"]


def unroll(initial: Box, transition: Box | Sequence[Box], emission: Box | Sequence[Box] | None, steps: int) -> Graph:
    """The diagram of a chain: no inputs, and all its wires as outputs, for each step the state and what is seen of it.

    Args:
        initial: `Ty() -> X`, a box made by `state` or `gaussian_state`.
        transition: `X -> X`; or a list of steps - 1 of them, where they differ.
        emission: `X -> Y`; or a list with one for each step; or None for a chain that is not seen through anything.
        steps: how many states there are, from 1 up.

    Variables bear the names of their boxes, with `#2`, `#3`, ... from the second one of a name.

    Raises:
        ShapeMismatch: when `steps` is no number from 1 up, or a list has another length.
        TypeMismatch: when types do not fit.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ShapeMismatch(f"unroll: steps is a number from 1 up, not {short(steps)}")
    moves = _boxes("transition", transition, steps - 1)
    seen = _boxes("emission", emission, steps) if emission is not None else []
    made, wires, state = list[tuple[Box, list[int]]](), 0, 0
    for t, box in enumerate([*_boxes("initial", initial, 1), *moves]):
        made.append((box, [state] if t else []))
        state, wires = wires, wires + 1
        if seen:
            made.append((seen[t], [state]))
            wires += 1
    if len(made[0][0].dom):
        raise TypeMismatch(f"unroll: {made[0][0].name} has inputs {made[0][0].dom!r}; a chain begins with a state")
    return graph(Ty(), made, range(wires), "chain")


def _boxes(what: str, given: Box | Sequence[Box], count: int) -> list[Box]:
    if not isinstance(given, Diagram | Sequence):
        raise TypeMismatch(f"unroll: {what} is a box such as cl.channel makes, or a list of them, not {short(given)}")
    boxes = [given] * count if isinstance(given, Diagram) else list(given)
    for box in boxes:
        if not isinstance(box, Box):
            raise TypeMismatch(f"unroll: {what} is a box such as cl.channel makes, not {short(box)}")
        if len(box.cod) != 1:
            raise TypeMismatch(f"unroll: {box.name} has {len(box.cod)} outputs; {what} gives one wire")
    if len(boxes) != count:
        raise ShapeMismatch(f"unroll: {count} boxes are needed as {what}, not {len(boxes)}")
    return boxes
