"""What a generator of circuits is: a name, a rule for widths, and its reverse derivative with the same generators.

The rows and their derivatives are those of Wilson and Zanasi, "Reverse derivative ascent", arXiv:2101.10488, over Z_2,
and of "Categories of differentiable polynomial circuits", arXiv:2203.06430, over any commutative semiring.

>>> from catlearn import Bits, Modular, trace
>>> [box.name for d in (Bits(3), Modular(5, 3)) for box in trace(lambda x, y: ROWS["add"](x, y), d @ d).wiring.boxes]
['xor', 'add']
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.boolean.semiring import KINDS, semiring, widened, width
from catlearn.diagrams.trace import place
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wire import Wire
from catlearn.errors import ShapeMismatch, TypeMismatch, UnknownBox, WireError, short

__all__ = ["ROWS", "Row", "check_made", "look_up", "row", "same_width"]


@dataclass(frozen=True)
class Row:
    """One row of the table. Calling it places its box on wires over one semiring.

    Args:
        name: the name of its boxes.
        on_bits: what they are called on bits.
        cod: `cod(data, *widths)` gives the width of the output, or raises `ShapeMismatch`.
        reverse: `reverse(data, *inputs, change)` on wires gives a tuple with the change asked of each input.
        any_semiring: whether it is there over every semiring, or over bits only.
    """

    name: str
    on_bits: str
    cod: Callable[..., int]
    reverse: Callable[..., tuple[Wire, ...]]
    any_semiring: bool

    def __call__(self, *wires: Wire, data: Any = ()) -> Wire:
        """Place a box on wires. Raises `WireError`, `TypeMismatch`, and `ShapeMismatch` where the widths do not fit."""
        for wire in wires:
            if not isinstance(wire, Wire) or wire.ob.kind not in KINDS:
                raise WireError(f"{self.name}: reads wires of bits, or of another semiring, not {short(wire)}")
        placed: Wire = place(made(self, tuple(w.ob for w in wires), data), wires)
        return placed


ROWS: dict[str, Row] = {}
"""Every row by name, and by its name on bits."""


def row(
    name: str, cod: Callable[..., int], reverse: Callable[..., tuple[Wire, ...]], on_bits: str = "", bits: bool = False
) -> Row:
    """Add a row to the table and give it; see `Row`. With `bits` it is there over bits only."""
    made_row = Row(name, on_bits or name, cod, reverse, not bits)
    ROWS[name] = ROWS[made_row.on_bits] = made_row
    return made_row


@lru_cache(maxsize=65536)
def made(row: Row, obs: tuple[Ob, ...], data: Any) -> Box:
    """The box of a row on inputs of these types. One object for equal boxes, so that functors look at each only once.

    Raises:
        TypeMismatch: where the inputs are over different semirings, or one that the row does not have.
        ShapeMismatch: where the widths do not fit.
    """
    kind = obs[0]
    name = row.on_bits if kind.kind == "Bits" else row.name
    if any(semiring(ob) != semiring(kind) or ob.kind != kind.kind for ob in obs):
        raise TypeMismatch(f"{name}: its inputs are over one semiring, not {' and '.join(map(str, obs))}")
    if not row.any_semiring and kind.kind != "Bits":
        raise TypeMismatch(f"{name}: reads Bits, not {kind}; over other semirings there are add, multiply and equals")
    widths = [width(ob) for ob in obs]
    try:
        cod = widened(kind, row.cod(data, *widths))
    except ShapeMismatch as error:
        raise ShapeMismatch(f"{name} of {' and '.join(map(str, obs))}: {error}") from None
    found = Box(name, Ty.of(obs), Ty.of((cod,)), data)
    found.__dict__["_row"] = row
    return found


def look_up(box: Box) -> Row:
    """The row of a box. Raises `UnknownBox`, which names the box."""
    found = ROWS.get(box.name)
    if found is None:
        raise UnknownBox(f"circuits have no generator {box.name!r}; write it with those in catlearn.circuits")
    return found


def check_made(box: Box, row: Row) -> None:
    """Refuse a box that somebody made by hand and that the row would not make: with other data, ports or widths.

    Raises:
        ShapeMismatch, TypeMismatch: which name the box.
    """
    if box.__dict__.get("_row") is row:
        return
    if not box.dom:
        if row.name != "constant" or not is_constant(box):
            raise ShapeMismatch(
                f"{box.name}: its data {short(box.data)} are no constant {box.cod}; make it by constant"
            )
        return
    try:
        wanted = made(row, box.dom.obs, box.data)
    except (ShapeMismatch, TypeMismatch):
        raise
    except Exception as error:  # data of another kind than the row's rules can read
        raise ShapeMismatch(f"{box.name}: its data {short(box.data)} cannot be read ({error})") from error
    if wanted.cod != box.cod or wanted.name != box.name:
        raise ShapeMismatch(f"{box.name}: it is {wanted.name} {wanted.dom} -> {wanted.cod}, not to {box.cod}")


def is_constant(box: Box) -> bool:
    """Whether a box without inputs has as its data the elements of its one output."""
    if len(box.cod) != 1 or (over := semiring(box.cod.obs[0])) is None or not isinstance(box.data, tuple):
        return False
    fits = all(isinstance(x, int) and not isinstance(x, bool) and 0 <= x < over.size for x in box.data)
    return fits and len(box.data) == width(box.cod.obs[0])


def same_width(data: Any, *widths: int) -> int:
    """The rule of what acts on each element alike."""
    if any(w != widths[0] for w in widths):
        raise ShapeMismatch("the widths must be the same; a wire of width 1 is spread by repeat(x, width)")
    return widths[0]
