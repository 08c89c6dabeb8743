"""Effects: what was seen, as a box without outputs; and one normalization, at the end.

An effect multiplies; two effects on copies of a wire are their product `p & q`; nothing is divided before the end.

>>> from catlearn import Finite, copy, effect, state
>>> coin = state("coin", Finite("heads", "tails"), [0.5, 0.5])
>>> p, q = effect("p", coin.cod, [0.9, 0.3]), effect("q", coin.cod, [0.5, 1.0])
>>> print(f"{validity(coin, p):.6f} {validity(coin, copy(coin.cod) >> (p @ q)):.6f}")
0.600000 0.375000
>>> condition(coin, p).data[0]
Table((0.75, 0.25))
"""

from __future__ import annotations

from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.errors import TypeMismatch
from catlearn.interpreters.markov.inversion import output_names
from catlearn.interpreters.markov.kinds import kind_of

__all__ = ["condition", "normalize", "validity"]


def normalize(d: Diagram, name: str = "") -> Box:
    """The state, as one box, that a diagram `Ty() -> B` with effects is in proportion to.

    Raises:
        ImpossibleEvidence: when the effects leave nothing.
        TooLarge: when B has too many outcomes.

    >>> from catlearn import Finite, effect, identity, state
    >>> both = state("both", Finite("a", "b") @ Finite("c", "d"), [[0.125, 0.25], [0.375, 0.25]])
    >>> normalize(both >> (identity(Finite("a", "b")) @ effect("c", Finite("c", "d"), {"c": 1}))).data[0]
    Table((0.25, 0.75))
    """
    d = _state(d, "normalize")
    names = output_names(d)
    return kind_of(d).normalize(d, name or (names[0] if len(names) == 1 else "normalized"))


def condition(state: Diagram, effect: Any) -> Box:
    """The state `state | effect`, updated by what was seen of its outputs (Pearl's rule).

    Args:
        state: a diagram `Ty() -> B`.
        effect: a diagram `B -> Ty()`; an outcome, a set of outcomes ("one of these"), or likelihoods by outcome. For
            normal states a pair: a channel from B, and the value that was seen of its output.

    Raises:
        ImpossibleEvidence: when the state rules the effect out; for normal states it is `OffSupport`.

    >>> from catlearn import Finite, state
    >>> condition(state("die", Finite("1", "2", "3"), [0.5, 0.25, 0.25]), {"2", "3"}).data[0]
    Table((0.0, 0.5, 0.5))
    """
    d = _state(state, "condition")
    names = output_names(d)
    return kind_of(d).observe(d, effect, names[0] if len(names) == 1 else "conditioned")


def validity(state: Diagram, effect: Any) -> Any:
    """How probable an effect is under a state of finite kernels: the number `state >> effect`. Arguments: see `condition`.

    Raises:
        NotSupported: for normal states; a density is `cl.infer(model).log_evidence`.

    >>> from catlearn import Finite, state
    >>> validity(state("die", Finite("1", "2", "3"), [0.5, 0.25, 0.25]), {"2", "3"})
    0.5
    """
    d = _state(state, "validity")
    return kind_of(d).validity(d, effect)


def _state(d: Diagram, what: str) -> Diagram:
    d = as_diagram(d)
    if len(d.dom):
        raise TypeMismatch(f"{what}: a state has no inputs, but this diagram reads {d.dom!r}")
    return d
