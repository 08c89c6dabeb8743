"""The rule of Gaussian noise around any function, guided by a linear-Gaussian kernel or by its own linearization.

>>> from catlearn import Real, bffg, gaussian_state, kernel
>>> from catlearn.diagrams.theories.markov.processes.nonlinear import Nonlinear
>>> X = Real()
>>> model = gaussian_state("x", X, 0.5, 0.1) >> kernel("y", X, X, forward=Nonlinear(np.sin, 0.2))
>>> opt = bffg(model)
>>> opt.forward(opt.backward({"y": 1.0}), n=2000, seed=1).log_evidence.value < 0.0
True
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.gaussian import check_covariance
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.processes.linear_sde import LinearSDE
from catlearn.diagrams.theories.markov.processes.nonlinear import Linearized, Nonlinear
from catlearn.errors import CatlearnError
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical
from catlearn.interpreters.bffg.rules.calling import Calls
from catlearn.interpreters.bffg.rules.defaults import DEFAULT_GUIDES
from catlearn.interpreters.bffg.rules.gaussian import AFFINE, linear_of, widths
from catlearn.interpreters.bffg.rules.linear import Linear, Watched, joined
from catlearn.interpreters.bffg.rules.linearize import regression, slopes
from catlearn.interpreters.bffg.rules.products import apart
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack
from catlearn.interpreters.bffg.rules.varying import drawn, noise_at

__all__ = ["LinearizedRule", "NonlinearRule"]

Array = NDArray[Any]
SAMPLES = 64
"""From so many samples, at least, a guide is made."""
WIDER = 1.5
"""They are spread by this factor, so that the guide is also right where the truth is and it was not."""


@dataclass(frozen=True, eq=False)
class NonlinearRule(Rule):
    """Boxes with Gaussian noise around a function.

    Attributes:
        calls: the kernels.
        mask: which numbers of the outputs are observed.
        guide: linear-Gaussian kernels; None for one that says nothing, before it is anchored.
        fixed, noise: the covariances (e, e, m) and the noise of them around the mean; None where they depend on x.
    """

    calls: Calls
    mask: tuple[bool, ...]
    guide: Linear | None
    fixed: Array | None
    noise: Linear | None

    @classmethod
    def key(cls, forward: Kernel, guide: Kernel, box: Box) -> Hashable:
        """See `Rule.key`."""
        return isinstance(forward, Nonlinear) and callable(forward.covariance)

    @classmethod
    def of(cls, stack: Stack) -> NonlinearRule:
        """See `Rule.of`."""
        calls = Calls(stack.names, stack.forward, stack.which, stack.dom, stack.cod)
        sizes = widths(stack.cod)
        mask = tuple(on for e, seen in zip(sizes, stack.seen, strict=True) for on in seen or (False,) * e)
        given: list[Any] = [kernel.covariance for kernel in stack.forward if isinstance(kernel, Nonlinear)]
        if callable(given[0]):
            return cls(calls, mask, cls.guided(stack), None, None)
        fixed = np.stack([S if S.ndim else S * np.eye(sum(sizes)) for S in given], axis=-1)[..., stack.which]
        return cls(calls, mask, cls.guided(stack), fixed, noise_at(fixed, mask, stack.names))

    @classmethod
    def guided(cls, stack: Stack) -> Linear | None:
        """The guides as they are at first."""
        return linear_of(stack.guide, stack)

    @property
    def exact(self) -> bool:
        """See `Rule`."""
        return False

    @property
    def normals(self) -> int:
        """See `Rule`: one for each number that is not observed."""
        return len(self.mask) - sum(self.mask)

    def part(self, at: slice) -> NonlinearRule:
        """See `Rule.part`."""
        guide, noise = (None if held is None else held.part(at) for held in (self.guide, self.noise))
        fixed = None if self.fixed is None else self.fixed[..., at]
        return replace(self, calls=self.calls.part(at), guide=guide, fixed=fixed, noise=noise)

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        whole, ins = joined(out), widths(self.calls.dom)
        left = Canonical.zero(sum(ins), len(self.calls.which)) if self.guide is None else self.guide.pull(whole).message
        messages = apart(left, tuple(ins))
        return Pulled(messages, (whole, messages, None if self.noise is None else self.noise.pull(whole)))

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        out, messages, watched = pulled.residual
        x = inputs[0] if len(inputs) == 1 else np.concatenate(inputs)
        y, logs = self._drawn(out, watched, x, z)
        weights = logs - sum(g.at(at) for g, at in zip(messages, inputs, strict=True))
        return tuple(np.split(y, np.cumsum(widths(self.calls.cod))[:-1])), weights

    def _drawn(self, out: AnyMessage, watched: Watched | None, x: Array, z: Array) -> tuple[Array, Array]:
        e = len(self.mask)
        mean = self.calls("mean", (e,), x)
        if self.noise is None or watched is None:
            return drawn(out, mean, covariance_at(self.calls, e, x), z, self.mask, self.calls.names)
        return self.noise.push(watched, mean, z), watched.message.at(mean)


def covariance_at(calls: Calls, e: int, x: Array) -> Array:
    """The covariances (e, e, m, s) at x. Raises `NotNormalized` where one is none; it names the box."""
    Q = calls("covariance", (e, e), x)
    try:
        checked = check_covariance("covariance", np.moveaxis(Q, (0, 1), (-2, -1)))
    except CatlearnError as error:
        raise type(error)(f"{calls.names[0]}: {error}") from None
    return np.moveaxis(checked, (-2, -1), (0, 1))


class LinearizedRule(NonlinearRule):
    """Boxes with Gaussian noise around a function, guided by the line that is nearest to it where samples lead.

    A tangent promises more than it holds where the function bends, and then a few samples have all the weight. So the
    line is the regression of the function on samples of the last guide, and what it misses is added to its noise
    (posterior linearization: García-Fernández, Svensson and Särkkä, arXiv:1603.05067).
    """

    @classmethod
    def guided(cls, stack: Stack) -> Linear | None:
        """See `NonlinearRule.guided`: nothing is known before there are anchors."""
        return None

    @property
    def linearized(self) -> bool:
        """See `Rule`."""
        return True

    @property
    def samples(self) -> int:
        """See `Rule`."""
        return max(SAMPLES, 8 * sum(widths(self.calls.dom)))

    def anchored(self, inputs: tuple[Array, ...]) -> NonlinearRule:
        """See `Rule.anchored`."""
        x, e = np.concatenate(inputs), len(self.mask)
        first = x[..., :1]  # the path without noise
        x = first + WIDER * (x - first)
        Phi, beta, missed = regression(x, self.calls("mean", (e,), x), self._slopes(first)[..., 0])
        Q = covariance_at(self.calls, e, x).mean(axis=-1) if self.fixed is None else self.fixed
        return replace(self, guide=Linear.of(Phi, beta, Q + missed, self.mask, self.calls.names))

    def _slopes(self, x: Array) -> Array:
        e, d = len(self.mask), len(x)
        if all(kernel.jacobian is not None for kernel in self.calls.kernels):
            return self.calls("jacobian", (e, d), x)
        return slopes(lambda at: self.calls("mean", (e,), at), x)


_KINDS: tuple[type[Kernel], ...] = (*AFFINE, LinearSDE)
for _kind in _KINDS:
    RULES[Nonlinear, _kind] = NonlinearRule
RULES[Nonlinear, Linearized] = LinearizedRule
DEFAULT_GUIDES[Nonlinear] = lambda kernel: Linearized()
