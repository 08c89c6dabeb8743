"""The learner of ascent: that of gradients, with the displacement for a loss and XOR for an optimizer.

Nothing here is particular to bits but those two lenses; `close` composes them with the model's reverse derivative as it
does for smooth maps.

>>> from catlearn.interpreters.circuits.ascending.models import lookup_table
>>> closed_by(lookup_table(2, 1), ("t",), "formal").step.names
('t', 'x', 'target')
"""

from __future__ import annotations

from collections.abc import Sequence

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.optic import lens
from catlearn.interpreters.gradients.learner import Closed, close
from catlearn.interpreters.gradients.losses import displacement
from catlearn.interpreters.gradients.optimizers import reverse_derivative_ascent

__all__ = ["closed_by"]


def closed_by(model: Diagram, learned: Sequence[str], reverse: str | Diagram) -> Closed:
    """The closed learner, by the formal reverse derivative or by a diagram that stands in its place.

    Args:
        model: a circuit with one output.
        learned: its inputs that are learned.
        reverse: `"formal"`, or a diagram of the type of `catlearn.reverse(model)`.

    Raises:
        TypeMismatch: for a diagram of another type.
    """
    passes = lens(model, reverse) if isinstance(reverse, Diagram) else None
    return close(model, displacement, reverse_derivative_ascent(), list(learned), [], lens=passes)
