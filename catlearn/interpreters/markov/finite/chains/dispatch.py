"""Networks that are chains: each state leads to the next, and to leaves in which it is seen. No plan is needed.

>>> from catlearn import Finite, channel, infer, state
>>> from catlearn.diagrams.theories.markov.unroll import unroll
>>> X, Y = Finite("a", "b"), Finite("low", "high")
>>> first, move = state("x", X, [0.5, 0.5]), channel("x", X, X, [[0.9, 0.1], [0.2, 0.8]])
>>> model = unroll(first, move, channel("y", X, Y, [[0.7, 0.3], [0.4, 0.6]]), 1000)
>>> is_chain(infer(model).network)
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import ImpossibleEvidence
from catlearn.interpreters.markov.finite.chains.forward_backward import Chain, filter_forward, smooth
from catlearn.interpreters.markov.finite.chains.rows import smooth_rows
from catlearn.interpreters.markov.finite.evidence import Rows
from catlearn.interpreters.markov.finite.network import Factor, Network

__all__ = ["ChainEngine", "chain_engine", "is_chain"]

Array = NDArray[Any]

LONG = 32
"""With fewer states than this a contraction is as quick, and compiled soon."""
CHUNK = 2**18
"""How many numbers a chunk of rows may have for all states together."""
CLOSE = 1e-12
"""How far from one a row may sum."""


@dataclass(frozen=True, eq=False)
class Leaves:
    """Variables that are seen through the same table, (K, outcomes): at which states, and which they are."""

    table: Array
    places: list[int]
    variables: list[int]


class Seen(NamedTuple):
    """Likelihoods of a group of leaves, (leaves, ..., outcomes), and of the states above them, (leaves, ..., K)."""

    leaves: Array
    states: Array


Message = Seen | None


def is_chain(network: Network) -> bool:
    """Whether a network is a chain of states of one size, each with leaves of its own."""
    return _states(network) is not None


def chain_engine(network: Network) -> ChainEngine | None:
    """What answers about a network that is a chain; None where it is not, or is so short that it does not matter."""
    states = _states(network)
    return ChainEngine(network, states) if states is not None and len(states) >= LONG else None


def _states(network: Network) -> list[int] | None:
    """The states of a chain in their order; None for any other network."""
    children: dict[int, list[int]] = {}
    if not all(map(_fits, network.factors)) or not _sum_to_one([f.table for f in network.factors if f.made]):
        return None
    for factor in network.factors:
        if factor.made:
            children.setdefault(factor.scope[0] if len(factor.scope) == 2 else -1, []).append(factor.made[0])
    order, state = list[int](), children.get(-1, [])
    while len(state) == 1:
        order += state
        state = [v for v in children.get(order[-1], ()) if v in children]
    same = len({network.sizes[v] for v in order}) == 1
    return order if same and not state else None


def _fits(factor: Factor) -> bool:
    """Whether a factor makes a variable from at most one other, or is an effect on one."""
    if factor.table.dtype == object:
        return False
    return factor.made == factor.scope[-1:] and len(factor.scope) <= 2 if factor.made else len(factor.scope) == 1


def _sum_to_one(tables: Sequence[Array]) -> bool:
    """Whether all rows do; each array is looked at once."""
    different = {id(table): table for table in tables}.values()
    return all(np.abs(table.sum(axis=-1) - 1).max() < CLOSE for table in different)


@dataclass(frozen=True, eq=False)
class ChainEngine:
    """Answers about a chain: of the answers of `Engine`, those that forward-backward gives.

    Attributes:
        network: that is a chain.
        states: its states in order.
    """

    network: Network
    states: list[int]

    def marginals(self, likelihoods: Mapping[int, Array]) -> Sequence[Array]:
        """Log-evidence, then the posterior of each variable; log-evidence is minus infinity for what cannot be."""
        seen, messages = self._seen(likelihoods)
        try:
            found = smooth(self._chain, seen)
        except ImpossibleEvidence:
            return [np.array(-np.inf)]
        return [np.array(found.log_evidence), *self._answers(found.smoothed, messages)]

    def many(self, rows: Rows) -> list[Array]:
        """Log-evidence (rows,), then the posterior (rows, outcomes) of each variable; rows run side by side."""
        step = max(1, CHUNK // (len(self.states) * len(self._chain.initial)))
        parts = [self._part(rows, slice(start, start + step)) for start in range(0, rows.count, step)]
        empty = [np.empty(0), *(np.empty((0, size)) for size in self.network.sizes)]
        return [np.concatenate(each) for each in zip(empty, *parts, strict=True)]

    def _part(self, rows: Rows, part: slice) -> list[Array]:
        given = {v: each[part] for v, each in rows.likelihoods.items()}
        seen, messages = self._seen(given, len(range(*part.indices(rows.count))))
        log_evidence, smoothed = smooth_rows(self._chain, seen)
        return [log_evidence, *self._answers(smoothed, messages)]

    def _answers(self, smoothed: Array, messages: Sequence[Message]) -> list[Array]:
        """The posterior of each variable from those of the states, (T, K) or (T, rows, K)."""
        answers: list[Array] = [smoothed] * len(self.network.variables)
        for v, row in zip(self.states, smoothed, strict=True):
            answers[v] = row
        for leaves, message in zip(self._leaves, messages, strict=True):
            for v, row in zip(leaves.variables, _below(leaves, message, smoothed), strict=True):
                answers[v] = row
        return answers

    def log_evidence(self, likelihoods: Mapping[int, Array]) -> float:
        """The logarithm of the probability of what was observed; minus infinity where it cannot be."""
        try:
            return filter_forward(self._chain, self._seen(likelihoods)[0]).log_evidence
        except ImpossibleEvidence:
            return -np.inf

    def _seen(self, likelihoods: Mapping[int, Array], *rows: int) -> tuple[Array, list[Message]]:
        """Log-likelihoods of the states, (T, ..., K); and for each group of leaves, what was seen of it."""
        given = {**self._effects, **{v: each * self._effects.get(v, 1.0) for v, each in likelihoods.items()}}
        seen, messages = np.zeros((len(self.states), *rows, len(self._chain.initial))), []
        with np.errstate(divide="ignore"):
            for t, v in enumerate(self.states):
                if v in given:
                    seen[t] += np.log(given[v])
            for leaves in self._leaves:
                messages.append(found := _message(leaves, given, rows))
                if found is not None:
                    np.add.at(seen, leaves.places, np.log(found.states))
        return seen, messages

    @cached_property
    def _effects(self) -> dict[int, Array]:
        """Observations that are part of the model."""
        found: dict[int, Array] = {}
        for factor in self.network.factors:
            if not factor.made:
                found[factor.scope[0]] = factor.table * found.get(factor.scope[0], 1.0)
        return found

    @cached_property
    def _chain(self) -> Chain:
        net = self.network
        first, *rest = [net.factors[net.maker[v]].table for v in self.states]
        tables = list(_grouped(rest).values())
        same = tables[0][0] if len(tables) == 1 else np.stack(rest) if rest else np.eye(len(first))
        return Chain(first, same)

    @cached_property
    def _leaves(self) -> list[Leaves]:
        net, place = self.network, {v: t for t, v in enumerate(self.states)}
        leaves = [f for f in net.factors if f.made and f.made[0] not in place]
        found = []
        for table, numbers in _grouped([f.table for f in leaves]).values():
            group = [leaves[k] for k in numbers]
            found.append(Leaves(table, [place[f.scope[0]] for f in group], [f.made[0] for f in group]))
        return found


def _grouped(tables: Sequence[Array]) -> dict[Any, tuple[Array, list[int]]]:
    """Tables that are equal, and their places; each array is looked at once."""
    keys: dict[int, Any] = {}
    found: dict[Any, tuple[Array, list[int]]] = {}
    for k, table in enumerate(tables):
        if id(table) not in keys:
            keys[id(table)] = (table.shape, table.tobytes())
        found.setdefault(keys[id(table)], (table, []))[1].append(k)
    return found


def _message(leaves: Leaves, given: Mapping[int, Array], rows: tuple[int, ...]) -> Message:
    """None where nothing was seen of any of the group."""
    if given.keys().isdisjoint(leaves.variables):
        return None
    found = np.ones((len(leaves.variables), *rows, leaves.table.shape[1]))
    for k, v in enumerate(leaves.variables):
        if v in given:
            found[k] = given[v]
    return Seen(found, found @ leaves.table.T)


def _below(leaves: Leaves, seen: Message, smoothed: Array) -> Array:
    """The posteriors of a group of leaves, (leaves, ..., outcomes)."""
    above = smoothed[leaves.places]
    if seen is None:
        found: Array = above @ leaves.table
        return found
    share = np.divide(above, seen.states, out=np.zeros(above.shape), where=seen.states > 0)
    found = (share @ leaves.table) * seen.leaves
    with np.errstate(invalid="ignore"):  # a row that cannot be has no answer
        found /= found.sum(axis=-1, keepdims=True)
    return found
