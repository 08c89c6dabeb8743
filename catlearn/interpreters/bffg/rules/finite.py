"""The rule of finite boxes: tables of probabilities, with any number of inputs and outputs.

Where a box has several inputs, its message is a function of all of them together. It is replaced by a product of one
function for each input, and what that misses is carried as a weight.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.table import Table
from catlearn.errors import NotSupported
from catlearn.interpreters.bffg.messages import AnyMessage, LogVector
from catlearn.interpreters.bffg.rules.rule import RULES, Pulled, Rule, Stack

ALLOWED = 1e-200
"""Likelihoods below this, relative to the largest, may have come from rounding."""
__all__ = ["FINITE", "FiniteRule", "check_allowed", "enter_finite", "tables_of", "uniforms"]

Array = NDArray[Any]
Floats = NDArray[np.float64]

FINITE: dict[type[Kernel], Any] = {Table: lambda kernel, durations: floats(kernel.values)[..., None]}
"""For each kind of finite kernel, the tables of boxes that last so long; a last axis of 1 stands for all."""


def tables_of(kernels: tuple[Kernel, ...], stack: Stack) -> Floats:
    """The tables of the boxes of a stack, of which each has one of these kernels: input axes, output axes, boxes."""
    m = len(stack.which)
    if len(kernels) == 1:
        made = np.asarray(FINITE[type(kernels[0])](kernels[0], stack.durations))
        return np.broadcast_to(made, (*made.shape[:-1], m))
    parts: Floats = np.empty(0)
    for k, kernel in enumerate(kernels):
        at = np.flatnonzero(stack.which == k)
        part = FINITE[type(kernel)](kernel, stack.durations[at])
        parts = np.empty((*part.shape[:-1], m)) if not k else parts
        parts[..., at] = part
    return parts


def uniforms(z: Floats) -> Floats:
    """Standard normals as numbers uniform between 0 and 1."""
    from scipy.special import ndtr

    made: Floats = ndtr(z)
    return made


@dataclass(frozen=True, eq=False)
class Look:
    """What the backward pass leaves: log of the joint message, and the probabilities of all outcomes together.

    Attributes:
        c, u: the message `c + log u` at the inputs together, (m,) and (inputs, m).
        ahead: (inputs, outcomes, m) table times messages at the outputs.
    """

    c: Floats
    u: Floats
    ahead: Floats

    @cached_property
    def cumulative(self) -> Floats:
        """(inputs, outcomes, m) the distribution function of the guided outcome; the last outcome is 1."""
        made = np.cumsum(self.ahead, axis=1)
        total = made[:, -1:]
        return np.divide(made, total, out=np.ones_like(made), where=total > 0)


@dataclass(frozen=True, eq=False)
class FiniteRule(Rule):
    """Finite boxes; the tables have one axis for all inputs, one for all outputs and one for the boxes."""

    truth: Floats
    guide: Floats
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, stack: Stack) -> FiniteRule:
        """See `Rule.of`."""
        ins, outs = (tuple(len(ob.sizes) for ob in ty.obs) for ty in (stack.dom, stack.cod))
        shape = (int(np.prod(ins, dtype=int)), int(np.prod(outs, dtype=int)), len(stack.which))
        guide = tables_of(stack.guide, stack).reshape(shape)
        truth = guide if stack.forward == stack.guide else tables_of(stack.forward, stack).reshape(shape)
        return cls(truth, guide, ins, outs, stack.names)

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
        """See `Rule`: one, for the outcome of all outputs together."""
        return int(bool(self.outs))

    def part(self, at: slice) -> FiniteRule:
        """See `Rule.part`."""
        guide = self.guide[..., at]
        truth = guide if self.same else self.truth[..., at]
        return replace(self, truth=truth, guide=guide, names=self.names[at])

    def pull(self, out: tuple[AnyMessage, ...]) -> Pulled:
        """See `Rule.pull`."""
        c, v = self._outer(out)
        guided = _look(self.guide, c, v)
        true = guided if self.same else _look(self.truth, c, v)
        if self.ins and not self.same:
            check_allowed(LogVector(guided.c, guided.u), true.u, self.names)
        if not self.ins:
            with np.errstate(divide="ignore"):
                return Pulled((), (true, ()), true.c + np.log(true.u[0]))
        messages = self._apart(guided)
        return Pulled(messages, (true, messages))

    def _outer(self, out: tuple[AnyMessage, ...]) -> tuple[Floats, Floats]:
        """The message at all outputs together, (1, outcomes, m), with a row for each input where it depends."""
        c, v = np.zeros(self.guide.shape[2]), np.ones((1, self.guide.shape[2]))
        for part in out:
            assert isinstance(part, LogVector)
            c, v = c + part.c, (v[:, None] * part.v[None]).reshape(-1, v.shape[1])
        return c, v[None]

    def _split(self, x: Array, y: Array) -> tuple[Array, ...]:
        """The outcome of each output, of outcomes y of all together, when those of the inputs are x."""
        return tuple(np.unravel_index(y, self.outs)) if self.outs else ()

    def _apart(self, look: Look) -> tuple[LogVector, ...]:
        if len(self.ins) == 1:
            return (LogVector(look.c, look.u),)
        joint = look.u.reshape(*self.ins, -1)
        axes = tuple(range(len(self.ins)))
        means = [joint.mean(axis=tuple(a for a in axes if a != k)) for k in axes]
        # Divided by the mean of all, the product of the k means is right where the message is a product.
        with np.errstate(divide="ignore"):
            common = look.c - (len(axes) - 1) * np.log(np.maximum(joint.mean(axis=axes), 1e-300))
        zero = np.zeros_like(common)
        return tuple(LogVector(zero if k else common, v).scaled() for k, v in enumerate(means))

    def push(self, pulled: Pulled, inputs: tuple[Array, ...], z: Array) -> tuple[tuple[Array, ...], Array | None]:
        """See `Rule.push`."""
        true, messages = pulled.residual
        m, s = z.shape[1:] if z.size or not inputs else inputs[0].shape
        x = np.ravel_multi_index(inputs, self.ins) if inputs else np.zeros((m, s), np.int64)
        boxes = np.arange(m)[:, None]
        y = np.zeros((m, s), np.int64)
        if self.normals:
            u, steps = uniforms(z[0]), true.cumulative
            for k in range(steps.shape[1] - 1):
                y += u > steps[x, k, boxes]
        made = self._split(x, y)
        if self.exact or not inputs:
            return made, None
        with np.errstate(divide="ignore"):
            known = (true.c + np.log(true.u))[x, boxes]
        return made, known - sum(g.at(at) for g, at in zip(messages, inputs, strict=True))


def _look(table: Floats, c: Floats, v: Floats) -> Look:
    ahead = table * v
    u = ahead.sum(axis=1)
    top = u.max(axis=0)
    safe = np.where(top > 0, top, 1.0)
    with np.errstate(divide="ignore"):
        return Look(c + np.log(top), u / safe, ahead / safe)


def check_allowed(guided: LogVector, true: Floats, names: tuple[str, ...]) -> None:
    """See that guides rule out nothing that kernels allow: samples would never go there, and nothing would tell.

    Raises:
        NotSupported: where a message is 0, and the one through the true kernel (outcomes, m) is not; it names the box.
    """
    missed = ((guided.v == 0) & (true > ALLOWED)).any(axis=0) & (guided.c > -np.inf)
    if missed.any():
        name = names[int(missed.argmax())]
        said = "its guide rules out an input that its kernel allows, given what was observed"
        raise NotSupported(f"{name}: {said}; let the guide be above 0 where the kernel is")


def enter_finite(kind: type[Kernel], tables: Any) -> None:
    """Enter a kind of finite kernel: it guides itself, and any other finite kernel."""
    FINITE[kind] = tables
    for other in FINITE:
        RULES[kind, other] = RULES[other, kind] = FiniteRule


enter_finite(Table, FINITE[Table])
