"""Loops of fixed length: one body, run along the first axis of its sequences, handing a carry on.

The body reads `carry @ one element of each sequence @ shared` and gives `new carry @ results`; the results of all steps
are stacked. The reverse derivative of a loop is a loop in the other direction over what the first one kept; what it
finds for the shared inputs is summed over the steps.

>>> from catlearn import Real, diagram, tanh
>>> @diagram
... def cell(h: Real(3), x: Real(2), w: Real(3, 2)):
...     new = tanh(h + w @ x)
...     return new, new
>>> @diagram
... def run(h: Real(3), xs: Real("t", 2), w: Real(3, 2)):
...     (last,), (all,) = scan(cell, [h], [xs], [w])
...     return last, all
>>> run.cod
Real(3) @ Real("t", 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.optic import Optic, optic
from catlearn.diagrams.theories.smooth.batch import batch
from catlearn.diagrams.theories.smooth.generator import Generator, Shape, generator, look_up, spread
from catlearn.diagrams.theories.smooth.linear import permute, sum_
from catlearn.diagrams.theories.smooth.reverse import SMOOTH
from catlearn.diagrams.trace import place, trace
from catlearn.diagrams.types import Ob, Real, Size, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Builder, Graph, Wiring, flatten, names, unfolded
from catlearn.errors import ShapeMismatch, TypeMismatch, WireError

__all__ = ["Loop", "hoisted", "scan"]


@dataclass(frozen=True)
class Loop:
    """A scan box read: its body, and how the body's wires are divided.

    Attributes:
        body: `carry @ sequences @ shared -> carry @ results`, for one step.
        length: the number of steps.
        carries: how many wires are carried.
        sequences: how many inputs are taken apart, one element a step.
        backward: whether the last step comes first.
    """

    body: Diagram
    length: Size
    carries: int
    sequences: int
    backward: bool

    @classmethod
    def of(cls, box: Box) -> Loop:
        """The loop of a scan box."""
        data = box.data
        if not (isinstance(data, tuple) and len(data) == 5 and isinstance(data[0], Diagram)):
            raise TypeMismatch("scan: this box is not one of a loop; make loops with catlearn.scan")
        return cls(*data)

    def box(self) -> Box:
        """The box of this loop."""
        dom, cod = self.body.dom, self.body.cod
        split = self.carries + self.sequences
        reads = dom[: self.carries] @ self.stacked(dom[self.carries : split]) @ dom[split:]
        gives = cod[: self.carries] @ self.stacked(cod[self.carries :])
        return Box("scan", reads, gives, (self.body, self.length, self.carries, self.sequences, self.backward))

    def stacked(self, ty: Ty) -> Ty:
        """The type of these wires for all steps at once."""
        return Ty.of(Ob("Real", (self.length, *ob.sizes)) for ob in ty.obs)


def scan(
    body: Diagram, carry: Sequence[Wire], sequences: Sequence[Wire] = (), shared: Sequence[Wire] = (),
    length: Size | None = None, backward: bool = False,
) -> tuple[tuple[Wire, ...], tuple[Wire, ...]]:  # fmt: skip
    """Run a body along the first axis of the sequences, from a first carry; gives the last carry and stacked results.

    Args:
        body: `carry @ elements @ shared -> carry @ results`.
        carry, sequences, shared: the wires it starts from, takes apart, and reads as they are in every step.
        length: the number of steps, needed only where there is no sequence.
        backward: start from the end of the sequences.

    Raises:
        TypeMismatch: when the wires are not what the body reads, or the carry comes out with another type.
        ShapeMismatch: when the sequences have different lengths, or the length is none.
        WireError: when something else than wires is given.
    """
    if any(isinstance(part, Wire) for part in (carry, sequences, shared)):
        raise WireError("scan: reads lists of wires; give [first carry], [sequences], [shared]")
    if strange := [w for w in (*carry, *sequences, *shared) if not isinstance(w, Wire)]:
        raise WireError(f"scan: reads wires, not {strange[0]!r}; give [first carry], [sequences], [shared]")
    if length is not None:
        (length,) = Real(length).obs[0].sizes
    lengths = {w.shape[0] if w.shape else 0 for w in sequences} | ({length} if length is not None else set())
    if len(lengths) != 1 or not all(w.shape for w in sequences):
        raise ShapeMismatch(f"scan: the sequences must have one common first size, not {sorted(map(str, lengths))}")
    elements = Ty.of(Ob("Real", w.shape[1:]) for w in sequences)
    start = Ty.of(w.ob for w in carry)
    wanted = start @ elements @ Ty.of(w.ob for w in shared)
    name = getattr(body, "name", "") or "body"
    if body.dom != wanted:
        raise TypeMismatch(f"scan: {name} reads {body.dom!r} but each step gives it {wanted!r}")
    if body.cod[: len(start)] != start:
        raise TypeMismatch(f"scan: {name} carries {start!r} in but {body.cod[: len(start)]!r} out")
    loop = Loop(body, lengths.pop(), len(start), len(elements), backward)
    made = place(loop.box(), [*carry, *sequences, *shared])
    out = made if isinstance(made, tuple) else (made,)
    return out[: len(start)], out[len(start) :]


def _optic(box: Box) -> Optic:
    """Run the body's two passes in two loops; what the first leaves at each step is stacked for the second.

    Of what the body's backward pass reads, elements of the sequences and shared inputs are there already.
    """
    loop = Loop.of(box)
    body, c, inputs, results = loop.body, loop.carries, len(loop.body.dom), len(loop.body.cod)
    s = c + loop.sequences
    inner = optic(body, SMOOTH)
    wiring = flatten(inner.first)
    kept = wiring.outputs.tolist()[results:]
    stacked = [w for w in kept if not c <= w < inputs]
    elements, shared = [w for w in kept if c <= w < s], [w for w in kept if s <= w < inputs]
    types = [Ty.of(wiring.obs[w] for w in part) for part in (stacked, elements, shared)]
    n = len(stacked) + len(elements)

    def one_step(*wires: Wire) -> Any:
        out = _wires(place(inner.first, wires))
        return (*out[:results], *(w for w, i in zip(out[results:], kept, strict=True) if i in stacked))

    def one_step_back(*wires: Wire) -> Any:
        sequences, rest = wires[c : c + n], wires[c + n :]
        entry, whole = rest[: results - c], rest[results - c :]
        at = dict(zip(stacked + elements + shared, (*sequences, *whole), strict=True))
        return place(inner.second, [*(at[w] for w in kept), *wires[:c], *entry])

    back_dom = body.cod[:c] @ types[0] @ types[1] @ body.cod[c:] @ types[2]
    first = replace(loop, body=trace(one_step, body.dom)).box()
    second = replace(
        loop, body=trace(one_step_back, back_dom), sequences=n + results - c, backward=not loop.backward
    ).box()

    def forward(*wires: Wire) -> Any:
        return (*_wires(place(first, wires)), *(wires[w] for w in elements), *(wires[w] for w in shared))

    def backward(*wires: Wire) -> Any:
        kept_wires, entry = wires[: n + len(shared)], wires[n + len(shared) :]
        out = _wires(place(second, [*entry[:c], *kept_wires[:n], *entry[c:], *kept_wires[n:]]))
        return (*out[:s], *(sum_(w, data=(0,)) for w in out[s:]))

    residual = loop.stacked(types[0] @ types[1]) @ types[2]
    dom, cod = box.dom, box.cod
    return Optic((dom, dom), (cod, cod), residual, trace(forward, dom), trace(backward, residual @ cod))


def _batch(data: Any, n: Size, batched: Sequence[bool], wires: Sequence[Wire]) -> Any:
    """Batch the body; inside the loop the new axis comes second for sequences, as steps come first."""
    loop = Loop(*data)
    c, s = loop.carries, loop.carries + loop.sequences
    flags, body = _batched_body(loop, n, list(batched))
    start = [spread(w, n) if flag and not had else w for w, flag, had in zip(wires, flags, batched, strict=True)]
    start[c:s] = [_swap(w) if flag else w for w, flag in zip(start[c:s], flags[c:s], strict=True)]
    out = _wires(place(replace(loop, body=body).box(), start))
    wide = [w.ob != ob for w, ob in zip(out, loop.box().cod.obs, strict=True)]
    return tuple(_swap(w) if i >= c and wide[i] else w for i, w in enumerate(out))


def _batched_body(loop: Loop, n: Size, flags: list[bool]) -> tuple[list[bool], Diagram]:
    """The body with the axis where it must be: a carry that comes out with it must go in with it."""
    c, inputs = loop.carries, names(loop.body)
    while True:
        body = batch(loop.body, n, [name for name, flag in zip(inputs, flags, strict=True) if flag])
        wide = [ob != old for ob, old in zip(body.cod.obs, loop.body.cod.obs, strict=True)]
        grown = [flag or (i < c and wide[i]) for i, flag in enumerate(flags)]
        if grown == flags:
            break
        flags = grown
    lacking = [i for i in range(c) if flags[i] and not wide[i]]
    if not lacking:
        return flags, body
    return flags, trace(
        lambda *ws: tuple(
            spread(w, n) if i in lacking else w for i, w in enumerate(_wires(place(body, ws, unfold=True)))
        ),
        body.dom,
    )


def _swap(wire: Wire) -> Wire:
    """The first two axes in the other order."""
    return permute(wire, data=(1, 0, *range(2, len(wire.shape))))


def _wires(made: Any) -> tuple[Wire, ...]:
    return made if isinstance(made, tuple) else (made,)


def _shape(data: Any, *shapes: Shape) -> Shape:
    raise ShapeMismatch("scan: write it with catlearn.scan, which knows its results")


scan_: Generator = generator("scan", _shape, None, _batch, _optic)


def hoisted(box: Box) -> Diagram:
    """A loop with everything taken out of it that need not be in it: the same map.

    What does not depend on the carry is done before, for all steps at once; what the next carry does not depend on is
    done after. It is the tightening law of feedback (Sprunger and Katsumata, arXiv:1903.01093), with the batch functor
    saying what "for all steps at once" is.
    """
    loop = Loop.of(box)
    parts = _divide(loop)
    wiring, c = unfolded(loop.body), loop.carries

    def build(*wires: Wire) -> Any:
        at = dict(enumerate(wires[c:], c))
        wide = {i: i < c + loop.sequences for i in at}
        _place_wide(wiring, parts.before, loop.length, at, wide)
        sequences, shared = ([w for w in parts.reads if wide[w] is flag] for flag in (True, False))
        inner = replace(loop, body=_restricted(wiring, parts, c, sequences + shared), sequences=len(sequences))
        out = _wires(place(inner.box(), [*wires[:c], *(at[w] for w in sequences + shared)]))
        for w, wire in zip(parts.gives, out[c:], strict=True):
            at[w], wide[w] = wire, True
        _place_wide(wiring, parts.after, loop.length, at, wide)
        results = wiring.outputs.tolist()[c:]
        return (*out[:c], *(at[w] if wide[w] else spread(at[w], loop.length) for w in results))

    return trace(build, box.dom)


@dataclass(frozen=True)
class _Parts:
    """The steps of a body before, in and after the loop; wires that the loop reads, and that are read after it."""

    before: list[int]
    inside: list[int]
    after: list[int]
    reads: list[int]
    gives: list[int]


def _divide(loop: Loop) -> _Parts:
    wiring, c = unfolded(loop.body), loop.carries
    steps, outputs = list(wiring.steps()), wiring.outputs.tolist()
    late = set(range(c))
    for _, reads, made in steps:
        if not late.isdisjoint(reads):
            late.update(made)
    needed = set(outputs[:c])
    for _, reads, made in reversed(steps):
        if not needed.isdisjoint(made):
            needed.update(reads)
    before = [k for k, (_, _, made) in enumerate(steps) if late.isdisjoint(made)]
    inside = [k for k, (_, _, made) in enumerate(steps) if not late.isdisjoint(made) and not needed.isdisjoint(made)]
    after = [k for k in range(len(steps)) if k not in {*before, *inside}]
    held = {*range(c), *(w for k in inside for w in steps[k][2])}
    entering = [w for k in inside for w in steps[k][1]] + outputs[:c]
    leaving = [w for k in after for w in steps[k][1]] + outputs[c:]
    reads = list(dict.fromkeys(w for w in entering if w not in held))
    return _Parts(before, inside, after, reads, list(dict.fromkeys(w for w in leaving if w in held)))


def _place_wide(wiring: Wiring, which: list[int], n: Size, at: dict[int, Wire], wide: dict[int, bool]) -> None:
    """Place boxes of the body for all steps at once."""
    steps = list(wiring.steps())
    for k in which:
        box, reads, made = steps[k]
        flags, wires = [wide[w] for w in reads], [at[w] for w in reads]
        out = _wires(look_up(box).batch(box.data, n, flags, wires) if any(flags) else place(box, wires))
        for w, wire in zip(made, out, strict=True):
            at[w], wide[w] = wire, wire.ob != wiring.obs[w]


def _restricted(wiring: Wiring, parts: _Parts, c: int, reads: list[int]) -> Graph:
    """What is left of the body in the loop."""
    steps, outputs = list(wiring.steps()), wiring.outputs.tolist()
    build = Builder(wiring.dom[:c] @ Ty.of(wiring.obs[w] for w in reads))
    at = {**{i: i for i in range(c)}, **{w: c + k for k, w in enumerate(reads)}}
    for k in parts.inside:
        box, needs, made = steps[k]
        at.update(zip(made, build.add(box, [at[w] for w in needs]), strict=True))
    return Graph(build.finish([at[w] for w in outputs[:c] + parts.gives]))
