"""What a term means, against a slow evaluator of terms that knows no wirings; and what `graph` refuses."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.diagrams.diagram import Beside, Box, Diagram, Then, Wires, copy, identity
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Graph, Wiring, flatten, graph, names, prune, unfolded
from catlearn.errors import NotSupported, TypeMismatch, WireError
from tests.strategies import X, Y, diagrams, shuffled

f, g = Box("f", X, Y), Box("g", Y @ Y, X)


def meaning(box: Box, values: tuple[int, ...], seen: Counter) -> tuple[int, ...]:
    """Every box is some function of integers; whoever runs it is written down."""
    term = (box.name, box.dom, box.cod, repr(box.data), values)
    seen[term] += 1
    return tuple(hash((term, port)) for port in range(len(box.cod)))


def by_term(d: Diagram, values: tuple[int, ...], seen: Counter) -> tuple[int, ...]:
    """Run a diagram by recursion over its term."""
    match d:
        case Then():
            return by_term(d.second, by_term(d.first, values, seen), seen)
        case Beside():
            cut = len(d.upper.dom)
            return by_term(d.upper, values[:cut], seen) + by_term(d.lower, values[cut:], seen)
        case Wires():
            return tuple(values[i] for i in d.select)
        case Box(inside=None):
            return meaning(d, values, seen)
        case Box():
            return by_term(d.inside, values, seen)
        case Graph():
            found = dict(enumerate(values))
            for box, reads, out in d.wiring.steps():
                found.update(zip(out, by_term(box, tuple(found[i] for i in reads), seen), strict=True))
            return tuple(found[i] for i in d.wiring.outputs.tolist())
    raise AssertionError(d)


def by_wiring(wiring: Wiring, values: tuple[int, ...], seen: Counter) -> tuple[int, ...]:
    """Run a wiring whose boxes are not folded, one box after another."""
    found = list(values)
    for box, reads, _ in wiring.steps():
        found.extend(meaning(box, tuple(found[i] for i in reads), seen))
    return tuple(found[i] for i in wiring.outputs.tolist())


def outcome(run, d, values):
    seen = Counter()
    return run(d, values, seen), seen


@given(diagrams(max_boxes=8))
def test_a_wiring_means_what_its_term_means(d):
    values = tuple(range(len(d.dom)))
    assert outcome(by_wiring, unfolded(d), values) == outcome(by_term, d, values)


@given(diagrams().flatmap(lambda d: shuffled(d).map(lambda e: (d, e))))
def test_equal_diagrams_mean_the_same(pair):
    d, e = pair
    values = tuple(range(len(d.dom)))
    assert outcome(by_term, d, values) == outcome(by_term, e, values)


@given(diagrams())
def test_wirings_are_well_made(d):
    for wiring in (flatten(d), unfolded(d)):
        assert (wiring.dom, wiring.cod) == (d.dom, d.cod)
        readers = [[] for _ in wiring.obs]
        for k, (box, reads, out) in enumerate(wiring.steps()):
            assert all(wire < out.start for wire in reads)
            assert Ty.of(wiring.obs[wire] for wire in reads) == box.dom
            assert Ty.of(wiring.obs[wire] for wire in out) == box.cod
            for port, wire in enumerate(reads):
                readers[wire].append((k, port))
        for port, wire in enumerate(wiring.outputs):
            readers[wire].append((-1, port))
        assert wiring.consumers() == readers
        assert wiring.arguments.dtype == wiring.outputs.dtype == np.int64
    assert not any(box.inside for box in unfolded(d).boxes)
    assert flatten(d) is flatten(d)


@given(diagrams(fold=False))
def test_pruning_keeps_what_an_output_depends_on(d):
    live = nx.DiGraph()
    live.add_node("end")
    for k, (_, reads, out) in enumerate(flatten(d).steps()):
        live.add_edges_from([(wire, f"box {k}") for wire in reads] + [(f"box {k}", wire) for wire in out])
    live.add_edges_from((wire, "end") for wire in flatten(d).outputs.tolist())
    kept = [box for k, box in enumerate(flatten(d).boxes) if f"box {k}" in nx.ancestors(live, "end")]
    pruned = prune(d)
    assert [box.name for box in flatten(pruned).boxes] == [box.name for box in kept]
    values = tuple(range(len(d.dom)))
    assert by_term(pruned, values, Counter()) == by_term(d, values, Counter())
    assert prune(pruned) == pruned


@given(diagrams())
def test_a_wiring_written_down_again(d):
    wiring = flatten(d)
    again = graph(d.dom, [(box, reads) for box, reads, _ in wiring.steps()], wiring.outputs.tolist())
    assert again == d
    assert flatten(again).arguments.tolist() == wiring.arguments.tolist()


def test_boxes_stand_in_the_order_in_which_they_are_written():
    row = (f @ Box("a", X, X)) >> (Box("b", Y, Y) @ identity(X))
    assert [box.name for box in flatten(row).boxes] == ["f", "a", "b"]


def test_folded_boxes_nested_deep():
    n = 1500
    d = Box("f", X, X)
    for k in range(n):
        d = Box(f"level {k}", X, X, (), d >> Box("f", X, X))
    assert len(unfolded(d).boxes) == n + 1
    assert len(flatten(d).boxes) == 1
    assert d == Box("other", X, X, (), d)
    assert repr(d).count("level") == n


def test_folded_boxes_shared_are_opened_once_each():
    d = Box("f", X, X)
    for _ in range(12):
        d = Box("twice", X, X, (), d >> d)
    assert len(unfolded(d).boxes) == 2**12


@pytest.mark.parametrize(
    ("steps", "outputs", "error", "message"),
    [
        ([(f, [1])], [], WireError, "box 0 (f) reads wire 1, but only wires 0 to 0 are made before it"),
        ([(f, [0]), (g, [1, 2])], [], WireError, "box 1 (g) reads wire 2"),
        ([(f, [-1])], [], WireError, "reads wire -1"),
        ([(f, [True])], [], WireError, "reads wire True"),
        ([(f, ["0"])], [], WireError, "reads wire '0'"),
        ([(f, [0.0])], [], WireError, "reads wire 0.0"),
        ([], [3], WireError, "the output reads wire 3"),
        ([(f, [0, 0])], [], TypeMismatch, 'box 0 (f) reads Ty("X") but its wires [0, 0] carry'),
        ([(f, [])], [], TypeMismatch, "box 0 (f) reads"),
        ([(f, [0]), (f, [1])], [], TypeMismatch, 'box 1 (f) reads Ty("X") but its wires [1] carry Ty("Y")'),
        ([(f >> identity(Y), [0])], [], TypeMismatch, "box 0 is no box"),
        ([("f", [0])], [], TypeMismatch, "box 0 is no box"),
    ],
)
def test_graphs_that_hang_in_the_air(steps, outputs, error, message):
    with pytest.raises(error) as caught:
        graph(X, steps, outputs)
    assert message in str(caught.value)


def test_wire_numbers_may_be_numpy_integers():
    assert graph(X, [(f, np.array([0]))], np.array([1])) == f


def test_too_few_names():
    with pytest.raises(TypeMismatch, match="d: 1 names for 2 inputs"):
        graph(X @ Y, [], [], "d", ["x"])


def named(*inputs: str) -> Graph:
    return graph(X ** len(inputs), [], [], "d", inputs)


@pytest.mark.parametrize(
    ("d", "expected"),
    [
        (f, ("x0",)),
        (identity(Ty()), ()),
        (named("a", "b") >> identity(Ty()), ("a", "b")),
        (named("a") @ f @ named("b"), ("a", "x1", "b")),
        (named("a") @ named("a"), ("x0", "x1")),
        (named("a", "a"), ("x0", "x1")),
        (named("x1") @ f, ("x1", "x1_")),
        (copy(X) >> named("a", "b"), ("x0",)),
    ],
)
def test_names_of_inputs(d, expected):
    assert names(d) == expected


@given(st.lists(st.sampled_from(["", "a", "x0", "x1", "x1_", "x2"]), max_size=5))
def test_names_of_inputs_differ(inputs):
    d = identity(Ty())
    for name in inputs:
        d = d @ (named(name) if name else Box("p", X, Ty()))
    found = names(d)
    assert len(set(found)) == len(found) == len(inputs)
    for name, got in zip(inputs, found, strict=True):
        assert got == name or not name or inputs.count(name) > 1


def test_more_boxes_than_can_be_opened(monkeypatch):
    monkeypatch.setattr("catlearn.diagrams.wiring._MOST_BOXES", 1000)
    box = Box("f", X, X)
    for level in range(64):
        box = Box(f"f{level}", X, X, (), box >> box)
    for use in (unfolded, hash, lambda d: d == d >> identity(X), lambda d: Box("g", X, X, (d,))):
        with pytest.raises(NotSupported, match="^opening the folded boxes f8 gives 1,024 boxes"):
            use(box)
    assert len(flatten(box).boxes) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: flatten(3),
        lambda: unfolded(3),
        lambda: names(3),
        lambda: graph(3, [], []),
        lambda: graph(X, None, [0]),
        lambda: graph(X, [Box("f", X, X)], [0]),
        lambda: graph(X, [(Box("f", X, X), 0)], [0]),
        lambda: graph(X, [], 0),
        lambda: graph(X, [], [0], 5),
        lambda: graph(X, [], [0], "d", [1]),
    ],
)
def test_what_is_of_another_kind_is_refused(make):
    with pytest.raises(TypeMismatch, match=r"^[^\n]*$"):
        make()
