"""A straight run of nodes as lines of numpy: which array each value is put in, and until when it is needed.

An array of the workspace is free again as soon as nothing reads what it holds; an elementwise operation writes over an
input that ends there. A value that leaves is written where it is to end, where it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite

from catlearn.errors import UnknownBox
from catlearn.interpreters.program.emitter import Emitter
from catlearn.interpreters.program.lines import ELEMENTWISE, LINES, VIEWS, scalar, view
from catlearn.interpreters.program.node import Node, Program

__all__ = ["Block"]


class Block:
    """One straight run of nodes: what each is called, who owns its memory, and until when it is read."""

    def __init__(
        self,
        emitter: Emitter,
        program: Program,
        inputs: Sequence[str],
        fixed: Iterable[int] = (),
        reuse: Mapping[int, int] | None = None,
        special: Mapping[str, Special] | None = None,
    ) -> None:
        self.emitter, self.program, self.nodes, self.special = emitter, program, program.nodes, special or {}
        self.names: list[str] = []
        self.picked: dict[int, str] = {}
        self.targets: Mapping[int, str] | None = None
        self.reuse = {k: program.inputs[j] for k, j in (reuse or {}).items()}
        self.home: dict[int, str] = {}
        # Nodes whose arrays are there before the function runs.
        self.fixed = {program.inputs[k] for k in fixed}
        self.inputs = dict(zip(program.inputs, inputs, strict=True))
        self.root = list(range(len(self.nodes)))
        self.last: dict[int, float] = {}
        for i, node in enumerate(self.nodes):
            if node.op in VIEWS:
                self.root[i] = self.root[node.args[0]]
            for a in node.args:
                self.last[self.root[a]] = i
        self.leaving: dict[int, int] = {}
        for i in program.outputs:
            self.last[self.root[i]] = inf

    def _whole(self, i: int) -> int:
        """The node whose array, all of it and in order, a node is a view of."""
        while self.nodes[i].op == "reshape":
            i = self.nodes[i].args[0]
        return i

    def _owner(self, i: int) -> int | None:
        """The node whose memory an output can be, all of it and in order; None where it must be copied."""
        i = self._whole(i)
        made = self.nodes[i].op not in VIEWS | {"input", "const", "array", "ones"} and self.nodes[i].shape != ()
        return i if made else None

    def run(self, targets: Mapping[int, str] | None = None) -> list[str]:
        """Write all lines; outputs go into new arrays, or for the body of a loop into the targets there are."""
        self.targets = targets
        for k, out in enumerate(self.program.outputs):
            owner = self._owner(out)
            if owner is not None and self._may_leave(k, owner):
                self.leaving.setdefault(owner, k)
        for i, node in enumerate(self.nodes):
            self.names.append(self._place(i, node))
            if node.op not in VIEWS:
                for r in {self.root[a] for a in node.args}:
                    self._end(r, i)
            else:
                self._end(self.root[i], i)
        # What leaves may be copied from an input, so this comes before any is overwritten.
        names = {k: self._leave(k, i) for k, i in enumerate(self.program.outputs) if k not in self.reuse}
        names |= self._overwrite()
        return [names[k] for k in range(len(self.program.outputs))]

    def _may_leave(self, k: int, owner: int) -> bool:
        """Whether an output's last operation may write where the output is to end."""
        if self.targets is None and k not in self.reuse:
            return True
        if self.nodes[owner].shape != self.nodes[self.program.outputs[k]].shape:
            return False  # where it is to end has the shape of the output, of which the owner is another view
        if self.targets is not None:
            return k in self.targets
        # It may write over the input when nothing reads that any more, but for itself, element by element.
        given, node = self.reuse[k], self.nodes[owner]
        own = node.op in {*ELEMENTWISE, "add_dot"} and node.shape == self.nodes[given].shape
        others = node.args[1:] if node.op == "add_dot" else [a for a in node.args if a != given]
        views = any(self.root[a] == given for a in others)
        last = self.last.get(given, -1)
        if node.op == "pick":
            return last < node.args[0]  # the loop writes it while it reads its inputs
        return last < owner or (last == owner and own and not views)

    def _overwrite(self) -> dict[int, str]:
        """Copy outputs over inputs where they could not be written there; all are read before any is overwritten."""
        first, then, names = list[str](), list[str](), dict[int, str]()
        for k, given in self.reuse.items():
            i, name = self.program.outputs[k], self.names[self.program.outputs[k]]
            names[k] = self.names[given]
            owner = self._owner(i)
            if i == given or (owner is not None and self.leaving.get(owner) == k):
                continue
            if self.nodes[self.root[i]].op == "input":
                name = self.emitter.name("v")
                first.append(f"{name} = {self.names[i]}.copy()")
            then.append(f"copyto({names[k]}, {name})")
        self.emitter.body += first + then
        return names

    def _end(self, root: int, i: int) -> None:
        if self.last.get(root) == i and root in self.home:
            self.emitter.release(self.home.pop(root), self.nodes[root].size)

    def _leave(self, k: int, i: int) -> str:
        """The name under which an output leaves, always a new array or number."""
        owner, node = self._owner(i), self.nodes[i]
        if owner is not None and self.leaving.get(owner) == k:
            return self.names[i]
        if self.targets is not None:
            if k not in self.targets:
                return self.names[i]
            self.emitter.body.append(f"copyto({self.targets[k]}, {self.names[i]})")
            return self.targets[k]
        if node.shape == ():
            return f"float64({self.names[i]})"
        name = self.emitter.output(k)
        self.emitter.body += [f"{name} = empty({node.shape})", f"copyto({name}, {self.names[i]})"]
        return name

    def _place(self, i: int, node: Node) -> str:
        """Write the line of a node, if it needs one; gives what to call it."""
        if node.op == "input":
            return self.inputs[i]
        if node.op == "const":
            value = float(node.attr[0])
            return repr(value) if isfinite(value) else f"float64({str(value)!r})"
        if node.op in ("array", "ones"):
            self.fixed.add(i)
            return self.emitter.ones(node.shape) if node.op == "ones" else self.emitter.array(node.attr, node.shape)
        if node.op in VIEWS:
            return self._view(i, node)
        if node.op in self.special:
            self.special[node.op](self, i, node)
            return ""
        if node.op == "pick":
            return self.picked[i]
        args = [self.names[a] for a in node.args]
        if node.shape == () and (expression := scalar(node, args)):
            name = self.emitter.name("s")
            self.emitter.body.append(f"{name} = {expression}")
            return name
        out = self._out(i, node)
        self.emitter.body.append(self._line(node, args, out))
        return out

    def _view(self, i: int, node: Node) -> str:
        (a,) = node.args
        name = self.emitter.name("v")
        source = self.names[a] if self.nodes[a].shape != () or a in self.fixed else f"float64({self.names[a]})"
        line = f"{name} = {view(node, source)}"
        if a in self.fixed:
            self.fixed.add(i)
            self.emitter.work.append(line)
        else:
            self.emitter.body.append(line)
        return name

    def _out(self, i: int, node: Node) -> str:
        """The array a node is written into: one that leaves, one of its own inputs that ends here, or a free one."""
        if i in self.leaving and self.targets is not None:
            return self.targets[self.leaving[i]]
        if i in self.leaving and self.leaving[i] in self.reuse:
            return self.names[self.reuse[self.leaving[i]]]
        if i in self.leaving:
            name = self.emitter.output(self.leaving[i])
            self.emitter.body.append(f"{name} = empty({node.shape})")
            return name
        self.fixed.add(i)
        if node.op in ELEMENTWISE:
            for a in node.args:
                root = self._whole(a)
                if self.last.get(root) == i and root in self.home and self.nodes[a].shape == node.shape:
                    self.home[i] = self.home.pop(root)
                    return self.names[a]
        self.home[i], name = self.emitter.buffer(node.shape)
        return name

    def readers(self, i: int) -> list[int]:
        """The nodes that read a node."""
        return [k for k, node in enumerate(self.nodes) if i in node.args]

    def place_pick(self, i: int) -> str:
        """Make the array that a result of a loop is put in, before the loop is written."""
        shape = self.nodes[i].shape
        self.picked[i] = self._out(i, self.nodes[i]) if shape else self.emitter.name("s")
        return self.picked[i]

    def inner(self, program: Program, inputs: Sequence[str], fixed: Iterable[int]) -> Block:
        """A block inside this one, in the same workspace."""
        return Block(self.emitter, program, inputs, fixed, special=self.special)

    def _line(self, node: Node, args: list[str], out: str) -> str:
        rule = LINES.get(node.op)
        if rule is None:
            raise UnknownBox(f"there is no numpy line for the operation {node.op!r}")
        return rule(self.emitter, node, args, out)


Special = Callable[[Block, int, Node], None]
"""How an operation is written that has lines of its own inside, as a loop has."""
