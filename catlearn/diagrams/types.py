"""What can run along a wire: objects, and types as lists of objects.

A type is a list of wires; `@` concatenates, `Ty()` is the unit.

>>> Real(10, 784) @ Real("n")
Real(10, 784) @ Real("n")
>>> Ty() @ Real(3) == Real(3) == Real(3) @ Ty()
True
>>> len(Bits(8) @ Finite("no", "yes")), Ty("X", "Y")
(2, Ty("X", "Y"))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import index
from typing import SupportsIndex

from catlearn.errors import ShapeMismatch, TypeMismatch, short

__all__ = ["MAKERS", "Bits", "Finite", "Modular", "Ob", "Real", "Saturating", "Size", "Ty", "as_ty"]

Size = int | str
"""A size is a number, or the name of a dimension that is fixed when the diagram is compiled."""


@dataclass(frozen=True, slots=True)
class Ob:
    """The type of one wire: a kind, and its sizes or outcomes.

    The kind says which theory reads the wire: `"Real"` (arrays), `"Finite"` (named outcomes), `"Bits"`, `"Modular"`,
    `"Saturating"` (elements of a semiring), or any other name, which is then an uninterpreted object.
    """

    kind: str
    sizes: tuple[Size, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or not isinstance(self.sizes, tuple):
            raise TypeMismatch(f"Ob: needs a name and a tuple of sizes, not {self.kind!r} and {self.sizes!r}")

    def __repr__(self) -> str:
        return f"Ob({self.kind!r}, {self.sizes!r})" if self.sizes else f"Ob({self.kind!r})"

    def __str__(self) -> str:
        if _has_maker(self):
            return f"{self.kind}({', '.join(map(_quoted, self.sizes))})"
        return _quoted(self.kind) if not self.sizes else repr(self)


@dataclass(frozen=True, slots=True)
class Ty:
    """A type: the objects of a bundle of wires, in order.

    `Ty("X", "Y")` names uninterpreted objects; `Real(3)`, `Bits(8)` and `Finite("no", "yes")` are types of
    one wire. Slicing gives a type, `@` joins types, `len` counts wires.

    >>> (Real(3) @ Ty("X"))[1:]
    Ty("X")
    """

    obs: tuple[Ob, ...]

    def __init__(self, *obs: Ob | str) -> None:
        for ob in obs:
            if not isinstance(ob, str | Ob):
                raise TypeMismatch(f"Ty: expected names of objects, not {short(ob)}; types are joined by @")
        object.__setattr__(self, "obs", tuple(Ob(ob) if isinstance(ob, str) else ob for ob in obs))

    @classmethod
    def of(cls, obs: Iterable[Ob]) -> Ty:
        """The type of a bundle of wires with these objects."""
        ty = object.__new__(cls)
        object.__setattr__(ty, "obs", tuple(obs))
        return ty

    def __matmul__(self, other: Ty) -> Ty:
        if not isinstance(other, Ty):
            return NotImplemented
        return Ty.of(self.obs + other.obs)

    def __pow__(self, n: int) -> Ty:
        if not isinstance(n, int) or n < 0:
            raise TypeMismatch(f"{self!r} ** {n!r}: a type is repeated 0 times or more")
        return Ty.of(self.obs * n)

    def __len__(self) -> int:
        return len(self.obs)

    def __iter__(self) -> Iterator[Ty]:
        return (Ty.of((ob,)) for ob in self.obs)

    def __getitem__(self, index: int | slice) -> Ty:
        return Ty.of(self.obs[index] if isinstance(index, slice) else (self.obs[index],))

    def __reduce__(self) -> tuple[object, ...]:
        return Ty.of, (self.obs,)

    def __repr__(self) -> str:
        if not any(map(_has_maker, self.obs)):
            return f"Ty({', '.join(map(str, self.obs))})"
        return " @ ".join(str(ob) if _has_maker(ob) else f"Ty({ob})" for ob in self.obs)


def _has_maker(ob: Ob) -> bool:
    """Whether one of the functions below makes this object; an uninterpreted one may carry the same name."""
    return ob.kind == "Real" or (ob.kind in MAKERS and bool(ob.sizes))


def _quoted(size: Size) -> str:
    plain = isinstance(size, str) and size.isprintable() and '"' not in size and "\\" not in size
    return f'"{size}"' if plain else repr(size)


def _size(kind: str, size: Size) -> Size:
    """A size, if it is one; numpy's whole numbers become Python's."""
    if isinstance(size, str) and size.isidentifier():
        return size
    if isinstance(size, SupportsIndex) and not isinstance(size, bool) and (n := _whole(size)) is not None and n >= 0:
        return n
    raise ShapeMismatch(f"{kind}: a size is a number from 0 up or a dimension's name, not {short(size)}")


def _whole(value: SupportsIndex) -> int | None:
    try:
        return index(value)
    except TypeError:  # numpy's arrays look like indices and are not
        return None


@lru_cache(maxsize=4096)
def _wire(kind: str, sizes: tuple[Size, ...]) -> Ty:
    """One object for each type in use, so that comparing types is mostly comparing addresses."""
    return Ty(Ob(kind, sizes))


def Real(*shape: Size) -> Ty:
    """One wire of real arrays; a dimension is a number or a name that is fixed at compile time.

    >>> Real(), Real("n", 784)
    (Real(), Real("n", 784))

    Raises:
        ShapeMismatch: for a size that is neither a number from 0 up nor a name.
    """
    return _wire("Real", tuple(_size("Real", size) for size in shape))


def Bits(width: Size) -> Ty:
    """One wire of `width` booleans; `ShapeMismatch` where it is no width.

    >>> Bits(8)
    Bits(8)
    """
    return _wire("Bits", (_size("Bits", width),))


def Modular(n: int, width: Size) -> Ty:
    """One wire of `width` numbers modulo n, which add and multiply as such; `Modular(2, w)` is like `Bits(w)`.

    >>> Modular(5, 3)
    Modular(5, 3)

    Raises:
        ShapeMismatch: when n is no number from 1 up, or the width is none.
    """
    return _wire("Modular", (_order("Modular", n), _size("Modular", width)))


def Saturating(n: int, width: Size) -> Ty:
    """One wire of `width` numbers from 0 to n - 1, whose sums and products stop at n - 1.

    >>> Saturating(4, 3)
    Saturating(4, 3)

    Raises:
        ShapeMismatch: when n is no number from 1 up, or the width is none.
    """
    return _wire("Saturating", (_order("Saturating", n), _size("Saturating", width)))


def _order(kind: str, n: int) -> Size:
    found = _size(kind, n)
    # Products of two elements must be numbers that arrays hold.
    if not isinstance(found, int) or not 0 < found < 2**31:
        raise ShapeMismatch(f"{kind}: it has a number of elements, from 1 to 2**31 - 1, not {short(n)}")
    return found


def Finite(*outcomes: str) -> Ty:
    """One wire that takes one of these named outcomes.

    >>> Finite("no", "yes")
    Finite("no", "yes")

    Raises:
        ShapeMismatch: when there are no outcomes, or two of one name.
    """
    if not outcomes or not all(isinstance(o, str) for o in outcomes) or len(set(outcomes)) < len(outcomes):
        raise ShapeMismatch(f"Finite: outcomes must be one or more different names, not {outcomes!r}")
    return _wire("Finite", outcomes)


MAKERS: dict[str, Callable[..., Ty]] = {
    "Bits": Bits,
    "Finite": Finite,
    "Modular": Modular,
    "Real": Real,
    "Saturating": Saturating,
}
"""For the kinds that have a theory here, the function that makes a type of them."""


def as_ty(value: object) -> Ty:
    """Read a type as users write it: a type, a tuple of types, or None for the unit.

    >>> as_ty((Real(3), Real(4)))
    Real(3) @ Real(4)
    """
    if isinstance(value, Ty):
        return value
    if value is None:
        return Ty()
    if isinstance(value, tuple):
        return Ty.of(ob for part in value for ob in as_ty(part).obs)
    raise TypeMismatch(f"expected a type such as Real(3), a tuple of types or None, not {short(value)}")
