"""What chains are to do: a target, its parameters, which of them move together, and what is kept.

A plan is plain data and functions that can go to another process or machine with every piece of work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from catlearn.diagrams.theories.markov.families.family import counted
from catlearn.errors import InputMismatch, TypeMismatch, UnknownVariable, nearest, short
from catlearn.interpreters.bffg.mcmc.blocks import RandomWalk
from catlearn.interpreters.bffg.mcmc.parameters import Parameters, parameters
from catlearn.interpreters.bffg.mcmc.pcn import CrankNicolson
from catlearn.interpreters.bffg.mcmc.point import Move
from catlearn.interpreters.bffg.mcmc.target import Costly, Layout, Target, check_target, fresh

__all__ = ["Plan", "plan"]


@dataclass(frozen=True)
class Plan:
    """One chain's work. A step is one move of every group of innovations, then one of every block of parameters.

    Attributes:
        target: what is sampled.
        params: its parameters.
        layout: of its innovations.
        groups: the numbers of the arrays of innovations that move together.
        blocks: the names of the parameters that move together.
        keep: the wires whose values are kept.
        warmup: how many steps learn how long steps should be, and are not kept.
        thin: every so manieth step after these is kept.
        start: values with which some parameters begin.
    """

    target: Target | Costly
    params: Parameters
    layout: Layout
    groups: tuple[tuple[int, ...], ...]
    blocks: tuple[tuple[str, ...], ...]
    keep: tuple[str, ...] = ()
    warmup: int = 0
    thin: int = 1
    start: Mapping[str, Any] = field(default_factory=dict)

    def moves(self) -> list[Move]:
        """The moves of a step, with arrays to work in."""
        names = self.names
        walks = [RandomWalk(self.target, self.params, block) for block in self.blocks]
        pairs = zip(self.groups, names, strict=False)
        return [*(CrankNicolson(self.layout, group, name) for group, name in pairs), *walks]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the moves are called."""
        alone = len(self.groups) == 1
        groups = ["innovations" if alone else f"innovations {', '.join(map(str, each))}" for each in self.groups]
        return (*groups, *(", ".join(block) for block in self.blocks))


def plan(
    target: Any,
    priors: Mapping[str, Any] | None,
    blocks: Sequence[Sequence[str]] | None,
    groups: Sequence[Sequence[int]] | str | None,
    keep: Sequence[str],
    warmup: int,
    thin: int,
    start: Mapping[str, Any] | None,
) -> Plan:
    """The plan of such settings: see `sample`.

    Raises:
        TypeMismatch, InputMismatch, UnknownVariable: for settings that say nothing, or that do not fit one another.
    """
    found, params = check_target(target), parameters(priors)
    layout, _ = fresh(found, 0)
    if not isinstance(start, Mapping | None):
        raise TypeMismatch(f"start: give values by name, as in {{'sigma': 0.3}}, not {short(start)}")
    params.starting(start or {}, params.draw(np.random.default_rng(0)))
    together = _groups(groups, len(layout.shapes)) if layout.size else ()
    kept = _names("keep", keep)
    if both := set(kept) & set(params.names):
        raise InputMismatch(f"keep: {min(both)} is a parameter, and is kept in any case; rename the wire")
    counts = counted("warmup", warmup), counted("thin", thin, 1)
    return Plan(found, params, layout, together, _blocks(blocks, params.names), kept, *counts, dict(start or {}))


def _blocks(blocks: Any, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """One block for each parameter, or the blocks that were given. Every parameter is in one of them, once."""
    if blocks is None:
        return tuple((name,) for name in names)
    if isinstance(blocks, str) or not isinstance(blocks, Sequence):
        raise TypeMismatch(f"blocks: give lists of names, as in [['sigma'], ['mu', 'tau']], not {short(blocks)}")
    found = tuple(_names("blocks", block) for block in blocks)
    listed = [name for block in found for name in block]
    for name in listed:
        if name not in names:
            raise UnknownVariable(f"blocks: there is no parameter {name!r}{nearest(name, names)}")
    wrong = [name for name in names if listed.count(name) != 1]
    if wrong or not all(found):
        said = f"{wrong[0]} is in {listed.count(wrong[0])} blocks" if wrong else "one block is empty"
        raise InputMismatch(f"blocks: {said}; put every parameter in one block")
    return found


def _groups(groups: Any, count: int) -> tuple[tuple[int, ...], ...]:
    """One group of all arrays of innovations, one group for each, or the groups that were given."""
    if groups is None:
        return (tuple(range(count)),)
    if groups == "each":
        return tuple((i,) for i in range(count))
    try:
        found = tuple(tuple(counted("groups: the number of an array", i) for i in group) for group in groups)
    except TypeError:
        raise TypeMismatch(
            f"groups: give 'each' or lists of numbers, as in [[0], [1, 2]], not {short(groups)}"
        ) from None
    if not all(found) or sorted(i for group in found for i in group) != list(range(count)):
        raise InputMismatch(f"groups: put each of the {count} arrays of innovations in one group, not {short(groups)}")
    return found


def _names(what: str, names: Any) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Sequence) or not all(isinstance(each, str) for each in names):
        raise TypeMismatch(f"{what}: give a list of names, as in ['sigma'], not {short(names)}")
    if len(set(names)) < len(names):
        raise InputMismatch(f"{what}: the same name is there twice in {short(list(names))}")
    return tuple(names)
