"""Are some variables independent of others, given what is known? By the graph of a model, or by its numbers.

>>> from catlearn import Finite, channel, copy, identity, state
>>> X = Finite("no", "yes")
>>> rain, wet = state("rain", X, [0.8, 0.2]), channel("wet", X, X, [[0.9, 0.1], [0.2, 0.8]])
>>> slip = channel("slip", X, X, [[0.99, 0.01], [0.7, 0.3]])
>>> model = rain >> copy() >> (identity() @ (wet >> copy() >> (identity() @ slip)))
>>> independent(model, "rain", "slip"), independent(model, "rain", "slip", given="wet")
(False, True)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.table import ROUNDING, Table
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Graph, Wiring, unfolded
from catlearn.errors import InputMismatch, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.markov.kinds import check_tolerance, kind_of

__all__ = ["independent"]

Names = str | Iterable[str]


def independent(
    model: Diagram,
    one: Names,
    other: Names,
    given: Names = (),
    by: Literal["graph", "number"] = "graph",
    tolerance: float = 1e-9,
) -> bool:
    """Whether some variables are independent of others, given the values of a third set.

    By graph: whether they are d-separated, which is so for whatever numbers the boxes have; no answer of independence
    is wrong, but numbers may make more variables independent than the graph tells. By number: whether the joint
    distribution of all of them factors, `p(x, y | z) = p(x | z) p(y | z)`.

    Args:
        model: a diagram `Ty() -> B`; its effects are observations that are always known.
        one, other, given: names of variables, a name or several; no name twice.
        tolerance: how far numbers may be apart, by number; in fractions they must be equal.

    Raises:
        UnknownVariable: for a name that the model does not have.
        InputMismatch: when a variable is in two of the sets, or something is no set of names.
        TooLarge: by number, when these variables have too many outcomes together.
    """
    model = as_diagram(model)
    if len(model.dom):
        raise TypeMismatch(f"independent: a model has no inputs, but this one reads {model.dom!r}")
    check_tolerance(tolerance)
    if not isinstance(by, str) or by not in ("graph", "number"):
        raise InputMismatch(f"independent: it is told by='graph' or by='number', not {short(by)}")
    x, y, z = _read(variables(model), one, other, given)
    return _separated(unfolded(model), x, y, z) if by == "graph" else _factors(model, x, y, z, tolerance)


def _read(known: tuple[str, ...], *sets: Names) -> list[list[int]]:
    found: list[list[int]] = []
    for some in sets:
        if not isinstance(some, Iterable):
            raise InputMismatch(f"independent: give the names of variables, not {short(some)}")
        names = [some] if isinstance(some, str) else list(some)
        for name in names:
            if not isinstance(name, str) or name not in known:
                raise UnknownVariable(f"there is no variable {name!r}{nearest(name, known)}")
        found.append([known.index(name) for name in names])
    numbers = [v for each in found for v in each]
    if twice := [known[v] for v in numbers if numbers.count(v) > 1]:
        raise InputMismatch(f"independent: {twice[0]} is named twice; give three sets without a variable in common")
    return found


def _separated(wiring: Wiring, one: list[int], other: list[int], given: list[int]) -> bool:
    """D-separation; what a box observes is a child of its inputs that is always known."""
    from networkx import DiGraph, is_d_separator

    graph, seen = DiGraph(), set[Any](given)
    graph.add_nodes_from(range(len(wiring.obs)))
    for k, (box, reads, made) in enumerate(wiring.steps()):
        hidden = ("made", k)
        graph.add_edges_from((v, hidden) for v in reads)
        graph.add_edges_from((hidden, v) for v in made)
        if not made or _partial(kernel_of(box), len(reads)):
            graph.add_edge(hidden, ("seen", k))
            seen.add(("seen", k))
    return bool(is_d_separator(graph, set(one), set(other), seen))


def _partial(kernel: Any, inputs: int) -> bool:
    """Whether a table's rows do not all sum to one: then it says something of its inputs by itself."""
    if not isinstance(kernel, Table):
        return False
    sums = kernel.values.sum(axis=tuple(range(inputs, kernel.values.ndim)))
    return bool(np.max(np.abs(sums - 1), initial=0) > ROUNDING)


def _factors(model: Diagram, one: list[int], other: list[int], given: list[int], tolerance: float) -> bool:
    """Whether the joint distribution is the one in which both depend on what is given, and on nothing else."""
    wiring = unfolded(model)
    chosen = Graph(Wiring(Ty(), wiring.boxes, wiring.arguments, np.array([*given, *one, *other], np.int64)))
    n, m = len(given), len(one)
    kind = kind_of(model)
    _, rest = kind.disintegrate(chosen, range(n), ["known", "rest"])
    return kind.factors(rest, m, tolerance)
