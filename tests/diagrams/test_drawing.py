"""The DOT text of a diagram is the diagram: read back by Graphviz's own parser, it has the same boxes and wires."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pygraphviz
import pytest
from hypothesis import given, settings

from catlearn.diagrams.diagram import Box, Diagram, copy, discard, identity, permutation, swap
from catlearn.diagrams.drawing import Drawing, draw, passes, to_dot
from catlearn.diagrams.drawing.opened import opened
from catlearn.diagrams.drawing.scene import scene
from catlearn.diagrams.trace import diagram
from catlearn.diagrams.types import Real, Ty
from catlearn.diagrams.wiring import Wiring, flatten, unfolded
from tests.diagrams.random_diagrams import diagrams as wild_diagrams
from tests.strategies import diagrams

X, Y, Z = Ty("X"), Ty("Y"), Ty("Z")
f, g, h = Box("f", X, Y), Box("g", Y, Z), Box("h", X @ Y, Z)
GOLDEN = Path(__file__).parent / "golden"


def port(edge: dict[str, str], end: str) -> str:
    """The port an edge meets, without the side it meets it from."""
    return edge.get(f"{end}port", "").split(":")[0]


def read_back(text: str) -> dict[tuple[str, str], tuple[str, str]]:
    """For every port that reads, the port that gives, copy dots followed; as Graphviz reads the text."""
    graph = pygraphviz.AGraph(string=text)
    read = json.loads(graph.draw(format="dot_json", prog="dot"))
    graph.close()
    names = [thing["name"] for thing in read.get("objects", [])]
    source = {}
    for edge in read.get("edges", []):
        head, tail = (names[edge["head"]], port(edge, "head")), (names[edge["tail"]], port(edge, "tail"))
        if edge.get("style") != "invis":
            assert head not in source, "two wires into one port"
            source[head] = tail

    def origin(at: tuple[str, str]) -> tuple[str, str]:
        while at[0].startswith("w"):
            at = source[at[0], ""]
        return at

    return {head: origin(tail) for head, tail in source.items() if not head[0].startswith("w")}


def expected(wiring: Wiring) -> dict[tuple[str, str], tuple[str, str]]:
    """The same of a wiring."""
    makers = [(f"in{i}", "e") for i in range(len(wiring.dom))]
    found = {}
    for k, (_, reads, gives) in enumerate(wiring.steps()):
        found |= {(f"b{k}", f"i{i}"): makers[wire] for i, wire in enumerate(reads)}
        makers += [(f"b{k}", f"o{i}") for i in range(len(gives))]
    return found | {(f"out{i}", "w"): makers[wire] for i, wire in enumerate(wiring.outputs.tolist())}


@settings(max_examples=50)
@given(diagrams())
def test_graphviz_reads_the_same_wiring(d: Diagram) -> None:
    assert read_back(to_dot(d)) == expected(flatten(d))


@settings(max_examples=50)
@given(diagrams())
def test_opened_all_the_way_it_is_the_unfolded_wiring(d: Diagram) -> None:
    assert read_back(to_dot(d, unfold=True)) == expected(unfolded(d))


@settings(max_examples=40)
@given(wild_diagrams())
def test_any_names_make_a_picture(d: Diagram) -> None:
    for drawing in (draw(d), draw(d, unfold=True, labels=True, theme="dark", title='<a> & \\N "b" \'\0\n')):
        assert isinstance(drawing, Drawing)
        ET.fromstring(drawing.svg)


@given(diagrams())
def test_every_discarded_wire_ends_in_a_dot(d: Diagram) -> None:
    unread = sum(not readers for readers in flatten(d).consumers())
    assert sum(dot.end for dot in scene(d).dots) == unread


@diagram
def layer(w: Real(2, 3), b: Real(2), x: Real(3)) -> Real(2):
    """One layer, of boxes that no theory knows."""
    return Box("tanh", Real(2), Real(2))(
        Box("add", Real(2) @ Real(2), Real(2))(Box("matvec", Real(2, 3) @ Real(3), Real(2))(w, x), b)
    )


@diagram
def folded(w: Real(2, 3), b: Real(2), x: Real(3)) -> Real(2):
    """A diagram with a folded box in it, which it uses twice over."""
    y = layer(w, b, x)
    return Box("scale", Real(2), Real(2), 0.5)(Box("add", Real(2) @ Real(2), Real(2))(y, y))


@diagram
def back(x: Real(2), dy: Real(2)) -> Real(2):
    """A forward pass and a backward pass."""
    y = Box("exp", Real(2), Real(2))(x)
    return Box("mul", Real(2) @ Real(2), Real(2))(y, dy)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crossing", lambda: to_dot((swap(X, Y) @ copy(X)) >> (Box("h", Y @ X, Z) @ f @ discard(X)))),
        ("layer", lambda: to_dot(layer, parameters=["w", "b"])),
        ("opened", lambda: to_dot(folded, unfold=1, title="folded", theme="dark")),
        ("passes", lambda: to_dot(back, roles=passes(back, ["dy"]))),
        ("copies", lambda: to_dot(copy(X, 3) >> (discard(X) @ f @ f), labels=True)),
        ("empty", lambda: to_dot(identity(Ty()))),
    ],
)
def test_text_is_as_it_was(name: str, text: Callable[[], str]) -> None:
    """To accept a change, look at the picture it makes and write the new text into `golden`."""
    assert text() == (GOLDEN / f"{name}.dot").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "d",
    [
        identity(Ty()),
        identity(X),
        swap(X, Y),
        copy(X),
        discard(X @ Y),
        permutation(X @ Y, [1, 1, 0, 0]),
        Box("state", Ty(), X @ Y),
        Box("effect", X, Ty()),
        Box("scalar", Ty(), Ty()),
        Box("state", Ty(), X) >> Box("effect", X, Ty()),
        Box('<b>&amp; "q" \\N \\G {x|y} \0', X, X),
        Box("", X, X),
        Box("lone \ud800 half", X, X),
        Box("X" * 1000, Ty("Y" * 1000), X),
    ],
)
def test_small_and_strange_diagrams_make_pictures(d: Diagram) -> None:
    drawing = draw(d)
    assert isinstance(drawing, Drawing)
    ET.fromstring(drawing.svg)
    assert drawing.render("png").startswith(b"\x89PNG")


def test_special_characters_are_shown_as_they_are() -> None:
    name = '<b>&amp; "q" \\N\\\\G {x|y}'
    one, two = Ty(f"{name}1"), Ty(f"{name}2")
    folded = Box(f"{name}5", two, Ty(), (), Box(f"{name}6", two, Ty()))
    drawing = draw(Box(f"{name}3", one, two) >> Box(f"{name}4", two, two) >> folded, title=f"{name}7", unfold=1)
    assert isinstance(drawing, Drawing)
    shown = "".join(ET.fromstring(drawing.svg).itertext())
    assert all(f"{name}{i}" in shown for i in range(1, 8))


def test_types_are_shown_where_they_differ() -> None:
    assert [edge.label for edge in scene(f >> g >> Box("k", Z, X)).edges] == ["", "Y", "Z", ""]
    assert not any(edge.label for edge in scene(Box("s", X, X) >> Box("s", X, X)).edges)
    assert [edge.label for edge in scene(f >> g, labels=False).edges] == ["", "", ""]
    assert [edge.label for edge in scene(Box("s", X, X) >> Box("s", X, X), labels=True).edges] == ["", "X", ""]


def test_inputs_bear_names_that_were_given_and_else_types() -> None:
    assert [(end.name, end.note) for end in scene(layer).sources] == [("w", "2×3"), ("b", "2"), ("x", "3")]
    assert [(end.name, end.note) for end in scene(h).sources] == [("", "X"), ("", "Y")]
    assert [(end.name, end.note) for end in scene(h, labels=False).sources] == [("x0", ""), ("x1", "")]


def test_a_copy_stands_where_one_wire_crosses_the_border() -> None:
    two = Box("two", X, Y @ Y, (), copy(X) >> (f @ f))
    assert [dot.group for dot in scene(two, unfold=1).dots] == [0], "the input is copied inside"
    out = Box("out", X, Y, (), f) >> copy(Y)
    assert [dot.group for dot in scene(out, unfold=1).dots] == [-1], "the output is copied outside"
    both = Box("both", X, Y @ Z, (), f >> copy(Y) >> (identity(Y) @ g)) >> (g @ identity(Z))
    assert [dot.group for dot in scene(both, unfold=1).dots] == [0]
    assert [group.name for group in opened(both, 1).groups] == ["both"]
