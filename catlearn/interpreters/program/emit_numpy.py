"""From a program to numpy source: one call a line, each writing into an array made beforehand.

Arrays inside are made once (the workspace) and used again as soon as what they held is no longer read; arrays that
leave are new on every call. Views are made once where what they view is.

>>> from catlearn import Real, compile, diagram
>>> @diagram
... def f(w: Real(2, 3), x: Real(3)):
...     return (w @ x) * 2.0
>>> print(compile(f).source)
def program(w, x):
    dot(w, x, t0)
    y0 = empty((2,))
    multiply(2.0, t0, y0)
    return y0
"""

from __future__ import annotations

import keyword
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, prod
from typing import Any

from catlearn.errors import UnknownBox
from catlearn.interpreters.program.kernels import KERNELS
from catlearn.interpreters.program.loops import emit_scan
from catlearn.interpreters.program.node import Node, Program, Shape

__all__ = ["Source", "emit"]

SAME_NAME = "exp log log1p expm1 sqrt sin cos tanh sign"
FUNCTIONS = "greater maximum minimum power dot matmul einsum copyto concatenate"
"""What generated code takes from numpy beyond the functions in `UFUNCS`."""

UFUNCS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "neg": "negative",
    "abs": "absolute",
    "equals": "equal",
    "at_least": "greater_equal",
    **{op: op for op in SAME_NAME.split()},
}
INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/"}
VIEWS = frozenset({"reshape", "permute", "slice"})
ELEMENTWISE = frozenset({*UFUNCS, "step", "maximum", "relu", "power", "finite"})


@dataclass(frozen=True)
class Source:
    """Generated code: lines that make the workspace, and the function `program`.

    Attributes:
        text: the source of the function.
        workspace: the source of the arrays it works in, to be run once.
        arrays: constants, by the name the code calls them by: numbers in row-major order, and a shape.
        size: how many elements the workspace has.
    """

    text: str
    workspace: str
    arrays: dict[str, tuple[tuple[float, ...], Shape]]
    size: int


def emit(program: Program, reuse: Mapping[int, int] | None = None) -> Source:
    """The numpy source of a program. Raises `UnknownBox` for an operation without a line here.

    Args:
        program: what to write.
        reuse: for outputs that are to overwrite an input's array instead of being new, which input.
    """
    names = parameters(program)
    emitter = _Emitter(names)
    results = emitter.block(program, names, reuse or {})
    lines = [f"def program({', '.join(names)}):", *emitter.body, f"return {', '.join(results) or '()'}"]
    text = "\n    ".join(lines)
    return Source(text, "\n".join(emitter.work), emitter.arrays, emitter.size)


def parameters(program: Program) -> list[str]:
    """Names for the inputs that are no names of anything else in generated code."""
    taken = [
        name if name.isidentifier() and not keyword.iskeyword(name) else f"x{i}" for i, name in enumerate(program.names)
    ]
    return [f"{name}_" if name in RESERVED else name for name in taken]


_TAKEN = "largest empty float64 add_reduce maximum_reduce range zip list slice type float abs numbers more program"
RESERVED = frozenset({*UFUNCS.values(), *KERNELS, *FUNCTIONS.split(), *_TAKEN.split()})


class _Emitter:
    """Lines of code, and which arrays of the workspace are free."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = frozenset(taken)
        self.work: list[str] = []
        self.body: list[str] = []
        self.arrays: dict[str, tuple[tuple[float, ...], Shape]] = {}
        self.size = 0
        self._free: dict[int, list[str]] = defaultdict(list)
        self._shaped: dict[tuple[str, Shape], str] = {}
        self._count = 0

    def name(self, letter: str) -> str:
        """A new name."""
        name = f"{letter}{self._count}"
        self._count += 1
        return self.name(letter) if name in self.taken else name

    def output(self, k: int) -> str:
        """The name of an output that is a new array."""
        return f"y{k}" + "_" * (f"y{k}" in self.taken)

    def array(self, values: tuple[float, ...], shape: Shape) -> str:
        """The name of a constant array."""
        name = self.name("c")
        self.arrays[name] = values, shape
        return name

    def ones(self, shape: Shape) -> str:
        """The name of an array of ones in the workspace, which nobody writes."""
        if ("ones", shape) not in self._shaped:
            name = self._shaped["ones", shape] = self.name("c")
            self.work += [f"{name} = empty({shape})", f"{name}.fill(1.0)"]
            self.size += prod(shape)
        return self._shaped["ones", shape]

    def buffer(self, shape: Shape) -> tuple[str, str]:
        """A free array of the workspace with this shape: the name it was made under, and its name in this shape."""
        size = prod(shape)
        if self._free[size]:
            home = self._free[size].pop()
        else:
            home = self.name("t")
            self.work.append(f"{home} = empty({shape})")
            self._shaped[home, shape] = home
            self.size += size
        if (home, shape) not in self._shaped:
            view = self._shaped[home, shape] = self.name("t")
            self.work.append(f"{view} = {home}.reshape({shape})")
        return home, self._shaped[home, shape]

    def release(self, home: str, size: int) -> None:
        """Give an array back to the workspace."""
        self._free[size].append(home)

    def block(self, program: Program, inputs: Sequence[str], reuse: Mapping[int, int]) -> list[str]:
        """Lines for all nodes; gives the names of the outputs."""
        return Block(self, program, inputs, reuse=reuse).run()

    def give_back(self, name: str) -> None:
        """Give an array of the workspace back by any of its names."""
        home, shape = next(key for key, shaped in self._shaped.items() if shaped == name)
        self.release(home, prod(shape))


class Block:
    """One straight run of nodes: what each is called, who owns its memory, and until when it is read."""

    def __init__(
        self,
        emitter: _Emitter,
        program: Program,
        inputs: Sequence[str],
        fixed: Iterable[int] = (),
        reuse: Mapping[int, int] | None = None,
    ) -> None:
        self.emitter, self.program, self.nodes = emitter, program, program.nodes
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
        overwritten = self._overwrite()
        return [overwritten.get(k) or self._leave(k, i) for k, i in enumerate(self.program.outputs)]

    def _may_leave(self, k: int, owner: int) -> bool:
        """Whether an output's last operation may write where the output is to end."""
        if self.targets is not None:
            return k in self.targets
        if k not in self.reuse:
            return True
        # It may write over the input when nothing reads that any more, but for itself, element by element.
        given, node = self.reuse[k], self.nodes[owner]
        own = node.op in ELEMENTWISE and node.shape == self.nodes[given].shape
        views = any(a != given and self.root[a] == given for a in node.args)
        last = self.last.get(given, -1)
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
        if node.op == "scan":
            emit_scan(self, i, node)
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
        return Block(self.emitter, program, inputs, fixed)

    def _line(self, node: Node, args: list[str], out: str) -> str:
        rule = LINES.get(node.op)
        if rule is None:
            raise UnknownBox(f"there is no numpy line for the operation {node.op!r}")
        return rule(self.emitter, node, args, out)


def scalar(node: Node, args: list[str]) -> str:
    """The expression of a number, or nothing where only an array will do."""
    if node.op in INFIX:
        return f"{args[0]} {INFIX[node.op]} {args[1]}"
    rule = SCALARS.get(node.op)
    return rule(node, args) if rule else ""


def _of(name: str) -> Callable[[Node, list[str]], str]:
    return lambda node, args: f"{name}({', '.join(args)})"


SCALARS: dict[str, Callable[[Node, list[str]], str]] = {
    "neg": lambda node, args: f"-{args[0]}",
    "step": lambda node, args: f"float64({args[0]} > 0.0)",
    "equals": lambda node, args: f"float64({args[0]} == {args[1]})",
    "at_least": lambda node, args: f"float64({args[0]} >= {args[1]})",
    "relu": lambda node, args: f"maximum({args[0]}, 0.0)",
    "maximum": lambda node, args: f"maximum({args[0]}, {args[1]})",
    "power": lambda node, args: f"power({args[0]}, {node.attr})",
    "finite": lambda node, args: f"maximum(minimum({args[0]}, largest), -largest)",
    "sum": lambda node, args: f"add_reduce({args[0]}, None)",
    "max": lambda node, args: f"maximum_reduce({args[0]}, None)",
    "dot": lambda node, args: f"dot({args[0]}, {args[1]})",
    **{op: _of(f) for op, f in UFUNCS.items() if op not in ("neg", "equals", "at_least")},
}


def view(node: Node, source: str) -> str:
    """The expression of a view."""
    if node.op == "reshape":
        return f"{source}.reshape({node.shape})"
    if node.op == "permute":
        return f"{source}.transpose({node.attr})" if node.attr != (1, 0) else f"{source}.T"
    return f"{source}[{', '.join(map(part, node.attr))}]"


def part(bounds: tuple[int | None, int | None, int | None]) -> str:
    """A slice as it is written."""
    start, stop, step = bounds
    return ":" if stop is None else f"{start}:{stop}" + (f":{step}" if step != 1 else "")


Line = Callable[[_Emitter, Node, list[str], str], str]


def _call(name: str, *more: str) -> Line:
    """A call with the inputs, then what the node's attribute says, then the output."""
    return lambda emitter, node, args, out: f"{name}({', '.join([*args, *more, out])})"


def _with(name: str, attr: Callable[[_Emitter, Any], Sequence[object]]) -> Line:
    return lambda emitter, node, args, out: f"{name}({', '.join([*args, *map(str, attr(emitter, node.attr)), out])})"


def _reduce(name: str) -> Line:
    def line(emitter: _Emitter, node: Node, args: list[str], out: str) -> str:
        axes = node.attr[0] if len(node.attr) == 1 else node.attr
        return f"{name}({args[0]}, {axes}, None, {out})"

    return line


def _slices(parts: Sequence[tuple[int | None, int | None, int | None]]) -> str:
    return "(" + "".join(f"slice({', '.join(map(str, p))}), " for p in parts) + ")"


def _indices(emitter: _Emitter, indices: tuple[int, ...]) -> str:
    return emitter.array(indices, (len(indices),))


def _put(emitter: _Emitter, node: Node, args: list[str], out: str) -> str:
    axis, indices = node.attr
    name = "put_once" if len(set(indices)) == len(indices) else "put"
    return f"{name}({args[0]}, {axis}, {_indices(emitter, indices)}, {out})"


LARGE = 4096

LINES: dict[str, Line] = {
    **{op: _call(f) for op, f in UFUNCS.items()},
    "step": _call("greater", "0.0"),
    # numpy deprecates the position of out for these two.
    "maximum": lambda emitter, node, args, out: f"maximum({args[0]}, {args[1]}, out={out})",
    "relu": lambda emitter, node, args, out: f"maximum({args[0]}, 0.0, out={out})",
    "power": _with("power", lambda emitter, c: [c]),
    "sum": _reduce("add_reduce"),
    "max": _reduce("maximum_reduce"),
    # dot fills its output with zeros first, which costs more than matmul's longer way to BLAS where that is large.
    "dot": lambda emitter, node, args, out: f"{'matmul' if node.size >= LARGE else 'dot'}({args[0]}, {args[1]}, {out})",
    "matmul": _call("matmul"),
    "einsum": lambda emitter, node, args, out: f'einsum("{node.attr}", {args[0]}, {args[1]}, out={out})',
    "copy": lambda emitter, node, args, out: f"copyto({out}, {args[0]})",
    "broadcast": lambda emitter, node, args, out: f"copyto({out}, {args[0]})",
    "concatenate": lambda emitter, node, args, out: f"concatenate(({', '.join(args)},), {node.attr}, {out})",
    "pad": _with("pad", lambda emitter, parts: [_slices(parts)]),
    "take": _with("take", lambda emitter, data: [data[0], _indices(emitter, data[1])]),
    "put": _put,
    "finite": lambda emitter, node, args, out: (
        f"minimum({args[0]}, largest, out={out}); maximum({out}, -largest, out={out})"
    ),
    **{op: _call(op) for op in ("sigmoid", "select")},
    **{op: _with(op, lambda emitter, data: data) for op in ("im2col", "max_pool", "unpool", "pooled")},
    "col2im": _with("col2im", lambda emitter, data: data[:4]),
}
"""For each operation that gives an array, its line."""
