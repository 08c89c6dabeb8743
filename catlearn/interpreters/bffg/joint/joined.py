"""A diagram with some wires joined to one, read by the same rules, and where its own wires are found again.

>>> from catlearn import Real, gaussian, gaussian_state, unfolded
>>> from catlearn.interpreters.bffg.joint.scopes import scopes
>>> X = Real()
>>> start = gaussian_state("a", X, 0, 1) @ gaussian_state("b", X, 0, 1)
>>> model = unfolded(start >> gaussian("y", X @ X, X, [1, 1], 0, 1))
>>> found = joined(model, scopes(model, ["Real"] * 3, {"Real": 64}))
>>> found.wiring.cod, found.wiring.obs
(Real(), [Ob('Real'), Ob('Real', (2,)), Ob('Real', (2,)), Ob('Real')])
>>> found.parts
{1: Part(sizes=(1, 1), at=0, ob=Ob('Real'))}
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.types import Finite, Ob, Real, Ty
from catlearn.diagrams.wiring import Builder, Wiring
from catlearn.interpreters.bffg.joint.carried import Carried, CarriedGaussian, Layout
from catlearn.interpreters.bffg.joint.finite import CarriedFinite
from catlearn.interpreters.bffg.joint.parts import Part
from catlearn.interpreters.bffg.joint.scopes import Group, Scopes, size
from catlearn.interpreters.bffg.resolve import Resolved
from catlearn.interpreters.bffg.rules.gaussian import GaussianRule
from catlearn.interpreters.bffg.rules.rule import Rule

__all__ = ["Joined", "alone", "joined"]

Ints = NDArray[np.int64]
KINDS: dict[str, tuple[type[Carried], type[Rule]]] = {
    "Finite": (Carried, CarriedFinite),
    "Real": (CarriedGaussian, GaussianRule),
}


@dataclass(frozen=True, eq=False)
class Joined:
    """A diagram with joint wires.

    Attributes:
        wiring: with boxes that have the right types, but no kernels.
        sources: for each of its boxes the number of the box that it stands for, and whether it only selects.
        layouts: for each of its boxes; None where it is as it was.
        wire: for each wire of the diagram, the one on which it is found.
        parts: for those that are found on joint wires, where.
        inputs: the groups of the diagram's inputs.
    """

    wiring: Wiring
    sources: tuple[tuple[int, bool], ...]
    layouts: tuple[Layout | None, ...]
    wire: Ints
    parts: Mapping[int, Part]
    inputs: tuple[Group, ...]

    @cached_property
    def plain(self) -> bool:
        """Whether nothing is joined."""
        return not self.parts and not any(self.layouts)

    @cached_property
    def projected(self) -> tuple[int, ...]:
        """The boxes of the diagram whose messages are products that they are not by themselves."""
        return tuple(k for (k, _), box in zip(self.sources, self.wiring.boxes, strict=True) if len(box.dom) > 1)

    def resolved(self, plain: Resolved) -> Resolved:
        """The kernels of the boxes, as they are for some parameters."""
        if self.plain:
            return plain
        bones = plain.skeleton
        found: dict[Hashable, int] = {}
        pair: list[int] = []
        made: list[tuple[tuple[Kernel, Kernel], type[Rule], Hashable]] = []
        for (k, selects), layout, box in zip(self.sources, self.layouts, self.wiring.boxes, strict=True):
            key = (-1 if selects else int(bones.pair[k]), layout)
            if key not in found:
                found[key] = len(made)
                made.append(_carried(plain, key[0], layout, box))
            pair.append(found[key])
        at = np.array([k for k, _ in self.sources], np.int64)
        durations = np.where([selects for _, selects in self.sources], np.nan, bones.durations[at])
        names = tuple(bones.names[k] for k, _ in self.sources)
        skeleton = replace(bones, names=names, pair=np.array(pair, np.int64), durations=durations)
        kernels, rules, keys = zip(*made, strict=True) if made else ((), (), ())
        return Resolved(skeleton, kernels, rules, keys)


def _carried(
    plain: Resolved, pair: int, layout: Layout | None, box: Box
) -> tuple[tuple[Kernel, Kernel], type[Rule], Hashable]:
    if layout is None:
        return plain.kernels[pair], plain.rules[pair], plain.keys[pair]
    kind, rule = KINDS[(box.dom or box.cod).obs[0].kind]
    if pair < 0:
        selection = kind(None, layout)
        return (selection, selection), rule, (rule, layout)
    truth, guide = plain.kernels[pair]
    carried = kind(guide, layout)
    return (carried if truth is guide else kind(truth, layout), carried), rule, (rule, layout, plain.keys[pair])


@lru_cache(maxsize=256)
def _finite(n: int) -> Ob:
    return Finite(*map(str, range(n))).obs[0]


def _joint(obs: list[Ob]) -> Ob:
    if len(obs) == 1:
        return obs[0]
    sizes = [size(ob) for ob in obs]
    return _finite(int(np.prod(sizes))) if obs[0].kind == "Finite" else Real(sum(sizes)).obs[0]


def alone(wiring: Wiring) -> Joined:
    """The diagram as it is."""
    sources = tuple((k, False) for k in range(len(wiring.boxes)))
    inputs = tuple((wire,) for wire in range(len(wiring.dom)))
    return Joined(wiring, sources, (None,) * len(sources), np.arange(len(wiring.obs)), {}, inputs)


def joined(wiring: Wiring, found: Scopes) -> Joined:
    """The diagram with wires joined as was found."""
    if found.plain and all(len(set(reads)) == len(reads) for _, reads, _ in wiring.steps()):
        return alone(wiring)
    made = _Joining(wiring, found)
    for k in range(len(made.steps)):
        made.place(k)
    outputs = made.outputs(wiring.outputs.tolist())
    wire = np.array([made.at[w] for w in range(len(wiring.obs))], np.int64)
    return Joined(
        made.build.finish(outputs), tuple(made.sources), tuple(made.layouts), wire, made.parts(), found.inputs
    )


class _Joining:
    def __init__(self, wiring: Wiring, found: Scopes) -> None:
        self.steps, self.obs, self.found = list(wiring.steps()), wiring.obs, found
        self.build = Builder(Ty.of(self._ob(group) for group in found.inputs))
        self.sources: list[tuple[int, bool]] = []
        self.layouts: list[Layout | None] = []
        self.members: dict[int, Group] = {}
        self.at: dict[int, int] = {}
        self.selected: dict[tuple[int, Group], int] = {}
        for new, group in enumerate(found.inputs):
            self._settle(group, group, new)

    def place(self, k: int) -> None:
        box, reads, made = self.steps[k]
        groups, together = self.found.groups[k], self.found.together[k]
        wires = [self.select(k, group) for group in groups]
        plain = not together and [(wire,) for wire in reads] == list(groups)
        outs: list[Group] = [together] if together else [(wire,) for wire in made]
        layout = None if plain else self._layout(reads, made, groups, outs)
        dom, cod = Ty.of(self.build.obs[wire] for wire in wires), Ty.of(map(self._ob, outs))
        given = self._add(k, False, layout, Box(box.name, dom, cod), wires)
        for out, new in zip(outs, given, strict=True):
            self._settle([wire for wire in out if wire in made], out, new)

    def select(self, k: int, group: Group) -> int:
        """The wire that carries exactly this group."""
        new, members = self.at[max(group)], self.members[max(group)]
        if members == group:
            return new
        if (new, group) not in self.selected:
            layout = self._layout([], range(0), (members,), [group])
            box = Box(self.steps[k][0].name, Ty.of([self._ob(members)]), Ty.of([self._ob(group)]))
            self.selected[new, group] = self._add(k, True, layout, box, [new])[0]
        return self.selected[new, group]

    def outputs(self, wires: list[int]) -> list[int]:
        return list(dict.fromkeys(self.at[wire] for wire in wires))

    def parts(self) -> dict[int, Part]:
        return {
            wire: Part(tuple(size(self.obs[w]) for w in group), group.index(wire), self.obs[wire])
            for wire, group in sorted(self.members.items())
            if len(group) > 1
        }

    def _ob(self, group: Group) -> Ob:
        return _joint([self.obs[wire] for wire in group])

    def _add(self, k: int, selects: bool, layout: Layout | None, box: Box, wires: list[int]) -> range:
        self.sources.append((k, selects))
        self.layouts.append(layout)
        return self.build.add(box, wires)

    def _settle(self, wires: Group | list[int], members: Group, new: int) -> None:
        for wire in wires:
            self.members[wire], self.at[wire] = members, new

    def _layout(self, reads: list[int], made: range, groups: tuple[Group, ...], outs: list[Group]) -> Layout:
        flat = [wire for group in groups for wire in group]
        ins = tuple(tuple(size(self.obs[wire]) for wire in group) for group in groups)
        places = tuple(
            tuple(-1 - made.index(wire) if wire in made else flat.index(wire) for wire in out) for out in outs
        )
        sizes = tuple(size(self.obs[wire]) for wire in made)
        return Layout(ins, tuple(flat.index(wire) for wire in reads), sizes, places)
