"""Normal forms and proofs, beside sympy, enumeration, and one another."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Bits
from catlearn.errors import InputMismatch, MissingExtra, TooLarge
from catlearn.interpreters.circuits.equivalence import Counterexample, prove_equal, satisfy
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import Netlist, Port
from catlearn.interpreters.circuits.normal_form import anf, moebius
from catlearn.interpreters.circuits.packed import pack
from tests.circuits.strategies import circuits, every_row, one_by_one, quick

METHODS = ["exhaustive", "sat", "bdd"]


def bits_of(numbers: dict[str, int], ports: tuple[Port, ...]) -> list[int]:
    return [numbers[port.name] >> k & 1 for port in ports for k in range(port.width)]


@quick
@given(st.integers(0, 9), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_moebius_twice_is_the_identity(bits: int, tables: int, seed: int) -> None:
    rows = np.random.default_rng(seed).random((1 << bits, tables)) < 0.5
    words = pack(rows).words
    assert (moebius(moebius(words, bits), bits) == words).all()


@quick
@given(circuits(inputs=7))
def test_a_coefficient_is_the_sum_over_the_subsets(circuit: Netlist) -> None:
    values = one_by_one(circuit, every_row(circuit.entering))
    numbers = np.arange(len(values))
    subset = (numbers[:, None] & ~numbers[None, :]) == 0
    assert (anf(circuit).coefficients == (subset.T.astype(int) @ values % 2 == 1)).all()


@quick
@given(circuits(inputs=4))
def test_the_normal_form_is_that_of_sympy(circuit: Netlist) -> None:
    from sympy import symbols
    from sympy.logic.boolalg import ANFform

    values = one_by_one(circuit, every_row(circuit.entering))
    found = anf(circuit)
    # sympy's first variable is the highest bit of a row's number.
    names = symbols([f"x{k}" for k in reversed(range(circuit.entering))])
    truth = values[:, 0].astype(int).tolist()
    expected = {frozenset(map(str, term.free_symbols)) for term in _terms(ANFform(names, truth))}
    place = {bit: f"x{k}" for k, bit in enumerate(found.variables)}
    assert {frozenset(place[bit] for bit in term) for term in found.monomials(0)} == expected


def _terms(formula: object) -> list:
    from sympy import S
    from sympy.logic.boolalg import Xor

    return [] if formula == S.false else list(formula.args) if isinstance(formula, Xor) else [formula]


@quick
@given(circuits())
def test_the_circuit_of_a_normal_form_is_the_same_function(circuit: Netlist) -> None:
    assert prove_equal(anf(circuit).circuit(), circuit) is True
    assert len(anf(circuit)) == anf(circuit).coefficients.sum()


def test_a_normal_form_reads_well() -> None:
    @cl.diagram
    def f(a: Bits(2), b: Bits(1)):
        return a[0] & b ^ ~a[1], a[0] ^ a[0], ~(b ^ b)

    found = anf(f)
    assert str(found) == "y0 = 1 ^ a[1] ^ a[0]&b\ny1 = 0\ny2 = 1"
    assert (found.degree, len(found)) == (2, 4)
    assert repr(found) == "<normal form of f: 4 monomials of degree 2 at most>"
    with pytest.raises(InputMismatch, match="output bits 0 to 2, and no 3"):
        found.monomials(3)


@quick
@given(circuits(), circuits(), st.sampled_from(METHODS))
def test_a_proof_is_what_enumeration_says(one: Netlist, other: Netlist, method: str) -> None:
    other = with_ports_of(one, other)
    rows = every_row(one.entering)
    expected = (one_by_one(one, rows) == one_by_one(other, rows)).all()
    found = prove_equal(one, other, method=method)
    assert bool(found) == expected
    if isinstance(found, Counterexample):
        row = np.array([bits_of(found.inputs, one.inputs)], bool)
        left, right = (one_by_one(circuit, row)[0].tolist() for circuit in (one, other))
        assert left != right
        assert bits_of(found.left, one.outputs) == left
        assert bits_of(found.right, other.outputs) == right


def with_ports_of(one: Netlist, other: Netlist) -> Netlist:
    """The gates of one circuit on the ports of another."""
    gates = Gates(one.inputs)
    bits = [literal for k in range(len(one.inputs)) for literal in gates.port(k)]
    roots = gates.place(other, [bits[k % len(bits)] for k in range(other.entering)])
    return gates.finish(one.outputs, [roots[k % len(roots)] for k in range(one.leaving)], "other")


@quick
@given(circuits(), st.sampled_from(METHODS))
def test_an_input_that_satisfies_does(circuit: Netlist, method: str) -> None:
    bit = circuit.output_bits[0]
    found = satisfy(circuit, bit, method=method)
    rows = every_row(circuit.entering)
    if found is None:
        assert not one_by_one(circuit, rows)[:, 0].any()
    else:
        assert one_by_one(circuit, np.array([bits_of(found, circuit.inputs)], bool))[0, 0]


def adder(width: int, forgets: int | None = None) -> cl.Diagram:
    """Carries by majority; one of them may forget a case."""

    def add(a: cl.Wire, b: cl.Wire) -> cl.Wire:
        bits, c = [], cl.circuits.constant([0])
        for k in range(width):
            bits.append(a[k] ^ b[k] ^ c)
            c = a[k] & b[k] | a[k] & c if k == forgets else a[k] & b[k] | a[k] & c | b[k] & c
        return cl.circuits.concatenate([*bits, c])

    return cl.trace(add, Bits(width) @ Bits(width), "adder", ["a", "b"])


def sums(width: int) -> cl.Diagram:
    """The library's adder."""

    def add(a: cl.Wire, b: cl.Wire) -> cl.Wire:
        total, carry = cl.circuits.carry_lookahead(a, b)
        return cl.circuits.concatenate([total, carry])

    return cl.trace(add, Bits(width) @ Bits(width), "sums", ["a", "b"])


@pytest.mark.parametrize("method", ["auto", "sat", "bdd"])
def test_adders_of_32_bits(method: str) -> None:
    assert prove_equal(adder(32), sums(32), method=method) is True
    found = prove_equal(adder(32, forgets=16), sums(32), method=method)
    assert not found
    a, b = found.inputs["a"], found.inputs["b"]
    assert found.right["y"] == a + b != found.left["y"]


def test_inputs_are_matched_by_name_and_outputs_by_place() -> None:
    @cl.diagram
    def one(a: Bits(2), b: Bits(1)):
        return a[0] & ~b, a[1]

    @cl.diagram
    def other(b: Bits(1), a: Bits(2)):
        return ~(b | ~a[0]), a[1]

    @cl.diagram
    def swapped(b: Bits(1), a: Bits(2)):
        return a[1], ~(b | ~a[0])

    assert prove_equal(one, other) is True
    found = prove_equal(one, swapped)
    assert found.inputs == {"a": 1, "b": 0}
    assert found.left == {"y0": 1, "y1": 0}
    assert found.right == {"y0": 0, "y1": 1}


def test_bad_questions_are_refused() -> None:
    one, other = adder(3), adder(4)
    with pytest.raises(InputMismatch, match="input a has 3 bits in adder and 4 in adder"):
        prove_equal(one, other)
    with pytest.raises(InputMismatch, match="adder has an input a and f has none"):
        prove_equal(one, cl.trace(lambda x, y: x & y, Bits(3) @ Bits(3), "f", ["x", "y"]))
    with pytest.raises(InputMismatch, match="4 output bits and f has 3"):
        prove_equal(one, cl.trace(lambda a, b: a & b, Bits(3) @ Bits(3), "f", ["a", "b"]))
    with pytest.raises(InputMismatch, match="no method 'magic' of proof; take one of auto"):
        prove_equal(one, one, method="magic")  # type: ignore[arg-type]
    with pytest.raises(TooLarge, match="64 input bits"):
        prove_equal(adder(32), adder(32, forgets=3), method="exhaustive")
    with pytest.raises(TooLarge, match="64 input bits"):
        anf(adder(32))
    with pytest.raises(InputMismatch, match=r"say which output bit is to be 1: one of y\[0\]"):
        satisfy(one)
    with pytest.raises(InputMismatch, match="tables of 7 bits"):
        moebius(np.zeros((1, 1), np.uint64), 7)


@pytest.mark.parametrize(("method", "package"), [("sat", "python-sat"), ("bdd", "dd")])
def test_a_missing_extra_is_named(method: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.startswith(("pysat", "dd")):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=rf"needs {package}: `pip install \"catlearn-diagrams\[{method}\]\"`"):
        prove_equal(adder(2), adder(2, forgets=1), method=method)


def test_a_decision_diagram_that_is_too_deep_is_refused() -> None:
    gates = Gates([Port("a", 3000)])
    literal = gates.TRUE
    for bit in gates.port(0):
        literal = gates.both(literal, bit)
    chain = gates.finish([Port("y")], [literal])
    with pytest.raises(TooLarge, match="too deep for dd; take method='sat'"):
        satisfy(chain, method="bdd")
    assert satisfy(chain) == {"a": 2**3000 - 1}
