"""Effects: what was seen, as a box without outputs; and one normalization, at the end.

An effect multiplies; two effects on copies of a wire are their product `p & q`; nothing is divided before the end.

>>> from catlearn import Finite, copy, effect, state
>>> coin = state("coin", Finite("heads", "tails"), [0.5, 0.5])
>>> p, q = effect("p", coin.cod, [0.9, 0.3]), effect("q", coin.cod, [0.5, 1.0])
>>> print(f"{validity(coin, p):.6f} {validity(coin, copy(coin.cod) >> (p @ q)):.6f}")
0.600000 0.375000
>>> condition(coin, p).data[0]
Table((0.75, 0.25))

Disease and mood, from the paper below: a test of the disease says something of the mood too. How probable is a positive
test, and what are mood and disease then?

>>> from fractions import Fraction
>>> from catlearn import channel, discard, identity
>>> mood, sick, result = Finite("good", "bad"), Finite("yes", "no"), Finite("positive", "negative")
>>> both = state("both", mood @ sick, [[Fraction(5, 100), Fraction(40, 100)], [Fraction(50, 100), Fraction(5, 100)]])
>>> positive = channel("test", sick, result, [[0.9, 0.1], [0.05, 0.95]]) >> effect("positive", result, {"positive": 1})
>>> validity(both, discard(mood) @ positive)
Fraction(207, 400)
>>> after = condition(both, discard(mood) @ positive)
>>> normalize(after >> (identity(mood) @ discard(sick))).data[0]
Table((Fraction(26, 207), Fraction(181, 207)))
>>> normalize(after >> (discard(mood) @ identity(sick))).data[0]
Table((Fraction(22, 23), Fraction(1, 23)))

Source: K. Cho and B. Jacobs, Disintegration and Bayesian inversion via string diagrams (2019), arXiv:1709.00322.
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

    A density at what was measured is a likelihood. Is it the weekend, when a call comes at 6? At weekends calls come
    around 5, on other days around 2, with a deviation of 4, and always between 0 and 8.

    >>> from scipy.stats import truncnorm
    >>> from catlearn import Finite, state
    >>> day = state("day", Finite("weekend", "week"), [2 / 7, 5 / 7])
    >>> at_six = [truncnorm.pdf(6, -m / 4, (8 - m) / 4, loc=m, scale=4) for m in (5, 2)]
    >>> print(condition(day, at_six).data[0].values.round(5))
    [0.37421 0.62579]
    >>> condition(state("die", Finite("1", "2", "3"), [0.5, 0.25, 0.25]), {"2", "3"}).data[0]
    Table((0.0, 0.5, 0.5))
    """
    d = _state(state, "condition")
    names = output_names(d)
    return kind_of(d).observe(d, effect, names[0] if len(names) == 1 else "conditioned")


def validity(state: Diagram, effect: Any) -> Any:
    """How probable an effect is under a state of finite kernels: the number `state >> effect`.

    Arguments: see `condition`.

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
