"""Which findings contradict the model: a set that is impossible together, and possible without any one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from catlearn.interpreters.markov.finite.network import Network

__all__ = ["conflict", "contradiction"]

MOST = 400
"""How often the model is asked at most; with more findings than that the set may not be the smallest of its kind."""

NAMED = 8
"""How many findings a message names."""


def conflict(findings: Mapping[int, Any], possible: Callable[[Mapping[int, Any]], bool]) -> tuple[int, ...]:
    """The variables of a smallest set of findings that cannot be, found by leaving out one at a time.

    >>> conflict({0: "a", 1: "b", 2: "c"}, lambda some: not {0, 2} <= set(some))
    (0, 2)
    """
    kept = dict(findings)
    for v in _halves(list(findings), kept, possible):
        without = {u: seen for u, seen in kept.items() if u != v}
        if not possible(without):
            kept = without
    return tuple(kept)


def _halves(
    all_of_them: list[int], kept: dict[int, Any], possible: Callable[[Mapping[int, Any]], bool]
) -> Iterable[int]:
    """Drop whole blocks first, since most findings have nothing to do with a conflict; then the rest one by one."""
    asked, size = 0, len(kept) // 2
    while size >= 2 and asked < MOST:
        for start in range(0, len(all_of_them), size):
            block = [v for v in all_of_them[start : start + size] if v in kept]
            without = {u: seen for u, seen in kept.items() if u not in block}
            asked += 1
            if block and not possible(without):
                for v in block:
                    del kept[v]
        size //= 2
    return [v for v in all_of_them if v in kept][:MOST]


def contradiction(net: Network, seen: Mapping[int, Any], culprits: Sequence[int]) -> str:
    """What an error says of the findings that contradict the model; none where it contradicts itself."""
    if not culprits:
        return "the model's own effects contradict one another: nothing has a probability above 0"
    said = []
    for v in culprits[:NAMED]:
        names = [name for name, weight in zip(net.outcomes[v], seen[v], strict=True) if weight > 0]
        said.append(
            f"{net.variables[v]} = {' or '.join(names[:4])}{' or ...' if len(names) > 4 else ''}"
            if names
            else f"{net.variables[v]} with no outcome possible"
        )
    rest = f" and {len(culprits) - NAMED} more findings" if len(culprits) > NAMED else ""
    return f"{' with '.join(said)}{rest} has probability 0 under the model; correct or leave out one of these findings"
