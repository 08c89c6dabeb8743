"""Likelihood weighting: run the model forward many times, and weigh each run by how likely it makes the evidence.

For models without an exact answer. It is importance sampling with the prior as proposal (Fung and Chang, and Shachter
and Peot, both 1989): unbiased for the evidence, and poor where the evidence is far from what the prior expects, which
the effective sample size tells.

>>> from catlearn import copy, identity
>>> from catlearn.interpreters.markov.conjugate import Bernoulli, Beta
>>> model = Beta(2, 2).box("p") >> copy() >> (identity() @ Bernoulli().box("flip"))
>>> likelihood_weighting(model, {"flip": "yes"}, samples=10_000)
estimate, not exact: 10000 weighted samples, effective 83...
log-evidence -0.69... ± 0.004...
p     0.59... ± 0.002...
flip  no 0 ± 0, yes 1 ± 0
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.families.family import counted
from catlearn.diagrams.theories.markov.numbers import floats
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import ImpossibleEvidence, InputMismatch, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.markov.finite.evidence import one_row
from catlearn.interpreters.markov.finite.network import Network
from catlearn.interpreters.markov.weighting.steps import run_box
from catlearn.interpreters.markov.weighting.weighted import Weighted

__all__ = ["likelihood_weighting"]

Array = NDArray[Any]


def likelihood_weighting(
    model: Diagram, evidence: Mapping[str, Any] | None = None, samples: int = 10_000, seed: int = 0
) -> Weighted:
    """Estimate the posterior of every variable of any model that can be run forward.

    Args:
        model: a diagram `Ty() -> B`, of finite tables, Gaussian kernels, conjugate families, `Sampler`s of your own and
            smooth functions, in any mixture. Effects are observations that are part of the model.
        evidence: `{variable: value}`. On `Finite` wires as for `infer`: an outcome, a set of them, a dictionary of
            likelihoods; on `Real` wires a number or an array; None where nothing was seen.
        samples: how many; at least 2. The error falls with their square root.
        seed: of the random numbers; the same seed gives the same answer.

    Raises:
        TypeMismatch: when the model has inputs.
        UnknownVariable, UnknownOutcome, InputMismatch: for evidence that the model cannot have.
        UnknownBox: for a box that cannot be run.
        NotSupported: when a box is observed that has no density.
        ImpossibleEvidence: when no sample agrees with the evidence.
    """
    model = as_diagram(model)
    if len(model.dom):
        raise TypeMismatch(f"the model has inputs {model.dom!r}; put a state before it, as in prior >> model")
    if isinstance(samples, bool) or not isinstance(samples, int | np.integer) or samples < 2:
        raise InputMismatch(f"samples is a whole number from 2 up, not {short(samples)}; some thousands are usual")
    wiring, names = unfolded(model), variables(model)
    seen = _read(names, wiring.obs, evidence)
    random, wires = np.random.default_rng(counted("seed", seed)), list[Array]()
    weights = np.zeros(samples)
    for box, reads, made in wiring.steps():
        here = {w - made.start: seen[w] for w in made if w in seen}
        outputs, more = run_box(box, [wires[w] for w in reads], here, random, int(samples))
        wires += map(_locked, outputs)
        weights = weights + more
        if not np.any(weights > -np.inf):
            _refuse(box.name, samples)
    outcomes = {name: tuple(map(str, ob.sizes)) for name, ob in zip(names, wiring.obs, strict=True) if _finite(ob)}
    return Weighted(dict(zip(names, wires, strict=True)), weights, outcomes)


def _locked(values: Array) -> Array:
    """The same numbers, which a function that reads them cannot change."""
    view = values.view()
    view.flags.writeable = False
    return view


def _finite(ob: Ob) -> bool:
    return ob.kind == "Finite"


def _refuse(name: str, samples: int) -> None:
    raise ImpossibleEvidence(
        f"none of {samples} samples agrees with the evidence, at the latest at {name}: it is impossible, or so rare "
        "that more samples are needed, or softer evidence"
    )


def _read(names: tuple[str, ...], obs: list[Ob], evidence: Any) -> dict[int, Array]:
    """What was observed, by the number of the wire."""
    if not isinstance(evidence, Mapping | None):
        raise InputMismatch(f"evidence is a dictionary such as {{'wet': 'yes'}}, not {short(evidence)}")
    number = {name: w for w, name in enumerate(names)}
    found, finite = {}, {}
    for name, value in (evidence or {}).items():
        if name not in number:
            raise UnknownVariable(f"there is no variable {short(name)}{nearest(name, names)}")
        ob = obs[number[name]]
        if _finite(ob):
            finite[name] = value
        elif value is not None:
            found[number[name]] = _number(name, ob, value)
    outcomes = tuple(tuple(map(str, ob.sizes)) if _finite(ob) else () for ob in obs)
    return found | one_row(Network(names, outcomes, (), ()), finite)


def _number(name: str, ob: Ob, value: Any) -> Array:
    try:
        found = floats(value)
    except ValueError:
        raise InputMismatch(f"{name} is {Ty.of((ob,))!r}; observe numbers, not {short(value)}") from None
    if found.shape != tuple(ob.sizes) or not np.isfinite(found).all():
        raise InputMismatch(f"{name} is {Ty.of((ob,))!r}; observe finite numbers of that shape, not {short(value)}")
    return found
