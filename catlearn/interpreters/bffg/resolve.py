"""The kernels of a diagram's boxes, at some values of their parameters: a true one and a guide for each box."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.given import Given
from catlearn.diagrams.theories.markov.guided import Guided, Lasting, Spec, guided_of, parameters_of
from catlearn.diagrams.theories.markov.kernel import Kernel, kernel_of
from catlearn.diagrams.wiring import Wiring
from catlearn.errors import CatlearnError, NotSupported, TypeMismatch, UnknownBox, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.evidence.concrete import concrete
from catlearn.interpreters.bffg.rules.defaults import default_guide
from catlearn.interpreters.bffg.rules.rule import Rule, rule_for

__all__ = ["Resolved", "Skeleton", "parameters", "resolve", "skeleton"]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Which boxes share a pair of kernels, whatever the values of parameters.

    Attributes:
        names: of the boxes.
        pair: for each box, the number of its pair.
        durations: for each box; NaN where its kernel says it itself.
        first: for each pair, a box that has it, and its kernel and guide as they were given.
    """

    names: tuple[str, ...]
    pair: NDArray[np.int64]
    durations: NDArray[np.float64]
    first: tuple[tuple[Box, Guided], ...]


@dataclass(frozen=True, eq=False)
class Resolved:
    """What the boxes are at some values of the parameters.

    Attributes:
        skeleton: which boxes share a pair of kernels.
        kernels: the pairs, truth and guide.
        rules: the class of each pair's rule.
        keys: what two pairs must share to be stacked.
    """

    skeleton: Skeleton
    kernels: tuple[tuple[Kernel, Kernel], ...]
    rules: tuple[type[Rule], ...]
    keys: tuple[Hashable, ...]


def parameters(wiring: Wiring) -> tuple[str, ...]:
    """The names of all parameters of a diagram's kernels, in the order in which they are met."""
    specs = {id(spec): spec for box in wiring.boxes if (held := guided_of(box)) for spec in (held.forward, held.guide)}
    return tuple(dict.fromkeys(name for spec in specs.values() for name in parameters_of(spec)))


def skeleton(wiring: Wiring) -> Skeleton:
    """Which boxes of a diagram share a pair of kernels.

    Raises:
        UnknownBox: for a box without a kernel.
    """
    found: dict[Hashable, int] = {}
    first: list[tuple[Box, Guided]] = []
    pair, durations = list[int](), list[float]()
    for box in wiring.boxes:
        held = guided_of(box)
        if held is None:
            raise UnknownBox(f"{box.name}: this box has no kernel; make it with cl.kernel, cl.channel or cl.gaussian")
        key, duration = _identity(held)
        if key not in found:
            found[key] = len(first)
            first.append((box, held))
        pair.append(found[key])
        durations.append(duration)
    names = tuple(box.name for box in wiring.boxes)
    return Skeleton(names, np.array(pair, np.int64), np.array(durations, np.float64), tuple(first))


def resolve(bones: Skeleton, values: Mapping[str, Any]) -> Resolved:
    """The kernels of all boxes at these values of the parameters.

    Raises:
        UnknownVariable: for a parameter that has no value.
        NotSupported: for a kernel that has no guide and no default; it names the box.
    """
    pairs = [_pair(box, held, values) for box, held in bones.first]
    kernels, rules = tuple((truth, guide) for truth, guide, _, _ in pairs), tuple(rule for *_, rule, _ in pairs)
    return Resolved(bones, kernels, rules, tuple(key for *_, key in pairs))


def _identity(held: Guided) -> tuple[Hashable, float]:
    """What two boxes with the same process share, whatever their durations."""
    if held.duration is not None:
        # A kernel that a diagram of parameters gives is made anew for each duration.
        apart = held.duration if isinstance(held.forward, Given) else None
        return (id(held.forward), id(held.guide), apart), held.duration
    process = getattr(held.forward, "process", None)
    if held.guide is None and process is not None and isinstance(held.forward, Lasting):
        return (id(process), None), held.forward.duration
    return (id(held.forward), id(held.guide)), float("nan")


def _pair(box: Box, held: Guided, values: Mapping[str, Any]) -> tuple[Kernel, Kernel, type[Rule], Hashable]:
    truth = _lasting(box, held, _at(box, held.forward, values, held.duration))
    guide = default_guide(box, truth) if held.guide is None else _at(box, held.guide, values, held.duration)
    if held.guide is held.forward:
        guide = truth
    rule = rule_for(truth, guide)
    if rule is None:
        kinds = f"{type(truth).__name__} guided by {type(guide).__name__}"
        raise NotSupported(f"{box.name}: there is no rule for {kinds}; give another guide")
    return truth, guide, rule, (rule, rule.key(truth, guide, box))


def _lasting(box: Box, held: Guided, truth: Kernel) -> Kernel:
    if held.duration is not None and not isinstance(held.forward, Given) and not isinstance(truth, Lasting):
        said = "does not run for a time; only processes do"
        raise TypeMismatch(
            f"{box.name}: a {type(truth).__name__} {said}, so {box.name}({held.duration:g}) means nothing"
        )
    return truth


def _at(box: Box, spec: Spec, values: Mapping[str, Any], duration: float | None = None) -> Kernel:
    if isinstance(spec, Given):
        timed = spec if duration is None else spec.lasting(duration)
        return concrete(timed, values, box.dom, box.cod, box.name)
    if isinstance(spec, Kernel):
        return spec
    given = {}
    for name in parameters_of(spec):
        if name not in values:
            raise UnknownVariable(
                f"{box.name}: the parameter {name!r} has no value{nearest(name, values)}; give params"
            )
        given[name] = values[name]
    try:
        made: Any = spec(**given)
    except CatlearnError as error:
        raise type(error)(f"{box.name}: {error}") from None
    if isinstance(made, Box) and kernel_of(made) is not None:
        made = kernel_of(made)
    if not isinstance(made, Kernel):
        raise TypeMismatch(f"{box.name}: a function of parameters gives a kernel, not {short(made)}")
    made.check(box.name, box.dom, box.cod)
    return made
