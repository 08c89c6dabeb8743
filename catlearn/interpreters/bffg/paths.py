"""Weighted samples of all wires, with the innovations that made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.types import Ob
from catlearn.errors import UnknownVariable, nearest
from catlearn.interpreters.bffg.plan import Plan
from catlearn.interpreters.markov.weighting.weighted import Weighted

__all__ = ["Paths"]

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Paths(Weighted):
    """Guided samples, each with a weight: how likely the evidence is where it is.

    `paths["x"]` are the samples of a variable, (n,) or (n, d); numbers of outcomes on finite wires. `mean`, `variance`,
    `probability`, `marginal`, `expectation` are weighted, with standard errors. `log_evidence` estimates without bias
    the evidence (not its logarithm); `ess` tells how many equal weights would be worth as much.

    Attributes:
        innovations: the standard normals of all samples, an array (normals, boxes, n) for each group of boxes. Given
            to `forward` again they give the same samples.
    """

    innovations: tuple[NDArray[np.float64], ...] = ()

    def __getitem__(self, variable: str) -> Array:
        if variable not in self.samples:
            raise UnknownVariable(f"there is no variable {variable!r}{nearest(variable, self.samples)}")
        return self.samples[variable]

    @property
    def standard_error(self) -> float:
        """The standard error of `log_evidence`: the relative one of the evidence."""
        return float(self.log_evidence.standard_error)


class Wires(Mapping[str, Array]):
    """Samples by the names of wires, taken out of their blocks when they are asked for."""

    def __init__(
        self, names: Sequence[str], number: Mapping[str, int], obs: Sequence[Ob], plan: Plan, blocks: Sequence[Any]
    ) -> None:
        self._names, self._number, self._obs, self._plan, self._blocks = names, number, obs, plan, blocks

    def __getitem__(self, name: str) -> Array:
        wire = self._number[name]
        block = self._blocks[int(self._plan.block[wire])]
        if block is None:
            raise KeyError(name)
        found: Array = np.moveaxis(block[..., int(self._plan.place[wire]), :], -1, 0)
        return found[:, 0] if found.ndim > 1 and not self._obs[wire].sizes else found

    def __contains__(self, name: object) -> bool:
        return name in self._number and self._kept(str(name))

    def _kept(self, name: str) -> bool:
        return self._blocks[int(self._plan.block[self._number[name]])] is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def outcomes(self) -> dict[str, tuple[str, ...]]:
        """For each variable with named outcomes, their names."""
        obs = ((name, self._obs[self._number[name]]) for name in self._names)
        return {name: tuple(map(str, ob.sizes)) for name, ob in obs if ob.kind == "Finite"}
