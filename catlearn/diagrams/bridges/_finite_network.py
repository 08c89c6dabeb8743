"""Networks of finite variables, as other programs write them: a table and parents for each variable.

What BIF, pgmpy and dependency graphs have in common: taking a diagram apart into variables, and putting it together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.table import Table, channel
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Finite, Ty
from catlearn.diagrams.wiring import Graph, graph, unfolded
from catlearn.errors import NotSupported, WireError

__all__ = ["Variable", "assemble", "single_variables"]


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable, its parents, and its table: an axis for each parent and then one for its own outcomes."""

    name: str
    outcomes: tuple[str, ...]
    parents: tuple[str, ...]
    values: NDArray[Any]

    def box(self, outcomes: Mapping[str, Sequence[str]]) -> Box:
        """The box that makes it, given the outcomes of its parents. Raises as `channel` does."""
        dom = Ty.of(ob for parent in self.parents for ob in Finite(*outcomes[parent]).obs)
        return channel(self.name, dom, Finite(*self.outcomes), self.values)


def single_variables(d: Diagram, goal: str) -> list[Variable]:
    """The variables of a diagram of tables with one output each: first those that leave it, then the others.

    Raises:
        NotSupported: naming the box that is no such table, and what was to be made of it.
        NotNormalized: when a table is no distribution.
    """
    d = as_diagram(d)
    if len(d.dom):
        raise NotSupported(f"{goal} holds no inputs, and there is {d.names[0]!r}; compose a state with it first")
    wiring, names = unfolded(d), variables(d)
    found = []
    for box, reads, gives in wiring.steps():
        table = _table(box, goal)
        if len(set(reads)) < len(reads):
            raise NotSupported(f"box {box.name!r} reads a variable twice, and {goal} cannot say so; give it one input")
        parents = tuple(names[wire] for wire in reads)
        found.append(Variable(names[gives[0]], _outcomes(box), parents, table.values))
    places = {wire: k for k, wire in reversed(list(enumerate(wiring.outputs.tolist())))}
    return [found[k] for k in sorted(range(len(found)), key=lambda k: (places.get(k, len(places)), k))]


def _outcomes(box: Box) -> tuple[str, ...]:
    return tuple(map(str, box.cod.obs[0].sizes))


def _table(box: Box, goal: str) -> Table:
    kernel = kernel_of(box)
    if not isinstance(kernel, Table):
        raise NotSupported(f"box {box.name!r} is no table, and {goal} holds nothing else; see channel and state")
    if len(box.cod) != 1:
        what = "an effect" if not len(box.cod) else f"a table with {len(box.cod)} outputs"
        raise NotSupported(f"box {box.name!r} is {what}, and {goal} holds one variable for each table")
    if kernel.exact:
        raise NotSupported(f"box {box.name!r} has fractions, and {goal} holds decimals; make its table of floats")
    channel(box.name, box.dom, box.cod, kernel.values)
    return kernel


def assemble(boxes: Mapping[str, Box], parents: Mapping[str, Sequence[str]], name: str = "") -> Graph:
    """The diagram `Ty() -> all variables`, which leave it in the order of `boxes`.

    Raises:
        WireError: when variables are parents of one another in a circle; it names them.
    """
    number: dict[str, int] = {}
    steps = []
    for variable in _ordered(boxes, parents):
        number[variable] = len(number)
        steps.append((boxes[variable], [number[parent] for parent in parents[variable]]))
    return graph(Ty(), steps, [number[variable] for variable in boxes], name)


def _ordered(boxes: Mapping[str, Box], parents: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Parents first; as they are listed, where that is such an order."""
    seen = set[str]()
    for variable in boxes:
        if not seen.issuperset(parents[variable]):
            break
        seen.add(variable)
    else:
        return list(boxes)
    try:
        return list(TopologicalSorter({variable: parents[variable] for variable in boxes}).static_order())
    except CycleError as error:
        shown = error.args[1] if len(error.args[1]) <= 9 else [*error.args[1][:8], "...", error.args[1][-1]]
        raise WireError(f"{' -> '.join(shown)} is a cycle; leave one of its arrows out") from None
