"""Factors as sets of bits: the form in which plans are searched for.

>>> graph = hypergraph([(0, 1), (1, 2)], (2, 3, 5), keep=())
>>> graph.scopes == (0b010, 0b010)  # variables 0 and 2 stand in one factor each: they are summed there
True
>>> graph.volume(0b110)
15.0
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from catlearn.interpreters.markov.finite.plan import Scope

__all__ = ["Hypergraph", "Pairs", "bits", "complete", "hypergraph", "mask"]

Pairs = list[tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Hypergraph:
    """What a search needs to know of factors.

    Attributes:
        scopes: for each factor, the variables that it shares with others or that are kept, a bit for each.
        sizes: how many outcomes each variable has.
        keep: the variables that are not summed.
    """

    scopes: tuple[int, ...]
    sizes: tuple[int, ...]
    keep: int
    _volumes: dict[int, float] = field(default_factory=dict)

    def volume(self, variables: int) -> float:
        """How many numbers an array over these variables has."""
        found = self._volumes.get(variables)
        if found is None:
            found = 1.0
            for v in bits(variables):
                found *= self.sizes[v]
            self._volumes[variables] = found
        return found


def hypergraph(scopes: Sequence[Scope], sizes: Sequence[int], keep: Scope = ()) -> Hypergraph:
    """The hypergraph of some factors."""
    held = Counter(v for scope in scopes for v in scope)
    shared = mask(v for v, count in held.items() if count > 1) | mask(keep)
    return Hypergraph(tuple(mask(scope) & shared for scope in scopes), tuple(sizes), mask(keep))


def mask(variables: Iterable[int]) -> int:
    """The set of some variables, as bits.

    >>> mask([0, 2]), list(bits(5))
    (5, [0, 2])
    """
    found = 0
    for v in variables:
        found |= 1 << v
    return found


def bits(variables: int) -> Iterator[int]:
    """The variables of a set, from the smallest up."""
    while variables:
        low = variables & -variables
        yield low.bit_length() - 1
        variables ^= low


def complete(pairs: object, count: int) -> bool:
    """Whether these are pairs that contract so many factors to one; nothing about them is taken on trust.

    >>> complete([(0, 1), (2, 3)], 3), complete([(0, 1), (0, 2)], 3), complete("no", 3)
    (True, False, False)
    """
    if not isinstance(pairs, list | tuple) or len(pairs) != count - 1:
        return False
    alive = set(range(count))
    for number, pair in enumerate(pairs, count):
        if not isinstance(pair, list | tuple) or len(pair) != 2 or any(type(k) is not int for k in pair):
            return False
        if pair[0] == pair[1] or not alive.issuperset(pair):
            return False
        alive -= set(pair)
        alive.add(number)
    return True
