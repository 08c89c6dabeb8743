"""A trait that wanders along a tree as a Brownian motion and is seen at the leaves: the trees, our model, and data.

Nodes are numbered breadth first, the root is 0 and its own parent. All edges last equally long, as the peer's prebuilt
sweeps have no lengths.

>>> balanced(2).tolist(), yule(3).tolist()
([0, 0, 0, 1, 1, 2, 2], [0, 0, 0, 2, 2])
>>> Trait.of(balanced(2), d=1).back.log_guide
0.0
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catlearn.diagrams.theories.markov.gaussian import gaussian
from catlearn.diagrams.theories.markov.guided import KernelBox, kernel
from catlearn.diagrams.theories.markov.processes.linear_sde import BrownianMotion
from catlearn.diagrams.types import Real
from catlearn.diagrams.wiring import Builder, Graph
from catlearn.interpreters.bffg.backward import Filtered
from catlearn.interpreters.bffg.messages import Seen
from catlearn.interpreters.bffg.plan import Plan
from catlearn.interpreters.bffg.smoother import Backward, bffg

__all__ = ["LENGTH", "NOISE", "Trait", "balanced", "yule"]

Ints = NDArray[np.int64]

LENGTH = 0.3
NOISE = 0.09
"""The variance of what is seen at a leaf."""


def balanced(depth: int) -> Ints:
    """The parents of a tree of which every node above `depth` has two children."""
    n = 2 ** (depth + 1) - 1
    return np.maximum(np.arange(n) - 1, 0) // 2


def yule(leaves: int, seed: int = 0) -> Ints:
    """The parents of a tree that grew by splitting one of its leaves, each as likely as the others."""
    random, children, open_ = np.random.default_rng(seed), [list[int]()], [0]
    for _ in range(leaves - 1):
        at = int(random.integers(len(open_)))
        children[open_[at]] = [len(children), len(children) + 1]
        children += [[], []]
        open_[at : at + 1] = [len(children) - 2, len(children) - 1]
    order, parents = [0], [0]
    for place, node in enumerate(order):
        order += children[node]
        parents += [place] * len(children[node])
    return np.array(parents)


def edge(d: int, truth: float, guide: float | None) -> KernelBox:
    """The step along an edge, with the variance that it gains in a unit of time, and that of the guide."""
    walks = [BrownianMotion(rate * np.eye(d)) for rate in (truth, guide) if rate is not None]
    X = Real() if d == 1 else Real(d)
    return kernel("drift", X, X, *walks)(LENGTH)


def model(parents: Ints, drift: KernelBox) -> Graph:
    """The tree as a diagram: boxes of edges in the order of nodes, and then what is seen at the leaves."""
    X = drift.dom
    build, wires = Builder(X), [0]
    d = int(np.prod(X.obs[0].sizes, dtype=int))
    seen = gaussian("y", X, X, np.eye(d), np.zeros(d), NOISE * np.eye(d))
    for parent in parents[1:].tolist():
        wires += build.add(drift, [wires[parent]])
    leaves = np.setdiff1d(np.arange(len(parents)), parents[1:])
    return Graph(build.finish([build.add(seen, [wires[k]])[0] for k in leaves.tolist()]), "tree", ["root"])


@dataclass(frozen=True, eq=False)
class Trait:
    """A problem.

    Attributes:
        parents: of the nodes.
        y: (leaves, d) what was seen, in the order of nodes.
        truth, guide: the variances gained in a unit of time; without a guide truth guides itself.
        back: our backward pass.
    """

    parents: Ints
    y: NDArray[np.float64]
    truth: float
    guide: float | None
    back: Backward

    @classmethod
    def of(cls, parents: Ints, d: int, truth: float = 1.0, guide: float | None = None) -> Trait:
        """The problem on a tree, with observations drawn at random."""
        opt = bffg(model(parents, edge(d, truth, guide)))
        names = opt.variables[len(parents) :]
        y = np.random.default_rng(1).normal(size=(len(names), d))
        back = opt.backward(dict(zip(names, y[:, 0] if d == 1 else y, strict=True)))
        return cls(parents, y, truth, guide, back)

    @cached_property
    def plan(self) -> Plan:
        """Our plan."""
        return self.back.plan

    def messages(self, left: Filtered) -> list[Any]:
        """c (n,), F (d, n) and H (d, d, n) at the nodes."""
        parts: list[list[Any]] = [[], [], []]
        for message in left.messages:
            said = message.message if isinstance(message, Seen) else message
            for part, array in zip(parts, (said.c, said.F, said.H), strict=True):  # type: ignore[union-attr]
                part.append(array)
        return [self._by_node(part) for part in parts]

    def samples(self, blocks: list[Any]) -> Any:
        """Samples at the nodes, (d, n, s)."""
        return np.moveaxis(self._by_node([np.moveaxis(block, 1, -1) for block in blocks]), -1, 1)

    def _by_node(self, blocks: list[Any]) -> Any:
        """Arrays of blocks, wires last, as one array of nodes; the wires of nodes come first in the diagram."""
        starts = np.cumsum([0, *self.plan.sizes])
        n = len(self.parents)
        return np.concatenate(blocks, axis=-1)[..., starts[self.plan.block[:n]] + self.plan.place[:n]]

    def innovations(self, z: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Normals (d, n, s) of the nodes as our forward pass takes them, that of the root first."""
        n, rest = len(self.parents), z[:0]
        # Box k makes the wire of node k + 1; what is seen needs no normals.
        return z[:, :1], *(
            z[:, g.boxes + 1] if g.boxes[0] < n - 1 else rest[:, : len(g.boxes)] for g in self.plan.groups
        )
