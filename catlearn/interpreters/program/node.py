"""Programs: straight-line code on arrays of known shapes, each value made once (static single assignment).

A program is the only thing that runs. Nodes are numbered; a node reads nodes with smaller numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

__all__ = ["Assembly", "Node", "Program", "Shape", "live"]

Shape = tuple[int, ...]


class Node(NamedTuple):
    """One operation: its name, the nodes it reads, what else it depends on, and the shape of what it gives."""

    op: str
    args: tuple[int, ...]
    attr: Any
    shape: Shape

    @property
    def size(self) -> int:
        """How many elements it gives."""
        return prod(self.shape)


@dataclass(frozen=True)
class Program:
    """Nodes in an order in which they can run.

    Attributes:
        nodes: all nodes.
        inputs: for each input, its node.
        outputs: for each output, its node.
        names: the names of the inputs.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    names: tuple[str, ...]


class Assembly:
    """Collects nodes. Asking twice for the same operation on the same nodes gives the same node (hash-consing)."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._seen: dict[Node, int] = {}

    def add(self, op: str, args: tuple[int, ...], attr: Any, shape: Shape) -> int:
        """The node of an operation: an old one where there is one."""
        node = Node(op, args, attr, shape)
        found = self._seen.get(node)
        if found is None:
            found = self._seen[node] = len(self.nodes)
            self.nodes.append(node)
        return found

    def find(self, op: str, args: tuple[int, ...], attr: Any, shape: Shape) -> int | None:
        """The node of an operation, where there is one already."""
        return self._seen.get(Node(op, args, attr, shape))

    def finish(self, inputs: Sequence[int], outputs: Sequence[int], names: Sequence[str]) -> Program:
        """The program with these outputs, without nodes that no output needs."""
        keep = sorted(live(self.nodes, outputs) | set(inputs))
        place = {old: new for new, old in enumerate(keep)}
        nodes = tuple(
            Node(node.op, tuple(place[i] for i in node.args), node.attr, node.shape)
            for node in (self.nodes[i] for i in keep)
        )
        return Program(nodes, tuple(place[i] for i in inputs), tuple(place[i] for i in outputs), tuple(names))


def live(nodes: Sequence[Node], outputs: Iterable[int]) -> set[int]:
    """The nodes that the outputs need."""
    found: set[int] = set()
    todo = list(outputs)
    while todo:
        i = todo.pop()
        if i not in found:
            found.add(i)
            todo.extend(nodes[i].args)
    return found
