"""From a circuit of gates back to a diagram: what has been read from a file is drawn, composed and differentiated.

>>> from catlearn import Bits, diagram
>>> from catlearn.interpreters.circuits.lower import netlist
>>> @diagram
... def choose(s: Bits(1), a: Bits(1), b: Bits(1)):
...     return s & a | ~s & b
>>> back = diagram_of(netlist(choose))
>>> back.names, [box.name for box in back.wiring.boxes]
(('s', 'a', 'b'), ['and', 'not', 'and', 'or'])
"""

from __future__ import annotations

from catlearn.diagrams.theories.boolean import rows
from catlearn.diagrams.theories.boolean.bits import concatenate
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Bits, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph
from catlearn.interpreters.circuits.netlist import Netlist

__all__ = ["diagram_of"]


def diagram_of(circuit: Netlist) -> Graph:
    """The diagram with a box for each gate, whose inputs and outputs are the ports.

    An AND of two complements is drawn as OR. The diagram's own formal derivative is that of these gates.
    """
    dom = Ty.of(ob for port in circuit.inputs for ob in Bits(port.width).obs)
    drawn = trace(
        lambda *wires: _Drawing(circuit, wires).outputs(), dom, circuit.name, [p.name for p in circuit.inputs]
    )
    drawn.__dict__["_netlist"] = circuit
    return drawn


class _Drawing:
    """The wires of literals, made when they are first read."""

    def __init__(self, circuit: Netlist, wires: tuple[Wire, ...]) -> None:
        self.circuit = circuit
        self.found: dict[int, Wire] = {}
        node = 1
        for port, wire in zip(circuit.inputs, wires, strict=True):
            for k in range(port.width):
                self.found[2 * node] = wire if port.width == 1 else rows.take(wire, data=(k,))
                node += 1

    def outputs(self) -> tuple[Wire, ...]:
        """Draw all gates; gives the ports that leave."""
        for node, exclusive, a, b in self.circuit.gates():
            if exclusive:
                self.found[2 * node] = rows.add(self._literal(a), self._literal(b))
            elif a & b & 1:
                self.found[2 * node + 1] = rows.either(self._literal(a ^ 1), self._literal(b ^ 1))
            else:
                self.found[2 * node] = rows.multiply(self._literal(a), self._literal(b))
        roots = iter(self.circuit.roots.tolist())
        return tuple(self._port([self._literal(next(roots)) for _ in range(p.width)]) for p in self.circuit.outputs)

    def _literal(self, literal: int) -> Wire:
        if literal not in self.found:
            self.found[literal] = rows.invert(self.found[literal ^ 1]) if literal > 1 else self._constant(literal)
        return self.found[literal]

    def _constant(self, bit: int) -> Wire:
        return rows.constant_of(Bits(1).obs[0], (bit,))

    def _port(self, bits: list[Wire]) -> Wire:
        return concatenate(bits) if bits else rows.constant_of(Bits(1).obs[0], ())
