"""A compiled diagram over semirings other than bits: arrays of whole numbers in, arrays of whole numbers out.

>>> from catlearn import Modular, diagram
>>> @diagram
... def f(x: Modular(5, 1), y: Modular(5, 1)):
...     return x * y + x
>>> CompiledElements(f)([3, 4], [2, 2])
array([4, 2])
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.boolean.semiring import Semiring, semiring, width
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch, TypeMismatch, short
from catlearn.interpreters.circuits.arguments import Input, arranged, one_or_all, read_arguments
from catlearn.interpreters.circuits.packed import boolean
from catlearn.interpreters.circuits.walking import walk

__all__ = ["CompiledElements"]


class CompiledElements:
    """A diagram over any semirings to call on whole numbers; `catlearn.compile` gives these.

    It is called as a `CompiledCircuit` is: an input `Modular(n, w)` takes an array (..., w) of whole numbers from 0 to
    n - 1, and where every input has width 1 that axis may be left out.
    """

    def __init__(self, d: Diagram) -> None:
        self.diagram = as_diagram(d)
        self._name = getattr(self.diagram, "name", "") or "diagram"
        self._inputs = [_input(name, ob) for name, ob in zip(names(self.diagram), self.diagram.dom.obs, strict=True)]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs: one, or a tuple of them.

        Raises:
            InputMismatch: for an input that is missing, has another width, or holds what is no element; it names the
                input.
        """
        values = arranged(self._name, self._inputs, args, kwargs)
        given = read_arguments(self._name, self._inputs, values)
        return one_or_all([given.shaped(y) for y in walk(self.diagram, given.rows)])

    def __repr__(self) -> str:
        return f"<compiled {self._name}: {self.diagram.dom} -> {self.diagram.cod}>"


def _input(name: str, ob: Ob) -> Input:
    over = semiring(ob)
    if over is None:
        raise TypeMismatch(f"input {name} of a circuit carries Bits, Modular or Saturating, not {ob}; encode it first")
    if ob.kind == "Bits":
        return Input(name, width(ob), boolean)
    return Input(name, width(ob), lambda array, what: _elements(over, array, what))


def _elements(over: Semiring, given: NDArray[Any], what: str) -> NDArray[np.int64]:
    """An array of elements, which are the whole numbers from 0 to `size - 1`."""
    if given.dtype.kind not in "biuf":
        raise InputMismatch(f"{what}s hold {given.dtype}, not whole numbers from 0 to {over.size - 1}")
    wrong = ~((given >= 0) & (given < over.size) & (given == np.floor(given)))
    if wrong.any():
        where = tuple(np.argwhere(wrong)[0].tolist())
        raise InputMismatch(
            f"{what} {where[-1] if where else 0} holds {short(given[where].item())}, which is not a whole number "
            f"from 0 to {over.size - 1}"
        )
    return given.astype(np.int64)
