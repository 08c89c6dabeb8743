"""Answers: distributions by name.

>>> rain = Marginal(("no", "yes"), np.array([0.25, 0.75]))
>>> rain["yes"], rain
(0.75, Marginal(no=0.25, yes=0.75))
>>> answer = Posterior(-0.5, {"rain": rain})
>>> answer["rain"]["no"], answer.log_evidence
(0.25, -0.5)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import UnknownOutcome, UnknownVariable, nearest

__all__ = ["Answer", "Joint", "Marginal", "MostProbable", "Posterior"]

Array = NDArray[Any]
D = TypeVar("D")


class Marginal(Mapping[str, Any]):
    """The distribution of one variable, by the names of its outcomes.

    Attributes:
        outcomes: their names.
        probabilities: for one observation (outcomes,), for many (rows, outcomes); fractions in an exact answer.
    """

    def __init__(self, outcomes: tuple[str, ...], probabilities: Array) -> None:
        self.outcomes, self.probabilities = outcomes, probabilities

    def __getitem__(self, outcome: str) -> Any:
        if outcome not in self.outcomes:
            raise UnknownOutcome(f"there is no outcome {outcome!r}{nearest(outcome, self.outcomes)}")
        found = self.probabilities[..., self.outcomes.index(outcome)]
        return found if found.ndim else found.item()

    def __iter__(self) -> Iterator[str]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)

    @property
    def most_probable(self) -> Any:
        """The name of the outcome with the largest probability; for many rows a list."""
        best = self.probabilities.argmax(axis=-1)
        return self.outcomes[int(best)] if np.ndim(best) == 0 else [self.outcomes[i] for i in best]

    def __repr__(self) -> str:
        if self.probabilities.ndim > 1:
            return f"Marginal({len(self.probabilities)} rows of {', '.join(self.outcomes)})"
        return f"Marginal({', '.join(f'{name}={_text(self[name])}' for name in self.outcomes)})"


def _text(p: Any) -> str:
    return f"{p:.6g}" if isinstance(p, float) else str(p)


class Answer(Mapping[str, D]):
    """The answer to an observation, or to many: a distribution for every variable, by its name.

    Attributes:
        log_evidence: the logarithm of the probability (or the density) of the evidence; (rows,) for many.
    """

    def __init__(self, log_evidence: Any, marginals: Mapping[str, D]) -> None:
        self.log_evidence, self._marginals = log_evidence, marginals

    def __getitem__(self, variable: str) -> D:
        try:
            return self._marginals[variable]
        except (KeyError, TypeError):
            raise UnknownVariable(f"there is no variable {variable!r}{nearest(variable, self._marginals)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._marginals)

    def __len__(self) -> int:
        return len(self._marginals)

    def __repr__(self) -> str:
        if np.ndim(self.log_evidence):
            return f"<posterior of {len(self)} variables, {len(self.log_evidence)} rows>"
        lines = [f"log-evidence {float(self.log_evidence):.6g}"]
        width = max(map(len, self), default=0)
        lines += [f"{name:<{width}}  {self._line(marginal)}" for name, marginal in self.items()]
        return "\n".join(lines)

    def _line(self, marginal: D) -> str:
        """A distribution in one line."""
        return _short(marginal) if isinstance(marginal, Marginal) else repr(marginal)


class Posterior(Answer[Marginal]):
    """The answer of a finite model.

    Attributes:
        log_evidence: the logarithm of the probability of the evidence; (rows,) for many. For an exact answer see
            `evidence`.
        evidence: its exponential; a fraction in an exact answer.
    """

    def __init__(self, log_evidence: Any, marginals: Mapping[str, Marginal], evidence: Any = None) -> None:
        super().__init__(log_evidence, marginals)
        with np.errstate(over="ignore"):
            self.evidence = np.exp(log_evidence) if evidence is None else evidence

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Plain dictionaries `{variable: {outcome: probability}}`."""
        return {name: dict(marginal) for name, marginal in self.items()}


def _short(marginal: Marginal) -> str:
    parts = [f"{name} {_text(marginal[name])}" for name in marginal.outcomes[:6]]
    return ", ".join(parts + (["..."] if len(marginal) > 6 else []))


@dataclass(frozen=True, eq=False)
class Joint:
    """The distribution of a few variables together.

    Attributes:
        variables: their names.
        outcomes: for each, the names of its outcomes.
        probabilities: an axis for each variable.
    """

    variables: tuple[str, ...]
    outcomes: tuple[tuple[str, ...], ...]
    probabilities: Array

    def __getitem__(self, outcomes: str | tuple[str, ...]) -> Any:
        """The probability of one outcome of each variable, in order: `joint["yes", "wet"]`."""
        names = outcomes if isinstance(outcomes, tuple | list) else (outcomes,)
        if len(names) != len(self.variables):
            raise UnknownOutcome(f"give an outcome for each of {', '.join(self.variables)}, not {names!r}")
        for name, variable, known in zip(names, self.variables, self.outcomes, strict=True):
            if name not in known:
                raise UnknownOutcome(f"{variable} has no outcome {name!r}{nearest(name, known)}")
        return self.probabilities[tuple(known.index(n) for n, known in zip(names, self.outcomes, strict=True))]


@dataclass(frozen=True)
class MostProbable(Mapping[str, str]):
    """The most probable outcome of all variables together.

    Attributes:
        states: for each variable, the name of its outcome.
        log_probability: of these outcomes and the evidence together.
    """

    states: Mapping[str, str]
    log_probability: float

    def __getitem__(self, variable: str) -> str:
        try:
            return self.states[variable]
        except (KeyError, TypeError):
            raise UnknownVariable(f"there is no variable {variable!r}{nearest(variable, self.states)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.states)

    def __len__(self) -> int:
        return len(self.states)
