"""The reverse derivative of a diagram by the theory that its wires belong to.

`reverse(f) : A @ B' -> A'` takes the input and a cotangent of the output to a cotangent of the input. It satisfies the
axioms RD.1-7 of Cockett et al., "Reverse derivative categories", arXiv:1910.07065; `forward` is obtained from it by
their Theorem 16, `D[f](x, v) = p R[R[f]]((x, 0), v)`.

>>> from catlearn import Bits, Real, diagram
>>> @diagram
... def smooth(x: Real(3), y: Real(3)):
...     return x * y
>>> @diagram
... def boolean(x: Bits(3), y: Bits(3)):
...     return x & y
>>> [[box.name for box in reverse(f).wiring.boxes] for f in (smooth, boolean)]
[['mul', 'mul'], ['and', 'and']]
"""

from __future__ import annotations

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.optic import Theory
from catlearn.diagrams.theories.boolean.reverse import POLYNOMIAL
from catlearn.diagrams.theories.boolean.semiring import KINDS
from catlearn.diagrams.theories.reversal import forward_derivative, reverse_derivative
from catlearn.diagrams.theories.smooth.reverse import SMOOTH
from catlearn.diagrams.wiring import Graph, flatten

__all__ = ["forward", "over_semiring", "reverse", "theory_of"]


def over_semiring(d: Diagram) -> bool:
    """Whether a diagram is a circuit: some wires carry bits, or elements of another semiring, and none real numbers.

    >>> from catlearn import Bits, Real, identity
    >>> over_semiring(identity(Bits(3))), over_semiring(identity(Real(3)))
    (True, False)
    """
    kinds = {ob.kind for ob in dict.fromkeys(flatten(d).obs)}
    return not kinds.isdisjoint(KINDS) and "Real" not in kinds


def theory_of(d: Diagram) -> Theory:
    """The theory that differentiates a diagram: polynomials over a semiring for circuits, smooth maps otherwise.

    >>> from catlearn import Bits, identity
    >>> theory_of(identity(Bits(3))) is POLYNOMIAL
    True
    """
    return POLYNOMIAL if over_semiring(as_diagram(d)) else SMOOTH


def reverse(d: Diagram, fold: bool = False) -> Graph:
    """The reverse derivative `R[d] : A @ B' -> A'`, a diagram with the same generators.

    >>> from catlearn import Real, sin, trace
    >>> reverse(trace(lambda x: sin(x), Real(3))).dom
    Real(3) @ Real(3)

    Inputs keep their names; the cotangent of the output is called `dy`, or `dy0`, `dy1`, ... where there are several.
    With `fold`, a folded box `f` stays one, and one `R[f]` stands for its backward pass: for pictures. Over bits it is
    the formal derivative, a law of the diagram and not of its table: that of `x & x`, which is `x**2`, is 0.

    Raises:
        UnknownBox: for a box that the theory does not have.
    """
    return reverse_derivative(d, theory_of(d), fold)


def forward(d: Diagram) -> Graph:
    """The forward derivative `D[d] : A @ A -> B`, input and tangent to tangent, obtained from `R[R[d]]`.

    RDC Theorem 16: the cotangent of `R[d]`'s own cotangent input, at cotangent zero. Errors are those of `reverse`.

    >>> from catlearn import Real, sum, trace
    >>> forward(trace(lambda x: sum(x), Real(3))).cod
    Real()
    """
    return forward_derivative(d, theory_of(d))
