"""The wiring as a graph of networkx."""

from __future__ import annotations

import copy as stdlib_copy

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.diagrams.bridges.networkx import ancestors, components, from_networkx, order, reachable, to_networkx
from catlearn.diagrams.diagram import Box, Diagram, copy, discard, identity
from catlearn.diagrams.trace import diagram
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import flatten, graph, names
from catlearn.errors import CatlearnError, TypeMismatch, WireError
from tests.diagrams.random_diagrams import diagrams, same_in_every_respect

X, Y = Ty("X"), Ty("Y")
f, g, h = Box("f", X, Y @ Y), Box("g", Y, X), Box("h", Y @ X, X)


@diagram
def d(a: X, b: X) -> (X, X):
    y, z = f(a)
    x = g(z)
    return h(y, x), x


@given(diagrams())
def test_there_and_back(e: Diagram) -> None:
    assert same_in_every_respect(from_networkx(to_networkx(e)), e)


@given(diagrams(), st.randoms(use_true_random=False))
def test_what_nodes_are_called_plays_no_part(e: Diagram, r: object) -> None:
    g = to_networkx(e)
    keys = list(range(len(g)))
    r.shuffle(keys)
    moved = nx.MultiDiGraph(**g.graph)
    renamed = dict(zip(g, keys, strict=True))
    moved.add_nodes_from(
        (renamed[node], data) for node, data in sorted(g.nodes(data=True), key=lambda n: renamed[n[0]])
    )
    moved.add_edges_from((renamed[a], renamed[b], data) for a, b, data in g.edges(data=True))
    assert from_networkx(moved) == e


def test_what_the_graph_says() -> None:
    made = to_networkx(d)
    assert isinstance(made, nx.MultiDiGraph)
    assert made.graph == {"name": "d", "names": ("a", "b")}
    assert [made.nodes[n]["label"] for n in made] == ["a", "b", "f", "g", "h", "y0", "y1"]
    assert made.nodes["output", 1] == {"kind": "output", "index": 1, "label": "y1", "ob": Ob("X")}
    assert made.nodes["box", 1]["box"] is g
    assert made.edges[("box", 0), ("box", 1), 0] == {"source_port": 1, "target_port": 0, "wire": 3, "ob": Ob("Y")}
    double = copy(Y) >> Box("k", Y @ Y, Y)
    assert to_networkx(double).number_of_edges(("input", 0), ("box", 0)) == 2


@given(diagrams())
def test_order(e: Diagram) -> None:
    levels = order(e)
    assert sorted(k for level in levels for k in level) == list(range(len(flatten(e).boxes)))
    place = {k: i for i, level in enumerate(levels) for k in level}
    for (kind, a), (other, b), _ in to_networkx(e).edges:
        if kind == other == "box":
            assert place[a] < place[b]


@settings(max_examples=50)
@given(diagrams(4), diagrams(4))
def test_components_of_two_side_by_side_are_those_of_each(a: Diagram, b: Diagram) -> None:
    assert len(components(a @ b)) == len(components(a)) + len(components(b))
    assert sorted(node for part in components(a @ b) for node in part) == sorted(to_networkx(a @ b))


@given(diagrams())
def test_reachable_is_ancestors_read_the_other_way(e: Diagram) -> None:
    nodes = list(to_networkx(e))
    above = {(a, b) for b in nodes for a in ancestors(e, b)}
    below = {(a, b) for a in nodes for b in reachable(e, a)}
    assert above == below


def test_places() -> None:
    assert order(d) == [[0], [1], [2]]
    assert components(d) == [
        [("input", 0), ("box", 0), ("box", 1), ("box", 2), ("output", 0), ("output", 1)],
        [("input", 1)],
    ]
    assert ancestors(d, ("output", 1)) == [("input", 0), ("box", 0), ("box", 1)]
    assert ancestors(d, "g") == ancestors(d, 1) == [("input", 0), ("box", 0)]
    assert reachable(d, "b") == []
    assert reachable(d, "g") == [("box", 2), ("output", 0), ("output", 1)]
    assert order(identity(X)) == []
    assert components(identity(Ty())) == []
    assert components(discard(X)) == [[("input", 0)]]


@pytest.mark.parametrize("where", ["k", "y0", 7, -1, ("box", 3), ("wire", 0), None, [0], 0.5, ()])
def test_places_that_are_not_there(where: object) -> None:
    for ask in (ancestors, reachable):
        with pytest.raises(WireError, match="not in the diagram|nothing has it"):
            ask(d, where)


def test_a_name_that_several_have() -> None:
    twice = Box("k", X, X) >> Box("k", X, X)
    with pytest.raises(WireError, match=r"'k' is to name one box or input, but 2 places have it: \('box', 0\)"):
        reachable(twice, "k")


def broken(change: str) -> nx.MultiDiGraph:
    made = stdlib_copy.deepcopy(to_networkx(d))
    exec(change, {"g": made, "Ob": Ob, "Box": Box, "X": X})
    return made


BROKEN = {
    "del g.nodes['box', 0]['kind']": "needs a kind",
    "g.nodes['box', 0]['kind'] = []": "needs a kind",
    "g.nodes['box', 0]['index'] = 'a'": "needs an index",
    "g.nodes['box', 0]['box'] = 'f'": "needs the attribute 'box'",
    "del g.nodes['input', 0]['ob']": "needs the attribute 'ob'",
    "g.nodes['input', 0]['ob'] = Ob('Z')": "reads",
    "g.nodes['output', 0]['ob'] = Ob('Z')": 'output 0 is "Z" but its wire carries "X"',
    "g.nodes['output', 0]['index'] = 1": "outputs must be numbered 0 to 1",
    "g.nodes['input', 0]['index'] = 5": "inputs must be numbered 0 to 1",
    "g.remove_edge(('box', 0), ('box', 1))": "box 'g': no edge leads to port 0",
    "g.remove_edge(('box', 2), ('output', 0))": "output 0: no edge leads to port 0",
    "g.add_edge(('box', 0), ('box', 1), source_port=0)": "port 0 is read by two edges",
    "g.add_edge(('box', 0), ('box', 1), target_port=9)": "port 9 is not one of its 1",
    "g.add_edge(('box', 0), ('box', 2))": "port None is not one of its 2",
    "g.edges[('box', 0), ('box', 1), 0]['target_port'] = 'x'": "port 'x' is not one of its 1",
    "g.edges[('box', 0), ('box', 1), 0]['source_port'] = 7": "which gives no such wire",
    "g.edges[('box', 0), ('box', 1), 0]['source_port'] = 'y'": "which gives no such wire",
    "g.add_edge(('output', 0), ('box', 1))": "feed|no such wire|two edges",
    "g.add_edge(('box', 2), ('box', 0))": "boxes feed one another",
    "g.add_node('new')": "node 'new' needs a kind",
    "g.edges[('box', 0), ('box', 1), 0]['target_port'] = []": "is not one of its 1",
    "g.edges[('box', 0), ('box', 1), 0]['source_port'] = []": "which gives no such wire",
    "g.graph['names'] = 3": "its names strings",
    "g.graph['name'] = 3": "its name must be a string",
    "g.graph['names'] = ('a',)": "1 names for 2 inputs",
}


@pytest.mark.parametrize("change", BROKEN)
def test_a_graph_that_is_no_diagram(change: str) -> None:
    with pytest.raises((TypeMismatch, WireError), match=BROKEN[change]) as caught:
        from_networkx(broken(change))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("thing", [None, 3, nx.Graph([(0, 1)]), nx.path_graph(3), nx.complete_graph(3, nx.DiGraph)])
def test_what_is_no_graph(thing: object) -> None:
    with pytest.raises(CatlearnError):
        from_networkx(thing)


def test_a_graph_written_by_hand() -> None:
    made = nx.DiGraph()
    made.add_node("in", kind="input", index=0, ob=Ob("X"))
    made.add_node("k", kind="box", index=0, box=Box("k", X, Y))
    made.add_node("out", kind="output", index=0, ob=Ob("Y"))
    made.add_edges_from([("in", "k"), ("k", "out")])
    assert from_networkx(made) == Box("k", X, Y)


def test_long_ones() -> None:
    chain = graph(X, [(Box("k", X, X), [i]) for i in range(5_000)], [5_000])
    assert from_networkx(to_networkx(chain)) == chain
    assert len(order(chain)) == 5_000
    assert len(reachable(chain, ("input", 0))) == 5_001
    assert names(from_networkx(to_networkx(chain))) == ("x0",)
