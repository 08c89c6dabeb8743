"""1,000 guided samples at once on a random tree, beside hyperiax under `jax.vmap`. Both work out weights.

>>> [case.size for case in cases()]
['1,000 samples, 1,023 nodes, d=1', '1,000 samples, 1,023 nodes, d=1']
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.bffg import hyperiax
from benchmarks.bffg.hyperiax import Sweeps
from benchmarks.bffg.traits import Trait, yule
from benchmarks.bffg.trees import GUIDE, ours, ready
from benchmarks.markov.case import Case, Ready

__all__ = ["cases", "several"]


def cases() -> Iterator[Case]:
    """Without a guide, and with one."""
    size, bounds = "1,000 samples, 1,023 nodes, d=1", {hyperiax.NAME: 3.0}
    yield Case("samples", size, partial(several, 512, 1000), bounds)
    yield Case("samples, weighted", size, partial(several, 512, 1000, GUIDE), bounds)


def several(leaves: int, count: int, guide: float | None = None) -> Ready:
    """Guided samples of all nodes of a Yule tree."""
    trait = Trait.of(yule(leaves), 1, guide=guide)
    z = np.random.default_rng(2).normal(size=(1, len(trait.parents), count))
    return ready(ours(trait, z), Sweeps.of(trait).several(z) if hyperiax.there() else None)
