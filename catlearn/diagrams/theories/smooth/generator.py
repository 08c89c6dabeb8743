"""What a generator of smooth maps is: a name, a shape rule, its reverse derivative, and what it does to a batch.

The reverse derivative is written with the same generators, so it has one too, and so has that one.

>>> from catlearn import Real, diagram, generator, reverse
>>> from catlearn import same_shape as same
>>> cube = generator("cube_example", same, lambda data, x, y, d: 3.0 * x * x * d)
>>> @diagram
... def f(x: Real(4)):
...     return cube(x)
>>> reverse(f).cod
Real(4)
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.optic import Optic
from catlearn.diagrams.trace import place
from catlearn.diagrams.types import Ob, Real, Size, Ty
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, TypeMismatch, UnknownBox, WireError, short

__all__ = [
    "GENERATORS",
    "Batch",
    "Generator",
    "Shape",
    "check_made",
    "generator",
    "lifted",
    "look_up",
    "numbered",
    "same",
    "spread",
]

Shape = tuple[Size, ...]
Batch = Callable[[Any, Size, Sequence[bool], Sequence[Wire]], Any]


@dataclass(frozen=True)
class Generator:
    """One row of the table. Calling it places its box on wires.

    Args:
        name: the name of its boxes.
        shape: `shape(data, *shapes)` gives the shape of the output, or raises `ShapeMismatch`.
        reverse: `reverse(data, *inputs, output, cotangent)` on wires gives the cotangents of the inputs: a wire, or a
            tuple with None where a cotangent is zero.
        batch: `batch(data, n, batched, wires)` places the box where some wires have a new first axis of size n.
        optic: for generators that keep a residual of their own, a function from the box to its optic, in place of
            `reverse`.
    """

    name: str
    shape: Callable[..., Shape]
    reverse: Callable[..., Any] | None
    batch: Batch
    optic: Callable[[Box], Optic] | None = None

    def __call__(self, *wires: Wire, data: Any = ()) -> Wire:
        """Place a box of this name on wires. Raises `WireError`, and `ShapeMismatch` where the shapes do not fit."""
        for wire in wires:
            if not isinstance(wire, Wire) or wire.ob.kind != "Real":
                raise WireError(f"{self.name}: reads wires of real arrays, not {short(wire)}")
        _check_hashable(self.name, data)
        placed: Wire = place(_box(self, tuple(w.ob.sizes for w in wires), data), wires)
        return placed


GENERATORS: dict[str, Generator] = {}
"""Every generator by name; `generator` adds a row."""


BUILT_IN: set[str] = set()
"""The names of catlearn's own generators, once they are all there."""


def generator(
    name: str,
    shape: Callable[..., Shape],
    reverse: Callable[..., Any] | None,
    batch: Batch | None = None,
    optic: Callable[[Box], Optic] | None = None,
) -> Generator:
    """Add a row to the table of generators and give it; see `Generator` for the arguments.

    Without a batch rule the generator acts on each sample alike and its data does not change, as elementwise maps do.
    To run it, say what it computes with `catlearn.implement`. A row of your own may be written again, as in a notebook.

    Raises:
        TypeMismatch: for the name of one of catlearn's own generators.

    >>> from catlearn import Real, trace
    >>> double = generator("double_example", same, lambda data, x, y, d: d + d)
    >>> trace(lambda x: double(x), Real(3)).cod
    Real(3)
    """
    if name in BUILT_IN:
        raise TypeMismatch(f"generator: {name!r} is one of catlearn's own; choose another name")
    GENERATORS[name] = Generator(name, shape, reverse, batch or lifted(name), optic)
    return GENERATORS[name]


def look_up(box: Box) -> Generator:
    """The row of a box. Raises `UnknownBox`, which names the box."""
    row = GENERATORS.get(box.name)
    if row is None:
        real = all(ob.kind == "Real" for ob in (*box.dom.obs, *box.cod.obs))
        said = "add it with catlearn.generator" if real else "it is no smooth map; for posteriors take infer(model)"
        raise UnknownBox(f"the smooth theory has no generator {box.name!r}; {said}")
    return row


@lru_cache(maxsize=65536, typed=True)
def _box(row: Generator, shapes: tuple[Shape, ...], data: Any) -> Box:
    # Equal boxes are one object: functors and optics then look at each only once.
    name = row.name
    if (count := _arity(row.reverse)) is not None and count != len(shapes):
        raise ShapeMismatch(f"{name} reads {count} wires, not {len(shapes)}")
    try:
        cod = Real(*row.shape(data, *shapes))
    except ShapeMismatch as error:
        raise ShapeMismatch(f"{name} of {' and '.join(map(_show, shapes)) or 'nothing'}: {error}") from None
    made = Box(name, Ty.of(Ob("Real", s) for s in shapes), cod, data)
    made.__dict__["_row"] = row
    return made


def _check_hashable(name: str, data: Any) -> None:
    try:
        hash(data)
    except TypeError:
        raise TypeMismatch(f"{name}: its data must be hashable, as numbers and tuples are, not {short(data)}") from None


def check_made(box: Box, row: Generator) -> None:
    """Refuse a box that somebody made by hand and that the row would not make: with other data, ports or sizes.

    Raises:
        ShapeMismatch: which names the box.
    """
    if box.__dict__.get("_row") is row:
        return
    try:
        made = _box(row, tuple(ob.sizes for ob in box.dom.obs), box.data)
    except ShapeMismatch:
        raise
    except Exception as error:  # data of another kind than the row's rules can read
        raise ShapeMismatch(f"{box.name}: its data {short(box.data)} cannot be read ({error})") from error
    if made.dom != box.dom or made.cod != box.cod:
        raise ShapeMismatch(f"{box.name}: it is {made.dom} -> {made.cod}, not {box.dom} -> {box.cod}")


def _arity(reverse: Callable[..., Any] | None) -> int | None:
    """How many inputs a reverse derivative is written for; None where it does not say."""
    if reverse is None:
        return None
    parameters = [p for p in inspect.signature(reverse).parameters.values() if p.default is p.empty]
    counted = all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)
    return len(parameters) - 3 if counted else None


def _show(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def same(data: Any, *shapes: Shape) -> Shape:
    """The shape rule of elementwise maps: all inputs have one shape, which is the output's."""
    for shape in shapes[1:]:
        if shape != shapes[0]:
            raise ShapeMismatch("the shapes must be the same; broadcast one of them")
    return shapes[0]


def numbered(data: Any, *shapes: Shape) -> Shape:
    """`same`, for boxes whose data begin with a number. Raises `ShapeMismatch`."""
    if not (isinstance(data, tuple) and data and isinstance(data[0], int | float)):
        raise ShapeMismatch(f"its data must be a tuple that begins with a number, not {short(data)}")
    return same(data, *shapes)


def lifted(name: str, change: Callable[[Any, Size], Any] = lambda data, n: data) -> Batch:
    """The batch rule of generators that act on each sample alike: the same box with changed data.

    A wire that does not have the new axis is spread along it.
    """

    def batch(data: Any, n: Size, batched: Sequence[bool], wires: Sequence[Wire]) -> Wire:
        along = [w if has else spread(w, n) for w, has in zip(wires, batched, strict=True)]
        return GENERATORS[name](*along, data=change(data, n))

    return batch


def spread(wire: Wire, n: Size) -> Wire:
    """The same array all along a new first axis of size n."""
    shape = (n, *wire.shape)
    return GENERATORS["broadcast"](wire, data=(shape, tuple(range(1, len(shape)))))
