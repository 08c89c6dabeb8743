"""The tables of a tree's edges at some values of the parameters, for sites that evolve at some rate.

>>> from catlearn import channel, copy, identity, kernel
>>> from catlearn.diagrams.theories.markov.processes.substitution import DNA, HKY85, JC69
>>> from catlearn.interpreters.bffg.sites.tree import read_tree
>>> edge = kernel("a", DNA, DNA, forward=lambda kappa: HKY85(kappa, [0.25] * 4))
>>> found = Tables(read_tree(JC69().stationary("root") >> edge(0.1)))
>>> found.parameters
('kappa',)
>>> found.at({"kappa": 1.0}, 1.0).edges[1].sum(axis=0)
array([1., 1., 1., 1.])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Box
from catlearn.diagrams.theories.markov.guided import Guided, guided_of, parameters_of
from catlearn.diagrams.theories.markov.kernel import Kernel
from catlearn.diagrams.theories.markov.processes.substitution import Stationary, Substitution
from catlearn.diagrams.theories.markov.table import Table
from catlearn.errors import NotSupported, UnknownBox
from catlearn.interpreters.bffg.resolve import _at, _identity
from catlearn.interpreters.bffg.sites.tree import Tree

__all__ = ["EdgeTables", "Tables"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class EdgeTables:
    """Numbers of a tree.

    Attributes:
        edges: for each wire the table of its edge turned round, (outcomes below, outcomes above); one array where all
            have one shape.
        prior: of the root, (K,); None where the root is an input.
        effects: for each box without outputs the likelihoods it says, (1, K).
    """

    edges: Sequence[Array] | Array
    prior: Array | None
    effects: tuple[Array, ...]


@dataclass(frozen=True, eq=False)
class _Group:
    """Boxes of one process: the first of them, where they are, and how long each lasts."""

    box: Box
    held: Guided
    wires: list[int]
    durations: list[float]


@dataclass(frozen=True, eq=False)
class Tables:
    """The boxes of a tree, those of one process together."""

    tree: Tree

    @cached_property
    def _groups(self) -> list[_Group]:
        """Raises `UnknownBox` for a box without a kernel."""
        found: dict[Any, _Group] = {}
        effects = [(box, ~k) for k, (box, _) in enumerate(self.tree.effects)]
        for box, wire in [*((box, wire) for wire, box in enumerate(self.tree.boxes) if box is not None), *effects]:
            held = guided_of(box)
            if held is None:
                raise UnknownBox(f"{box.name}: this box has no kernel; make it with cl.kernel or cl.channel")
            key, duration = _identity(held)
            group = found.setdefault((key, box.dom, box.cod), _Group(box, held, [], []))
            group.wires.append(wire)
            group.durations.append(duration)
        return [*found.values()]

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters."""
        return tuple(dict.fromkeys(name for group in self._groups for name in parameters_of(group.held.forward)))

    @cached_property
    def _shape(self) -> tuple[int, int] | None:
        """The shape of all edges' tables; None where they differ."""
        tree = self.tree
        shapes = {(tree.size(w), tree.size(p)) for w, p in enumerate(tree.parents) if p >= 0}
        return shapes.pop() if len(shapes) == 1 else None

    def at(self, values: Mapping[str, Any], rate: float) -> EdgeTables:
        """The tables where kernels that last do so `rate` times as long.

        Raises:
            UnknownVariable: for a parameter without a value.
            NotSupported: for a kernel that is not finite.
        """
        count = len(self.tree.names)
        edges: Any = [np.empty((0, 0))] * count if self._shape is None else np.zeros((count, *self._shape))
        prior, effects = None, [np.empty(0)] * len(self.tree.effects)
        for group in self._groups:
            found = _tables(group, _at(group.box, group.held.forward, values), rate)
            if not group.box.dom.obs:
                prior = found[0]
            elif not group.box.cod.obs:
                for wire, row in zip(group.wires, found, strict=True):
                    effects[~wire] = row[None]
            elif self._shape is None:
                for wire, table in zip(group.wires, found, strict=True):
                    edges[wire] = np.ascontiguousarray(table.T)
            else:
                edges[group.wires] = found.transpose(0, 2, 1)
        return EdgeTables(edges, prior, tuple(effects))


def _tables(group: _Group, kernel: Kernel, rate: float) -> Array:
    """The tables of the boxes of a group, boxes on the first axis."""
    if isinstance(kernel, Table):
        values = np.asarray(kernel.values, np.float64)
        return np.broadcast_to(values, (len(group.wires), *values.shape))
    if isinstance(kernel, Stationary):
        return kernel.frequencies[None]
    if isinstance(kernel, Substitution):
        durations = np.array(group.durations)
        durations[np.isnan(durations)] = kernel.duration
        return np.moveaxis(kernel.transition(rate * durations), -1, 0)
    raise NotSupported(f"{group.box.name}: sites are for tables and substitution models, not {type(kernel).__name__}")
