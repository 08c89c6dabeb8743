"""The text of a diagram is Python that makes it again."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given

from catlearn.diagrams import diagram, functor, types, wiring
from catlearn.diagrams.diagram import Box, Wires, copy, identity
from catlearn.diagrams.types import Real, Ty
from catlearn.diagrams.wiring import Graph, flatten, graph
from tests.strategies import X, Y, boxes, diagrams, shuffled

NAMES = {name: getattr(module, name) for module in (diagram, functor, types, wiring) for name in module.__all__}
f, g = Box("f", X, Y), Box("g", Y, X)


def read(text: str):
    return eval(text, dict(NAMES))


@given(diagrams() | diagrams().flatmap(shuffled) | boxes())
def test_round_trip(d):
    again = read(repr(d))
    assert again == d
    assert repr(again) == repr(d)
    assert type(again) is type(d)
    assert [box.name for box in flatten(again).boxes] == [box.name for box in flatten(d).boxes]


@pytest.mark.parametrize(
    ("d", "text"),
    [
        (f, 'Box("f", Ty("X"), Ty("Y"))'),
        (Box("f", X, Ty(), 3), 'Box("f", Ty("X"), Ty(), 3)'),
        (Box("f", X, Y, (), f), 'Box("f", Ty("X"), Ty("Y"), (), Box("f", Ty("X"), Ty("Y")))'),
        (copy(Real(3)), "Wires(Real(3), Real(3) @ Real(3), (0, 0))"),
        (identity(Ty()), "Wires(Ty(), Ty(), ())"),
        (Graph(flatten(f)), 'graph(Ty("X"), [(Box("f", Ty("X"), Ty("Y")), [0])], [1])'),
        (graph(X, [], [0], "d", ["x"]), "graph(Ty(\"X\"), [], [0], name='d', names=('x',))"),
    ],
)
def test_text(d, text):
    assert repr(d) == text
    assert read(text) == d


def test_brackets_keep_the_shape_of_the_term():
    h = Box("h", X, X)
    for d in (h >> (h >> h), (h >> h) >> h, h @ (h @ h), (h >> h) @ h, (h @ h) >> (h @ h), (h @ (h >> h)) @ h):
        shape = repr(d).replace(repr(h), "h")
        assert repr(read(repr(d))).replace(repr(h), "h") == shape
    assert repr(h >> (h >> h)).replace(repr(h), "h") == "h >> (h >> h)"
    assert repr((h @ h) >> h @ h).replace(repr(h), "h") == "h @ h >> h @ h"


@pytest.mark.parametrize("name", ['a"b', "a'b", "a\\b", "two\nlines", "", "é", "'\"", "\t", "f >> g"])
def test_names_of_any_kind(name):
    d = graph(X, [(Box(name, X, Y), [0])], [1], name)
    again = read(repr(d))
    assert again == d
    assert again.name == name
    assert again.wiring.boxes[0].name == name
    assert "\n" not in repr(d)


@pytest.mark.parametrize("data", [math.inf, -math.inf, (1.5, (math.inf,)), (1,), "x", None, (("a", ()),), True, 1e-300])
def test_data_of_any_kind(data):
    again = read(repr(Box("f", X, Y, data)))
    assert again.data == data
    assert type(again.data) is type(data)


def test_numpy_numbers_are_plain_numbers_in_text():
    d = Box("f", X, Y, (np.float64(0.5), np.int64(3), np.float64("inf"), np.bool_(True)))
    assert repr(d) == 'Box("f", Ty("X"), Ty("Y"), (0.5, 3, float("inf"), True))'
    assert read(repr(d)) == d


def test_a_number_that_is_none_reads_back():
    assert math.isnan(read(repr(Box("f", X, Y, math.nan))).data)


def test_data_may_hold_diagrams():
    d = Box("loop", X, X, (f >> g, 3))
    assert read(repr(d)) == d
    assert read(repr(d)).data == d.data


def test_wires_read_back_checked():
    assert read("Wires(Ty('X', 'Y'), Ty('Y'), (1,))") == Wires(X @ Y, Y, (1,))


def test_a_numpy_number_alone_may_be_the_data():
    for value in (np.float64(0.0), np.float64(2.0), np.int64(3)):
        assert read(repr(Box("f", X, Y, value))).data == value
    wide = read(repr(Box("f", X, Y, complex(math.nan, math.inf)))).data
    assert math.isnan(wide.real)
    assert wide.imag == math.inf


def test_names_where_a_second_pass_begins_are_kept():
    d = graph(X @ Y, [], [1], "d", ["x", "dy"], ["dy"])
    assert read(repr(d)).against == ("dy",)
