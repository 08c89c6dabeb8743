"""Random diagrams over a semiring, and what runs them on every input."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from hypothesis import strategies as st

import catlearn as cl
from catlearn import Diagram, Ty, Wire, copy, discard, identity
from catlearn.diagrams.theories.boolean import rows
from catlearn.diagrams.theories.boolean.semiring import semiring
from catlearn.interpreters.circuits.walking import walk

Binary = dict[str, Callable[[Wire, Wire], Wire]]

BINARY: Binary = {"add": rows.add, "mul": rows.multiply, "equals": rows.equals}


def every(ty: Ty) -> list[np.ndarray]:
    """All elements of a type, for each wire (samples, width)."""
    sizes = [(semiring(ob).size, ob.sizes[-1]) for ob in ty.obs]
    total = sum(width for _, width in sizes)
    found = list(product(*(range(size) for size, width in sizes for _ in range(width))))
    flat = np.array(found, np.int64).reshape(len(found), total)
    return np.split(flat, np.cumsum([width for _, width in sizes])[:-1], axis=1) if sizes else []


def same(f: Diagram, g: Diagram) -> None:
    """Both have one type, and give the same for every input."""
    assert (f.dom, f.cod) == (g.dom, g.cod)
    inputs = every(f.dom)
    for a, b in zip(walk(f, inputs), walk(g, inputs), strict=True):
        assert (a == b).all()


@st.composite
def polynomials(
    draw: st.DrawFn, ob: Ty, dom: int | None = None, cod: int | None = None, boxes: int = 5, safe: bool = False
) -> Diagram:
    """A diagram of sums, products, comparisons and constants on wires `ob`, of arities up to 3."""
    reads = draw(st.integers(0, 3)) if dom is None else dom
    gives = draw(st.integers(0, 3)) if cod is None else cod
    size = semiring(ob.obs[0]).size
    kinds = ["add", "mul", "constant"] if safe else ["add", "mul", "mul", "equals", "constant"]
    plan = [(draw(st.sampled_from(kinds)), draw(st.integers(0, 99)), draw(st.integers(0, 99))) for _ in range(boxes)]
    ends = [draw(st.integers(0, 99)) for _ in range(gives)]

    def drawn(*wires: Wire) -> tuple[Wire, ...]:
        at = list(wires)
        for kind, i, j in plan:
            if kind == "constant" or not at:
                at.append(rows.constant_of(ob.obs[0], (i % size,)))
            else:
                at.append(BINARY[kind](at[i % len(at)], at[j % len(at)]))
        if not at:
            at.append(rows.constant_of(ob.obs[0], (0,)))
        return tuple(at[k % len(at)] for k in ends)

    return cl.trace(drawn, ob**reads)


def zero(dom: Ty, cod: Ty) -> Diagram:
    """The zero map."""
    return cl.trace(lambda *_: tuple(rows.constant_of(ob, (0,) * ob.sizes[-1]) for ob in cod.obs), dom)


def plus(ty: Ty) -> Diagram:
    """ty @ ty -> ty."""
    n = len(ty)
    return cl.trace(lambda *w: tuple(rows.add(a, b) for a, b in zip(w[:n], w[n:], strict=True)), ty @ ty)


def both(f: Diagram, g: Diagram) -> Diagram:
    """<f, g>."""
    return copy(f.dom) >> (f @ g)


def plus_of(f: Diagram, g: Diagram) -> Diagram:
    """f + g."""
    return both(f, g) >> plus(f.cod)


def first(a: Ty, b: Ty) -> Diagram:
    """a @ b -> a."""
    return identity(a) @ discard(b)


def second(a: Ty, b: Ty) -> Diagram:
    """a @ b -> b."""
    return discard(a) @ identity(b)


def left(a: Ty, b: Ty) -> Diagram:
    """<1, 0> : a -> a @ b."""
    return identity(a) @ zero(Ty(), b)


def right(a: Ty, b: Ty) -> Diagram:
    """<0, 1> : b -> a @ b."""
    return zero(Ty(), a) @ identity(b)
