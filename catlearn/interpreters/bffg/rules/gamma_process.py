"""The rule of Gamma processes: increments guided to an observed end are Beta distributed shares of what is left.

With guides of one constant rate b, the message at x of an end y that was observed after a time is a Gamma density,
`Ga(y - x; shape * time, b)`, whatever boxes lie between (a `Remaining`). A message `c + F x` stays one, by
`E exp(F (x + U)) = exp(F x) (1 - F / b)**(-shape * time)`, and guides by Gamma increments of rate `b - F`. The weight
of a true rate r is the product of `Ga(dx; a, r) / Ga(dx; a, b)` over all increments; its mean is Kummer's function,
but neither that nor rejection is needed.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.processes.gamma_process import GammaProcess
from catlearn.errors import InputMismatch, NotSupported
from catlearn.interpreters.bffg.messages import AnyMessage, Array, Canonical, Floats, Remaining, Seen
from catlearn.interpreters.bffg.rules.defaults import DEFAULT_GUIDES
from catlearn.interpreters.bffg.rules.finite import uniforms
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack

__all__ = ["GammaRule"]


@dataclass(frozen=True, eq=False)
class GammaRule(Rule):
    """Gamma processes of one number of steps.

    Attributes:
        names: of the boxes.
        shape: (m,) of the increment of one step.
        rates: (steps, m) the true rates.
        guide: (m,) the rates of the guides.
        seen: whether the ends are observed.
        same: whether the guides are the truth.
    """

    names: tuple[str, ...]
    shape: Floats
    rates: Floats
    guide: Floats
    seen: bool
    same: bool

    @classmethod
    def key(cls, forward: Kernel, guide: Kernel, box: Box) -> Hashable:
        """See `Rule.key`: how many steps there are."""
        return forward.process.steps if isinstance(forward, GammaProcess) else 1

    @classmethod
    def of(cls, stack: Stack) -> GammaRule:
        """See `Rule.of`."""
        m, n = len(stack.which), stack.forward[0].process.steps  # type: ignore[attr-defined]
        shape, rates, rate = np.empty(m), np.empty((n, m)), np.empty(m)
        for k, (truth, guide) in enumerate(zip(stack.forward, stack.guide, strict=True)):
            assert isinstance(truth, GammaProcess)
            assert isinstance(guide, GammaProcess)
            at = np.flatnonzero(stack.which == k)
            name = stack.names[int(at[0])]
            lengths = np.where(np.isnan(stack.durations[at]), truth.duration, stack.durations[at])
            if callable(guide.process.rate) or guide.shape != truth.shape:
                said = f"the guide of a Gamma process has its shape, {truth.shape:g}, and a constant rate"
                raise InputMismatch(f"{name}: {said}; give it one, as .constant() does")
            if not lengths.all():
                raise InputMismatch(
                    f"{stack.names[int(at[int(lengths.argmin())])]}: a Gamma process lasts some time, not 0"
                )
            shape[at], rates[:, at], rate[at] = (
                truth.shape * lengths / n,
                truth.process.rates(lengths),
                guide.rate_at(0.0),
            )
        return cls(stack.names, shape, rates, rate, any(stack.seen[0]), bool((rates == rate).all()))

    @property
    def exact(self) -> bool:
        """See `Rule`."""
        return self.same

    @property
    def normals(self) -> int:
        """See `Rule`: one for each step; the last one to an observed end is what is left."""
        return len(self.rates) - self.seen

    def part(self, at: slice) -> GammaRule:
        """See `Rule.part`."""
        return GammaRule(self.names[at], self.shape[at], self.rates[:, at], self.guide[at], self.seen, self.same)

    def takes(self, out: tuple[AnyMessage, ...]) -> NDArray[np.bool_]:
        """See `Rule.takes`."""
        return np.ones(len(self.names), bool)

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        g, b, whole = self._remaining(out[0]), self.guide, self.shape * len(self.rates)
        on, F = g.count > 0, g.said.F[0]
        self._check(g, on)
        said = Canonical(g.said.c - np.where(on, 0.0, whole * np.log1p(-F / b)), g.said.F, g.said.H)
        if not on.any():
            return Pulled((said,), g)
        return Pulled((Remaining(said, g.end, np.where(on, g.shape + whole, 0.0), np.where(on, b, 0.0), g.count),), g)

    def _remaining(self, out: AnyMessage) -> Remaining:
        if isinstance(out, Seen):
            known, none = out.rest().c, Canonical.zero(1, len(self.names))
            one = np.ones(len(known), np.int64)
            return Remaining(Canonical(known, none.F, none.H), out.values[0], np.zeros(len(known)), self.guide, one)
        assert isinstance(out, Canonical | Remaining)
        return out if isinstance(out, Remaining) else Remaining.of(out)

    def _check(self, g: Remaining, on: NDArray[np.bool_]) -> None:
        said = "give all guides of a chain the same rate"
        self._refuse(on & (g.rate != self.guide), f"its guide's rate is not that of the box after it; {said}")
        said = "it is pulled through an observation that is Gaussian; observe exactly, or with a tilt as its guide"
        self._refuse(g.said.H[0, 0] != 0, f"a quadratic message has no closed form through a Gamma process: {said}")
        said = "tilts after it add up to the rate of its guide, or more; anchor them further out"
        self._refuse(~on & ~(g.said.F[0] < self.guide), said)

    def _refuse(self, bad: NDArray[np.bool_], said: str) -> None:
        if bad.any():
            raise NotSupported(f"{self.names[int(bad.argmax())]}: {said}")

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        g: Remaining = pulled.residual
        x, n, weights = inputs[0][0], len(self.rates), np.zeros(inputs[0].shape[1:])
        on = g.count > 0
        weights[on] = np.where(x[on] > g.end[on, None], -np.inf, 0.0)
        marks = uniforms(z)
        for k in range(n):
            if k == n - 1 and self.seen:
                dx = np.maximum(g.end[:, None] - x, 0.0)
            else:
                dx = self._increments(g, on, x, marks[k], n - 1 - k)
            r, b = self.rates[k], self.guide
            if not self.same:
                weights += (self.shape * np.log(r / b))[:, None] - (r - b)[:, None] * dx
            x = x + dx
        if self.seen:
            x = np.broadcast_to(g.end[:, None], x.shape)
        return (x[None],), None if self.same and not np.isneginf(weights).any() else weights

    def _increments(self, g: Remaining, on: NDArray[np.bool_], x: Floats, u: Floats, after: int) -> Floats:
        """The increments of one step, so many steps before the end of the box."""
        from scipy.special import betaincinv, gammaincinv

        made, a = np.empty(x.shape), self.shape[:, None]
        if on.any():
            left = g.shape[on, None] + after * a[on]
            made[on] = np.maximum(g.end[on, None] - x[on], 0.0) * betaincinv(a[on], left, u[on])
        if not on.all():
            made[~on] = gammaincinv(a[~on], u[~on]) / (self.guide - g.said.F[0])[~on, None]
        return made


RULES[GammaProcess, GammaProcess] = GammaRule
DEFAULT_GUIDES[GammaProcess] = lambda truth: truth.constant()
