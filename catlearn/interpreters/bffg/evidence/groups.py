"""Equal jobs that can be done at once, and runs of groups that do the same to what the last one made: loops.

Jobs of one level, as the edges of a tree at one height, are a group. Where a group hands each of its messages to one
job of the next group, and that is of the same kind, the two are steps of one loop, as the moves of a chain are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from catlearn.interpreters.bffg.evidence.jobs import Job
from catlearn.interpreters.bffg.evidence.tables import key_of

__all__ = ["Run", "runs_of"]

SHORTEST = 4
"""Runs of fewer groups are written one after another."""


@dataclass(frozen=True)
class Run:
    """Groups of jobs, one or more; of several, each takes the messages of the one before.

    Attributes:
        groups: the jobs of every group, in an order in which each job takes the message of the one at its place.
        slot: which message of a job that is; -1 where there is one group.
    """

    groups: tuple[tuple[int, ...], ...]
    slot: int

    @property
    def jobs(self) -> list[int]:
        """All jobs, group after group."""
        return [j for group in self.groups for j in group]


def runs_of(jobs: Sequence[Job]) -> list[Run]:
    """All jobs in runs, each after those whose messages it takes."""
    levels = _levels(jobs)
    groups: dict[object, list[int]] = defaultdict(list)
    for j, job in enumerate(jobs):
        groups[levels[j], job.pattern, key_of(job)].append(j)
    member = {j: tuple(group) for group in groups.values() for j in group}
    reader = {i: (j, slot) for j, job in enumerate(jobs) for slot, i in enumerate(job.messages)}
    found, done = list[Run](), set[int]()
    for first in sorted(map(tuple, groups.values()), key=lambda group: levels[group[0]]):
        if first[0] not in done:
            chain, slot = _chain(jobs, first, member, reader)
            parts = [chain] if len(chain) >= SHORTEST else [[group] for group in chain]
            found += [Run(tuple(part), slot if len(part) > 1 else -1) for part in parts]
            done.update(j for group in chain for j in group)
    return sorted(found, key=lambda run: levels[run.groups[-1][0]])


def _levels(jobs: Sequence[Job]) -> list[int]:
    """How many jobs must be done one after another before each job."""
    levels: list[int] = []
    for job in jobs:
        levels.append(max((levels[i] + 1 for i in job.messages), default=0))
    return levels


def _chain(
    jobs: Sequence[Job], first: tuple[int, ...], member: dict[int, tuple[int, ...]], reader: dict[int, tuple[int, int]]
) -> tuple[list[tuple[int, ...]], int]:
    """The longest run that begins with a group, and the slot that messages are handed on through."""
    chain, through = [first], -1
    while all(j in reader for j in chain[-1]):
        after = tuple(reader[j][0] for j in chain[-1])
        slots = {reader[j][1] for j in chain[-1]}
        one = jobs[chain[-1][0]], jobs[after[0]]
        same = one[0].pattern == one[1].pattern and key_of(one[0]) == key_of(one[1])
        if not same or len(slots) > 1 or (through >= 0 and slots != {through}):
            break
        if set(after) != set(member[after[0]]) or len(set(after)) < len(after):
            break
        chain.append(after)
        through = slots.pop()
    return chain, through
