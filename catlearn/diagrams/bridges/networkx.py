"""The wiring as a graph of networkx, and what its algorithms give: order, components, reachability.

Nodes are `("input", i)`, `("box", k)` and `("output", j)`: the ends of the diagram, and its boxes by their places in
the wiring. An edge goes from who gives a wire to each who reads it.

>>> from catlearn import Box, Ty, copy
>>> X = Ty("X")
>>> d = copy(X) >> (Box("f", X, X) @ Box("g", X, X)) >> Box("h", X @ X, X)
>>> g = to_networkx(d)
>>> g.nodes["box", 2]["label"], g.edges[("box", 1), ("box", 2), 0]
('h', {'source_port': 0, 'target_port': 1, 'wire': 2, 'ob': Ob('X')})
>>> from_networkx(g) == d, order(d)
(True, [[0, 1], [2]])
>>> reachable(d, "f"), ancestors(d, "f")
([('box', 2), ('output', 0)], [('input', 0)])
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catlearn.diagrams.bridges.discopy import as_diagram
from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import Graph, flatten, graph, names
from catlearn.errors import TypeMismatch, WireError

__all__ = ["Node", "ancestors", "components", "from_networkx", "order", "reachable", "to_networkx"]

Node = tuple[str, int]
"""A node of the graph: "input", "box" or "output", and its number."""

KINDS = {"input": "ob", "box": "box", "output": "ob"}
"""The kinds of nodes, in the order in which they are listed, and the attribute that each must have."""


def to_networkx(d: Diagram) -> Any:
    """The diagram as a `networkx.MultiDiGraph`; folded boxes stay folded. `from_networkx` brings it back.

    Every node has `kind`, `index` and `label` (a name to show); inputs and outputs have their object `ob`, boxes the
    `box` itself. Every edge has `source_port`, `target_port`, `wire` (its number in the wiring) and `ob`. A wire that
    nobody reads has no edge. The graph has the diagram's `name` and, if its inputs have names, `names`.

    >>> from catlearn import Box, Ty
    >>> to_networkx(Box("f", Ty("X"), Ty("Y"))).nodes["input", 0]
    {'kind': 'input', 'index': 0, 'label': 'x0', 'ob': Ob('X')}
    """
    from networkx import MultiDiGraph

    d = as_diagram(d)
    wiring = flatten(d)
    made = MultiDiGraph(name=getattr(d, "name", ""), names=d.names if isinstance(d, Graph) else ())
    givers: list[tuple[Node, int]] = []
    for i, (ob, name) in enumerate(zip(d.dom.obs, names(d), strict=True)):
        givers.append((_node(made, "input", i, name, ob=ob), 0))

    def read(node: Node, wires: Iterable[int]) -> None:
        for port, wire in enumerate(wires):
            giver, source = givers[wire]
            made.add_edge(giver, node, source_port=source, target_port=port, wire=wire, ob=wiring.obs[wire])

    for k, (box, reads, out) in enumerate(wiring.steps()):
        node = _node(made, "box", k, box.name, box=box)
        read(node, reads)
        givers.extend((node, port) for port in range(len(out)))
    for j, wire in enumerate(wiring.outputs.tolist()):
        read(_node(made, "output", j, f"y{j}", ob=wiring.obs[wire]), [wire])
    return made


def _node(made: Any, kind: str, index: int, label: str, **more: Any) -> Node:
    made.add_node((kind, index), kind=kind, index=index, label=label, **more)
    return kind, index


def from_networkx(g: Any) -> Graph:
    """The diagram of a graph with the attributes that `to_networkx` gives; nodes may be called anything.

    Raises:
        TypeMismatch: when an attribute is missing, or a wire has another type than the port that reads it.
        WireError: when a port is read by no edge or by several, or boxes feed one another.
    """
    from networkx import NetworkXError, NetworkXUnfeasible, lexicographical_topological_sort

    try:
        nodes = {node: _attributes(node, data) for node, data in g.nodes(data=True)}
        listed = list(lexicographical_topological_sort(g, key=lambda node: nodes[node]["index"]))
    except NetworkXUnfeasible:
        raise WireError("graph: boxes feed one another in a circle; draw it without feedback") from None
    except (AttributeError, TypeError, NetworkXError) as error:
        raise TypeMismatch(f"graph: not a directed graph with attributes such as to_networkx gives ({error})") from None
    inputs, boxes, outputs = (_numbered(nodes, [n for n in listed if nodes[n]["kind"] == kind]) for kind in KINDS)
    number = {(node, 0): i for i, node in enumerate(inputs)}
    steps = []
    for node in boxes:
        box: Box = nodes[node]["box"]
        steps.append((box, _reads(g, node, len(box.dom), f"box {box.name!r}", number)))
        number |= {(node, port): len(number) + port for port in range(len(box.cod))}
    ends = [_reads(g, node, 1, f"output {nodes[node]['index']}", number)[0] for node in outputs]
    found = graph(Ty.of(nodes[node]["ob"] for node in inputs), steps, ends, *_titles(g))
    for ob, node in zip(found.cod.obs, outputs, strict=True):
        if ob != nodes[node]["ob"]:
            raise TypeMismatch(f"graph: output {nodes[node]['index']} is {nodes[node]['ob']} but its wire carries {ob}")
    return found


def _titles(g: Any) -> tuple[str, tuple[str, ...]]:
    name, given = g.graph.get("name", ""), g.graph.get("names", ())
    if not isinstance(name, str) or not isinstance(given, tuple | list) or not all(isinstance(x, str) for x in given):
        raise TypeMismatch(f"graph: its name must be a string and its names strings, not {name!r} and {given!r}")
    return name, tuple(given)


def _attributes(node: Any, data: dict[str, Any]) -> dict[str, Any]:
    kind, index = data.get("kind"), data.get("index")
    if not isinstance(kind, str) or kind not in KINDS:
        raise TypeMismatch(f"graph: node {node!r} needs a kind, one of {', '.join(KINDS)}, not {kind!r}")
    if not isinstance(index, int):
        raise TypeMismatch(f"graph: node {node!r} needs an index, which is an integer, not {index!r}")
    if not isinstance(data.get(KINDS[kind]), Box if kind == "box" else Ob):
        raise TypeMismatch(f"graph: node {node!r} needs the attribute {KINDS[kind]!r}, not {data.get(KINDS[kind])!r}")
    return data


def _numbered(nodes: dict[Any, dict[str, Any]], found: list[Any]) -> list[Any]:
    if not found or nodes[found[0]]["kind"] == "box":
        return found
    found.sort(key=lambda node: nodes[node]["index"])
    for place, node in enumerate(found):
        if nodes[node]["index"] != place:
            raise TypeMismatch(
                f"graph: {nodes[node]['kind']}s must be numbered 0 to {len(found) - 1}; see node {node!r}"
            )
    return found


def _reads(g: Any, node: Any, count: int, what: str, number: dict[tuple[Any, int], int]) -> list[int]:
    """The wires at the ports of a node, by port."""
    found: dict[int, int] = {}
    for giver, _, data in g.in_edges(node, data=True):
        port, source = data.get("target_port", 0 if count == 1 else None), data.get("source_port", 0)
        if not isinstance(port, int) or not 0 <= port < count:
            raise WireError(f"graph: {what}: port {port!r} is not one of its {count}; mend target_port")
        if port in found:
            raise WireError(f"graph: {what}: port {port!r} is read by two edges; mend target_port")
        if not isinstance(source, int) or (giver, source) not in number:
            raise WireError(f"graph: {what}: port {port} reads port {source!r} of {giver!r}, which gives no such wire")
        found[port] = number[giver, source]
    for port in range(count):
        if port not in found:
            raise WireError(f"graph: {what}: no edge leads to port {port}; add one")
    return [found[port] for port in range(count)]


def order(d: Diagram) -> list[list[int]]:
    """The boxes, by number, in levels: those of one level read only from levels before it.

    >>> from catlearn import Box, Ty
    >>> order(Box("f", Ty("X"), Ty("Y")) >> Box("g", Ty("Y"), Ty()))
    [[0], [1]]
    """
    from networkx import topological_generations

    g = to_networkx(d)
    g.remove_nodes_from([node for node in g if node[0] != "box"])
    return [sorted(number for _, number in level) for level in topological_generations(g)]


def components(d: Diagram) -> list[list[Node]]:
    """The parts that share no wire, each with its inputs, boxes and outputs.

    >>> from catlearn import Box, Ty
    >>> components(Box("f", Ty("X"), Ty()) @ Box("g", Ty(), Ty()))
    [[('input', 0), ('box', 0)], [('box', 1)]]
    """
    from networkx import weakly_connected_components

    found = map(_listed, weakly_connected_components(to_networkx(d)))
    return sorted(found, key=lambda nodes: _rank(nodes[0]))


def ancestors(d: Diagram, where: Node | int | str) -> list[Node]:
    """What a box or an output depends on.

    Args:
        d: the diagram.
        where: a node, the number of a box, or the name of a box or an input if only one has it.

    Raises:
        WireError: when there is no such place, or more than one.

    >>> from catlearn import Box, Ty
    >>> ancestors(Box("f", Ty("X"), Ty("Y")) >> Box("g", Ty("Y"), Ty()), "g")
    [('input', 0), ('box', 0)]
    """
    from networkx import ancestors as above

    g = to_networkx(d)
    return _listed(above(g, _place(g, where)))


def reachable(d: Diagram, where: Node | int | str) -> list[Node]:
    """What depends on a box or an input; `where` and errors as for `ancestors`.

    >>> from catlearn import Box, Ty, discard
    >>> reachable(Box("f", Ty("X"), Ty("Y")) >> discard(Ty("Y")), ("input", 0))
    [('box', 0)]
    """
    from networkx import descendants

    g = to_networkx(d)
    return _listed(descendants(g, _place(g, where)))


def _place(g: Any, where: Node | int | str) -> Node:
    node = ("box", where) if isinstance(where, int) else where
    if isinstance(where, str):
        found = [n for n, label in g.nodes(data="label") if label == where and n[0] != "output"]
        if len(found) != 1:
            many = f"{len(found)} places have it: {', '.join(map(str, found[:5]))}" if found else "nothing has it"
            raise WireError(f"{where!r} is to name one box or input, but {many}; say which, as in ('box', 0)")
        node = found[0]
    if not isinstance(node, tuple) or node not in g:
        raise WireError(f"{node!r} is not in the diagram; its nodes are ('input', i), ('box', k) and ('output', j)")
    return node


def _rank(node: Node) -> tuple[int, int]:
    return list(KINDS).index(node[0]), node[1]


def _listed(nodes: Iterable[Node]) -> list[Node]:
    return sorted(nodes, key=_rank)
