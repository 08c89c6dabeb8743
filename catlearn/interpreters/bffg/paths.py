"""Weighted samples of all wires, with the innovations that made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.errors import UnknownVariable, nearest
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

    def __init__(self, place: Mapping[str, tuple[Array, int, bool]]) -> None:
        self._place = place

    def __getitem__(self, name: str) -> Array:
        block, at, scalar = self._place[name]
        found = np.moveaxis(block[..., at, :], -1, 0)
        return found[:, 0] if scalar else found

    def __iter__(self) -> Any:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)
