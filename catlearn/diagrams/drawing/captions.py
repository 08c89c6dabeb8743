"""What is written on boxes and wires.

>>> from catlearn import Box, Real
>>> X = Real()
>>> [caption(Box(*spec)) for spec in (("add", X @ X, X), ("scale", X, X, 0.5), ("f", X, X), ("slice", X, X, (0, 2)))]
['+', '0.5·', 'f', 'slice 0,2']
>>> wire_label((Real(10, 64) @ Real()).obs[0])
'10×64'
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from types import MappingProxyType
from typing import Any

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.types import Ob

__all__ = ["SYMBOLS", "caption", "short_data", "wire_label"]

SYMBOLS: Mapping[str, str] = MappingProxyType(
    {
        "add": "+",
        "sub": "−",
        "mul": "×",
        "div": "÷",
        "neg": "−1·",
        "scale": "{}·",
        "constant": "{}",
        "const": "{}",
        "zero": "0",
        "zeros": "0",
        "one": "1",
        "ones": "1",
        "pow": "^{}",
        "power": "^{}",
        "square": "( )²",
        "sqrt": "√",
        "reciprocal": "1/( )",
        "matmul": "@",
        "dot": "⟨ , ⟩",
        "sum": "Σ {}",
        "prod": "Π {}",
        "transpose": "ᵀ",
        "sigmoid": "σ",
        "xor": "⊕",
        "and": "∧",
        "or": "∨",
        "not": "¬",
        "invert": "¬",
    }
)
"""How well-known generators are written; `{}` stands for the data of the box."""

_LONGEST = 32


def caption(box: Box) -> str:
    """What is written on a box: its symbol or name, and its data where that is short.

    >>> from catlearn import Ty
    >>> caption(Box("threshold", Ty("X"), Ty("X"), 3)), caption(Box("table", Ty("X"), Ty("X"), tuple(range(99))))
    ('threshold 3', 'table')
    """
    data = short_data(box.data)
    pattern = SYMBOLS.get(box.name)
    if pattern is None or (data is None and pattern == "{}"):
        text = box.name if data is None else f"{box.name} {data}"
    else:
        text = pattern.replace("{}", data or "c" if pattern == "{}·" else data or "")
    return shortened(text.strip())


def short_data(data: Any) -> str | None:
    """The data of a box, if it is a number, a short word or a few of them; else None.

    >>> short_data(2.0), short_data(("ij,j->i", 1)), short_data({"a": 1}), short_data(())
    ('2', 'ij,j->i,1', None, None)
    """
    if isinstance(data, bool) or data is None:
        return None if data is None else str(data).lower()
    if isinstance(data, int):
        return str(data) if abs(data) < 10**9 else f"{float(data):.4g}" if abs(data) < 10**300 else None
    if isinstance(data, Number):
        return f"{data:.4g}"
    if isinstance(data, str):
        return data if 0 < len(data) <= _LONGEST // 2 and data.isprintable() else None
    if isinstance(data, tuple) and 0 < len(data) <= 4:
        parts = [short_data(part) for part in data]
        return None if None in parts else _joined([part for part in parts if part])
    return None


def _joined(parts: list[str]) -> str | None:
    text = ",".join(parts)
    return text if len(text) <= _LONGEST // 2 else None


def shortened(text: str) -> str:
    """The text, cut where it would make a box wider than a picture can bear.

    >>> len(shortened("x" * 1000))
    32
    """
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def wire_label(ob: Ob) -> str:
    """The type of a wire in a few signs.

    >>> from catlearn import Bits, Finite, Real, Ty
    >>> [wire_label(ob) for ob in (Real() @ Real("n", 3) @ Bits(8) @ Finite("no", "yes") @ Ty("X")).obs]
    ['ℝ', 'n×3', '8 bits', 'no|yes', 'X']
    """
    sizes = [str(size) for size in ob.sizes]
    if ob.kind == "Real":
        return "×".join(sizes) or "ℝ"
    if ob.kind == "Bits":
        return f"{sizes[0]} bits" if sizes != ["1"] else "bit"
    if ob.kind == "Finite":
        text = "|".join(sizes)
        return text if len(text) <= _LONGEST // 2 else f"{len(sizes)} outcomes"
    return shortened(f"{ob.kind}({', '.join(sizes)})" if sizes else ob.kind)
