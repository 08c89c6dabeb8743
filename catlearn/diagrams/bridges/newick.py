"""Trees in Newick, the text format of the usual collections, read as diagrams: a copy at every branching.

What lies along an edge is told by a function of its length. The wire of each node bears the node's name.

>>> from catlearn import Real, gaussian, variables
>>> X = Real()
>>> def drift(length):
...     return gaussian("drift", X, X, 1.0, 0.0, 0.1 * length)
>>> tree = read_newick("((human:6,chimp:6)apes:1,gibbon:7);", drift)
>>> tree.names, variables(tree)
(('root',), ('root', 'apes', 'human', 'chimp', 'gibbon'))
>>> tree.cod
Real() @ Real() @ Real()

Read are: names in quotes, comments in brackets, nodes with any number of children, names of inner nodes, and numbers
such as 95 or 0.98/97 in their place, which say how well a branch is supported and are dropped. An underscore stays one.
"""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Callable
from typing import Any

from catlearn.diagrams.bridges._newick_reader import Node, parse
from catlearn.diagrams.diagram import Box
from catlearn.diagrams.types import Ob, Ty
from catlearn.diagrams.wiring import Builder, Graph
from catlearn.errors import FileProblem, InputMismatch, TypeMismatch, short
from catlearn.files import as_path, read_text

__all__ = ["read_newick"]

Leaf = Box | Callable[[str], Box]


def read_newick(
    source: str | os.PathLike[str],
    edge: Callable[[float], Box],
    leaf: Leaf | None = None,
    root: Box | None = None,
    default_length: float | None = None,
    name: str = "",
) -> Graph:
    """The diagram of a tree; its outputs are the leaves, in the order of the text.

    Args:
        source: the text of a tree, or the path of a file with one (a `Path`, not a string), gzipped or not.
        edge: the box of an edge of this length; it has one input and one output of one type. The box is called after
            the node below it, so that this is the name of the wire.
        leaf: what is seen at a leaf: a box with one input, or a function that gives the box of a leaf's name. It is
            called after the leaf, and the wire that it reads `name.state`.
        root: a box without inputs, the distribution at the root. Without one the diagram has an input for the root.
        default_length: for the edges whose length is not in the text.
        name: the diagram's name.

    Nodes without a name are called `n1`, `n2`, ..., from the root on, the root `root`; where a node has that name, the
    next one is taken. A length at the root is read over, as no edge leads there.

    Raises:
        FileProblem: when the text is no tree, an edge has no length or a negative one, or two nodes have one name; it
            names the line and the column.
        TypeMismatch: when a box does not have these types; it names the node.
        InputMismatch: when the default length is no length.

    >>> from catlearn import Finite, channel, state, variables
    >>> X, Y = Finite("short", "long"), Finite("no", "yes")
    >>> tree = read_newick(
    ...     "(a:1,b:2);",
    ...     edge=lambda t: channel("grow", X, X, [[0.9, 0.1], [0.2, 0.8]]),
    ...     leaf=channel("seen", X, Y, [[0.9, 0.1], [0.2, 0.8]]),
    ...     root=state("first", X, [0.5, 0.5]),
    ... )
    >>> variables(tree), tree.cod
    (('first', 'a.state', 'a', 'b.state', 'b'), Finite("no", "yes") @ Finite("no", "yes"))
    >>> read_newick("(a:1,b);", lambda t: channel("grow", X, X, [[0.9, 0.1], [0.2, 0.8]]))
    Traceback (most recent call last):
    ...
    catlearn.errors.FileProblem: Newick text, line 1, column 6: the edge to 'b' has no length; write one after a
    colon, or give default_length=
    """
    where, text = ("Newick text", source) if isinstance(source, str) else (str(source), read_text(as_path(source)))
    if not text.strip():
        raise FileProblem(f"{where}: is empty; write a tree such as (human:0.1,mouse:0.3);")
    if isinstance(source, str) and not set("(;") & set(source):
        raise FileProblem(f"{short(source)} is no tree in Newick; give the text, or pathlib.Path(...) for a file")
    _check_default(default_length)
    if not callable(edge):
        raise TypeMismatch(f"edge is a function that gives the box of a length, not {short(edge)}")
    if not (leaf is None or isinstance(leaf, Box) or callable(leaf)):
        raise TypeMismatch(f"leaf is a box, or a function that gives the box of a leaf's name, not {short(leaf)}")
    return _Maker(edge, leaf, root).graph(parse(text, where, default_length), name)


class _Maker:
    """What stands at edges, leaves and the root."""

    def __init__(self, edge: Callable[[float], Box], leaf: Leaf | None, root: Box | None) -> None:
        self.edge, self.leaf, self.root = edge, leaf, root

    def graph(self, nodes: list[Node], name: str) -> Graph:
        self._check_names(nodes)
        first = self._edge(nodes[1])
        build, wires, outputs = self._start(nodes[0], first.dom), [0] * len(nodes), list[int]()
        for k, node in enumerate(nodes[1:], 1):
            box = self._edge(node) if k > 1 else first
            _check_types(f"edge, at {node.name!r}", box, first.dom.obs, 1)
            ends = self.leaf is not None and not node.inner
            label = f"{node.name}.state" if ends else node.name
            wires[k] = build.add(_called(label, box), [wires[node.parent]])[0]
            if ends:
                outputs += build.add(_called(node.name, self._leaf(node, first.dom.obs)), [wires[k]])
            elif not node.inner:
                outputs.append(wires[k])
        return Graph(build.finish(outputs), name, () if self.root else (nodes[0].name,))

    def _edge(self, node: Node) -> Box:
        box = self.edge(node.length)
        _check_types(f"edge, at {node.name!r}", box, None, 1)
        return box

    def _leaf(self, node: Node, obs: tuple[Ob, ...]) -> Box:
        assert self.leaf is not None
        box = self.leaf if isinstance(self.leaf, Box) else self.leaf(node.name)
        _check_types(f"leaf, at {node.name!r}", box, obs, None)
        return box

    def _check_names(self, nodes: list[Node]) -> None:
        """Refuse names that would be those of two wires."""
        taken = {node.name for node in nodes[1:]}
        for node in nodes if self.leaf is not None else ():
            if not node.inner and f"{node.name}.state" in taken:
                said = f"as the state of leaf {node.name!r} is; rename one"
                raise FileProblem(f"a node is called {short(node.name + '.state')}, {said}")
        if isinstance(self.root, Box) and not nodes[0].named and self.root.name in taken:
            raise InputMismatch(f"root is called {short(self.root.name)}, as a node of the tree is; rename the box")

    def _start(self, node: Node, dom: Ty) -> Builder:
        if self.root is None:
            return Builder(dom)
        if not isinstance(self.root, Box) or len(self.root.dom) or self.root.cod != dom:
            raise TypeMismatch(f"root is a box without inputs and with the output {dom!r}, not {short(self.root)}")
        build = Builder(Ty())
        build.add(_called(node.name, self.root) if node.named else self.root, [])
        return build


def _check_default(length: Any) -> None:
    try:
        fine = length is None or (isinstance(length, numbers.Real) and 0 <= float(length) < math.inf)
    except OverflowError:
        fine = False
    if not fine:
        raise InputMismatch(f"default_length is {short(length)}; a length is a finite number from 0 up")


def _called(name: str, box: Box) -> Box:
    return box if box.name == name else Box(name, box.dom, box.cod, box.data, box.inside)


def _check_types(where: str, box: Box, obs: tuple[Ob, ...] | None, outputs: int | None) -> None:
    """Raise `TypeMismatch` where a box does not read one wire, of these objects, or give so many."""
    if not isinstance(box, Box):
        raise TypeMismatch(f"{where}: give a box such as drift(length), not {short(box)}")
    if len(box.dom.obs) != 1 or (obs is not None and box.dom.obs != obs):
        wanted = "one wire" if obs is None else f"{Ty.of(obs)!r}, as the nodes of this tree have"
        raise TypeMismatch(f"{where}: {box.name} reads {box.dom or '()'}; it must read {wanted}")
    if outputs is not None and box.cod.obs != box.dom.obs:
        raise TypeMismatch(f"{where}: {box.name} is {box.dom} -> {box.cod or '()'}; an edge keeps the type of its wire")
