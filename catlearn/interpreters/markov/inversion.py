"""Turning kernels round: the Bayesian inverse of a diagram at a prior, and a joint state as a marginal and a channel.

    prior >> copy >> (identity @ f)  =  prior >> f >> copy >> (inverse @ identity)
    joint                            =  marginal >> copy >> (identity @ channel)

An inverse is defined on the support of what the prior predicts, and nowhere else: there its rows are zeros. It is made
by one contraction of the whole diagram, and never box by box.

Of 100 cabs 85 are green, the others blue; a witness, who is right 8 times out of 10, says that a cab was blue.

>>> from fractions import Fraction
>>> from catlearn import Finite, channel, copy, effect, identity, state
>>> cab = state("cab", Finite("green", "blue"), [Fraction(85, 100), Fraction(15, 100)])
>>> witness = channel("witness", cab.cod, cab.cod, [[0.8, 0.2], [0.2, 0.8]])
>>> dict(zip(("green", "blue"), invert(witness, cab).data[0].values[1], strict=True))
{'green': Fraction(17, 29), 'blue': Fraction(12, 29)}

Will there be play when it is sunny, cool, humid and windy? Disintegration learns channels from what 14 days were like
when there was play and when there was none; this is the naive Bayes classifier of the paper below.

>>> play = Finite("yes", "no")
>>> counts = {"sunny": [[2, 7], [3, 2]], "cool": [[3, 6], [1, 4]], "humid": [[3, 6], [4, 1]], "windy": [[3, 6], [3, 2]]}
>>> today = state("play", play, [Fraction(9, 14), Fraction(5, 14)])
>>> for name, days in counts.items():
...     joint = state("days", play @ play, [[Fraction(n, 14) for n in row] for row in days])
...     _, was_so = disintegrate(joint, [0])
...     today = today >> copy() >> (identity(play) @ (was_so >> effect(name, play, [1, 0])))
>>> from catlearn.interpreters.markov.effects import normalize
>>> normalize(today).data[0]
Table((Fraction(125, 611), Fraction(486, 611)))

Source: K. Cho and B. Jacobs, Disintegration and Bayesian inversion via string diagrams (2019), arXiv:1709.00322.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.markov.kinds import check_tolerance, kind_of

__all__ = ["almost_equal", "disintegrate", "invert", "output_names"]


def invert(d: Diagram, prior: Any, name: str = "") -> Box:
    """The Bayesian inverse `B -> A` of a diagram `A -> B` at a prior, as one box, called `name` or as the diagram is
    with a dagger.

    Args:
        d: finite kernels, or linear-Gaussian ones; effects in it are observations that are part of it.
        prior: a diagram `Ty() -> A`; for finite kernels also probabilities by outcome or an array, for one number or
            vector also a pair (mean, covariance).

    For finite kernels, rows off the support of `prior >> d` are zeros; answers are fractions where any table is.

    Raises:
        TypeMismatch: when the prior is no state of A.
        ImpossibleEvidence: when effects in the diagram leave nothing.
        TooLarge: when A and B have too many outcomes together; it says how many.

    >>> from catlearn import Finite, channel
    >>> wet = channel("wet", Finite("no", "yes"), Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
    >>> invert(wet, {"no": 0.8, "yes": 0.2}).name
    'wet†'
    >>> invert(wet, {"no": 1.0}).data[0].values.tolist()
    [[1.0, 0.0], [1.0, 0.0]]
    """
    d, kind = as_diagram(d), kind_of(d)
    return kind.invert(d, kind.state(d.dom, prior), name or f"{getattr(d, 'name', '') or 'inverse'}†")


def disintegrate(joint: Diagram, keep: Sequence[str | int]) -> tuple[Box, Box]:
    """A state of several wires as the state of some of them, and a channel from these to the others.

    Args:
        joint: a diagram `Ty() -> B`; where it has effects, the marginal has its mass and is no distribution.
        keep: which outputs stay, by the names of their variables or by position, in the order they shall have.

    Returns:
        The state on the wires that are kept, and the channel from them to the others, which stay in their order. So
        `marginal >> copy() >> (identity() @ channel)` is the joint state with the kept wires first. Rows of the
        channel off the marginal's support are zeros.

    Raises:
        UnknownVariable: when no output is called so.
        TypeMismatch: when the diagram has inputs.

    >>> from catlearn import Finite, state
    >>> joint = state("both", Finite("no", "yes") @ Finite("dry", "wet"), [[0.72, 0.08], [0.04, 0.16]])
    >>> rain, wet = disintegrate(joint, keep=[0])
    >>> rain.data[0].values.round(6).tolist(), wet.data[0].values.round(6).tolist()
    ([0.8, 0.2], [[0.9, 0.1], [0.2, 0.8]])
    """
    joint = as_diagram(joint)
    if len(joint.dom):
        raise TypeMismatch(f"disintegrate: a joint state has no inputs, but this diagram reads {joint.dom!r}")
    names = output_names(joint)
    kept = _positions(keep, names)
    rest = [name for i, name in enumerate(names) if i not in kept]
    called = [_called([names[i] for i in kept], "marginal"), _called(rest, "conditional")]
    return kind_of(joint).disintegrate(joint, kept, called)


def almost_equal(f: Diagram, g: Diagram, wrt: Any, tolerance: float = 1e-9) -> bool:
    """Whether two diagrams `A -> B` are equal on the support of a prior, written `f ~ g`: inverses are unique so far.

    Args:
        wrt: the prior, as for `invert`.
        tolerance: how far numbers may differ; 0 where both diagrams are in fractions.

    Raises:
        TypeMismatch: when the diagrams have different types, or the prior is no state of A.

    >>> from catlearn import Finite, channel
    >>> X = Finite("a", "b")
    >>> f, g = channel("f", X, X, [[1, 0], [0, 1]]), channel("g", X, X, [[1, 0], [1, 0]])
    >>> almost_equal(f, g, wrt={"a": 1.0}), almost_equal(f, g, wrt={"a": 0.5, "b": 0.5})
    (True, False)
    """
    f, g = as_diagram(f), as_diagram(g)
    if (f.dom, f.cod) != (g.dom, g.cod):
        raise TypeMismatch(f"almost_equal: {f.dom!r} -> {f.cod!r} and {g.dom!r} -> {g.cod!r} are different types")
    check_tolerance(tolerance)
    kind = kind_of(f, g)
    return kind.same(f, g, kind.state(f.dom, wrt), tolerance)


def output_names(d: Diagram) -> list[str]:
    """The name of the variable on each output wire."""
    names = variables(d)
    return [names[wire] for wire in unfolded(d).outputs.tolist()]


def _positions(keep: Sequence[str | int], names: Sequence[str]) -> list[int]:
    if isinstance(keep, str | int) or not isinstance(keep, Sequence):
        raise InputMismatch(f"disintegrate: keep is a list of names or positions, not {short(keep)}")
    found = []
    for each in keep:
        if isinstance(each, str) and each not in names:
            raise UnknownVariable(f"no output is called {each!r}{nearest(each, names)}")
        at = names.index(each) if isinstance(each, str) else each
        if not isinstance(at, int) or not 0 <= at < len(names):
            raise UnknownVariable(f"there is no output {each!r}; there are {len(names)}, from 0 on")
        found.append(at)
    if len(set(found)) < len(found):
        raise InputMismatch(f"disintegrate: {short(keep)} names an output twice")
    return found


def _called(names: Sequence[str], several: str) -> str:
    return names[0] if len(names) == 1 else several
