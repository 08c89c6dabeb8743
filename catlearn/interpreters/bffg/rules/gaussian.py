"""The rule of linear-Gaussian boxes: in closed form, with weights only where truth and guide differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.interpreters.bffg.messages import AnyMessage, Canonical, Floats, Remaining
from catlearn.interpreters.bffg.noise import Isotropic
from catlearn.interpreters.bffg.rules.linear import Linear, Watched, joined
from catlearn.interpreters.bffg.rules.products import apart
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack

__all__ = ["AFFINE", "GaussianRule", "Steps", "affine_kernels", "linear_of", "widths"]

Array = NDArray[Any]
Steps = tuple[Floats, Floats, Floats]
"""Phi (e, d, m), beta (e, m) and Q (e, e, m)."""

AFFINE: dict[type[Kernel], Callable[[Any, NDArray[np.float64]], Steps]] = {
    Gaussian: lambda kernel, durations: (kernel.A[..., None], kernel.b[..., None], kernel.S[..., None])
}
"""For each kind of linear-Gaussian kernel, the matrices of boxes that last so long; a last axis of 1 stands for all."""


def affine_kernels(kernels: tuple[Kernel, ...], stack: Stack) -> Steps:
    """The matrices of the boxes of a stack, of which each has one of these kernels."""
    if len(kernels) == 1:
        Phi, beta, Q = AFFINE[type(kernels[0])](kernels[0], stack.durations)
        m = len(stack.which)
        return tuple(np.broadcast_to(a, (*a.shape[:-1], m)) for a in (Phi, beta, Q))  # type: ignore[return-value]
    gaussians = [kernel for kernel in kernels if type(kernel) is Gaussian]
    if len(gaussians) == len(kernels):
        A, b, S = (np.stack(arrays, axis=-1) for arrays in zip(*((k.A, k.b, k.S) for k in gaussians), strict=True))
        return A[..., stack.which], b[..., stack.which], S[..., stack.which]
    made: list[NDArray[np.float64]] = []
    for k, kernel in enumerate(kernels):
        at = np.flatnonzero(stack.which == k)
        for i, part in enumerate(AFFINE[type(kernel)](kernel, stack.durations[at])):
            if len(made) <= i:
                made.append(np.empty((*part.shape[:-1], len(stack.which))))
            made[i][..., at] = part
    return made[0], made[1], made[2]


def linear_of(kernels: tuple[Kernel, ...], stack: Stack) -> Linear:
    """The linear-Gaussian kernels of a stack's boxes."""
    mask = tuple(on for ty, seen in zip(stack.cod, stack.seen, strict=True) for on in seen or (False,) * widths(ty)[0])
    return Linear.of(*affine_kernels(kernels, stack), mask, stack.names)


def widths(ty: Any) -> list[int]:
    """How many numbers each wire carries."""
    return [int(np.prod(ob.sizes, dtype=int)) for ob in ty.obs]


@dataclass(frozen=True, eq=False)
class GaussianRule(Rule):
    """Boxes whose truth and guide are both linear-Gaussian.

    Attributes:
        truth, guide: the kernels, from all inputs stacked to all outputs stacked.
        ends: where each output ends.
        ins: how many numbers each input has. The message at several is replaced by a product, and a weight makes up.
    """

    truth: Linear
    guide: Linear
    ends: tuple[int, ...]
    ins: tuple[int, ...]

    @classmethod
    def of(cls, stack: Stack) -> GaussianRule:
        """See `Rule.of`."""
        guide = linear_of(stack.guide, stack)
        truth = guide if stack.forward == stack.guide else linear_of(stack.forward, stack)
        return cls(truth, guide, tuple(np.cumsum(widths(stack.cod)).tolist()), tuple(widths(stack.dom)))

    @property
    def same(self) -> bool:
        """Whether truth and guide are one."""
        return self.truth is self.guide

    @property
    def exact(self) -> bool:
        """See `Rule`: a message at several inputs is no product."""
        return self.same and len(self.ins) < 2

    @property
    def normals(self) -> int:
        """See `Rule`: one for each number that is not observed."""
        return int((~self.truth.mask).sum())

    def part(self, at: slice) -> GaussianRule:
        """See `Rule.part`."""
        guide = self.guide.part(at)
        return replace(self, truth=guide if self.same else self.truth.part(at), guide=guide)

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        if isinstance(out[0], Remaining):
            return self._fixed(out[0])
        left = self.guide.pull(whole := joined(out))
        true = left if self.same else self.truth.pull(whole)
        messages = apart(left.message, self.ins)
        return Pulled(messages, (true, messages), None if self.ins else true.message.c)

    def takes(self, out: tuple[AnyMessage, ...]) -> Array:
        """See `Rule.takes`: states of one number without noise."""
        still = [isinstance(part.noise, Isotropic) and part.noise.root == 0 for part in (self.truth, self.guide)]
        return np.full(len(self.truth.rest.beta[0]), not self.ins and len(out) == 1) & still[0] & still[1]

    def _fixed(self, g: Remaining) -> Pulled:
        none = self.truth.pull(Canonical.zero(1, len(g.c)))
        return Pulled((), (none, ()), g.at(self.truth.rest.beta))

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        true: Watched = pulled.residual[0]
        x = inputs[0] if len(inputs) == 1 else np.concatenate(inputs) if inputs else np.empty((0, *z.shape[1:]))
        y = self.truth.push(true, x, z)
        made = tuple(np.split(y, self.ends[:-1])) if len(self.ends) > 1 else (y,) * len(self.ends)
        if self.exact or not inputs:
            return made, None
        messages: tuple[Canonical, ...] = pulled.residual[1]
        if len(inputs) == 1:
            return made, (true.message - messages[0]).at(x)
        return made, true.message.at(x) - sum(g.at(at) for g, at in zip(messages, inputs, strict=True))


RULES[Gaussian, Gaussian] = GaussianRule
