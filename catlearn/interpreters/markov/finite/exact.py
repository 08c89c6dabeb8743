"""Inference in fractions: exact answers, for models that are small enough. Made by `catlearn.infer(model, exact=True)`.

The same plan and the same reverse derivative as in floats; only numbers are of another kind.

>>> from catlearn import Finite, channel, copy, identity, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> answer = ExactInference(rain >> copy() >> (identity() @ wet)).posterior({"wet": "wet"})
>>> answer["rain"]["yes"], answer.evidence
(Fraction(2, 3), Fraction(6, 25))

The wet grass of B. Jacobs, Structured probabilistic reasoning: was the sprinkler on, given that the road is slippery?

>>> from catlearn import diagram
>>> X = Finite("yes", "no")
>>> winter, sprinkler = state("winter", X, [0.6, 0.4]), channel("sprinkler", X, X, [[0.2, 0.8], [0.75, 0.25]])
>>> rain, slippery = channel("rain", X, X, [[0.8, 0.2], [0.1, 0.9]]), channel("slippery", X, X, [[0.7, 0.3], [0, 1]])
>>> wet = channel("wet", X @ X, X, [[[0.95, 0.05], [0.9, 0.1]], [[0.8, 0.2], [0, 1]]])
>>> @diagram
... def grass():
...     season = winter()
...     falls = rain(season)
...     return wet(sprinkler(season), falls), slippery(falls)
>>> answer = ExactInference(grass).posterior({"slippery": "yes"})
>>> answer["sprinkler"]["yes"], answer["wet"]["yes"], answer.evidence
(Fraction(63, 260), Fraction(4349, 5200), Fraction(91, 250))
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.smooth.reverse import value_and_gradient
from catlearn.diagrams.wiring import Graph
from catlearn.errors import ImpossibleEvidence
from catlearn.interpreters.markov.finite.conflict import conflict, contradiction
from catlearn.interpreters.markov.finite.contraction import evidence as contracted
from catlearn.interpreters.markov.finite.contraction import weighed
from catlearn.interpreters.markov.finite.evidence import are_rows, one_row, rows_of
from catlearn.interpreters.markov.finite.network import Network, network
from catlearn.interpreters.markov.finite.plan import Plan, Scope
from catlearn.interpreters.markov.finite.planning import search
from catlearn.interpreters.markov.finite.rational import evaluate, exactly, fractions
from catlearn.interpreters.markov.posterior import Joint, Marginal, Posterior

__all__ = ["ExactInference"]

Array = NDArray[Any]
Seen = Mapping[int, Array]


class ExactInference:
    """Answers in fractions about a diagram `Ty() -> B` of finite kernels. Numbers in evidence may be fractions too.

    Floats are read as they are written, 0.1 as a tenth. For evidence and errors see `FiniteInference`.

    Attributes:
        model: the diagram, its tables in fractions.
        network: its variables and factors.
        plan: the order of the sums.
    """

    def __init__(self, model: Diagram, asked: Iterable[str] | None = None, observed: Iterable[str] = ()) -> None:
        self.model = exactly(as_diagram(model))
        self.network = network(self.model, exact=True)
        if asked is not None:
            named = (("asked", asked), ("observed", observed))
            self.network = self.network.without_barren(*(self.network.find_all(*each) for each in named))
        self.plan = self._search([factor.scope for factor in self.network.factors])

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of all variables."""
        return self.network.variables

    def posterior(self, evidence: Any = None) -> Posterior:
        """The posterior of every variable, with the exact `evidence`; a table is answered row by row."""
        if are_rows(evidence):
            rows = rows_of(self.network, evidence)
            return _stacked(self.network, [self._one(row, f"row {i}: ") for i, row in enumerate(rows)])
        return self._one(evidence)

    def _one(self, evidence: Any, where: str = "") -> Posterior:
        found = self._run(self._marginals, evidence, where)
        total = _number(found[0])
        parts = zip(self.network.variables, self.network.outcomes, found[1:], strict=True)
        marginals = {name: Marginal(outcomes, p / total) for name, outcomes, p in parts}
        return Posterior(_log(total), marginals, total)

    def evidence(self, evidence: Mapping[str, Any] | None = None) -> Fraction:
        """The probability of what was observed."""
        return _number(self._run(contracted(self.plan), evidence)[0])

    def log_evidence(self, evidence: Mapping[str, Any] | None = None) -> float:
        """The logarithm of the probability of what was observed."""
        return _log(self.evidence(evidence))

    def families(self, evidence: Mapping[str, Any] | None = None) -> dict[str, Array]:
        """For each box that makes a variable, the posterior of the variables on its table's axes, in its shape."""
        found = self._run(weighed(value_and_gradient(contracted(self.plan)), self.network, families=True), evidence)
        pairs = zip(self.network.factors, found[1:], strict=False)
        return {self.network.variables[f.made[0]]: each / _number(found[0]) for f, each in pairs if f.made}

    def joint(self, variables: Sequence[str], evidence: Mapping[str, Any] | None = None) -> Joint:
        """The posterior of a few variables together. Boxes that do not matter for it are left out first."""
        keep, seen = self.network.find_different("joint", variables), self._read(evidence)
        factors, tables = self.network.relevant(keep, (), seen), self._observed(seen)
        if len(factors) < len(self.network.needed((*keep, *seen))):
            self.evidence(evidence)
        plan = self._search([self.network.factors[k].scope for k in factors], keep)
        (found,) = evaluate(contracted(plan), _padded([tables[k] for k in factors]))
        if not (total := found.sum()):
            self._refuse(seen)
        return Joint(*self.network.named(keep), np.asarray(found / total))

    def _search(self, scopes: Sequence[Scope], keep: Scope = ()) -> Plan:
        return search([*scopes, *[()] * max(0, 2 - len(scopes))], self.network.sizes, keep)

    @cached_property
    def _marginals(self) -> Graph:
        return weighed(value_and_gradient(contracted(self.plan)), self.network)

    def _read(self, evidence: Mapping[str, Any] | None) -> Seen:
        return {v: fractions(each) for v, each in one_row(self.network, evidence, object).items()}

    def _observed(self, seen: Seen) -> list[Array]:
        tables = [factor.table for factor in self.network.factors]
        for v, likelihood in seen.items():
            k = self.network.maker[v]
            scope = self.network.factors[k].scope
            tables[k] = tables[k] * likelihood.reshape([-1 if u == v else 1 for u in scope])
        return tables

    def _run(self, d: Graph, evidence: Any, where: str = "") -> list[Array]:
        """The outputs of a diagram on the tables after an observation; the first one is its probability."""
        seen = self._read(evidence)
        found = evaluate(d, _padded(self._observed(seen)))
        return found if _number(found[0]) else self._refuse(seen, where)

    def _refuse(self, seen: Seen, where: str = "") -> Any:
        def possible(some: Seen) -> bool:
            return bool(_number(evaluate(contracted(self.plan), _padded(self._observed(some)))[0]))

        raise ImpossibleEvidence(where + contradiction(self.network, seen, conflict(seen, possible)))


def _padded(tables: list[Array]) -> list[Array]:
    return tables + [fractions(1)] * (2 - len(tables))


def _number(value: Array) -> Fraction:
    return Fraction(value.item())


def _log(p: Fraction) -> float:
    return log(p.numerator) - log(p.denominator)


def _stacked(net: Network, answers: Sequence[Posterior]) -> Posterior:
    marginals = {
        name: Marginal(outcomes, np.array([a[name].probabilities for a in answers], object).reshape(-1, len(outcomes)))
        for name, outcomes in zip(net.variables, net.outcomes, strict=True)
    }
    logs = np.array([a.log_evidence for a in answers], np.float64)
    return Posterior(logs, marginals, np.array([a.evidence for a in answers], object))
