"""The reverse derivative: the functor from smooth diagrams to lenses, closed to a diagram again.

`reverse(f) : A @ B' -> A'` takes the input and a cotangent of the output to a cotangent of the input. It satisfies the
axioms RD.1-7 of Cockett et al., "Reverse derivative categories", arXiv:1910.07065; `forward` is obtained from it by
their Theorem 16, `D[f](x, v) = p R[R[f]]((x, 0), v)`.

>>> from catlearn import Real, diagram
>>> @diagram
... def f(x: Real(3), y: Real(3)):
...     return x * y
>>> reverse(f) == trace(lambda x, y, d: (d * y, d * x), Real(3) ** 3)
True
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box, Diagram, as_diagram, identity, permutation
from catlearn.diagrams.optic import Optic, Theory, optic
from catlearn.diagrams.theories.smooth.arithmetic import constant, full
from catlearn.diagrams.theories.smooth.arrays import reshape
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.generator import Generator, check_made, look_up, spread
from catlearn.diagrams.theories.smooth.linear import add
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Ob, Real, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Builder, Graph, flatten, names, prune
from catlearn.errors import InputMismatch, NotSupported, TypeMismatch, short

__all__ = [
    "SMOOTH",
    "forward",
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
    dom, cod, n = box.dom, box.cod, len(box.dom)

    def backward(*wires: Any) -> Any:
        if row.reverse is None:
            raise NotSupported(f"{box.name}: this generator has no reverse derivative")
        found = row.reverse(box.data, *wires)
        parts = found if isinstance(found, tuple) else (found,)
        _check_cotangents(box, parts)
        return tuple(full(ob.sizes, 0.0) if w is None else w for w, ob in zip(parts, dom.obs, strict=True))

    put = trace(backward, dom @ cod @ cod)
    reads = set(put.wiring.arguments.tolist()) | set(put.wiring.outputs.tolist())
    keep = [i for i in range(n + len(cod)) if i in reads]
    ends = dom @ cod
    residual = Ty.of(ends.obs[i] for i in keep)
    both = permutation(dom, [*range(n)] * 2) >> (identity(dom) @ box)
    first = both >> permutation(ends, [*range(n, len(ends)), *keep])
    place = {i: k for k, i in enumerate(keep)}
    select = [place.get(i, 0) for i in range(len(ends))]
    second = _restrict(put, residual @ cod, select)
    return Optic((dom, dom), (cod, cod), residual, first, second)


def _check_cotangents(box: Box, parts: tuple[Any, ...]) -> None:
    if len(parts) != len(box.dom):
        raise TypeMismatch(
            f"{box.name}: its reverse derivative gives {len(parts)} cotangents for {len(box.dom)} inputs"
        )
    for i, (wire, ob) in enumerate(zip(parts, box.dom.obs, strict=True)):
        if wire is not None and not (isinstance(wire, Wire) and wire.ob == ob):
            raise TypeMismatch(f"{box.name}: its reverse derivative gives {wire!r} for input {i}, which is {ob}")


def _restrict(put: Graph, dom: Ty, select: list[int]) -> Diagram:
    """The backward pass on the wires it reads only; the others are read by nobody, so any number does for them."""
    build = Builder(dom)
    cod = range(len(dom) - (len(put.dom) - len(select)), len(dom))
    return Graph(build.finish(build.inline(put.wiring, [*select, *cod])))


SMOOTH = Theory("along", _pair, _rule, _combine)
"""Smooth maps as a theory for `catlearn.optic`: values along, cotangents against, copies become sums."""


def reverse(d: Diagram, fold: bool = False) -> Graph:
    """The reverse derivative `R[d] : A @ B' -> A'`, a diagram with the same generators.

    >>> from catlearn import Real, sin, trace
    >>> reverse(trace(lambda x: sin(x), Real(3))).dom
    Real(3) @ Real(3)

    Inputs keep their names; the cotangent of the output is called `dy`, or `dy0`, `dy1`, ... where there are several.
    With `fold`, a folded box `f` stays one, and one `R[f]` stands for its backward pass: for pictures.

    Raises:
        UnknownBox: for a box that the smooth theory does not have.
    """
    d = as_diagram(d)
    made = prune(optic(d, SMOOTH, fold).close())
    outputs = len(made.dom) - len(d.dom)
    more = ["dy"] if outputs == 1 else [f"dy{i}" for i in range(outputs)]
    named = _and(names(d), more)
    return Graph(flatten(made), f"R[{_name(d)}]", named, named[len(d.dom) :])


def forward(d: Diagram) -> Graph:
    """The forward derivative `D[d] : A @ A -> B`, input and tangent to tangent, obtained from `R[R[d]]`.

    RDC Theorem 16: the cotangent of `R[d]`'s own cotangent input, at cotangent zero. Errors are those of `reverse`.

    >>> from catlearn import Real, sum, trace
    >>> forward(trace(lambda x: sum(x), Real(3))).cod
    Real()
    """
    d = as_diagram(d)
    once = reverse(d)
    entry = once.dom[len(d.dom) :]
    twice = reverse(once)
    tangents = once.cod
    start = (identity(d.dom) @ zeros(entry) @ identity(tangents)) >> twice
    made = prune(start >> permutation(start.cod, range(len(tangents), len(start.cod))))
    return Graph(flatten(made), f"D[{_name(d)}]", _and(names(d), [f"d{name}" for name in _smooth_inputs(d)]))


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
        raise TypeMismatch(f"{_name(d)}: a gradient needs one output Real(), not {d.cod!r}; sum it, or use jacobian")
    both = (identity(d.dom) @ trace(lambda: full((), 1.0), Ty())) >> optic(d, SMOOTH).both()
    inputs, chosen = _smooth_inputs(d), _chosen(d, wrt)
    made = prune(both >> permutation(both.cod, [0, *(1 + inputs.index(name) for name in chosen)]))
    return Graph(flatten(made), f"gradient[{_name(d)}]", names(d))


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
    return Graph(flatten(made), f"H[{_name(d)}]", _and(names(d), [f"v_{name}" for name in chosen]))


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
        raise TypeMismatch(f"{_name(d)}: a Jacobian needs one output with numbers for sizes, not {d.cod!r}")
    shape = tuple(int(s) for s in d.cod.obs[0].sizes)
    back, count = reverse(d), prod(shape)
    units = batch(back, count, over=[back.names[-1]])

    def rows(*inputs: Wire) -> Any:
        basis = reshape(constant(np.eye(count)), (count, *shape))
        found = place(units, (*inputs, basis), unfold=True)
        parts = found if isinstance(found, tuple) else (found,)
        pairs = zip(parts, back.cod.obs, strict=True)
        return tuple(reshape(_all_rows(part, count, ob), (*shape, *ob.sizes)) for part, ob in pairs)

    return trace(rows, d.dom, f"J[{_name(d)}]", names(d))


def _all_rows(wire: Wire, count: int, ob: Ob) -> Wire:
    """A cotangent that does not depend on the row is the same in all of them."""
    return wire if wire.shape != ob.sizes else spread(wire, count)


def _name(d: Diagram) -> str:
    return str(getattr(d, "name", "") or "f")


def _smooth_inputs(d: Diagram) -> list[str]:
    """The names of the inputs that have cotangents."""
    return [name for name, ob in zip(names(d), d.dom.obs, strict=True) if SMOOTH.pair(ob)[1]]


def _chosen(d: Diagram, wrt: Iterable[str] | None) -> list[str]:
    """The names of the inputs to differentiate by."""
    inputs = _smooth_inputs(d)
    if not isinstance(wrt, Iterable | None):
        raise InputMismatch(f"{_name(d)}: wrt gives names of inputs, as in wrt=['w'], not {short(wrt)}")
    chosen = inputs if wrt is None else [wrt] if isinstance(wrt, str) else list(wrt)
    if unknown := [name for name in chosen if name not in inputs]:
        raise InputMismatch(f"{_name(d)}: no input is called {unknown[0]!r}; there are {', '.join(inputs)}")
    return chosen


def _and(taken: Iterable[str], more: Iterable[str]) -> list[str]:
    """Names, and more of them that are told apart from those before."""
    found = list(taken)
    for name in more:
        found.append(_fresh(name, found))
    return found


def _fresh(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name
