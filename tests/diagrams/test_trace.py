"""Writing diagrams as functions: the same diagrams as by combinators, and a clear refusal of what cannot be drawn."""

from __future__ import annotations

import gc
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy as shallow
from functools import partial

import numpy as np
import pytest
from hypothesis import given

from catlearn.diagrams.diagram import Box, copy, discard, identity, swap
from catlearn.diagrams.trace import diagram, place, trace
from catlearn.diagrams.types import Bits, Real, ShapeMismatch, Ty
from catlearn.diagrams.wire import OPERATORS, Wire
from catlearn.diagrams.wiring import flatten, names
from catlearn.errors import CatlearnError, ControlFlow, TypeMismatch, WireError
from tests.strategies import X, Y, diagrams

f, g, h = Box("f", X, Y), Box("g", Y @ Y, X), Box("h", X, Y @ X)
state, effect, scalar = Box("state", Ty(), X), Box("effect", X, Ty()), Box("scalar", Ty(), Ty())


def on(ty: Ty, body):
    return trace(body, ty, "d")


@pytest.mark.parametrize(
    ("ty", "body", "expected"),
    [
        (X, lambda x: x, identity(X)),
        (X, f, f),
        (X, lambda x: [f(x)], f),
        (X, lambda x: None, discard(X)),
        (X, lambda x: (), discard(X)),
        (X, lambda x: (x, x), copy(X)),
        (X @ Y, lambda x, y: (y, x), swap(X, Y)),
        (X @ Y, lambda x, y: y, discard(X) @ identity(Y)),
        (X, lambda x: g(f(x), f(x)), copy(X) >> (f @ f) >> g),
        (X, lambda x: g(*[f(x)] * 2), f >> copy(Y) >> g),
        (X, h, h),
        (X, lambda x: h(x)[::-1], h >> swap(Y, X)),
        (X, effect, effect),
        (X, lambda x: (effect(x), f(x))[1], copy(X) >> (effect @ f)),
        (Ty(), state, state),
        (Ty(), scalar, scalar),
        (Ty(), lambda: None, identity(Ty())),
        (X, lambda x: (scalar(), x)[1], scalar @ identity(X)),
        (X, lambda x: swap(X, X)(x, f(x) and x)[0], None),
    ],
)
def test_two_spellings(ty, body, expected):
    if expected is None:
        with pytest.raises(ControlFlow):
            on(ty, body)
        return
    d = on(ty, body)
    assert d == expected
    assert hash(d) == hash(expected)


@given(diagrams(), diagrams())
def test_a_diagram_called_is_that_diagram(d, e):
    called = trace(d, d.dom)
    unfolded = trace(lambda *wires: d(*wires, unfold=True), d.dom)
    assert called == unfolded == d
    beside = trace(lambda *wires: (*_many(e(*wires[len(d.dom) :])), *_many(d(*wires[: len(d.dom)]))), d.dom @ e.dom)
    assert beside == (d @ e) >> swap(d.cod, e.cod)


def _many(out):
    return out if isinstance(out, tuple) else (out,)


def test_annotations_and_keywords():
    @diagram
    def one(x: X, y: Y) -> X @ Y:
        return x, y

    @diagram(x=X, y=Y)
    def two(x: Wire, y: Wire) -> tuple[Wire, Wire]:
        return x, y

    @diagram()
    def none():
        return state()

    @diagram
    def positional(x: X, /) -> (X, X):
        return x, x

    assert one == two == identity(X @ Y)
    assert none == state
    assert positional == copy(X)
    assert names(one) == ("x", "y")
    assert one.name == "one"
    assert two.cod == X @ Y


def test_annotations_as_text_see_where_they_stand():
    Z = Ty("Z")
    z = Box("z", Z, Z)

    @diagram
    def d(x: Z) -> Z:
        return z(x) if Z else x

    assert d == z


def test_annotations_as_text_that_nobody_knows():
    def d(x: Unknown): ...  # noqa: F821

    with pytest.raises(
        TypeMismatch, match=r"^d: cannot read its annotations .*Unknown.*; write @diagram\(x=Real\(3\)\)$"
    ):
        diagram(d)

    Local = Ty("Z")

    def local(x: Local): ...

    assert Local
    with pytest.raises(TypeMismatch, match="^local: cannot read its annotations .*Local"):
        diagram(local)

    def e(x: Real(-1)): ...

    with pytest.raises(ShapeMismatch, match="a size is"):
        diagram(e)


def test_named_diagrams_are_placed_as_one_box():
    @diagram
    def inner(x: X) -> Y:
        return f(x)

    @diagram
    def outer(x: X) -> X:
        return g(inner(x), inner(x, unfold=True))

    assert [box.name for box in flatten(outer).boxes] == ["inner", "f", "g"]
    assert outer == copy(X) >> (f @ f) >> g
    again = trace(lambda x: flatten(outer).boxes[0](x, unfold=True), X)
    assert [box.name for box in flatten(again).boxes] == ["f"]


def test_a_diagram_written_within_another():
    @diagram
    def outer(x: X) -> X @ Y:
        @diagram
        def inner(z: X) -> Y:
            return f(z)

        return x, inner(x)

    assert outer == copy(X) >> (identity(X) @ f)


def closed_over(use):
    @diagram
    def outer(x: X) -> X:
        @diagram
        def inner(y: Y):
            return use(x, y)

        return x


@pytest.mark.parametrize("use", [lambda x, y: f(x), lambda x, y: x, lambda x, y: (y, x), lambda x, y: h(x)])
def test_a_wire_of_the_diagram_around(use):
    with pytest.raises(WireError, match='<wire 0 of outer: "X">.*belongs to another diagram'):
        closed_over(use)


def kept_wire() -> Wire:
    kept = []
    trace(kept.append, X, "gone")
    return kept[0]


def test_a_wire_outside_its_diagram():
    wire = kept_wire()
    with pytest.raises(WireError, match=r"^f: boxes go on wires in a @diagram function; to run it on arrays"):
        f(wire)
    with pytest.raises(WireError, match="belongs to another diagram; pass it in as an input"):
        on(X, lambda x: f(wire))
    with pytest.raises(WireError, match='d: returns <wire 0 of gone: "X">, which belongs to another diagram'):
        on(X, lambda x: wire)


@pytest.mark.parametrize("argument", [3, np.ones(2), None, "x", (1, 2), X])
def test_what_is_no_wire(argument):
    with pytest.raises(WireError, match="boxes go on wires"):
        f(argument)
    with pytest.raises(WireError, match="boxes go on wires"):
        on(X, lambda x: f(argument))
    if argument is not None:
        with pytest.raises(WireError, match="^d: returns .*, not a wire; return the wires that leave"):
            on(X, lambda x: (x, argument))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda x: f(x, x), 'f reads 1 wires (Ty("X")), got 2'),
        (lambda x: f(), 'f reads 1 wires (Ty("X")), got 0'),
        (lambda x: g(f(x), x), 'g: port 1 reads "Y" but the wire carries "X"'),
        (lambda x: (f >> copy(Y))(f(x)), 'diagram: port 0 reads "X" but the wire carries "Y"'),
    ],
)
def test_boxes_on_wires_that_do_not_fit(body, message):
    with pytest.raises(TypeMismatch) as caught:
        on(X, body)
    assert message in str(caught.value)


VALUES = {
    "if": lambda x: 1 if x else 2,
    "and": lambda x: x and x,
    "not": lambda x: not x,
    "while": lambda x: any([x]),
    "for": lambda x: [y for y in x],  # noqa: C416
    "unpacking": lambda x: [*x],
    "in": lambda x: 3 in x,
    "len": len,
    "float": float,
    "int": int,
    "complex": complex,
    "range": range,
    "index": lambda x: [1, 2, 3][x],
    "math": math.sin,
    "array": np.asarray,
    "array of wires": lambda x: np.array([x, x]) @ np.ones(2),
    "sum": sum,
    "less": lambda x: x < 3,
    "more": lambda x: np.ones(2) > x,
    "equal": lambda x: x == 0,
    "not equal": lambda x: x != 0,
    "least": lambda x: min(x, 3),
    "sorted": lambda x: sorted([x, state()]),
}


@pytest.mark.parametrize("use", VALUES.values(), ids=VALUES.keys())
def test_a_wire_has_no_value(use):
    with pytest.raises(ControlFlow, match='^<wire [01] of d: "X"> has no value while the diagram is written: .*; .*$'):
        on(X, use)


def test_wires_are_told_apart_without_comparing():
    seen = []
    on(X @ X, lambda x, y: seen.extend([x == x, {x: 1, y: 2}[y], x in (x, y)]))
    assert seen == [True, 2, True]


ARRAY = np.ones(3)
OPERATIONS = {
    "add": (lambda x: x + 1, lambda x: 1 + x, lambda x: ARRAY + x),
    "sub": (lambda x: x - 1, lambda x: 1 - x, lambda x: ARRAY - x),
    "mul": (lambda x: x * 2, lambda x: 2 * x, lambda x: ARRAY * x),
    "div": (lambda x: x / 2, lambda x: 2 / x, lambda x: ARRAY / x),
    "pow": (lambda x: x**2, lambda x: 2**x, lambda x: ARRAY**x),
    "matmul": (lambda x: x @ ARRAY, lambda x: ARRAY @ x),
    "xor": (lambda x: x ^ 1, lambda x: 1 ^ x),
    "and": (lambda x: x & 1, lambda x: 1 & x),
    "or": (lambda x: x | 1, lambda x: 1 | x),
    "invert": (lambda x: ~x,),
    "neg": (lambda x: -x,),
    "abs": (abs,),
    "getitem": (lambda x: x[0], lambda x: x[1:, None]),
    "transpose": (lambda x: x.T,),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operators_belong_to_theories(name, monkeypatch):
    for use in OPERATIONS[name]:
        with pytest.raises(WireError, match=f"no theory gives wires of this kind the operator '{name}'; place a box"):
            on(X, use)
    seen = []
    monkeypatch.setitem(OPERATORS, "X", {name: lambda *operands: seen.append(operands) or f(state())})
    for use in OPERATIONS[name]:
        assert on(X, use).cod == Y
    wires = [[isinstance(operand, Wire) for operand in operands].index(True) for operands in seen]
    assert wires[0] == 0
    assert name in ("invert", "neg", "abs", "getitem", "transpose") or set(wires[1:]) == {1}


def test_what_a_wire_tells():
    seen = []
    trace(lambda x, y: seen.extend([x.shape, x.ty, repr(y)]), Real("n", 3) @ Bits(2), "tell")
    assert seen == [("n", 3), Real("n", 3), "<wire 1 of tell: Bits(2)>"]


def _plain(x: X):
    return x


async def _later(x: X):
    return x


def _one_by_one(x: X):
    yield x


async def _both(x: X):
    yield x


def _many_inputs(*wires: X):
    return wires


def _keywords(**wires: X):
    return wires


def _keyword_only(*, x: X):
    return x


def _default(x: X, y: Y = None):
    return x


def _plain_default(x: X, k=3):
    return x


def _untyped(x: X, y):
    return x


def _two_wires(x: X @ Y):
    return x


def _no_wire(x: None):
    return x


def _other_type(x: int):
    return x


def _wrong_return(x: X) -> Y:
    return x


def _odd_return(x: X) -> int:
    return x


def _nested_result(x: X):
    return x, (x, x)


def _dictionary(x: X):
    return {"x": x}


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (_later, WireError, "_later: an async function cannot be drawn"),
        (_one_by_one, WireError, "_one_by_one: a generator cannot be drawn; write a plain function"),
        (_both, WireError, "_both: an async generator cannot be drawn"),
        (_many_inputs, WireError, "_many_inputs: '*wires' is not a single wire; give each input its own name"),
        (_keywords, WireError, "_keywords: '**wires' is not a single wire"),
        (_keyword_only, WireError, "_keyword_only: 'x' is not a single wire"),
        (_default, WireError, "_default: input 'y' has a default, but wires have no values; use the variable"),
        (_plain_default, WireError, "_plain_default: input 'k' has a default"),
        (_untyped, TypeMismatch, "_untyped: input 'y' has no type; annotate it, as in x: Real(3), or write @diagram("),
        (_two_wires, TypeMismatch, '_two_wires: input \'x\' must be one wire, not Ty("X", "Y"); give each wire a name'),
        (_no_wire, TypeMismatch, "_no_wire: input 'x' must be one wire, not Ty()"),
        (_other_type, TypeMismatch, "_other_type: 'x': expected a type such as Real(3)"),
        (_wrong_return, TypeMismatch, '_wrong_return: declared to give Ty("Y") but gives Ty("X")'),
        (_odd_return, TypeMismatch, "_odd_return: 'return': expected a type"),
        (_nested_result, WireError, "_nested_result: returns (<wire 0"),
        (_dictionary, WireError, "_dictionary: returns {'x'"),
        (f, WireError, "diagram: expected a function on wires"),
        (X, WireError, 'diagram: expected a function on wires, not Ty("X"); types go by name'),
        (3, WireError, "diagram: expected a function on wires, not 3"),
        (int, WireError, "diagram: expected a function on wires"),
    ],
)
def test_functions_that_cannot_be_drawn(function, error, message):
    with pytest.raises(error) as caught:
        diagram(function)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    gc.collect()  # a coroutine that was made and not run would warn here


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({}, "_plain: input 'x' has no type"),
        ({"x": X, "z": Y}, "_plain: there is no input 'z' to give a type to"),
        ({"x": int}, "_plain: 'x': expected a type such as Real(3)"),
        ({"x": X @ X}, "_plain: input 'x' must be one wire"),
        ({"x": X, "return": Y}, '_plain: declared to give Ty("Y") but gives Ty("X")'),
    ],
)
def test_types_by_keyword_that_do_not_fit(types, message):
    with pytest.raises(TypeMismatch) as caught:
        diagram(**types)(_plain)
    assert message in str(caught.value)


def test_other_callables():
    class Twice:
        def __call__(self, x: Wire):
            return x, x

    assert diagram(x=X)(Twice()) == copy(X)
    assert diagram(x=X)(Twice()).name == "Twice"
    assert diagram(y=Y)(partial(lambda box, y: box(y, y), g)) == copy(Y) >> g


class Broken(Exception):
    pass


def test_a_body_that_raises_leaves_nothing_behind():
    def broken(x):
        f(x)
        raise Broken

    with pytest.raises(Broken):
        on(X, broken)
    with pytest.raises(WireError, match="boxes go on wires in a @diagram function"):
        f(kept_wire())

    @diagram
    def outer(x: X) -> Y:
        with pytest.raises(Broken):
            on(X, broken)
        return f(x)

    assert outer == f
    assert [box.name for box in flatten(outer).boxes] == ["f"]


def test_threads_write_apart():
    start = threading.Barrier(8)

    def write(k: int) -> bool:
        box = Box(f"box {k}", X, X)
        start.wait()
        for n in range(60):
            made = trace(lambda x, n=n: _repeat(box, x, n), X)
            if [b.name for b in flatten(made).boxes] != [box.name] * n:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(8)))


def _repeat(box, x, n):
    for _ in range(n):
        x = box(x)
    return x


def test_a_thread_started_within_a_diagram_is_outside_it():
    def body(x):
        with ThreadPoolExecutor(1) as pool:
            with pytest.raises(WireError):
                pool.submit(f, x).result()
            assert pool.submit(trace, f, X).result() == f
        return f(x)

    assert on(X, body) == f


def test_long_diagrams():
    n = 20_000
    d = trace(lambda x: _repeat(Box("f", X, X), x, n), X)
    assert len(flatten(d).boxes) == n


def test_place_is_what_calling_does():
    assert on(X, lambda x: place(f, [x])) == f
    assert issubclass(WireError, CatlearnError)


@pytest.mark.parametrize(
    ("use", "error"),
    [
        (np.sin, ControlFlow),
        (np.sum, ControlFlow),
        (lambda x: np.maximum(x, x), ControlFlow),
        (lambda x: np.ones(3).__iadd__(x), ControlFlow),
        (round, ControlFlow),
        (lambda x: f"{x:.3f}", ControlFlow),
        (lambda x: x.__setitem__(0, 1.0), ControlFlow),
        (lambda x: x.__delitem__(0), ControlFlow),
        (lambda x: x.sum(), WireError),
        (lambda x: x.ndim, AttributeError),
        (lambda x: x // 2, WireError),
        (lambda x: 2 % x, WireError),
        (lambda x: x << 1, WireError),
        (lambda x: Box("f", Real(3), Real(3))(np.ones(300)), WireError),
        (lambda x: np.ones((100, 100)), WireError),
    ],
)
def test_what_arrays_can_and_wires_cannot(use, error):
    with pytest.raises(error, match=r"^[^\n]{1,300}$") as caught:
        trace(use, Real(3))
    assert isinstance(caught.value, CatlearnError)


def test_arrays_on_the_left_of_an_operator():
    left = np.arange(3.0)
    for ours, theirs in (
        (lambda x: left - x, lambda x: OPERATORS["Real"]["sub"](left, x)),
        (lambda x: np.add(left, x), lambda x: left + x),
        (lambda x: np.float64(2.0) * x, lambda x: x * 2.0),
        (lambda x: np.ones((2, 3)) @ x, lambda x: np.matmul(np.ones((2, 3)), x)),
        (lambda x: +x, lambda x: x),
    ):
        assert trace(ours, Real(3)) == trace(theirs, Real(3))


def test_a_wire_can_be_looked_for_and_shown():
    @diagram
    def d(x: X) -> X:
        assert not hasattr(x, "sum")
        assert not hasattr(x, "__array_interface__")
        assert f"{x}" == repr(x)
        return shallow(x)

    assert d == identity(X)


def test_inputs_by_name():
    @diagram
    def pair(a: X, b: Y):
        return b, a

    assert trace(lambda x, y: pair(b=y, a=x), X @ Y) == trace(lambda x, y: pair(x, b=y), X @ Y) == swap(X, Y)
    for use in (lambda x, y: pair(x, c=y), lambda x, y: pair(x, y, b=y), lambda x, y: pair(a=x)):
        with pytest.raises(TypeMismatch, match=r"^pair: .* the inputs left are \w+(, \w+)?$"):
            trace(use, X @ Y)


def test_a_builtin_that_does_not_tell_its_inputs():
    with pytest.raises(WireError, match="^max: it does not say what its inputs are"):
        diagram(max)
