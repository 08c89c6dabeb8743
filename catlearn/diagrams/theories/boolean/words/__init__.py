"""Whole words of bits: sums, products, comparisons, counts and shifts, each as a diagram of gates.

>>> from catlearn import Bits, diagram
>>> @diagram
... def fused(a: Bits(8), b: Bits(8), c: Bits(16)) -> Bits(16):
...     return plus(times(a, b), c)
>>> [box.name for box in fused.wiring.boxes]
['times', 'plus']
"""

from catlearn.diagrams.theories.boolean.words.adders import (
    absolute_difference,
    add_with_carry,
    carry_lookahead,
    minus,
    negative,
    plus,
    subtract_with_borrow,
)
from catlearn.diagrams.theories.boolean.words.counts import full_adder, majority, popcount
from catlearn.diagrams.theories.boolean.words.order import (
    all_of,
    any_of,
    argmax,
    at_most,
    is_zero,
    less,
    maximum,
    minimum,
    one_hot_argmax,
    same,
)
from catlearn.diagrams.theories.boolean.words.products import times
from catlearn.diagrams.theories.boolean.words.shifts import extended, shifted_left, shifted_right

__all__ = [
    "absolute_difference",
    "add_with_carry",
    "all_of",
    "any_of",
    "argmax",
    "at_most",
    "carry_lookahead",
    "extended",
    "full_adder",
    "is_zero",
    "less",
    "majority",
    "maximum",
    "minimum",
    "minus",
    "negative",
    "one_hot_argmax",
    "plus",
    "popcount",
    "same",
    "shifted_left",
    "shifted_right",
    "subtract_with_borrow",
    "times",
]
