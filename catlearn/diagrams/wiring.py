"""What a diagram means as a graph: boxes in order, and which wire each of them reads.

A wiring is an open hypergraph in static single assignment: wires are numbered, first those of the domain, then the
outputs of each box in turn; a box only reads wires with smaller numbers. So there are no cycles and no dangling
wires by construction; a copy is a wire read twice, a discard a wire read by nobody, and a swap is nothing at all.

>>> from catlearn import Box, Ty, copy
>>> f = Box("f", Ty("X"), Ty("Y"))
>>> w = flatten(copy(Ty("X")) >> (f @ f))
>>> [box.name for box in w.boxes], w.arguments.tolist(), w.outputs.tolist()
(['f', 'f'], [0, 0], [1, 2])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Beside, Box, Diagram, Then, Wires, as_diagram
from catlearn.diagrams.types import Ob, Ty, as_ty
from catlearn.errors import NotSupported, TypeMismatch, WireError, short

__all__ = ["Builder", "Graph", "Wiring", "flatten", "graph", "names", "prune", "unfolded"]

Step = tuple[Box, list[int], range]
_MOST_BOXES = 2**22


@dataclass(frozen=True, eq=False)
class Wiring:
    """Boxes in an order in which they can run, and their wires.

    Attributes:
        dom: the type of the first wires.
        boxes: the boxes, each after those it reads from.
        arguments: for box after box, the number of the wire at each input port; int64, one flat array.
        outputs: the wires that leave the diagram, in order; int64.
    """

    dom: Ty
    boxes: tuple[Box, ...]
    arguments: NDArray[np.int64]
    outputs: NDArray[np.int64]

    @cached_property
    def obs(self) -> list[Ob]:
        """The object on every wire."""
        found = list(self.dom.obs)
        for box in self.boxes:
            found.extend(box.cod.obs)
        return found

    @cached_property
    def cod(self) -> Ty:
        """The type of the wires that leave."""
        obs = self.obs
        return Ty.of(obs[i] for i in self.outputs.tolist())

    def steps(self) -> Iterator[Step]:
        """Each box with the wires it reads and the wires it gives."""
        arguments, at, wire = self.arguments.tolist(), 0, len(self.dom)
        for box in self.boxes:
            end, last = at + len(box.dom.obs), wire + len(box.cod.obs)
            yield box, arguments[at:end], range(wire, last)
            at, wire = end, last

    def consumers(self) -> list[list[tuple[int, int]]]:
        """For every wire, the (box, port) pairs that read it; the box is -1 where the diagram's output reads it."""
        found: list[list[tuple[int, int]]] = [[] for _ in self.obs]
        for k, (_, arguments, _) in enumerate(self.steps()):
            for port, wire in enumerate(arguments):
                found[wire].append((k, port))
        for port, wire in enumerate(self.outputs.tolist()):
            found[wire].append((-1, port))
        return found


class Builder:
    """Collects boxes and wires; `finish` gives the wiring. Wires are plain numbers here."""

    def __init__(self, dom: Ty) -> None:
        self.dom = dom
        self.obs: list[Ob] = list(dom.obs)
        self.boxes: list[Box] = []
        self.arguments: list[int] = []

    def add(self, box: Box, arguments: Sequence[int]) -> range:
        """Place a box on wires whose types are known to fit; gives its output wires."""
        start = len(self.obs)
        self.boxes.append(box)
        self.arguments.extend(arguments)
        self.obs.extend(box.cod.obs)
        return range(start, len(self.obs))

    def inline(self, wiring: Wiring, arguments: Sequence[int]) -> list[int]:
        """Place all boxes of a wiring on wires; gives the wires that leave it."""
        at = list(arguments)
        for box, reads, _ in wiring.steps():
            at.extend(self.add(box, [at[i] for i in reads]))
        return [at[i] for i in wiring.outputs.tolist()]

    def finish(self, outputs: Sequence[int]) -> Wiring:
        """The wiring with these wires leaving it."""
        arguments = np.array(self.arguments, np.int64)
        return Wiring(self.dom, tuple(self.boxes), arguments, np.array(outputs, np.int64))


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Graph(Diagram):
    """A diagram given by its wiring: what functions and functors make.

    `names` are its inputs' names. `against` names those at which a second pass begins: pictures color that apart.
    """

    wiring: Wiring
    name: str
    names: tuple[str, ...]
    against: tuple[str, ...]

    def __init__(self, wiring: Wiring, name: str = "", names: Sequence[str] = (), against: Sequence[str] = ()) -> None:
        for word in (name, *names, *against):
            if not isinstance(word, str):
                raise TypeMismatch(f"{name or 'graph'}: names are strings, not {short(word)}")
        if names and len(names) != len(wiring.dom):
            raise TypeMismatch(f"{name or 'graph'}: {len(names)} names for {len(wiring.dom)} inputs")
        fields = self.__dict__
        fields["dom"], fields["cod"], fields["wiring"] = wiring.dom, wiring.cod, wiring
        fields["name"], fields["names"], fields["against"] = name, tuple(names), tuple(against)


def graph(
    dom: Ty,
    steps: Iterable[tuple[Box, Sequence[int]]],
    outputs: Sequence[int],
    name: str = "",
    names: Sequence[str] = (),
    against: Sequence[str] = (),
) -> Graph:
    """A diagram written down wire by wire: each box with the numbers of the wires it reads.

    >>> from catlearn import Box, Ty, copy
    >>> f = Box("f", Ty("X"), Ty("Y"))
    >>> graph(Ty("X"), [(f, [0]), (f, [0])], [1, 2]) == copy(Ty("X")) >> (f @ f)
    True

    Raises:
        WireError: when a box reads a wire that is not there yet (a cycle, or a dangling wire).
        TypeMismatch: when a wire's type is not what a port reads.
    """
    build = Builder(as_ty(dom))
    for k, step in enumerate(_listed("the boxes", steps)):
        if not isinstance(step, tuple | list) or len(step) != 2:
            raise TypeMismatch(f"box {k}: give the box and the wires it reads, as in (f, [0, 1]), not {short(step)}")
        box, reads = step[0], _listed(f"box {k}", step[1])
        if not isinstance(box, Box):
            raise TypeMismatch(f"box {k} is no box but {short(box)}; fold it, as in Box(name, d.dom, d.cod, (), d)")
        for wire in reads:
            _check_wire(f"box {k} ({box.name})", wire, len(build.obs))
        found = Ty.of(build.obs[wire] for wire in reads)
        if found != box.dom:
            raise TypeMismatch(f"box {k} ({box.name}) reads {box.dom!r} but its wires {list(reads)} carry {found!r}")
        build.add(box, reads)
    for wire in _listed("the output", outputs):
        _check_wire("the output", wire, len(build.obs))
    return Graph(build.finish(outputs), name, names, against)


def _listed(where: str, several: Any) -> Sequence[Any]:
    if not isinstance(several, Iterable):
        raise TypeMismatch(f"graph: {where}: expected a list, not {short(several)}")
    return several if isinstance(several, Sequence) else list(several)


def _check_wire(where: str, wire: object, count: int) -> None:
    if not isinstance(wire, int | np.integer) or isinstance(wire, bool) or not 0 <= wire < count:
        raise WireError(f"{where} reads wire {wire!r}, but only wires 0 to {count - 1} are made before it")


def flatten(d: Diagram) -> Wiring:
    """The wiring of a term, in one pass from left to right; folded boxes stay folded. Kept on the diagram.

    >>> from catlearn import Box, Ty
    >>> f = Box("f", Ty("X"), Ty("X"))
    >>> len(flatten(f >> f >> f).boxes)
    3
    """
    if isinstance(d, Graph):
        return d.wiring
    d = as_diagram(d)
    if "_wiring" not in d.__dict__:
        d.__dict__["_wiring"] = _flatten(d)
    wiring: Wiring = d.__dict__["_wiring"]
    return wiring


def _flatten(d: Diagram) -> Wiring:
    # A stack instead of recursion: a chain of 100,000 boxes nests as deep as it is long. A number on the stack asks
    # for the outputs of so many parts to be joined, and None says that one part is done.
    build = Builder(d.dom)
    todo: list[Diagram | int | None] = [d]
    done: list[list[int]] = []
    bundles: list[list[int]] = [list(range(len(d.dom)))]
    while todo:
        term = todo.pop()
        if isinstance(term, Box):
            bundles.append(list(build.add(term, bundles.pop())))
        elif isinstance(term, Then):
            todo += (term.second, term.first)
        elif isinstance(term, Wires):
            reads = bundles.pop()
            bundles.append([reads[i] for i in term.select])
        elif isinstance(term, Beside):
            parts, reads = term.parts(), bundles.pop()
            todo.append(len(parts))
            for part in reversed(parts):
                cut = len(reads) - len(part.dom.obs)
                bundles.append(reads[cut:])
                del reads[cut:]
                todo += (None, part)
        elif term is None:
            done.append(bundles.pop())
        elif isinstance(term, int):
            bundles.append([wire for bundle in done[-term:] for wire in bundle])
            del done[-term:]
        else:
            bundles.append(build.inline(flatten(term), bundles.pop()))
    return build.finish(bundles.pop())


def unfolded(d: Diagram) -> Wiring:
    """The wiring with every folded box replaced by what it stands for. Kept on the diagram.

    >>> from catlearn import Box, Ty
    >>> f = Box("f", Ty("X"), Ty("X"))
    >>> [box.name for box in unfolded(Box("twice", Ty("X"), Ty("X"), (), f >> f)).boxes]
    ['f', 'f']

    Raises:
        NotSupported: when there would be more than four million boxes, as in a few lines of foldings of foldings.
    """
    # The innermost first, by a stack: folded boxes may be nested deeper than Python recurses.
    d = as_diagram(d)
    todo = [] if "_unfolded" in d.__dict__ else [d]
    while todo:
        term = todo[-1]
        wiring = flatten(term)
        inner = {id(box.inside): box.inside for box in wiring.boxes if box.inside is not None}
        if waiting := [i for i in inner.values() if "_unfolded" not in i.__dict__]:
            todo += waiting
        else:
            if inner:
                _refuse_many(wiring)
            term.__dict__["_unfolded"] = _unfold(wiring) if inner else wiring
            todo.pop()
    found: Wiring = d.__dict__["_unfolded"]
    return found


def _refuse_many(wiring: Wiring) -> None:
    opened = (1 if box.inside is None else len(box.inside.__dict__["_unfolded"].boxes) for box in wiring.boxes)
    if (count := sum(opened)) > _MOST_BOXES:
        folded = ", ".join(sorted({box.name for box in wiring.boxes if box.inside is not None})[:3])
        raise NotSupported(f"opening the folded boxes {folded} gives {count:,} boxes, too many to hold; take a part")


def _unfold(wiring: Wiring) -> Wiring:
    build = Builder(wiring.dom)
    at = list(range(len(wiring.dom)))
    for box, reads, _ in wiring.steps():
        wires = [at[i] for i in reads]
        at.extend(build.add(box, wires) if box.inside is None else build.inline(unfolded(box.inside), wires))
    return build.finish([at[i] for i in wiring.outputs.tolist()])


def prune(d: Diagram) -> Graph:
    """The diagram without boxes that no output depends on: right only where discarding is natural.

    >>> from catlearn import Box, Ty, discard
    >>> prune(Box("f", Ty("X"), Ty("Y")) >> discard(Ty("Y"))) == discard(Ty("X"))
    True
    """
    d = as_diagram(d)
    wiring = flatten(d)
    steps = list(wiring.steps())
    live = set(wiring.outputs.tolist())
    keep: set[int] = set()
    for k, (_, reads, made) in reversed(list(enumerate(steps))):
        if not live.isdisjoint(made):
            keep.add(k)
            live.update(reads)
    build, at = Builder(wiring.dom), dict(enumerate(range(len(wiring.dom))))
    for k, (box, reads, made) in enumerate(steps):
        if k in keep:
            at.update(zip(made, build.add(box, [at[i] for i in reads]), strict=True))
    pruned = build.finish([at[i] for i in wiring.outputs.tolist()])
    return Graph(pruned, getattr(d, "name", ""), getattr(d, "names", ()))


def names(d: Diagram) -> tuple[str, ...]:
    """Names of a diagram's inputs: those it was written with, or `x0`, `x1`, ... where it has none.

    >>> from catlearn import Real, identity, trace
    >>> names(trace(lambda x: x, Real(), "f", ["x"])), names(identity(Real() @ Real()))
    (('x',), ('x0', 'x1'))
    """
    found: list[str] = []
    todo: list[Diagram] = [as_diagram(d)]
    while todo:
        term = todo.pop()
        if isinstance(term, Then):
            todo.append(term.first)
        elif isinstance(term, Beside):
            todo += (term.lower, term.upper)
        elif isinstance(term, Graph) and term.names:
            found.extend(term.names)
        else:
            found.extend("" for _ in term.dom)
    times = Counter(found)
    taken = {name for name in found if name and times[name] == 1}
    return tuple(name if name in taken else _fresh(f"x{i}", taken) for i, name in enumerate(found))


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
