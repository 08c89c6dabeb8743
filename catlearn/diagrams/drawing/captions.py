"""What is written on boxes and wires.

>>> from catlearn import Box, Real
>>> X = Real(4)
>>> [caption(box) for box in (Box("add", X @ X, X), Box("scale", X, X, (0.5,)), Box("tanh", X, X))]
['+', '0.5·', 'tanh']
>>> wire_label(Real(10, 64).obs[0])
'10×64'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Number
from types import MappingProxyType
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.types import Ob

__all__ = ["SYMBOLS", "caption", "short_data", "shortened", "wire_label"]

_LONGEST = 32
_SHORT = 16


def caption(box: Box) -> str:
    """What is written on a box: its symbol or name, and its data where that is short.

    >>> from catlearn import Ty
    >>> caption(Box("threshold", Ty("X"), Ty("X"), 3)), caption(Box("table", Ty("X"), Ty("X"), tuple(range(99))))
    ('threshold 3', 'table')
    """
    if kernel_of(box) is not None:
        return shortened(box.name)
    if isinstance(box.data, tuple) and box.data and isinstance(box.data[0], Diagram):
        # A loop, or a box with a backward pass of its own: what matters is what it runs.
        return shortened(f"{box.name.replace('_', ' ')} {getattr(box.data[0], 'name', '')}".strip())
    pattern = SYMBOLS.get(box.name, f"{box.name.replace('{}', '')} {{}}")
    if callable(pattern):
        return shortened(pattern(box.data) or box.name)
    data = short_data(box.data)
    if data is None and pattern.startswith("{}"):
        return shortened(box.name)
    return shortened(pattern.replace("{}", data or "").strip())


def short_data(data: Any) -> str | None:
    """The data of a box, if it is a number, a short word or a few of them; else None.

    >>> short_data(2.0), short_data(("ij,j->i", 1)), short_data({"a": 1}), short_data(())
    ('2', 'ij,j→i, 1', None, None)
    """
    if isinstance(data, bool):
        return str(data).lower()
    if isinstance(data, int) and abs(data) < 10**9:
        return str(data).replace("-", "−")
    if isinstance(data, Number) and not isinstance(data, int):
        return _number(data)
    if isinstance(data, str) and 0 < len(data) <= _SHORT and data.isprintable():
        return data.replace("->", "→")
    if isinstance(data, tuple) and 0 < len(data) <= 4:
        parts = [short_data(part) for part in data]
        text = ", ".join(part or "" for part in parts)
        return None if None in parts or len(text) > _SHORT else text
    return None


def _number(data: Any) -> str | None:
    try:
        return f"{data:.4g}".replace("-", "−")
    except (TypeError, ValueError):  # a fraction, or a number of somebody's own
        text = str(data)
        return text if len(text) <= _SHORT else None


def shortened(text: str) -> str:
    """The text, cut where it would make a box wider than a picture can bear.

    >>> len(shortened("x" * 1000))
    32
    """
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def wire_label(ob: Ob) -> str:
    """The type of a wire in a few signs.

    >>> from catlearn import Bits, Finite, Real, Ty
    >>> [wire_label(ob) for ob in (Real() @ Real("n", 3) @ Bits(8) @ Finite("no", "yes") @ Ty("X")).obs]
    ['ℝ', 'n×3', '8 bits', 'no|yes', 'X']
    """
    sizes = [str(size) for size in ob.sizes]
    if ob.kind == "Real":
        return shortened("×".join(sizes) or "ℝ")
    if ob.kind == "Bits":
        return f"{' '.join(sizes)} bits" if sizes != ["1"] else "1 bit"
    if ob.kind in ("Modular", "Saturating") and len(sizes) == 2:
        return f"{'ℤ' if ob.kind == 'Modular' else 'Sat '}{sizes[0]}{'' if sizes[1] == '1' else '×' + sizes[1]}"
    if ob.kind == "Finite":
        text = "|".join(sizes)
        return text if len(text) <= _SHORT else f"{len(sizes)} outcomes"
    return shortened(f"{ob.kind}({', '.join(sizes)})" if sizes else ob.kind)


def _constant(data: Any) -> str | None:
    """The number of a constant, or of each element; for several numbers, a sign that there are some."""
    value = data[0] if isinstance(data, tuple) and data else data
    return "[…]" if isinstance(value, tuple) and value else short_data(value)


def _scale(data: Any) -> str | None:
    """c, or c / n."""
    parts = [short_data(part) for part in (data if isinstance(data, tuple) else (data,))]
    return f"{'/'.join(part for part in parts if part)}·" if parts and None not in parts else None


def _slice(data: Any) -> str | None:
    """Slices as numpy writes them."""
    try:
        return f"[{', '.join(_part(*part) for part in data)}]"
    except TypeError:
        return None


def _part(start: Any, stop: Any, step: Any) -> str:
    ends = ":".join("" if end is None else str(end) for end in (start, stop))
    return ends if step in (None, 1) else f"{ends}:{step}"


def _permute(data: Any) -> str | None:
    return "ᵀ" if isinstance(data, tuple) and data == (1, 0) else None


def _name_only(data: Any) -> None:
    """No data: what it says stands in the types of the wires, or is too long."""


SYMBOLS: Mapping[str, str | Callable[[Any], str | None]] = MappingProxyType(
    {
        "add": "+",
        "sub": "−",
        "neg": "−",
        "mul": "×",
        "div": "÷",
        "scale": _scale,
        "shift": "+ {}",
        "power": "^ {}",
        "sqrt": "√",
        "abs": "| · |",
        "sigmoid": "σ",
        "maximum": "max",
        "at_least": "≥",
        "equals": "=",
        "einsum": "{}",
        "sum": "Σ {}",
        "constant": _constant,
        "slice": _slice,
        "permute": _permute,
        "broadcast": _name_only,
        "reshape": _name_only,
        "take": _name_only,
        "put": _name_only,
        "pad": _name_only,
        "xor": "⊕",
        "and": "∧",
        "or": "∨",
        "not": "¬",
    }
)
"""How well-known generators are written: a pattern in which `{}` stands for the data, or a function of the data."""
