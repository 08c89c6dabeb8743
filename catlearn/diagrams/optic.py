"""Optics: diagrams read in two passes, with what the first pass leaves for the second.

An optic from A to B has a pair of types at each end: `A+`, `B+` for what runs along the diagram and `A-`, `B-` for what
runs against it. Gradients and Bayesian inversion run along first; backward filtering, forward guiding runs against
first. Both are the same data, read from the other end, so there is one composition here and not two.

    phase "along":    first : A+ -> B+ @ M     second : M @ B- -> A-
    phase "against":  first : B- -> A- @ M     second : M @ A+ -> B+

`optic(d, theory)` is the functor: it sends a box to its row of the theory, a copy to a copy along and to `combine`
against. Copying forward is combining backward. See Riley, "Categories of optics" (2018), arXiv:1809.00738.

>>> from catlearn import Box, Ty
>>> X, Y = Ty("X"), Ty("Y")
>>> f = lens(Box("f", X, Y), Box("R[f]", X @ Y, X))
>>> (f >> lens(Box("g", Y, X), Box("R[g]", Y @ X, Y))).close().dom
Ty("X", "X")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from catlearn.diagrams.diagram import Box, Diagram, as_diagram, copy, identity, permutation, reorder
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import Builder, Graph, Wiring, flatten, unfolded
from catlearn.errors import TypeMismatch, short

__all__ = ["Optic", "Phase", "Theory", "lens", "optic"]

Phase = Literal["along", "against"]
Pair = tuple[Ty, Ty]


@dataclass(frozen=True)
class Optic:
    """An optic with its residual M explicit.

    Two optics that differ by a map slid across the residual are the same; so compare `close()`, never residuals.

    Args:
        dom, cod: the pairs (along, against) of types at the two ends.
        residual: the type M of what the first pass leaves.
        first, second: the passes, typed as the module says for the phase.
        phase: which way the first pass runs.
    """

    dom: Pair
    cod: Pair
    residual: Ty
    first: Diagram
    second: Diagram
    phase: Phase = "along"

    def __post_init__(self) -> None:
        if self.phase not in get_args(Phase):
            raise TypeMismatch(f"optic: the first pass runs 'along' or 'against', not {short(self.phase)}")
        if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in (self.dom, self.cod)):
            raise TypeMismatch(f"optic: each end is a pair of types, not {short(self.dom)} and {short(self.cod)}")
        for d in (self.first, self.second):
            if not isinstance(d, Diagram):
                raise TypeMismatch(f"optic: its passes are diagrams, not {short(d)}")
        along = self.phase == "along"
        (start, back), (end, entry) = (self.dom, self.cod) if along else (self.cod[::-1], self.dom[::-1])
        for name, d, dom, cod in (
            ("first", self.first, start, end @ self.residual),
            ("second", self.second, self.residual @ entry, back),
        ):
            if d.dom != dom or d.cod != cod:
                raise TypeMismatch(f"optic: the {name} pass must be {dom} -> {cod}, not {d.dom} -> {d.cod}")

    def flip(self) -> Optic:
        """The same passes, read from the other end."""
        phase: Phase = "against" if self.phase == "along" else "along"
        return Optic(self.cod[::-1], self.dom[::-1], self.residual, self.first, self.second, phase)

    def __rshift__(self, other: Optic) -> Optic:
        if not isinstance(other, Optic):
            return NotImplemented
        self._same_phase(other)
        if self.cod != other.dom:
            raise TypeMismatch(f"optics: {self.cod} does not meet {other.dom}")
        if self.phase == "against":
            return (other.flip() >> self.flip()).flip()
        m, n = self.residual, other.residual
        first = self.first >> (other.first @ identity(m))
        second = (reorder([n, m, other.cod[1]], [1, 0, 2]) >> (identity(m) @ other.second)) >> self.second
        return Optic(self.dom, other.cod, n @ m, first, second)

    def __matmul__(self, other: Optic) -> Optic:
        if not isinstance(other, Optic):
            return NotImplemented
        self._same_phase(other)
        if self.phase == "against":
            return (self.flip() @ other.flip()).flip()
        m, n = self.residual, other.residual
        first = (self.first @ other.first) >> reorder([self.cod[0], m, other.cod[0], n], [0, 2, 1, 3])
        second = reorder([m, n, self.cod[1], other.cod[1]], [0, 2, 1, 3]) >> (self.second @ other.second)
        dom, cod = (_beside(a, b) for a, b in ((self.dom, other.dom), (self.cod, other.cod)))
        return Optic(dom, cod, m @ n, first, second)

    def close(self) -> Diagram:
        """Both passes in one diagram: `A+ @ B- -> A-` along, `B- @ A+ -> B+` against."""
        both, kept = self.both(), len(self.first.cod) - len(self.residual)
        return both >> permutation(both.cod, range(kept, len(both.cod)))

    def both(self) -> Diagram:
        """Both passes, with what the first one gives as well: `A+ @ B- -> B+ @ A-` along."""
        given = self.first.cod[: len(self.first.cod) - len(self.residual)]
        entry = self.second.dom[len(self.residual) :]
        return (self.first @ identity(entry)) >> (identity(given) @ self.second)

    def _same_phase(self, other: Optic) -> None:
        if self.phase != other.phase:
            raise TypeMismatch(f"optics: one runs its first pass {self.phase} the diagram, the other {other.phase} it")


def _beside(a: Pair, b: Pair) -> Pair:
    return a[0] @ b[0], a[1] @ b[1]


def lens(get: Diagram, put: Diagram) -> Optic:
    """The optic whose residual is its input: `get : A -> B` and `put : A @ B' -> A'`, any backward pass you like.

    >>> from catlearn import Box, Ty
    >>> lens(Box("f", Ty("X"), Ty("Y")), Box("b", Ty("X", "dY"), Ty("dX"))).dom
    (Ty("X"), Ty("dX"))
    """
    get, put = as_diagram(get), as_diagram(put)
    a, entry = get.dom, put.dom[len(get.dom) :]
    return Optic((a, put.cod), (get.cod, entry), a, copy(a) >> (get @ identity(a)), put)


@dataclass(frozen=True)
class Theory:
    """What a functor to optics needs to know.

    Args:
        phase: which way the first pass runs.
        pair: the types along and against of an object.
        rule: the optic of a box; raises `UnknownBox`.
        combine: `combine(ty, n)` is the diagram `ty @ ... @ ty -> ty` that joins n readings against a wire of which
            `ty` is the type against; with n = 0 it is the unit.
    """

    phase: Phase
    pair: Callable[[Ob], Pair]
    rule: Callable[[Box], Optic]
    combine: Callable[[Ty, int], Diagram]

    def ends(self, ty: Ty) -> Pair:
        """The types along and against of a bundle of wires."""
        pairs = [self.pair(ob) for ob in ty.obs]
        return Ty.of(x for p in pairs for x in p[0].obs), Ty.of(x for p in pairs for x in p[1].obs)


def optic(d: Diagram, theory: Theory, fold: bool = False) -> Optic:
    """Send a diagram to its optic, box by box, in linear time.

    Folded boxes are opened; with `fold`, each becomes a folded box `f` in the first pass and a folded box `R[f]` in the
    second, for pictures. Residual wires that several boxes keep are kept once.

    >>> from catlearn import SMOOTH, Real, sin, trace
    >>> optic(trace(lambda x: sin(x), Real(3)), SMOOTH).residual
    Real(3)
    """
    d = as_diagram(d)
    if not isinstance(theory, Theory):
        raise TypeMismatch(f"optic: expected a theory such as SMOOTH, not {short(theory)}")
    wiring = flatten(d) if fold else unfolded(d)
    dom, cod = theory.ends(wiring.dom), theory.ends(wiring.cod)
    optics = [theory.rule(box) if box.inside is None else _folded(box, box.inside, theory) for box in wiring.boxes]
    kept: list[list[int]] = [[] for _ in optics]
    walk, back = (_along, _against) if theory.phase == "along" else (_against, _along)
    start, entry = (dom[0], cod[1]) if theory.phase == "along" else (cod[1], dom[0])

    one = Builder(start)

    def first(k: int, wires: list[int]) -> list[int]:
        out = one.inline(flatten(optics[k].first), wires)
        cut = len(out) - len(optics[k].residual)
        kept[k] = out[cut:]
        return out[:cut]

    given = walk(wiring, theory, one, list(range(len(start))), first)
    shared = {wire: i for i, wire in enumerate(dict.fromkeys(w for wires in kept for w in wires))}
    residual = Ty.of(one.obs[wire] for wire in shared)
    two = Builder(residual @ entry)

    def second(k: int, wires: list[int]) -> list[int]:
        return two.inline(flatten(optics[k].second), [shared[wire] for wire in kept[k]] + wires)

    answer = back(wiring, theory, two, list(range(len(residual), len(two.obs))), second)
    passes = Graph(one.finish(given + list(shared))), Graph(two.finish(answer))
    return Optic(dom, cod, residual, *passes, theory.phase)


def _folded(box: Box, inside: Diagram, theory: Theory) -> Optic:
    """The optic of what a folded box stands for, each of its passes folded to a box."""
    inner = optic(inside, theory, fold=True)
    first, second = (
        Box(name, d.dom, d.cod, (), d) for name, d in ((box.name, inner.first), (f"R[{box.name}]", inner.second))
    )
    return replace(inner, first=first, second=second)


Run = Callable[[int, list[int]], list[int]]


def _along(wiring: Wiring, theory: Theory, build: Builder, start: list[int], run: Run) -> list[int]:
    """Walk with the wires: a wire's reading is handed to everyone who reads it."""
    width = {ob: len(theory.pair(ob)[0]) for ob in set(wiring.obs)}
    at = _split(start, [width[ob] for ob in wiring.dom.obs])
    for k, (box, reads, _) in enumerate(wiring.steps()):
        out = run(k, [x for wire in reads for x in at[wire]])
        at += _split(out, [width[ob] for ob in box.cod.obs])
    return [x for wire in wiring.outputs.tolist() for x in at[wire]]


def _against(wiring: Wiring, theory: Theory, build: Builder, start: list[int], run: Run) -> list[int]:
    """Walk against the wires: a wire's reading combines those of everyone who reads it."""
    pairs = {ob: theory.pair(ob)[1] for ob in set(wiring.obs)}
    readings: list[list[list[int]]] = [[] for _ in wiring.obs]
    for wire, reading in zip(
        wiring.outputs.tolist(), _split(start, [len(pairs[ob]) for ob in wiring.cod.obs]), strict=True
    ):
        readings[wire].append(reading)

    def joined(wire: int) -> list[int]:
        found = readings[wire]
        if len(found) == 1:
            return found[0]
        combine = theory.combine(pairs[wiring.obs[wire]], len(found))
        return build.inline(flatten(combine), [x for reading in found for x in reading])

    for k, (box, reads, made) in reversed(list(enumerate(wiring.steps()))):
        out = run(k, [x for wire in made for x in joined(wire)])
        for wire, reading in zip(reads, _split(out, [len(pairs[ob]) for ob in box.dom.obs]), strict=True):
            readings[wire].append(reading)
    return [x for wire in range(len(wiring.dom)) for x in joined(wire)]


def _split(wires: list[int], widths: Sequence[int]) -> list[list[int]]:
    found, at = [], 0
    for width in widths:
        found.append(wires[at : at + width])
        at += width
    return found
