"""The memory that the backward pass takes at most, in bytes for each wire: it must not grow with the tree.

>>> for row in rows(sizes={"chain": (20, 40)}):
...     print(row.case, row.size)
memory, kept chain, 20 to 40 nodes
memory, freed chain, 20 to 40 nodes
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from benchmarks.bffg.traits import Ints, Trait, balanced
from benchmarks.markov.rows import InferenceRow
from benchmarks.measure import interleaved
from catlearn.interpreters.bffg.backward import filtered
from catlearn.interpreters.bffg.observed import at_blocks

__all__ = ["SIZES", "TREES", "peak", "rows", "slope"]

SIZES = {"chain": (1_000, 2_000, 4_000), "balanced tree": (4_095, 16_383, 65_535)}
"""Numbers of nodes."""
MORE = 1.1
"""So much more a wire may take in a tree that is larger."""


def chain(n: int) -> Ints:
    """The parents of nodes one after the other."""
    return np.maximum(np.arange(n) - 1, 0)


TREES: dict[str, Callable[[int], Ints]] = {
    "chain": chain,
    "balanced tree": lambda n: balanced(n.bit_length() - 1),
}


def rows(rounds: int = 9, sizes: Mapping[str, Sequence[int]] = SIZES) -> Iterator[InferenceRow]:
    """A row for each kind of tree, with all messages kept for a forward pass, and freed as soon as they are used.

    Raises:
        ArithmeticError: when the peak grows faster than the number of wires.
    """
    for kept, word in ((True, "kept"), (False, "freed")):
        for name, counts in sizes.items():
            traits = [Trait.of(TREES[name](n), 1) for n in counts]
            wires = [len(trait.plan.block) for trait in traits]
            peaks = [peak(trait, kept) for trait in traits]
            each = [size / count for size, count in zip(peaks, wires, strict=True)]
            if each[-1] > MORE * each[0]:
                raise ArithmeticError(f"memory, {word}, {name}: {each[0]:.0f} bytes a wire, but {each[-1]:.0f} in more")
            run = passed(traits[-1], kept)
            note = f"{slope(wires, peaks):.0f} bytes more a wire; {peaks[-1] / 1e6:.2g} MB in all"
            seconds = interleaved({"ours": run}, rounds)["ours"].least
            yield InferenceRow(f"memory, {word}", f"{name}, {counts[0]:,} to {counts[-1]:,} nodes", seconds, {}, note)


def passed(trait: Trait, keep: bool) -> Callable[[], object]:
    """The backward pass."""
    back = trait.back
    observed = at_blocks(back.plan, back.observed)
    return lambda: filtered(back.plan, back.rules, observed, keep)


def peak(trait: Trait, keep: bool) -> int:
    """The most bytes that the backward pass has at a time."""
    run = passed(trait, keep)
    run()
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def slope(sizes: Sequence[int], peaks: Sequence[int]) -> float:
    """Bytes for one wire more, of the line through all points."""
    return float(np.polyfit(sizes, peaks, 1)[0])
