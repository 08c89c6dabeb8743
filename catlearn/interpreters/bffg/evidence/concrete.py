"""The kernels that diagrams of parameters make, at fixed values of them: one kernel, or those of a whole model.

>>> from catlearn import Gaussian, Real, constant, diagram
>>> from catlearn.diagrams.theories.markov.given import given
>>> @diagram
... def walk(variance: Real()):
...     return constant(1.0), constant(0.0), variance
>>> concrete(given(Gaussian, walk), {"variance": 0.5}, Real(), Real())
Gaussian(((1.0,),), (0.0,), ((0.5,),))
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from catlearn.diagrams.diagram import Box, Diagram, as_diagram
from catlearn.diagrams.theories.markov.gaussian import Gaussian
from catlearn.diagrams.theories.markov.given import Given
from catlearn.diagrams.theories.markov.guided import guided_of
from catlearn.diagrams.theories.markov.kernel import Kernel, place_kernel
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.types import Ty
from catlearn.diagrams.wiring import Graph, graph, names, unfolded
from catlearn.errors import CatlearnError, InputMismatch, NotSupported, UnknownBox, short
from catlearn.interpreters.program.compile import Compiled, compile

__all__ = ["Exact", "at_parameters", "concrete", "exact_kernel"]

Exact = Gaussian | Table | Given
"""The kernels that messages pass exactly."""


def at_parameters(model: Diagram, params: Mapping[str, Any]) -> Graph:
    """A model with all its kernels at these parameters, plain boxes for `infer` and all else.

    Raises:
        InputMismatch: when a parameter is missing, or has another shape.
        NotNormalized: when a covariance or a table comes out that is none; it names the box.
        NotSupported: for a kernel that is neither Gaussian nor a table.

    >>> from catlearn import Gaussian, Real, diagram, infer, kernel
    >>> from catlearn.diagrams.theories.markov.given import given
    >>> @diagram
    ... def normal(mean: Real(), variance: Real()):
    ...     return mean, variance
    >>> x = kernel("x", Ty(), Real(), forward=given(Gaussian, normal))
    >>> infer(at_parameters(x, {"mean": 2.0, "variance": 0.5})).posterior()["x"].mean
    2.0
    """
    wiring = unfolded(as_diagram(model))
    if not isinstance(params, Mapping):
        raise InputMismatch(f"params: give values by name, as in {{'variance': 0.5}}, not {short(params)}")
    made: dict[int, Box] = {}
    for box in wiring.boxes:
        if id(box) not in made:
            kernel = concrete(exact_kernel(box), params, box.dom, box.cod, box.name)
            made[id(box)] = place_kernel(box.name, box.dom, box.cod, kernel)
    steps = [(made[id(box)], reads) for box, reads, _ in wiring.steps()]
    return graph(wiring.dom, steps, wiring.outputs.tolist(), getattr(model, "name", ""), names(model))


def concrete(kernel: Kernel, params: Mapping[str, Any], dom: Ty, cod: Ty, name: str = "") -> Kernel:
    """The kernel at these parameters, for a box of these types; kernels that are not `given` are what they are.

    Raises:
        InputMismatch: when a parameter is missing, or has another shape.
        NotNormalized: when the covariance or the table that comes out is none.
    """
    if not isinstance(kernel, Given):
        return kernel
    values = {**{name: params[name] for name in kernel.parameters if name in params}, **dict(kernel.fixed)}
    if missing := [name for name in kernel.parameters if name not in values]:
        raise InputMismatch(f"{name or repr(kernel)}: the parameter {missing[0]!r} has no value; give it in params")
    with np.errstate(all="ignore"):  # the kernel says what is not finite
        made = _compiled(kernel.make)(*(values[name] for name in names(kernel.make)))
    outputs = made if isinstance(made, tuple) else (made,)
    shapes = kernel.shapes(dom, cod)
    arrays = [np.reshape(array, shape) for array, shape in zip(outputs, shapes, strict=True)]
    try:
        if kernel.kind is Table:
            return Table(arrays[0])
        return Gaussian(*([np.zeros((len(arrays[0]), 0))] if len(arrays) == 2 else []), *arrays)
    except CatlearnError as error:
        raise type(error)(f"{name or repr(kernel)}: {error}") from None


def exact_kernel(box: Box) -> Exact:
    """The kernel of a box, as messages pass it. Raises `NotSupported`, `UnknownBox`."""
    held = guided_of(box)
    if held is None:
        raise UnknownBox(f"{box.name} has no kernel; make boxes with cl.kernel")
    found: Any = held.forward
    if held.duration is not None and hasattr(found, "lasting"):
        found = found.lasting(held.duration)
    if isinstance(found, Gaussian | Table | Given):
        return found
    what = type(found).__name__ if isinstance(found, Kernel) else "a plain function of parameters"
    raise NotSupported(
        f"{box.name}: messages do not pass {what} exactly; give it a Gaussian, a Table, or cl.given with a diagram; "
        "for others there is cl.fisher_gradient with samples"
    )


@lru_cache(maxsize=256)
def _compiled(make: Diagram) -> Compiled:
    return compile(make)
