"""Exact inference in a model of finite kernels: plan once, ask often.

>>> from catlearn import Finite, channel, copy, identity, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> q = FiniteInference(rain >> copy() >> (identity() @ wet))
>>> q.posterior({"wet": "wet"})
log-evidence -1.42712
rain  no 0.333333, yes 0.666667
wet   dry 0, wet 1
>>> q.posterior({"wet": ["wet", "dry", None]})["rain"]["yes"].round(3).tolist()
[0.667, 0.053, 0.2]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.families.family import counted, seeded
from catlearn.errors import ImpossibleEvidence, InputMismatch, short
from catlearn.interpreters.markov.finite.chains.dispatch import ChainEngine, chain_engine
from catlearn.interpreters.markov.finite.conflict import conflict, contradiction
from catlearn.interpreters.markov.finite.contraction import contraction
from catlearn.interpreters.markov.finite.decode import decode, drawn, most
from catlearn.interpreters.markov.finite.engine import Engine
from catlearn.interpreters.markov.finite.evidence import are_rows, many_rows, one_row
from catlearn.interpreters.markov.finite.forecast import Forecast, check_memory, forecast
from catlearn.interpreters.markov.finite.network import network
from catlearn.interpreters.markov.finite.plan import Plan, Scope
from catlearn.interpreters.markov.finite.planning import search
from catlearn.interpreters.markov.posterior import Joint, Marginal, MostProbable, Posterior
from catlearn.interpreters.program.compile import Compiled, compile

__all__ = ["FiniteInference"]

Array = NDArray[Any]
Seen = dict[int, Array]

PROGRAMS = ("_answers", "_engine", "_joints", "_maxima")
"""Attributes that are made when they are needed, and cannot be pickled."""


class FiniteInference:
    """Answers about a diagram `Ty() -> B` of finite kernels. Made by `catlearn.infer`.

    Evidence is `{variable: value}`: an outcome's name, a set of names ("one of these"), a dictionary
    `{name: likelihood}` (soft evidence), or None where nothing was seen. `posterior` also takes a table of many rows: a
    dictionary of columns, a list of such dictionaries, or a data frame.

    All questions raise `UnknownVariable` and `UnknownOutcome` for names that the model does not have, and
    `ImpossibleEvidence` for what cannot be observed.

    Attributes:
        model: the diagram.
        network: its variables and factors.
    """

    def __init__(
        self,
        model: Diagram,
        asked: Iterable[str] | None = None,
        observed: Iterable[str] = (),
        plan_seconds: float = 15.0,
        memory_limit: int = 2**32,
    ) -> None:
        self.model = as_diagram(model)
        self.plan_seconds = _from_0("plan_seconds", plan_seconds)
        self.memory_limit = _from_0("memory_limit", memory_limit)
        self.network = network(self.model)
        if asked is not None:
            named = (("asked", asked), ("observed", observed))
            self.network = self.network.without_barren(*(self.network.find_all(*each) for each in named))
        self._chain = chain_engine(self.network)
        if self._chain is None:
            self.plan  # noqa: B018  planned now, so that questions are quick

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle keeps: no programs; they are compiled again when they are needed."""
        return {name: value for name, value in self.__dict__.items() if name not in PROGRAMS}

    def __repr__(self) -> str:
        return f"<inference about {len(self.variables)} variables of tables>"

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables."""
        return self.network.variables

    @cached_property
    def plan(self) -> Plan:
        """The order of the sums. For a chain, whose posteriors need none, it is made when another question is asked."""
        return self._search([factor.scope for factor in self.network.factors])

    @cached_property
    def _engine(self) -> Engine:
        check_memory(self.forecast(), self.memory_limit)
        return Engine(self.network, self.plan, self.memory_limit)

    @cached_property
    def _answers(self) -> ChainEngine | Engine:
        return self._chain or self._engine

    def forecast(self) -> Forecast:
        """What one answer takes; nothing is run. Too much is refused when a question is asked."""
        return forecast(self.plan)

    def _search(self, scopes: Sequence[Scope], keep: Scope = ()) -> Plan:
        padded = [*scopes, *[()] * max(0, 2 - len(scopes))]
        return search(padded, self.network.sizes, keep, self.plan_seconds)

    def posterior(self, evidence: Any = None) -> Posterior:
        """The posterior of every variable, with the log-evidence; for a table, of every row.

        Everything comes from one contraction and its reverse derivative.
        """
        if are_rows(evidence):
            return self._posteriors(evidence)
        seen, log_scale = self._read(evidence)
        found = self._checked(self._answers.marginals(seen), seen)
        return self._answer(float(found[0]) + log_scale, found[1:])

    def _answer(self, log_evidence: Any, marginals: Sequence[Array]) -> Posterior:
        net = self.network
        parts = zip(net.variables, net.outcomes, marginals, strict=True)
        return Posterior(log_evidence, {name: Marginal(outcomes, p) for name, outcomes, p in parts})

    def _posteriors(self, table: Any) -> Posterior:
        rows = many_rows(self.network, table)
        scales = [_scaled(each) for each in rows.likelihoods.values()]
        rows = type(rows)(rows.count, dict(zip(rows.likelihoods, (s[0] for s in scales), strict=True)))
        found = self._answers.many(rows)
        if not np.isfinite(found[0]).all():
            bad = np.flatnonzero(~np.isfinite(found[0]))
            one = {v: each[bad[0]] for v, each in rows.likelihoods.items() if not (each[bad[0]] == 1).all()}
            self._refuse(one, f"row {bad[0]}" + (f" and {len(bad) - 1} more" if len(bad) > 1 else "") + ": ")
        total = found[0] + self.network.log_scale + sum(s[1] for s in scales)
        return self._answer(total, found[1:])

    def log_evidence(self, evidence: Mapping[str, Any] | None = None) -> float:
        """The logarithm of the probability of what was observed; no derivative is taken for it."""
        seen, log_scale = self._read(evidence)
        found = self._answers.log_evidence(seen)
        return found + log_scale if np.isfinite(found) else self._refuse(seen)

    def families(self, evidence: Mapping[str, Any] | None = None) -> dict[str, Array]:
        """For each box that makes a variable, the posterior of its inputs and outputs together, in its table's shape.

        These are the expected counts of the EM algorithm, and `table * d log-evidence / d table`.
        """
        seen, _ = self._read(evidence)
        found = self._checked(self._engine.families(seen), seen)[1:]
        pairs = zip(self.network.factors, found, strict=False)
        return {self.network.variables[f.made[0]]: each for f, each in pairs if f.made}

    def derivative(self, evidence: Mapping[str, Any] | None = None) -> dict[str, Array]:
        """For each box that makes a variable, the derivative of the log-evidence by its table, in the table's shape.

        Each number of a table is taken for free: that a row sums to one is not part of it.
        """
        seen, _ = self._read(evidence)
        found = self._checked(self._engine.slopes(seen), seen)[1:]
        pairs = zip(self.network.factors, found, strict=False)
        return {self.network.variables[f.made[0]]: each for f, each in pairs if f.made}

    def joint(self, variables: Sequence[str], evidence: Mapping[str, Any] | None = None) -> Joint:
        """The posterior of a few variables together. Boxes that do not matter for it are left out first."""
        keep = self.network.find_different("joint", variables)
        seen, _ = self._read(evidence)
        known = frozenset(v for v, likelihood in seen.items() if (likelihood > 0).sum() == 1)
        factors, plan = self._joints(keep, known, frozenset(seen))
        if len(factors) < len(self.network.needed((*keep, *seen))):
            self._checked([self._answers.log_evidence(seen)], seen)
        found = self._engine.proportional(plan, factors, seen, known)
        total = found.sum()
        if not total > 0:
            self._refuse(seen)
        return Joint(*self.network.named(keep), found / total)

    @cached_property
    def _joints(self) -> Callable[..., tuple[tuple[int, ...], Plan]]:
        return lru_cache(maxsize=32)(self._plan_joint)

    def _plan_joint(self, keep: Scope, hard: frozenset[int], seen: frozenset[int]) -> tuple[tuple[int, ...], Plan]:
        factors = self.network.relevant(keep, hard, seen)
        found = self._search([self.network.factors[k].scope for k in factors], keep)
        check_memory(forecast(found), self.memory_limit)
        return factors, found

    def most_probable(self, evidence: Mapping[str, Any] | None = None) -> MostProbable:
        """The most probable outcomes of all variables together: the same plan, with maxima for sums."""
        seen, log_scale = self._read(evidence)
        with np.errstate(all="ignore"):
            tables = [np.log(table) for table in self._engine.observed(seen)]
            found = self._maxima(*tables)
        terms = [*tables, *(found if isinstance(found, tuple) else (found,))]
        if not np.isfinite(terms[-1]):
            self._refuse(seen)
        (row,) = decode(self.plan, terms, 1, most, np.add)
        return MostProbable(self._named(row), float(terms[-1]) + log_scale)

    def sample(self, count: int, evidence: Mapping[str, Any] | None = None, seed: int = 0) -> dict[str, list[str]]:
        """Exact samples from the posterior: for each variable, the outcome in every sample."""
        random, rows = seeded(seed), counted("sample: count", count)
        seen, _ = self._read(evidence)
        terms = self._engine.terms_to_sample(seen)
        if not terms[-1] > 0:
            self._refuse(seen)
        found = decode(self.plan, terms, rows, drawn(random))
        net = self.network
        return {name: [net.outcomes[v][i] for i in found[:, v]] for v, name in enumerate(net.variables)}

    @cached_property
    def _maxima(self) -> Compiled:
        return compile(contraction(self.plan, maximum=True))

    def _named(self, row: Array) -> dict[str, str]:
        net = self.network
        return {name: net.outcomes[v][row[v]] for v, name in enumerate(net.variables)}

    def _read(self, evidence: Mapping[str, Any] | None) -> tuple[Seen, float]:
        """Likelihoods with 1 as their largest entry, and the logarithm of what they were divided by."""
        seen, log_scale = one_row(self.network, evidence), self.network.log_scale
        for v, likelihood in seen.items():
            if likelihood.max() != 1.0:
                seen[v], scale = _scaled(likelihood)
                log_scale += float(scale)
        return seen, log_scale

    def _checked(self, found: Sequence[Any], seen: Seen) -> Sequence[Any]:
        return found if np.isfinite(found[0]) else self._refuse(seen)

    def _refuse(self, seen: Seen, where: str = "") -> Any:
        def possible(some: Mapping[int, Array]) -> bool:
            return bool(np.isfinite(self._answers.log_evidence(some)))

        raise ImpossibleEvidence(where + contradiction(self.network, seen, conflict(seen, possible)))


def _from_0(name: str, value: Any) -> Any:
    if isinstance(value, int | float | np.number) and value >= 0:
        return value
    raise InputMismatch(f"{name}= is a number from 0 up, not {short(value)}")


def _scaled(likelihood: Array) -> tuple[Array, Any]:
    top = likelihood.max(axis=-1, keepdims=True)
    if np.all(top == 1.0):
        return likelihood, np.zeros(likelihood.shape[:-1])
    safe = np.where(top > 0, top, 1.0)
    return likelihood / safe, np.log(safe[..., 0])
