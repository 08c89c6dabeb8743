"""Smooth diagrams as formulas of sympy, and formulas as diagrams.

With `to_sympy` a model can be read, simplified and printed in LaTeX, and a reverse derivative checked against symbolic
differentiation; with `from_sympy` a formula that sympy found becomes a diagram that can be drawn and run.

>>> from catlearn import Real, diagram, reverse
>>> @diagram
... def f(x: Real(), y: Real()):
...     return x * x * y
>>> to_sympy(f), to_sympy(reverse(f))
((x**2*y,), (2*dy*x*y, dy*x**2))
>>> from_sympy(to_sympy(f), inputs_of(f)).names
('x', 'y')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from catlearn.diagrams.bridges._sympy_reader import Reader
from catlearn.diagrams.bridges._sympy_rules import Sizes, Symbols, run, shape_of
from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Real
from catlearn.diagrams.wiring import Graph, names
from catlearn.errors import InputMismatch, NotSupported, short

__all__ = ["from_sympy", "inputs_of", "to_sympy"]


def to_sympy(d: Diagram, sizes: Sizes | None = None) -> tuple[Any, ...]:
    """The outputs of a smooth diagram as sympy expressions of its inputs; arrays as `sympy.Array`.

    The inputs are real symbols with the names of the diagram's inputs; the elements of an array x are `x[0, 1]`.
    Formulas of large arrays are large: this is for reading and checking.

    Args:
        d: the diagram.
        sizes: what named dimensions are.

    Raises:
        UnknownBox: for a box that has no formula.
        InputMismatch: when the size of a named dimension is missing.
        TypeMismatch: when a wire carries no real array.

    >>> from catlearn import Real, sum, tanh, trace
    >>> to_sympy(trace(lambda x: sum(tanh(x)), Real("n"), "f", ["x"]), sizes={"n": 2})
    (tanh(x[0]) + tanh(x[1]),)
    """
    d = as_diagram(d)
    fixed = sizes or {}
    return tuple(map(_given, run(d, _inputs(d, fixed), fixed)))


def inputs_of(d: Diagram, sizes: Sizes | None = None) -> tuple[Any, ...]:
    """The inputs of a diagram as `to_sympy` writes them: symbols, and arrays of indexed symbols.

    >>> from catlearn import Real, identity
    >>> inputs_of(identity(Real() @ Real(2)))
    (x0, [x1[0], x1[1]])
    """
    return tuple(map(_given, _inputs(d, sizes or {})))


def from_sympy(formulas: Any, symbols: Sequence[Any]) -> Graph:
    """A formula, or a tuple of them, as a diagram from `Real()` wires, one for each symbol, to one for each formula.

    Sums, products, powers, exp, log, sin, cos, tanh, sqrt, Abs, sign, Max, Min, and Piecewise of comparisons are known;
    equal parts are computed once.

    Args:
        formulas: an expression or a tuple of them.
        symbols: the inputs in order: symbols or indexed symbols. An input keeps the name of its symbol where that is
            a name in Python.

    Raises:
        NotSupported: for a function that no generator stands for, and for what is no expression.
        InputMismatch: for a symbol that is not among the inputs, or twice.

    >>> import sympy
    >>> x, y = sympy.symbols("x y")
    >>> [box.name for box in from_sympy(sympy.exp(x * y) + x, [x, y]).wiring.boxes]
    ['mul', 'exp', 'add']
    """
    outputs = [_formula(f) for f in (formulas if isinstance(formulas, tuple | list) else (formulas,))]
    if not isinstance(symbols, Iterable):
        raise InputMismatch(f"from_sympy: the symbols are a list, as in [x], not {short(symbols)}")
    inputs = [_formula(x) for x in symbols]
    if twice := [x for x in inputs if inputs.count(x) > 1]:
        raise InputMismatch(f"from_sympy: the symbol {twice[0]} is given twice")

    def written(*wires: Any) -> Any:
        reader = Reader(dict(zip(inputs, wires, strict=True)))
        return tuple(reader.wire(output) for output in outputs)

    called = [str(x) if str(x).isidentifier() else f"x{i}" for i, x in enumerate(inputs)]
    try:
        return trace(written, Real() ** len(inputs), "", called if len(set(called)) == len(called) else ())
    except RecursionError:
        raise NotSupported("from_sympy: the formula is nested too deep; cut it in parts with sympy.cse") from None


def _formula(value: Any) -> Any:
    """An expression or a number. Text is refused, for sympy would run it as a program."""
    import sympy as s

    try:
        return s.sympify(value, strict=True)
    except s.SympifyError:
        raise NotSupported(
            f"from_sympy: {short(value)} is no expression of sympy; if it is text, parse it first"
        ) from None


def _inputs(d: Diagram, sizes: Sizes) -> list[Symbols]:
    return [_symbols(name, shape_of(ob, sizes)) for name, ob in zip(names(d), d.dom.obs, strict=True)]


def _symbols(name: str, shape: tuple[int, ...]) -> Symbols:
    import sympy as s

    found = np.empty(shape, object)
    if not shape:
        found[()] = s.Symbol(name, real=True)
        return found
    base = s.IndexedBase(s.Symbol(name, real=True))
    for place in np.ndindex(shape):
        found[place] = base[place]
    return found


def _given(found: Symbols) -> Any:
    """An expression, or an array of them."""
    import sympy as s

    return found[()] if found.shape == () else s.Array(found.ravel().tolist(), found.shape)
