"""What a drawing says of messages and of samples."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Finite, Real
from catlearn.diagrams.drawing.beliefs import beliefs
from catlearn.diagrams.theories.markov.processes.gamma_process import GammaProcess
from catlearn.errors import DrawingError, NotSupported
from catlearn.interpreters.bffg.paths import Paths
from catlearn.interpreters.bffg.shown import spread

X, Y = Real(2), Real()
S = np.array([[1.0, 0.3], [0.3, 0.5]])
FIRST = cl.gaussian_state("x", X, [0.0, 1.0], np.eye(2))
MOVE = cl.gaussian("x", X, X, [[0.9, 0.3], [0.0, 0.7]], [0.1, 0.2], S)
CHAIN = cl.unroll(FIRST, MOVE, cl.gaussian("y", X, Y, [1.0, -0.5], 0.3, 0.4), 3)
RAIN = cl.state("rain", Finite("no", "yes"), [0.8, 0.2])
WET = cl.channel("wet", RAIN.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
GRASS = RAIN >> cl.copy() >> (WET @ cl.channel("late", RAIN.cod, Finite("no", "yes"), [[0.5, 0.5], [0.1, 0.9]]))


def texts(path: Path) -> list[str]:
    return [node.text or "" for node in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_messages_observations_and_what_is_not_known() -> None:
    shown = cl.bffg(CHAIN).backward({"y": 1.0, "y#2": -2.0, "x#2": [None, 3.0]}).shown()
    assert shown["y"] == 1.0
    assert shown["y#2"] == -2.0
    assert shown["y#3"] is None
    assert shown["x#3"] is None
    # y#2 = x[0] - 0.5 * 3 + 0.3 and noise of variance 0.4, x[1] being 3.
    assert shown["x#2"]["mean"] == pytest.approx([-2.0 + 1.5 - 0.3, 3.0])
    assert shown["x#2"]["deviation"] == pytest.approx([np.sqrt(0.4), 0.0])
    # One measurement of two numbers together tells nothing of either alone.
    alone = cl.bffg(CHAIN).backward({"y#3": 1.0}).shown()["x#3"]
    assert np.isnan(alone["mean"]).all()
    assert np.isinf(alone["deviation"]).all()


def test_what_a_gamma_process_has_left() -> None:
    rise = cl.kernel("rise", Y, Y, forward=GammaProcess(3.0, 2.0))
    back = cl.bffg(rise(0.5)).backward({"rise": 9.0})
    # 9 minus a Gamma variable of shape 3 * 0.5 and rate 2.
    assert back.shown()["x0"] == pytest.approx({"mean": 9 - 0.75, "deviation": np.sqrt(1.5) / 2})


def test_finite_messages() -> None:
    opt = cl.bffg(GRASS)
    shown = opt.backward({"wet": "wet"}).shown()
    assert shown["rain"] == pytest.approx({"no": 1 / 9, "yes": 8 / 9})
    assert shown["wet"] == "wet"
    assert shown["late"] is None
    assert opt.backward({"wet": {"wet": 0.75, "dry": 0.25}}).shown()["wet"] == pytest.approx({"dry": 0.25, "wet": 0.75})
    assert set(opt.backward({}).shown().values()) == {None}


@settings(derandomize=True, deadline=None, max_examples=50)
@given(st.integers(1, 4), st.integers(0, 4), st.integers(0, 2**32 - 1))
def test_a_number_is_known_where_its_direction_is(d: int, rank: int, seed: int) -> None:
    """Against the limit of a wide prior: what stays finite is known."""
    random = np.random.default_rng(seed)
    root = random.standard_normal((d, min(rank, d))) * random.integers(0, 2, (d, 1))
    H, F = root @ root.T, root @ random.standard_normal(root.shape[1])
    mean, deviation = spread(F, H)
    wide = np.linalg.inv(H + 1e-9 * np.eye(d))
    known = np.diagonal(wide) < 1e6
    assert (np.isfinite(deviation) == known).all()
    assert np.isnan(mean[~known]).all()
    np.testing.assert_allclose(deviation[known], np.sqrt(np.diagonal(wide))[known], rtol=1e-3)
    np.testing.assert_allclose(mean[known], (wide @ F)[known], rtol=1e-3, atol=1e-3)


def test_samples_say_their_mean_and_deviation() -> None:
    opt = cl.bffg(CHAIN)
    paths = opt.forward(opt.backward({"y": 1.0, "y#3": 2.0}), 4000, seed=1)
    shown, exact = paths.shown(), cl.infer(CHAIN).posterior({"y": 1.0, "y#3": 2.0})
    assert shown["x"]["mean"] == paths.mean("x").value.tolist()
    assert shown["x#2"]["deviation"] == pytest.approx(np.sqrt(exact["x#2"].variance), rel=0.05)
    assert shown["y"] == {"mean": 1.0, "deviation": 0.0}
    finite = cl.bffg(GRASS)
    shown = finite.forward(finite.backward({"wet": "wet"}), 2000, seed=1).shown()
    assert shown["rain"]["yes"] == pytest.approx(2 / 3, abs=0.05)
    assert shown["wet"] == "wet"


def test_pictures_are_drawn(tmp_path: Path) -> None:
    opt = cl.bffg(CHAIN)
    back = opt.backward({"y": 1.0, "x#2": [None, 3.0]})
    paths = opt.forward(back, 500, seed=1)
    assert back.draw(tmp_path / "messages.svg") == tmp_path / "messages.svg"
    assert {"= 1", "= 3", "flat"} <= set(texts(tmp_path / "messages.svg"))
    assert not any("nan" in text or "inf" in text for text in texts(tmp_path / "messages.svg"))
    paths.draw(tmp_path / "posterior.svg", theme="dark")
    found = texts(tmp_path / "posterior.svg")
    assert {"= 1", "= 3"} <= set(found)
    assert "flat" not in found
    assert sum("±" in text for text in found) == 2 + 1 + 1 + 2 + 1
    assert CHAIN.draw(posterior=back).dot == back.draw().dot
    assert CHAIN.draw(posterior=paths).dot == paths.draw().dot
    assert len(beliefs(CHAIN, back)) == 6


def test_samples_without_a_diagram_or_too_many_boxes() -> None:
    paths = Paths({"x": np.zeros(3)}, np.zeros(3), {})
    with pytest.raises(NotSupported, match=r"write model.draw\(path, posterior=paths\)"):
        paths.draw()
    walk, see = cl.gaussian("x", Y, Y, 1.0, 0.0, 1.0), cl.gaussian("y", Y, Y, 1.0, 0.0, 1.0)
    long = cl.unroll(cl.gaussian_state("x", Y, 0.0, 1.0), walk, see, 1200)
    with pytest.raises(DrawingError, match="too many to draw"):
        cl.bffg(long).backward({"y": 1.0}).draw()
