"""Gaussian kernels as lenses and inversion see them: states and values as users write them, inverses, supports.

>>> from catlearn import Real
>>> GAUSSIAN.read(GAUSSIAN.state(Real(), (170.0, 49.0)), ["height"])
Normal(mean=170.0, covariance=49.0)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram, copy, discard, identity
from catlearn.diagrams.theories.markov.gaussian import Gaussian, gaussian_state, real_width
from catlearn.diagrams.theories.markov.kernel import place_kernel
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, NotSupported, OffSupport, TypeMismatch, short
from catlearn.interpreters.markov.gaussian.algebra import condition, marginal
from catlearn.interpreters.markov.gaussian.inversion import invert_gaussian
from catlearn.interpreters.markov.gaussian.network import network_of
from catlearn.interpreters.markov.gaussian.normal import Normal
from catlearn.interpreters.markov.gaussian.support import OFF, Support, support_of

__all__ = ["GAUSSIAN", "GaussianKind", "kernel_between"]

Array = NDArray[np.float64]


def kernel_between(d: Diagram) -> Gaussian:
    """The one kernel that a diagram `A -> B` of Gaussian boxes is.

    Raises:
        NotSupported: when a box is not Gaussian; it names the box.
        TooLarge: for more than 8,192 numbers on its wires.

    >>> from catlearn import Real, copy, identity
    >>> from catlearn.diagrams.theories.markov.gaussian import gaussian
    >>> kernel_between(copy(Real()) >> (identity() @ gaussian("y", Real(), Real(), 2.0, 1.0, 0.25)))
    Gaussian(((1.0,), (2.0,)), (0.0, 1.0), ((0.0, 0.0), (0.0, 0.25)))
    """
    n = _width(d.dom)
    at_zero = _state_of(_certain(d.dom, np.zeros(n)) >> d)
    standard = place_kernel("standard", Ty(), d.dom, Gaussian(np.zeros((n, 0)), np.zeros(n), np.eye(n)))
    return Gaussian(_state_of(_graph(standard, d)).S[n:, :n], at_zero.b, at_zero.S)


class GaussianKind:
    """What can be done with Gaussian kernels. For the meaning of the methods see `Kind`."""

    def state(self, ty: Ty, given: Any, name: str = "prior") -> Diagram:
        """A diagram `Ty() -> ty`, from a pair (mean, covariance) or from an answer."""
        if isinstance(given, Diagram):
            if len(given.dom) or given.cod != ty:
                raise TypeMismatch(f"a state here is a diagram Ty() -> {ty!r}, not {given.dom!r} -> {given.cod!r}")
            return given
        if isinstance(given, Normal):
            return gaussian_state(name, ty, given.mean, given.covariance)
        if isinstance(given, tuple) and len(given) == 2:
            return gaussian_state(name, ty, *given)
        raise InputMismatch(f"a normal state is a pair (mean, covariance) or a diagram, not {short(given)}")

    def outcome(self, ty: Ty, given: Any) -> Diagram | None:
        """The state that is surely this value: a number, or a list of all numbers; None where it is no value."""
        if isinstance(given, Diagram | Normal | tuple):
            return None
        values = np.atleast_1d(np.asarray(given, np.float64))
        if values.shape != (_width(ty),):
            raise InputMismatch(f"a value of {ty!r} has {_width(ty)} numbers, not {short(given)}")
        return _certain(ty, values)

    def invert(self, d: Diagram, prior: Diagram, name: str) -> Box:
        """The inverse `B -> A`; a kernel on the support only."""
        return place_kernel(name, d.cod, d.dom, invert_gaussian(kernel_between(d), _state_of(prior)).kernel)

    def disintegrate(self, joint: Diagram, keep: Sequence[int], names: Sequence[str]) -> tuple[Box, Box]:
        """The state of some outputs, and a channel from them to the others."""
        whole, starts = _state_of(joint), np.cumsum([0, *(real_width("joint", ob) for ob in joint.cod.obs)])
        rest = [i for i in range(len(joint.cod)) if i not in keep]
        first, second = ([k for i in some for k in range(starts[i], starts[i + 1])] for some in (keep, rest))
        kept, others = (Ty.of(joint.cod.obs[i] for i in some) for some in (keep, rest))
        pick = np.eye(len(whole.b))[first]
        back = invert_gaussian(Gaussian(pick, np.zeros(len(first)), np.zeros((len(first),) * 2)), whole).kernel
        state = place_kernel(names[0], Ty(), kept, marginal(whole, first))
        return state, place_kernel(names[1], kept, others, marginal(back, second))

    def normalize(self, d: Diagram, name: str) -> Box:
        """The state that a diagram is, as one box; Gaussian diagrams have no effects."""
        return place_kernel(name, Ty(), d.cod, _state_of(d))

    def validity(self, d: Diagram, given: Any) -> Any:
        """Gaussian diagrams have no effects."""
        raise NotSupported("Gaussian diagrams have no effects; take cl.infer(model).log_evidence for a density")

    def observe(self, d: Diagram, given: Any, name: str) -> Box:
        """A state after a value was seen through a channel: a pair (channel, value)."""
        if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], Diagram)):
            raise InputMismatch(f"what is observed of normal states is a pair (channel, value), not {short(given)}")
        channel, value = given
        both, n = _state_of(_graph(d, channel)), _width(d.cod)
        return place_kernel(name, Ty(), d.cod, condition(both, range(n, len(both.b)), value))

    def check(self, predicted: Diagram, seen: Diagram) -> None:
        """Raise `OffSupport` where a state leaves the support of another one."""
        support, state = self.support(predicted), _state_of(seen)
        support.check(state.b, "what was seen")
        spread = support_of(state.b, state.S).spread.T
        if not np.all(support.contains(support.mean + spread)):
            raise OffSupport(
                f"what was seen varies in directions in which the prior does not; only {support.dimension} of "
                f"{len(state.b)} directions are free"
            )

    def support(self, d: Diagram) -> Support:
        """The mean and the directions in which a state varies."""
        state = _state_of(d)
        return support_of(state.b, state.S)

    def read(self, d: Diagram, names: Sequence[str]) -> Normal:
        """The normal distribution of all outputs, stacked; of a number, where the one output is one."""
        state = _state_of(d)
        if len(d.cod) == 1 and not d.cod.obs[0].sizes:
            return Normal(float(state.b[0]), float(state.S[0, 0]))
        return Normal(state.b, state.S)

    def split(self, d: Diagram, count: int) -> tuple[Diagram, Diagram]:
        """The states of the first wires and of the others. Raises `TypeMismatch` where they are not independent."""
        ty, whole = d.cod, _state_of(d)
        n = _width(ty[:count])
        cross, size = whole.S[:n, n:], np.sqrt(whole.S.diagonal())
        if np.any(np.abs(cross) > OFF * np.multiply.outer(size[:n], size[n:])):
            raise TypeMismatch("lenses side by side need a prior without correlation; take bayes(f @ g) for this one")
        upper, lower = (
            d >> (identity(ty[:count]) @ discard(ty[count:])),
            d >> (discard(ty[:count]) @ identity(ty[count:])),
        )
        return upper, lower

    def same(self, f: Diagram, g: Diagram, prior: Diagram, tolerance: float) -> bool:
        """Whether both make the same joint state with a prior, up to a tolerance relative to its deviations."""
        one, other = (_state_of(_graph(prior, d)) for d in (f, g))
        size = np.sqrt(one.S.diagonal() + other.S.diagonal())
        units = np.where(size > 0, size, 1.0)
        means = np.abs(one.b - other.b) / units
        spreads = np.abs(one.S - other.S) / np.multiply.outer(units, units)
        return bool(max(means.max(initial=0.0), spreads.max(initial=0.0)) <= tolerance)

    def factors(self, channel: Box, count: int, tolerance: float) -> bool:
        """Whether a channel's first outputs are not correlated with the others, given its inputs."""
        noise, n = kernel_between(channel).S, _width(channel.cod[:count])
        size = np.sqrt(noise.diagonal())
        return bool(np.all(np.abs(noise[:n, n:]) <= tolerance * np.multiply.outer(size[:n], size[n:])))


GAUSSIAN = GaussianKind()
"""Linear-Gaussian kernels."""


def _width(ty: Ty) -> int:
    return sum(real_width("a wire", ob) for ob in ty.obs)


def _certain(ty: Ty, values: Array) -> Box:
    """The state that is surely these numbers."""
    n = len(values)
    return place_kernel("certain", Ty(), ty, Gaussian(np.zeros((n, 0)), values, np.zeros((n, n))))


def _state_of(d: Diagram) -> Gaussian:
    """The distribution of a diagram's outputs."""
    network = network_of(d)
    at = network.coordinates(tuple(unfolded(d).outputs.tolist()))
    return Gaussian(np.zeros((len(at), 0)), network.mean[at], network.covariance[np.ix_(at, at)])


def _graph(prior: Diagram, d: Diagram) -> Diagram:
    return prior >> copy(d.dom) >> (identity(d.dom) @ d)
