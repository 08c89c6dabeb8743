"""The names of wires: a variable is called after the box that makes it.

>>> from catlearn import Finite, channel, copy, identity, state
>>> X = Finite("no", "yes")
>>> rain = state("rain", X, [0.8, 0.2])
>>> wet = channel("wet", X, X, [[0.9, 0.1], [0.2, 0.8]])
>>> variables(rain >> copy() >> (identity() @ wet)), variables(rain >> wet >> wet)
(('rain', 'wet'), ('rain', 'wet', 'wet#2'))
"""

from __future__ import annotations

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.wiring import names, unfolded

__all__ = ["variables"]


def variables(d: Diagram) -> tuple[str, ...]:
    """The name of every wire of the diagram, folded boxes opened: inputs first, then the outputs of each box in turn.

    The one output of a box bears the box's name; several are called `name.0`, `name.1`, ...; where a name is there
    already, `#2`, `#3`, ... is added.
    """
    wiring = unfolded(d)
    found = list(names(d))
    for box in wiring.boxes:
        found += [box.name] if len(box.cod) == 1 else [f"{box.name}.{i}" for i in range(len(box.cod))]
    return _different(found)


def _different(found: list[str]) -> tuple[str, ...]:
    taken, count = set[str](), dict[str, int]()
    given = set(found)
    result = []
    for name in found:
        new = name
        while new in taken:
            count[name] = count.get(name, 1) + 1
            new = f"{name}#{count[name]}"
            new = name if new in given else new
        taken.add(new)
        result.append(new)
    return tuple(result)
