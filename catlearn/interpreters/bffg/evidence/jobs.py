"""Which message every box makes of which others, from the last box to the first: the backward pass before any number.

Each box whose outputs are seen, or are spoken of by messages, takes those messages away and makes one about its inputs.
So a message is read by one box only, and what is left in the end is the evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.gaussian import Gaussian, real_width
from catlearn.diagrams.types import Ob
from catlearn.diagrams.wiring import Wiring
from catlearn.errors import NotSupported, TooLarge
from catlearn.interpreters.bffg.evidence.concrete import Exact
from catlearn.interpreters.bffg.evidence.finite import FinitePattern
from catlearn.interpreters.bffg.evidence.gaussian import GaussianPattern

__all__ = ["Job", "Pattern", "jobs_of"]

Array = NDArray[np.float64]
Pattern = GaussianPattern | FinitePattern
MOST_NUMBERS, MOST_OUTCOMES, MOST_VARIABLES = 1024, 2**22, 40
"""How much one message may speak of: so many coordinates; so many joint outcomes, of so many variables."""


@dataclass(frozen=True, eq=False)
class Job:
    """One box on the way back.

    Attributes:
        pattern: what is done.
        kernel: the box's kernel.
        box: the box.
        messages: the jobs whose messages it takes.
        seen: numbers that were seen, in the order of the pattern.
    """

    pattern: Pattern
    kernel: Exact
    box: Box
    messages: tuple[int, ...]
    seen: tuple[Array, ...]


def jobs_of(wiring: Wiring, kernels: Sequence[Exact], observed: Mapping[int, Array]) -> list[Job]:
    """The jobs of a model, in an order in which they can be done; boxes that nothing was seen through have none.

    Raises:
        TooLarge: where a message would speak of too much at once; it names the box.
        NotSupported: where what was seen of a box is certain given its inputs; it names the box.
    """
    jobs, scopes, waiting = list[Job](), list[tuple[int, ...]](), dict[int, set[int]]()
    for k, (box, reads, made) in reversed(list(enumerate(wiring.steps()))):
        taken = sorted({j for w in made for j in waiting.get(w, ())})
        if made and not taken and not any(w in observed for w in made):
            continue
        others = sorted({w for j in taken for w in scopes[j]} - set(made))
        inputs = [w for w in dict.fromkeys(reads) if _hidden(wiring.obs[w], observed.get(w))]
        scope = tuple(dict.fromkeys((*inputs, *others)))
        _check_size(box, [wiring.obs[w] for w in scope])
        at = _Place(wiring.obs, observed, tuple(reads), tuple(made), scope, tuple(others), [scopes[j] for j in taken])
        finite = all(ob.kind == "Finite" for ob in (*box.dom.obs, *box.cod.obs))
        pattern, seen = _finite(at) if finite else _gaussian(at)
        _check_density(box, pattern, kernels[k])
        for j in taken:
            for w in scopes[j]:
                waiting[w].discard(j)
        for w in scope:
            waiting.setdefault(w, set()).add(len(jobs))
        jobs.append(Job(pattern, kernels[k], box, tuple(taken), seen))
        scopes.append(scope)
    return jobs


def _hidden(ob: Ob, value: Array | None) -> bool:
    """Whether anything about a wire is left to be known; what was seen of outcomes counts as a likelihood."""
    return ob.kind == "Finite" or value is None or bool(np.isnan(value).any())


def _check_size(box: Box, obs: Sequence[Ob]) -> None:
    outcomes = [len(ob.sizes) for ob in obs if ob.kind == "Finite"]
    numbers = sum(real_width(box.name, ob) for ob in obs if ob.kind != "Finite")
    if prod(outcomes) > MOST_OUTCOMES or len(outcomes) > MOST_VARIABLES or numbers > MOST_NUMBERS:
        said = f"{prod(outcomes):,} joint outcomes" if outcomes else f"{numbers:,} numbers"
        raise TooLarge(f"{box.name}: the message before it is a function of {said} at once; take cl.infer, or a guide")


def _check_density(box: Box, pattern: Pattern, kernel: Exact) -> None:
    if isinstance(kernel, Gaussian) and isinstance(pattern, GaussianPattern) and not pattern.has_density(kernel.S):
        raise NotSupported(
            f"{box.name}: what was seen of it is certain given its inputs, so it has no density; "
            "give it some noise, or take cl.infer"
        )


@dataclass(frozen=True, eq=False)
class _Place:
    """Where a box stands: its wires, those that the messages it takes speak of, and what was seen of them."""

    obs: Sequence[Ob]
    observed: Mapping[int, Array]
    reads: tuple[int, ...]
    made: tuple[int, ...]
    scope: tuple[int, ...]
    others: tuple[int, ...]
    messages: Sequence[tuple[int, ...]]

    def values(self, wire: int) -> Array:
        """What was seen of the coordinates of a real wire, NaN for the rest."""
        found = self.observed.get(wire)
        return np.full(real_width("a wire", self.obs[wire]), np.nan) if found is None else found

    def coordinates(self, wires: Sequence[int]) -> list[tuple[int, int]]:
        """The hidden coordinates of wires, each as the wire and its place there."""
        return [(w, int(i)) for w in wires for i in np.flatnonzero(np.isnan(self.values(w)))]


def _gaussian(at: _Place) -> tuple[Pattern, tuple[Array, ...]]:
    outputs = [(w, i) for w in at.made for i in range(len(at.values(w)))]
    inputs = [(w, i) for w in at.reads for i in range(len(at.values(w)))]
    spoken = {w for message in at.messages for w in message}
    hidden = at.coordinates([w for w in at.made if w in spoken])
    own = at.coordinates(list(dict.fromkeys(at.reads)))
    others, result = at.coordinates(at.others), at.coordinates(at.scope)
    column = {c: k for k, c in enumerate(own)}
    joint, new = {c: k for k, c in enumerate([*hidden, *others])}, {c: k for k, c in enumerate(result)}
    number = {c: k for k, c in enumerate(outputs)}
    values, given = (np.concatenate([at.values(w) for w in ws] or [np.zeros(0)]) for ws in (at.made, at.reads))
    pattern = GaussianPattern(
        columns=tuple(column.get(c, -1) for c in inputs),
        seen=tuple(np.flatnonzero(~np.isnan(values)).tolist()),
        hidden=tuple(number[c] for c in hidden),
        messages=tuple(tuple(joint[c] for c in at.coordinates(message)) for message in at.messages),
        others=tuple(new[c] for c in others),
        own=len(own),
        result=len(result),
        outputs=len(outputs),
    )
    seen = (values[~np.isnan(values)], given[~np.isnan(given)])
    return pattern, tuple(part for part in seen if part.size)


def _finite(at: _Place) -> tuple[Pattern, tuple[Array, ...]]:
    order = tuple(dict.fromkeys((*at.reads, *at.made, *at.others)))
    number = {w: k for k, w in enumerate(order)}
    seen = [w for w in at.made if w in at.observed]

    def local(wires: Sequence[int]) -> tuple[int, ...]:
        return tuple(number[w] for w in wires)

    pattern = FinitePattern(
        sizes=tuple(len(at.obs[w].sizes) for w in order),
        inputs=local(at.reads),
        outputs=local(at.made),
        seen=local(seen),
        messages=tuple(map(local, at.messages)),
        result=local(at.scope),
    )
    return pattern, tuple(at.observed[w] for w in seen)
