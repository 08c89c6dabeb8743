"""Bayesian lenses: a diagram that predicts along its wires, and against them learns from what was seen.

`bayes(d)` gives for every prior a pair of channels, `d : A -> B` and its Bayesian inverse `B -> A`. The inverse is
there on the support of the prediction only: the lens is dependent, and what is asked off the support is an error.

    bayes(f >> g).at(p)  =  bayes(f).at(p) >> bayes(g).at(what f predicts from p)

>>> from catlearn import Finite, channel
>>> X, Y = Finite("no", "yes"), Finite("dry", "wet")
>>> wet = channel("wet", X, Y, [[0.9, 0.1], [0.2, 0.8]])
>>> at = bayes(wet).at({"no": 0.8, "yes": 0.2})
>>> at.forward, at.support
(Marginal(dry=0.76, wet=0.24), ('dry', 'wet'))
>>> at.backward("wet"), at.backward({"dry": 0.5, "wet": 0.5})
(Marginal(no=0.333333, yes=0.666667), Marginal(no=0.640351, yes=0.359649))

A lens of a whole diagram inverts it by one contraction; a composite of lenses inverts its parts. Both agree. There is
no `Theory` for `optic(d, theory)` here, and for a reason: after a copy the wires of a diagram are correlated, and the
inverse of a box beside others is not the box's own inverse beside identities. Lenses side by side are inverted one by
one only where the prior is a product.

Sources: A. Smithe, Bayesian updates compose optically (2020), arXiv:2006.01631; D. Braithwaite and J. Hedges,
Dependent Bayesian lenses (2022), arXiv:2209.14728. Of the two ways to take soft evidence, `backward` of a state is
Jeffrey's and `observe` is Pearl's: B. Jacobs, The mathematics of changing one's mind (2019), arXiv:1807.05609.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from catlearn.diagrams.diagram import Diagram, as_diagram, identity
from catlearn.diagrams.optic import Optic
from catlearn.diagrams.types import Ty
from catlearn.errors import ImpossibleEvidence, InputMismatch, OffSupport, TypeMismatch
from catlearn.interpreters.markov.inversion import invert, output_names
from catlearn.interpreters.markov.kinds import Kind, kind_of

__all__ = ["BayesianLens", "LensAt", "bayes"]


@dataclass(frozen=True, eq=False)
class LensAt:
    """A Bayesian lens at a prior; made by `BayesianLens.at`.

    Attributes:
        prior: the state `Ty() -> A`, a diagram.
        optic: along, the channel `A -> B`; against, its inverse `B -> A`; nothing is kept between them.
        predicted: the state `Ty() -> B` that the prior gives, a diagram.
        names: of the variables at A and at B.
    """

    prior: Diagram
    optic: Optic
    predicted: Diagram
    names: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def _kind(self) -> Kind:
        return kind_of(self.optic.first)

    @cached_property
    def forward(self) -> Any:
        """What is predicted: for finite kernels a `Marginal`, or a `Joint` of several wires; a `Normal` for others."""
        return self._kind.read(self.predicted, self.names[1])

    @cached_property
    def support(self) -> Any:
        """What can be observed: the outcomes with a probability above 0; for Gaussians a `Support`."""
        return self._kind.support(self.predicted)

    def backward(self, seen: Any) -> Any:
        """The distribution of A after something was seen of B, as `forward` gives that of B.

        Args:
            seen: an outcome (Bayes' rule), for several wires a tuple of them; or a state of B, as a diagram or as
                `{outcome: probability}` (Jeffrey's rule: B is now distributed so). For Gaussians a number or a list of
                numbers; or a pair (mean, covariance).

        Raises:
            OffSupport: when the prior gives probability 0 to what was seen; it says what can be.
            UnknownOutcome: for an outcome that B does not have.
        """
        kind, ty = self._kind, self.optic.cod[0]
        state = kind.outcome(ty, seen)
        state = kind.state(ty, seen, "seen") if state is None else state
        kind.check(self.predicted, state)
        return self._back(state)

    def observe(self, effect: Any) -> Any:
        """The distribution of A after an effect on B (Pearl's rule).

        Args:
            effect: a diagram `B -> Ty()`; an outcome, a set of outcomes ("one of these"), or likelihoods by outcome.
                For Gaussians a pair: a channel from B, and the value that was seen of its output.

        Raises:
            OffSupport: when the effect excludes all that the prior predicts.

        >>> from catlearn import Finite, channel
        >>> X, Y = Finite("no", "yes"), Finite("dry", "wet")
        >>> at = bayes(channel("wet", X, Y, [[0.9, 0.1], [0.2, 0.8]])).at({"no": 0.8, "yes": 0.2})
        >>> at.observe({"dry": 1.0, "wet": 3.0})
        Marginal(no=0.648649, yes=0.351351)
        """
        try:
            return self._back(self._kind.observe(self.predicted, effect, "seen"))
        except ImpossibleEvidence as error:
            raise OffSupport(str(error)) from None

    def _back(self, state: Diagram) -> Any:
        return self._kind.read(state >> self.optic.second, self.names[0])


@dataclass(frozen=True)
class BayesianLens:
    """What `bayes` makes; lenses compose by `>>` and `@`.

    Args:
        dom, cod: the types A and B.
        parts: a diagram; or two lenses, one after the other or side by side.
        way: "whole", "then" or "beside".
    """

    dom: Ty
    cod: Ty
    parts: tuple[Any, ...]
    way: str = "whole"

    def at(self, prior: Any) -> LensAt:
        """The lens at a prior.

        Args:
            prior: a diagram `Ty() -> A`; for finite kernels also `{outcome: probability}`, an array, or an answer such
                as `backward` gives; for Gaussians also a pair (mean, covariance). For lenses side by side a tuple with
                a prior for each, or one for both in which they are independent.

        Raises:
            TypeMismatch: when the prior is no state of A, or correlates lenses that stand side by side.
            ImpossibleEvidence: when effects in the diagram leave nothing.
        """
        return {"whole": self._whole, "then": self._then, "beside": self._beside}[self.way](prior)

    def _whole(self, given: Any) -> LensAt:
        d: Diagram = self.parts[0]
        kind = kind_of(d)
        prior = kind.state(d.dom, given)
        optic = Optic((d.dom, d.dom), (d.cod, d.cod), Ty(), d, invert(d, prior))
        forth = prior >> d
        names = tuple(output_names(prior)), tuple(output_names(forth))
        return LensAt(prior, optic, kind.normalize(forth, _name(names[1])), names)

    def _then(self, given: Any) -> LensAt:
        first = self.parts[0].at(given)
        second = self.parts[1].at(first.predicted)
        names = first.names[0], second.names[1]
        return LensAt(first.prior, first.optic >> second.optic, second.predicted, names)

    def _beside(self, given: Any) -> LensAt:
        upper, lower = (part.at(prior) for part, prior in zip(self.parts, self._priors(given), strict=True))
        names = upper.names[0] + lower.names[0], upper.names[1] + lower.names[1]
        return LensAt(upper.prior @ lower.prior, upper.optic @ lower.optic, upper.predicted @ lower.predicted, names)

    def _priors(self, given: Any) -> tuple[Any, Any]:
        if isinstance(given, tuple):
            if len(given) != 2:
                raise InputMismatch(f"two lenses side by side need two priors, not {len(given)}")
            return given
        kind = kind_of(identity(self.dom))
        return kind.split(kind.state(self.dom, given), len(self.parts[0].dom))

    def __rshift__(self, other: BayesianLens) -> BayesianLens:
        if not isinstance(other, BayesianLens):
            return NotImplemented
        if self.cod != other.dom:
            raise TypeMismatch(f"lenses: {self.cod!r} does not meet {other.dom!r}")
        return BayesianLens(self.dom, other.cod, (self, other), "then")

    def __matmul__(self, other: BayesianLens) -> BayesianLens:
        if not isinstance(other, BayesianLens):
            return NotImplemented
        return BayesianLens(self.dom @ other.dom, self.cod @ other.cod, (self, other), "beside")


def bayes(d: Diagram) -> BayesianLens:
    """The Bayesian lens of a diagram `A -> B` of finite kernels, or of linear-Gaussian ones.

    `.at(prior)` gives `.forward`, what is predicted; `.backward(outcome)`, Bayes' rule; `.backward(distribution)`,
    Jeffrey's rule: B now *is* distributed so; and `.observe(likelihoods)`, Pearl's: there is evidence *about* B, whose
    scale does not matter. Lenses compose with `>>` and `@`.

    >>> from catlearn import Finite, channel
    >>> sick = channel("test", Finite("no", "yes"), Finite("neg", "pos"), [[0.95, 0.05], [0.1, 0.9]])
    >>> seen = bayes(sick).at({"no": 0.99, "yes": 0.01})
    >>> seen.backward("pos"), seen.backward({"neg": 0.2, "pos": 0.8})
    (Marginal(no=0.846154, yes=0.153846), Marginal(no=0.876711, yes=0.123289))
    >>> seen.observe({"neg": 0.2, "pos": 0.8})
    Marginal(no=0.968524, yes=0.031476)

    What the prior rules out cannot be observed:

    >>> from catlearn import Finite, channel
    >>> X, Y = Finite("no", "yes"), Finite("dry", "wet")
    >>> wet = channel("wet", X, Y, [[1.0, 0.0], [0.2, 0.8]])
    >>> bayes(wet).at({"no": 1.0}).backward("wet")
    Traceback (most recent call last):
    ...
    catlearn.errors.OffSupport: 'wet' has probability 0 under the prior; what can be observed is dry
    """
    d = as_diagram(d)
    kind_of(d)
    return BayesianLens(d.dom, d.cod, (d,))


def _name(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else "predicted"
