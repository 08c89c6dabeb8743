"""Loops in generated code: a `for` over rows, with the body's lines inside.

What the body gives for a step is written straight into its row of the stacked array, and where the next carry is such
a row it is only given a new name. Rows of arrays that stay are listed once, before the program ever runs.
"""

from __future__ import annotations

from dataclasses import dataclass

from catlearn.interpreters.program.block import Block
from catlearn.interpreters.program.node import Node, Program

__all__ = ["Loop", "emit_scan"]


@dataclass(frozen=True)
class Loop:
    """What a `scan` node does: the program of one step, and how its wires are divided."""

    body: Program
    length: int
    carries: int
    sequences: int
    backward: bool


def emit_scan(block: Block, i: int, node: Node) -> None:
    """Write a loop; the nodes that pick its results then know their arrays."""
    loop: Loop = node.attr
    emitter, c, args = block.emitter, loop.carries, [block.names[a] for a in node.args]
    picks = {block.nodes[p].attr: p for p in block.readers(i)}
    carry = [emitter.name("h") for _ in range(c)]
    emitter.body += [f"{h} = {start}" for h, start in zip(carry, args, strict=False)]

    header = _Header(block, loop)
    elements = [header.element(node.args[k]) for k in range(c, c + loop.sequences)]
    rows = {k: header.result(p) for k, p in picks.items() if k >= c}
    spares = _spares(block, loop, rows)
    outer, emitter.body = emitter.body, []
    whole = range(c + loop.sequences, len(args))
    given = block.inner(
        loop.body, [*carry, *elements, *args[c + loop.sequences :]], {k for k in whole if node.args[k] in block.fixed}
    ).run({**{k: row for k, row in rows.items() if row}, **{k: names[0] for k, (names, _) in spares.items()}})
    lines, emitter.body = emitter.body, outer
    lines += [f"{block.picked[picks[k]]}[{header.step}] = {given[k]}" for k, row in rows.items() if not row]
    lines += _hand_on(loop, carry, given, spares)

    emitter.body += [f"{p}, {q} = {', '.join(arrays)}" for (p, q), arrays in spares.values()]
    emitter.body += [header.line(), *(f"    {line}" for line in lines)]
    for k in range(c):
        if k in picks:
            block.place_pick(picks[k])
            shape = block.nodes[picks[k]].shape
            put = f"copyto({block.picked[picks[k]]}, {carry[k]})" if shape else f"{block.picked[picks[k]]} = {carry[k]}"
            emitter.body.append(put)
    for _, arrays in spares.values():
        for array in arrays:
            emitter.give_back(array)


class _Header:
    """What a loop runs over: the number of the step, and rows of arrays."""

    def __init__(self, block: Block, loop: Loop) -> None:
        self.block, self.loop = block, loop
        self.step = block.emitter.name("i")
        self.parts: list[tuple[str, str]] = []

    def rows(self, array: str, fixed: bool) -> str:
        """A variable for the rows of an array, one a step."""
        emitter = self.block.emitter
        variable, over = emitter.name("r"), array
        turn = "[::-1]" if self.loop.backward else ""
        if fixed:
            over, made = emitter.name("l"), f"list({array}){turn}"
            emitter.work.append(f"{over} = {made}")
            turn = ""
        self.parts.append((variable, over + turn))
        return variable

    def element(self, node: int) -> str:
        """A variable for the elements of a sequence."""
        # Rows of an array with one axis are numbers: listed beforehand, they would be those of the last call.
        lasting = node in self.block.fixed and len(self.block.nodes[node].shape) > 1
        return self.rows(self.block.names[node], lasting)

    def result(self, pick: int) -> str:
        """A variable for the rows of a result; none where a row is one number."""
        name = self.block.place_pick(pick)
        return self.rows(name, pick in self.block.fixed) if len(self.block.nodes[pick].shape) > 1 else ""

    def line(self) -> str:
        """The `for` line."""
        steps = f"range({self.loop.length})" + ("[::-1]" if self.loop.backward else "")
        if not self.parts:
            return f"for {self.step} in {steps}:"
        names, over = zip(*self.parts, strict=True)
        return f"for {self.step}, {', '.join(names)} in zip({steps}, {', '.join(over)}):"


Spares = dict[int, tuple[tuple[str, str], tuple[str, str]]]


def _same_row(loop: Loop, rows: dict[int, str], k: int) -> bool:
    """Whether the next carry is a result that has a row of its own."""
    outputs = loop.body.outputs
    return any(outputs[j] == outputs[k] and row for j, row in rows.items())


def _spares(block: Block, loop: Loop, rows: dict[int, str]) -> Spares:
    """For a carry that is no row of a result, two arrays to write in turn: one is still read while one is written."""
    found: Spares = {}
    for k in range(loop.carries):
        shape = loop.body.nodes[loop.body.outputs[k]].shape
        if shape and not _same_row(loop, rows, k):
            emitter = block.emitter
            names = (emitter.name("p"), emitter.name("q"))
            found[k] = names, (emitter.buffer(shape)[1], emitter.buffer(shape)[1])
    return found


def _hand_on(loop: Loop, carry: list[str], given: list[str], spares: Spares) -> list[str]:
    """What was made in this step is what the next one starts from."""
    new = [
        name if loop.body.nodes[out].shape else f"float64({name})"
        for name, out in zip(given, loop.body.outputs, strict=False)
    ]
    lines = [f"{', '.join(carry)} = {', '.join(new[: len(carry)])}"] if carry else []
    return lines + [f"{p}, {q} = {q}, {p}" for (p, q), _ in spares.values()]
