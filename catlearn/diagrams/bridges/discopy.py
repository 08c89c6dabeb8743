"""DisCoPy's diagrams as ours and ours as DisCoPy's: whatever takes a diagram here takes one of theirs.

Types go by name: `Ty("x")` is `Ty("x")` on both sides, and `Real(10, 784)` is DisCoPy's `Ty("Real(10, 784)")`. Boxes
are looked up in a table, or stay uninterpreted. DisCoPy's boxes carry our data and folded diagrams in their `data`, so
that the way there and back is exact. Its `Merge` undoes a copy, which adding does not: say what it is to be read as.

>>> from discopy.markov import Box, Ty
>>> x, y = Ty("x"), Ty("y")
>>> f, g = Box("f", x, y), Box("g", y @ y, x)
>>> d = from_discopy(f >> f.copy(y) >> g)
>>> d
graph(Ty("x"), [(Box("f", Ty("x"), Ty("y")), [0]), (Box("g", Ty("y", "y"), Ty("x")), [1, 1])], [2])
>>> from_discopy(to_discopy(d)) == d
True
>>> print(to_discopy(d))
f >> Copy(y) >> g

The package is by Toumi, de Felice and Yeung: "DisCoPy: Monoidal categories in Python" (2020), arXiv:2005.02975.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from catlearn.diagrams.bridges._discopy_layers import Namer, draw_layers
from catlearn.diagrams.bridges._discopy_names import object_name
from catlearn.diagrams.bridges._discopy_reader import Join, is_join, read_diagram, read_hypergraph
from catlearn.diagrams.diagram import Box, Diagram, identity
from catlearn.diagrams.functor import Functor
from catlearn.diagrams.types import Ob, Ty, as_ty
from catlearn.diagrams.wiring import flatten
from catlearn.errors import NotSupported, TypeMismatch
from catlearn.files import write_beside

__all__ = ["Table", "as_diagram", "escaped", "from_discopy", "to_discopy", "to_hypergraph", "to_tikz"]

Table = Mapping[str, Diagram] | Callable[[Box], Diagram]
"""What boxes mean: diagrams by the names of the boxes, or a function from boxes to diagrams."""


def as_diagram(d: Any, table: Table | None = None) -> Diagram:
    """Our own diagrams as they are, DisCoPy's read by `from_discopy`. Does not import DisCoPy.

    Raises:
        TypeMismatch: when it is neither.
    """
    if isinstance(d, Diagram):
        return d
    if any(cls.__module__.split(".")[0] == "discopy" for cls in type(d).__mro__):
        return from_discopy(d, table)
    raise TypeMismatch(f"expected a diagram of catlearn or DisCoPy, not {type(d).__name__} {_short(d)}")


def from_discopy(
    d: Any, table: Table | None = None, types: Mapping[str, Ty] | None = None, merge: Join | None = None
) -> Diagram:
    """Read a diagram or a hypergraph of DisCoPy: boxes, swaps, copies, discards.

    Args:
        d: a diagram of discopy.monoidal, symmetric, markov or another category built on them, or a hypergraph.
        table: what its boxes mean; without one they stay boxes of the same name. A box `f.dagger()` is named `f[::-1]`.
        types: what its objects mean, by their names; those not in it stay.
        merge: `merge(ty, n)` is the diagram `ty @ ... @ ty -> ty` for a `Merge`.

    Raises:
        NotSupported: at what has no counterpart: a merge without `merge`, a trace, a sum, a cup, a feedback.
        UnknownBox: when a box is not in the table.
        TypeMismatch: when what stands for a box has other types than the box.

    >>> from catlearn import Real, diagram
    >>> import discopy.markov as dm
    >>> @diagram
    ... def double(v: Real(3)):
    ...     return v + v
    >>> f = dm.Box("f", dm.Ty("x"), dm.Ty("x"))
    >>> from_discopy(f >> f, {"f": double}, {"x": Real(3)}) == double >> double
    True
    """
    if hasattr(d, "spider_types") and hasattr(d, "box_wires"):
        read = read_hypergraph(d)
    elif hasattr(d, "inside") and hasattr(getattr(d, "dom", None), "inside") and hasattr(d, "layer_factory"):
        read = read_diagram(d)
    else:
        raise TypeMismatch(f"expected a diagram or a hypergraph of DisCoPy, not {type(d).__name__} {_short(d)}")
    joins = any(map(is_join, flatten(read).boxes))
    if table is None and types is None and not joins:
        return read
    return _Meaning(table, {} if types is None else types, merge).functor(read)


class _Meaning:
    """What boxes and objects stand for."""

    def __init__(self, table: Table | None, types: Mapping[str, Ty], merge: Join | None) -> None:
        if not (table is None or isinstance(table, Mapping) or callable(table)):
            raise TypeMismatch(f"a table is a dictionary or a function from boxes to diagrams, not {_short(table)}")
        if not isinstance(types, Mapping):
            raise TypeMismatch(f"types are a dictionary from names to types, not {_short(types)}")
        self.table, self.types, self.merge = table, types, merge
        self.functor = Functor(self._ob, self._box, unfold=False)

    def _ob(self, ob: Ob) -> Ty:
        return as_ty(self.types.get(object_name(ob), Ty.of((ob,))))

    def _box(self, box: Box) -> Diagram:
        if is_join(box):
            return self._join(box)
        if self.table is None:
            inside = None if box.inside is None else self.functor(box.inside)
            return Box(box.name, self.functor.ty(box.dom), self.functor.ty(box.cod), box.data, inside)
        return as_diagram(self.table[box.name] if isinstance(self.table, Mapping) else self.table(box))

    def _join(self, box: Box) -> Diagram:
        if len(box.dom) == 1:
            return identity(self.functor.ty(box.dom))
        if self.merge is None:
            hint = "give merge=, as in from_discopy(d, merge=lambda ty, n: Box('add', ty**n, ty))"
            raise NotSupported(f"{box.name}: in DisCoPy it undoes a copy, which adding does not; {hint}")
        return as_diagram(self.merge(self.functor.ty(box.cod), len(box.dom)))


def to_discopy(d: Diagram) -> Any:
    """The diagram as a `discopy.markov.Diagram`. A term becomes layers: copies, crossings, boxes, level by level.

    >>> from catlearn import Box, Real, Ty, copy
    >>> f = Box("f", Ty("x"), Real(3), data=0.5)
    >>> print(to_discopy(copy(Ty("x")) >> (f @ f)))
    Copy(x) >> f @ x >> Real(3) @ f
    """
    return draw_layers(as_diagram(d), Namer())


def to_hypergraph(d: Diagram) -> Any:
    """The diagram as a `discopy.markov.Hypergraph`, for small diagrams: DisCoPy's time grows with the square or worse.

    >>> from catlearn import Box, Ty, copy
    >>> f = Box("f", Ty("x"), Ty("y"))
    >>> to_hypergraph(copy(Ty("x")) >> (f @ f)).wires
    ((0,), (((0,), (1,)), ((0,), (2,))), (1, 2))
    """
    namer, wiring = Namer(), flatten(as_diagram(d))
    wires = tuple((tuple(reads), tuple(out)) for _, reads, out in wiring.steps())
    ends = tuple(range(len(wiring.dom))), wires, tuple(wiring.outputs.tolist())
    boxes = tuple(map(namer.box, wiring.boxes))
    spiders = [namer.ty(Ty.of((ob,))) for ob in wiring.obs]
    return namer.markov.Hypergraph(namer.ty(wiring.dom), namer.ty(wiring.cod), boxes, ends, spiders)


LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    c: f"\\{c}" for c in "&%$#_{}"
}


def escaped(name: str) -> str:
    r"""A name as LaTeX shows it letter by letter.

    >>> print(escaped("w_1"))
    w\_1
    """
    return "".join(LATEX.get(c, c) for c in name)


def to_tikz(
    d: Diagram, path: str | os.PathLike[str] | None = None, label: Callable[[str], str] = escaped, **options: Any
) -> str:
    r"""The diagram as TikZ for a paper, through DisCoPy's drawing; written to `path` too if there is one.

    Args:
        d: the diagram; fold what should be one box.
        path: a file, conventionally `.tikz`, for `\input` beside `\usepackage{tikzit}`.
        label: what to show of the names of boxes and types; `str` leaves them, so that `$x_1$` is mathematics.
        options: passed to DisCoPy's `draw`: `wire_labels=False`, `aspect="equal"`, `fontsize=...`.

    Raises:
        FileProblem: when the file cannot be written; what was there is kept.

    >>> from catlearn import Box, Ty
    >>> print(to_tikz(Box("f", Ty(), Ty())).splitlines()[0])
    \begin{tikzpicture}[baseline=(0.base)]
    """
    drawn = draw_layers(as_diagram(d), Namer(label))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "diagram.tikz")
        drawn.draw(path=str(file), to_tikz=True, **options)
        text = file.read_text(encoding="utf-8")
    if path is not None:
        write_beside(path, text)
    return text


def _short(value: object) -> str:
    text = repr(value).replace("\n", " ")
    return text if len(text) <= 60 else f"{text[:56]} ..."
