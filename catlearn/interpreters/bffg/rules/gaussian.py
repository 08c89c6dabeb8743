"""The rule of linear-Gaussian boxes: in closed form, with weights only where truth and guide differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.errors import NotSupported
from catlearn.interpreters.bffg.messages import AnyMessage, Floats
from catlearn.interpreters.bffg.rules.linear import Linear, Watched, joined
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
    """Boxes whose truth and guide are both linear-Gaussian."""

    truth: Linear
    guide: Linear
    ends: tuple[int, ...]

    @classmethod
    def of(cls, stack: Stack) -> GaussianRule:
        """See `Rule.of`."""
        if len(stack.dom) > 1:
            raise NotSupported(f"{stack.names[0]}: has {len(stack.dom)} inputs; their message is no product")
        guide = linear_of(stack.guide, stack)
        truth = guide if stack.forward == stack.guide else linear_of(stack.forward, stack)
        return cls(truth, guide, tuple(np.cumsum(widths(stack.cod)).tolist()))

    @property
    def exact(self) -> bool:
        """See `Rule`."""
        return self.truth is self.guide

    @property
    def normals(self) -> int:
        """See `Rule`: one for each number that is not observed."""
        return int((~self.truth.mask).sum())

    def part(self, at: slice) -> GaussianRule:
        """See `Rule.part`."""
        guide = self.guide.part(at)
        return GaussianRule(guide if self.exact else self.truth.part(at), guide, self.ends)

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        left = self.guide.pull(whole := joined(out))
        true = left if self.exact else self.truth.pull(whole)
        stated = not len(left.message.F)
        return Pulled(() if stated else (left.message,), (true, left.message), true.message.c if stated else None)

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        true: Watched = pulled.residual[0]
        x = inputs[0] if inputs else np.empty((0, *z.shape[1:]))
        y = self.truth.push(true, x, z)
        weights = None if self.exact or not inputs else true.message.at(x) - pulled.residual[1].at(x)
        return tuple(np.split(y, self.ends[:-1])), weights


RULES[Gaussian, Gaussian] = GaussianRule
