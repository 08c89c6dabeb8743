"""The batch functor: a batch is a loop over samples, on random diagrams; it passes through the reverse derivative."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Diagram, Finite, Real, batch, discard, identity, names, reverse
from catlearn.errors import InputMismatch, ShapeMismatch, TypeMismatch, UnknownBox
from tests.smooth.models import MODELS, recurrent
from tests.smooth.strategies import KINKED, arrays, close, run, smooth

COUNTS = st.sampled_from([0, 1, 3])


@st.composite
def batched(draw: st.DrawFn) -> tuple[Diagram, list[bool], int]:
    """A diagram, which inputs are to differ between samples, and how many samples there are."""
    f = draw(smooth(makers=KINKED))
    return f, draw(st.lists(st.booleans(), min_size=len(f.dom), max_size=len(f.dom))), draw(COUNTS)


def chosen(f: Diagram, flags: list[bool]) -> list[str]:
    return [name for name, flag in zip(names(f), flags, strict=True) if flag]


def samples(f: Diagram, flags: list[bool], count: int) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Inputs of the batched diagram, and those of every sample."""
    rng = np.random.default_rng(7)
    given = [
        rng.uniform(-1.5, 1.5, (count, *x.shape)) if flag else x for x, flag in zip(arrays(f.dom), flags, strict=True)
    ]
    rows = [[x[k] if flag else x for x, flag in zip(given, flags, strict=True)] for k in range(count)]
    return given, rows


def assert_loop(many: Diagram, f: Diagram, given: list[np.ndarray], rows: list[list[np.ndarray]]) -> None:
    found = run(many, *given)
    for k, row in enumerate(rows):
        wanted = run(f, *row)
        close([y[k] if y.ndim > z.ndim else y for y, z in zip(found, wanted, strict=True)], wanted, 1e-10)
    for y, ob in zip(found, f.cod.obs, strict=True):
        assert y.ndim == len(ob.sizes) or len(y) == len(rows)


@given(batched())
def test_a_batch_is_a_loop_over_samples(case: tuple[Diagram, list[bool], int]) -> None:
    f, flags, count = case
    given, rows = samples(f, flags, count)
    assert_loop(batch(f, "b", chosen(f, flags)), f, given, rows)
    assert_loop(batch(f, count, chosen(f, flags)), f, given, rows)


@settings(max_examples=40)
@given(smooth(max_boxes=3, makers=KINKED))
def test_any_subset_of_the_inputs(f: Diagram) -> None:
    for flags in product([False, True], repeat=len(f.dom)):
        given, rows = samples(f, list(flags), 2)
        assert_loop(batch(f, "b", chosen(f, list(flags))), f, given, rows)


@settings(max_examples=40)
@given(batched(), st.data())
def test_two_batches_are_a_loop_in_a_loop(case: tuple[Diagram, list[bool], int], data: st.DataObject) -> None:
    f, inner, _ = case
    outer = data.draw(st.lists(st.booleans(), min_size=len(f.dom), max_size=len(f.dom)))
    once = batch(f, "b", chosen(f, inner))
    given, rows = samples(once, outer, 2)
    assert_loop(batch(once, "c", chosen(once, outer)), once, given, rows)


@settings(max_examples=40)
@given(batched())
def test_batch_and_reverse_commute(case: tuple[Diagram, list[bool], int]) -> None:
    """The cotangent of a shared input is the sum over the samples of what each one says."""
    f, flags, count = case
    many = batch(f, "b", chosen(f, flags))
    given, _ = samples(f, flags, count)
    differ = [many_ob != ob for many_ob, ob in zip(many.cod.obs, f.cod.obs, strict=True)]
    if not all(differ):
        return  # an output that is the same for all samples has one cotangent and not one for each
    w = [np.random.default_rng(3).normal(size=y.shape) for y in run(many, *given)]
    found = run(reverse(many), *given, *w)
    back = reverse(f)
    rows = [
        run(back, *(x[k] if flag else x for x, flag in zip(given, flags, strict=True)), *(y[k] for y in w))
        for k in range(count)
    ]
    for i, flag in enumerate(flags):
        shape = arrays(f.dom)[i].shape
        parts = np.array([row[i] for row in rows]).reshape(count, *shape)
        close([found[i]], [parts if flag else parts.sum(0)], 1e-9)
    over = [*chosen(f, flags), *names(back)[len(f.dom) :]]
    each = run(batch(back, "b", over), *given, *w)
    for y, z, flag, ob in zip(found, each, flags, f.dom.obs, strict=True):
        whole = z if z.ndim > len(ob.sizes) else np.broadcast_to(z, (count, *z.shape))
        close([y], [whole if flag else whole.sum(0)], 1e-9)


def test_outputs_that_do_not_depend_on_the_batch_stay() -> None:
    f = cl.trace(lambda x, y: (x * 2.0, y * 2.0, cl.constant(1.0)), Real(2) @ Real(), "f", ["x", "y"])
    assert batch(f, "n", ["x"]).cod == Real("n", 2) @ Real() @ Real()
    assert batch(f, 5, ["y"]).cod == Real(2) @ Real(5) @ Real()
    assert batch(f, "n", []) == f
    assert batch(f, "n", "x") == batch(f, "n", ["x"])
    assert batch(f, "n", ["x"]).names == ("x", "y")


@pytest.mark.parametrize("name", [name for name in MODELS if name != "chain"])
def test_models(name: str) -> None:
    f = MODELS[name]()
    over = [*names(f)][:2]
    many = batch(f, "b", over)
    given = [np.stack([x, x * 1.1]) if n in over else x for n, x in zip(names(f), arrays(f.dom, 0, n=3), strict=True)]
    rows = [[x[k] if n in over else x for n, x in zip(names(f), given, strict=True)] for k in range(2)]
    assert_loop(many, f, given, rows)


def test_a_batch_of_loops_with_a_shared_part() -> None:
    f = recurrent()
    for flags in ([True] * 5, [False, False, False, True, False], [False, True, False, False, True]):
        given: list[Any] = [np.stack([x, -x]) if flag else x for x, flag in zip(arrays(f.dom), flags, strict=True)]
        rows = [[x[k] if flag else x for x, flag in zip(given, flags, strict=True)] for k in range(2)]
        assert_loop(batch(f, "b", chosen(f, flags)), f, given, rows)


def test_sizes_and_names_that_are_none() -> None:
    f = identity(Real(3))
    assert batch(f, np.int64(2), ["x0"]).dom == Real(2, 3)
    for n in (-1, 2.5, True, None, "a b"):
        with pytest.raises(ShapeMismatch, match="a size is a number from 0 up"):
            batch(f, n, ["x0"])  # type: ignore[arg-type]
    for over in (None, 5):
        with pytest.raises(InputMismatch, match="^batch: over gives names of inputs"):
            batch(f, "n", over)  # type: ignore[arg-type]
    for wrt in (5, ["q"]):
        with pytest.raises(InputMismatch):
            cl.hessian_vector(cl.trace(cl.sum, Real(3)), wrt)  # type: ignore[arg-type]


def test_bad_requests_say_so() -> None:
    f = cl.trace(lambda x: x * 2.0, Real("n"), "f", ["x"])
    with pytest.raises(InputMismatch, match="no input is called 'y'; there are x"):
        batch(f, "b", ["y"])
    with pytest.raises(TypeMismatch, match="has a dimension 'n' already"):
        batch(f, "n", ["x"])
    with pytest.raises(TypeMismatch, match="has no batch axis"):
        batch(identity(Finite("a", "b")), "n", ["x0"])
    with pytest.raises(UnknownBox, match="no generator 'mystery'"):
        batch(cl.Box("mystery", Real(), Real()), "n", ["x0"])
    g = identity(Real()) @ discard(Finite("a", "b"))
    assert batch(g, "n", ["x0"]).dom == Real("n") @ Finite("a", "b")
