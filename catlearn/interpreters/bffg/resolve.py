"""The kernels of a diagram's boxes, at some values of their parameters: a true one and a guide for each box."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.guided import Guided, Lasting, Spec, guided_of, parameters_of
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.wiring import Wiring
from catlearn.errors import NotSupported, TypeMismatch, UnknownBox, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.rules.defaults import default_guide
from catlearn.interpreters.bffg.rules.rule import Rule, rule_for

__all__ = ["Resolved", "parameters", "resolve"]


@dataclass(frozen=True, eq=False)
class Resolved:
    """What the boxes are.

    Attributes:
        names: of the boxes.
        pair: for each box, the number of its pair of kernels.
        kernels: the pairs, truth and guide.
        rules: the class of each pair's rule.
        keys: what two pairs must share to be stacked.
        durations: for each box; NaN where its kernel says it itself.
    """

    names: tuple[str, ...]
    pair: NDArray[np.int64]
    kernels: tuple[tuple[Kernel, Kernel], ...]
    rules: tuple[type[Rule], ...]
    keys: tuple[Hashable, ...]
    durations: NDArray[np.float64]


def parameters(wiring: Wiring) -> tuple[str, ...]:
    """The names of all parameters of a diagram's kernels, in the order in which they are met."""
    specs = {id(spec): spec for box in wiring.boxes if (held := guided_of(box)) for spec in (held.forward, held.guide)}
    return tuple(dict.fromkeys(name for spec in specs.values() for name in parameters_of(spec)))


def resolve(wiring: Wiring, values: Mapping[str, Any]) -> Resolved:
    """The kernels of all boxes at these values of the parameters.

    Raises:
        UnknownBox: for a box without a kernel.
        UnknownVariable: for a parameter that has no value.
        NotSupported: for a kernel that has no guide and no default; it names the box.
    """
    found: dict[Hashable, int] = {}
    kept: list[Any] = []
    pairs: list[tuple[Kernel, Kernel, type[Rule], Hashable]] = []
    pair, durations = np.empty(len(wiring.boxes), np.int64), np.full(len(wiring.boxes), np.nan)
    for k, box in enumerate(wiring.boxes):
        held = guided_of(box)
        if held is None:
            raise UnknownBox(f"{box.name}: this box has no kernel; make it with cl.kernel, cl.channel or cl.gaussian")
        key, duration = _identity(held)
        durations[k] = duration
        if key not in found:
            found[key] = len(pairs)
            kept.append(held)  # or its address might be used again
            pairs.append(_pair(box, held, values))
        pair[k] = found[key]
    names = tuple(box.name for box in wiring.boxes)
    kernels = tuple((truth, guide) for truth, guide, _, _ in pairs)
    return Resolved(names, pair, kernels, tuple(r for *_, r, _ in pairs), tuple(key for *_, key in pairs), durations)


def _identity(held: Guided) -> tuple[Hashable, float]:
    """What two boxes with the same process share, whatever their durations."""
    if held.duration is not None:
        return (id(held.forward), id(held.guide)), held.duration
    if held.guide is None and isinstance(held.forward, Lasting) and hasattr(held.forward, "process"):
        return (id(held.forward.process), None), held.forward.duration
    return (id(held.forward), id(held.guide)), float("nan")


def _pair(box: Box, held: Guided, values: Mapping[str, Any]) -> tuple[Kernel, Kernel, type[Rule], Hashable]:
    truth = _at(box, held.forward, values)
    guide = default_guide(box, truth) if held.guide is None else _at(box, held.guide, values)
    if held.guide is held.forward:
        guide = truth
    rule = rule_for(truth, guide)
    if rule is None:
        kinds = f"{type(truth).__name__} guided by {type(guide).__name__}"
        raise NotSupported(f"{box.name}: there is no rule for {kinds}; give another guide")
    return truth, guide, rule, (rule, rule.key(truth, guide, box))


def _at(box: Box, spec: Spec, values: Mapping[str, Any]) -> Kernel:
    if isinstance(spec, Kernel):
        return spec
    given = {}
    for name in parameters_of(spec):
        if name not in values:
            raise UnknownVariable(f"{box.name}: the parameter {name!r} has no value{nearest(name, values)}; give params")
        given[name] = values[name]
    made = spec(**given)
    if not isinstance(made, Kernel):
        raise TypeMismatch(f"{box.name}: a function of parameters gives a kernel, not {short(made)}")
    made.check(box.name, box.dom, box.cod)
    return made
