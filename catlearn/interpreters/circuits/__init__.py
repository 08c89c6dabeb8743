"""Boolean circuits: what to write on wires of bits; running, learning, proving and exporting them.

This package is `catlearn.circuits`. `netlist.py` is the one form that everything here reads; `lower.py` makes it of a
diagram and `raised.py` a diagram of it.

>>> import catlearn as cl
>>> from catlearn import Bits
>>> @cl.diagram
... def majority(a: Bits(1), b: Bits(1), c: Bits(1)) -> Bits(1):
...     return a & b | c & (a | b)
>>> cl.circuits.netlist(majority)
<circuit majority: 3 input bits, 4 gates, 1 output bits, depth 3>
"""

from typing import TYPE_CHECKING

from catlearn.diagrams.theories.boolean.bits import (
    concatenate,
    constant,
    equals,
    evaluate,
    lookup,
    mux,
    one_hot,
    repeat,
    take,
    total,
)
from catlearn.diagrams.theories.boolean.difference import difference
from catlearn.diagrams.theories.boolean.safe import is_safe, unsafe
from catlearn.diagrams.theories.boolean.semiring import Semiring, semiring
from catlearn.diagrams.theories.boolean.words import (
    absolute_difference,
    add_with_carry,
    all_of,
    any_of,
    argmax,
    at_most,
    carry_lookahead,
    extended,
    full_adder,
    is_zero,
    less,
    majority,
    maximum,
    minimum,
    minus,
    negative,
    one_hot_argmax,
    plus,
    popcount,
    same,
    shifted_left,
    shifted_right,
    subtract_with_borrow,
    times,
)
from catlearn.interpreters.circuits.lower import netlist
from catlearn.interpreters.circuits.netlist import Netlist, Port
from catlearn.interpreters.circuits.raised import diagram_of
from catlearn.later import later

if TYPE_CHECKING:
    from catlearn.interpreters.circuits.ascending.models import (
        lookup_table,
        pseudo_linear,
        pseudo_linear_difference,
        settled,
    )
    from catlearn.interpreters.circuits.ascending.published import Experiment, iris_as_published, mnist_as_published
    from catlearn.interpreters.circuits.ascending.result import Ascent, Change
    from catlearn.interpreters.circuits.ascending.run import ascent
    from catlearn.interpreters.circuits.classifier import Classifier, Thermometer, Threshold
    from catlearn.interpreters.circuits.compiled import CompiledCircuit
    from catlearn.interpreters.circuits.counting import tally
    from catlearn.interpreters.circuits.data.digits import Mnist
    from catlearn.interpreters.circuits.data.mnist import read_mnist
    from catlearn.interpreters.circuits.elements import CompiledElements
    from catlearn.interpreters.circuits.equivalence import Counterexample, prove_equal, satisfy
    from catlearn.interpreters.circuits.evaluator import Evaluator
    from catlearn.interpreters.circuits.formats import (
        read_aiger,
        read_blif,
        read_pla,
        to_aiger,
        to_blif,
        to_dimacs,
        to_pla,
        to_truth_table,
        to_verilog,
    )
    from catlearn.interpreters.circuits.gates import Gates
    from catlearn.interpreters.circuits.normal_form import AlgebraicNormalForm, anf, moebius
    from catlearn.interpreters.circuits.packed import Packed, pack, unpack
    from catlearn.interpreters.circuits.table import every_input, table_words, truth_table
    from catlearn.interpreters.circuits.walking import walk

_HERE = "catlearn.interpreters.circuits"

__getattr__ = later(
    __name__,
    {
        f"{_HERE}.ascending.models": "lookup_table pseudo_linear pseudo_linear_difference settled",
        f"{_HERE}.ascending.published": "Experiment iris_as_published mnist_as_published",
        f"{_HERE}.ascending.result": "Ascent Change",
        f"{_HERE}.ascending.run": "ascent",
        f"{_HERE}.classifier": "Classifier Thermometer Threshold",
        f"{_HERE}.compiled": "CompiledCircuit",
        f"{_HERE}.counting": "tally",
        f"{_HERE}.equivalence": "Counterexample prove_equal satisfy",
        f"{_HERE}.normal_form": "AlgebraicNormalForm anf moebius",
        f"{_HERE}.data.digits": "Mnist",
        f"{_HERE}.data.mnist": "read_mnist",
        f"{_HERE}.elements": "CompiledElements",
        f"{_HERE}.evaluator": "Evaluator",
        f"{_HERE}.formats": "read_aiger read_blif read_pla to_aiger to_blif to_dimacs to_pla to_truth_table to_verilog",
        f"{_HERE}.gates": "Gates",
        f"{_HERE}.packed": "Packed pack unpack",
        f"{_HERE}.table": "every_input table_words truth_table",
        f"{_HERE}.walking": "walk",
    },
    globals(),
)

__all__ = [
    "AlgebraicNormalForm",
    "Ascent",
    "Change",
    "Classifier",
    "CompiledCircuit",
    "CompiledElements",
    "Counterexample",
    "Evaluator",
    "Experiment",
    "Gates",
    "Mnist",
    "Netlist",
    "Packed",
    "Port",
    "Semiring",
    "Thermometer",
    "Threshold",
    "absolute_difference",
    "add_with_carry",
    "all_of",
    "anf",
    "any_of",
    "argmax",
    "ascent",
    "at_most",
    "carry_lookahead",
    "concatenate",
    "constant",
    "diagram_of",
    "difference",
    "equals",
    "evaluate",
    "every_input",
    "extended",
    "full_adder",
    "iris_as_published",
    "is_safe",
    "is_zero",
    "less",
    "lookup",
    "lookup_table",
    "majority",
    "maximum",
    "minimum",
    "minus",
    "mnist_as_published",
    "moebius",
    "mux",
    "negative",
    "netlist",
    "one_hot",
    "one_hot_argmax",
    "pack",
    "plus",
    "popcount",
    "prove_equal",
    "pseudo_linear",
    "pseudo_linear_difference",
    "read_aiger",
    "read_blif",
    "read_mnist",
    "read_pla",
    "repeat",
    "same",
    "satisfy",
    "semiring",
    "settled",
    "shifted_left",
    "shifted_right",
    "subtract_with_borrow",
    "table_words",
    "take",
    "tally",
    "times",
    "to_aiger",
    "to_blif",
    "to_dimacs",
    "to_pla",
    "to_truth_table",
    "to_verilog",
    "total",
    "truth_table",
    "unpack",
    "unsafe",
    "walk",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
