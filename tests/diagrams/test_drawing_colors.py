"""Roles, captions, themes, and which folded boxes are opened."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.drawing import THEMES, Theme, caption, draw, draw_mismatch, passes, to_dot
from catlearn.diagrams.drawing.opened import count, opened
from catlearn.diagrams.drawing.picture import Drawing
from catlearn.diagrams.drawing.scene import scene
from catlearn.diagrams.trace import diagram
from catlearn.diagrams.types import Real, Ty
from catlearn.diagrams.wiring import flatten, names, unfolded
from catlearn.errors import DrawingError, TypeMismatch
from tests.strategies import diagrams

X, Y, Z = Ty("X"), Ty("Y"), Ty("Z")
f, g = Box("f", X, X), Box("R[g]", X @ X, X)


@diagram
def both(w: X, x: X, dy: X) -> X @ X:
    """A forward pass of two boxes, and a backward pass of two."""
    h = f(x)
    y = f(h)
    d = g(y, dy)
    return g(w, d), d


def roles_of_wires(d: Diagram, **options: object) -> dict[tuple[str, str], str]:
    return {(edge.tail, edge.head): edge.role for edge in scene(d, **options).edges}


def test_wires_into_the_backward_pass_are_residuals() -> None:
    roles = roles_of_wires(both, roles=passes(both, ["dy"]), parameters=["w"])
    assert roles["b1:o0:e", "b2:i0:w"] == "residual"
    assert roles["in0:e", "b3:i0:w"] == "residual"
    assert roles["in2:e", "b2:i1:w"] == "backward"
    assert roles["w5", "b3:i1:w"] == roles["b3:o0:e", "out0:w"] == "backward"
    assert roles["b0:o0:e", "b1:i0:w"] == "forward"


def test_roles_may_be_a_function_of_the_box() -> None:
    by_name = roles_of_wires(both, roles=lambda k, box: "backward" if box.name == "R[g]" else None)
    assert by_name["b1:o0:e", "b2:i0:w"] == "residual"
    assert by_name["b0:o0:e", "b1:i0:w"] == ""


def test_a_folded_box_hands_its_role_to_what_is_inside() -> None:
    d = Box("twice", X, X, (), f >> f) >> f
    assert [cell.role for cell in scene(d, roles={0: "backward"}, unfold=1).cells] == ["backward", "backward", ""]


@given(diagrams())
def test_the_backward_pass_is_what_depends_on_the_names(d: Diagram) -> None:
    for name in names(d)[:1]:
        roles = passes(d, [name])
        wiring = flatten(d)
        backward = {0} | {w for k, (_, _, out) in enumerate(wiring.steps()) if roles[k] == "backward" for w in out}
        for k, (_, reads, _) in enumerate(wiring.steps()):
            assert (roles[k] == "backward") == (not backward.isdisjoint(reads))


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_every_role_has_its_own_color(theme: str) -> None:
    found = THEMES[theme]
    lines = [found.box[role].line for role in ("forward", "backward", "parameter", "residual", "error")]
    assert len(set(lines)) == len(lines)
    text = to_dot(both, roles=passes(both, ["dy"]), parameters=["w"], theme=theme)
    for color in (found.wire["residual"], found.wire["parameter"], found.box["backward"].fill, found.box[""].fill):
        assert color in text


def test_a_theme_of_your_own() -> None:
    plain = THEMES["light"]
    mine = Theme("#123456", plain.soft, plain.shade, plain.box, plain.wire)
    assert "#123456" in to_dot(both, theme=mine)


X1 = Real(4)


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("scale", 0.5, "0.5·"),
        ("scale", (1.0, "n"), "1/n·"),
        ("scale", "?" * 99, "scale"),
        ("constant", (0.0, (3,)), "0"),
        ("constant", ((1.0, 2.0), (2,)), "[…]"),
        ("constant", (), "constant"),
        ("shift", (-1.0,), "+ −1"),
        ("power", (2,), "^ 2"),
        ("sum", (0, 1), "Σ 0, 1"),
        ("einsum", "ij,j->i", "ij,j→i"),
        ("einsum", (), "einsum"),
        ("slice", ((None, None, None), (0, 4, 2)), "[:, 0:4:2]"),
        ("slice", 7, "slice"),
        ("permute", (1, 0), "ᵀ"),
        ("permute", (2, 0, 1), "permute"),
        ("reshape", (2, 2), "reshape"),
        ("mul", (), "×"),
        ("mine", True, "mine true"),
        ("mine", 10**400, "mine"),
        ("mine", 1 + 2j, "mine 1+2j"),
        ("mine", float("nan"), "mine nan"),
        ("mine", Fraction(1, 3), "mine 1/3"),
        ("mine", Fraction(10**20, 3), "mine"),
        ("mine", (1, (2, None)), "mine"),
        ("mine {}", 3, "mine  3"),
        ("a" * 99, (), "a" * 31 + "…"),
    ],
)
def test_captions(name: str, data: object, text: str) -> None:
    assert caption(Box(name, X1, X1, data)) == text


def test_captions_can_be_your_own() -> None:
    cells = scene(f >> f, captions=lambda box: f"my {box.name}").cells
    assert [cell.caption for cell in cells] == ["my f", "my f"]


twice = Box("twice", X, X, (), f >> f)
four = Box("four", X, X, (), twice >> twice)


@pytest.mark.parametrize(
    ("unfold", "shown"),
    [
        (0, ["four", "twice"]),
        (False, ["four", "twice"]),
        (1, ["twice", "twice", "f", "f"]),
        (2, ["f"] * 6),
        (True, ["f"] * 6),
        ("four", ["twice", "twice", "twice"]),
        (["four", "twice"], ["f"] * 6),
        ({"twice"}, ["four", "f", "f"]),
    ],
)
def test_folded_boxes_open_as_asked(unfold: object, shown: list[str]) -> None:
    d = four >> twice
    assert [place.box.name for place in opened(d, unfold).places] == shown
    assert count(d, unfold) == len(shown)


@given(diagrams())
def test_the_count_is_right_at_any_depth(d: Diagram) -> None:
    for depth in (0, 1, 2, True):
        assert count(d, depth) == len(opened(d, depth).places)
    assert count(d, True) == len(unfolded(d).boxes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"unfold": -1}, "unfold: give a number of levels"),
        ({"unfold": 1.5}, "unfold: give a number of levels"),
        ({"unfold": [1]}, "unfold: give a number of levels"),
        ({"unfold": "for"}, "'for' to open; the folded boxes are four, twice"),
        ({"parameters": ["v"]}, "no input 'v'; the inputs are x0"),
        ({"parameters": "v"}, "no input 'v'"),
        ({"roles": {"v": "backward"}}, "no input 'v'"),
        ({"roles": {9: "backward"}}, "no box 9"),
        ({"roles": {0: "sideways"}}, "'sideways'; the roles are forward, backward"),
        ({"theme": "sepia"}, "no theme 'sepia'"),
        ({"format": "png"}, "goes with a path"),
    ],
)
def test_bad_options_say_what_is_there(options: dict[str, object], words: str) -> None:
    with pytest.raises(DrawingError, match=words) as caught:
        draw(four >> twice, **options)
    assert "\n" not in str(caught.value)


def test_only_diagrams_can_be_drawn() -> None:
    with pytest.raises(DrawingError, match="cannot draw str"):
        to_dot("f >> g")  # type: ignore[arg-type]
    with pytest.raises(DrawingError, match="no input 'dz'"):
        passes(both, ["dz"])


def test_a_mismatch_shows_the_bad_wire_in_red() -> None:
    a, b = Box("a", X, X @ Y @ Z), Box("b", X @ Z, Y)
    with pytest.raises(TypeMismatch):
        a >> b
    red = THEMES["light"].wire["error"]
    lines = {line.split(" [")[0].strip(): line for line in draw_mismatch(a, b).dot.splitlines() if "->" in line}
    assert red not in lines["b0:o0:e -> b1:i0:w"]
    assert red in lines["b0:o1:e -> b1:i1:w"]
    assert "Y ≠ Z" in lines["b0:o1:e -> b1:i1:w"]
    assert "Z is not read" in lines["b0:o2:e -> w2"]
    drawing = draw_mismatch(b, a, theme="dark", title="no")
    assert isinstance(drawing, Drawing)
    assert "X is missing" not in drawing.dot
    assert "Y ≠ X" in drawing.dot
    assert "</svg>" in drawing.svg


def test_a_mismatch_names_long_diagrams_by_the_end_that_meets() -> None:
    text = draw_mismatch(f >> Box("last", X, Y), Box("first", Z @ X, Z) >> Box("k", Z, X)).dot
    assert "… last" in text
    assert "first …" in text
    assert "X is missing" in text
    assert "≠" not in draw_mismatch(f, f).dot


def test_a_mismatch_of_types_that_look_alike_shows_them_in_full() -> None:
    text = draw_mismatch(Box("a", X, Real(3)), Box("b", Ty("3"), X)).dot
    assert "Real(3) ≠ &quot;3&quot;" in text


def test_a_mismatch_of_too_many_wires_is_refused() -> None:
    with pytest.raises(DrawingError, match="3,001 wires"):
        draw_mismatch(f, Box("b", X, X**2998))
