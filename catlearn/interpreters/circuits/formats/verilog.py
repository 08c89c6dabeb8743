"""Structural Verilog: a module of assignments, one for each gate, for synthesis and for simulators.

>>> from catlearn import Bits, diagram
>>> @diagram
... def f(a: Bits(1), b: Bits(2)):
...     return a ^ b[1]
>>> print(to_verilog(f), end="")
module f(a, b, y);
  input a;
  input [1:0] b;
  output y;
  wire n4;
  assign n4 = a ^ b[1];
  assign y = n4;
endmodule
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from catlearn.diagrams.diagram import Diagram
from catlearn.errors import NotSupported
from catlearn.interpreters.circuits.formats.signals import deliver
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import TRUE, Netlist, Port

__all__ = ["to_verilog"]

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_PRINTED = re.compile(r"[!-~]+")
_WORDS = (
    "always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam "
    "design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable "
    "endtask event for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial "
    "inout input instance integer join large liblist library localparam macromodule medium module nand negedge nmos "
    "nor noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup "
    "pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 "
    "rtranif1 scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time "
    "tran tranif0 tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while "
    "wire wor xnor xor "
    "alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle checker "
    "class clocking const constraint context continue cover covergroup coverpoint cross dist do endchecker endclass "
    "endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum eventually expect export "
    "extends extern final first_match foreach forkjoin global iff ignore_bins illegal_bins implements implies import "
    "inside int interconnect interface intersect join_any join_none let local logic longint matches modport nettype "
    "new nexttime null package packed priority program property protected pure rand randc randcase randsequence ref "
    "reject_on restrict return s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal "
    "soft solve static string strong struct super sync_accept_on sync_reject_on tagged this throughout timeprecision "
    "timeunit type typedef union unique unique0 until until_with untyped var virtual void wait_order weak wildcard "
    "with within accept_on reject_on"
)
# Those of SystemVerilog too, as which most tools read .v files.
_KEYWORDS = frozenset(_WORDS.split())


def to_verilog(circuit: Diagram | Netlist, path: str | Path | None = None, *, overwrite: bool = False) -> str:
    """A circuit as a Verilog module of its name.

    Names that Verilog does not have are written as its escaped identifiers, and read back by tools as they were.

    Args:
        circuit: a diagram of `Bits`, or its gates.
        path: where to write it too.
        overwrite: whether a file that is there may be replaced.

    Raises:
        NotSupported: for a port whose name Verilog cannot hold.
        FileProblem: when the file is there already, or cannot be written.
    """
    return deliver("\n".join([*_lines(netlist(circuit)), "endmodule", ""]), path, overwrite)


def _lines(circuit: Netlist) -> Iterator[str]:
    ports = (*circuit.inputs, *circuit.outputs)
    taken = [port.name for port in ports]
    if len(set(taken)) != len(taken):
        raise NotSupported(f"{circuit.name}: two ports have the same name; give them different ones")
    yield f"module {_name(circuit.name)}({', '.join(_name(port.name) for port in ports)});"
    yield from (f"  input {_range(port)}{_name(port.name)};" for port in circuit.inputs)
    yield from (f"  output {_range(port)}{_name(port.name)};" for port in circuit.outputs)
    stem = next("n" + "_" * k for k in count() if not any(name.startswith("n" + "_" * k) for name in taken))
    names = ["1'b0", *(bit for port in circuit.inputs for bit in _bits(port))]
    for node, exclusive, a, b in circuit.gates():
        names.append(f"{stem}{node}")
        yield f"  wire {stem}{node};"
        yield f"  assign {stem}{node} = {_read(names, a)} {'^' if exclusive else '&'} {_read(names, b)};"
    leaving = (bit for port in circuit.outputs for bit in _bits(port))
    for bit, root in zip(leaving, circuit.roots.tolist(), strict=True):
        yield f"  assign {bit} = {_read(names, root)};"


def _read(names: list[str], literal: int) -> str:
    if literal == TRUE:
        return "1'b1"
    return f"~{names[literal >> 1]}" if literal & 1 else names[literal >> 1]


def _range(port: Port) -> str:
    return f"[{port.width - 1}:0] " if port.width > 1 else ""


def _bits(port: Port) -> list[str]:
    name = _name(port.name)
    return [name] if port.width == 1 else [f"{name}[{k}]" for k in range(port.width)]


def _name(name: str) -> str:
    if not _PRINTED.fullmatch(name):
        raise NotSupported(f"Verilog cannot hold the name {name!r}; call it otherwise")
    # An escaped identifier ends with a space.
    return name if _SIMPLE.fullmatch(name) and name not in _KEYWORDS else f"\\{name} "
