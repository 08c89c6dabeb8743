"""Inference in any model: which method answers is told by the kernels of its boxes.

>>> from catlearn import Finite, channel, copy, identity, infer, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> infer(rain >> copy() >> (identity() @ wet)).posterior({"wet": "wet"})["rain"]["yes"]
0.6666666666666666
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.interpreters.markov.finite.exact import ExactInference
from catlearn.interpreters.markov.finite.inference import FiniteInference

__all__ = ["infer"]


def infer(
    model: Diagram,
    asked: Iterable[str] | None = None,
    observed: Iterable[str] = (),
    plan_seconds: float = 15.0,
    memory_limit: int = 2**32,
    exact: bool = False,
) -> Any:
    """Plan exact inference in a model: a diagram `Ty() -> B` of kernels.

    Args:
        model: states and channels, with copies and discards; effects are observations that are part of the model.
        asked: the only variables that will be asked for, so that boxes that do not matter can be left out.
        observed: those of which something will be observed; only needed where `asked` is given.
        plan_seconds: how long to look for a better order of the sums, where the first one found is expensive.
        memory_limit: bytes that an answer may take.
        exact: whether to answer in fractions, floats read as they are written; for small models of tables.

    Raises:
        TypeMismatch: when the model has inputs.
        UnknownBox: for a box without a kernel.
        TooLarge: when the best plan is over the memory limit; it says how much is needed.
    """
    if exact:
        return ExactInference(model)
    return FiniteInference(as_diagram(model), asked, observed, plan_seconds, memory_limit)
