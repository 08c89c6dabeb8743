"""Which tree a diagram is: every wire but the first comes from one other wire, by a box.

>>> from catlearn import Finite, channel, copy, identity, state
>>> X = Finite("no", "yes")
>>> rain, wet = state("rain", X, [0.8, 0.2]), channel("wet", X, X, [[0.9, 0.1], [0.2, 0.8]])
>>> found = read_tree(rain >> copy() >> (identity() @ wet))
>>> found.names, found.parents
(('rain', 'wet'), (-1, 0))
"""

from __future__ import annotations

from dataclasses import dataclass

from catlearn.diagrams.diagram import Box, Diagram
from catlearn.diagrams.theories.markov.variables import variables
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import unfolded
from catlearn.errors import NotSupported, TypeMismatch

__all__ = ["Tree", "read_tree"]


@dataclass(frozen=True, eq=False)
class Tree:
    """A diagram as a tree of wires; parents stand before their children.

    Attributes:
        names, obs, parents, boxes: of each wire its name, its object, the wire it comes from (-1 at the root) and the
            box between them (None where the root is an input).
        effects: the boxes without outputs, each with the wire that it reads.
        outputs: the wires that leave the diagram.
    """

    names: tuple[str, ...]
    obs: tuple[Ob, ...]
    parents: tuple[int, ...]
    boxes: tuple[Box | None, ...]
    effects: tuple[tuple[Box, int], ...]
    outputs: tuple[int, ...]

    def size(self, wire: int) -> int:
        """How many outcomes a wire has."""
        return len(self.obs[wire].sizes)


def read_tree(d: Diagram) -> Tree:
    """The tree of a diagram, folded boxes opened.

    Raises:
        NotSupported: when it is no tree: a box with several inputs or outputs, or several roots.
        TypeMismatch: when a wire has no named outcomes.
    """
    wiring = unfolded(d)
    obs = tuple(wiring.obs)
    parents: list[int] = [-1] * len(wiring.dom)
    boxes: list[Box | None] = [None] * len(wiring.dom)
    effects: list[tuple[Box, int]] = []
    for box, reads, made in wiring.steps():
        if len(reads) > 1 or len(made) > 1 or not (reads or made):
            raise NotSupported(
                f"{box.name} has {len(reads)} inputs and {len(made)} outputs; in a tree a box has one each"
            )
        parents += reads[:1] * len(made) or [-1] * len(made)
        boxes += [box] * len(made)
        effects += [(box, reads[0])] if not made else []
    names = variables(d)
    for name, ob in zip(names, obs, strict=True):
        if ob.kind != "Finite":
            raise TypeMismatch(f"{name}: sites are of wires with named outcomes such as DNA, not {Ty.of((ob,))!r}")
    roots = [name for name, parent in zip(names, parents, strict=True) if parent < 0]
    if len(roots) != 1:
        said = f"{len(roots)} roots ({', '.join(roots[:3])})" if roots else "no root"
        raise NotSupported(f"the diagram has {said}; sites need a tree with one")
    outputs = tuple(dict.fromkeys(wiring.outputs.tolist()))
    return Tree(names, obs, tuple(parents), tuple(boxes), tuple(effects), outputs)
