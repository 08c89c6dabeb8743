"""Para: composition is associative, parameters can stand elsewhere, and 2-cells go through both compositions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.diagrams.diagram import Box, Diagram, copy, identity, reorder, swap
from catlearn.diagrams.para import Para
from catlearn.diagrams.types import Ty
from catlearn.errors import TypeMismatch
from tests.strategies import diagrams, types

few = settings(max_examples=50)


@st.composite
def paras(draw: st.DrawFn, dom: Ty | None = None) -> Para:
    """Parametrized maps, with parameters of any type."""
    parameter, a = draw(types(2)), draw(types(2)) if dom is None else dom
    return Para(parameter, draw(diagrams(parameter @ a, max_boxes=3)))


@st.composite
def chains(draw: st.DrawFn, n: int) -> list[Para]:
    found = [draw(paras())]
    while len(found) < n:
        found.append(draw(paras(found[-1].cod)))
    return found


def same(f: Para, g: Para) -> bool:
    return (f.parameter, f.dom, f.cod) == (g.parameter, g.dom, g.cod) and f.diagram == g.diagram


def into(p: Ty) -> st.SearchStrategy[Diagram]:
    """Maps q -> p, for some q: reparametrizations."""
    return types(2).flatmap(lambda q: diagrams(q, p, max_boxes=2))


def bare(d: Diagram) -> Para:
    """A map without a parameter."""
    return Para(Ty(), d)


@few
@given(chains(3))
def test_composition_is_associative(fgh: list[Para]) -> None:
    f, g, h = fgh
    assert same((f >> g) >> h, f >> (g >> h))


@few
@given(paras())
def test_identities(f: Para) -> None:
    assert same(bare(identity(f.dom)) >> f, f)
    assert same(f >> bare(identity(f.cod)), f)
    none = bare(identity(Ty()))
    assert same(none @ f, f)
    assert same(f @ none, f)


@few
@given(paras(), paras(), paras())
def test_side_by_side_is_associative(f: Para, g: Para, h: Para) -> None:
    assert same((f @ g) @ h, f @ (g @ h))


@few
@given(chains(2), chains(2))
def test_interchange_up_to_the_order_of_parameters(fh: list[Para], gk: list[Para]) -> None:
    (f, h), (g, k) = fh, gk
    parts = [f.parameter, h.parameter, g.parameter, k.parameter]
    rows, columns = (f >> h) @ (g >> k), (f @ g) >> (h @ k)
    assert same(columns.reparametrize(reorder(parts, [0, 2, 1, 3])), rows)


@few
@given(paras(), paras())
def test_the_swap_is_natural_up_to_the_order_of_parameters(f: Para, g: Para) -> None:
    one = (f @ g) >> bare(swap(f.cod, g.cod))
    other = bare(swap(f.dom, g.dom)) >> (g @ f)
    assert same(other.reparametrize(swap(f.parameter, g.parameter)), one)


@few
@given(paras(), st.data())
def test_two_cells_compose(f: Para, data: st.DataObject) -> None:
    s = data.draw(into(f.parameter))
    r = data.draw(into(s.dom))
    assert same(f.reparametrize(s).reparametrize(r), f.reparametrize(r >> s))
    assert same(f.reparametrize(identity(f.parameter)), f)


@few
@given(chains(2), st.data())
def test_two_cells_go_through_both_compositions(fg: list[Para], data: st.DataObject) -> None:
    f, g = fg
    r, s = data.draw(into(f.parameter)), data.draw(into(g.parameter))
    assert same(f.reparametrize(r) >> g.reparametrize(s), (f >> g).reparametrize(r @ s))
    assert same(f.reparametrize(r) @ g.reparametrize(s), (f @ g).reparametrize(r @ s))


def test_weights_can_be_tied() -> None:
    p, x = Ty("P"), Ty("X")
    f = Para(p, Box("f", p @ x, x))
    tied = (f >> f).reparametrize(copy(p))
    layer = Box("f", p @ x, x)
    assert tied.diagram == copy(p) @ identity(x) >> identity(p) @ layer >> layer
    assert tied.parameter == p


def test_types_that_do_not_fit_are_named() -> None:
    p, x, y = Ty("P"), Ty("X"), Ty("Y")
    with pytest.raises(TypeMismatch, match=r'para: Ty\("X"\) does not begin with the parameter Ty\("P"\)'):
        Para(p, identity(x))
    f, g = Para(p, Box("f", p @ x, y)), Para(p, Box("g", p @ x, y))
    with pytest.raises(TypeMismatch):
        f >> g
    with pytest.raises(TypeMismatch):
        f.reparametrize(Box("r", x, x))
