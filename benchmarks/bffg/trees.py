"""A Brownian trait on balanced trees, up and down, beside hyperiax.

Up are messages at all nodes, and the evidence; down is one guided sample of all nodes, and its weight. hyperiax always
works out weights; ours are zero without being worked out where truth is its own guide. So both are measured: with no
guide, and with one that gains a tenth more variance.

>>> [case.name for case in cases()]
['trait up', 'trait down', 'trait down, weighted', 'trait up']
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

import numpy as np

from benchmarks.bffg import hyperiax
from benchmarks.bffg.hyperiax import Sweeps
from benchmarks.bffg.traits import Trait, balanced
from benchmarks.markov.case import Case, Question, Ready
from catlearn.interpreters.bffg.backward import filtered
from catlearn.interpreters.bffg.forward import guided
from catlearn.interpreters.bffg.observed import at_blocks

__all__ = ["CALL", "cases", "down", "up"]

CALL = "our whole call"
"""What users call: it reads parameters, stacks the kernels of boxes, checks, and wraps; beside the pass alone."""

GUIDE = 1.1


def cases() -> Iterator[Case]:
    """In the order of the table."""
    size = "65,535 nodes, d=1"
    yield Case("trait up", size, partial(up, 15, 1), {hyperiax.NAME: 15.0})
    yield Case("trait down", size, partial(down, 15, 1), {hyperiax.NAME: 25.0})
    yield Case("trait down, weighted", size, partial(down, 15, 1, GUIDE), {hyperiax.NAME: 25.0})
    yield Case("trait up", "8,191 nodes, d=3", partial(up, 12, 3), {hyperiax.NAME: 5.0})


@lru_cache(maxsize=1)
def problem(depth: int, d: int, guide: float | None) -> tuple[Trait, Sweeps | None]:
    """The problem on a balanced tree; kept for the next case, as it takes a while."""
    trait = Trait.of(balanced(depth), d, guide=guide)
    return trait, Sweeps.of(trait) if hyperiax.there() else None


def up(depth: int, d: int) -> Ready:
    """Messages at all nodes of a balanced tree."""
    trait, sweeps = problem(depth, d, None)
    back = trait.back
    observed = at_blocks(back.plan, back.observed)
    questions = {
        "ours": Question(lambda _: filtered(back.plan, back.rules, observed), trait.messages),
        CALL: Question(lambda _: back.at({}), lambda found: trait.messages(found.filtered)),
    }
    return ready(questions, sweeps and sweeps.backward())


def down(depth: int, d: int, guide: float | None = None) -> Ready:
    """A guided sample of all nodes, from the root at zero."""
    trait, sweeps = problem(depth, d, guide)
    z = np.random.default_rng(2).normal(size=(d, len(trait.parents), 1))
    return ready(ours(trait, z), sweeps and sweeps.forward(z))


def ours(trait: Trait, z: Any) -> dict[str, Question]:
    """Guided samples with normals (d, n, s), from the root at zero: by the pass alone, and by what users call."""
    back, (entry, *rest) = trait.back, trait.innovations(z)
    zero, root = np.zeros_like(entry), np.zeros(len(z))
    offset = back.log_guide + back["root"].at(root)  # type: ignore[operator]

    def read(found: Any) -> list[Any]:
        return [trait.samples(found[0]), np.broadcast_to(found[1], z.shape[-1:])]

    return {
        "ours": Question(lambda _: guided(back.plan, back.rules, back.filtered, {0: zero}, rest), read),
        CALL: Question(
            lambda _: back.smoother.forward(back, innovations=(entry, *rest), inputs={"root": root}),
            lambda found: [read((found.samples._blocks, 0.0))[0], found.log_weights - offset],
        ),
    }


def ready(questions: dict[str, Question], theirs: tuple[Question, float] | None) -> Ready:
    """The case, with hyperiax where it is installed."""
    if theirs is None:
        return Ready(questions, [None], note="hyperiax is not installed")
    return Ready({**questions, hyperiax.NAME: theirs[0]}, [None], note=f"first call of hyperiax {theirs[1]:.1f} s")
