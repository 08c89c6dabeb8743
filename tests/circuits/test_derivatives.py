"""Formal and finite derivatives of circuits: the published table, sympy's polynomials, and where the two agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Bits, Modular, Saturating, Ty, Wire, copy, reverse, trace
from catlearn.diagrams.theories.boolean import rows
from catlearn.diagrams.theories.boolean.semiring import semiring
from catlearn.errors import TypeMismatch
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.raised import diagram_of
from catlearn.interpreters.circuits.table import truth_table
from catlearn.interpreters.circuits.walking import walk
from tests.circuits.polynomials import every, polynomials, same

quick = settings(derandomize=True, deadline=None, max_examples=40)
B = Bits(1)

# (forward, reverse) with whole numbers: Wilson and Zanasi, arXiv:2101.10488, with what follows from them.
PUBLISHED = {
    "xor": (2, rows.add, lambda x, y: x ^ y, lambda x, y, d: (d, d)),
    "and": (2, rows.multiply, lambda x, y: x & y, lambda x, y, d: (y & d, x & d)),
    "or": (2, rows.either, lambda x, y: x | y, lambda x, y, d: ((1 ^ y) & d, (1 ^ x) & d)),
    "not": (1, rows.invert, lambda x: 1 ^ x, lambda x, d: (d,)),
    "mux": (3, rows.mux, lambda s, a, b: a if s else b, lambda s, a, b, d: ((a ^ b) & d, s & d, (1 ^ s) & d)),
    "equals": (2, rows.equals, lambda x, y: int(x == y), lambda x, y, d: (d, d)),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_gates_of_the_paper(name: str) -> None:
    n, gate, there, back = PUBLISHED[name]
    f = trace(gate, B**n)
    for row in np.concatenate(every(B ** (n + 1)), axis=1).tolist():
        inputs = [np.array([[bit]]) for bit in row]
        assert [int(y[0, 0]) for y in walk(f, inputs[:n])] == [there(*row[:n])]
        assert tuple(int(y[0, 0]) for y in walk(reverse(f), inputs)) == back(*row)


@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_a_table_in_a_wire_and_a_one_hot_word(k: int) -> None:
    """R of eval: d at the entry addressed, and d where the address's neighbor differs; of basis: d[x] ^ d[x ^ e_k]."""
    rng = np.random.default_rng(k)
    t, d = rng.integers(0, 2, (40, 1 << k)), rng.integers(0, 2, (40, 1))
    x = rng.integers(0, 2, (40, k))
    at = x @ (1 << np.arange(k)) if k else np.zeros(40, int)
    every_row = np.arange(40)
    asked, moved = walk(reverse(trace(rows.evaluate, Bits(1 << k) @ Bits(k))), [t, x, d])
    assert (asked == d * (np.arange(1 << k) == at[:, None])).all()
    for bit in range(k):
        assert (moved[:, bit] == d[:, 0] & (t[every_row, at] ^ t[every_row, at ^ 1 << bit])).all()
    if k:
        change = rng.integers(0, 2, (40, 1 << k))
        (found,) = walk(reverse(trace(rows.one_hot, Bits(k))), [x, change])
        for bit in range(k):
            assert (found[:, bit] == change[every_row, at] ^ change[every_row, at ^ 1 << bit]).all()


def test_the_square_of_a_bit_has_no_formal_derivative_and_a_finite_one() -> None:
    square = copy(B) >> trace(rows.multiply, B @ B)
    one = [np.array([[1]]), np.array([[1]])]
    assert walk(reverse(square), one)[0].item() == 0
    assert walk(cl.circuits.difference(square), one)[0].item() == 1
    assert not square.is_safe()
    # Simplifying the circuit first would change the derivative, so nothing that is differentiated is simplified.
    assert len(netlist(square)) == 0
    assert walk(reverse(diagram_of(netlist(square))), one)[0].item() == 1


@quick
@given(st.data())
def test_where_a_circuit_is_safe_both_derivatives_agree(data: st.DataObject) -> None:
    ob = data.draw(st.sampled_from([B, Modular(3, 1), Modular(6, 1)]))
    f = data.draw(polynomials(ob, boxes=6, safe=True))
    if f.is_safe():
        same(reverse(f), cl.circuits.difference(f))


def test_a_third_of_random_circuits_is_where_they_differ() -> None:
    """So the law above is one of safe circuits, and not of all."""
    rng, differ = np.random.default_rng(0), 0
    for _ in range(60):
        plan = rng.integers(0, 99, (4, 3))

        def drawn(*wires: Wire, plan: np.ndarray = plan) -> Wire:
            at = list(wires)
            for kind, i, j in plan:
                gate = (rows.multiply, rows.add, rows.either)[kind % 3]
                at.append(gate(at[i % len(at)], at[j % len(at)]))
            return at[-1]

        f = trace(drawn, B**3)
        inputs = every(B**4)
        pairs = zip(walk(reverse(f), inputs), walk(cl.circuits.difference(f), inputs), strict=True)
        differs = any((a != b).any() for a, b in pairs)
        assert not (differs and f.is_safe())
        differ += differs
    assert 5 < differ < 55


@pytest.mark.parametrize("p", [2, 3, 5])
@settings(derandomize=True, deadline=None, max_examples=15)
@given(plan=st.lists(st.tuples(st.sampled_from(["add", "mul"]), st.integers(0, 9), st.integers(0, 9)), max_size=5))
def test_the_formal_derivative_is_that_of_sympy(p: int, plan: list[tuple[str, int, int]]) -> None:
    from sympy import Poly, symbols

    names = symbols("x0 x1 x2")
    at = [Poly(x, *names, modulus=p) for x in names]
    for kind, i, j in plan:
        a, b = at[i % len(at)], at[j % len(at)]
        at.append(a + b if kind == "add" else a * b)

    def drawn(*wires: Wire) -> Wire:
        made = list(wires)
        for kind, i, j in plan:
            gate = rows.add if kind == "add" else rows.multiply
            made.append(gate(made[i % len(made)], made[j % len(made)]))
        return made[-1]

    f = trace(drawn, Modular(p, 1) ** 3)
    inputs = every(f.dom)
    found = walk(reverse(f), [*inputs, np.ones_like(inputs[0])])
    for x, y in zip(names, found, strict=True):
        slope = at[-1].diff(x)
        expected = [int(slope.eval(tuple(row))) % p for row in np.concatenate(inputs, axis=1).tolist()]
        assert y[:, 0].tolist() == expected


@pytest.mark.parametrize("ob", [Modular(5, 1), Modular(6, 1), Saturating(2, 1), Saturating(5, 1)], ids=str)
def test_elements_are_a_commutative_semiring(ob: Ty) -> None:
    over = semiring(ob.obs[0])
    x, y, z = (np.array(v) for v in np.meshgrid(*[np.arange(over.size)] * 3))
    add, multiply = over.add, over.multiply
    for op in (add, multiply):
        assert (op(x, y) == op(y, x)).all()
        assert (op(op(x, y), z) == op(x, op(y, z))).all()
    assert (multiply(x, add(y, z)) == add(multiply(x, y), multiply(x, z))).all()
    assert (add(x, 0) == x).all()
    assert (multiply(x, 1) == x).all()
    assert (multiply(x, 0) == 0).all()


def test_a_comparison_passes_the_change_straight_through() -> None:
    f = trace(rows.equals, Modular(5, 1) ** 2)
    x, y, d = every(Modular(5, 1) ** 3)
    assert all((asked == d).all() for asked in walk(reverse(f), [x, y, d]))
    assert not f.is_safe()
    assert cl.circuits.unsafe(f) == ("equals on Modular(5, 1) is no polynomial",)


def test_saturating_numbers_have_no_differences() -> None:
    with pytest.raises(TypeMismatch, match=r"over which there are no differences"):
        cl.circuits.difference(trace(rows.add, Saturating(4, 1) ** 2))


@quick
@given(st.data())
def test_gates_are_a_functor_of_diagrams(data: st.DataObject) -> None:
    """The circuit of a composite runs as one circuit after the other, and as the diagram box by box."""
    f = data.draw(polynomials(B, cod=2, boxes=6))
    g = data.draw(polynomials(B, dom=2, boxes=6))
    inputs, first, then, whole = every(f.dom), netlist(f), netlist(g), netlist(f >> g)
    rows_in = np.concatenate(inputs, axis=1).tolist() if inputs else [[]]
    outputs = walk(f >> g, inputs)
    for k, row in enumerate(rows_in):
        assert whole.at(row) == then.at(first.at(row)) == [int(y[k, 0]) for y in outputs]
    beside = netlist(f @ g)
    for row in np.concatenate(every(f.dom @ g.dom), axis=1).tolist() if len(f.dom @ g.dom) else []:
        assert beside.at(row) == first.at(row[: first.entering]) + then.at(row[first.entering :])


@quick
@given(polynomials(B, boxes=8))
def test_a_circuit_drawn_again_is_the_same_function(f: cl.Diagram) -> None:
    back = diagram_of(netlist(f))
    assert (truth_table(back) == truth_table(f)).all()
    del back.__dict__["_netlist"]
    assert (truth_table(back) == truth_table(f)).all()
    assert len(netlist(back)) <= len(netlist(f))
