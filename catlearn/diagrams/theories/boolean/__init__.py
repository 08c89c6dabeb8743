"""Circuits: polynomials over bits, numbers modulo n, and saturating numbers.

`rows.py` is the table of generators with their reverse derivatives, `bits.py` has what users write on wires, and
`reverse.py` makes a theory of them; `safe.py` and `difference.py` compare the formal derivative with the finite one.
"""

from catlearn.diagrams.theories.boolean import bits
from catlearn.diagrams.wire import OPERATORS

__all__ = ["bits"]

OPERATORS["Bits"] = {
    "xor": bits.exclusive,
    "and": bits.both,
    "or": bits.either,
    "invert": bits.invert,
    "getitem": bits.getitem,
    "lshift": bits.shift_left,
    "rshift": bits.shift_right,
    **dict.fromkeys(("add", "sub", "mul", "neg", "pow", "div", "mod", "floordiv"), bits.no_numbers),
}
OPERATORS["Saturating"] = {"add": bits.add, "mul": bits.multiply, "pow": bits.power, "getitem": bits.getitem}
OPERATORS["Modular"] = {**OPERATORS["Saturating"], "sub": bits.subtract, "neg": bits.negate}
