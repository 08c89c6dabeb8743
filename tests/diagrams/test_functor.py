"""Functors: their laws, and their values against a slow recursion over terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.diagrams.diagram import Beside, Box, Diagram, Then, Wires, copy, discard, identity, permutation, swap
from catlearn.diagrams.equality import equal
from catlearn.diagrams.functor import Functor
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import Graph, flatten, unfolded
from catlearn.errors import TypeMismatch, UnknownBox
from tests.strategies import X, Y, composable, diagrams, types

f, g = Box("f", X, Y), Box("g", Y, X)


def block(ty: Ty, select, F: Functor) -> Diagram:
    """Wires of a type, each as wide as its image."""
    widths = [len(F.ty(wire)) for wire in ty]
    starts = [sum(widths[:i]) for i in range(len(ty))]
    return permutation(F.ty(ty), [starts[i] + j for i in select for j in range(widths[i])])


def slowly(F: Functor, d: Diagram) -> Diagram:
    """The image of a diagram by recursion over its term, one box at a time."""
    match d:
        case Then():
            return slowly(F, d.first) >> slowly(F, d.second)
        case Beside():
            return slowly(F, d.upper) @ slowly(F, d.lower)
        case Wires():
            return block(d.dom, d.select, F)
        case Box():
            return slowly(F, d.inside) if d.inside and F.unfold else F.box(d)
        case Graph():
            built, ty = identity(F.ty(d.dom)), d.dom
            for box, reads, _ in d.wiring.steps():
                everything = block(ty, [*range(len(ty)), *reads], F)
                built = built >> everything >> (identity(F.ty(ty)) @ slowly(F, box))
                ty = ty @ box.cod
            return built >> block(ty, d.wiring.outputs.tolist(), F)
    raise AssertionError(d)


@st.composite
def functors(draw) -> Functor:
    """Objects go to none, one, two or three objects, boxes to any diagrams of the right types."""
    images = {X.obs[0]: draw(types()), Y.obs[0]: draw(types())}
    seen: dict[Box, Diagram] = {}

    def image(box: Box) -> Diagram:
        if box not in seen:
            dom, cod = (Ty.of(x for ob in ty.obs for x in images[ob].obs) for ty in (box.dom, box.cod))
            seen[box] = draw(diagrams(dom, cod, max_boxes=3))
        return seen[box]

    return Functor(images, image, unfold=draw(st.booleans()))


@given(functors(), diagrams(max_boxes=5))
def test_an_image_is_what_recursion_gives(F, d):
    assert equal(F(d), slowly(F, d))
    assert (F(d).dom, F(d).cod) == (F.ty(d.dom), F.ty(d.cod))


@given(functors(), composable(), diagrams(max_boxes=3))
def test_functors_keep_composition_and_tensor(F, ds, e):
    a, b = ds
    assert equal(F(a >> b), F(a) >> F(b))
    assert equal(F(a @ e), F(a) @ F(e))


@given(functors(), types(), types())
def test_functors_keep_wires(F, a, b):
    assert equal(F(identity(a)), identity(F.ty(a)))
    assert equal(F(swap(a, b)), swap(F.ty(a), F.ty(b)))
    assert equal(F(copy(a)), copy(F.ty(a)))
    assert equal(F(discard(a)), discard(F.ty(a)))
    assert F.ty(a @ b) == F.ty(a) @ F.ty(b)


@given(diagrams())
def test_the_identity_functor(d):
    F = Functor(Ty, lambda box: box)
    assert equal(F(d), d)
    assert flatten(F(d)).boxes == unfolded(d).boxes


@given(functors(), functors(), diagrams(max_boxes=4))
def test_functors_compose(F, G, d):
    GF = Functor(lambda ob: G.ty(F.ty(Ty(ob))), lambda box: G(F.box(box)), F.unfold)
    assert equal(G(F(d)), GF(d))


@given(functors(), diagrams(max_boxes=5))
def test_images_are_well_made(F, d):
    wiring = F.wiring(d)
    made = len(wiring.dom)
    for box, reads, out in wiring.steps():
        assert all(0 <= wire < made for wire in reads)
        assert Ty.of(wiring.obs[wire] for wire in reads) == box.dom
        made = out.stop
    assert all(0 <= wire < made for wire in wiring.outputs.tolist())
    assert wiring.cod == F.ty(d.cod)


def test_folded_boxes_are_opened_or_seen():
    folded = Box("ff", X, X, (), f >> g)
    seen = []
    for unfold in (True, False):
        Functor(Ty, lambda box: seen.append(box.name) or box, unfold)(folded)
    assert seen == ["f", "g", "ff"]


def test_each_equal_box_is_asked_for_once():
    seen = []
    d = f >> Box("g", Y, X) >> Box("f", X, Y) >> g
    Functor(Ty, lambda box: seen.append(box.name) or box)(d)
    assert seen == ["f", "g"]


def test_one_image_may_serve_boxes_of_other_types():
    # Y goes to no wires, so these boxes have images of one type: here, the very same diagram.
    image = Box("i", X, X)
    F = Functor({X.obs[0]: X, Y.obs[0]: Ty()}, lambda box: image)
    a, b, c = Box("a", X, X), Box("b", X @ Y, Y @ X), Box("c", Y @ X, X @ Y @ Y)
    d = (a @ identity(Y)) >> b >> c >> (b @ identity(Y))
    assert F(d) == image >> image >> image >> image


@pytest.mark.parametrize("width", [0, 1, 2])
def test_long_chains(width):
    n = 20_000
    h = Box("h", X, X)
    chain = graph_of_chain(h, n)
    F = Functor(lambda ob: X**width, lambda box: Box("i", X**width, X**width) >> Box("j", X**width, X**width))
    image = F.wiring(chain)
    assert [box.name for box in image.boxes[:4]] == ["i", "j", "i", "j"]
    assert len(image.boxes) == 2 * n
    assert image.outputs.tolist() == list(range(2 * n * width, (2 * n + 1) * width))


def test_wires_let_through_all_the_way():
    n = 20_000
    F = Functor(lambda ob: Ty(ob, "Y"), lambda box: swap(X, Y) >> swap(Y, X))
    assert F(graph_of_chain(Box("h", X, X), n)) == identity(X @ Y)


def graph_of_chain(box: Box, n: int) -> Diagram:
    d = identity(box.dom)
    for _ in range(n):
        d = d >> box
    return d


@pytest.mark.parametrize(
    ("ob", "box", "error", "message"),
    [
        ({X.obs[0]: X}, lambda box: box, UnknownBox, 'the functor has no image for "Y"; add it to the table'),
        (Ty, {g: g}, UnknownBox, "the functor has no image for f; add it to the table"),
        (Ty, lambda box: g, TypeMismatch, 'f: its image must be Ty("X") -> Ty("Y"), not'),
        (Ty, lambda box: None, TypeMismatch, "f: its image must be a diagram, not None"),
        (lambda ob: "X", lambda box: box, TypeMismatch, "expected a type"),
    ],
)
def test_tables_that_lack_something(ob, box, error, message):
    with pytest.raises(error) as caught:
        Functor(ob, box)(f)
    assert message in str(caught.value)


def test_tables_may_be_dictionaries():
    F = Functor({X.obs[0]: Y, Y.obs[0]: X}, {f: g, g: f})
    assert F(f >> g) == g >> f
    assert F(F(f)) == f
    assert Functor({Ob("X"): Ty(), Ob("Y"): Ty()}, {f: identity(Ty())})(f) == identity(Ty())
