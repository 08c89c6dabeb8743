"""The graph of a network has what d-separation needs, and brings the network back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

import catlearn as cl
from catlearn import Box, Finite, Real, Ty, channel, effect, graph, state
from catlearn.diagrams.bridges.bif import read_bif
from catlearn.diagrams.bridges.dependency_graph import dependency_graph, from_dependency_graph
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.errors import NotNormalized, NotSupported, ShapeMismatch, TypeMismatch, UnknownOutcome, WireError
from tests.diagrams.test_bif import GREENHOUSE, MODEL, RAIN, WET, X, networks
from tests.networks import network

FAIR = [0.5, 0.5]


@given(networks())
def test_there_and_back(d) -> None:
    g = dependency_graph(d)
    assert tuple(g) == variables(d)
    assert g.graph["name"] == d.name
    whole = graph(Ty(), [(box, reads) for box, reads, _ in d.wiring.steps()], range(len(d.wiring.boxes)))
    assert from_dependency_graph(g) == from_dependency_graph(g.copy()) == whole


def test_fractions_are_kept() -> None:
    d = state("x", X, [Fraction(1, 3), Fraction(2, 3)])
    assert from_dependency_graph(dependency_graph(d)) == d


def test_the_greenhouse() -> None:
    g = dependency_graph(read_bif(GREENHOUSE))
    assert set(g.edges) == {
        ("night", "heater"),
        ("night", "air temperature"),
        ("heater", "air temperature"),
        ("heater", "soil"),
        ("air temperature", "tomatoes"),
        ("soil", "tomatoes"),
        ("air temperature", "alarm"),
    }
    assert g.nodes["air temperature"]["parents"] == ("night", "heater")
    assert g.nodes["soil"]["outcomes"] == ("damp", "dry+cracked")
    assert nx.is_d_separator(g, {"alarm"}, {"soil"}, {"air temperature", "heater"})
    assert not nx.is_d_separator(g, {"night"}, {"soil"}, set())


def test_alarm_is_a_graph_without_cycles() -> None:
    g = dependency_graph(read_bif(network("alarm")))
    assert (len(g), g.number_of_edges(), nx.is_directed_acyclic_graph(g)) == (37, 46, True)


def test_inputs_are_roots_and_other_wires_have_no_outcomes() -> None:
    g = dependency_graph(WET)
    assert list(g.edges) == [("x0", "wet")]
    g = dependency_graph(Box("noise", Ty(), Real()) >> Box("f", Real(), Real()))
    assert list(g.edges) == [("noise", "f")]
    assert "outcomes" not in g.nodes["f"]
    assert "table" not in g.nodes["f"]


def test_outputs_of_one_box_depend_on_one_another_and_folded_boxes_are_opened() -> None:
    pair = state("pair", X @ X, np.full((2, 2), 0.25))
    g = dependency_graph(pair)
    assert list(g.edges) == [("pair.0", "pair.1")]
    assert "table" not in g.nodes["pair.0"]
    assert list(dependency_graph(Box("fold", Ty(), MODEL.cod, (), MODEL))) == ["rain", "wet"]


def test_a_variable_that_is_read_twice_is_one_parent_and_brings_no_table() -> None:
    both = channel("both", X @ X, X, np.full((2, 2, 2), 0.5))
    g = dependency_graph(RAIN >> cl.copy() >> both)
    assert list(g.edges) == [("rain", "both")]
    with pytest.raises(TypeMismatch, match="node 'both' needs table"):
        from_dependency_graph(g)


def test_an_effect_has_no_place_in_it() -> None:
    with pytest.raises(NotSupported, match="box 'seen' has no outputs"):
        dependency_graph(RAIN >> effect("seen", X, [0, 1]))


def two(**attributes) -> nx.DiGraph:
    g = nx.DiGraph()
    g.add_nodes_from("abc")
    g.add_edges_from([("a", "c"), ("b", "c")])
    for name in "ab":
        g.add_node(name, outcomes=("no", "yes"), table=FAIR)
    g.add_node(
        "c", **({"outcomes": ("no", "yes"), "table": np.full((2, 2, 2), 0.5), "parents": ("b", "a")} | attributes)
    )
    return g


def test_a_graph_written_by_hand() -> None:
    table = np.random.default_rng(0).dirichlet([1, 1], (2, 2))
    d = from_dependency_graph(two(table=table))
    boxes = [state("a", X, FAIR), state("b", X, FAIR), channel("c", X @ X, X, table)]
    assert d == graph(Ty(), [(boxes[0], []), (boxes[1], []), (boxes[2], [1, 0])], [0, 1, 2])


@pytest.mark.parametrize(
    ("g", "error", "said"),
    [
        (3, TypeMismatch, "give a networkx.DiGraph, not 3"),
        (nx.Graph([("a", "b")]), TypeMismatch, "edges need a direction"),
        (nx.DiGraph([(1, 2)]), TypeMismatch, "nodes are names of variables, not 1"),
        (nx.DiGraph([("a", "b")]), TypeMismatch, r"node 'a' needs outcomes, such as \('no', 'yes'\)"),
        (two(table=None), TypeMismatch, "node 'c' needs table"),
        (two(parents=None), TypeMismatch, r"node 'c' has 2 parents; say in which order .* parents=\('a', 'b'\)"),
        (two(parents=("a",)), TypeMismatch, r"node 'c' has edges from \['a', 'b'\] but parents=\('a',\)"),
        (two(table=FAIR), ShapeMismatch, "c: a table"),
        (two(table=np.full((2, 2, 2), 0.4)), NotNormalized, "c: the row of"),
        (two(outcomes=("no", "no")), ShapeMismatch, "different names"),
        (two(outcomes="no"), TypeMismatch, "outcomes are a list of names, not 'no'"),
        (two(outcomes=3), TypeMismatch, "outcomes are a list of names, not 3"),
        (two(table={"maybe": FAIR}), UnknownOutcome, "c: there is no outcome 'maybe'"),
    ],
)
def test_what_is_wrong_with_a_graph_is_said(g, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        from_dependency_graph(g)


def test_a_cycle_is_named() -> None:
    g = nx.DiGraph([("a", "b"), ("b", "a")])
    for name in "ab":
        g.add_node(name, outcomes=("no", "yes"), table=[FAIR, FAIR])
    with pytest.raises(WireError, match="(a -> b -> a|b -> a -> b) is a cycle"):
        from_dependency_graph(g)


def test_it_is_there_where_files_are(tmp_path: Path) -> None:
    assert from_dependency_graph(dependency_graph(MODEL)) == MODEL
    assert Finite("no", "yes") == MODEL.cod[:1]
