"""The theory of smooth maps: real arrays, about fifty generators, and the reverse derivative of each.

`generator.py` says what a row of the table is; `linear.py`, `elementwise.py`, `reductions.py`, `linear_algebra.py` and
`scan.py` are the rows; `arithmetic.py` and `arrays.py` are what users write; `library.py` builds layers and losses;
`reverse.py` is the functor to optics; `batch.py` adds a batch axis; `backward.py` gives a box a backward pass of its
own.
"""

from __future__ import annotations

from catlearn.diagrams.theories.smooth import (
    arithmetic,
    arrays,
    backward,
    elementwise,
    linear,
    linear_algebra,
    reductions,
    scan,
)
from catlearn.diagrams.theories.smooth.generator import BUILT_IN, GENERATORS
from catlearn.diagrams.wire import OPERATORS

__all__ = ["arithmetic", "arrays", "backward", "elementwise", "linear", "linear_algebra", "reductions", "scan"]

BUILT_IN.update(GENERATORS)

OPERATORS["Real"] = {
    "add": arithmetic.add,
    "sub": arithmetic.subtract,
    "mul": arithmetic.multiply,
    "div": arithmetic.divide,
    "pow": arithmetic.power,
    "neg": linear.neg,
    "abs": arithmetic.absolute,
    "matmul": arrays.matmul,
    "getitem": arrays.getitem,
    "transpose": arrays.transpose,
}
