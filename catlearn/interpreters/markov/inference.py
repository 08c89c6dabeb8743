"""Inference in any model: which method answers is told by the kernels of its boxes.

>>> from catlearn import Finite, channel, copy, identity, infer, state
>>> rain = state("rain", Finite("no", "yes"), [0.8, 0.2])
>>> wet = channel("wet", rain.cod, Finite("dry", "wet"), [[0.9, 0.1], [0.2, 0.8]])
>>> infer(rain >> copy() >> (identity() @ wet)).posterior({"wet": "wet"})["rain"]["yes"]
0.6666666666666666
"""

from __future__ import annotations

from collections.abc import Iterable

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.families.family import Family
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.sampled import Sampler
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import InputMismatch, NotSupported
from catlearn.interpreters.markov.conjugate.inference import ConjugateInference, infer_conjugate
from catlearn.interpreters.markov.finite.exact import ExactInference
from catlearn.interpreters.markov.finite.inference import FiniteInference
from catlearn.interpreters.markov.gaussian import (
    GaussianInference,
    MixedInference,
    infer_gaussian,
    infer_mixed,
    is_gaussian,
    is_mixed,
)

__all__ = ["Inference", "infer"]

Inference = FiniteInference | ExactInference | GaussianInference | MixedInference | ConjugateInference
"""What `infer` gives: it has `posterior(evidence)`, and what else there is for the kernels of the model."""


def infer(
    model: Diagram,
    asked: Iterable[str] | None = None,
    observed: Iterable[str] = (),
    plan_seconds: float = 15.0,
    memory_limit: int = 2**32,
    exact: bool = False,
) -> Inference:
    """Plan exact inference in a model: a diagram `Ty() -> B` of kernels.

    Tables give a `FiniteInference`, Gaussian kernels a `GaussianInference`, both together a `MixedInference`, conjugate
    families a `ConjugateInference`. The other arguments are for tables.

    Args:
        model: states and channels, with copies and discards; effects are observations that are part of the model.
        asked: the only variables that will be asked for, so that boxes that do not matter can be left out.
        observed: those of which something will be observed; only needed where `asked` is given.
        plan_seconds: how long to look for a better order of the sums, where the first one found is expensive.
        memory_limit: bytes that an answer may take.
        exact: whether to answer in fractions, floats read as they are written; for small models of tables.

    Raises:
        TypeMismatch: when the model has inputs.
        UnknownBox: for a box without a kernel.
        NotSupported: for a model without an exact answer; `likelihood_weighting` estimates one.
        TooLarge: when the best plan is over the memory limit; it says how much is needed.
    """
    model = as_diagram(model)
    kernels = [kernel_of(box) for box in unfolded(model).boxes]
    sampled = next((b.name for b in unfolded(model).boxes if isinstance(kernel_of(b), Sampler)), None)
    if sampled is not None:
        raise NotSupported(f"{sampled!r} can only be sampled, so there is no exact answer; use cl.likelihood_weighting")
    real = is_gaussian(model) or is_mixed(model) or any(isinstance(k, Family) for k in kernels)
    if real and (exact or asked is not None):
        raise InputMismatch("exact= and asked= are for models of finite tables; leave them out")
    if is_gaussian(model):
        return infer_gaussian(model)
    if is_mixed(model):
        return infer_mixed(model)
    if real:
        return infer_conjugate(model)
    if exact:
        return ExactInference(model, asked, observed)
    return FiniteInference(model, asked, observed, plan_seconds, memory_limit)
