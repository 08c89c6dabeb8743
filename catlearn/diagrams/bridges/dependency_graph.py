"""Which variable depends on which: the graph of parents and children, for d-separation and for display.

>>> from catlearn import Finite, channel, copy, identity, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> g = dependency_graph(rain >> copy() >> (identity() @ wet))
>>> list(g.edges), g.nodes["wet"]["outcomes"]
([('rain', 'wet')], ('dry', 'wet'))
>>> from_dependency_graph(g) == rain >> copy() >> (identity() @ wet)
True
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catlearn.diagrams.bridges._finite_network import Variable, assemble
from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import Graph, unfolded
from catlearn.errors import NotSupported, TypeMismatch, short

__all__ = ["dependency_graph", "from_dependency_graph"]


def dependency_graph(d: Diagram) -> Any:
    """The variables of a diagram as a `networkx.DiGraph`, with an edge from each parent to each of its children.

    Nodes are called as `cl.variables` says; folded boxes are opened. Every node has its `parents` in order, its object
    `ob`, the `outcomes` where that is finite, and the `table` where a table makes it alone. The outputs of one box are
    each a parent of those after it, so that the graph says no more than is so of any box of these types.

    Raises:
        NotSupported: when a box has no outputs: what it observes makes its inputs depend on one another.
    """
    from networkx import DiGraph

    d = as_diagram(d)
    wiring, names = unfolded(d), variables(d)
    made = DiGraph(name=getattr(d, "name", ""))
    for name, ob in zip(names, wiring.obs, strict=True):
        finite = {"outcomes": tuple(map(str, ob.sizes))} if ob.kind == "Finite" else {}
        made.add_node(name, parents=(), ob=ob, **finite)
    for box, reads, gives in wiring.steps():
        if not len(gives):
            raise NotSupported(f"box {box.name!r} has no outputs, so no place in a graph of parents and children; give "
                               f"what it observes as evidence")  # fmt: skip
        for wire in gives:
            _add_parents(made, names[wire], [names[k] for k in dict.fromkeys((*reads, *range(gives.start, wire)))])
        if (table := _table(box, reads)) is not None:
            made.nodes[names[gives.start]]["table"] = table.values
    return made


def _add_parents(made: Any, name: str, parents: list[str]) -> None:
    made.nodes[name]["parents"] = tuple(parents)
    made.add_edges_from((parent, name) for parent in parents)


def _table(box: Box, reads: list[int]) -> Table | None:
    """The table of a box, where its axes are those of different parents and of one child."""
    kernel = kernel_of(box)
    alone = len(box.cod) == 1 and len(set(reads)) == len(reads)
    return kernel if isinstance(kernel, Table) and alone else None


def from_dependency_graph(g: Any) -> Graph:
    """The diagram `Ty() -> all nodes` of a directed graph whose nodes have `outcomes` and a `table`.

    Args:
        g: a `networkx.DiGraph`. A table has an axis for each parent, in the order of the node's attribute `parents`,
            and then one for the node's own outcomes; a node with one parent or none needs no `parents`.

    Raises:
        TypeMismatch: when it is no such graph, or a node lacks an attribute.
        ShapeMismatch: when a table has another shape than the outcomes say.
        NotNormalized: when a row is no distribution.
        WireError: when nodes are parents of one another in a circle.

    >>> from networkx import DiGraph
    >>> g = DiGraph([("rain", "wet")])
    >>> g.add_node("rain", outcomes=("no", "yes"), table=[0.8, 0.2])
    >>> g.add_node("wet", outcomes=("dry", "wet"), table=[[0.9, 0.1], [0.2, 0.8]])
    >>> from_dependency_graph(g).cod
    Finite("no", "yes") @ Finite("dry", "wet")
    """
    try:
        nodes, directed = dict(g.nodes(data=True)), g.is_directed()
    except (AttributeError, TypeError):
        raise TypeMismatch(f"from_dependency_graph: give a networkx.DiGraph, not {short(g)}") from None
    if not directed:
        raise TypeMismatch(
            "from_dependency_graph: edges need a direction, from parent to child; use a networkx.DiGraph"
        )
    found = [_variable(g, node, data) for node, data in nodes.items()]
    outcomes = {variable.name: variable.outcomes for variable in found}
    boxes = {variable.name: variable.box(outcomes) for variable in found}
    name = g.graph.get("name", "")
    parents = {variable.name: variable.parents for variable in found}
    return assemble(boxes, parents, name if isinstance(name, str) else "")


def _variable(g: Any, node: Any, data: Mapping[str, Any]) -> Variable:
    if not isinstance(node, str):
        raise TypeMismatch(f"from_dependency_graph: nodes are names of variables, not {short(node)}")
    for key, example in (("outcomes", "('no', 'yes')"), ("table", "[0.8, 0.2]")):
        if data.get(key) is None:
            raise TypeMismatch(f"from_dependency_graph: node {node!r} needs {key}, such as {example}")
    outcomes = data["outcomes"]
    if not isinstance(outcomes, tuple | list):
        raise TypeMismatch(f"from_dependency_graph: node {node!r}: outcomes are a list of names, not {short(outcomes)}")
    return Variable(node, tuple(outcomes), _parents(g, node, data.get("parents")), data["table"])


def _parents(g: Any, node: str, given: Any) -> tuple[str, ...]:
    edges = list(g.predecessors(node))
    if given is None and len(edges) > 1:
        said = f"node {node!r} has {len(edges)} parents; say in which order its table has them"
        raise TypeMismatch(f"from_dependency_graph: {said}, as in parents={tuple(edges)!r}")
    parents = tuple(edges if given is None else given)
    if sorted(map(str, parents)) != sorted(map(str, edges)):
        raise TypeMismatch(f"from_dependency_graph: node {node!r} has edges from {edges} but parents={parents!r}")
    return parents
