"""A drawing can say how probable the outcomes of each variable are."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import catlearn as cl
from catlearn import Box, Finite, Real, Ty, channel, graph, identity, state
from catlearn.diagrams.bridges.bif import read_bif
from catlearn.diagrams.drawing import Drawing
from catlearn.diagrams.drawing.beliefs import Belief, Row, beliefs, wire_numbers
from catlearn.diagrams.drawing.opened import opened
from catlearn.diagrams.drawing.scene import scene
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import DrawingError, UnknownOutcome, UnknownVariable
from tests.diagrams.test_bif import GREENHOUSE, MODEL, RAIN, WET, X
from tests.networks import network

LETTERS = Finite(*"abcdefg")
HALVES = {"rain": {"no": 0.25, "yes": 0.75}}


def even(d: cl.Diagram) -> dict[str, dict[str, float]]:
    """Every outcome of every variable as probable as any other."""
    obs = unfolded(d).obs
    return {name: dict.fromkeys(ob.sizes, 1 / len(ob.sizes)) for name, ob in zip(variables(d), obs, strict=True)}


def svg_texts(drawing: Drawing) -> list[str]:
    return [node.text or "" for node in ET.fromstring(drawing.svg).iter("{http://www.w3.org/2000/svg}text")]


def test_outcomes_are_written_beside_the_box_the_largest_first() -> None:
    drawing = cl.draw(MODEL, posterior=HALVES)
    texts = svg_texts(drawing)
    assert texts[:5] == ["rain", "yes", "75.0%", "no", "25.0%"]
    assert texts[-2:] == ["rain", "wet"]
    widths = [int(w) for w in re.findall(r'<TD WIDTH="(\d+)" HEIGHT="6"', drawing.dot)]
    assert widths == [27, 9, 9, 27]


def test_many_outcomes_are_folded_into_one_and_impossible_ones_left_out() -> None:
    d = state("x", LETTERS, np.full(7, 1 / 7))
    found = beliefs(d, {"x": dict(zip("abcdefg", [0.05, 0.3, 0.1, 0.2, 0.15, 0.2, 0.0], strict=True))})[0]
    assert found.rows == (
        Row("b", 0.3, "30.0%"),
        Row("d", 0.2, "20.0%"),
        Row("f", 0.2, "20.0%"),
        Row("… 3 others", pytest.approx(0.3), "30.0%"),
    )
    assert beliefs(d, {"x": {"a": 1.0, "b": 0.0}})[0].rows == (Row("a", 1.0, "100%"),)
    assert beliefs(d, {"x": {"a": 0.99999, "b": 0.00001}})[0].rows[0].figure == ">99.9%"
    assert beliefs(d, {"x": dict.fromkeys("abcd", 0.25)})[0].rows[-1].name == "d"


def said(marginal: object, ob: cl.Ty | None = None) -> list[str]:
    return [row.name for row in beliefs(Box("x", Ty(), ob or Real()), {"x": marginal})[0].rows]


def test_a_wire_of_numbers_shows_its_mean_and_deviation() -> None:
    assert said({"mean": -1.23456, "variance": 2}) == ["−1.2 ± 1.4"]
    assert said({"mean": 0.5, "deviation": 0.012}) == ["0.500 ± 0.012"]
    assert said({"mean": 1e9, "deviation": 1e-9}) == ["= 1e+09"]
    assert said({"mean": 3e8, "deviation": 2e7}) == ["3e+08 ± 2e+07"]
    assert said({"mean": [0.0, 1, 2], "variance": np.diag([1.0, 4, 0])}, Real(3)) == ["0.0 ± 1.0", "1.0 ± 2.0", "= 2"]
    assert said({"mean": np.zeros((2, 3)), "deviation": np.ones((2, 3))}, Real(2, 3)) == [
        *["0.0 ± 1.0"] * 3,
        "… 3 others",
    ]
    assert "−1.2 ± 1.4" in svg_texts(
        cl.draw(Box("x", Ty(), Real()), posterior={"x": {"mean": -1.23456, "variance": 2}})
    )


def test_what_is_not_known_is_flat_and_never_infinite() -> None:
    assert said(None) == said({"mean": np.nan, "deviation": np.inf}) == ["flat"]
    assert said({"mean": [1.0, np.nan], "deviation": [0.5, np.inf]}, Real(2)) == ["1.00 ± 0.50", "flat"]
    assert beliefs(RAIN, {"rain": None})[0].rows == (Row("flat", None, ""),)


def test_what_was_observed_looks_so() -> None:
    assert said(2.5) == said(np.float64(2.5)) == ["= 2.5"]
    assert said([1.0, 2.0], Real(2)) == said(np.array([1.0, 2.0]), Real(2)) == ["= 1", "= 2"]
    assert beliefs(RAIN, {"rain": "yes"})[0].rows == (Row("= yes", None, "", seen=True),)
    seen, other = (cl.draw(RAIN, posterior={"rain": marginal}).dot for marginal in ("yes", None))
    assert "#e3f5ee" in seen
    assert "#e3f5ee" not in other


def test_other_numbers_are_shown_as_they_are() -> None:
    d = Box("x", Ty(), Real())
    assert beliefs(d, {"x": {"mean": [1, 2.5, 3, 4], "variance": np.eye(1)}})[0].rows == (
        Row("mean", None, "[1, 2.5, 3, …]"),
        Row("variance", None, "[[1]]"),
    )
    with pytest.raises(DrawingError, match="'much' is no number"):
        beliefs(d, {"x": {"mean": "much"}})
    with pytest.raises(DrawingError, match=r"x: give a dictionary with its mean and deviation, not \[1, 2\]"):
        beliefs(d, {"x": [1, 2]})
    assert "−1.235" in svg_texts(cl.draw(d, posterior={"x": {"mean": -1.23456}}))


def test_without_a_posterior_outputs_of_kernels_bear_their_variables() -> None:
    assert [end.note for end in scene(MODEL).sinks] == ["rain", "wet"]
    assert [end.note for end in scene(MODEL, labels=False).sinks] == ["", ""]
    assert [end.note for end in scene(identity(X) @ RAIN).sinks] == ["no|yes", "rain"]
    assert [end.note for end in scene(Box("f", Ty(), X)).sinks] == ["no|yes"]


def test_a_kernel_is_called_by_its_name_alone() -> None:
    for name in ("sum", "not", "scale", "a {} b"):
        assert [cell.caption for cell in scene(state(name, X, [0.5, 0.5])).cells] == [name]


def test_an_input_can_bear_one_too() -> None:
    assert "25.0%" in svg_texts(cl.draw(WET, posterior={"x0": {"no": 0.25}}))


def test_several_outputs_of_one_box() -> None:
    pair = state("pair", LETTERS @ X, np.full((7, 2), 1 / 14))
    (cell,) = scene(pair, posterior={"pair.1": {"no": 1}}).cells
    assert cell.beliefs == (None, Belief((Row("no", 1.0, "100%"),)))
    for posterior in ({"pair.1": {"no": 1}}, even(pair)):
        drawing = cl.draw(pair, posterior=posterior)
        assert ET.fromstring(drawing.svg).tag.endswith("svg")
        assert all(f'PORT="o{k}"' in drawing.dot for k in (0, 1))


def test_folded_boxes_show_what_leaves_them_and_opened_ones_all() -> None:
    inner = graph(X, [(WET, [0]), (channel("back", WET.cod, X, np.eye(2)), [1])], [0, 2, 1], "inner")
    d = RAIN >> Box("inner", X, inner.cod, (), inner) >> (identity(X) @ identity(X) @ Box("g", WET.cod, WET.cod))
    names = variables(d)
    for unfold in (0, True):
        shown = opened(d, unfold)
        assert [unfolded(d).obs[k] for k in wire_numbers(shown)] == list(shown.obs)
    assert [names[k] for k in wire_numbers(opened(d, 0))] == ["rain", "rain", "back", "wet", "g"]
    assert [names[k] for k in wire_numbers(opened(d, True))] == list(names)
    (rain, fold, g) = scene(d, posterior=even(d)).cells
    assert [len(cell.beliefs) for cell in (rain, fold, g)] == [1, 3, 1]
    assert "back" in svg_texts(cl.draw(d, posterior=even(d)))


@pytest.mark.parametrize(
    ("posterior", "error", "said"),
    [
        ({"rian": {}}, UnknownVariable, "there is no variable 'rian'; did you mean 'rain'"),
        ({"rain": {"yse": 1}}, UnknownOutcome, "rain has no outcome 'yse'; did you mean 'yes'"),
        ({"rain": {"yes": 1.5}}, DrawingError, "rain: 1.5 for 'yes' is no probability"),
        ({"rain": {"yes": float("nan")}}, DrawingError, "rain: nan for 'yes' is no probability"),
        ({"rain": {"yes": np.array([0.5, 0.5])}}, DrawingError, "for 'yes' is no probability of one row"),
        ({"rain": {"yes": "much"}}, DrawingError, "rain: 'much' for 'yes' is no probability"),
        ({"rain": 0.5}, DrawingError, "rain: give a dictionary from outcomes to probabilities, not 0.5"),
        (["rain"], DrawingError, "give a dictionary from variables to probabilities"),
    ],
)
def test_what_is_wrong_with_a_posterior_is_said(posterior, error: type[Exception], said: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=said):
        MODEL.draw(tmp_path / "a.svg", posterior=posterior)
    assert not list(tmp_path.iterdir())


def test_the_answer_of_inference_is_taken_as_it_is() -> None:
    answer = cl.infer(MODEL).posterior({"wet": "wet"})
    assert svg_texts(cl.draw(MODEL, posterior=answer))[:5] == ["rain", "yes", "66.7%", "no", "33.3%"]


def test_numbers_of_numpy_and_rounding_are_taken() -> None:
    assert beliefs(RAIN, {"rain": {"yes": np.float64(1 + 1e-9), "no": np.float32(0)}})[0].rows[0].share == 1.0
    assert beliefs(RAIN, {"rain": {"yes": -1e-12}})[0].rows == ()
    assert cl.draw(RAIN, posterior={"rain": {"yes": -1e-12}}).svg


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_network_is_drawn_in_both_themes(theme: str, tmp_path: Path) -> None:
    d = read_bif(GREENHOUSE)
    drawing = cl.draw(d, posterior=even(d), theme=theme)
    texts = svg_texts(drawing)
    for text in ("air temperature", "clear/frosty", "snow (wet)", "<5", ">=12", "33.3%"):
        assert text in texts
    assert cl.to_dot(d, posterior=even(d), theme=theme) == drawing.dot


def test_a_posterior_keeps_a_large_network_narrow() -> None:
    """With all ends in one column, every wire would cross the picture."""
    d = read_bif(network("alarm"))
    heights = [
        float(re.search(r'height="([\d.]+)pt"', drawing.svg)[1])
        for drawing in (cl.draw(d, posterior=even(d)), cl.draw(d))
    ]
    assert heights[0] < 0.8 * heights[1]
