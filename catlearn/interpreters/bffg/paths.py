"""Weighted samples of all wires, with the innovations that made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.diagram import Diagram
from catlearn.diagrams.types import Ob
from catlearn.errors import NotSupported, UnknownVariable, nearest
from catlearn.interpreters.bffg.between import path_between
from catlearn.interpreters.bffg.joint.joined import Joined
from catlearn.interpreters.bffg.plan import Plan
from catlearn.interpreters.bffg.shown import of_samples
from catlearn.interpreters.markov.weighting.weighted import Weighted

__all__ = ["Paths"]

Array = NDArray[Any]
MOST = 12
"""So many variables are shown."""


@dataclass(frozen=True, eq=False, repr=False)
class Paths(Weighted):
    """Guided samples, each with a weight: how likely the evidence is where it is.

    The evidence is the mean of the weights, so `log_weights` contain what the guides say of it. A standard error is an
    estimate too: where a few samples have most of the weight (see `ess`), another seed may tell otherwise.

    `paths["x"]` are the samples of a variable, (n,) or (n, d); numbers of outcomes on finite wires. `mean`, `variance`,
    `probability`, `marginal`, `expectation` are weighted, with standard errors. `log_evidence` estimates without bias
    the evidence (not its logarithm); `ess` tells how many equal weights would be worth as much.

    Attributes:
        innovations: the standard normals of all samples, an array (normals, boxes, n) for each group of boxes. Given
            to `forward` again they give the same samples.
        diagram: whose wires these are.
        back: the messages that guided them.
    """

    innovations: tuple[NDArray[np.float64], ...] = ()
    diagram: Diagram | None = None
    back: Any = None

    def __getitem__(self, variable: str) -> Array:
        if variable not in self.samples:
            raise UnknownVariable(f"there is no variable {variable!r}{nearest(variable, self.samples)}")
        return self.samples[variable]

    @property
    def standard_error(self) -> float:
        """The standard error of `log_evidence`: the relative one of the evidence."""
        return float(self.log_evidence.standard_error)

    def path(self, variable: str) -> tuple[Array, Array]:
        """How a diffusion came to a variable: the times (steps + 1,) since the start of its box, and paths.

        Paths are (n, steps + 1), or (n, steps + 1, d) on a wire Real(d); they are made again from the innovations.

        Raises:
            UnknownVariable: when there is no such variable.
            NotSupported: when it is not the end of an `SDE`, or its start was not kept.
        """
        if self.back is None or not isinstance(self.samples, Wires):
            raise NotSupported("path: these samples know no messages; take them from forward")
        return path_between(self.back, self.samples._blocks, self.innovations, variable)

    def __repr__(self) -> str:
        equal = bool((self.log_weights == self.log_weights[0]).all())
        said = "guided by the truth" if equal else f"effective {self.ess:.1f}"
        lines = [f"{len(self)} weighted samples, {said}", f"log-evidence {self.log_evidence!r}"]
        shown = list(islice(self.samples, MOST))
        width = max(map(len, shown), default=0)
        lines += [f"{name:<{width}}  {self._line(name)}" for name in shown]
        more = len(self.samples) - len(shown)
        return "\n".join([*lines, f"... and {more:,} more"] if more else lines)

    def shown(self) -> dict[str, Any]:
        """What a drawing says of each variable: its weighted mean and deviation, or the probabilities of outcomes."""
        return of_samples(self)

    def draw(self, path: Any = None, **options: Any) -> Any:
        """Draw the diagram with the posterior on every wire; see `catlearn.draw`.

        Raises:
            NotSupported: when these are samples of no diagram.
        """
        if self.diagram is None:
            raise NotSupported("draw: these samples know no diagram; write model.draw(path, posterior=paths)")
        return self.diagram.draw(path, posterior=self, **options)


class Wires(Mapping[str, Array]):
    """Samples by the names of wires, taken out of their blocks when they are asked for."""

    def __init__(
        self,
        names: Sequence[str],
        number: Mapping[str, int],
        obs: Sequence[Ob],
        joined: Joined,
        plan: Plan,
        blocks: Sequence[Any],
    ) -> None:
        self._names, self._number, self._obs = names, number, obs
        self._joined, self._plan, self._blocks = joined, plan, blocks

    def __getitem__(self, name: str) -> Array:
        wire = self._number[name]
        on = int(self._joined.wire[wire])
        block = self._blocks[int(self._plan.block[on])]
        if block is None:
            raise KeyError(name)
        samples, part = block[..., int(self._plan.place[on]), :], self._joined.parts.get(wire)
        found: Array = np.moveaxis(samples if part is None else part.samples(samples), -1, 0)
        return found[:, 0] if found.ndim > 1 and not self._obs[wire].sizes else found

    def __contains__(self, name: object) -> bool:
        return name in self._number and self._kept(str(name))

    def _kept(self, name: str) -> bool:
        return self._blocks[int(self._plan.block[self._joined.wire[self._number[name]]])] is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def outcomes(self) -> dict[str, tuple[str, ...]]:
        """For each variable with named outcomes, their names."""
        if all(ty.obs[0].kind != "Finite" for ty in self._plan.types):
            return {}
        obs = ((name, self._obs[self._number[name]]) for name in self._names)
        return {name: tuple(map(str, ob.sizes)) for name, ob in obs if ob.kind == "Finite"}
