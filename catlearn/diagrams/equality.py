"""When are two diagrams the same? When their graphs of boxes and wires are, ports and boundary in order.

That is equality up to the axioms of symmetric monoidal categories with copy and discard. Discarding is not natural
here (a box whose output is thrown away stays), and `copy >> add` is not the identity, as it is for spiders.

>>> from catlearn import Box, Ty, copy, discard, identity
>>> X = Ty("X")
>>> f, effect = Box("f", X, X), Box("p", X, Ty())
>>> copy(X) >> (effect @ f) == copy(X) >> (f @ effect)
True
>>> f >> discard(X) == discard(X)
False
>>> Box("a", Ty(), Ty()) @ Box("b", Ty(), Ty()) == Box("b", Ty(), Ty()) @ Box("a", Ty(), Ty())
True
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.wiring import Wiring, unfolded

__all__ = ["equal", "fingerprint"]

_Colors = dict[int, int]
"""A color for each box of a part of one side, in topological order."""
_Numbers = defaultdict[Any, int]
"""A number for everything that a color is made of, the same on both sides: unlike a hash, no two share one."""


def equal(f: Diagram, g: Diagram) -> bool:
    """Whether two diagrams are the same graph of boxes and wires, folded boxes opened.

    Boxes that lead to the output are matched by following wires back from it, in linear time. The rest (effects,
    scalars, discarded parts) falls into connected pieces, matched by refining colors, and by trying where equal
    colors leave a choice.

    >>> from catlearn import Box, Ty, identity
    >>> f = Box("f", Ty("X"), Ty("X"))
    >>> equal(f >> identity(Ty("X")), f), equal(f >> f, f)
    (True, False)
    """
    f, g = as_diagram(f), as_diagram(g)
    if f.dom != g.dom or f.cod != g.cod:
        return False
    a, b = unfolded(f), unfolded(g)
    if a is b:
        return True
    if len(a.boxes) != len(b.boxes):
        return False
    left, right = _Side(a), _Side(b)
    return _match_outputs(left, right) and _match_rest(left, right)


def fingerprint(d: Diagram) -> int:
    """A hash that agrees with `equal`: it sees what each wire and box computes, not where it stands."""
    wires = [hash(("input", i)) for i in range(len(d.dom))]
    if isinstance(d, Box) and d.inside is None:
        term = _term(d, wires)
        return _digest(d, [hash((term, port)) for port in range(len(d.cod))], [term])
    wiring = unfolded(d)
    terms = []
    for box, reads, out in wiring.steps():
        terms.append(term := _term(box, [wires[i] for i in reads]))
        wires.extend(hash((term, port)) for port in range(len(out)))
    return _digest(d, [wires[i] for i in wiring.outputs.tolist()], terms)


def _digest(d: Diagram, ends: list[int], terms: list[int]) -> int:
    return hash((d.dom, d.cod, tuple(ends), frozenset(Counter(terms).items())))


def _term(box: Box, reads: list[int]) -> int:
    if "_label" not in box.__dict__:
        box.__dict__["_label"] = hash((box.name, box.dom, box.cod, box.data))
    return hash((box.__dict__["_label"], *reads))


class _Side:
    """One of two wirings that are being compared, as lists, with what has been matched so far."""

    def __init__(self, wiring: Wiring) -> None:
        self.boxes = wiring.boxes
        self.reads: list[list[int]] = []
        self.starts: list[int] = []
        self.producer = [-1] * len(wiring.dom)
        for k, (_, reads, out) in enumerate(wiring.steps()):
            self.reads.append(reads)
            self.starts.append(out.start)
            self.producer.extend([k] * len(out))
        self.outputs: list[int] = wiring.outputs.tolist()
        # What every wire is called on both sides, or -1; and which boxes are matched.
        self.known = [i if i < len(wiring.dom) else -1 for i in range(len(self.producer))]
        self.done = [False] * len(self.boxes)

    def color(self, members: list[int], number: _Numbers) -> _Colors:
        """The first colors: boxes are told apart by themselves and by the wires they read that are matched."""
        return {k: number[self.boxes[k], *(self.known[wire] for wire in self.reads[k])] for k in members}

    def remaining(self) -> list[int]:
        return [k for k, done in enumerate(self.done) if not done]


def _match_outputs(a: _Side, b: _Side) -> bool:
    """Follow the wires back from the outputs of both sides in step; False at the first difference."""
    todo = list(zip(a.outputs, b.outputs, strict=True))
    while todo:
        x, y = todo.pop()
        if a.known[x] >= 0 or b.known[y] >= 0:
            if a.known[x] != b.known[y]:
                return False
            continue
        p, q = a.producer[x], b.producer[y]
        f, g = a.boxes[p], b.boxes[q]
        if (f is not g and f != g) or x - a.starts[p] != y - b.starts[q]:
            return False
        a.done[p] = b.done[q] = True
        for port in range(len(f.cod.obs)):
            a.known[a.starts[p] + port] = b.known[b.starts[q] + port] = a.starts[p] + port
        todo.extend(zip(a.reads[p], b.reads[q], strict=True))
    return True


def _match_rest(a: _Side, b: _Side) -> bool:
    """Match what does not lead to an output: first by color, then piece by piece."""
    left, right = a.remaining(), b.remaining()
    if not left and not right:
        return True
    number: _Numbers = defaultdict()
    number.default_factory = number.__len__
    return _match(a, _refine(a, a.color(left, number), number), b, _refine(b, b.color(right, number), number), number)


def _match(a: _Side, x: _Colors, b: _Side, y: _Colors, number: _Numbers) -> bool:
    """Whether some matching keeps the colors, which are stable.

    A color that one box alone has settles that box, and colors remember their neighbors. So settled boxes hold nothing
    together: what is left falls into pieces, to be matched one by one. Being isomorphic is an equivalence, so the
    first piece that fits will do. A single piece is broken up by marking one box and trying all its rivals.
    """
    shared = Counter(x.values())
    if shared != Counter(y.values()):
        return False
    mine, theirs = _pieces(a, x, shared), _pieces(b, y, shared)
    if len(mine) == len(theirs) == 1:
        return _mark(a, mine[0], b, theirs[0], number)
    waiting = defaultdict(list)
    for piece in theirs:
        waiting[_signature(piece)].append(piece)
    for piece in mine:
        rivals = waiting[_signature(piece)]
        fit = next((r for r in rivals if _distinct(piece) or _match(a, piece, b, r, number)), None)
        if fit is None:
            return False
        rivals.remove(fit)
    return len(mine) == len(theirs)


def _mark(a: _Side, x: _Colors, b: _Side, y: _Colors, number: _Numbers) -> bool:
    shared = Counter(x.values())
    color = min(shared, key=shared.__getitem__)
    mark = number["mark", color]
    chosen = next(k for k in x if x[k] == color)
    marked = _refine(a, x | {chosen: mark}, number)
    rivals = [k for k in y if y[k] == color]
    return any(_match(a, marked, b, _refine(b, y | {k: mark}, number), number) for k in rivals)


def _distinct(colors: _Colors) -> bool:
    return len(set(colors.values())) == len(colors)


def _signature(piece: _Colors) -> tuple[int, ...]:
    return tuple(sorted(piece.values()))


def _refine(side: _Side, colors: _Colors, number: _Numbers) -> _Colors:
    """Split colors by what boxes read and by who reads them, until none splits any more."""
    readers: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for k in colors:
        for port, wire in enumerate(side.reads[k]):
            readers[wire].append((k, port))
    classes = -1
    while classes != len(set(colors.values())) < len(colors) or classes < 0:
        classes = len(set(colors.values()))
        colors = _sweep(side, colors, readers, number)
    return colors


def _sweep(side: _Side, colors: _Colors, readers: Mapping[int, list[tuple[int, int]]], number: _Numbers) -> _Colors:
    """Let colors run once forward along the wires and once back; box order is topological, so order plays no part."""
    new = dict(colors)
    for k in new:
        makers = (side.producer[wire] for wire in side.reads[k])
        ports = [(new[m], w - side.starts[m]) if m in new else -1 for m, w in zip(makers, side.reads[k], strict=True)]
        new[k] = number[new[k], *ports]
    for k in reversed(new):
        outs = range(side.starts[k], side.starts[k] + len(side.boxes[k].cod.obs))
        uses = [tuple(sorted((new[r], port) for r, port in readers.get(wire, ()))) for wire in outs]
        new[k] = number[new[k], "out", *uses]
    return new


def _pieces(side: _Side, colors: _Colors, shared: Counter[int]) -> list[_Colors]:
    """The connected pieces of the boxes that do not have a color of their own."""
    parent = {k: k for k, color in colors.items() if shared[color] > 1}

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = k = parent[parent[k]]
        return k

    for k in parent:
        for wire in side.reads[k]:
            if (maker := side.producer[wire]) in parent:
                parent[root(k)] = root(maker)
    pieces: dict[int, _Colors] = defaultdict(dict)
    for k in parent:
        pieces[root(k)][k] = colors[k]
    return list(pieces.values())
