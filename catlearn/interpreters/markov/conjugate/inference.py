"""Exact inference in models of conjugate pairs: priors, and observations that are independent given them.

>>> from catlearn import copy, identity
>>> from catlearn.interpreters.markov.conjugate import Bernoulli, Beta
>>> flip = Bernoulli().box("flip")
>>> q = infer_conjugate(Beta(1, 1).box("p") >> copy(n=3) >> (identity() @ flip @ flip))
>>> q.variables
('p', 'flip', 'flip#2')
>>> q.posterior({"flip": "yes"})
log-evidence -0.693147
p       Beta(2.0, 1.0)
flip#2  no 0.333333, yes 0.666667
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.markov.families.family import Distribution, Likelihood
from catlearn.diagrams.theories.markov.families.likelihoods import Categorical
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, NotSupported, TypeMismatch, UnknownOutcome, UnknownVariable, nearest, short
from catlearn.interpreters.markov.conjugate.conjugate import Conjugate, kernel_in
from catlearn.interpreters.markov.conjugate.discrete import Discrete
from catlearn.interpreters.markov.posterior import Answer

__all__ = ["ConjugateInference", "ConjugatePosterior", "infer_conjugate"]

ADVICE = "catlearn.likelihood_weighting answers for any model"


@dataclass(frozen=True)
class _Seen:
    """A variable that can be observed: its name, its box, and the name of its parameter."""

    name: str
    box: Box
    parameter: str


class ConjugatePosterior(Answer[Any]):
    """The distribution of every variable that was not observed, and how likely what was observed is.

    Attributes:
        log_evidence: the logarithm of the probability (density) of the evidence.
    """


class ConjugateInference:
    """Answers about a model of conjugate pairs. Made by `infer_conjugate`.

    Attributes:
        model: the diagram.
        variables: the names of its variables; a prior with two wires has one name.
    """

    def __init__(self, model: Diagram) -> None:
        self.model = as_diagram(model)
        self._priors, self._seen = _read(self.model)
        self.variables = (*self._priors, *(each.name for each in self._seen))

    def posterior(self, evidence: Mapping[str, Any] | None = None) -> ConjugatePosterior:
        """The posterior of each parameter, and the predictive distribution of what was not observed.

        Args:
            evidence: `{variable: value}`: a number, an outcome's name, or a list of counts; None where nothing was
                seen. Several observations of one likelihood are several boxes; `Conjugate` takes long lists.

        Raises:
            UnknownVariable, UnknownOutcome: for names that there are not.
            InputMismatch: for values that the likelihood never gives.
            NotSupported: for a parameter that is observed itself.
        """
        given = self._given(evidence)
        state, total = dict(self._priors), 0.0
        for each in self._seen:
            if each.name in given:
                pair = Conjugate(kernel_in(each.box), state[each.parameter])
                state[each.parameter], more = pair.learn(_value(each, given[each.name]))
                total += more
        found: dict[str, Any] = dict(state)
        found.update({each.name: _predicted(each, state) for each in self._seen if each.name not in given})
        return ConjugatePosterior(total, found)

    def log_evidence(self, evidence: Mapping[str, Any] | None = None) -> float:
        """The logarithm of the probability (density) of what was observed. Errors: see `posterior`."""
        return float(self.posterior(evidence).log_evidence)

    def _given(self, evidence: Mapping[str, Any] | None) -> dict[str, Any]:
        if not isinstance(evidence, Mapping | None):
            raise InputMismatch(f"evidence is a dictionary such as {{'flip': 'yes'}}, not {short(evidence)}")
        given = {name: value for name, value in (evidence or {}).items() if value is not None}
        for name in given:
            if name in self._priors:
                raise NotSupported(f"{name} is a parameter; put its value in the likelihood's place; {ADVICE}")
            if name not in self.variables:
                raise UnknownVariable(f"there is no variable {short(name)}{nearest(name, self.variables)}")
        return given


def infer_conjugate(model: Diagram) -> ConjugateInference:
    """Exact inference in a diagram `Ty() -> B` of priors and likelihoods, each likelihood reading one prior.

    Raises:
        TypeMismatch: when the model has inputs.
        NotSupported: for a box that is neither, or a pair that is not conjugate; it names the box.
        ShapeMismatch: when prior and likelihood have different numbers of outcomes.
    """
    return ConjugateInference(model)


def _read(model: Diagram) -> tuple[dict[str, Distribution], Sequence[_Seen]]:
    if len(model.dom):
        raise TypeMismatch(f"the model has inputs {model.dom!r}; put a prior before it, as in prior >> likelihood")
    wiring, names = unfolded(model), variables(model)
    priors: dict[str, Distribution] = {}
    makers: dict[tuple[int, ...], str] = {}
    seen = []
    for box, reads, made in wiring.steps():
        kernel, name = kernel_of(box), names[made[0]] if made else box.name
        if isinstance(kernel, Distribution):
            # Two wires are called name.0 and name.1, or name.0#2 for repeats; together they are name, or name#2.
            name = name if len(made) == 1 else box.name + name[len(box.name) + 2 :]
            priors[name] = kernel
            makers[tuple(made)] = name
        elif isinstance(kernel, Likelihood) and tuple(reads) in makers:
            parameter = makers[tuple(reads)]
            Conjugate(kernel, priors[parameter])
            seen.append(_Seen(name, box, parameter))
        else:
            raise NotSupported(f"{box.name}: {_why(kernel)}; {ADVICE}")
    return priors, seen


def _why(kernel: Any) -> str:
    if not isinstance(kernel, Likelihood):
        return "an exact answer is for boxes of cl.conjugate only, and this is none"
    return "an exact answer needs a likelihood that reads all of one prior, and nothing else"


def _value(seen: _Seen, value: Any) -> Any:
    """An observation as its likelihood reads it: the outcomes of a `Bernoulli` box are 0 and 1."""
    ob = seen.box.cod.obs[0]
    if ob.kind == "Finite" and not isinstance(kernel_of(seen.box), Categorical):
        names = [str(size) for size in ob.sizes]
        if str(value) not in names:
            raise UnknownOutcome(f"{seen.name} has no outcome {short(value)}{nearest(value, names)}")
        return names.index(str(value))
    if ob.kind == "Finite":
        return [value]
    if np.ndim(value) != len(ob.sizes):
        raise InputMismatch(
            f"{seen.name} is one {Ty.of((ob,))!r}, not {short(value)}; Conjugate takes many observations"
        )
    return value


def _predicted(seen: _Seen, state: Mapping[str, Distribution]) -> Any:
    found = Conjugate(kernel_in(seen.box), state[seen.parameter]).predictive
    ob = seen.box.cod.obs[0]
    if ob.kind == "Finite" and not isinstance(found, Discrete):
        return Discrete(tuple(map(str, ob.sizes)), [1.0 - found.mean, found.mean])
    return found
