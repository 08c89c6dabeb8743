"""Equality against graph isomorphism as networkx decides it, on pieces where colors alone cannot tell."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.diagrams.diagram import Box, Diagram, copy, discard, identity, swap
from catlearn.diagrams.equality import equal, fingerprint
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Graph, flatten, graph, unfolded
from tests.strategies import X, Y, diagrams, fixed, graphs, layered, perturbed, rewired, shuffled

state, effect, pair = Box("s", Ty(), X), Box("p", X, Ty()), Box("q", X @ X, Ty())


def encoded(d: Diagram) -> nx.DiGraph:
    """Wires and boxes as nodes; ports and the places on the boundary as labels."""
    wiring, net = unfolded(d), nx.DiGraph()
    ports = defaultdict(list)
    for i, ob in enumerate(wiring.obs):
        net.add_node(("wire", i), label=("in", i) if i < len(d.dom) else ob)
    for k, (box, reads, out) in enumerate(wiring.steps()):
        net.add_node(("box", k), label=(box.name, box.dom, box.cod, repr(box.data)))
        for port, wire in enumerate(reads):
            ports["wire", wire, "box", k].append(port)
        for port, wire in enumerate(out):
            ports["box", k, "wire", wire].append(port)
    net.add_node(("end", 0), label="end")
    for port, wire in enumerate(wiring.outputs.tolist()):
        ports["wire", wire, "end", 0].append(port)
    for (a, i, b, j), numbers in ports.items():
        net.add_edge((a, i), (b, j), ports=numbers)
    return net


def isomorphic(d: Diagram, e: Diagram) -> bool:
    if d.dom != e.dom or d.cod != e.cod:
        return False
    same_node = nx.algorithms.isomorphism.categorical_node_match("label", None)
    return nx.is_isomorphic(encoded(d), encoded(e), same_node, lambda a, b: a["ports"] == b["ports"])


def check(d: Diagram, e: Diagram) -> None:
    same = isomorphic(d, e)
    assert equal(d, e) == equal(e, d) == (d == e) == same
    assert (d != e) == (not same)
    if same:
        assert hash(d) == hash(e) == fingerprint(d)


@given(diagrams(max_boxes=7).flatmap(lambda d: st.tuples(st.just(d), shuffled(d))))
def test_the_order_of_boxes_and_the_spelling_play_no_part(pair):
    d, e = pair
    assert isomorphic(d, e)
    check(d, e)


@given(diagrams(max_boxes=7).flatmap(lambda d: st.tuples(st.just(d), rewired(d) | perturbed(d))))
def test_one_wire_moved(pair):
    check(*pair)


@given(diagrams(X, X, max_boxes=3), diagrams(X, X, max_boxes=3))
def test_diagrams_made_apart(d, e):
    check(d, e)


FEW = tuple(map(fixed, [Box("f", X, X), Box("k", X, X @ X), Box("g", X @ X, X), state, effect, pair]))


@given(st.data(), st.sampled_from([Ty(), X, X @ X]), st.sampled_from([Ty(), X, X @ X]), st.integers(1, 7))
def test_few_kinds_of_boxes_and_wires(data, dom, cod, count):
    """Where most boxes and wires look alike, one wire moved may or may not matter."""
    rng = data.draw(st.randoms(use_true_random=False))
    d = graphs(rng, dom, cod, count, FEW, fold=False)
    check(d, data.draw(rewired(d)))
    check(d, data.draw(shuffled(d)))


@st.composite
def few_kinds(draw):
    """Two diagrams with no outputs, whose boxes are read equally often on both sides: only their shape may differ."""
    rng = Random(draw(st.integers(0, 2**32)))
    n, size = rng.randint(2, 9), rng.randint(2, 12)
    edges = [(rng.randrange(n), rng.randrange(n)) for _ in range(size)]
    other = rng.sample(edges, size)
    if rng.random() < 0.8:
        (a, b), (c, d), *rest = other
        other = [(a, d), (c, b), *rest]
    return dead(n, edges), dead(n, other, rng.sample(range(n), n))


def dead(n: int, edges, names=None) -> Diagram:
    """States joined in pairs by effects: any directed graph at all, with nothing that leads to the output."""
    names = names or range(n)
    return graph(Ty(), [*((state, []) for _ in range(n)), *((pair, [names[i], names[j]]) for i, j in edges)], [])


@settings(max_examples=400)
@given(few_kinds())
def test_symmetric_pieces_that_lead_nowhere(ds):
    check(*ds)


def both_ways(edges):
    return [*edges, *((j, i) for i, j in edges)]


def cycle(*nodes: int):
    return list(zip(nodes, [*nodes[1:], nodes[0]], strict=True))


PRISM = both_ways([*cycle(0, 1, 2), *cycle(3, 4, 5), (0, 3), (1, 4), (2, 5)])
UTILITIES = both_ways([(i, j) for i in (0, 1, 2) for j in (3, 4, 5)])
CELLS = [(i, j) for i in range(4) for j in range(4)]
STEPS = [(0, 1), (0, 3), (1, 0), (3, 0), (1, 1), (3, 3)]
# Two graphs with the same counts of common neighbors everywhere: no refinement of colors of pairs tells them apart.
ROOK = [(4 * i + j, 4 * k + m) for i, j in CELLS for k, m in CELLS if (i == k) != (j == m)]
SHRIKHANDE = [(4 * i + j, 4 * k + m) for i, j in CELLS for k, m in CELLS if ((k - i) % 4, (m - j) % 4) in STEPS]


TWO_PRISMS = PRISM + [(i + 6, j + 6) for i, j in PRISM]
MIXED = PRISM + [(i + 6, j + 6) for i, j in UTILITIES]
RUNGS = both_ways([(i, i + 6) for i in range(6)])

# The same but for which port of which effect a state goes to, found by search.
NINE = [(6, 7), (8, 5), (7, 5), (0, 5), (0, 4), (6, 4), (2, 0), (2, 8), (7, 3)]
NINE_TURNED = [(4, 5), (5, 6), (7, 1), (6, 8), (4, 8), (3, 7), (7, 8), (6, 2), (3, 2)]


def zigzag(*signs: int):
    """A path whose edges point forward or back."""
    return [(i, i + 1) if sign > 0 else (i + 1, i) for i, sign in enumerate(signs)]


@pytest.mark.parametrize(
    ("n", "one", "other"),
    [
        (6, cycle(*range(6)), cycle(0, 1, 2) + cycle(3, 4, 5)),
        (6, cycle(0, 1) + cycle(2, 3, 4, 5), cycle(0, 1, 2) + cycle(3, 4, 5)),
        (6, PRISM, UTILITIES),
        (12, MIXED, TWO_PRISMS),
        (12, MIXED + RUNGS, TWO_PRISMS + RUNGS),
        (16, ROOK, SHRIKHANDE),
        (9, NINE, NINE_TURNED),
        (12, zigzag(*[1, -1] * 4, 1, 1, -1), zigzag(1, 1, *[-1, 1] * 4, 1)),
    ],
    ids=["one cycle or two", "two cycles", "cubic", "two cubic", "joined", "strongly regular", "ports", "zigzag"],
)
def test_regular_pieces(n, one, other):
    rng = Random(0)
    assert not equal(dead(n, one), dead(n, other))
    assert not equal(dead(n, other), dead(n, one))
    for edges in (one, other) * 4:
        again = dead(n, rng.sample(edges, len(edges)), rng.sample(range(n), n))
        assert equal(dead(n, edges), again)
        assert hash(dead(n, edges)) == hash(again)


def test_the_port_that_is_kept_matters():
    k = Box("k", X, X @ X)
    assert k >> (identity(X) @ discard(X)) != k >> (discard(X) @ identity(X))
    assert k >> (identity(X) @ effect) != k >> (effect @ identity(X))
    assert effect @ discard(X) != discard(X) @ effect
    assert k >> swap(X, X) != k


@pytest.mark.parametrize("data", [(-1, -2), (0, 2**61 - 1), (float("inf"), 314159), ((-1,), (-2,)), ("", 0)])
def test_data_whose_hashes_meet(data):
    left, right = (Box("p", X, Ty(), value) for value in data)
    assert left != right
    assert copy(X) >> (left @ left) != copy(X) >> (left @ right)
    assert copy(X) >> (left @ right) == copy(X) >> (right @ left)
    assert (state >> left) @ (state >> right) == (state >> right) @ (state >> left)
    assert (state >> left) @ (state >> left) != (state >> right) @ (state >> left)


def test_effects_tell_wires_apart():
    f = Box("f", X, X)
    both = Box("two", Ty(), X @ X)
    assert both >> (effect @ discard(X)) != both >> (discard(X) @ effect)
    assert f >> copy(X) >> (effect @ identity(X)) == f >> copy(X) >> (identity(X) @ effect)
    assert copy(X) >> (f @ (f >> effect)) != copy(X) >> (f @ identity(X)) >> (identity(X) @ effect)
    assert copy(X) >> (f @ f) >> (effect @ identity(X)) != f >> copy(X) >> (effect @ identity(X))
    assert identity(X) @ effect != effect @ identity(X)


def test_a_thrown_away_box_stays():
    f = Box("f", X, X)
    assert f >> discard(X) != discard(X)
    assert copy(X) >> (f @ f) != f >> copy(X)
    assert (state >> discard(X)) @ (state >> discard(X)) != state >> discard(X)


def test_folded_boxes_mean_what_is_inside():
    f = Box("f", X, X)
    folded = Box("ff", X, X, (), f >> f)
    assert folded == f >> f == Box("other name", X, X, ("data",), folded)
    assert hash(folded) == hash(f >> f)
    assert folded != Box("ff", X, X)


def test_two_diagrams_of_one_wiring():
    d = Box("f", X, X) >> effect
    assert equal(Graph(flatten(d)), d)


def test_types_are_compared_first():
    assert identity(X) != identity(Y)
    assert identity(X) != discard(X)
    assert Box("f", X, X) != "f"
    assert (Box("f", X, X) == 3) is False


@pytest.mark.parametrize("n", [20, 5000])
def test_many_equal_parts_in_one_piece(n):
    """A wire read by many equal effects, and many equal pieces: nothing to choose, so nothing to try."""
    d = state >> copy(X, n) >> graph(X**n, [(effect, [i]) for i in range(n)], [])
    e = graph(Ty(), [(state, []), *((effect, [0]) for _ in range(n))], [])
    assert d == e
    two = graph(Ty(), [*((state, []) for _ in range(n)), *((pair, [i, i ^ 1]) for i in range(n))], [])
    apart = graph(Ty(), [*((state, []) for _ in range(n)), *((pair, [i, i]) for i in range(n))], [])
    assert two != apart
    order = [*range(1, n, 2), *range(0, n, 2)]
    assert two == graph(Ty(), [*((state, []) for _ in range(n)), *((pair, [i, i ^ 1]) for i in order)], [])


def test_a_long_tail_that_leads_nowhere():
    n = 20_000
    f = Box("f", X, X)
    d = graph(X, [(f, [i]) for i in range(n)], [])
    assert d == graph(X, [(f, [i]) for i in range(n)], [])
    assert d != graph(X, [(f, [i]) for i in range(n - 1)] + [(f, [n - 2])], [])


@given(diagrams(max_boxes=6, fold=False), st.randoms(use_true_random=False))
def test_three_spellings_are_one_diagram(d, rng):
    def written(*wires):
        at = list(wires)
        for box, reads, _ in unfolded(d).steps():
            out = box(*(at[i] for i in reads))
            at.extend(out if isinstance(out, tuple) else (out,))
        return [at[i] for i in unfolded(d).outputs.tolist()]

    by_function, by_combinators = trace(written, d.dom), layered(rng, unfolded(d))
    assert by_function == d == by_combinators == by_function
    assert len({hash(by_function), hash(d), hash(by_combinators)}) == 1
