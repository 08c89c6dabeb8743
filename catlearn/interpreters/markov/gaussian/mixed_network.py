"""A diagram of finite and Gaussian boxes: a joint table of the finite variables, a Gaussian network for each case.

>>> from catlearn import Finite, Real, copy, state
>>> from catlearn.diagrams.theories.markov.conditional_gaussian import conditional_gaussian
>>> sex = state("sex", Finite("female", "male"), [0.5, 0.5])
>>> height = conditional_gaussian("height", sex.cod, Real(), {"female": (165.0, 42.0), "male": (178.0, 50.0)})
>>> mixed = mixed_network_of(sex >> copy() >> (copy(sex.cod, 1) @ height))
>>> mixed.finite, mixed.real, mixed.given((1,)).mean
(('sex',), ('height',), array([178.]))
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram, as_diagram
from catlearn.diagrams.theories.markov.conditional_gaussian import ConditionalGaussian
from catlearn.diagrams.theories.markov.gaussian import Gaussian, real_width
from catlearn.diagrams.theories.markov.kernel import kernel_of
from catlearn.diagrams.theories.markov.table import Table
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import NotSupported, TooLarge, TypeMismatch
from catlearn.interpreters.markov.gaussian.network import Factor, GaussianNetwork

__all__ = ["Choice", "MixedNetwork", "is_mixed", "mixed_network_of"]

MOST = 65_536
"""The most combinations of finite outcomes that are gone through."""

AXES = 60
"""The most finite variables: numpy's arrays have up to 64 axes."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Choice:
    """A box whose Gaussian depends on finite variables: which of them, with how many outcomes each."""

    parts: tuple[Gaussian, ...]
    finite: tuple[int, ...]
    sizes: tuple[int, ...]
    reads: tuple[int, ...]
    gives: tuple[int, ...]

    def given(self, outcomes: tuple[int, ...]) -> Factor:
        """The factor for these outcomes of all finite variables."""
        at = np.ravel_multi_index([outcomes[i] for i in self.finite], self.sizes) if self.finite else 0
        return Factor(self.parts[int(at)], self.reads, self.gives)


@dataclass(frozen=True, eq=False)
class MixedNetwork:
    """The variables of a mixed model, finite ones and real ones each numbered from 0.

    Attributes:
        finite, real: the names of the variables.
        outcomes: for each finite variable, the names of its outcomes.
        shapes: for each real variable, () or (n,).
        table: the joint distribution of the finite variables, an axis for each.
        choices: the Gaussian boxes.
    """

    finite: tuple[str, ...]
    outcomes: tuple[tuple[str, ...], ...]
    real: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    table: Array
    choices: tuple[Choice, ...]

    def given(self, outcomes: tuple[int, ...]) -> GaussianNetwork:
        """The Gaussian network for these outcomes of all finite variables."""
        return GaussianNetwork(self.real, self.shapes, tuple(choice.given(outcomes) for choice in self.choices))

    @property
    def switches(self) -> tuple[int, ...]:
        """The finite variables that a Gaussian depends on."""
        return tuple(sorted({i for choice in self.choices for i in choice.finite}))


def is_mixed(model: Diagram) -> bool:
    """Whether a diagram is a state with Gaussian boxes and finite ones, and no others.

    >>> from catlearn import Finite, state
    >>> is_mixed(state("coin", Finite("heads", "tails"), [0.5, 0.5]))
    False
    """
    wiring = unfolded(model)
    kinds = {type(kernel_of(box)) for box in wiring.boxes}
    real = {Gaussian, ConditionalGaussian}
    return not wiring.dom.obs and kinds <= {Table, *real} and bool(kinds & real) and kinds != {Gaussian}


def mixed_network_of(model: Diagram) -> MixedNetwork:
    """The network of a diagram `Ty() -> B`, folded boxes opened; copies, discards and finite effects are free.

    Raises:
        TypeMismatch: when the diagram has inputs.
        NotSupported: when a box is neither finite nor Gaussian; it names the box.
        TooLarge: when there are more than 60 finite variables, or they have more than 65,536 outcomes together.
    """
    model = as_diagram(model)
    wiring = unfolded(model)
    if wiring.dom.obs:
        raise TypeMismatch(f"a model has no inputs, but this one reads {wiring.dom!r}; put a state before it")
    finite = [i for i, ob in enumerate(wiring.obs) if ob.kind == "Finite"]
    real = [i for i, ob in enumerate(wiring.obs) if ob.kind != "Finite"]
    place = {wire: k for wires in (finite, real) for k, wire in enumerate(wires)}
    sizes = [len(wiring.obs[i].sizes) for i in finite]
    if (count := prod(sizes)) > MOST or len(sizes) > AXES:
        raise TooLarge(
            f"{len(finite)} finite variables have {count:,} outcomes together, more than {MOST:,}; use fewer"
        )
    table, choices = np.ones(sizes), list[Choice]()
    for box, reads, gives in wiring.steps():
        kernel = kernel_of(box)
        if isinstance(kernel, Table):
            table = table * _spread(kernel.values, [place[i] for i in (*reads, *gives)], sizes)
        elif isinstance(kernel, Gaussian | ConditionalGaussian):
            choices.append(_choice(kernel, wiring.obs, reads, gives, place))
        else:
            raise NotSupported(f"{box.name} is neither a finite box nor a Gaussian one")
    names = variables(model)
    outcomes = tuple(tuple(map(str, wiring.obs[i].sizes)) for i in finite)
    shapes = tuple((real_width("a wire", wiring.obs[i]),) if wiring.obs[i].sizes else () for i in real)
    return MixedNetwork(
        tuple(names[i] for i in finite), outcomes, tuple(names[i] for i in real), shapes, table, tuple(choices)
    )


def _choice(kernel: Any, obs: Any, reads: Any, gives: Any, place: dict[int, int]) -> Choice:
    finite = tuple(i for i in reads if obs[i].kind == "Finite")
    rest = tuple(place[i] for i in reads if obs[i].kind != "Finite")
    parts = (kernel,) if isinstance(kernel, Gaussian) else kernel.parts
    sizes = tuple(len(obs[i].sizes) for i in finite)
    return Choice(parts, tuple(place[i] for i in finite), sizes, rest, tuple(place[i] for i in gives))


def _spread(values: Any, axes: list[int], sizes: list[int]) -> Array:
    """A table with an axis for every finite variable; an axis that is read twice is its diagonal."""
    different = sorted(set(axes))
    einsum: Any = np.einsum
    found = einsum(np.asarray(values, np.float64), [different.index(a) for a in axes], list(range(len(different))))
    return np.asarray(found).reshape([sizes[i] if i in different else 1 for i in range(len(sizes))])
