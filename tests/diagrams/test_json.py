"""JSON keeps everything, and believes nothing."""

from __future__ import annotations

import copy
import errno
import json
import math
import os
import pickle
import stat
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catlearn.diagrams.bridges.json import dumps, load, loads, save
from catlearn.diagrams.diagram import Box, Diagram, identity, permutation, swap
from catlearn.diagrams.trace import diagram
from catlearn.diagrams.types import Ob, Real, Ty
from catlearn.diagrams.wiring import flatten, graph, names
from catlearn.errors import FileProblem, NotSupported, ShapeMismatch, TypeMismatch
from tests.diagrams.random_diagrams import diagrams, same_in_every_respect, values

X, Y = Ty("X"), Ty("Y")
f, g = Box("f", X, Y), Box("g", Y, X)


@given(diagrams())
def test_text_gives_the_diagram_back(d: Diagram) -> None:
    again = loads(dumps(d))
    assert same_in_every_respect(d, again)
    assert dumps(again) == dumps(d)


@given(diagrams(), diagrams())
def test_terms_come_back_equal(d: Diagram, e: Diagram) -> None:
    term = swap(e.dom, d.dom) >> (d @ e)
    assert same_in_every_respect(loads(dumps(term)), loads(dumps(loads(dumps(term)))))
    assert loads(dumps(term)).dom == term.dom
    assert [box.name for box in flatten(loads(dumps(term))).boxes] == [box.name for box in flatten(term).boxes]
    assert names(loads(dumps(d @ e))) == names(d @ e)


@given(values())
def test_data_comes_back_to_the_last_bit(value: object) -> None:
    box = Box("f", X, Y, value)
    assert same_in_every_respect(loads(dumps(box)), box)


@given(st.floats(width=64))
def test_floats_come_back_to_the_last_bit(x: float) -> None:
    again = loads(dumps(Box("f", X, Y, x))).data
    assert type(again) is float
    assert (math.isnan(x) and math.isnan(again)) or struct.pack("d", x) == struct.pack("d", again)


def test_equal_data_of_different_kinds_is_kept_apart() -> None:
    boxes = [Box("f", X, X, data) for data in (1, 1.0, True, 0.0, -0.0, (), ((),), None, "1")]
    chain = graph(X, [(box, [i]) for i, box in enumerate(boxes)], [len(boxes)])
    assert [repr(box.data) for box in flatten(loads(dumps(chain))).boxes] == [repr(box.data) for box in boxes]


def test_numpy_scalars_become_numbers() -> None:
    box = Box("f", X, Y, (np.float32(0.1), np.int64(3), np.bool_(True), np.str_("a")))
    assert loads(dumps(box)) == box
    assert [type(part) for part in loads(dumps(box)).data] == [float, int, bool, str]


def test_a_box_and_a_folded_box_stay_boxes() -> None:
    @diagram
    def both(x: X) -> X:
        return g(f(x))

    @diagram
    def twice(x: X) -> X:
        return both(both(x))

    again = loads(dumps(twice))
    first, second = flatten(again).boxes
    assert first is second
    assert (first.name, first.inside.name, names(first.inside)) == ("both", "both", ("x",))
    assert again == twice
    assert isinstance(loads(dumps(f)), Box)
    assert isinstance(loads(dumps(Box("scan", X, X, (f,)))).data[0], Box)


def test_pickle_and_copy_go_through_it() -> None:
    for d in (f, f >> g, swap(X, Y), identity(Ty()), graph(X, [(f, [0])], [1, 1], "d", ["x"])):
        for again in (pickle.loads(pickle.dumps(d)), copy.deepcopy(d), copy.copy(d)):
            assert again == d
            assert names(again) == names(d)
            assert isinstance(again, Box) == isinstance(d, Box)


def test_long_chains_and_deep_folds_are_no_trouble() -> None:
    chain = identity(X)
    for _ in range(20_000):
        chain = chain >> f >> g
    assert len(dumps(chain)) < 600_000
    assert pickle.loads(pickle.dumps(chain)) == chain == copy.deepcopy(chain)
    fold: Diagram = f >> g
    for _ in range(5_000):
        fold = Box("fold", X, X, (), fold >> fold)
    text = dumps(fold)
    assert dumps(loads(text)) == text
    assert len(text) < 600_000


def test_what_cannot_be_written_is_named() -> None:
    deep: object = ()
    for _ in range(5_000):
        deep = (deep,)
    for data, words in ((len, "builtin_function"), (frozenset([1]), "frozenset"), (deep, "too deep")):
        with pytest.raises(NotSupported, match=rf"^box 'f'.*{words}.*"):
            dumps(Box("f", X, Y, (1, data)))
    for ob in (Ob("X", (0.5,)), Ob("X", (True,))):  # type: ignore[arg-type]
        with pytest.raises(NotSupported, match="^object"):
            dumps(Box("f", Ty.of((ob,)), Y))
    with pytest.raises(NotSupported, match="cannot have the sizes"):
        dumps(Box("f", Ty(Ob("Bits", (1, 2))), Y))
    with pytest.raises(ShapeMismatch):
        dumps(Box("f", Ty(Ob("Real", (-1,))), Y))
    with pytest.raises(TypeMismatch, match="expected a diagram"):
        dumps("f")  # type: ignore[arg-type]


def document(**changes: object) -> str:
    good = {
        "catlearn": "diagram",
        "version": 1,
        "objects": [["X"], ["Real", 10, "n"]],
        "boxes": [{"name": "f", "dom": [0], "cod": [1]}],
        "diagrams": [{"dom": [0], "steps": [[0, 0]], "outputs": [1]}],
    }
    return json.dumps({key: value for key, value in (good | changes).items() if value != "gone"})


def body(**changes: object) -> str:
    return document(diagrams=[{"dom": [0], "steps": [[0, 0]], "outputs": [1]} | changes])


def box(**changes: object) -> str:
    return document(boxes=[{"name": "f", "dom": [0], "cod": [1]} | changes])


def data(value: object) -> str:
    return box(data=value)


BAD = {
    document()[:80]: "line 1, column 78: not JSON, or cut short",
    "": "line 1, column 1",
    "import os": "not JSON",
    "[1, 2]": "not of a diagram",
    '{"a": NaN}': "NaN is not JSON",
    "1" * 5000: "not JSON that can be read",
    "[" * 100_000: "nested too deep",
    '{"a":' * 100_000: "nested too deep",
    document(catlearn="model"): "not of a diagram",
    document(version=2): "reads up to 1; upgrade",
    document(version="1"): "version: must be a number",
    document(version=True): "version: must be a number",
    document(version="gone"): "version",
    document(boxes="gone"): "has no 'boxes'",
    document(extra=1): "has a key 'extra'",
    document(objects={}): "objects: must be a list",
    document(diagrams=[]): "diagrams: there is none",
    document(objects=[["X"], []]): r"objects\[1\]: object None",
    document(objects=[["X"], ["Real", -1]]): r"objects\[1\]: Real: a size is a number from 0 up",
    document(objects=[["X"], ["Bits", 1, 2]]): r"objects\[1\]: object 'Bits'",
    document(objects=[["X"], ["Y", 0.5]]): r"objects\[1\]: object 'Y'",
    document(objects=[["X"], [["Y"]]]): r"objects\[1\]",
    box(name=3): r"boxes\[0\].name: must be a string",
    box(dom=[2]): r"boxes\[0\].dom: must be the number of one of the objects, of which there are 2",
    box(dom=[-1]): r"boxes\[0\].dom: must be the number",
    box(cod=[0.0]): r"boxes\[0\].cod: must be the number",
    box(cod=[False]): r"boxes\[0\].cod: must be the number",
    box(cod="0"): r"boxes\[0\].cod: must be a list",
    box(insid=0): r"boxes\[0\]: has a key 'insid'",
    box(inside=0): r"boxes\[0\].inside: must be the number of one of the diagrams, of which there are 0 so far",
    box(inside=None): r"boxes\[0\].inside",
    document(boxes=[{"name": "f"}]): r"boxes\[0\]: has no 'dom'",
    document(boxes=[7]): r"boxes\[0\]: must be an object with keys",
    data({"ty": [0]}): r"boxes\[0\].data: {'ty': \[0\]} says nothing",
    data({"float": "1"}): "says nothing",
    data({"float": []}): "says nothing",
    data({"int": "xyz"}): "not a number in base 16",
    data({"int": "9" * 9000 + "z"}): "not a number in base 16",
    data({"complex": [1, 2]}): "decimal point",
    data({"complex": [{"float": {}}, 0.0]}): "says nothing",
    data({"type": [9]}): "objects",
    data({"object": "X"}): "objects",
    data({"diagram": 0}): "there are 0 so far",
    data([1, {}]): "one key",
    data("DEEP").replace('"DEEP"', "[" * 600 + "]" * 600): r"boxes\[0\].data: nested too deep",
    data({"type": [0], "object": 0}): "one key",
    body(dom=[1]): r"diagrams\[0\]: box 0 \(f\) reads Ty\(\"X\"\) but its wires \[0\] carry Real",
    body(steps=[[0, 1]]): r"diagrams\[0\]: box 0 \(f\) reads wire 1, but only wires 0 to 0",
    body(steps=[[0, -1]]): "reads wire -1",
    body(steps=[[0, 0.0]]): "reads wire 0.0",
    body(steps=[[0, [0]]]): r"reads wire \[0\]",
    body(steps=[[0]]): "carry",
    body(steps=[[0, 0, 0]]): "carry",
    body(steps=[[1, 0]]): r"diagrams\[0\].steps\[0\]: must be the number of one of the boxes",
    body(steps=[[]]): r"steps\[0\]",
    body(steps=[0]): r"steps\[0\]: must be a list",
    body(outputs=[7]): "the output reads wire 7",
    body(outputs=None): "outputs: must be a list",
    body(names=["a", "b"]): "2 names for 1 inputs",
    body(names=[1]): r"diagrams\[0\].names: must be a string",
    body(name=[]): r"diagrams\[0\].name: must be a string",
    body(steps=[[0, int("9" * 4000)]]): "reads wire 9999",
    document(
        boxes=[{"name": "a\nb\x85", "dom": [0], "cod": [1]}], diagrams=[{"dom": [], "steps": [[0, 0]], "outputs": []}]
    ): (r"box 0 \(a b \) reads wire 0"),
    body(more=1): "has a key 'more'",
    document(diagrams=[{"box": 0, "dom": []}]): r"has a key 'dom'",
    document(diagrams=[{"box": 9}]): r"diagrams\[0\].box",
    document(diagrams=["x" * 1000]): r"must be an object with keys, not 'xxx",
}


@pytest.mark.parametrize("text", BAD)
def test_bad_text_is_one_line_that_says_where(text: str) -> None:
    with pytest.raises(FileProblem, match=BAD[text]) as caught:
        loads(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_the_documents_that_the_bad_ones_are_made_from_are_good() -> None:
    for text in (document(), body(), box(), data([1, {"float": "inf"}]), document(diagrams=[{"box": 0}])):
        assert loads(text).dom == X
    inside = json.loads(document())
    inside["boxes"].append({"name": "h", "dom": [0], "cod": [1], "inside": 0})
    inside["diagrams"].append({"box": 1})
    assert loads(json.dumps(inside)) == f_real()
    inside["boxes"][1]["cod"] = [0]
    with pytest.raises(FileProblem, match=r"boxes\[1\]: h: .* cannot stand for a diagram"):
        loads(json.dumps(inside))


def f_real() -> Box:
    return Box("f", X, Real(10, "n"))


WRONG = st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=2) | st.just([]) | st.just({})


@given(diagrams(4), st.data())
def test_mutated_documents_give_a_diagram_or_a_typed_error(d: Diagram, draw: st.DataObject) -> None:
    whole = json.loads(dumps(d))
    for _ in range(draw.draw(st.integers(1, 3))):
        mutate(whole, draw)
    again = read_or_refuse(json.dumps(whole))
    if again is not None:
        assert dumps(loads(dumps(again))) == dumps(again)


def read_or_refuse(text: str) -> Diagram | None:
    """The diagram, or None where a one-line error says why not; anything else that is raised goes through."""
    try:
        return loads(text)
    except FileProblem as error:
        return None if str(error).isprintable() else pytest.fail(f"not one plain line: {error!r}")


def mutate(whole: object, draw: st.DataObject) -> None:
    """Change, remove, double or move one thing somewhere."""
    at = whole
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        if not keys:
            return
        key = draw.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or not at[key] or draw.draw(st.integers(0, 3)) == 0:
            break
        at = at[key]
    how = draw.draw(st.sampled_from(["change", "remove", "double", "move"]))
    if how == "remove":
        del at[key]
    elif how == "double" and isinstance(at, list):
        at.insert(key, at[key])
    elif how == "move":
        at[key] = at[draw.draw(st.sampled_from(keys))]
    else:
        at[key] = draw.draw(WRONG)


@given(diagrams(3), st.data())
def test_text_cut_short_or_scribbled_over_is_a_typed_error_or_a_diagram(d: Diagram, draw: st.DataObject) -> None:
    text = dumps(d)
    at = draw.draw(st.integers(0, len(text) - 1))
    with pytest.raises(FileProblem):
        loads(text[:at])
    scribbled = text[:at] + draw.draw(st.text(max_size=2)) + text[at + 1 :]
    read_or_refuse(scribbled)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    save(f >> g, path)
    assert load(path) == f >> g == load(str(path))
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    save(g, link)
    assert link.is_symlink()
    assert load(path) == g
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.json", "link.json"]


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_text(dumps(f)[:40])
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent.json", tmp_path, cut, binary):
        with pytest.raises(FileProblem, match=f"^{path}: "):
            load(path)


@pytest.mark.parametrize("stage", ["fsync", "replace"])
def test_a_full_disk_keeps_the_old_file(stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "d.json"
    save(f, path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, stage, full)
        patch.setattr(Path, stage, full, raising=False)
        with pytest.raises(FileProblem, match=r"cannot write .*d\.json: No space left on device; nothing was changed"):
            save(g, path)
    assert load(path) == f
    assert [p.name for p in tmp_path.iterdir()] == ["d.json"]


@pytest.mark.parametrize("path", ["a\0b", None, 3.5])
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(FileProblem, match="not the name of a file"):
        save(f, path)
    with pytest.raises(FileProblem, match="not the name of a file"):
        load(path)


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "d.json", tmp_path, Path("/")):
        with pytest.raises(FileProblem, match=f"cannot write {path}: "):
            save(permutation(X, [0, 0]), path)
    assert list(tmp_path.iterdir()) == []


def test_names_where_a_second_pass_begins_are_kept() -> None:
    d = graph(Ty("X", "Y"), [], [1], "d", ["x", "dy"], ["dy"])
    assert loads(dumps(d)).against == pickle.loads(pickle.dumps(d)).against == copy.deepcopy(d).against == ("dy",)


def test_a_numpy_number_alone_may_be_the_data() -> None:
    for value in (np.float64(0.0), np.float64(2.0), np.bool_(True), np.int64(3)):
        assert loads(dumps(Box("f", Ty("X"), Ty("X"), value))).data == value
