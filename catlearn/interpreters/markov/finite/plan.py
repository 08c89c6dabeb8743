"""In which order factors are multiplied and variables summed: a contraction plan, and what it costs.

>>> made = plan([(0,), (0, 1)], (2, 3), [(0, 1)])
>>> made.steps
(Step(left=0, right=1, summed=(0, 1), out=()),)
>>> made.largest, made.total
(1, 1)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

__all__ = ["Plan", "Step", "plan"]

Scope = tuple[int, ...]


class Step(NamedTuple):
    """Two terms become one: their product, summed over the variables that nobody else has."""

    left: int
    right: int
    summed: Scope
    out: Scope


@dataclass(frozen=True, eq=False)
class Plan:
    """A contraction of factors, pair by pair. Terms are numbered: first the factors, then what each step gives.

    Attributes:
        scopes: the variables on the axes of each term, of factors and steps alike.
        sizes: how many outcomes each variable has.
        steps: in the order in which they run; the last one gives the result.
    """

    scopes: tuple[Scope, ...]
    sizes: tuple[int, ...]
    steps: tuple[Step, ...]

    def volume(self, scope: Scope) -> int:
        """How many numbers a term with this scope has."""
        return prod(self.sizes[v] for v in scope)

    @cached_property
    def largest(self) -> int:
        """How many numbers the largest intermediate term has."""
        return max((self.volume(step.out) for step in self.steps), default=1)

    @cached_property
    def total(self) -> int:
        """How many numbers all intermediate terms have together: a reverse pass needs them all."""
        return sum(self.volume(step.out) for step in self.steps)


def plan(scopes: Sequence[Scope], sizes: Sequence[int], pairs: Sequence[tuple[int, ...]], keep: Scope = ()) -> Plan:
    """The plan of a path.

    Args:
        scopes: of the factors; at least two.
        sizes: of the variables.
        pairs: which two terms each step takes, numbered as in `Plan` (static single assignment); a step of one term
            only passes it on, and is left out.
        keep: variables that are not summed, in the order in which the result has them.
    """
    terms: dict[int, int] = {k: k for k in range(len(scopes))}
    found, steps, count = list(scopes), list[Step](), Counter(v for scope in scopes for v in scope)
    count.update(keep)
    for number, pair in enumerate(pairs, len(scopes)):
        places = [terms.pop(k) for k in pair]
        if len(places) == 1:
            terms[number] = places[0]
            continue
        left, right = places
        both = dict.fromkeys(found[left] + found[right])
        count.subtract(found[left] + found[right])
        last = len(terms) == 0
        out = keep if last else tuple(v for v in both if count[v] > 0)
        count.update(out)
        terms[number] = len(found)
        steps.append(Step(left, right, tuple(v for v in both if v not in out), out))
        found.append(out)
    return Plan(tuple(found), tuple(sizes), tuple(steps))
