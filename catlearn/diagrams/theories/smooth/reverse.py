"""Smooth maps as a theory, and what only they have: gradients, Hessians, Jacobians.

>>> from catlearn import Real, diagram
>>> @diagram
... def f(x: Real(3), y: Real(3)):
...     return x @ y
>>> gradient(f) == trace(lambda x, y: (1.0 * y, 1.0 * x), Real(3) ** 2)
False
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box, Diagram, as_diagram, identity, permutation
from catlearn.diagrams.optic import Optic, Theory, optic
from catlearn.diagrams.theories.residual import from_backward
from catlearn.diagrams.theories.reversal import and_names, called, reverse_derivative, with_cotangents
from catlearn.diagrams.theories.smooth.arithmetic import constant, full
from catlearn.diagrams.theories.smooth.arrays import reshape
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.generator import Generator, check_made, look_up, spread
from catlearn.diagrams.theories.smooth.linear import add
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Ob, Real, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph, flatten, names, prune
from catlearn.errors import InputMismatch, NotSupported, TypeMismatch, short

__all__ = [
    "SMOOTH",
    "gradient",
    "hessian_vector",
    "jacobian",
    "reverse",
    "value_and_gradient",
    "zeros",
]


def _pair(ob: Ob) -> tuple[Ty, Ty]:
    """A real array has cotangents like itself; anything discrete has none."""
    ty = Ty.of((ob,))
    return ty, ty if ob.kind == "Real" else Ty()


def zeros(ty: Ty) -> Diagram:
    """The zero of a type of real arrays, `Ty() -> ty`."""
    return trace(lambda: tuple(full(ob.sizes, 0.0) for ob in ty.obs), Ty())


@lru_cache(maxsize=65536)
def _combine(ty: Ty, n: int) -> Diagram:
    """Add n cotangents; zero when there are none."""
    if not ty or not n:
        return zeros(ty) if ty else identity(ty)

    def total(*wires: Any) -> Any:
        result = wires[0]
        for wire in wires[1:]:
            result = add(result, wire)
        return result

    return trace(total, ty**n)


def _rule(box: Box) -> Optic:
    """A box's row as an optic."""
    return _row_optic(box, look_up(box))


@lru_cache(maxsize=65536)
def _row_optic(box: Box, row: Generator) -> Optic:
    """The optic that keeps those of a box's inputs and outputs that its reverse derivative reads."""
    if row.optic is not None:
        return row.optic(box)
    check_made(box, row)

    def backward(*wires: Any) -> tuple[Any, ...]:
        if row.reverse is None:
            raise NotSupported(f"{box.name}: this generator has no reverse derivative")
        found = row.reverse(box.data, *wires)
        parts = found if isinstance(found, tuple) else (found,)
        missing = (full(ob.sizes, 0.0) if part is None else part for part, ob in zip(parts, box.dom.obs, strict=False))
        return (*missing, *parts[len(box.dom) :])

    return from_backward(box, backward)


SMOOTH = Theory("along", _pair, _rule, _combine)
"""Smooth maps as a theory for `catlearn.optic`: values along, cotangents against, copies become sums."""


def reverse(d: Diagram, fold: bool = False) -> Graph:
    """The reverse derivative of a smooth diagram; see `catlearn.reverse`, which knows the other theories too."""
    return reverse_derivative(d, SMOOTH, fold)


def value_and_gradient(d: Diagram, wrt: Iterable[str] | None = None) -> Graph:
    """A diagram with one scalar output, and its gradient: `A -> Real() @ A'`.

    Args:
        d: a diagram to `Real()`.
        wrt: the names of the inputs to differentiate by, in the order of the answer; all of them by default.

    >>> from catlearn import Real, diagram
    >>> @diagram
    ... def f(w: Real(3), x: Real(3)):
    ...     return w @ x
    >>> value_and_gradient(f, wrt=["w"]).cod
    Real() @ Real(3)

    Raises:
        TypeMismatch: when the output is not one `Real()`.
        InputMismatch: when `wrt` names no input.
    """
    d = as_diagram(d)
    if d.cod != Real():
        raise TypeMismatch(f"{called(d)}: a gradient needs one output Real(), not {d.cod!r}; sum it, or use jacobian")
    both = (identity(d.dom) @ trace(lambda: full((), 1.0), Ty())) >> optic(d, SMOOTH).both()
    inputs, chosen = _smooth_inputs(d), _chosen(d, wrt)
    made = prune(both >> permutation(both.cod, [0, *(1 + inputs.index(name) for name in chosen)]))
    return Graph(flatten(made), f"gradient[{called(d)}]", names(d))


def gradient(d: Diagram, wrt: Iterable[str] | None = None) -> Graph:
    """The gradient of a diagram with one scalar output: `A -> A'`. Arguments and errors: see `value_and_gradient`.

    >>> from catlearn import Real, trace
    >>> gradient(trace(lambda x: x @ x, Real(3))).cod
    Real(3)
    """
    d = as_diagram(d)
    both = value_and_gradient(d, wrt)
    return Graph(flatten(prune(both >> permutation(both.cod, range(1, len(both.cod))))), both.name, both.names)


def hessian_vector(d: Diagram, wrt: Iterable[str] | None = None) -> Graph:
    """The Hessian times a vector, `A @ A' -> A'`: the reverse derivative of the gradient, as mixed partials commute.

    Arguments and errors: see `value_and_gradient`.

    >>> from catlearn import Real, diagram
    >>> @diagram
    ... def f(x: Real(3)):
    ...     return (x * x) @ x
    >>> hessian_vector(f).dom
    Real(3) @ Real(3)
    """
    d = as_diagram(d)
    inputs, chosen = _smooth_inputs(d), _chosen(d, wrt)
    back = reverse(gradient(d, chosen))
    made = prune(back >> permutation(back.cod, [inputs.index(name) for name in chosen]))
    return Graph(flatten(made), f"H[{called(d)}]", and_names(names(d), [f"v_{name}" for name in chosen]))


def jacobian(d: Diagram) -> Graph:
    """The Jacobian matrices of a diagram with one output: by each input, an array (output shape, input shape).

    It is the reverse derivative with a batch axis along which the cotangent is each unit vector in turn.

    >>> from catlearn import Real, diagram
    >>> @diagram
    ... def f(w: Real(2, 3), x: Real(3)):
    ...     return w @ x
    >>> jacobian(f).cod
    Real(2, 2, 3) @ Real(2, 3)

    Raises:
        TypeMismatch: when there is not exactly one output, or its shape has names.
    """
    d = as_diagram(d)
    if len(d.cod) != 1 or not all(isinstance(s, int) for s in d.cod.obs[0].sizes):
        raise TypeMismatch(f"{called(d)}: a Jacobian needs one output with numbers for sizes, not {d.cod!r}")
    shape = tuple(int(s) for s in d.cod.obs[0].sizes)
    back, count = reverse(d), prod(shape)
    units = batch(back, count, over=[back.names[-1]])

    def rows(*inputs: Wire) -> Any:
        basis = reshape(constant(np.eye(count)), (count, *shape))
        found = place(units, (*inputs, basis), unfold=True)
        parts = found if isinstance(found, tuple) else (found,)
        pairs = zip(parts, back.cod.obs, strict=True)
        return tuple(reshape(_all_rows(part, count, ob), (*shape, *ob.sizes)) for part, ob in pairs)

    return trace(rows, d.dom, f"J[{called(d)}]", names(d))


def _all_rows(wire: Wire, count: int, ob: Ob) -> Wire:
    """A cotangent that does not depend on the row is the same in all of them."""
    return wire if wire.shape != ob.sizes else spread(wire, count)


def _smooth_inputs(d: Diagram) -> list[str]:
    """The names of the inputs that have cotangents."""
    return with_cotangents(d, SMOOTH)


def _chosen(d: Diagram, wrt: Iterable[str] | None) -> list[str]:
    """The names of the inputs to differentiate by."""
    inputs = _smooth_inputs(d)
    if not isinstance(wrt, Iterable | None):
        raise InputMismatch(f"{called(d)}: wrt gives names of inputs, as in wrt=['w'], not {short(wrt)}")
    chosen = inputs if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    if unknown := [name for name in chosen if name not in inputs]:
        raise InputMismatch(f"{called(d)}: no input is called {unknown[0]!r}; there are {', '.join(inputs)}")
    return chosen
