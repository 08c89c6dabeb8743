"""Bayesian learning of a parameter with finitely many values, through a channel of finite tables.

For every distinct sample the engine gives the likelihood of all parameters at once; what was learned is how often each
came. So nothing underflows, and it does not matter in which order and in which parts samples come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.table import channel as table_channel
from catlearn.diagrams.theories.markov.table import state as table_state
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Finite, Ob, Ty
from catlearn.diagrams.wiring import graph, names, unfolded
from catlearn.errors import ImpossibleEvidence, InputMismatch, NotSupported, UnknownOutcome, nearest, short
from catlearn.interpreters.gradients.bayesian.rule import only_outputs
from catlearn.interpreters.markov.finite.inference import FiniteInference
from catlearn.interpreters.markov.posterior import Marginal

__all__ = ["FiniteRule"]

Array = NDArray[Any]
State = Mapping[tuple[int, ...], int]
"""How often each distinct sample came: the outcomes' numbers of its inputs, then of its outputs, -1 where missing."""


@dataclass(frozen=True, eq=False)
class FiniteRule:
    """See `Rule`. The posterior is a box, a state with the prior's wires.

    Attributes:
        name: of the prior's box.
        parameter: the type of the parameter.
        prior: its probabilities, an axis for each wire.
        channel: a diagram whose first wires are the parameter.
    """

    name: str
    parameter: Ty
    prior: Array
    channel: Diagram
    _known: dict[tuple[int, ...], Array] = field(default_factory=dict)

    def start(self) -> State:
        """See `Rule`."""
        return {}

    @property
    def _inputs(self) -> Mapping[str, Ob]:
        n = len(self.parameter)
        return dict(zip(names(self.channel)[n:], self.channel.dom.obs[n:], strict=True))

    @property
    def _outputs(self) -> Mapping[str, Ob]:
        return dict(zip(self._model[1], self.channel.cod.obs, strict=True))

    def read(self, x: Any, y: Any) -> list[Array]:
        """See `Rule`."""
        given = _columns("samples", self._inputs, x) if self._inputs else []
        seen = _columns("targets", self._outputs, y if self._inputs else only_outputs(x, y), missing=True)
        lengths = sorted({len(column) for column in (*given, *seen)})
        if len(lengths) > 1:
            raise InputMismatch(f"there are from {lengths[0]} to {lengths[1]} samples; give as many of each")
        return [np.column_stack([*given, *seen])]

    def update(self, state: State, rows: Sequence[Array]) -> State:
        """See `Rule`."""
        found = dict(state)
        kinds, counts = np.unique(rows[0], axis=0, return_counts=True)
        for kind, n in zip(map(tuple, kinds.tolist()), counts.tolist(), strict=True):
            found[kind] = found.get(kind, 0) + n
        if not np.any(self._weights(found) > -np.inf):
            raise ImpossibleEvidence(
                "fit: no value of the parameter that the prior allows makes all samples possible; nothing was learned"
            )
        return found

    def count(self, state: State) -> int:
        """See `Rule`."""
        return sum(state.values())

    def log_evidence(self, state: State) -> float:
        """See `Rule`."""
        weights = self._weights(state)
        return float(weights.max() + np.log(np.exp(weights - weights.max()).sum()))

    def posterior(self, state: State) -> Box:
        """See `Rule`."""
        return table_state(self.name, self.parameter, self._posterior(state))

    def predict(self, state: State, x: Any) -> Any:
        """See `Rule`. A `Marginal` with a row for each sample; several outputs are a dictionary of them, by name."""
        rows = np.column_stack(_columns("samples", self._inputs, x)) if self._inputs else np.zeros((1, 0), np.int64)
        q = FiniteInference(_model(self.channel, self.parameter, self._posterior(state))[0])
        found = q.posterior(self._evidence(rows, len(self._inputs))) if self._inputs else q.posterior()
        answers = {name: Marginal(found[name].outcomes, _rows(found[name], len(rows))) for name in self._model[1]}
        return next(iter(answers.values())) if len(answers) == 1 else answers

    def _posterior(self, state: State) -> Array:
        weights = self._weights(state)
        found = np.exp(weights - weights.max())
        return np.asarray((found / found.sum()).reshape(self.prior.shape))

    def _weights(self, state: State) -> Array:
        """The logarithm of prior times likelihood for all parameters; sums in an order of their own."""
        kinds = sorted(state)
        likelihoods = self._likelihoods(kinds)
        with np.errstate(divide="ignore"):
            total = np.log(self.prior.ravel())
        for kind in kinds:
            total = total + state[kind] * likelihoods[kind]
        return total

    def _likelihoods(self, kinds: Sequence[tuple[int, ...]]) -> Mapping[tuple[int, ...], Array]:
        """For each distinct sample, the log-likelihood of all parameters."""
        new = [kind for kind in kinds if kind not in self._known]
        if new:
            rows = np.array(new, np.int64).reshape(len(new), -1)
            found = self._ask(rows)
            with np.errstate(divide="ignore"):
                slopes = np.log(_rows(found[self._model[2]], len(new)))
            constant = np.log(self.prior.size) + sum(np.log(len(ob.sizes)) for ob in self._inputs.values())
            answers = slopes + np.broadcast_to(found.log_evidence, len(new))[:, None] + constant
            self._known.update(zip(new, answers, strict=True))
        return self._known

    def _ask(self, rows: Array) -> Any:
        try:
            return self._engine.posterior(self._evidence(rows, rows.shape[1]))
        except ImpossibleEvidence:
            for row in rows:
                if not np.isfinite(self._possible(row)):
                    said = self._evidence(row[None], len(row))
                    seen = ", ".join(f"{name} = {column[0]}" for name, column in said.items() if column[0] is not None)
                    raise ImpossibleEvidence(f"fit: a sample with {seen} is impossible for every parameter") from None
            raise

    def _possible(self, row: Array) -> float:
        try:
            evidence = {name: column[0] for name, column in self._evidence(row[None], len(row)).items()}
            return self._engine.log_evidence(evidence)
        except ImpossibleEvidence:
            return -np.inf

    def _evidence(self, rows: Array, count: int) -> dict[str, list[str | None]]:
        """Rows of outcomes' numbers as a table of evidence: of the inputs, and as many outputs as rows have."""
        sizes = [ob.sizes for ob in (*self._inputs.values(), *self.channel.cod.obs)]
        places = [*self._input_names, *self._model[1]]
        return {
            places[i]: [None if code < 0 else str(sizes[i][code]) for code in rows[:, i].tolist()] for i in range(count)
        }

    @cached_property
    def _model(self) -> tuple[Diagram, tuple[str, ...], str]:
        even = np.full(self.prior.shape, 1.0 / self.prior.size)
        return _model(self.channel, self.parameter, even)

    @cached_property
    def _input_names(self) -> tuple[str, ...]:
        n = 1 + len(self.parameter)
        return variables(self._model[0])[n : n + len(self._inputs)]

    @cached_property
    def _engine(self) -> FiniteInference:
        d, outputs, parameter = self._model
        return FiniteInference(d, asked=[parameter], observed=[*self._input_names, *outputs])


def _model(channel: Diagram, parameter: Ty, probabilities: Array) -> tuple[Diagram, tuple[str, ...], str]:
    """A state of everything: the parameter as one variable, its parts, even inputs, and what the channel makes of them.

    Gives the diagram, and the names of the outputs and of the parameter.
    """
    size = probabilities.size
    whole = Finite(*map(str, range(size)))
    steps: list[tuple[Box, list[int]]] = [(table_state("parameter", whole, probabilities.ravel()), [])]
    for i, ob in enumerate(parameter.obs):
        part = np.unravel_index(np.arange(size), probabilities.shape)[i]
        steps.append((table_channel(f"parameter.{i}", whole, Ty.of((ob,)), np.eye(len(ob.sizes))[part]), [0]))
    for name, ob in zip(names(channel)[len(parameter) :], channel.dom.obs[len(parameter) :], strict=True):
        steps.append((table_state(name, Ty.of((ob,)), np.full(len(ob.sizes), 1.0 / len(ob.sizes))), []))
    n = len(channel.dom)
    steps.append((Box("channel", channel.dom, channel.cod, (), channel), list(range(1, n + 1))))
    d = graph(Ty(), steps, range(n + 1, n + 1 + len(channel.cod)))
    outputs, known = unfolded(d).outputs.tolist(), variables(d)
    if len(set(outputs)) < len(outputs) or any(len(parameter) < w <= n for w in outputs):
        raise NotSupported("bayes: an output that only repeats an input or another output cannot be learned from")
    return d, tuple(known[w] for w in outputs), known[0]


def _columns(what: str, obs: Mapping[str, Ob], value: Any, missing: bool = False) -> list[Array]:
    """The numbers of outcomes in each column; -1 where one is missing and may be."""
    if hasattr(value, "columns"):
        value = {name: value[name].tolist() for name in value.columns}
    given = value if isinstance(value, Mapping) else dict.fromkeys(obs, value) if len(obs) == 1 else {}
    if set(given) != set(obs):
        raise InputMismatch(f"{what}: give a column for each of {', '.join(obs)}, by name")
    return [_codes(name, ob, given[name], missing) for name, ob in obs.items()]


def _codes(name: str, ob: Ob, column: Any, missing: bool) -> Array:
    if isinstance(column, str) or not hasattr(column, "__len__"):
        raise InputMismatch(f"{name}: give a list of outcomes, one for each sample, not {short(column)}")
    outcomes = [str(size) for size in ob.sizes]
    index = {outcome: i for i, outcome in enumerate(outcomes)}
    found = []
    for i, value in enumerate(column):
        absent = value is None or (isinstance(value, float) and np.isnan(value))
        if absent and not missing:
            raise InputMismatch(f"{name}: sample {i} is missing; only targets may be")
        if not absent and str(value) not in index:
            raise UnknownOutcome(f"sample {i}: {name} has no outcome {short(value)}{nearest(value, outcomes)}")
        found.append(-1 if absent else index[str(value)])
    return np.array(found, np.int64)


def _rows(marginal: Marginal, count: int) -> Array:
    """The probabilities with a row for each sample, also where nothing made a difference between them."""
    return np.broadcast_to(marginal.probabilities, (count, marginal.probabilities.shape[-1]))
