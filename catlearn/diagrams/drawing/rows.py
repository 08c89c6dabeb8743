"""The lines that say something of one variable: how probable its outcomes are, its mean ± deviation, what was observed.

>>> belief("x", {"mean": [2.0, -1.0], "deviation": [0.5, 0.0]}, Ob("Real", (2,))).rows
(Row(name='2.00 ± 0.50', share=None, figure='', seen=False), Row(name='= −1', share=None, figure='', seen=True))
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.drawing.captions import shortened
from catlearn.diagrams.types import Ob
from catlearn.errors import DrawingError, UnknownOutcome, nearest, short

__all__ = ["Belief", "Row", "belief"]

MOST_ROWS = 4
_BEYOND = 1e-6
_EXACT = 1e-12

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One line: a name, the share of a bar from 0 to 1 (None for no bar), and a figure; and whether it was observed."""

    name: str
    share: float | None
    figure: str
    seen: bool = False


@dataclass(frozen=True)
class Belief:
    """What is said of one variable."""

    rows: tuple[Row, ...]


def belief(name: str, marginal: Any, ob: Ob) -> Belief:
    """What is said of a variable on such a wire; see `beliefs`. Raises `UnknownOutcome`, `DrawingError`."""
    if marginal is None:
        return Belief((Row("flat", None, ""),))
    if ob.kind == "Finite":
        return Belief(tuple(_outcomes(name, marginal, ob)))
    lines = _lines(marginal, ob)
    if lines is not None:
        return Belief(tuple(lines))
    if not isinstance(marginal, Mapping):
        raise DrawingError(f"posterior: {name}: give a dictionary with its mean and deviation, not {short(marginal)}")
    return Belief(tuple(Row(shortened(str(key)), None, _figure(value)) for key, value in marginal.items()))


def _outcomes(name: str, marginal: Any, ob: Ob) -> Sequence[Row]:
    if isinstance(marginal, str):
        _check_outcome(name, marginal, ob)
        return [Row(f"= {shortened(marginal)}", None, "", seen=True)]
    if not isinstance(marginal, Mapping):
        said = "give a dictionary from outcomes to probabilities"
        raise DrawingError(f"posterior: {name}: {said}, not {short(marginal)}")
    for outcome, value in marginal.items():
        _check_outcome(name, outcome, ob)
        # `<=` is false for what is not a number, too.
        if not (isinstance(value, Real) and -_BEYOND <= float(value) <= 1 + _BEYOND):
            raise DrawingError(f"posterior: {name}: {short(value)} for {outcome!r} is no probability of one row")
    return _bars(marginal)


def _check_outcome(name: str, outcome: Any, ob: Ob) -> None:
    if outcome not in ob.sizes:
        raise UnknownOutcome(f"posterior: {name} has no outcome {outcome!r}{nearest(outcome, ob.sizes)}")


def _lines(marginal: Any, ob: Ob) -> Sequence[Row] | None:
    """A line for each number of a wire; None when there are others than the wire has."""
    found = _spread(marginal, math.prod(int(size) for size in ob.sizes) if _sized(ob) else 1)
    if found is None:
        return None
    rows = [_line(float(mean), float(deviation)) for mean, deviation in zip(*found, strict=True)]
    if len(rows) <= MOST_ROWS:
        return rows
    return [*rows[: MOST_ROWS - 1], Row(f"… {len(rows) - MOST_ROWS + 1} others", None, "")]


def _sized(ob: Ob) -> bool:
    return all(isinstance(size, int) for size in ob.sizes)


def _spread(marginal: Any, size: int) -> tuple[Numbers, Numbers] | None:
    """Means and deviations, so many of each."""
    plain = isinstance(marginal, np.ndarray | Real)
    if isinstance(marginal, Mapping) or (hasattr(marginal, "mean") and not plain):
        mean, variance, deviation = (_numbers(_part(marginal, key)) for key in ("mean", "variance", "deviation"))
        if deviation is None and variance is not None:
            # A matrix is a covariance.
            inner = np.diagonal(variance) if variance.shape == (size, size) and size > 1 else variance
            deviation = np.sqrt(np.maximum(inner, 0.0))
    else:
        mean = _numbers(marginal)
        deviation = None if mean is None else np.zeros_like(mean)
    if mean is None or deviation is None or mean.size != size or deviation.size != size:
        return None
    return mean.reshape(-1), deviation.reshape(-1)


def _part(marginal: Any, key: str) -> Any:
    return marginal.get(key) if isinstance(marginal, Mapping) else getattr(marginal, key, None)


def _numbers(value: Any) -> Numbers | None:
    try:
        return None if value is None else np.asarray(value, np.float64)
    except (TypeError, ValueError):
        return None


def _line(mean: float, deviation: float) -> Row:
    """A mean and its deviation, to two digits of that; what was observed has none.

    >>> [_line(919.28, 120.8).name, _line(0.12345, 0.0432).name, _line(-2.5, 0.0).name, _line(0.0, math.inf).name]
    ['919 ± 121', '0.123 ± 0.043', '= −2.5', 'flat']
    """
    if not math.isfinite(mean) or not math.isfinite(deviation):
        return Row("flat", None, "")
    if deviation <= _EXACT * abs(mean):
        return Row("= " + f"{mean:.6g}".replace("-", "−"), None, "", seen=True)
    digits = max(1 - math.floor(math.log10(deviation)), 0)
    usual = abs(mean) < 1e6 and 1e-4 < deviation < 1e6
    text = f"{mean:.{digits}f} ± {deviation:.{digits}f}" if usual else f"{mean:.4g} ± {deviation:.3g}"
    return Row(text.replace("-", "−"), None, "")


def _figure(value: Any) -> str:
    """A number, or the first of several."""
    if isinstance(value, Real):
        return f"{float(value):.4g}".replace("-", "−")
    if isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) and len(value):
        first = ", ".join(map(_figure, value[:3]))
        return f"[{first}{', …' if len(value) > 3 else ''}]"
    raise DrawingError(f"posterior: {short(value)} is no number")


def _bars(marginal: Mapping[str, Any]) -> Sequence[Row]:
    ranked = sorted(((float(p), outcome) for outcome, p in marginal.items() if p > 0), key=lambda pair: -pair[0])
    shown = ranked if len(ranked) <= MOST_ROWS else ranked[: MOST_ROWS - 1]
    rows = [Row(shortened(outcome), min(p, 1.0), _percent(p)) for p, outcome in shown]
    if rest := ranked[len(shown) :]:
        share = min(sum(p for p, _ in rest), 1.0)
        rows.append(Row(f"… {len(rest)} others", share, _percent(share)))
    return rows


def _percent(p: float) -> str:
    """A probability; what is nearly certain or nearly impossible is told from what is.

    >>> [_percent(p) for p in (1.0, 0.99999, 0.5, 0.0001)]
    ['100%', '>99.9%', '50.0%', '<0.1%']
    """
    if p >= 1 - 1e-12:
        return "100%"
    if p > 0.999:
        return ">99.9%"
    return "<0.1%" if p < 0.001 else f"{p:.1%}"
