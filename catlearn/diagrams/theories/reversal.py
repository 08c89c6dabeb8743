"""Reverse and forward derivatives by any theory whose first pass runs along: the functor to lenses, closed again.

>>> from catlearn import SMOOTH, Real, diagram, trace
>>> @diagram
... def f(x: Real(3), y: Real(3)):
...     return x * y
>>> reverse_derivative(f, SMOOTH) == trace(lambda x, y, d: (d * y, d * x), Real(3) ** 3)
True
"""

from __future__ import annotations

from collections.abc import Iterable

from catlearn.diagrams.diagram import Diagram, as_diagram, identity, permutation
from catlearn.diagrams.optic import Theory, optic
from catlearn.diagrams.wiring import Graph, flatten, names, prune

__all__ = ["and_names", "called", "forward_derivative", "reverse_derivative", "with_cotangents"]


def reverse_derivative(d: Diagram, theory: Theory, fold: bool = False) -> Graph:
    """`R[d] : A @ B' -> A'` by a theory's table; see `catlearn.reverse`."""
    d = as_diagram(d)
    made = prune(optic(d, theory, fold).close())
    outputs = len(made.dom) - len(d.dom)
    more = ["dy"] if outputs == 1 else [f"dy{i}" for i in range(outputs)]
    named = and_names(names(d), more)
    return Graph(flatten(made), f"R[{called(d)}]", named, named[len(d.dom) :])


def forward_derivative(d: Diagram, theory: Theory) -> Graph:
    """`D[d] : A @ A -> B`, obtained from `R[R[d]]`; see `catlearn.forward`."""
    d = as_diagram(d)
    once = reverse_derivative(d, theory)
    entry = once.dom[len(d.dom) :]
    twice = reverse_derivative(once, theory)
    tangents = once.cod
    start = (identity(d.dom) @ theory.combine(entry, 0) @ identity(tangents)) >> twice
    made = prune(start >> permutation(start.cod, range(len(tangents), len(start.cod))))
    given = and_names(names(d), [f"d{name}" for name in with_cotangents(d, theory)])
    return Graph(flatten(made), f"D[{called(d)}]", given)


def called(d: Diagram) -> str:
    """What a diagram is called, `f` where it has no name."""
    return str(getattr(d, "name", "") or "f")


def with_cotangents(d: Diagram, theory: Theory) -> list[str]:
    """The names of the inputs that have cotangents."""
    return [name for name, ob in zip(names(d), d.dom.obs, strict=True) if theory.pair(ob)[1]]


def and_names(taken: Iterable[str], more: Iterable[str]) -> list[str]:
    """Names, and more of them that are told apart from those before.

    >>> and_names(["x", "dy"], ["dy"])
    ['x', 'dy', 'dy_']
    """
    found = list(taken)
    for name in more:
        fresh = name
        while fresh in found:
            fresh += "_"
        found.append(fresh)
    return found
