"""What a drawing says of a variable: how probable its outcomes are, its mean and deviation, or what was observed.

>>> from catlearn import Finite, Real, gaussian_state, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> [(row.name, row.figure) for row in beliefs(rain, {"rain": {"no": 0.25, "yes": 0.75}})[0].rows]
[('yes', '75.0%'), ('no', '25.0%')]
>>> level = gaussian_state("level", Real(), 0.0, 1.0)
>>> said = [{"mean": 2.0, "deviation": 0.5}, 3.0, None]
>>> [beliefs(level, {"level": each})[0].rows[0].name for each in said]
['2.00 ± 0.50', '= 3', 'flat']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.drawing.opened import Opened
from catlearn.diagrams.drawing.rows import Belief, Row, belief
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import DrawingError, UnknownVariable, nearest, short

__all__ = ["Belief", "Row", "beliefs", "wire_numbers"]


def beliefs(d: Diagram, posterior: Any) -> dict[int, Belief]:
    """What is said of each wire that the posterior names, by the wire's number in `unfolded(d)`.

    At most four rows are shown, the others as one; outcomes of probability 0 are left out. Of a wire that is not finite
    its mean ± deviation is shown, a line for each number; where the deviation is infinite, or there is None, "flat".
    An outcome, a number or a list of them is what was observed. Other numbers are shown as they are.

    Args:
        posterior: `{variable: what is said of it}`, or an object whose method `shown()` gives that.

    Raises:
        UnknownVariable: when the diagram has no such variable.
        UnknownOutcome: when a variable has no such outcome.
        DrawingError: when something is no probability, or not even a dictionary of them.
    """
    if posterior is None:
        return {}
    posterior = posterior.shown() if hasattr(posterior, "shown") else posterior
    if not isinstance(posterior, Mapping):
        raise DrawingError(f"posterior: give a dictionary from variables to probabilities, not {short(posterior)}")
    number = {name: wire for wire, name in enumerate(variables(d))}
    obs, found = unfolded(d).obs, {}
    for name, marginal in posterior.items():
        if name not in number:
            raise UnknownVariable(f"posterior: there is no variable {name!r}{nearest(name, number)}")
        found[number[name]] = belief(name, marginal, obs[number[name]])
    return found


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
