"""Kernels whose numbers are a smooth diagram of named parameters, so that the evidence can be differentiated by them.

>>> from catlearn import Gaussian, Real, constant, diagram, exp, kernel
>>> @diagram
... def walk(log_sigma: Real()):
...     return constant(1.0), constant(0.0), exp(log_sigma * 2.0)
>>> step = kernel("level", Real(), Real(), forward=given(Gaussian, walk))
>>> step.data[0].forward
Given(Gaussian, walk(log_sigma))
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.gaussian import Gaussian, real_width
from catlearn.diagrams.theories.markov.kernel import Kernel, find_kernel
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch, ShapeMismatch, TypeMismatch, short

__all__ = ["DURATION", "Given", "given"]

DURATION = "duration"
"""The input of a diagram that is no parameter: for how long the process of this box runs."""

Shape = tuple[int, ...]


class Given(Kernel):
    """A `Gaussian` or a `Table` whose arguments a diagram gives; made by `given`.

    Attributes:
        kind: `Gaussian` or `Table`.
        make: the diagram from parameters to the arguments of the kind.
        fixed: inputs of the diagram that are fixed numbers here, as pairs.
    """

    def __init__(self, kind: type[Kernel], make: Diagram, fixed: tuple[tuple[str, float], ...] = ()) -> None:
        self.kind, self.make, self.fixed = kind, make, tuple(sorted((name, float(value)) for name, value in fixed))

    def data(self) -> tuple[Any, ...]:
        """The name of the kind, the diagram, and what is fixed."""
        return self.kind.__name__, self.make, self.fixed

    @classmethod
    def from_data(cls, *data: Any) -> Self:
        """See `Kernel.from_data`. Raises `TypeMismatch`."""
        kind, make, fixed = data
        return cls(_kind(find_kernel(kind)), make, tuple((name, value) for name, value in fixed))

    @property
    def parameters(self) -> dict[str, Ob]:
        """The types of the parameters, by name."""
        fixed = dict(self.fixed)
        return {name: ob for name, ob in zip(names(self.make), self.make.dom.obs, strict=True) if name not in fixed}

    @property
    def duration(self) -> float:
        """For how long it runs, where its diagram has an input of that name."""
        return dict(self.fixed).get(DURATION, 1.0)

    def lasting(self, duration: float) -> Given:
        """The same, run for another time. Raises `TypeMismatch` where its diagram does not ask for how long."""
        if DURATION not in names(self.make):
            raise TypeMismatch(f"{self!r} does not run for a time; give its diagram an input {DURATION!r}")
        return Given(self.kind, self.make, tuple({**dict(self.fixed), DURATION: float(duration)}.items()))

    def shapes(self, dom: Ty, cod: Ty) -> tuple[Shape, ...]:
        """The shapes that its arguments have on a box of these types."""
        if self.kind is Table:
            return (tuple(len(ob.sizes) for ob in (*dom.obs, *cod.obs)),)
        n, m = (sum(real_width("given", ob) for ob in ty.obs) for ty in (dom, cod))
        whole = (m, n), (m,), (m, m)
        return whole[3 - len(self.make.cod) :]

    def check(self, name: str, dom: Ty, cod: Ty) -> None:
        """See `Kernel.check`: what the diagram gives fills the shapes of the arguments, but for axes of length 1."""
        count, wanted = len(self.make.cod), (1,) if self.kind is Table else ((2, 3) if not dom else (3,))
        if count not in wanted:
            said = "a table" if self.kind is Table else "A, b and S"
            raise TypeMismatch(f"{name}: {self.make_name} gives {said}, which is {wanted[-1]} outputs and not {count}")
        kinds = {"Finite"} if self.kind is Table else {"Real"}
        if strange := [ob for ob in (*dom.obs, *cod.obs) if ob.kind not in kinds]:
            raise TypeMismatch(f"{name}: a {self.kind.__name__} is not for wires {Ty.of(strange[:1])!r}")
        for ob, shape in zip(self.make.cod.obs, self.shapes(dom, cod), strict=True):
            if [n for n in ob.sizes if n != 1] != [n for n in shape if n != 1]:
                raise ShapeMismatch(f"{name}: {self.make_name} gives {ob} where these wires need the shape {shape}")

    @property
    def make_name(self) -> str:
        """What the diagram is called."""
        return str(getattr(self.make, "name", "") or "the diagram")

    def __repr__(self) -> str:
        inputs = [*self.parameters, *(f"{name}={value:g}" for name, value in self.fixed)]
        return f"Given({self.kind.__name__}, {self.make_name}({', '.join(inputs)}))"


def given(kind: type[Kernel], make: Diagram, fixed: Mapping[str, float] | None = None) -> Given:
    """A kernel whose arguments come out of a smooth diagram of named parameters.

    Args:
        kind: `Gaussian`, for a diagram with the outputs A, b and S (b and S where there are no inputs), or `Table`, for
            one whose output is the table. Axes of length 1 may be left out: `Real()` stands for a matrix of one number.
        make: the diagram. Parameters of one name in several kernels are the same parameter.
        fixed: inputs `Real()` of the diagram that are numbers and no parameters. An input called `duration` is one of
            these, 1 where nothing else is said: a box of this kernel can be used again for another time, `box(2.5)`.

    Raises:
        TypeMismatch: for another kind, or a diagram of other than real arrays with numbers for sizes.
        InputMismatch: when something is fixed that is no input `Real()`, or is no number.

    >>> from catlearn import Gaussian, Real, constant, diagram
    >>> @diagram
    ... def drift(speed: Real(), duration: Real()):
    ...     return constant(1.0), speed * duration, duration
    >>> given(Gaussian, drift), list(given(Gaussian, drift).lasting(2.5).parameters)
    (Given(Gaussian, drift(speed, duration=1)), ['speed'])
    """
    if not isinstance(make, Diagram):
        raise TypeMismatch(f"given: the arguments come from a diagram of parameters, not from {short(make)}")
    make, inputs = as_diagram(make), dict(zip(names(make), make.dom.obs, strict=True))
    for ob in (*make.dom.obs, *make.cod.obs):
        if ob.kind != "Real" or not all(isinstance(size, int) for size in ob.sizes):
            raise TypeMismatch(f"given: parameters and arguments are real arrays of known sizes, not {ob}")
    if not isinstance(fixed, Mapping | None):
        raise InputMismatch(f"given: fix inputs by name, as in {{'speed': 2.0}}, not {short(fixed)}")
    numbers = {**({DURATION: 1.0} if DURATION in inputs else {}), **(fixed or {})}
    for name, value in numbers.items():
        if name not in inputs or inputs[name].sizes or not _number(value):
            raise InputMismatch(f"given: {name!r} cannot be fixed at {short(value)}; fix inputs Real() at numbers")
    return Given(_kind(kind), make, tuple(numbers.items()))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -math.inf < value < math.inf


def _kind(kind: object) -> type[Kernel]:
    if isinstance(kind, type) and kind in (Gaussian, Table):
        return kind
    raise TypeMismatch(f"given: the kind is Gaussian or Table, not {short(kind)}")
