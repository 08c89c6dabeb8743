"""From sympy expressions to wires."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from math import log
from typing import Any

from catlearn.diagrams.theories.smooth import arithmetic as a
from catlearn.diagrams.theories.smooth.elementwise import at_least
from catlearn.diagrams.theories.smooth.reductions import equals
from catlearn.diagrams.wire import Wire
from catlearn.errors import InputMismatch, NotSupported

__all__ = ["Reader"]

Part = Wire | float
"""What a formula without symbols is stays a number, so that it becomes a scale or a shift."""


class Reader:
    """Writes formulas on wires; a part that comes again is not computed again."""

    def __init__(self, inputs: dict[Any, Wire]) -> None:
        self.seen: dict[Any, Part] = dict(inputs)
        self.inputs = frozenset(inputs)

    def wire(self, formula: Any) -> Wire:
        """The wire of a formula."""
        return a.as_wire(self.part(formula))

    def part(self, formula: Any) -> Part:
        """The wire of a formula, or a number where it has no symbols."""
        if formula not in self.seen:
            self.seen[formula] = self._read(formula)
        return self.seen[formula]

    def _read(self, formula: Any) -> Part:
        if getattr(formula, "is_number", False):
            return _number(formula)
        name = type(formula).__name__
        if name in ("Symbol", "Dummy", "Indexed"):
            known = ", ".join(map(str, self.inputs)) or "none"
            raise InputMismatch(f"from_sympy: {formula} is not among the symbols, which are {known}; list it there")
        if name not in RULES:
            raise NotSupported(f"from_sympy: no generator stands for the function {name}, in {_short(formula)}")
        return RULES[name](self, formula)

    def condition(self, formula: Any) -> tuple[Wire, bool]:
        """A wire that is not 0 where a comparison holds, or where it does not hold if the flag is set."""
        name = type(formula).__name__
        if name not in COMPARISONS:
            raise NotSupported(f"from_sympy: Piecewise takes one comparison for each piece, not {_short(formula)}")
        x, y = (self.part(side) for side in formula.args)
        return COMPARISONS[name](x, y)


def _number(formula: Any) -> float:
    try:
        return float(formula)
    except TypeError:
        raise NotSupported(f"from_sympy: {_short(formula)} is no real number") from None


def _short(formula: Any) -> str:
    text = " ".join(str(formula).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _sum(reader: Reader, formula: Any) -> Part:
    return _joined(a.add, operator.add, 0.0, [reader.part(x) for x in formula.args])


def _joined(
    join: Callable[[Any, Any], Wire], numbers: Callable[[float, float], float], unit: float, parts: list[Part]
) -> Part:
    """Wires joined, and then the numbers, of which there is one in the end."""
    wires = [part for part in parts if isinstance(part, Wire)]
    number = reduce(numbers, (part for part in parts if not isinstance(part, Wire)), unit)
    if not wires:
        return number
    total = reduce(join, wires)
    return total if number == unit else join(total, number)


def _product(reader: Reader, formula: Any) -> Part:
    """A quotient where factors have negative powers: dividing loses less than multiplying by an inverse."""
    below = [x for x in formula.args if type(x).__name__ == "Pow" and not x.is_number and x.exp.is_negative]
    above = _joined(a.multiply, operator.mul, 1.0, [reader.part(x) for x in formula.args if x not in below])
    divisor = _joined(a.multiply, operator.mul, 1.0, [reader.part(1 / x) for x in below])
    return a.divide(above, divisor) if below else above


def _power(reader: Reader, formula: Any) -> Part:
    base, exponent = (reader.part(x) for x in formula.args)
    if isinstance(exponent, Wire):
        return a.exp(a.multiply(exponent, a.log(base) if isinstance(base, Wire) else _log(base)))
    if exponent == -1.0:
        return a.divide(1.0, base)
    if exponent == 0.5:
        return a.sqrt(a.as_wire(base))
    return a.power(a.as_wire(base), exponent)


def _log(number: float) -> float:
    if number <= 0.0:
        raise NotSupported(f"from_sympy: {number} to a power that is no number has no real value")
    return log(number)


def _pieces(reader: Reader, formula: Any) -> Part:
    from sympy import true

    *pieces, (value, condition) = formula.args
    if condition is not true:
        raise NotSupported(f"from_sympy: {_short(formula)} has no value where no condition holds; end it with True")
    found = reader.part(value)
    for inner, test in reversed(pieces):
        wire, negated = reader.condition(test)
        here = reader.part(inner)
        found = a.select(wire, found, here) if negated else a.select(wire, here, found)
    return found


def _function(function: Callable[[Any], Wire]) -> Callable[[Reader, Any], Part]:
    return lambda reader, formula: function(reader.wire(formula.args[0]))


def _largest(function: Callable[[Any, Any], Wire]) -> Callable[[Reader, Any], Part]:
    def largest(reader: Reader, formula: Any) -> Part:
        return reduce(function, (reader.part(x) for x in sorted(formula.args, key=lambda x: bool(x.is_number))))

    return largest


RULES: dict[str, Callable[[Reader, Any], Part]] = {
    "Add": _sum,
    "Mul": _product,
    "Pow": _power,
    "Piecewise": _pieces,
    "Max": _largest(a.maximum),
    "Min": _largest(a.minimum),
    "Abs": _function(a.absolute),
    **{name: _function(getattr(a, name)) for name in ["exp", "log", "sin", "cos", "tanh", "sign"]},
}
"""For each class of sympy expressions, how it is written on wires."""


def _above(x: Part, y: Part) -> tuple[Wire, bool]:
    return a.step(a.subtract(x, y)), False


def _not_below(x: Part, y: Part) -> tuple[Wire, bool]:
    return at_least(a.as_wire(x), a.as_wire(y)), False


COMPARISONS: dict[str, Callable[[Part, Part], tuple[Wire, bool]]] = {
    "StrictGreaterThan": _above,
    "StrictLessThan": lambda x, y: _above(y, x),
    "GreaterThan": _not_below,
    "LessThan": lambda x, y: _not_below(y, x),
    "Equality": lambda x, y: (equals(a.as_wire(x), a.as_wire(y)), False),
    "Unequality": lambda x, y: (equals(a.as_wire(x), a.as_wire(y)), True),
}
"""For each comparison, a wire that is 1 where it holds, or where it does not."""
