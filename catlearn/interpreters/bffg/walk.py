"""An optic of messages and samples, read box by box as its two diagrams are written.

`bffg` reads a whole model in levels. This reads any optic of the theory `BFFG`, such as the composite of two that were
made apart, without looking at what it was made of: boxes `B[...]` and `combine` over messages, and then boxes `F[...]`
over weighted samples or, where all wires are finite, over exact measures, as matrices. It is as slow as it is plain.

>>> from catlearn import Finite, channel
>>> X = Finite("no", "yes")
>>> wet, seen = channel("wet", X, X, [[0.9, 0.1], [0.2, 0.8]]), channel("seen", X, X, [[0.7, 0.3], [0.1, 0.9]])
>>> yes = LogVector(np.zeros(1), np.array([[0.0], [1.0]]))
>>> apart = walk(optic(wet, BFFG) >> optic(seen, BFFG), [yes])
>>> apart.before[0].v.round(4).ravel().tolist(), apart.measure().round(4).tolist()
([0.4615, 1.0], [[0.0, 1.0], [0.0, 1.0]])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.optic import Optic, optic
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import Wiring, flatten, unfolded
from catlearn.errors import InputMismatch, NotSupported, TypeMismatch, UnknownBox, short
from catlearn.interpreters.bffg import rules as _rules  # noqa: F401  the rules enter themselves
from catlearn.interpreters.bffg.backward import zero
from catlearn.interpreters.bffg.messages import LogVector, Message
from catlearn.interpreters.bffg.resolve import resolve, skeleton
from catlearn.interpreters.bffg.rules.finite import FiniteRule
from catlearn.interpreters.bffg.rules.rule import Pulled, Rule, Stack
from catlearn.interpreters.bffg.theory import BACKWARD, BFFG, COMBINE, FORWARD

__all__ = ["Walk", "walk"]

Array = NDArray[Any]
Floats = NDArray[np.float64]
MOST = 52
"""So many wires numpy's `einsum` can name."""


@dataclass(frozen=True, eq=False)
class Walk:
    """An optic whose first pass is done.

    Attributes:
        optic: which one.
        before: the messages at its domain, one for each wire; their arrays end in an axis of length 1.
        residual: what the first pass left.
        params: values of the kernels' parameters.
    """

    optic: Optic
    before: tuple[Message, ...]
    residual: tuple[Message, ...]
    params: Mapping[str, Any]

    def push(self, samples: Sequence[Array], n: int = 1, seed: Any = 0) -> tuple[list[Array], Floats]:
        """Guided samples at the codomain, and their log-weights (s,).

        Args:
            samples: for each wire of the domain (d, 1, s) numbers, or (1, s) numbers of outcomes.
            n: how many, where the domain has no wires.
            seed: of the innovations.

        The evidence is the mean of the weights times the messages `before` at the samples, if these are of the prior.
        """
        random, total = np.random.default_rng(seed), [np.zeros(1)]
        count = samples[0].shape[-1] if samples else n

        def step(box: Box, given: list[Any]) -> list[Any]:
            rule, pulled, x = self._read(box, given)
            made, weights = rule.push(pulled, tuple(x), random.standard_normal((rule.normals, 1, count)))
            stated = 0.0 if pulled.constant is None else pulled.constant
            total[0] = total[0] + stated + (0.0 if weights is None else weights[0])
            return list(made)

        made = _run(unfolded(self.optic.second), [*self.residual, *samples], step)
        return made, np.broadcast_to(total[0], (count,)).copy()

    def measure(self) -> Floats:
        """The second pass as a table, an axis for each wire of the domain and then of the codomain.

        It takes a measure on the domain to one on the codomain; they are not normalized.

        Raises:
            NotSupported: where a wire is not finite, or there are more than 52.
        """
        wiring = unfolded(self.optic.second)
        strange = [ob for ob in wiring.obs if ob.kind not in ("Message", "Finite")]
        if strange or len(wiring.obs) + len(wiring.cod) > MOST:
            what = f"the wire {Ty.of(strange[:1])!r} is not finite" if strange else f"it has more than {MOST} wires"
            raise NotSupported(f"measure: {what}; draw samples with push")
        tables: list[Any] = []
        wires = iter(range(len(wiring.dom), len(wiring.obs)))

        def step(box: Box, given: list[Any]) -> list[Any]:
            made = [next(wires) for _ in box.cod]
            rule, _, reads = self._read(box, given)
            assert isinstance(rule, FiniteRule)
            width = len(box.cod)
            tables.extend((_table(rule, given[:width], given[width : width + len(reads)]), [*reads, *made]))
            return made

        start = len(self.residual)
        entries = list(range(start, len(wiring.dom)))
        outputs = _run(wiring, [*self.residual, *entries], step)
        for wire in entries:
            tables += [np.ones(len(wiring.obs[wire].sizes)), [wire]]
        fresh = [len(wiring.obs) + k for k in range(len(outputs))]
        for wire, new in zip(outputs, fresh, strict=True):
            tables += [np.eye(len(wiring.obs[wire].sizes)), [wire, new]]
        # Labels start at 0: messages take none.
        label = {wire: k for k, wire in enumerate([*entries, *range(len(wiring.dom), len(wiring.obs)), *fresh])}
        named = [[label[w] for w in each] if isinstance(each, list) else each for each in tables]
        if not named:
            return np.ones(())
        return np.asarray(np.einsum(*named, [label[w] for w in [*entries, *fresh]], optimize="greedy"))

    def _read(self, box: Box, given: list[Any]) -> tuple[Rule, Pulled, list[Any]]:
        """The rule of a box of the second pass, what it pulls back, and what enters on the other wires."""
        inside = _inside(box, FORWARD)
        rule, (ends, starts) = _rule(inside, self.params), (len(inside.cod), len(inside.dom))
        return rule, rule.pull(tuple(given[:ends])), given[ends + starts :]


def walk(found: Optic | Diagram, messages: Sequence[Message], params: Mapping[str, Any] | None = None) -> Walk:
    """Do the first pass of an optic.

    Args:
        found: an optic of the theory `BFFG`, or a diagram of kernels, whose optic is taken.
        messages: one for each wire of the codomain, with arrays that end in an axis of length 1.
        params: values of the parameters that the kernels were made with.

    Raises:
        TypeMismatch: when it is neither.
        InputMismatch: for another number of messages.
        UnknownBox: for a box that is none of a pass of this theory.
        NotSupported: for a box without a rule, or with a guide that is linearized.
    """
    read = optic(found, BFFG) if isinstance(found, Diagram) else found
    if not isinstance(read, Optic) or read.phase != BFFG.phase:
        raise TypeMismatch(f"walk: give an optic whose first pass runs against the wires, not {short(found)}")
    if len(messages) != len(read.cod[1]):
        raise InputMismatch(f"walk: the optic ends in {len(read.cod[1])} wires, and has {len(messages)} messages")
    values = dict(params or {})

    def step(box: Box, given: list[Any]) -> list[Any]:
        if box.name == COMBINE and not box.data:
            return [_zero(box.cod.obs[0]) if not given else reduce(add, given)]
        inside = _inside(box, BACKWARD)
        pulled = _rule(inside, values).pull(tuple(given))
        return [zero(Ty.of([ob]), 1) if g is None else g for g, ob in zip(pulled.messages, inside.dom.obs, strict=True)]

    made = _run(unfolded(read.first), list(messages), step)
    cut = len(read.dom[1])
    return Walk(read, tuple(made[:cut]), tuple(made[cut:]), values)


def _run(wiring: Wiring, entries: list[Any], step: Callable[[Box, list[Any]], list[Any]]) -> list[Any]:
    at = list(entries)
    for box, reads, _ in wiring.steps():
        at += step(box, [at[wire] for wire in reads])
    return [at[wire] for wire in wiring.outputs.tolist()]


def _inside(box: Box, what: str) -> Box:
    data: Any = box.data
    if box.name.startswith(f"{what}[") and isinstance(data, tuple) and len(data) == 1 and isinstance(data[0], Box):
        return data[0]
    raise UnknownBox(f"{box.name}: this box is no part of an optic that optic(d, BFFG) made")


def _rule(box: Box, params: Mapping[str, Any]) -> Rule:
    resolved = resolve(skeleton(flatten(box)), params)
    (truth, guide), bones = resolved.kernels[0], resolved.skeleton
    seen = ((),) * len(box.cod)
    which = np.zeros(1, np.int64)
    rule = resolved.rules[0].of(Stack(bones.names, (truth,), (guide,), which, bones.durations, box.dom, box.cod, seen))
    if rule.linearized:
        raise NotSupported(
            f"{box.name}: its guide is linearized where data leads; read the model with bffg, or give a guide"
        )
    return rule


def _zero(ob: Ob) -> Message:
    kind, *sizes = ob.sizes
    return zero(Ty.of([Ob(str(kind), tuple(sizes))]), 1)


def _table(rule: FiniteRule, after: Sequence[LogVector], before: Sequence[LogVector]) -> Floats:
    """The measure of the outputs for each outcome of the inputs: kernel times messages after it, over those before."""
    made = rule.truth[..., 0].reshape((*rule.ins, *rule.outs))
    logs = [[g.at(np.arange(len(g.v))[None, :])[0] for g in side] for side in (before, after)]
    axes = len(made.shape)
    for k, log in enumerate([*(-x for x in logs[0]), *logs[1]]):
        # Where a message before is zero nothing can be, as the numerator is zero there too.
        factor = np.where(np.isposinf(log), 0.0, np.exp(log))
        made = made * factor.reshape([-1 if axis == k else 1 for axis in range(axes)])
    return np.asarray(made, np.float64)
