"""Circuits in the files of other tools: BLIF, AIGER, Verilog, DIMACS, PLA and truth tables.

Each `to_...` takes a circuit and gives the text; with a path it also writes the file, whole or not at all, and not over
another unless told to. Each `read_...` gives a diagram. A port of several bits is written as a[0], a[1], ... and read
back as one.
"""

from catlearn.interpreters.circuits.formats.aiger import to_aiger
from catlearn.interpreters.circuits.formats.aiger_reader import read_aiger
from catlearn.interpreters.circuits.formats.blif import to_blif
from catlearn.interpreters.circuits.formats.blif_reader import read_blif
from catlearn.interpreters.circuits.formats.dimacs import to_dimacs
from catlearn.interpreters.circuits.formats.pla import to_pla, to_truth_table
from catlearn.interpreters.circuits.formats.pla_reader import read_pla
from catlearn.interpreters.circuits.formats.verilog import to_verilog

__all__ = [
    "read_aiger",
    "read_blif",
    "read_pla",
    "to_aiger",
    "to_blif",
    "to_dimacs",
    "to_pla",
    "to_truth_table",
    "to_verilog",
]
