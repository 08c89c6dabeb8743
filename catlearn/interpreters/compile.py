"""What runs a diagram: a program on arrays for smooth maps, packed bits or elements of a semiring for circuits.

>>> from catlearn import Bits, Real, diagram
>>> @diagram
... def smooth(x: Real(2), y: Real(2)):
...     return x * y
>>> @diagram
... def boolean(x: Bits(2), y: Bits(2)):
...     return x & y
>>> compile(smooth)([3.0, 4.0], [1.0, 2.0]), compile(boolean)([1, 0], [1, 1])
(array([3., 8.]), array([ True, False]))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.derivative import over_semiring
from catlearn.errors import InputMismatch
from catlearn.interpreters.program.compile import compile as compile_smooth

__all__ = ["compile"]


def compile(d: Diagram, dtype: Any = None, reuse: Mapping[int, str] | None = None) -> Any:
    """Compile a diagram to a callable on numpy arrays.

    A diagram of smooth generators becomes a `Compiled`: see there for how it is called. A circuit becomes a
    `CompiledCircuit`, which is called on booleans for many samples at once; over other semirings than bits it becomes
    `CompiledElements`, which reads and gives whole numbers.

    Args:
        d: the diagram. Named dimensions are fixed by the arrays of each call; each set of sizes is compiled once.
        dtype: float64, which is the default, or float32; for smooth diagrams.
        reuse: for outputs that should overwrite an input's array instead of being new ones, the input's name. What is
            given for that input must then be an array of the right dtype, and holds the output after the call. It
            may share memory with other inputs, but for those that are overwritten too. For smooth diagrams.

    Raises:
        UnknownBox: for a box without a program.
        InputMismatch: when an output cannot reuse the input asked for, or a circuit is given a dtype.
    """
    d = as_diagram(d)
    if not over_semiring(d):
        return compile_smooth(d, np.float64 if dtype is None else dtype, reuse)
    if dtype is not None or reuse:
        raise InputMismatch("compile: a circuit has no dtype and reuses no input; leave both out")
    return _compile_circuit(d)


def _compile_circuit(d: Diagram) -> Any:
    from catlearn.interpreters.circuits.compiled import CompiledCircuit
    from catlearn.interpreters.circuits.elements import CompiledElements

    only_bits = all(ob.kind == "Bits" for ob in {*d.dom.obs, *d.cod.obs})
    return CompiledCircuit(d) if only_bits else CompiledElements(d)
