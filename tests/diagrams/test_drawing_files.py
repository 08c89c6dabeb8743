"""Engines, files, notebooks, and what is refused."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from catlearn.diagrams.diagram import Box, identity
from catlearn.diagrams.drawing import THEMES, Drawing, Paint, draw, draw_mismatch, engines, mimebundle, to_dot
from catlearn.diagrams.drawing.engines import find_engine, render
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import graph
from catlearn.errors import DrawingError, FileProblem
from catlearn.files import write_beside

X, Y = Ty("X"), Ty("Y")
f = Box("f", X, Y)
STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


def many(n: int):
    """A chain of n boxes."""
    step = Box("step", X, X)
    return graph(X, [(step, [i]) for i in range(n)], [n])


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a program called dot on the path, with this for a body."""

    def put(body: str) -> None:
        file = tmp_path / "bin" / "dot"
        file.parent.mkdir()
        file.write_text(f"#!{sys.executable}\nimport sys\nsource = sys.stdin.read()\n{body}\n", encoding="utf-8")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", str(file.parent))

    return put


@pytest.mark.parametrize("kind", sorted(STARTS))
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_format_by_suffix(kind: str, theme: str, tmp_path: Path) -> None:
    path = tmp_path / f"f.{kind.upper()}"
    assert draw(f, path, theme=theme, engine="pygraphviz") == path
    assert path.read_bytes().startswith(STARTS[kind])
    assert list(tmp_path.iterdir()) == [path]


def test_the_format_may_be_named(tmp_path: Path) -> None:
    path = draw(f, str(tmp_path / "picture"), format="png")
    assert isinstance(path, Path)
    assert path.read_bytes().startswith(STARTS["png"])


def test_svg_holds_nothing_of_the_machine() -> None:
    text = render(to_dot(f), "svg", "pygraphviz").decode()
    assert not re.search(r"<!--|<!DOCTYPE|<title>|[Gg]raphviz|\b20\d\d\d\d\d\d\b", text)
    assert text == render(to_dot(f), "svg", "pygraphviz").decode()
    assert 'fill="white"' not in text, "the background is transparent"


def test_the_program_comes_first(program) -> None:
    program("print('<!-- version 1 --><svg>', ' '.join(sys.argv[1:]), len(source), '</svg>')")
    assert find_engine() == "dot"
    assert render("digraph {}", "svg").decode().split() == ["<svg>", "-Kdot", "-Tsvg", "10", "</svg>"]
    assert render("digraph {}", "svg", "pygraphviz").startswith(b"<?xml")


def test_a_program_that_fails_is_told_in_one_line(program) -> None:
    program("sys.exit('syntax error\\nin line 1')")
    with pytest.raises(DrawingError, match="dot could not draw this") as caught:
        render("digraph {", "svg")
    assert "\n" not in str(caught.value)


def test_without_the_program_pygraphviz_draws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_engine() == "pygraphviz"
    with pytest.raises(DrawingError, match="dot was not found"):
        draw(f, engine="dot").svg  # noqa: B018
    with pytest.raises(DrawingError, match="no engine 'neato'"):
        find_engine("neato")


@pytest.mark.usefixtures("no_engine")
def test_without_any_engine_there_is_the_text(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match="pip install pygraphviz"):
        draw(f, tmp_path / "f.svg")
    assert not list(tmp_path.iterdir())
    drawing = draw(f)
    assert isinstance(drawing, Drawing)
    assert drawing.dot == to_dot(f)
    assert draw(f, tmp_path / "f.dot").read_text(encoding="utf-8") == to_dot(f)
    assert list(mimebundle(f)) == ["text/plain"]
    assert list(drawing._repr_mimebundle_()) == ["text/plain"]
    assert drawing._repr_svg_() is None


def test_text_that_is_no_graph_is_told_in_one_line() -> None:
    with pytest.raises(DrawingError, match="pygraphviz could not draw this") as caught:
        render("digraph { a -> ", "svg", "pygraphviz")
    assert "\n" not in str(caught.value)


def test_notebooks_show_svg() -> None:
    for bundle in (mimebundle(f), f._repr_mimebundle_(), draw(f)._repr_mimebundle_()):
        assert bundle["image/svg+xml"].rstrip().endswith("</svg>")
        assert bundle["text/plain"]
    assert mimebundle(f)["text/plain"] == repr(f)
    assert "digraph" not in repr(draw(f))
    assert draw(f)._repr_svg_() == draw(f).svg


def test_notebooks_show_large_diagrams_as_a_line() -> None:
    assert mimebundle(many(301)) == {"text/plain": "<diagram: 301 boxes, 1 inputs, 1 outputs>"}
    assert mimebundle(Box("b" * 9000, X, X))["text/plain"].endswith("…")


def test_too_many_boxes_are_refused() -> None:
    with pytest.raises(DrawingError, match=r"2,001 boxes are too many .* call named diagrams") as caught:
        draw(many(2001))
    assert "\n" not in str(caught.value)
    assert to_dot(many(2001)).count("step") == 2 * 2001
    with pytest.raises(DrawingError, match=r"1,500 inputs|3,000 inputs and outputs"):
        draw(identity(X**1500))


def test_too_many_folded_boxes_are_refused_before_they_are_made() -> None:
    box = Box("f0", X, X)
    for level in range(1, 64):
        box = Box(f"f{level}", X, X, (), box >> box)
    assert isinstance(draw(box, unfold=3), Drawing)
    with pytest.raises(DrawingError, match=r"9,223,372,036,854,775,808 boxes .*unfold=0"):
        draw(box, unfold=True)


def test_boxes_that_nest_too_deep_are_refused() -> None:
    box = Box("f", X, X)
    for _ in range(3000):
        box = Box("f", X, X, (), box)
    assert isinstance(draw(box, unfold=2), Drawing)
    for make in (draw, to_dot):
        with pytest.raises(DrawingError, match="nest too deep"):
            make(box, unfold=True)


@pytest.mark.parametrize("name", ["f.bmp", "f", "f.svg.gz", ".svg"])
def test_unknown_suffixes_say_what_works(name: str, tmp_path: Path) -> None:
    for write in (lambda p: draw(f, p), lambda p: draw_mismatch(f, f, p), draw(f).save):
        with pytest.raises(DrawingError, match=r"\.?svg, \.?png, \.?pdf, \.?dot") as caught:
            write(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="there is no folder .*gone"):
        draw(f, tmp_path / "gone" / "f.svg")
    with pytest.raises(FileProblem, match="there is no folder"):
        draw_mismatch(f, f, tmp_path / "gone" / "f.svg")
    (tmp_path / "g.svg").mkdir()
    with pytest.raises(FileProblem, match="is not a file"):
        draw(f, tmp_path / "g.svg")


@pytest.mark.parametrize("where", ["write", "sync", "rename"])
def test_a_full_disk_leaves_the_old_file(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f.svg"
    path.write_text("old", encoding="utf-8")

    def full(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if where == "write":
        monkeypatch.setattr(Path, "open", full)
    else:
        monkeypatch.setattr(os, {"sync": "fsync", "rename": "replace"}[where], full)
    with pytest.raises(FileProblem, match="No space left on device; nothing was changed"):
        draw(f, path)
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_keeps_its_mode_and_a_link_its_place(tmp_path: Path) -> None:
    path, link = tmp_path / "f.dot", tmp_path / "link.dot"
    path.touch(mode=0o640)
    link.symlink_to(path)
    assert write_beside(link, b"new") == link
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "options",
    [
        {"theme": []},
        {"theme": None},
        {"title": 5},
        {"captions": None},
        {"captions": lambda box: None},
        {"roles": ["forward"]},
        {"roles": 5},
        {"roles": {None: "forward"}},
        {"roles": {0.5: "forward"}},
        {"roles": lambda k, box: []},
        {"parameters": None},
        {"parameters": 5},
        {"unfold": 1.5},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options_of_another_kind_are_told_in_one_line(options) -> None:
    with pytest.raises(DrawingError, match=r"^[^\n]*$"):
        draw(f, **options)


def test_themes_have_all_colors_and_nothing_else() -> None:
    light = THEMES["light"]
    for change in ({"ink": 'red"; x="'}, {"soft": None}, {"box": {}}, {"wire": {"": "#000000"}}, {"wire": 5}):
        with pytest.raises(DrawingError, match="^theme: "):
            replace(light, **change)
    with pytest.raises(DrawingError, match="a color is written as #rrggbb, not 'red'"):
        Paint("red", "#000000", "#000000")


@pytest.mark.parametrize("path", [5, None, ["a.svg"], b"\0.svg"])
def test_what_is_no_path_is_named(path) -> None:
    with pytest.raises(FileProblem, match=r"^.* is not the name of a file .*; give another$"):
        Drawing("digraph {}").save(path)


def test_a_name_in_bytes_or_in_any_letters(workdir: Path) -> None:
    assert draw(f, b"a.svg") == Path("a.svg")
    assert draw(f, "ü ñ \U0001f389.svg").read_bytes().startswith(STARTS["svg"])
    assert len(list(workdir.iterdir())) == 2


def test_a_mismatch_of_what_is_no_diagram() -> None:
    with pytest.raises(DrawingError, match="^cannot draw int: give a diagram"):
        draw_mismatch(3, f)


def test_threads_may_draw_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda k: draw(many(k % 3), tmp_path / f"{k % 3}.svg"), range(12)))
    assert {path.read_bytes()[:5] for path in made} == {STARTS["svg"]}
    assert len(list(tmp_path.iterdir())) == 3
