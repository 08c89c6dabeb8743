"""Reverse derivative ascent: one pass over the samples, in their order, from parameters that are all 0.

>>> from catlearn.interpreters.circuits.ascending.models import lookup_table
>>> parity = [[0, 0, 0, 1], [1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0]], [1, 1, 0, 1]
>>> found = ascent(lookup_table(4, 1), *parity)
>>> found.accuracy(*parity), [change.step for change in found.history]
(1.0, [0, 1, 2, 4])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.wiring import names
from catlearn.errors import InputMismatch, short
from catlearn.interpreters.circuits.ascending.learner import closed_by
from catlearn.interpreters.circuits.ascending.parameters import (
    by_name,
    learned_of,
    started,
    steps_of,
    widths_of,
)
from catlearn.interpreters.circuits.ascending.result import Ascent, Change, share_right
from catlearn.interpreters.circuits.ascending.samples import Samples, read_samples, spread
from catlearn.interpreters.circuits.ascending.steps import ByCircuit, ByFlips, Search, moves, ordered
from catlearn.interpreters.circuits.evaluator import Evaluator
from catlearn.interpreters.circuits.lower import netlist
from catlearn.progress import progress

__all__ = ["ascent"]

Flags = NDArray[np.bool_]


def ascent(
    model: Diagram, inputs: Any, targets: Any, *, learned: str | Sequence[str] | None = None,
    reverse: str | Diagram = "formal", start: Mapping[str, Any] | None = None,
    validation: tuple[Any, Any] | None = None, steps: int | None = None, show: bool | None = None,
) -> Ascent:  # fmt: skip
    """Learn the parameters of a circuit: for each sample, XOR them with what the reverse derivative asks for.

    The change that is asked of the output is the displacement, the XOR of what the model gives with what is wanted;
    there is no rate. See Wilson and Zanasi, arXiv:2101.10488. The result depends on the order of the samples.

    Args:
        model: a diagram of bits with one output.
        inputs: (samples, bits) for the input that is not learned; a dictionary of such arrays where there are several.
        targets: (samples, bits) wanted of the output; (samples,) will do for one bit.
        learned: the inputs that are learned; all but the last by default.
        reverse: `"formal"` for the model's reverse derivative, a law of the diagram; `"finite"` for finite differences,
            with each parameter flipped in turn; or a diagram of the type of `catlearn.reverse(model)`.
        start: the bits to start from, by name; 0 by default.
        validation: inputs and targets by which the best parameters are chosen, the start being among them; of several
            that are equally good, the last.
        steps: how many samples to go through; all by default.
        show: whether to show a bar for what takes long; None shows it on a terminal.

    Raises:
        InputMismatch: for samples that are no bits of these widths, or a name that the model does not have.
        TypeMismatch: for a model that is no circuit with one output, or a reverse derivative of another type.
    """
    model = as_diagram(model)
    held = learned_of(model, learned)
    given = tuple(name for name in names(model) if name not in held)
    samples = read_samples(model, given, inputs, targets)
    count = steps_of(steps, samples.count)
    search = _search(model, held, given, reverse, samples)
    score = _score(model, held, given, validation)
    widths = widths_of(model, held)
    parameters = started(widths, start or {})

    best, chosen, history = parameters, 0, [Change(0, 0, score(parameters))]
    with progress("ascent", count, show) as tell:
        for step, moved in moves(search, parameters, count, tell):
            change = Change(step, int((moved ^ parameters).sum()), score(moved))
            if _at_least(change, history[chosen]):
                best, chosen = moved, len(history)
            history.append(change)
            parameters = moved
    return Ascent(
        model, by_name(widths, best), by_name(widths, parameters), tuple(history), history[chosen].step, count, reverse
    )


def _at_least(new: Change, old: Change) -> bool:
    """Whether to go over to later parameters: where nothing is scored, always."""
    return new.score is None or old.score is None or new.score >= old.score


def _search(
    model: Diagram, learned: Sequence[str], given: Sequence[str], reverse: str | Diagram, samples: Samples
) -> Search:
    if isinstance(reverse, str) and reverse == "finite":
        return ByFlips(model, learned, given, samples)
    if not isinstance(reverse, Diagram) and reverse != "formal":
        raise InputMismatch(f"ascent: reverse is 'formal', 'finite' or a diagram, not {short(reverse)}")
    return ByCircuit(closed_by(model, learned, reverse).step, samples)


def _score(
    model: Diagram, learned: Sequence[str], given: Sequence[str], validation: tuple[Any, Any] | None
) -> Callable[[Flags], float | None]:
    """What says how many of the validation samples are right."""
    if validation is None:
        return lambda parameters: None
    if not isinstance(validation, tuple | list) or len(validation) != 2:
        raise InputMismatch("ascent: validation is a pair of inputs and targets")
    samples = read_samples(model, given, *validation)
    run = Evaluator(netlist(ordered(model, [*learned, *given])))
    words = samples.inputs.shape[1]

    def score(parameters: Flags) -> float:
        answers = run(np.concatenate([spread(parameters, words), samples.inputs]))
        return share_right(answers, samples.targets, samples.count)

    return score
