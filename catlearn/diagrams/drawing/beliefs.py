"""What a drawing says of a variable: its outcomes and how probable they are, the largest first.

>>> from catlearn import Finite, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> beliefs(rain, {"rain": {"no": 0.25, "yes": 0.75}})[0].rows
(Row(name='yes', share=0.75, figure='75.0%'), Row(name='no', share=0.25, figure='25.0%'))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.drawing.captions import shortened
from catlearn.diagrams.drawing.opened import Opened
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import DrawingError, UnknownOutcome, UnknownVariable, nearest, short

__all__ = ["Belief", "Row", "beliefs", "wire_numbers"]

MOST_ROWS = 4
_BEYOND = 1e-6


@dataclass(frozen=True)
class Row:
    """One line: a name, the share of a bar from 0 to 1 (None for no bar), and a figure."""

    name: str
    share: float | None
    figure: str


@dataclass(frozen=True)
class Belief:
    """What is said of one variable."""

    rows: tuple[Row, ...]


def beliefs(d: Diagram, posterior: Mapping[str, Mapping[str, float]] | None) -> dict[int, Belief]:
    """What is said of each wire that the posterior names, by the wire's number in `unfolded(d)`.

    At most four rows are shown, the others as one; outcomes of probability 0 are left out. Of a wire that is not finite
    the numbers are shown as they are, such as its mean and variance.

    Raises:
        UnknownVariable: when the diagram has no such variable.
        UnknownOutcome: when a variable has no such outcome.
        DrawingError: when something is no probability, or not even a dictionary of them.
    """
    if posterior is None:
        return {}
    if not isinstance(posterior, Mapping):
        raise DrawingError(f"posterior: give a dictionary from variables to probabilities, not {short(posterior)}")
    number = {name: wire for wire, name in enumerate(variables(d))}
    obs, found = unfolded(d).obs, {}
    for name, marginal in posterior.items():
        if name not in number:
            raise UnknownVariable(f"posterior: there is no variable {name!r}{nearest(name, number)}")
        found[number[name]] = _belief(name, marginal, obs[number[name]])
    return found


def _belief(name: str, marginal: Any, ob: Ob) -> Belief:
    if hasattr(marginal, "mean") and hasattr(marginal, "variance"):
        marginal = {"mean": marginal.mean, "variance": marginal.variance}
    if not isinstance(marginal, Mapping):
        said = "give a dictionary from outcomes to probabilities"
        raise DrawingError(f"posterior: {name}: {said}, not {short(marginal)}")
    finite = ob.kind == "Finite"
    for outcome, value in marginal.items():
        if finite and outcome not in ob.sizes:
            raise UnknownOutcome(f"posterior: {name} has no outcome {outcome!r}{nearest(outcome, ob.sizes)}")
        # `<=` is false for what is not a number, too.
        if finite and not (isinstance(value, Real) and -_BEYOND <= float(value) <= 1 + _BEYOND):
            raise DrawingError(f"posterior: {name}: {short(value)} for {outcome!r} is no probability of one row")
    return Belief(tuple(_bars(marginal) if finite else _figures(marginal)))


def _figures(marginal: Mapping[str, Any]) -> Sequence[Row]:
    return [Row(shortened(str(key)), None, _figure(value)) for key, value in marginal.items()]


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


def wire_numbers(shown: Opened) -> list[int]:
    """For every wire that is drawn, its number in `unfolded(d)`; boxes that stay folded have wires of their own."""
    found = list(range(len(shown.dom)))
    made = len(found)
    for place in shown.places:
        inside = place.box.inside
        if inside is None:
            found += range(made, made + len(place.gives))
            made += len(place.gives)
            continue
        wiring = unfolded(inside)
        reads = [found[wire] for wire in place.reads]
        found += [reads[k] if k < len(reads) else made + k - len(reads) for k in wiring.outputs.tolist()]
        made += len(wiring.obs) - len(reads)
    return found
