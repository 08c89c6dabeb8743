"""Maximum likelihood: the log-evidence of a model is a smooth diagram of its parameters, so a learner climbs it.

>>> import math
>>> from catlearn import Gaussian, Real, Ty, constant, diagram, exp, kernel
>>> from catlearn.diagrams.theories.markov.given import given
>>> @diagram
... def noise(log_variance: Real()):
...     return constant(0.0), exp(log_variance)
>>> y = kernel("y", Ty(), Real(), forward=given(Gaussian, noise))
>>> fitted = maximum_likelihood(y, {"y": 3.0}, {"log_variance": 0.0})
>>> round(math.exp(fitted.parameters["log_variance"]), 4), round(fitted.log_evidence, 4)
(9.0, -2.5176)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.theories.smooth.reverse import hessian_vector, value_and_gradient
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Real
from catlearn.diagrams.wiring import Graph, names
from catlearn.errors import Diverged, InputMismatch, NotNormalized
from catlearn.interpreters.bffg.evidence.concrete import at_parameters
from catlearn.interpreters.bffg.evidence.log_evidence import log_evidence_diagram
from catlearn.interpreters.gradients.data import as_real, count
from catlearn.interpreters.gradients.learner import close
from catlearn.interpreters.gradients.optimizers import Optimizer
from catlearn.interpreters.program.compile import compile

__all__ = ["MaximumLikelihood", "maximum_likelihood"]

Array = NDArray[np.float64]
NEAR = 1e-4
"""The slope at a top, relative to the log-evidence."""


@dataclass(frozen=True, eq=False)
class MaximumLikelihood:
    """Where the log-evidence was highest.

    Attributes:
        evidence: the log-evidence as a diagram of the parameters.
        parameters: their values, by name: numbers, and arrays for others than `Real()`.
        log_evidence: what it is there.
        log_evidences: what it was before each step, for a learner; each time that it was asked for, otherwise.
    """

    evidence: Graph = field(repr=False)
    parameters: Mapping[str, Any]
    log_evidence: float
    log_evidences: tuple[float, ...] = field(repr=False)

    @cached_property
    def covariance(self) -> Array:
        """The inverse of the observed information: how exact the parameters are, all of them in one long vector.

        Raises `NotNormalized` where the log-evidence is not curved downward there, so that there is no answer.
        """
        values = [np.asarray(self.parameters[name], float) for name in names(self.evidence)]
        run, n = compile(hessian_vector(self.evidence)), sum(value.size for value in values)
        columns = [_flat(run(*values, *_split(unit, values))) for unit in np.eye(n)]
        information = -np.array(columns).reshape(n, n)
        information = (information + information.T) / 2
        if not np.isfinite(information).all() or (n and np.linalg.eigvalsh(information).min() <= 0):
            raise NotNormalized(
                "the log-evidence is not curved downward at these parameters; take more steps, or leave one out"
            )
        return np.asarray(np.linalg.inv(information), np.float64)

    @property
    def standard_errors(self) -> dict[str, Any]:
        """The standard error of each parameter, in its shape. Errors are those of `covariance`."""
        values = [np.asarray(self.parameters[name], float) for name in names(self.evidence)]
        parts = _split(np.sqrt(np.diag(self.covariance)), values)
        return {name: _plain(part) for name, part in zip(names(self.evidence), parts, strict=True)}


def maximum_likelihood(
    model: Diagram,
    data: Mapping[str, Any],
    params: Mapping[str, Any],
    optimizer: Optimizer | None = None,
    steps: int = 500,
) -> MaximumLikelihood:
    """The parameters under which what was seen is most probable, near those that it starts from.

    Args:
        model, data: as for `log_evidence_diagram`.
        params: where to start, a value for each parameter.
        optimizer: such as `adam(0.1)`: the closed learner whose loss is minus the log-evidence is run. By default
            scipy's BFGS is given the compiled gradient.
        steps: how many steps are made, or are made at most by BFGS.

    Raises:
        InputMismatch: when a parameter has no first value, a value of another shape, or is not there.
        Diverged: when the log-evidence or its gradient is not finite.
        NotNormalized: when the highest point has kernels that are none, such as a negative variance; write such a
            parameter as the exponential of one that may be anything.

    Warns:
        RuntimeWarning: when BFGS stopped before it came to the top.
        TypeMismatch, NotSupported, UnknownVariable, UnknownOutcome, TooLarge: see `log_evidence_diagram`.
    """
    evidence = log_evidence_diagram(model, data)
    start, limit = _start(evidence, params), count("steps", steps, 0)
    climb = _by_scipy if optimizer is None else _by_learner(optimizer)
    values, seen = climb(evidence, start, limit)
    found = float(compile(evidence)(*values))
    if not np.isfinite([found, *_flat(values)]).all():
        raise Diverged("maximum_likelihood: the log-evidence is not finite; try a smaller rate, or start elsewhere")
    parameters = {name: _plain(value) for name, value in zip(names(evidence), values, strict=True)}
    _check_kernels(model, parameters)
    return MaximumLikelihood(evidence, parameters, found, tuple(seen))


def _check_kernels(model: Diagram, parameters: Mapping[str, Any]) -> None:
    """What the diagrams of parameters give is looked at only here: on its way a learner may be anywhere."""
    try:
        at_parameters(model, parameters)
    except NotNormalized as error:
        said = "write the parameter as the exponential of another, as in exp(log_variance)"
        raise NotNormalized(f"maximum_likelihood went where there is no kernel: {error}; {said}") from None


def _start(evidence: Graph, params: Mapping[str, Any]) -> list[Array]:
    wanted = {name: tuple(map(int, ob.sizes)) for name, ob in zip(names(evidence), evidence.dom.obs, strict=True)}
    if not isinstance(params, Mapping) or set(params) != set(wanted):
        raise InputMismatch(f"maximum_likelihood: give params a first value for each of {', '.join(wanted) or 'none'}")
    found = [as_real(f"maximum_likelihood: {name}", params[name]) for name in wanted]
    for (name, shape), value in zip(wanted.items(), found, strict=True):
        if value.shape != shape:
            raise InputMismatch(f"maximum_likelihood: {name} must have the shape {shape}, not {value.shape}")
    return found


def _by_scipy(evidence: Graph, start: Sequence[Array], steps: int) -> tuple[list[Array], list[float]]:
    from scipy.optimize import minimize

    run, seen = compile(value_and_gradient(evidence)), list[float]()

    def minus(flat: Array) -> tuple[float, Array]:
        with np.errstate(all="ignore"):
            value, *gradient = run(*_split(flat, start)) if start else (run(),)
        seen.append(float(value))
        # Where there is no value, the line search is told that it went too far.
        fine = np.isfinite([value, *_flat(gradient)]).all()
        return (-float(value), -_flat(gradient)) if fine else (np.inf, np.zeros(len(flat)))

    first = _flat(start)
    if not np.isfinite(minus(first)[0]):
        raise Diverged("maximum_likelihood: the log-evidence or its gradient is not finite where it starts")
    if not steps or not first.size:
        return list(start), seen
    with np.errstate(all="ignore"):
        found = minimize(minus, first, jac=True, method="BFGS", options={"maxiter": steps, "gtol": 1e-6})
    if not found.success and np.abs(found.jac).max() > NEAR * max(1.0, abs(found.fun)):
        said = "take more steps, or start elsewhere"
        warnings.warn(f"maximum_likelihood: stopped after {found.nit} steps, not at the top; {said}", RuntimeWarning)  # noqa: B028
    return _split(found.x, start), seen


def _by_learner(optimizer: Optimizer) -> Any:
    def climb(evidence: Graph, start: Sequence[Array], steps: int) -> tuple[list[Array], list[float]]:
        closed = close(evidence, trace(lambda value: -value, Real(), "minus"), optimizer, names(evidence), [])
        step, n = compile(closed.step), len(closed.state)
        now = [*(np.zeros(tuple(map(int, ob.sizes))) for ob in closed.state.obs), *start]
        seen = []
        for _ in range(steps):
            with np.errstate(all="ignore"):
                loss, *now = step(*now)
            seen.append(-float(loss))
            if not np.isfinite(loss):
                raise Diverged("maximum_likelihood: the log-evidence is no longer finite; try a smaller rate")
        return now[n:], seen

    return climb


def _flat(values: Any) -> Array:
    parts = values if isinstance(values, tuple | list) else (values,)
    return np.concatenate([np.ravel(part) for part in parts] or [np.zeros(0)])


def _split(flat: Array, like: Sequence[Array]) -> list[Array]:
    ends = np.cumsum([prod(value.shape) for value in like])[:-1]
    return [part.reshape(value.shape) for part, value in zip(np.split(flat, ends), like, strict=True)] if like else []


def _plain(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else np.array(value)
