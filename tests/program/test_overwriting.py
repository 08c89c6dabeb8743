"""Outputs that overwrite inputs: the same answers as without, in the arrays that were asked for, or an error."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Diagram, Real
from catlearn.errors import InputMismatch
from tests.smooth.oracle import meaning
from tests.smooth.strategies import KINKED, arrays, close, smooth

SEEDS = st.integers(0, 9)


def listed(made: Any) -> list[np.ndarray]:
    return [np.asarray(y) for y in (made if isinstance(made, tuple) else (made,))]


@st.composite
def overwriting(draw: st.DrawFn) -> tuple[Diagram, dict[int, str]]:
    """A diagram, and outputs that overwrite inputs of their types."""
    d = draw(smooth(max_boxes=8, makers=KINKED))
    pairs = [(k, i) for k in range(len(d.cod)) for i in range(len(d.dom)) if d.cod[k] == d.dom[i]]
    chosen: dict[int, int] = {}
    for k, i in draw(st.permutations(pairs)):
        if k not in chosen and i not in chosen.values():
            chosen[k] = i
    return d, {k: cl.names(d)[i] for k, i in chosen.items()}


@given(overwriting(), SEEDS)
@settings(max_examples=200)
def test_overwriting_changes_no_answer(case: tuple[Diagram, dict[int, str]], seed: int) -> None:
    d, reuse = case
    inputs = arrays(d.dom, seed)
    with np.errstate(all="ignore"):
        wanted = meaning(d, inputs)
        given_ = [x.copy() for x in inputs]
        found = listed(cl.compile(d, reuse=reuse)(*given_))
    close(found, wanted)
    places = {cl.names(d).index(name): k for k, name in reuse.items() if d.cod.obs[k].sizes}
    for i, x in enumerate(given_):
        if i in places:
            assert np.shares_memory(found[places[i]], x)
        else:
            np.testing.assert_array_equal(x, inputs[i])


@given(overwriting(), SEEDS)
@settings(max_examples=100)
def test_the_same_array_given_twice_is_right_or_an_error(case: tuple[Diagram, dict[int, str]], seed: int) -> None:
    d, reuse = case
    shared: dict[Any, np.ndarray] = {}
    inputs = [shared.setdefault(ob, x) for ob, x in zip(d.dom.obs, arrays(d.dom, seed), strict=True)]
    with np.errstate(all="ignore"):
        wanted, f = meaning(d, [x.copy() for x in inputs]), cl.compile(d, reuse=reuse)
        over = [d.cod.obs[k] for k in reuse if d.cod.obs[k].sizes]
        if len(set(over)) < len(over):
            with pytest.raises(InputMismatch, match="both overwritten"):
                f(*inputs)
        else:
            close(listed(f(*inputs)), wanted)


def test_an_output_that_is_an_overwritten_input_is_what_it_was() -> None:
    f = cl.compile(cl.trace(lambda x: (x + x, x), Real(3)), reuse={0: "x0"})
    x = np.arange(3.0)
    doubled, old = f(x)
    assert doubled is x
    np.testing.assert_array_equal(doubled, [0.0, 2.0, 4.0])
    np.testing.assert_array_equal(old, [0.0, 1.0, 2.0])


def test_outputs_may_change_places() -> None:
    f = cl.compile(cl.swap(Real(2), Real(2)), reuse={0: "x0", 1: "x1"})
    x, y = np.zeros(2), np.ones(2)
    first, second = f(x, y)
    assert first is x
    assert second is y
    np.testing.assert_array_equal(x, [1.0, 1.0])
    np.testing.assert_array_equal(y, [0.0, 0.0])


def loops(a: Any, b: Any, xs: Any) -> tuple[Any, ...]:
    """A loop whose carries change places, and whose rows are made and read in one step."""
    body = cl.trace(lambda a, b, x: (b, a, x + a, a, x * 2.0 - b), Real(2) ** 3)
    carries, rows = cl.scan(body, [a, b], [xs])
    return *carries, *rows


def test_outputs_in_another_shape_than_they_are_made_in() -> None:
    d = cl.trace(lambda x, w: cl.reshape(w @ cl.reshape(x, 6), (2, 3)), Real(2, 3) @ Real(6, 6), "f", ["x", "w"])
    for x in (np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2).T):
        wanted = cl.compile(d)(x, 2.0 * np.eye(6))
        found = cl.compile(d, reuse={0: "x"})(x, 2.0 * np.eye(6))
        assert found is x
        close([found], [wanted])


@pytest.mark.parametrize("t", [0, 1, 2, 3])
@pytest.mark.parametrize("reuse", [{0: "a", 1: "b"}, {0: "b", 1: "a", 2: "xs"}, {3: "xs", 1: "b"}, {0: "a", 4: "xs"}])
def test_loops_read_before_they_overwrite(reuse: dict[int, str], t: int) -> None:
    d = cl.trace(loops, Real(2) @ Real(2) @ Real(t, 2), "f", ["a", "b", "xs"])
    inputs = arrays(d.dom, 1)
    wanted = cl.compile(d)(*inputs)
    close(cl.compile(d, reuse=reuse)(*(x.copy() for x in inputs)), wanted)


@cl.diagram(w=Real(3), v=Real(3), d=Real(3))
def step(w: Any, v: Any, d: Any) -> Any:
    new = v * 0.5 + d
    return w - new, new, cl.sum(d * w)


def test_memory_that_is_shared_with_other_inputs() -> None:
    f, g = cl.compile(step), cl.compile(step, reuse={0: "w", 1: "v"})
    for cut in (slice(0, 3), slice(1, 4), slice(3, 0, -1), slice(0, 6, 2)):
        memory = np.arange(9.0)
        w, v, d = memory[1:4], np.ones(3), memory[cut]
        wanted = f(w, v, d)
        close(g(w, v, d), wanted)
    memory = np.arange(9.0)
    with pytest.raises(InputMismatch, match="step: inputs w and v are both overwritten, but share memory"):
        g(memory[:3], memory[2:5], np.ones(3))
    np.testing.assert_array_equal(memory, np.arange(9.0))
    w, v = memory[0:6:2], memory[1:6:2]  # between one another, but apart
    wanted = f(w, v, np.ones(3))
    close(g(w, v, np.ones(3)), wanted)


def test_arrays_that_cannot_be_overwritten() -> None:
    f = cl.compile(step, reuse={0: "w"})
    locked = np.ones(3)
    locked.flags.writeable = False
    repeated = np.lib.stride_tricks.as_strided(np.ones(1), (3,), (0,))
    for w, said in [(locked, "read-only"), (np.broadcast_to(1.0, 3), "read-only"), (repeated, "share memory")]:
        for v in (np.ones(3), [1.0, 1.0, 1.0]):
            with pytest.raises(InputMismatch, match=f"step: input w is overwritten.*{said}"):
                f(w, v, np.ones(3))


def test_an_array_may_lie_anywhere_and_come_from_anywhere() -> None:
    f, g = cl.compile(step), cl.compile(step, reuse={0: "w"})
    sent = pickle.loads(pickle.dumps(np.arange(3.0)))
    unaligned = np.zeros(25, np.uint8)[1:].view(float)
    for w in (sent, unaligned, np.arange(6.0)[::-2], np.arange(9.0).reshape(3, 3)[:, 1]):
        wanted = f(w, np.ones(3), np.ones(3))
        found = g(w, np.ones(3), np.ones(3))
        close(found, wanted)
        np.testing.assert_array_equal(w, found[0])


@pytest.mark.parametrize(
    "reuse", [("w",), "w", 3, {"a": "w"}, {0.0: "w"}, {None: "w"}, {True: "w"}, {-1: "w"}, {3: "w"}, {0: "q"}, {0: 0},
              {2: "w"}, {0: "w", 1: "w"}],
)  # fmt: skip
def test_what_cannot_be_asked_for(reuse: Any) -> None:
    with pytest.raises(InputMismatch, match="reuse") as error:
        cl.compile(step, reuse=reuse)
    assert "\n" not in str(error.value)


def test_a_compiled_diagram_can_be_sent_elsewhere() -> None:
    f = cl.compile(step, np.float32, reuse={0: "w"})
    g = pickle.loads(pickle.dumps(f))
    w, v = np.ones(3, np.float32), np.ones(3, np.float32)
    assert g(w, v, v)[0] is w
    assert g.dtype == np.float32
