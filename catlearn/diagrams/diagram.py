"""Diagrams as terms: boxes, wires, one after another, side by side.

A term costs nothing to build: `>>` checks one type and makes one node. What the term means, as a graph of boxes
and wires, is worked out once, by `catlearn.diagrams.wiring.flatten`.

>>> X, Y = Ty("X"), Ty("Y")
>>> f, g = Box("f", X, Y), Box("g", Y, X)
>>> (f >> g).dom, (f @ g).cod
(Ty("X"), Ty("Y", "X"))
>>> f >> identity(Y) == f == identity(X) >> f
True
>>> copy(X) >> (f @ f) == copy(X) >> swap(X, X) >> (f @ f)
True
>>> f >> copy(Y) == copy(X) >> (f @ f)
False
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast, overload

from catlearn.diagrams.types import Ty, as_ty
from catlearn.errors import NotSupported, TypeMismatch, short

if TYPE_CHECKING:
    from catlearn.diagrams.untyped import Untyped

__all__ = [
    "Beside",
    "Box",
    "Diagram",
    "Then",
    "Wires",
    "as_diagram",
    "copy",
    "discard",
    "identity",
    "permutation",
    "reorder",
    "swap",
]


@dataclass(frozen=True, eq=False, repr=False)
class Diagram:
    """A morphism `dom -> cod`, drawn left to right. Immutable.

    `f >> g` is f and then g (`TypeMismatch` if the types differ), `f @ g` is f above g. Two diagrams are equal (`==`)
    when they are the same graph of boxes and wires; `hash` agrees with it. Calling a diagram on wires, inside a
    `@diagram` function, places it there as one box.
    """

    dom: Ty
    cod: Ty

    def __rshift__(self, other: Diagram) -> Diagram:
        if not isinstance(other, Diagram):
            return NotImplemented
        if self.cod is not other.dom and self.cod != other.dom:
            raise TypeMismatch(_explain(self, other))
        return Then(self.dom, other.cod, self, other)

    def __matmul__(self, other: Diagram) -> Diagram:
        if not isinstance(other, Diagram):
            return NotImplemented
        return Beside(self, other)

    def __call__(self, *wires: Any, unfold: bool = False, **named: Any) -> Any:
        """Place this diagram on wires of the diagram being written, in order or by the names of the inputs.

        `unfold=True` places its boxes one by one.
        """
        return _upstairs("trace", "place")(self, wires, unfold, named)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return _upstairs("equality", "equal")(self, other) if isinstance(other, Diagram) else NotImplemented

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs: those they were written with, or `x0`, `x1`, ... where they have none."""
        return tuple(_upstairs("wiring", "names")(self))

    @cached_property
    def _hash(self) -> int:
        return int(_upstairs("equality", "fingerprint")(self))

    def draw(self, path: Any = None, **options: Any) -> Any:
        """Draw it: see `catlearn.draw`, which this calls."""
        return _upstairs("drawing", "draw")(self, path, **options)

    def is_safe(self) -> bool:
        """For circuits, whether no input is multiplied by itself: see `catlearn.circuits.unsafe`, which says where."""
        return bool(_upstairs("theories.boolean.safe", "is_safe")(self))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows for a diagram that ends a cell."""
        return dict(_upstairs("drawing", "mimebundle")(self))

    def __repr__(self) -> str:
        return str(_upstairs("text", "text")(self))

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            return _upstairs("bridges.json", "loads"), (_upstairs("bridges.json", "dumps")(self),)
        except NotSupported:
            # Data that no file can hold, such as functions: whether they travel is for pickle to say.
            if isinstance(self, Box):
                return type(self), (self.name, self.dom, self.cod, self.data, self.inside)
            fields = (getattr(self, name, default) for name, default in (("name", ""), ("names", ()), ("against", ())))
            return _upstairs("wiring", "Graph"), (_upstairs("wiring", "flatten")(self), *fields)


def _upstairs(module: str, name: str) -> Callable[..., Any]:
    """A function of a file above this one: the methods of a diagram are shorthand for those functions."""
    found: Callable[..., Any] = getattr(import_module(f"catlearn.diagrams.{module}"), name)
    return found


def as_diagram(d: Any) -> Diagram:
    """A diagram as it is; one of DisCoPy read box by box, by name. Whatever takes a diagram calls this first.

    Raises:
        TypeMismatch: when it is neither.
    """
    return d if isinstance(d, Diagram) else cast(Diagram, _upstairs("bridges.discopy", "as_diagram")(d))


@dataclass(frozen=True, eq=False, repr=False)
class Box(Diagram):
    """A generator: a named box with typed ports.

    Args:
        name: what a theory or an interpreter looks it up by.
        dom, cod: the types read and given.
        data: what the generator depends on besides its types (axes, a constant, a body): hashable.
        inside: for a folded diagram, what the box stands for; it means exactly that.

    Raises:
        TypeMismatch: when an argument is not of these kinds, or `inside` has other types.

    >>> Box("f", Ty("X"), Ty("Y")) == Box("f", Ty("X"), Ty("Y"))
    True
    """

    name: str
    data: Any
    inside: Diagram | None

    def __init__(self, name: str, dom: Ty, cod: Ty, data: Any = (), inside: Diagram | None = None) -> None:
        if not (isinstance(dom, Ty) and isinstance(cod, Ty) and isinstance(name, str)):
            raise TypeMismatch(f"Box: needs a name and two types, as in Box('f', Ty('X'), Ty()); got {name, dom, cod}")
        _check_hashable(name, data)
        if not isinstance(inside, Diagram | None):
            raise TypeMismatch(f"{name}: what it stands for is a diagram, not {short(inside)}")
        if inside is not None and (inside.dom != dom or inside.cod != cod):
            raise TypeMismatch(f"{name}: {dom} -> {cod} cannot stand for a diagram {inside.dom} -> {inside.cod}")
        fields = self.__dict__
        fields["dom"], fields["cod"], fields["name"], fields["data"], fields["inside"] = dom, cod, name, data, inside

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Box) or self.inside or other.inside:
            return Diagram.__eq__(self, other)
        same = self.name == other.name and self.dom == other.dom and self.cod == other.cod
        return same and self.data == other.data

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, eq=False, repr=False)
class Wires(Diagram):
    """Wires and nothing else: output i is input `select[i]`. Identities, swaps, copies and discards are such."""

    select: tuple[int, ...]

    def __post_init__(self) -> None:
        _check_select(self.dom, self.select)
        if self.cod.obs != tuple(map(self.dom.obs.__getitem__, self.select)):
            raise TypeMismatch(f"wires: taking {self.select} of {self.dom} does not give {self.cod}")


@dataclass(frozen=True, eq=False, repr=False)
class Then(Diagram):
    """One diagram after another; made by `>>`."""

    first: Diagram
    second: Diagram


@dataclass(frozen=True, eq=False, repr=False)
class Beside(Diagram):
    """One diagram above another; made by `@`.

    Its types are joined when they are first asked for: doing it for every prefix of a wide diagram, built one `@` at a
    time, would cost the square of its width.
    """

    upper: Diagram
    lower: Diagram

    def __init__(self, upper: Diagram, lower: Diagram) -> None:
        self.__dict__["upper"], self.__dict__["lower"] = upper, lower

    def __getattr__(self, name: str) -> Any:
        if name not in ("dom", "cod"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        ty = Ty.of(ob for part in self.parts() for ob in getattr(part, name).obs)
        self.__dict__[name] = ty
        return ty

    def parts(self) -> list[Diagram]:
        """What stands side by side, from the top, where no part is again side by side.

        >>> f = Box("f", Ty("X"), Ty())
        >>> (f @ (f @ f)).parts()
        [Box("f", Ty("X"), Ty()), Box("f", Ty("X"), Ty()), Box("f", Ty("X"), Ty())]
        """
        found: list[Diagram] = []
        todo: list[Diagram] = [self]
        while todo:
            term = todo.pop()
            if isinstance(term, Beside):
                todo += (term.lower, term.upper)
            else:
                found.append(term)
        return found


def permutation(dom: Ty, select: Sequence[int]) -> Diagram:
    """Wires from `dom`, output i being input `select[i]`; an input may be used any number of times.

    >>> permutation(Ty("X", "Y"), [1, 1, 0]).cod
    Ty("Y", "Y", "X")

    Raises:
        TypeMismatch: when it asks for a wire that is not there.
    """
    select = tuple(select) if isinstance(select, Iterable) else (select,)
    _check_select(dom, select)
    return Wires(dom, Ty.of(dom.obs[i] for i in select), select)


def reorder(parts: Sequence[Ty], order: Sequence[int]) -> Diagram:
    """Permute bundles of wires: the output is `parts[order[0]] @ parts[order[1]] @ ...`.

    >>> reorder([Ty("X", "Y"), Ty(), Ty("Z")], [2, 0]).cod
    Ty("Z", "X", "Y")
    """
    if wrong := [i for i in order if not 0 <= i < len(parts)]:
        raise TypeMismatch(f"reorder: there is no part {wrong[0]!r}; the parts are 0 to {len(parts) - 1}")
    starts = [sum(map(_width, parts[:i])) for i in range(len(parts))]
    dom = as_ty(tuple(parts))
    return permutation(dom, [starts[i] + k for i in order for k in range(len(parts[i]))])


@overload
def identity(ty: Ty) -> Diagram: ...


@overload
def identity() -> Untyped: ...


def identity(ty: Ty | None = None) -> Diagram | Untyped:
    """The identity on a type; without one, on whatever stands before it.

    >>> identity(Ty("X", "Y")) == identity(Ty("X")) @ identity(Ty("Y"))
    True
    """
    return _untyped(identity) if ty is None else permutation(ty, range(_width(ty)))


def swap(left: Ty, right: Ty) -> Diagram:
    """The crossing `left @ right -> right @ left`.

    >>> swap(Ty("X"), Ty("Y")).cod
    Ty("Y", "X")
    """
    both, n = as_ty((left, right)), _width(left)
    return permutation(both, [*range(n, len(both)), *range(n)])


@overload
def copy(ty: Ty, n: int = 2) -> Diagram: ...


@overload
def copy(ty: None = None, n: int = 2) -> Untyped: ...


def copy(ty: Ty | None = None, n: int = 2) -> Diagram | Untyped:
    """The copy `ty -> ty @ ... @ ty`, n times; without a type, of what stands before it.

    Raises:
        TypeMismatch: for a negative n.

    >>> copy(Ty("X", "Y")).cod
    Ty("X", "Y", "X", "Y")
    >>> Box("f", Ty(), Ty("X")) >> copy(n=3) == Box("f", Ty(), Ty("X")) >> copy(Ty("X"), 3)
    True
    """
    if ty is None:
        return _untyped(lambda ty: copy(ty, n))
    if not isinstance(n, int) or n < 0:
        raise TypeMismatch(f"copy: {n} copies of {ty} cannot be made; 0 copies is a discard")
    return permutation(ty, list(range(_width(ty))) * n)


@overload
def discard(ty: Ty) -> Diagram: ...


@overload
def discard() -> Untyped: ...


def discard(ty: Ty | None = None) -> Diagram | Untyped:
    """The discard `ty -> Ty()`; without a type, of what stands before it.

    >>> discard(Ty("X")).cod
    Ty()
    """
    return _untyped(discard) if ty is None else permutation(ty, [])


def _untyped(wires: Callable[[Ty], Diagram]) -> Untyped:
    made: Untyped = _upstairs("untyped", "Untyped")((wires,))
    return made


def _width(ty: Ty) -> int:
    if not isinstance(ty, Ty):
        raise TypeMismatch(f"wires: expected a type such as Real(3), not {short(ty)}")
    return len(ty)


def _check_select(dom: Ty, select: Sequence[int]) -> None:
    _width(dom)
    if not all(isinstance(i, int) and 0 <= i < len(dom) for i in select):
        raise TypeMismatch(f"wires: {list(select)} names wires that {dom} does not have")


def _check_hashable(name: str, data: Any) -> None:
    try:
        hash(data)
    except TypeError as error:
        raise TypeMismatch(
            f"{name}: a box's data must be hashable, as numbers and tuples are, not {short(data)}"
        ) from error


def _explain(f: Diagram, g: Diagram) -> str:
    for i, (a, b) in enumerate(zip(f.cod, g.dom, strict=False)):
        if a != b:
            (left, out), (right, _) = _end(f, "cod", i), _end(g, "dom", i)
            return f"{left} >> {right}: wire {out} of {left}'s output is {a} but {right} reads {b}"
    left, right = _name(f, "cod"), _name(g, "dom")
    return f"{left} >> {right}: {left} gives {len(f.cod)} wires ({f.cod}) but {right} reads {len(g.dom)} ({g.dom})"


def _end(d: Diagram, side: str, wire: int) -> tuple[str, int]:
    """The name of the part of a term that has this wire at its end, and the wire's number there."""
    while isinstance(d, Then | Beside):
        if isinstance(d, Then):
            d = d.second if side == "cod" else d.first
            continue
        for part in d.parts():
            d, width = part, len(getattr(part, side))
            if wire < width:
                break
            wire -= width
    return _name(d, side), wire


def _name(d: Diagram, side: str) -> str:
    """What an error calls the end of a term."""
    one = True
    while isinstance(d, Then | Beside):
        one = one and isinstance(d, Then)
        d = d.parts()[0] if isinstance(d, Beside) else d.second if side == "cod" else d.first
    name = getattr(d, "name", "") or type(d).__name__.lower()
    return str(name) if one else f"({name} @ ...)"
