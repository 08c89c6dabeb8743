"""From a diagram to a circuit of gates: each generator as the ANDs and XORs that it stands for.

>>> from catlearn import Bits, diagram
>>> @diagram
... def full_adder(a: Bits(1), b: Bits(1), c: Bits(1)):
...     s = a ^ b
...     return s ^ c, (a & b) ^ (s & c)
>>> netlist(full_adder)
<circuit full_adder: 3 input bits, 5 gates, 2 output bits, depth 3>
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.boolean.generator import check_made, look_up
from catlearn.diagrams.theories.boolean.semiring import width
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import names, unfolded
from catlearn.errors import NotSupported, TypeMismatch
from catlearn.interpreters.circuits.gates import Gates
from catlearn.interpreters.circuits.netlist import FALSE, TRUE, Netlist, Port

__all__ = ["netlist"]

Word = list[int]
"""The literals of a wire's bits."""

Rule = Callable[[Gates, Box, Sequence[Word]], Word]


def netlist(d: Diagram | Netlist) -> Netlist:
    """The circuit of a diagram whose wires are all `Bits`; a circuit is given as it is. Kept on the diagram.

    Input ports are named by the diagram's inputs; the output ports are `y`, or `y0`, `y1`, ... where there are several.
    Gates that are constant, made twice, or read by nobody are not in it.

    Raises:
        TypeMismatch: for a wire that is not `Bits`.
        UnknownBox: for a box that circuits do not have.
    """
    if isinstance(d, Netlist):
        return d
    d = as_diagram(d)
    if "_netlist" not in d.__dict__:
        d.__dict__["_netlist"] = _lower(d)
    found: Netlist = d.__dict__["_netlist"]
    return found


def _lower(d: Diagram) -> Netlist:
    wiring = unfolded(d)
    for ob in dict.fromkeys(wiring.obs):
        _check(ob)
    gates = Gates([Port(name, width(ob)) for name, ob in zip(names(d), wiring.dom.obs, strict=True)])
    at: list[Word] = [gates.port(k) for k in range(len(wiring.dom))]
    for box, reads, _ in wiring.steps():
        check_made(box, look_up(box))
        at.append(_RULES[box.name](gates, box, [at[wire] for wire in reads]))
    roots = [literal for wire in wiring.outputs.tolist() for literal in at[wire]]
    return gates.finish(_outputs(wiring.cod, names(d)), roots, getattr(d, "name", "") or "circuit")


def _check(ob: Ob) -> None:
    if ob.kind in ("Modular", "Saturating"):
        raise NotSupported(f"a wire {ob} is not made of bits; run it by catlearn.compile, or write the circuit on Bits")
    if ob.kind != "Bits":
        raise TypeMismatch(f"a circuit's wires are Bits, not {ob}; encode it first")
    width(ob)


def _outputs(cod: Ty, taken: Sequence[str]) -> list[Port]:
    stem = "y"
    called = ["y"] if len(cod) == 1 else [f"y{k}" for k in range(len(cod))]
    while set(called) & set(taken):
        stem += "_"
        called = [stem] if len(cod) == 1 else [f"{stem}{k}" for k in range(len(cod))]
    return [Port(name, width(ob)) for name, ob in zip(called, cod.obs, strict=True)]


def _each(gate: Callable[..., int]) -> Rule:
    """What acts on each bit alike."""
    return lambda gates, box, reads: [gate(gates, *bits) for bits in zip(*reads, strict=True)]


def _constant(gates: Gates, box: Box, reads: Sequence[Word]) -> Word:
    return [TRUE if bit else FALSE for bit in box.data]


def _put(gates: Gates, box: Box, reads: Sequence[Word]) -> Word:
    places: list[Word] = [[] for _ in range(box.data[1])]
    for i, literal in zip(box.data[0], reads[0], strict=True):
        places[i].append(literal)
    return [parity(gates, literals) for literals in places]


def parity(gates: Gates, literals: Word) -> int:
    """The XOR of any number of literals, as a tree."""
    while len(literals) > 1:
        pairs = zip(literals[::2], literals[1::2], strict=False)
        literals = [gates.xor(a, b) for a, b in pairs] + literals[len(literals) & ~1 :]
    return literals[0] if literals else FALSE


def _lookup(gates: Gates, box: Box, reads: Sequence[Word]) -> Word:
    (address,) = reads
    entries = 1 << len(address)
    count = (entries + 7) // 8
    return [gates.lookup(_bits(table.to_bytes(count, "little"), entries), address) for table in box.data]


def _bits(packed: bytes, entries: int) -> list[int]:
    return [packed[i >> 3] >> (i & 7) & 1 for i in range(entries)]


def _eval(gates: Gates, box: Box, reads: Sequence[Word]) -> Word:
    table, address = reads
    m = len(table) >> len(address)
    return [_select(gates, table[j::m], address) for j in range(m)]


def _select(gates: Gates, entries: Word, address: Word) -> int:
    """The entry at an address, by a tree of muxes whose lowest bit chooses first."""
    for bit in address:
        entries = [gates.mux(bit, high, low) for low, high in zip(entries[::2], entries[1::2], strict=True)]
    return entries[0]


def _one_hot(gates: Gates, box: Box, reads: Sequence[Word]) -> Word:
    found = [TRUE]
    for bit in reads[0]:
        found = [gates.both(term, gates.invert(bit)) for term in found] + [gates.both(term, bit) for term in found]
    return found


_RULES: dict[str, Rule] = {
    "xor": _each(Gates.xor),
    "and": _each(Gates.both),
    "or": _each(Gates.either),
    "not": _each(Gates.invert),
    "mux": _each(Gates.mux),
    "equals": _each(lambda gates, a, b: gates.invert(gates.xor(a, b))),
    "constant": _constant,
    "take": lambda gates, box, reads: [reads[0][i] for i in box.data],
    "put": _put,
    "concatenate": lambda gates, box, reads: reduce(list.__add__, reads, []),
    "lookup": _lookup,
    "eval": _eval,
    "one_hot": _one_hot,
}
