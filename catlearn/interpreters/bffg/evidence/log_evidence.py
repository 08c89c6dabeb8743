"""The log-evidence of a model as a smooth diagram of its parameters; its gradient is `value_and_gradient` of that.

The messages of the backward pass are written as a diagram. By Fisher's identity its reverse derivative is the expected
gradient of the complete log-density under the smoothing posterior: no posterior is written down for that.

>>> from catlearn import Gaussian, Real, compile, constant, copy, diagram, exp, identity, kernel, value_and_gradient
>>> from catlearn.diagrams.theories.markov.given import given
>>> @diagram
... def noise(log_sigma: Real()):
...     return constant(1.0), constant(0.0), exp(log_sigma * 2.0)
>>> x = kernel("x", Ty(), Real(), forward=Gaussian([[]], [0.0], [[1.0]]))
>>> y = kernel("y", Real(), Real(), forward=given(Gaussian, noise))
>>> evidence = log_evidence_diagram(x >> y, {"y": 3.0})
>>> [round(float(v), 4) for v in compile(value_and_gradient(evidence))(0.0)]
[-3.5155, 1.75]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.markov.given import Given
from catlearn.diagrams.trace import trace
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wire import Wire
from catlearn.diagrams.wiring import Graph, unfolded
from catlearn.errors import TypeMismatch
from catlearn.interpreters.bffg.evidence.concrete import Exact, exact_kernel
from catlearn.interpreters.bffg.evidence.jobs import jobs_of
from catlearn.interpreters.bffg.evidence.observed import observed
from catlearn.interpreters.bffg.evidence.writing import evidence_of

__all__ = ["log_evidence_diagram"]


def log_evidence_diagram(model: Diagram, data: Mapping[str, Any]) -> Graph:
    """The diagram `parameters -> Real()` of the log-evidence of what was seen, exact for finite and Gaussian kernels.

    Chains of equal boxes become loops, and equal boxes side by side, as the edges of a tree, become one batch; so the
    diagram is small where the model is regular.

    Args:
        model: a diagram `Ty() -> B` of `Gaussian` and `Table` kernels, of which some are `given` by diagrams of
            parameters; guides are not looked at, as messages pass exactly.
        data: what was seen, by variable: a number, a list (None where nothing was seen), an outcome, or likelihoods.

    Raises:
        TypeMismatch: when the model has inputs, or two kernels have parameters of one name and different types.
        NotSupported: for a kernel that messages do not pass exactly, or a box that is seen and has no noise; it names
            the box.
        UnknownVariable, UnknownOutcome, InputMismatch: for data that do not fit the model.
        TooLarge: where messages would speak of too many wires at once.
    """
    model = as_diagram(model)
    wiring = unfolded(model)
    if wiring.dom.obs:
        raise TypeMismatch(f"a model has no inputs, but this one reads {wiring.dom!r}; put a state before it")
    boxes = {id(box): exact_kernel(box) for box in {id(b): b for b in wiring.boxes}.values()}
    kernels = [boxes[id(box)] for box in wiring.boxes]
    parameters = _parameters(wiring.boxes, kernels)
    jobs = jobs_of(wiring, kernels, observed(model, data))

    def write(*wires: Wire) -> Wire:
        return evidence_of(jobs, dict(zip(parameters, wires, strict=True)))

    return trace(write, Ty.of(parameters.values()), "log_evidence", [*parameters])


def _parameters(boxes: tuple[Box, ...], kernels: list[Exact]) -> dict[str, Ob]:
    """The types of all parameters, by name, in the order in which boxes ask for them."""
    found: dict[str, Ob] = {}
    seen: set[int] = set()
    for box, kernel in zip(boxes, kernels, strict=True):
        if not isinstance(kernel, Given) or id(kernel) in seen:
            continue
        seen.add(id(kernel))
        for name, ob in kernel.parameters.items():
            if found.setdefault(name, ob) != ob:
                raise TypeMismatch(f"{box.name}: the parameter {name!r} is {ob} here but {found[name]} in another box")
    return found
