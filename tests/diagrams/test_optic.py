"""Optics are a category in either phase, and one functor carries every theory that reads a diagram in two passes.

Three theories stand for the rest: bits with their reverse derivative (along first, changes combine by XOR), finite
kernels with messages (against first, messages combine by multiplication), and boxes that mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catlearn.diagrams.diagram import Box, Diagram, copy, discard, identity, swap
from catlearn.diagrams.optic import Optic, Phase, Theory, lens, optic
from catlearn.diagrams.types import Bits, Finite, Ob, Ty
from catlearn.diagrams.wiring import graph, prune, unfolded
from catlearn.errors import TypeMismatch, UnknownBox
from tests.strategies import Maker, diagrams, fixed

few = settings(max_examples=40)
phases = pytest.mark.parametrize("phase", ["along", "against"])


# Boxes that mean nothing: equality of diagrams is then the strictest test there is.


def bare(phase: Phase) -> Theory:
    """Every box f becomes a pass `f+` that leaves a residual, and a pass `f-` that reads it."""

    def pair(ob: Ob) -> tuple[Ty, Ty]:
        return Ty(f"{ob.kind}+", f"{ob.kind}++"), Ty(f"{ob.kind}-")

    def rule(box: Box) -> Optic:
        dom, cod = theory.ends(box.dom), theory.ends(box.cod)
        rest = Ty(f"M{box.name}")
        start, end, entry, out = (
            (dom[0], cod[0], cod[1], dom[1]) if phase == "along" else (cod[1], dom[1], dom[0], cod[0])
        )
        one = Box(f"{box.name}+", start, end @ rest, box.data)
        return Optic(dom, cod, rest, one, Box(f"{box.name}-", rest @ entry, out, box.data), phase)

    def combine(ty: Ty, n: int) -> Diagram:
        return identity(ty) if n == 1 else Box("combine", ty**n, ty)

    theory = Theory(phase, pair, rule, combine)
    return theory


@st.composite
def three(draw: st.DrawFn) -> list[Diagram]:
    found = [draw(diagrams(max_boxes=3, fold=False))]
    while len(found) < 3:
        found.append(draw(diagrams(found[-1].cod, max_boxes=3, fold=False)))
    return found


def linear_wires(d: Diagram) -> Diagram:
    """A diagram like this one in which no wire is read twice: a source stands where it would be.

    Two halves may each combine the readings of one wire; nested sums are equal only where sums are associative.
    """
    wiring = unfolded(d)
    seen: set[int] = set()
    steps: list[tuple[Box, list[int]]] = []
    obs = list(d.dom.obs)
    at = {i: i for i in range(len(obs))}

    def fresh(wire: int) -> int:
        if wire in seen:
            steps.append((Box("source", Ty(), Ty(obs[at[wire]])), []))
            obs.append(obs[at[wire]])
            return len(obs) - 1
        seen.add(wire)
        return at[wire]

    for box, reads, made in wiring.steps():
        wires = [fresh(i) for i in reads]
        steps.append((box, wires))
        for i in made:
            at[i] = len(obs) + (i - made.start)
        obs.extend(box.cod.obs)
    outputs = [fresh(i) for i in wiring.outputs.tolist()]
    return graph(d.dom, steps, outputs)


@phases
@few
@given(fgh=three())
def test_composition_is_associative_and_has_identities(phase: Phase, fgh: list[Diagram]) -> None:
    f, g, h = (optic(d, bare(phase)) for d in fgh)
    assert ((f >> g) >> h).close() == (f >> (g >> h)).close()
    assert ((f >> g) >> h).both() == (f >> (g >> h)).both()
    one, end = (optic(identity(ty), bare(phase)) for ty in (fgh[0].dom, fgh[0].cod))
    assert (one >> f).close() == f.close() == (f >> end).close()


@phases
@few
@given(data=st.data())
def test_side_by_side_is_a_functor(phase: Phase, data: st.DataObject) -> None:
    f, g = (data.draw(diagrams(max_boxes=3, fold=False)) for _ in range(2))
    h, k = (data.draw(diagrams(d.cod, max_boxes=3, fold=False)) for d in (f, g))
    F, G, H, K = (optic(d, bare(phase)) for d in (f, g, h, k))
    assert ((F @ G) >> (H @ K)).close() == ((F >> H) @ (G >> K)).close()
    assert ((F @ G) @ H).close() == (F @ (G @ H)).close()
    none = optic(identity(Ty()), bare(phase))
    assert (none @ F).close() == F.close() == (F @ none).close()


@phases
@few
@given(data=st.data())
def test_optic_is_a_functor(phase: Phase, data: st.DataObject) -> None:
    theory = bare(phase)
    f, g = (linear_wires(data.draw(diagrams(max_boxes=4, fold=False))) for _ in range(2))
    h = linear_wires(data.draw(diagrams(f.cod, max_boxes=4, fold=False)))
    assert optic(f @ g, theory).close() == (optic(f, theory) @ optic(g, theory)).close()
    F, G, H = (optic(d, theory) for d in (f, g, h))
    chained = optic(f >> h, theory)
    # A wire that one half drops gets a unit, though the other half drops it too.
    if not dropped(f) and not dropped(h):
        assert chained.close() == (F >> H).close()
    assert (chained.dom, chained.cod) == (F.dom, H.cod)
    crossed = optic(swap(f.cod, g.cod), theory)
    assert ((F @ G) >> crossed).close() == (optic(swap(f.dom, g.dom), theory) >> (G @ F)).close()


def dropped(d: Diagram) -> bool:
    return any(not found for found in unfolded(d).consumers())


@phases
def test_copies_combine_and_discards_give_the_unit(phase: Phase) -> None:
    theory = bare(phase)
    x = Ty("X")
    plus, minus = theory.ends(x)
    joined, unit = Box("combine", minus @ minus, minus), Box("combine", Ty(), minus)
    copied, dropped = optic(copy(x), theory), optic(discard(x), theory)
    if phase == "along":
        assert copied.close() == discard(plus) @ joined
        assert copied.first == copy(plus)
        assert dropped.close() == discard(plus) @ unit
    else:
        assert copied.close() == (joined >> discard(minus)) @ copy(plus)
        assert copied.first == joined
        assert dropped.first == unit


@phases
@given(d=diagrams(max_boxes=4))
def test_flip_is_an_involution_that_turns_composites_round(phase: Phase, d: Diagram) -> None:
    f = optic(d, bare(phase))
    assert f.flip().flip() == f
    assert f.flip().phase != phase
    assert f.flip().dom == f.cod[::-1]
    assert f.flip().close() == f.close()
    g = optic(Box("g", d.cod, Ty("Z")), bare(phase))
    assert (f >> g).flip().close() == (g.flip() >> f.flip()).close()
    assert (f @ g).flip().close() == (f.flip() @ g.flip()).close()


@phases
@few
@given(d=diagrams(max_boxes=5))
def test_shapes_of_the_passes(phase: Phase, d: Diagram) -> None:
    f = optic(d, bare(phase))
    start, entry, end, out = (
        (f.dom[0], f.cod[1], f.cod[0], f.dom[1]) if phase == "along" else (f.cod[1], f.dom[0], f.dom[1], f.cod[0])
    )
    assert (f.close().dom, f.close().cod) == (start @ entry, out)
    assert (f.both().dom, f.both().cod) == (start @ entry, end @ out)


def test_types_that_do_not_meet_are_named() -> None:
    x, y = Ty("X"), Ty("Y")
    f = lens(Box("f", x, y), Box("b", x @ y, x))
    with pytest.raises(TypeMismatch, match="does not meet"):
        f >> f
    with pytest.raises(TypeMismatch, match="one runs its first pass along the diagram, the other against it"):
        f @ f.flip()
    with pytest.raises(TypeMismatch, match="one runs its first pass"):
        f >> f.flip()
    with pytest.raises(TypeMismatch, match="optic: the second pass must be"):
        lens(Box("f", x, y), Box("b", y @ x, x))
    with pytest.raises(TypeMismatch, match="optic: the first pass must be"):
        Optic((x, x), (y, y), Ty(), Box("f", x, x), Box("b", y, x))


# Bits with the reverse derivative of polynomials over Z2.

BIT = Bits(1)
TABLE: dict[str, Callable[..., tuple[int, ...]]] = {
    "xor": lambda a, b: (a ^ b,),
    "and": lambda a, b: (a & b,),
    "not": lambda a: (1 ^ a,),
    "or": lambda a, b: (a | b,),
    "one": lambda: (1,),
    "zero": lambda: (0,),
    "mux": lambda s, a, b: (a if s else b,),
    "R[xor]": lambda d: (d, d),
    "R[and]": lambda a, b, d: (b & d, a & d),
    "R[or]": lambda a, b, d: ((1 ^ b) & d, (1 ^ a) & d),
    "R[mux]": lambda s, a, b, d: ((a ^ b) & d, s & d, (1 ^ s) & d),
}
LINEAR = {"xor", "not", "one", "zero"}
GATES: tuple[Maker, ...] = tuple(
    fixed(Box(name, BIT ** len(f.__code__.co_varnames), BIT)) for name, f in TABLE.items() if name[0] != "R"
)


def gate(box: Box) -> Optic:
    """A gate keeps its inputs where its derivative reads them."""
    a, b = box.dom, box.cod
    if box.name not in TABLE:
        raise UnknownBox(f"no gate {box.name!r}")
    if box.name in LINEAR:
        back = {"xor": copy(b), "not": identity(b)}.get(box.name, discard(b))
        return Optic((a, a), (b, b), Ty(), box, back)
    return lens(box, Box(f"R[{box.name}]", a @ b, a))


def xor(ty: Ty, n: int) -> Diagram:
    total = Box("zero", Ty(), ty) if n == 0 else identity(ty)
    for k in range(1, n):
        total = (total @ identity(ty)) >> Box("xor", ty @ ty, ty)
        assert len(total.dom) == k + 1
    return total


Z2 = Theory("along", lambda ob: (Ty(ob), Ty(ob)), gate, xor)


def evaluate(d: Diagram, inputs: tuple[Any, ...], table: dict[str, Callable[..., tuple[Any, ...]]]) -> tuple[Any, ...]:
    at = list(inputs)
    wiring = unfolded(d)
    for box, reads, _ in wiring.steps():
        at.extend(table[box.name](*(at[i] for i in reads)))
    return tuple(at[i] for i in wiring.outputs.tolist())


Polynomial = frozenset[frozenset[int]]


def polynomials(d: Diagram) -> list[Polynomial]:
    """The outputs as formal polynomials over Z2 with powers kept: a monomial is a set of (variable, power)."""

    def times(p: Any, q: Any) -> Any:
        found: set = set()
        for a, b in product(p, q):
            powers = {v: dict(a).get(v, 0) + dict(b).get(v, 0) for v in {*dict(a), *dict(b)}}
            found ^= {frozenset(powers.items())}
        return frozenset(found)

    one: Any = frozenset([frozenset()])
    rules: dict[str, Callable[..., tuple[Any, ...]]] = {
        "xor": lambda p, q: (p ^ q,),
        "and": lambda p, q: (times(p, q),),
        "not": lambda p: (one ^ p,),
        "or": lambda p, q: (p ^ q ^ times(p, q),),
        "one": lambda: (one,),
        "zero": lambda: (frozenset(),),
        "mux": lambda s, a, b: (times(s, a) ^ times(one ^ s, b),),
    }
    variables = tuple(frozenset([frozenset([(i, 1)])]) for i in range(len(d.dom)))
    return list(evaluate(d, variables, rules))


def partial(p: Any, i: int) -> Any:
    """The formal derivative by a variable: x^k becomes k x^(k-1)."""
    found: set = set()
    for monomial in p:
        powers = dict(monomial)
        if powers.get(i, 0) % 2:
            powers[i] -= 1
            found ^= {frozenset((v, k) for v, k in powers.items() if k)}
    return frozenset(found)


def value(p: Any, x: tuple[int, ...]) -> int:
    return sum(all(x[v] for v, _ in monomial) for monomial in p) % 2


@given(diagrams(BIT**3, None, 6, GATES, fold=False))
def test_bits_have_the_formal_reverse_derivative(d: Diagram) -> None:
    closed, formulas = optic(d, Z2).close(), polynomials(d)
    assert closed.dom == d.dom @ d.cod
    for x in product([0, 1], repeat=3):
        for w in product([0, 1], repeat=len(d.cod)):
            slopes = [
                [value(partial(p, i), x) & change for p, change in zip(formulas, w, strict=True)] for i in range(3)
            ]
            assert evaluate(closed, (*x, *w), TABLE) == tuple(sum(row) % 2 for row in slopes)
    assert unfolded(optic(d, Z2).first).boxes[: len(unfolded(d).boxes)] == unfolded(d).boxes


def test_a_square_has_the_derivative_zero_though_it_is_the_identity_on_bits() -> None:
    square = copy(BIT) >> Box("and", BIT @ BIT, BIT)
    assert [evaluate(square, (x,), TABLE) for x in (0, 1)] == [(0,), (1,)]
    assert {evaluate(optic(square, Z2).close(), (x, 1), TABLE) for x in (0, 1)} == {(0,)}


def test_a_box_without_a_row_is_named() -> None:
    with pytest.raises(UnknownBox, match="no gate 'mystery'"):
        optic(Box("mystery", BIT, BIT), Z2)


# Finite kernels: messages run against the diagram first, then guided samples along it. Here both passes are exact.

COIN = Finite("heads", "tails")
RNG = np.random.default_rng(0)


def _kernel(n: int, m: int) -> np.ndarray:
    """A random kernel of n inputs and m outputs with two outcomes each, as a matrix."""
    made = RNG.uniform(0.1, 1.0, (2**n, 2**m))
    return made / made.sum(1, keepdims=True)


KERNELS = {"f": (1, 1), "g": (1, 1), "two": (2, 1), "prior": (0, 1)}
MATRICES = {name: _kernel(*shape) for name, shape in KERNELS.items()}


def pulled(box: Box) -> Optic:
    """Backward: a message h on the output becomes the message K h on the inputs; the message is kept.

    Forward: the kernel guided by what was kept, K(x, y) h(y) / (K h)(x). A message on several wires is a product of
    messages, so boxes here have one output, and a message on two inputs is kept as a table on both.
    """
    name, message, state = box.name, Ty("h"), Ty("x")
    first = copy(message) >> (Box(f"pull[{name}]", message, message ** len(box.dom)) @ identity(message))
    second = Box(f"guide[{name}]", message @ state ** len(box.dom), state ** len(box.cod))
    return Optic((state ** len(box.dom), message ** len(box.dom)), (state, message), message, first, second, "against")


def multiply(ty: Ty, n: int) -> Diagram:
    return identity(ty) if n == 1 else Box(f"product{n}", ty**n, ty)


BFFG = Theory("against", lambda ob: (Ty("x"), Ty("h")), pulled, multiply)


def meanings() -> dict[str, Callable[..., tuple[Any, ...]]]:
    """Messages are vectors; a state is a table from outcomes so far to weights, kept as (matrix from the start)."""
    found: dict[str, Callable[..., tuple[Any, ...]]] = {}
    for name in ("f", "g", "prior"):
        k = MATRICES[name]
        found[f"pull[{name}]"] = lambda h, k=k: (k @ h,) if len(k) > 1 else ()
        found[f"guide[{name}]"] = lambda h, *x, k=k: ((x[0] if x else np.ones(1)) @ (k * h / (k @ h)[:, None]),)
    for n in (0, 2, 3, 4):
        found[f"product{n}"] = lambda *h: (np.prod([np.ones(2), *h], axis=0),)
    return found


def chain_of(names: list[str]) -> Diagram:
    d = identity(COIN)
    for name in names:
        d = d >> Box(name, COIN, COIN)
    return d


@given(st.lists(st.sampled_from("fg"), max_size=4), st.lists(st.sampled_from("fg"), max_size=4))
def test_messages_and_guided_kernels_give_the_posterior(up: list[str], down: list[str]) -> None:
    """A prior, a trunk, a copy, and two branches that are observed: the trunk's end is smoothed exactly."""
    d = Box("prior", Ty(), COIN) >> chain_of(up) >> copy(COIN) >> (identity(COIN) @ chain_of(down))
    made = optic(d, BFFG)
    assert (made.dom, made.cod) == ((Ty(), Ty()), (Ty("x", "x"), Ty("h", "h")))
    assert made.phase == "against"
    left, right = np.array([0.3, 0.9]), np.array([0.8, 0.1])
    at_trunk, at_leaf = evaluate(made.close(), (left, right), meanings())
    trunk = np.linalg.multi_dot([MATRICES["prior"], *(MATRICES[n] for n in up), np.eye(2)])[0]
    branch = np.linalg.multi_dot([np.eye(2), *(MATRICES[n] for n in down), np.eye(2)])
    joint = trunk[:, None] * branch * left[:, None] * right[None, :]
    joint /= joint.sum()
    np.testing.assert_allclose(at_trunk, joint.sum(1), rtol=1e-12)
    np.testing.assert_allclose(at_leaf, joint.sum(0), rtol=1e-12)


def test_a_leaf_that_nobody_sees_says_nothing() -> None:
    seen = chain_of(["f"]) >> copy(COIN) >> (identity(COIN) @ (chain_of(["g"]) >> discard(COIN)))
    made = optic(seen, BFFG)
    h = np.array([0.2, 0.7])
    (found,) = evaluate(made.close(), (h, np.array([0.5, 0.5])), meanings())
    (wanted,) = evaluate(optic(chain_of(["f"]), BFFG).close(), (h, np.array([0.5, 0.5])), meanings())
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("names", [["f"], ["f", "g"], ["g", "g", "f"]])
def test_composites_of_guided_kernels_are_guided_composites(names: list[str]) -> None:
    whole, one = optic(chain_of(names), BFFG), optic(identity(COIN), BFFG)
    for name in names:
        one = one >> optic(chain_of([name]), BFFG)
    assert whole.close() == one.close()
    assert whole.phase == one.phase == "against"


# Lenses with a backward pass of the user's, and objects that have none.


def test_a_lens_takes_any_backward_pass() -> None:
    x, y, dx, dy = Ty("X"), Ty("Y"), Ty("dX"), Ty("dY")
    get, put = Box("f", x, y), Box("mine", x @ dy, dx)
    made = lens(get, put)
    assert prune(made.close()) == put
    assert made.both() == copy(x) @ identity(dy) >> get @ put
    h, k = Box("g", y, Ty("Z")), Box("yours", y @ Ty("dZ"), dy)
    chained = copy(x) @ identity(Ty("dZ")) >> identity(x) @ get @ identity(Ty("dZ")) >> identity(x) @ k >> put
    assert prune((made >> lens(h, k)).close()) == chained


def test_a_residual_is_kept_once() -> None:
    x = Bits(1)
    d = copy(x) >> (Box("and", x @ x, x) @ identity(Ty()))
    assert optic(d >> copy(x) >> Box("and", x @ x, x), Z2).residual == x @ x


def test_objects_may_have_no_wires_against() -> None:
    silent = Theory(
        "along",
        lambda ob: (Ty(ob), Ty()),
        lambda box: Optic((box.dom, Ty()), (box.cod, Ty()), Ty(), box, identity(Ty())),
        lambda ty, n: identity(ty) if ty else identity(Ty()),
    )
    d = copy(Ty("X")) >> (Box("f", Ty("X"), Ty("Y")) @ discard(Ty("X")))
    made = optic(d, silent)
    assert made.first == d
    assert (made.dom, made.cod) == ((Ty("X"), Ty()), (Ty("Y"), Ty()))
    assert made.close().cod == Ty()


def test_folded_boxes_are_opened() -> None:
    inner = Box("and", BIT @ BIT, BIT)
    folded = Box("part", BIT @ BIT, BIT, (), inner)
    assert optic(folded, Z2).close() == optic(inner, Z2).close()


def test_a_long_chain_takes_no_deep_recursion() -> None:
    d: Diagram = identity(BIT)
    for _ in range(5000):
        d = d >> Box("not", BIT, BIT)
    assert prune(optic(d, Z2).close()) == discard(BIT) @ identity(BIT)
